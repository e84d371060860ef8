"""Where a network stands, in numbers, and what of it needs a person.

Whatever shows it (text, JSON, metrics, a page) shows these values and these words, so that none says more or less
than another.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from feeds.core.events import Event


class Need(StrEnum):
    """What needs a person, the most pressing first; `network.notify` has the same words."""

    DISK = "full disk"
    STUCK = "stuck publication"
    CATALOG = "broken catalog"
    FROZEN = "frozen users"
    LIVE = "still live on Dailymotion"
    FAILED = "failed imports"
    CONFLICTS = "conflicts"
    CORRECTED = "changed since import"
    ASKED = "asked to join"
    OVERDUE = "overdue"
    UNCLEAR = "unclear callbacks"
    UNKNOWN = "unknown guids"
    DEAD_LETTERS = "dead letters"


# What each is, in a sentence, and the command that comes next.
MEANINGS = {
    Need.DISK: (
        "the state folder's disk has hardly anything left: once full, callbacks are refused and nothing is published",
        "feeds doctor --offline",
    ),
    Need.STUCK: (
        "events wait for more than an hour, and no publication has heeded them: feeds sync says why, or isn't running",
        "journalctl -u feeds-sync",
    ),
    Need.CATALOG: ("catalog.yaml has faults: nothing is built until they are mended", "feeds check"),
    Need.FROZEN: ("their files have faults: the last good versions are listed", "feeds check"),
    Need.LIVE: ("imported, and the network wants them there no more", "feeds takedown --dry-run"),
    Need.FAILED: ("Dailymotion could not import them", "feeds results failures"),
    Need.CONFLICTS: ("imported again under a second id: one is to be deleted", "feeds results list"),
    Need.CORRECTED: ("Dailymotion shows them as they were before: relist has them read again", "feeds explain GUID"),
    Need.ASKED: ("partners who want to join, and wait for an answer", "feeds partners list --state asked"),
    Need.OVERDUE: ("listed for too long without being imported", "feeds status --format json"),
    Need.UNCLEAR: ("Dailymotion sent what nobody could understand", "feeds results failures"),
    Need.UNKNOWN: ("results for guids that the catalog doesn't have", "feeds status --format json"),
    Need.DEAD_LETTERS: ("bodies that came to the callback and are none", "feeds results letters"),
}


# What is wrong with the machine, and not with what it publishes.
TROUBLES = frozenset({Need.DISK, Need.STUCK})


@dataclass(frozen=True, slots=True)
class Case:
    """One thing that needs a person.

    `name` is what it is called, a guid or an account, and empty where it has no name. `key` tells it from all others
    of its need, and from itself at another time: a video that failed, was changed and failed again has a new one. It
    is None where a file that can't be read now would explain the case.
    """

    name: str
    key: str | None


@dataclass(frozen=True, slots=True)
class Matter:
    """All cases of one need: how many, their names where they have any, and the next command."""

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

    `users` counts by state; `held` counts by reason the videos that are neither listed nor imported. `cases` are what
    needs a person, in order; of the needs in `partial` there may be more, which can't be told from broken files.
    `notify` has the needs that the network wants to be told of. `name` and `notify` are None where catalog.yaml is
    broken: users and videos are then those of the last publication.
    """

    at: datetime
    name: str | None
    users: Mapping[str, int]
    in_list: int
    listed: int
    imported: int
    held: Mapping[str, int]
    cases: Mapping[Need, Sequence[Case]]
    overdue_after: timedelta
    backlog: int
    publication: Publication | None
    pushed: datetime | None
    partial: frozenset[Need] = frozenset()
    notify: frozenset[Need] | None = None

    @property
    def videos(self) -> int:
        """Return how many videos the catalog has."""
        return self.listed + self.imported + sum(self.held.values())

    @property
    def all_users(self) -> int:
        """Return how many users there are."""
        return sum(self.users.values())


def named(names: Iterable[str]) -> list[Case]:
    """Return cases that are known by their names alone."""
    return [Case(name, name) for name in names]


def counted(status: Status) -> dict[Need, int]:
    """Return the number of each thing that may need a person, also where it is none; of troubles only where one is."""
    return {need: len(cases) for need in Need if (cases := status.cases.get(need, ())) or need not in TROUBLES}


def matters(status: Status) -> list[Matter]:
    """Return what needs a person, the most pressing first; nothing where all is well."""
    return [
        Matter(need, count, [case.name for case in status.cases[need] if case.name], *MEANINGS[need])
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
