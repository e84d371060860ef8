"""Dailymotion's stand-in beside a rehearsal: the accounts that a catalog needs there, and the program that has them.

It is started as the foreign program that it is, and asked over HTTP what it knows; see sandbox/.
"""

import json
import re
import secrets
import subprocess
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from feeds.commands._programs import Programs
from feeds.core.catalog import Network
from feeds.core.errors import FeedsError
from feeds.core.partners import Partner, PartnerState
from feeds.core.user_ids import is_user_id
from feeds.onboarding.register import Register

KEY, SECRET = "sandbox-key", "sandbox-secret"
STRANGER, GUEST = ("x9stray", "strayfilms"), ("x9guest", "guestfilms")
CALL_S = 30.0


@dataclass(frozen=True, slots=True)
class Account:
    """One made-up account; `role` is the sandbox's word: parent, child for who is adopted already, or None."""

    id: str
    username: str
    role: str | None = None

    @property
    def password(self) -> str:
        """Return what the sandbox lets it log in with."""
        return f"sandbox-{self.username}"


@dataclass(frozen=True, slots=True)
class Cast:
    """The accounts for one catalog: its parent, who is to join, admins and who is in it and not adopted, the adopted.

    `stranger` and `guest` are in no catalog.
    """

    parent: Account
    stranger: Account
    guest: Account
    admins: tuple[Account, ...]
    awaited: tuple[Account, ...]
    adopted: tuple[Account, ...]

    def all(self) -> Iterator[Account]:
        """Return every account, those first whom the stand-in's page is to offer."""
        yield from (self.parent, self.stranger, self.guest, *self.admins, *self.awaited, *self.adopted)


def cast_of(network: Network, register: Register) -> Cast:
    """Return the accounts that this catalog needs; ids and usernames are the catalog's and the events'."""
    partners, names = register.partners(), register.usernames()
    named = {user: names.get(user) or partners.get(user, Partner()).username or user for user in {**partners, **names}}
    named = {user: name for user, name in sorted(named.items()) if is_user_id(user) and user != network.parent_id}
    adopted = {user for user, partner in partners.items() if partner.state is PartnerState.ADOPTED}
    taken = {*named, *named.values(), *network.admins, network.parent_id}
    parent = _free(re.sub("[^a-z0-9]", "", network.name.lower()) or "parent", taken)
    stranger, guest = (Account(_free(user, taken), _free(name, taken)) for user, name in (STRANGER, GUEST))
    return Cast(
        Account(network.parent_id, parent, "parent"),
        stranger,
        guest,
        tuple(Account(user, user) for user in network.admins if user not in named and user != network.parent_id),
        tuple(Account(user, name) for user, name in named.items() if user not in adopted),
        tuple(Account(user, name, "child") for user, name in named.items() if user in adopted),
    )


class StandIn:
    """`python -m sandbox serve`, once it is started."""

    url: str

    def __init__(self, programs: Programs, scratch: Path) -> None:
        self._programs, self._scratch = programs, scratch
        self.control_token = secrets.token_urlsafe(9)

    def start(self, cast: Cast, callback_url: str, environ: Mapping[str, str], *, port: int = 0) -> None:
        """Start it with these accounts. Raises FeedsError, with its own words, where it doesn't come up."""
        accounts, log = self._scratch / "accounts.json", self._scratch / "stand-in.log"
        accounts.write_text(json.dumps([{"id": a.id, "username": a.username, "role": a.role} for a in cast.all()]))
        arguments = ["-m", "sandbox", "serve", "--port", str(port), "--accounts", str(accounts)]
        arguments += ["--callback-url", callback_url]
        with log.open("w") as errors:
            control = {"SANDBOX_CONTROL_TOKEN": self.control_token}
            self.process = self._programs.start(
                arguments, {**environ, **control}, output=subprocess.PIPE, errors=errors
            )
        assert self.process.stdout is not None  # noqa: S101 - as it was asked for
        self.url = self.process.stdout.readline().strip()
        if not self.url:
            raise FeedsError(f"The stand-in for Dailymotion did not start:\n{log.read_text().strip()}")

    def settings(self) -> dict[str, str]:
        """Return the app's settings by which this is its Dailymotion."""
        return {
            "FEEDS_DAILYMOTION_API": self.url,
            "FEEDS_DAILYMOTION_KEY": KEY,
            "FEEDS_DAILYMOTION_SECRET": SECRET,
            "FEEDS_DAILYMOTION_PKCE": "1",
        }

    def children(self, parent_id: str) -> set[str]:
        """Return who is adopted there, by this parent."""
        accounts = self._ask("state")["accounts"]
        return {user for user, account in accounts.items() if parent_id in account["parents"]}

    def issued(self) -> Collection[str]:
        """Return every code and token that it has given out."""
        told: list[str] = self._ask("issued")["issued"]
        return told

    def _ask(self, what: str) -> dict[str, Any]:
        with requests.Session() as session:
            session.trust_env = False
            answer = session.get(
                f"{self.url}/_sandbox/{what}", headers={"Sandbox-Token": self.control_token}, timeout=CALL_S
            )
            answer.raise_for_status()
            told: dict[str, Any] = answer.json()
            return told


def _free(wanted: str, taken: set[str]) -> str:
    """Return the name, with a number behind it where it is taken, and note it as taken."""
    number, found = 1, wanted
    while found in taken:
        number += 1
        found = f"{wanted}{number}"
    taken.add(found)
    return found
