"""Where a network stands, in numbers, and what of it needs a person.

Whatever shows it (text, JSON, metrics, a page) shows these values and these words, so that none says more or less
than another.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from shlex import quote

from feeds.core.events import Event


class Need(StrEnum):
    """What needs a person, the most pressing first."""

    CATALOG = "broken catalog"
    FROZEN = "frozen users"
    FAILED = "failed imports"
    CONFLICTS = "conflicts"
    OVERDUE = "overdue"
    UNCLEAR = "unclear callbacks"
    UNKNOWN = "unknown guids"
    DEAD_LETTERS = "dead letters"


# What each is, in a sentence, and the command that comes next.
MEANINGS = {
    Need.CATALOG: ("catalog.yaml has faults: nothing is built until they are mended", "feeds check"),
    Need.FROZEN: ("their files have faults: the last good versions are listed", "feeds check"),
    Need.FAILED: ("Dailymotion could not import them", "feeds results failures"),
    Need.CONFLICTS: ("imported again under a second id: one is to be deleted", "feeds results list"),
    Need.OVERDUE: ("listed for too long without being imported", "feeds status --format json"),
    Need.UNCLEAR: ("Dailymotion sent what nobody could understand", "feeds results failures"),
    Need.UNKNOWN: ("results for guids that the catalog doesn't have", "feeds status --format json"),
    Need.DEAD_LETTERS: ("bodies that came to the callback and are none", "cat {state}/dead-letters/*.yaml"),
}


@dataclass(frozen=True, slots=True)
class Matter:
    """One thing that needs a person: how many, their names where they have any, and the next command."""

    need: Need
    count: int
    names: Sequence[str]
    meaning: str
    command: str


@dataclass(frozen=True, slots=True)
class Publication:
    """The last build: when, of which commit, whether it was published, and how many errors it found."""

    at: datetime
    commit: str | None
    published: bool
    listed: int
    errors: int


@dataclass(frozen=True, slots=True)
class Status:
    """A whole network at a moment.

    `users` counts by state; `held` counts by reason the videos that are neither listed nor imported. The names of
    `frozen` are users, all others are guids; all in order. `name` is None where catalog.yaml is broken: users and
    videos are then those of the last publication. `state` is the state folder as a person would type it.
    """

    at: datetime
    name: str | None
    users: Mapping[str, int]
    in_list: int
    listed: int
    imported: int
    held: Mapping[str, int]
    frozen: Sequence[str]
    failed: Sequence[str]
    conflicts: Sequence[str]
    overdue: Sequence[str]
    unknown: Sequence[str]
    unclear: int
    dead_letters: int
    overdue_after: timedelta
    backlog: int
    publication: Publication | None
    pushed: datetime | None
    state: str = ".feeds"

    @property
    def videos(self) -> int:
        """Return how many videos the catalog has."""
        return self.listed + self.imported + sum(self.held.values())

    @property
    def all_users(self) -> int:
        """Return how many users there are."""
        return sum(self.users.values())


def counted(status: Status) -> dict[Need, int]:
    """Return the number of each thing that may need a person, also where it is none."""
    return {
        Need.CATALOG: int(status.name is None),
        Need.FROZEN: len(status.frozen),
        Need.FAILED: len(status.failed),
        Need.CONFLICTS: len(status.conflicts),
        Need.OVERDUE: len(status.overdue),
        Need.UNCLEAR: status.unclear,
        Need.UNKNOWN: len(status.unknown),
        Need.DEAD_LETTERS: status.dead_letters,
    }


def matters(status: Status) -> list[Matter]:
    """Return what needs a person, the most pressing first; nothing where all is well."""
    names = {
        Need.FROZEN: status.frozen,
        Need.FAILED: status.failed,
        Need.CONFLICTS: status.conflicts,
        Need.OVERDUE: status.overdue,
        Need.UNKNOWN: status.unknown,
    }
    return [
        Matter(need, count, names.get(need, ()), MEANINGS[need][0], MEANINGS[need][1].format(state=quote(status.state)))
        for need, count in counted(status).items()
        if count
    ]


def listed_since(events: Iterable[Event]) -> dict[str, datetime]:
    """Fold a user's `listed` events into what is listed now, with the moment since when, by guid.

    An item that changed is listed all the while; one that left the feed and came back, since it came back.
    """
    since: dict[str, datetime] = {}
    for event in sorted(events, key=lambda each: each.at):
        gone, items = event.fields.get("gone"), event.fields.get("items")
        for guid in gone if isinstance(gone, list) else ():
            if isinstance(guid, str):
                since.pop(guid, None)
        for guid in items if isinstance(items, dict) else ():
            since.setdefault(guid, event.at)
    return since


def span_words(span: timedelta) -> str:
    """Return a span in days where it has whole ones, else in hours: 3 days, 36 hours."""
    hours = round(span.total_seconds() / 3600)
    number, unit = (hours // 24, "day") if hours % 24 == 0 and hours else (hours, "hour")
    return f"{number} {unit}" + ("" if number == 1 else "s")
