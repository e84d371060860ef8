"""Events: what happened, one fact each, and the fold that judges them.

An event says only what can be known from itself. Whether a guid is known, a second remote_id contradicts the
first, or a failure still counts is judged here, over all events of one video or one user, in any order.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from operator import itemgetter
from typing import Any

IMPORTED = "imported"
IMPORT_FAILED = "import_failed"
UNCLEAR = "unclear"
RETRY = "retry"
UNDONE = "undone"
LISTED = "listed"
TAKEN_DOWN = "taken_down"
PUSHED = "pushed"
# A video made by `feeds upload` without a guid; one with a guid is `imported`, with `via` UPLOAD.
UPLOADED = "uploaded"
UPLOAD = "upload"
ASKED_TO_JOIN = "asked_to_join"
APPROVED = "approved"
REFUSED = "refused"
INVITED = "invited"
ADOPTED = "adopted"
REJECTED = "rejected"
LEFT = "left"

# Each tells of one account (`user`) and one parent account (`parent`).
PARTNER_EVENTS = frozenset({ASKED_TO_JOIN, APPROVED, REFUSED, ADOPTED, REJECTED, LEFT})


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


def event_id(event: Event) -> str:
    """Return the short name by which an event is spoken of: ten hexadecimal digits of what it says.

    One callback has one id however often it arrives, so that what was taken back stays so. An import is known by its
    guid, its remote_id and Dailymotion's time. Any other callback is known by its text, but for spaces and the order of
    keys, which change when a person passes it on. What came as no callback is known by our time too: a person who says
    a thing again means it again.

    The index keeps an event's id, as the field `id`, in the place of its text.
    """
    if known := event.text("id"):
        return known
    says: list[Any] = [event.event, *(event.text(name) for name in ("guid", "remote_id", "status"))]
    timestamp_ms, raw = _timestamp_ms(event), event.text("raw") or event.text("raw_base64")
    if event.event == IMPORTED and timestamp_ms is not None:
        says.append(timestamp_ms)
    elif raw:
        says.append(_reset(raw))
    else:
        says += [event.at.isoformat(timespec="milliseconds"), event.text("user"), event.text("why")]
    return blake2b(json.dumps(says).encode(), digest_size=5).hexdigest()


def _reset(raw: str) -> str:
    """Return a text set in one way, if it is JSON: a key that stands twice is kept twice."""
    try:
        return json.dumps(json.loads(raw, object_pairs_hook=lambda pairs: {"": sorted(pairs, key=itemgetter(0))}))
    except (ValueError, RecursionError):
        return raw


def undone_ids(events: Iterable[Event]) -> dict[str, Event]:
    """Return the ids that were taken back, each with the first event that did it."""
    undone: dict[str, Event] = {}
    for event in sorted((each for each in events if each.event == UNDONE), key=lambda each: each.at):
        if name := event.text("undoes"):
            undone.setdefault(name, event)
    return undone


@dataclass(frozen=True, slots=True)
class Failure:
    """An import that failed: when we first learned of it, and Dailymotion's word for it."""

    at: datetime
    status: str


@dataclass(frozen=True, slots=True)
class Push:
    """A correction that was sent to Dailymotion: when, to which video there, and the digest of the item it made it."""

    at: datetime
    remote_id: str
    digest: str


@dataclass(frozen=True, slots=True)
class VideoResult:
    """What all events of one guid say together.

    `remote_id` is the first import's, by Dailymotion's clock; `conflicts` are later, different ones. `failures` are
    the distinct ones since the last retry, in order. `listings` are (time, digest) in order: what the feed has shown.
    `latest_import` is when we first learned of the latest one. `taken_down` are the remote_ids that are no longer live:
    an import that is later, by Dailymotion's clock, than its takedown has brought it back. `pushes` are in order.
    """

    remote_id: str | None = None
    imported_at: datetime | None = None
    conflicts: tuple[str, ...] = ()
    failures: tuple[Failure, ...] = ()
    listings: tuple[tuple[datetime, str], ...] = ()
    latest_import: datetime | None = None
    taken_down: frozenset[str] = frozenset()
    pushes: tuple[Push, ...] = ()

    @property
    def live(self) -> tuple[str, ...]:
        """Return the remote_ids that are, for all we know, on Dailymotion: the first import's before the others."""
        imported = () if self.remote_id is None else (self.remote_id, *self.conflicts)
        return tuple(each for each in imported if each not in self.taken_down)

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
    A failure never undoes an import. A failure that arrives again is the same failure, known by its id. An import or
    failure whose id was taken back is none, whenever it arrives.
    """
    events = list(events)
    undone = undone_ids(events)
    imports: dict[str, tuple[int, datetime]] = {}
    learned: dict[str, datetime] = {}
    taken_down: dict[str, int] = {}
    latest: dict[str, int] = {}
    pushes: set[tuple[datetime, str, str]] = set()
    failures: dict[str, Failure] = {}
    listings: set[tuple[datetime, str]] = set()
    retried: datetime | None = None
    for event in events:
        match event.event:
            case "imported" | "import_failed" if undone and event_id(event) in undone:
                pass
            case "imported":
                remote_id = event.text("remote_id")
                if remote_id:
                    found = (_wire_ms(event), event.at)
                    imports[remote_id] = min(found, imports.get(remote_id, found))
                    latest[remote_id] = max(found[0], latest.get(remote_id, found[0]))
                    name = event_id(event)
                    learned[name] = min(event.at, learned.get(name, event.at))
            case "taken_down":
                if remote_id := event.text("remote_id"):
                    taken_down[remote_id] = max(_ms(event.at), taken_down.get(remote_id, 0))
            case "pushed":
                if (remote_id := event.text("remote_id")) and (digest := event.text("digest")):
                    pushes.add((event.at, remote_id, digest))
            case "import_failed":
                failure = Failure(event.at, event.text("status") or "")
                name = event_id(event)
                known = failures.get(name, failure)
                failures[name] = min(known, failure, key=lambda each: (each.at, each.status))
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
        latest_import=max(learned.values(), default=None),
        taken_down=frozenset(name for name, at_ms in taken_down.items() if latest.get(name, at_ms) <= at_ms),
        pushes=tuple(Push(*each) for each in sorted(pushes)),
    )


def _wire_ms(event: Event) -> int:
    """Return Dailymotion's own time of an event, or ours where it gave none that can be used."""
    timestamp_ms = _timestamp_ms(event)
    return _ms(event.at) if timestamp_ms is None else timestamp_ms


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def _timestamp_ms(event: Event) -> int | None:
    timestamp = event.fields.get("timestamp_ms")
    return timestamp if isinstance(timestamp, int) and not isinstance(timestamp, bool) else None
