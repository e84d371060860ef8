"""Events: what happened, one fact each, and the fold that judges them.

An event says only what can be known from itself. Whether a guid is known, a second remote_id contradicts the
first, or a failure still counts is judged here, over all events of one video or one user, in any order.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

IMPORTED = "imported"
IMPORT_FAILED = "import_failed"
UNCLEAR = "unclear"
RETRY = "retry"
LISTED = "listed"
ADOPTED = "adopted"
REJECTED = "rejected"
LEFT = "left"

PARTNER_EVENTS = frozenset({ADOPTED, REJECTED, LEFT})


@dataclass(frozen=True, slots=True)
class Event:
    """One fact.

    `at` is when we learned of it (aware, UTC, whole milliseconds). `fields` is all else that its line says, in the
    line's order; unknown events and unknown fields are kept and ignored.
    """

    at: datetime
    event: str
    fields: Mapping[str, Any] = field(default_factory=dict)

    def text(self, name: str) -> str | None:
        """Return the field as text, or None where it is missing or not text."""
        value = self.fields.get(name)
        return value if isinstance(value, str) else None


@dataclass(frozen=True, slots=True)
class Failure:
    """An import that failed: when we first learned of it, and Dailymotion's word for it."""

    at: datetime
    status: str


@dataclass(frozen=True, slots=True)
class VideoResult:
    """What all events of one guid say together.

    `remote_id` is the first import's, by Dailymotion's clock; `conflicts` are later, different ones. `failures` are
    the distinct ones since the last retry, in order. `listings` are (time, digest) in order: what the feed has shown.
    """

    remote_id: str | None = None
    imported_at: datetime | None = None
    conflicts: tuple[str, ...] = ()
    failures: tuple[Failure, ...] = ()
    listings: tuple[tuple[datetime, str], ...] = ()

    def failures_of(self, digest: str) -> int:
        """Count the failures of the item as it is now.

        A failure counts for what was listed when it came. Where nothing was noted as listed, every failure counts.
        """
        return sum(1 for failure in self.failures if self._listed_at(failure.at) in (None, digest))

    def _listed_at(self, moment: datetime) -> str | None:
        shown = None
        for at, digest in self.listings:
            if at > moment:
                break
            shown = digest
        return shown


NOTHING_YET = VideoResult()


def fold_video(events: Iterable[Event]) -> VideoResult:
    """Judge one guid's events; their order and repetition make no difference.

    The first import is the smallest (Dailymotion's time, remote_id): a replay, or a second import, never replaces it.
    A failure never undoes an import. A failure that arrives again is the same failure, known by its raw text.
    """
    imports: dict[str, tuple[int, datetime]] = {}
    failures: dict[str, Failure] = {}
    listings: set[tuple[datetime, str]] = set()
    retried: datetime | None = None
    for event in events:
        match event.event:
            case "imported":
                remote_id = event.text("remote_id")
                if remote_id:
                    found = (_wire_ms(event), event.at)
                    imports[remote_id] = min(found, imports.get(remote_id, found))
            case "import_failed":
                failure = Failure(event.at, event.text("status") or "")
                key = event.text("raw") or event.text("raw_base64") or repr(failure)
                known = failures.get(key, failure)
                failures[key] = min(known, failure, key=lambda each: (each.at, each.status))
            case "retry":
                retried = event.at if retried is None else max(retried, event.at)
            case "listed":
                digest = event.text("digest")
                if digest:
                    listings.add((event.at, digest))
            case _:
                pass
    order = sorted(imports, key=lambda remote_id: (imports[remote_id][0], remote_id))
    counted = sorted(
        (each for each in failures.values() if retried is None or each.at > retried),
        key=lambda each: (each.at, each.status),
    )
    return VideoResult(
        remote_id=order[0] if order else None,
        imported_at=imports[order[0]][1] if order else None,
        conflicts=tuple(order[1:]),
        failures=tuple(counted),
        listings=tuple(sorted(listings)),
    )


def _wire_ms(event: Event) -> int:
    """Return Dailymotion's own time of an event, or ours where it gave none that can be used."""
    timestamp = event.fields.get("timestamp_ms")
    if isinstance(timestamp, int) and not isinstance(timestamp, bool):
        return timestamp
    return round(event.at.timestamp() * 1000)
