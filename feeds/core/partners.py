"""Partners: what the events say of an account's place in the network, and what may happen to it next.

Only events of the *current* parent account count: the network may have had another one before.
https://developers.dailymotion.com/mcn (onboarding process, user adoption, user rejection).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from feeds.core.events import (
    ADOPTED,
    APPROVED,
    ASKED_TO_JOIN,
    INVITED,
    LEFT,
    PARTNER_EVENTS,
    REFUSED,
    REJECTED,
    Event,
)
from feeds.core.xml_characters import forbidden_character


class PartnerState(StrEnum):
    """Where an account stands."""

    ASKED = "asked to join"
    APPROVED = "approved"
    ADOPTED = "adopted"
    REFUSED = "refused"
    REJECTED = "rejected"
    LEFT = "left"
    ELSEWHERE = "not adopted by this parent"
    UNKNOWN = "unknown"


class Welcome(StrEnum):
    """What meets an account that connects."""

    ADOPT = "adopt"
    ASK = "ask"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Partner:
    """An account's state and, where an event has told it, its username; since when, by whom and why it stands there.

    `was_child` says whether it is known to have been adopted by the current parent, now or before.
    """

    state: PartnerState = PartnerState.UNKNOWN
    username: str | None = None
    since: datetime | None = None
    by: str | None = None
    why: str | None = None
    was_child: bool = False


_STATES = {
    ASKED_TO_JOIN: PartnerState.ASKED,
    APPROVED: PartnerState.APPROVED,
    REFUSED: PartnerState.REFUSED,
    ADOPTED: PartnerState.ADOPTED,
    REJECTED: PartnerState.REJECTED,
    LEFT: PartnerState.LEFT,
}
_MEMBERSHIP, _DECISION = frozenset({ADOPTED, REJECTED, LEFT}), frozenset({APPROVED, REFUSED})


def fold_partner(events: Iterable[Event], parent_id: str) -> Partner:
    """Judge one account's events; their order and repetition make no difference.

    Who is adopted stays so until rejected or gone, whatever was asked or decided. Who isn't stands where the latest
    decision since then has put them. Asking after a refusal is asking again; after an approval it changes nothing.
    """
    known = [event for event in events if event.event in PARTNER_EVENTS]
    current = sorted((event for event in known if event.fields.get("parent") == parent_id), key=_order)
    if not current:
        return Partner(PartnerState.ELSEWHERE if known else PartnerState.UNKNOWN)
    deciding = _deciding(current)
    usernames = [name for event in current if (name := event.text("username")) is not None and _can_be_shown(name)]
    return Partner(
        _STATES[deciding.event],
        usernames[-1] if usernames else None,
        deciding.at,
        deciding.text("by"),
        deciding.text("why"),
        any(event.event in _MEMBERSHIP for event in current),
    )


def welcome(state: PartnerState, *, listed: bool, invited: bool) -> Welcome:
    """Return what meets an account: whoever the catalog lists, a person approved, or an invitation names, is adopted.

    Who was refused or rejected comes back by a new approval or invitation alone: the catalog may still list them.
    """
    if invited or state in (PartnerState.APPROVED, PartnerState.ADOPTED):
        return Welcome.ADOPT
    if state in (PartnerState.REFUSED, PartnerState.REJECTED):
        return Welcome.REFUSE
    return Welcome.ADOPT if listed else Welcome.ASK


@dataclass(frozen=True, slots=True)
class Invitation:
    """A link that approves its bearer once: what it says of them, until when it holds, and who has used it."""

    id: str
    label: str
    until: datetime
    user: str | None = None


def fold_invitations(events: Iterable[Event]) -> list[Invitation]:
    """Return the invitations that were made, oldest first; the first adoption that names one has used it."""
    events = list(events)
    used = bearers(events)
    made: dict[str, Invitation] = {}
    for event in sorted(events, key=_order):
        name, until = event.text("invitation"), event.text("until")
        if event.event == INVITED and name and until and (moment := _moment(until)):
            made.setdefault(name, Invitation(name, event.text("label") or "", moment, used.get(name)))
    return list(made.values())


def bearers(events: Iterable[Event]) -> dict[str, str]:
    """Return who has used which invitation, by its id: whoever was adopted with it first."""
    used: dict[str, str] = {}
    for event in sorted((each for each in events if each.event == ADOPTED), key=_order):
        name, user = event.text("invitation"), event.text("user")
        if name and user:
            used.setdefault(name, user)
    return used


def _order(event: Event) -> tuple[datetime, str, str, str]:
    return event.at, event.event, event.text("username") or "", repr(sorted(event.fields.items()))


def _deciding(current: list[Event]) -> Event:
    """Return the event that an account's state comes from, of those of one parent in order."""
    membership = max((event for event in current if event.event in _MEMBERSHIP), key=_order, default=None)
    if membership is not None and membership.event == ADOPTED:
        return membership
    later = [event for event in current if membership is None or _order(event) > _order(membership)]
    decision = max((event for event in later if event.event in _DECISION), key=_order, default=None)
    if decision is not None and decision.event == APPROVED:
        return decision
    asked = [
        event
        for event in later
        if event.event == ASKED_TO_JOIN and (decision is None or _order(event) > _order(decision))
    ]
    # Asked twice is asked since the first time.
    return asked[0] if asked else decision or membership or current[-1]


def _can_be_shown(username: str) -> bool:
    return bool(username.strip()) and not forbidden_character(username)


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None
