"""Partners: what the events say of an account's place in the network.

A partner's state is the latest partner event of the *current* parent account: the network may have had another one
before. https://developers.dailymotion.com/mcn (user adoption, user rejection).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from feeds.core.events import ADOPTED, LEFT, PARTNER_EVENTS, REJECTED, Event
from feeds.core.xml_characters import forbidden_character


class PartnerState(StrEnum):
    """Where an account stands."""

    ADOPTED = "adopted"
    REJECTED = "rejected"
    LEFT = "left"
    ELSEWHERE = "not adopted by this parent"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Partner:
    """An account's state and, where an event has told it, its username."""

    state: PartnerState = PartnerState.UNKNOWN
    username: str | None = None


_STATES = {ADOPTED: PartnerState.ADOPTED, REJECTED: PartnerState.REJECTED, LEFT: PartnerState.LEFT}


def fold_partner(events: Iterable[Event], parent_id: str) -> Partner:
    """Judge one account's events; their order and repetition make no difference."""
    known = [event for event in events if event.event in PARTNER_EVENTS]
    current = [event for event in known if event.fields.get("parent") == parent_id]
    if not current:
        return Partner(PartnerState.ELSEWHERE if known else PartnerState.UNKNOWN)
    latest = max(current, key=lambda event: (event.at, event.event, event.text("username") or ""))
    username = latest.text("username")
    if username is not None and (not username.strip() or forbidden_character(username)):
        username = None  # no feed could show it
    return Partner(_STATES[latest.event], username)
