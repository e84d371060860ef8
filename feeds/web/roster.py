"""Everybody whom the catalog or an event names, in the order in which the network's people look at them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from feeds.core.partners import Partner, PartnerState
from feeds.core.user_ids import is_user_id
from feeds.onboarding.joining import one_line

SHOWN, PAGE = 10, 50

# What needs a person stands first. The words are those of the address (?state=...) and of the heading.
STATES: Mapping[PartnerState, tuple[str, str]] = {
    PartnerState.ASKED: ("asked", "Waiting for your word"),
    PartnerState.APPROVED: ("approved", "Approved, to connect once more"),
    PartnerState.UNKNOWN: ("unconnected", "In the catalog, never connected"),
    PartnerState.ADOPTED: ("adopted", "Adopted"),
    PartnerState.REFUSED: ("refused", "Refused"),
    PartnerState.REJECTED: ("rejected", "Rejected"),
    PartnerState.LEFT: ("left", "Left"),
    PartnerState.ELSEWHERE: ("elsewhere", "Known to another parent account"),
}
# Sections that stand open at first: somebody waits for somebody there.
_OPEN = {PartnerState.ASKED, PartnerState.APPROVED}


@dataclass(frozen=True, slots=True)
class Row:
    """An account: what is known of it. `email` is None where nobody waits, or none is known."""

    id: str
    username: str
    partner: Partner
    in_catalog: bool
    email: str | None = None

    @property
    def has_page(self) -> bool:
        """Return whether its id can stand in an address: an event written by hand may name anything."""
        return is_user_id(self.id)


@dataclass(frozen=True, slots=True)
class Section:
    """The accounts of one state, newest first: those that are shown, of so many; `is_open` unless it is folded."""

    word: str
    heading: str
    rows: tuple[Row, ...]
    count: int
    is_open: bool
    page: int = 1
    pages: int = 1


def rows(partners: Mapping[str, Partner], usernames: Mapping[str, str], emails: Mapping[str, str]) -> list[Row]:
    """Return everybody, newest first; who has no date comes last, by name."""
    everybody = [
        Row(
            user_id,
            one_line((partners[user_id].username if user_id in partners else None) or usernames.get(user_id, user_id)),
            partners.get(user_id, Partner()),
            user_id in usernames,
            emails.get(user_id),
        )
        for user_id in {**usernames, **partners}
    ]
    everybody.sort(key=lambda row: (row.username.casefold(), row.id))
    everybody.sort(key=lambda row: row.partner.since or datetime.min.replace(tzinfo=UTC), reverse=True)
    return everybody


def matching(everybody: list[Row], words: str) -> list[Row]:
    """Return those whose name, id, reason or decider holds all these words."""
    wanted = words.casefold().split()
    return [row for row in everybody if all(word in _text(row) for word in wanted)]


def sections(found: list[Row], *, state: str = "", page: int = 1, is_search: bool = False) -> list[Section]:
    """Return the sections that have somebody; with `state` that one alone, a page of it."""
    made = []
    for each, (word, heading) in STATES.items():
        inside = [row for row in found if row.partner.state is each]
        if not inside or state not in ("", word):
            continue
        if state:
            pages = -(-len(inside) // PAGE)
            page = min(max(page, 1), pages)
            shown = inside[(page - 1) * PAGE : page * PAGE]
            made.append(Section(word, heading, tuple(shown), len(inside), True, page, pages))
        else:
            is_open = each in _OPEN or is_search
            made.append(Section(word, heading, tuple(inside[:SHOWN]), len(inside), is_open))
    return made


def _text(row: Row) -> str:
    return " ".join([row.id, row.username, row.partner.by or "", row.partner.why or ""]).casefold()


def counts(everybody: list[Row]) -> list[tuple[str, str, int]]:
    """Return how many there are in each state that has somebody: its word, its heading, the count."""
    found = [
        (word, heading, sum(row.partner.state is state for row in everybody))
        for state, (word, heading) in STATES.items()
    ]
    return [each for each in found if each[2]]
