"""What came back from Dailymotion, as people ask for it: all results of all videos, from journal and results."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from feeds.building.results import built_from, result_files
from feeds.core.events import (
    IMPORT_FAILED,
    IMPORTED,
    RETRY,
    UNCLEAR,
    UNDONE,
    Event,
    VideoResult,
    event_id,
    fold_video,
    undone_ids,
)
from feeds.formats import results_yaml
from feeds.settings import Folders


@dataclass(frozen=True, slots=True)
class Failed:
    """A video whose import failed and has not been done since; `events` are the failures, in order of time."""

    guid: str
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """An import or failure as it first arrived, with its id and, where it was taken back, the event that did it."""

    id: str
    event: Event
    undone: Event | None


@dataclass(frozen=True, slots=True)
class AllResults:
    """All results: by guid, the failures that are still open, what was unclear, and what was told of each guid."""

    videos: dict[str, VideoResult]
    failed: tuple[Failed, ...]
    unclear: tuple[Event, ...]
    told: dict[str, tuple["Told", ...]]


def all_results(folders: Folders) -> AllResults:
    """Read every event and judge it. Lines that are no events are passed over; `feeds check` names them."""
    by_guid: dict[str, list[Event]] = {}
    unclear: dict[str, Event] = {}
    for event in all_events(folders):
        guid = event.text("guid")
        if event.event in (IMPORTED, IMPORT_FAILED, RETRY, UNDONE) and guid:
            by_guid.setdefault(guid, []).append(event)
        elif event.event == UNCLEAR:
            unclear.setdefault(event_id(event), event)  # one that arrived twice is one
    videos = {guid: fold_video(events) for guid, events in sorted(by_guid.items())}
    told = {guid: _told(by_guid[guid]) for guid in videos}
    failed = tuple(
        Failed(guid, _still_open(told[guid], by_guid[guid]))
        for guid, result in videos.items()
        if result.failures and result.remote_id is None
    )
    return AllResults(videos, failed, tuple(sorted(unclear.values(), key=lambda each: each.at)), told)


def all_events(folders: Folders) -> Iterator[Event]:
    """Yield every event of journal and results. Lines that are no events are passed over."""
    for _, path in result_files(built_from(folders), folders.state):
        try:
            text = path.read_bytes()
        except FileNotFoundError:  # moved since we looked: its lines are in a file that follows
            continue
        for each in results_yaml.parse(text):
            if isinstance(each, Event):
                yield each


def _told(events: Iterable[Event]) -> tuple[Told, ...]:
    undone = undone_ids(events)
    first: dict[str, Event] = {}
    for event in sorted(events, key=lambda each: each.at):
        if event.event in (IMPORTED, IMPORT_FAILED):
            first.setdefault(event_id(event), event)
    return tuple(Told(name, event, undone.get(name)) for name, event in first.items())


def _still_open(told: Iterable[Told], events: Iterable[Event]) -> tuple[Event, ...]:
    retried = max((event.at for event in events if event.event == RETRY), default=None)
    failures = (each.event for each in told if each.event.event == IMPORT_FAILED and each.undone is None)
    return tuple(event for event in failures if retried is None or event.at > retried)
