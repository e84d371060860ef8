"""The accounts of a new world: a network's parent, partners, somebody else, and as many children as are wanted.

All of it is made up. The ids of parent and partners are those of a sample network, and each password says that it is
the sandbox's.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from sandbox.importer import digest
from sandbox.world import Account, Key, Video, World

PARENT, OUTSIDER = "x1nord", "x9stray"
PARTNERS = {"x2cafec0": "cafecourts", "x2openmo": "openmovies", "x2small1": "smallscreen", "x2silent": "silentera"}
CALLBACK_URL = "http://127.0.0.1:8001/connect/return"
CLIENT_ID, CLIENT_SECRET = "sandbox-key", "sandbox-secret"
# Every third child's revenues are null.
_UNKNOWN_EVERY = 3
_CHANNELS = ("music", "news", "sport", "fun")


class Given(NamedTuple):
    """One account to begin with; `role` is parent for the network's own, child for who is adopted already."""

    id: str
    username: str
    role: str | None = None


_SAMPLE = (
    Given(PARENT, "nordclips", "parent"),
    *(Given(*names) for names in PARTNERS.items()),
    Given(OUTSIDER, "strayfilms"),
)


def sample(
    *,
    callback_url: str = CALLBACK_URL,
    client_id: str = CLIENT_ID,
    client_secret: str = CLIENT_SECRET,
    accounts: Iterable[Given] = _SAMPLE,
) -> World:
    """Return a world with these accounts, one of which is the parent; of the sample's nobody has been adopted yet.

    Its keys: the one given, with the role to adopt; `sandbox-no-role` without it; `sandbox-private`, which may use
    client_credentials alone. The latter two have the same secret.
    """
    world = World()
    accounts = list(accounts)
    (parent,) = (one.id for one in accounts if one.role == "parent")
    for one in accounts:
        account = add_account(world, one.id, one.username)
        if one.role == "child":
            account.parents.append(parent)
    user_grants = ["authorization_code", "password", "refresh_token"]
    for key_id, grants, roles in (
        (client_id, user_grants, ["can-adopt-users"]),
        ("sandbox-no-role", user_grants, []),
        ("sandbox-private", ["client_credentials"], ["can-adopt-users"]),
    ):
        world.keys[key_id] = Key(
            key_id, client_secret, "Nord Clips", "A made-up network.", callback_url, parent, grants, roles
        )
    return world


def given(path: Path) -> list[Given]:
    """Read the accounts to begin with: a JSON array of objects with id, username and, where it has one, role.

    Raises ValueError where the file is none, with the reason.
    """
    try:
        found = [Given(**one) for one in json.loads(path.read_bytes())]
    except (OSError, ValueError, TypeError) as error:
        raise ValueError(f"{path} is no list of accounts ({type(error).__name__}: {error})") from error
    if not all(isinstance(one.id, str) and isinstance(one.username, str) for one in found):
        raise ValueError(f"{path}: an account's id and username are text")
    if strange := {str(one.role) for one in found} - {"parent", "child", "None"}:
        raise ValueError(f"{path}: {', '.join(sorted(strange))} is no role; there are parent and child")
    if len({one.id for one in found}) != len(found):
        raise ValueError(f"{path}: two accounts have the same id")
    if (parents := sum(one.role == "parent" for one in found)) != 1:
        raise ValueError(f"{path}: {parents} accounts are the parent, where exactly one is")
    return found


def add_children(world: World, count: int, *, videos: int = 2) -> None:
    """Add so many children of the keys' owner, with so many videos each."""
    (parent,) = {key.owner for key in world.keys.values()}
    for number in range(1, count + 1):
        child = add_account(world, f"x3c{number:05d}", f"child{number:05d}")
        child.parents.append(parent)
        for video in range(videos):
            values = {
                "title": f"Clip {video + 1} of {child.username}",
                "channel": _CHANNELS[number % len(_CHANNELS)],
                "tags": [],
                "published": True,
                "is_created_for_kids": False,
            }
            video_id = f"x4c{number:05d}{video}"
            world.videos[video_id] = Video(video_id, child.id, child.created_time + video, values)


def add_account(world: World, account_id: str, username: str) -> Account:
    """Add one account whose e-mail, password and revenues follow from its id and name."""
    number = int(digest("account", account_id)[:8], 16)
    revenues: dict[str, float | None] = {}
    for of in ("claim", "paidcontent", "video", "website"):
        its = int(digest(of, account_id)[:8], 16)
        for days, span in enumerate(("last_day", "last_week", "last_month", "total"), start=1):
            cents = its % (1000 * days**3)
            revenues[f"{of}_{span}"] = None if number % _UNKNOWN_EVERY == 0 else cents / 100
    world.accounts[account_id] = Account(
        id=account_id,
        username=username,
        password=f"sandbox-{username}",
        screenname=username.capitalize(),
        email=f"{username}@sandbox.example",
        created_time=1_700_000_000 + number % 10_000_000,
        profile={"country": "FR", "language": "en", "first_name": "Sandbox", "last_name": username.capitalize()}
        | ({} if account_id == OUTSIDER else {"partner": "true", "verified": "true"}),
        revenues=revenues,
    )
    return world.accounts[account_id]
