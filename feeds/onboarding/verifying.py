"""Dailymotion's children against catalog and events: where the two disagree, and which events would say so.

https://developers.dailymotion.com/mcn (user verification): the list of children is public. One query tells of about a
thousand; of the accounts that we know, the others are asked for by name, and those that we don't know stay unseen.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from feeds.core.events import ADOPTED, LEFT, Event
from feeds.core.partners import Partner, PartnerState
from feeds.core.user_ids import is_user_id
from feeds.dailymotion.client import Client
from feeds.onboarding.register import Register

WHY = "found by feeds partners verify"


@dataclass(frozen=True, slots=True)
class Account:
    """An account as one side knows it: its id and username."""

    id: str
    username: str


@dataclass(frozen=True, slots=True)
class Drift:
    """Where the two sides disagree, each in order of id, and how many they agree on.

    `unrecorded` are children there whom no event has as adopted; `gone` are adopted by the events and are no children
    there. `renamed` has the catalog's username and Dailymotion's. `unlisted` are children without an entry in the
    catalog, and `missing` users of the catalog who are no children. `unseen`: there are more than one query shows.
    """

    agreed: int
    unrecorded: tuple[Account, ...]
    gone: tuple[Account, ...]
    renamed: tuple[tuple[Account, str], ...]
    unlisted: tuple[Account, ...]
    missing: tuple[Account, ...]
    unseen: bool

    @property
    def is_none(self) -> bool:
        """Return whether events and Dailymotion agree; what the catalog lists is its editors' matter."""
        return not self.unrecorded and not self.gone

    def events(self, parent_id: str, *, by: str, now: datetime) -> list[Event]:
        """Return the events that are missing here."""
        common = {"parent": parent_id, "by": by, "why": WHY}
        return [
            Event(now, name, {"user": account.id, "username": account.username, **common})
            for name, accounts in ((ADOPTED, self.unrecorded), (LEFT, self.gone))
            for account in accounts
        ]


def verify(register: Register, client: Client, only: str | None = None) -> Drift:
    """Compare all accounts, or one. Raises a DailymotionError."""
    parent_id = register.network().parent_id
    partners, listed = register.partners(), register.usernames()
    adopted = {user for user, partner in partners.items() if partner.state is PartnerState.ADOPTED}
    if only is not None:
        rows, unseen = client.children_among(parent_id, [only]), False
    else:
        children = client.children(parent_id, ("id", "username"))
        rows, unseen = {row["id"]: row for row in children.rows}, children.capped
        # Who isn't in the list is asked for by name before anybody says that they have left.
        rows |= client.children_among(parent_id, sorted((adopted | (listed.keys() if unseen else set())) - rows.keys()))
    there = {user_id: str(row.get("username") or user_id) for user_id, row in rows.items() if is_user_id(user_id)}
    return compare(there, partners, listed, unseen=unseen, only=only)


def compare(
    there: Mapping[str, str],
    partners: Mapping[str, Partner],
    listed: Mapping[str, str],
    *,
    unseen: bool = False,
    only: str | None = None,
) -> Drift:
    """Compare Dailymotion's children (usernames by id) with the events' partners and the catalog's users."""
    adopted = {user: each for user, each in partners.items() if each.state is PartnerState.ADOPTED}
    if only is not None:
        adopted = {user: each for user, each in adopted.items() if user == only}
        listed = {user: name for user, name in listed.items() if user == only}
    return Drift(
        agreed=len(there.keys() & adopted.keys()),
        unrecorded=_accounts({user: name for user, name in there.items() if user not in adopted}),
        gone=_accounts({user: each.username or user for user, each in adopted.items() if user not in there}),
        renamed=tuple(
            (Account(user, name), there[user])
            for user, name in sorted(listed.items())
            if user in there and there[user] != name
        ),
        unlisted=_accounts({user: name for user, name in there.items() if user not in listed}),
        missing=_accounts({user: name for user, name in listed.items() if user not in there}),
        unseen=unseen,
    )


def _accounts(usernames: Mapping[str, str]) -> tuple[Account, ...]:
    return tuple(Account(user, name) for user, name in sorted(usernames.items()))
