"""What `feeds doctor` looks at: each question by itself, with its answer and what to do about it."""

import errno
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from feeds.core.catalog import Network
from feeds.dailymotion.client import Client
from feeds.dailymotion.errors import DailymotionError, NotFound
from feeds.dailymotion.values import ADOPTION_ROLE, Identity
from feeds.storage import space

Verdict = Literal["ok", "look", "fault"]

_ROOM = "Make room on its disk, or give it a larger one."


@dataclass(frozen=True, slots=True)
class Answer:
    """One question's answer: `look` is what only a person can judge, `fault` is what will go wrong."""

    about: str
    verdict: Verdict
    what: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class ParentAccount:
    """The account that network.parent_id names, as anybody can read it."""

    id: str
    username: str
    screenname: str


def parent_account(client: Client, parent_id: str) -> ParentAccount:
    """Read who the parent is; no login is needed. Raises NotFound, and other DailymotionErrors."""
    told = client.user(parent_id, ("id", "username", "screenname"))
    names = [value if isinstance(value := told.get(key), str) else "" for key in ("username", "screenname")]
    return ParentAccount(parent_id, names[0] or parent_id, names[1] or names[0] or parent_id)


def about_parent(client: Client, parent_id: str) -> tuple[ParentAccount | None, Answer]:
    """Tell who the parent account is."""
    try:
        found = parent_account(client, parent_id)
    except NotFound:
        what = f"Dailymotion knows no account {parent_id}, which network.parent_id names"
        return None, Answer("parent", "fault", what, "Copy the parent account's id from Dailymotion into catalog.yaml.")
    except DailymotionError as error:
        return None, Answer("parent", "fault", str(error), "Run `feeds doctor` again when Dailymotion can be reached.")
    return found, Answer("parent", "ok", f"{found.screenname} (@{found.username}, {found.id})")


def about_login(identity: Identity, parent_id: str) -> Iterator[Answer]:
    """Tell whether this login is the parent's, and whether its API key may adopt."""
    name = f"@{identity.username or '?'} ({identity.id})"
    if identity.id != parent_id:
        yield Answer(
            "login",
            "fault",
            f"the login is of {name}, and network.parent_id is {parent_id}",
            "Log in as the parent account: `feeds logout`, then `feeds login`.",
        )
        return
    yield Answer("login", "ok", f"{name}, the parent account")
    if ADOPTION_ROLE in identity.roles:
        yield Answer("role", "ok", f"the API key has {ADOPTION_ROLE}")
    else:
        yield Answer(
            "role",
            "fault",
            f"the API key has {', '.join(sorted(identity.roles)) or 'no role'}, and adopting needs {ADOPTION_ROLE}",
            "Ask your content manager for the roles to adopt and to reject users.",
        )
    if not any("reject" in role for role in identity.roles):
        yield Answer(
            "role", "look", "rejecting needs a role, too, whose name is not documented", "Ask your content manager."
        )


def about_clock(here: datetime, there: datetime | None, *, most_s: float = 60) -> Answer:
    """Tell whether this machine's clock agrees with Dailymotion's."""
    if there is None:
        return Answer("clock", "look", "Dailymotion did not tell its time", "See that the clock is set by NTP.")
    ahead_s = (here - there).total_seconds()
    if abs(ahead_s) <= most_s:
        return Answer("clock", "ok", "agrees with Dailymotion's")
    words = f"{abs(ahead_s):,.0f} s {'ahead of' if ahead_s > 0 else 'behind'} Dailymotion's"
    return Answer("clock", "fault", words, "Set it by NTP: invitations and logins end by the clock.")


def about_state(catalog: Path, state: Path, *, free_bytes: int = space.FREE_BYTES) -> Answer:
    """Tell whether the journal is where Git can't touch it, and can be written, by writing something beside it."""
    place = state.resolve()
    try:
        existing = _existing(place)
        left = space.free(existing)
        space.look_whether_writable(existing)
        space.prove(existing)
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        remedy = f"{_ROOM} Until then callbacks are refused (503)." if full else "Give it to the app's user."
        return Answer("state", "fault", f"{state} can't be written: {error.strerror}", remedy)
    if left < free_bytes:
        what = f"{state} has {left:,} bytes left on its disk, fewer than {free_bytes:,}: /readyz says not ready"
        return Answer("state", "fault", what, _ROOM)
    root = catalog.resolve()
    if root in (place, *place.parents) and (root / ".git").exists():
        return Answer(
            "state",
            "look",
            f"{state} lies in the catalog's clone",
            "On a server set FEEDS_STATE to a folder outside: `git clean` would take the journal with it.",
        )
    return Answer("state", "ok", str(state))


def about_redirect(public_url: str) -> Answer:
    """Tell what the API key must have as its callback URL; only a person can see whether it has."""
    what = f"the API key's callback URL must be {public_url}/connect/return"
    return Answer("redirect", "look", what, "Compare it on Dailymotion's page for API keys, with the parent account.")


def about_shape(network: Network) -> Answer:
    """Tell whether the content manager has confirmed how users.json is written."""
    if network.user_list.confirmed:
        return Answer("user list", "ok", "its shape is confirmed")
    return Answer(
        "user list",
        "look",
        "the shape of users.json is a proposal",
        "Ask your content manager (`feeds handover`), then set network.user_list.confirmed.",
    )


def _existing(path: Path) -> Path:
    return next(each for each in (path, *path.parents) if each.exists())
