"""What came back from Dailymotion, as people ask for it: all results of all videos, from journal and results."""

from collections.abc import Iterator
from dataclasses import dataclass

from feeds.building.results import result_files
from feeds.core.events import IMPORT_FAILED, IMPORTED, RETRY, UNCLEAR, Event, VideoResult, fold_video
from feeds.formats import results_yaml
from feeds.settings import Folders


@dataclass(frozen=True, slots=True)
class Failed:
    """A video whose import failed and has not been done since; `events` are the failures, in order of time."""

    guid: str
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class AllResults:
    """All results: by guid, the failures that are still open, and what was unclear."""

    videos: dict[str, VideoResult]
    failed: tuple[Failed, ...]
    unclear: tuple[Event, ...]


def all_results(folders: Folders) -> AllResults:
    """Read every event and judge it. Lines that are no events are passed over; `feeds check` names them."""
    by_guid: dict[str, list[Event]] = {}
    unclear: dict[str, Event] = {}
    for event in _events(folders):
        guid = event.text("guid")
        if event.event in (IMPORTED, IMPORT_FAILED, RETRY) and guid:
            by_guid.setdefault(guid, []).append(event)
        elif event.event == UNCLEAR:
            # One that arrived twice is one.
            unclear.setdefault(event.text("raw") or event.text("raw_base64") or repr(event), event)
    videos = {guid: fold_video(events) for guid, events in sorted(by_guid.items())}
    failed = tuple(
        Failed(guid, _still_open(by_guid[guid]))
        for guid, result in videos.items()
        if result.failures and result.remote_id is None
    )
    return AllResults(videos, failed, tuple(sorted(unclear.values(), key=lambda each: each.at)))


def _events(folders: Folders) -> Iterator[Event]:
    for _, path in result_files(folders.catalog, folders.state):
        for each in results_yaml.parse(path.read_bytes()):
            if isinstance(each, Event):
                yield each


def _still_open(events: list[Event]) -> tuple[Event, ...]:
    retried = max((event.at for event in events if event.event == RETRY), default=None)
    distinct: dict[str, Event] = {}
    for event in sorted(events, key=lambda each: each.at):
        if event.event == IMPORT_FAILED:
            distinct.setdefault(event.text("raw") or event.text("raw_base64") or repr(event), event)
    return tuple(event for event in distinct.values() if retried is None or event.at > retried)
