"""The facts of an explanation: what the catalog's lines say of a video, and what came back of it from Dailymotion."""

from collections.abc import Iterator
from datetime import datetime

from feeds.building.explaining_places import Places, Where
from feeds.building.planning_edit import Entry
from feeds.building.subject_events import Known
from feeds.core.catalog import VideoEntry
from feeds.core.events import IMPORT_FAILED, IMPORTED, PUSHED, TAKEN_DOWN, Event, VideoResult, event_id, undone_ids
from feeds.core.explanation import VIDEO_URL, Fact, correction_words, moment_words, relist_words
from feeds.core.item import Item
from feeds.core.live import StillLive

_ABOUT = {IMPORTED: "imported", IMPORT_FAILED: "import failed", TAKEN_DOWN: "taken down", PUSHED: "corrected"}


def window_keys(guid: str, key: str, entry: Entry) -> Where:
    """Return where a moment of the rights window stands: with the video, or with its user's defaults."""
    user = entry.read.user
    video = next((each for each in user.videos if each.guid == guid), None) if user else None
    own = video.rights if video else None
    given = own is not None and (own.from_ if key == "from" else own.until) is not None
    return (guid, ("rights", key)) if given else (None, ("defaults", "rights", key))


def entry_facts(
    video: VideoEntry, item: Item, result: VideoResult, live: StillLive | None, places: Places, at: datetime
) -> Iterator[Fact]:
    """Yield what the catalog says of a video: its rights window, relist, changes since the import, still live."""
    guid = video.guid
    for about, key, moment in (("rights from", "from", item.valid_from), ("rights until", "until", item.valid_until)):
        if moment is not None:
            place, commit = places.of(*window_keys(guid, key, places.entry))
            yield Fact(about, moment_words(moment), place, None, commit)
    if video.relist is not None:
        place, commit = places.of(guid, ("relist",))
        yield Fact("relist", relist_words(video.relist, result, at), place, None, commit)
    if words := correction_words(item, result):
        yield Fact("changed since import", words)
    if live is not None:
        links = ", ".join(f"{VIDEO_URL}{remote_id}" for remote_id in live.remote_ids)
        yield Fact("still live", f"{live.ground.value}{': ' + live.why if live.why else ''}: {links}")


def happened_facts(guid: str, known: Known) -> list[Fact]:
    """Return what came back of a video, and was done there, in order of time, with the links."""
    events = known.of(f"g:{guid}")
    undone, seen, facts = undone_ids(events), set[str](), list[Fact]()
    for event in sorted(events, key=lambda each: each.at):
        if event.event not in _ABOUT:
            continue
        name = event_id(event)
        if name not in seen:
            seen.add(name)
            taken_back = ", taken back" if name in undone else ""
            its = name if event.event in (IMPORTED, IMPORT_FAILED) else None
            facts.append(Fact(_ABOUT[event.event], f"{moment_words(event.at)}: {_words(event)}{taken_back}", None, its))
    return facts


def _words(event: Event) -> str:
    if event.event == IMPORT_FAILED:
        return f"Dailymotion says {event.text('status') or 'nothing'}"
    return f"{VIDEO_URL}{event.text('remote_id')}"
