"""The history of a video or a user: what events and commits say of it, in order of time and in people's words."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from feeds.core.events import (
    ASKED_TO_JOIN,
    IMPORT_FAILED,
    IMPORTED,
    LISTED,
    PARTNER_EVENTS,
    UNDONE,
    UPLOAD,
    UPLOADED,
    Event,
    event_id,
    undone_ids,
)

_NAMES_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit that changed what the catalog says: when it was made, by whom, and its subject."""

    hash: str
    at: datetime
    author: str
    subject: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a history. `event` is the id of an import or failure, `commit` the hash of a commit."""

    at: datetime
    who: str
    what: str
    event: str | None = None
    commit: str | None = None


def history(name: str, events: Iterable[Event], commits: Iterable[Commit] = ()) -> list[Entry]:
    """Merge what is known of a guid or a user, oldest first; a user's history holds that of the videos in the feed.

    An event that stands in two files is told once; a callback that came again is told again, as such.
    """
    once = {repr(event): event for event in events}.values()
    told = _Told(name, _guids_of(name, once))
    its = sorted((event for event in once if told.concerns(event)), key=lambda each: (each.at, each.event))
    told.undone = undone_ids(its)
    told.said = {event_id(event): said(event) for event in its if event.event in (IMPORTED, IMPORT_FAILED)}
    entries = [entry for event in its for entry in told.entries(event)]
    entries += [Entry(each.at, each.author, f"catalog: {each.subject}", commit=each.hash) for each in commits]
    return sorted(entries, key=lambda each: each.at)


def said(event: Event) -> str:
    """Word what one event says, without naming its video."""
    why = event.text("why")
    match event.event:
        case "imported":
            words = f"{UPLOADED if event.text('via') == UPLOAD else IMPORTED} as {event.text('remote_id')}"
        case "uploaded":
            words = f"uploaded as {event.text('remote_id')}: {event.text('title')}"
        case "import_failed":
            words = f"import failed: {event.text('status')}"
        case "retry":
            words = "another try"
        case "taken_down":
            done = {"unpublish": "unpublished", "gone": "found gone"}.get(event.text("how") or "", "deleted")
            words = f"taken down: {event.text('remote_id')} was {done} on Dailymotion"
        case "pushed":
            fields = event.fields.get("fields")
            names = ", ".join(map(str, fields)) if isinstance(fields, list | dict) else ""
            words = f"corrected on Dailymotion as {event.text('remote_id')}" + (f": {names}" if names else "")
        case kind if kind in PARTNER_EVENTS:
            parent, username = event.text("parent"), event.text("username")
            words = kind.replace("_", " ") + (f" as {username}" if username else "")
            words += " by invitation" if event.text("invitation") else ""
            words += f" (parent {parent})" if parent else ""
        case other:
            words = other
    return f"{words}: {why}" if why else words


@dataclass(slots=True)
class _Told:
    """What has been told so far of a name."""

    name: str
    guids: frozenset[str]
    undone: Mapping[str, Event] = field(default_factory=dict)
    said: Mapping[str, str] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    listed: dict[str, str] = field(default_factory=dict)

    def concerns(self, event: Event) -> bool:
        if event.event == LISTED:
            items, gone = _listing(event)
            return event.text("user") == self.name or self.name in items or self.name in gone
        return event.text("user") == self.name or event.text("guid") in self.guids

    def entries(self, event: Event) -> Iterator[Entry]:
        if event.event == LISTED:
            for what in self._listed(event):
                yield Entry(event.at, "feeds", what)
            return
        guid = event.text("guid")
        prefix = f"{guid}: " if guid and guid != self.name else ""
        if event.event == UNDONE:
            undoes = event.text("undoes") or "?"
            what = f"taken back: {undoes} ({self.said.get(undoes, 'which is not here')}): {event.text('why')}"
            yield Entry(event.at, _who(event), prefix + what)
        elif event.event in (IMPORTED, IMPORT_FAILED):
            its_id = event_id(event)
            what = said(event) + (", told again" if its_id in self.seen else "")
            self.seen.add(its_id)
            yield Entry(
                event.at, _who(event), prefix + what + (", taken back" if its_id in self.undone else ""), its_id
            )
        else:
            yield Entry(event.at, _who(event), prefix + said(event))

    def _listed(self, event: Event) -> Iterator[str]:
        items, gone = _listing(event)
        if event.text("user") == self.name:
            if items:
                yield f"listed {_names(items)}"
            if gone:
                yield f"no longer listed: {_names(gone)}"
            return
        if self.name in gone:
            self.listed.pop(self.name, None)
            yield f"no longer listed in the feed of {event.text('user')}"
        if digest := items.get(self.name):
            changed = self.listed.get(self.name, digest) != digest
            self.listed[self.name] = digest
            yield f"listed in the feed of {event.text('user')}" + (", changed" if changed else "")


def _guids_of(name: str, events: Iterable[Event]) -> frozenset[str]:
    """Return the guids whose events belong to a name: itself, and what was ever listed for the user of that name."""
    guids = {name}
    for event in events:
        if event.event == LISTED and event.text("user") == name:
            guids.update(_listing(event)[0])
    return frozenset(guids)


def _listing(event: Event) -> tuple[Mapping[str, str], frozenset[str]]:
    items, gone = event.fields.get("items"), event.fields.get("gone")
    return (
        {guid: str(digest) for guid, digest in items.items()} if isinstance(items, dict) else {},
        frozenset(guid for guid in gone if isinstance(guid, str)) if isinstance(gone, list) else frozenset(),
    )


def _names(guids: Iterable[str]) -> str:
    names = sorted(guids)
    more = len(names) - _NAMES_SHOWN
    return ", ".join(names[:_NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _who(event: Event) -> str:
    if by := event.text("by"):
        return by
    if event.event == ASKED_TO_JOIN:
        return event.text("username") or "the partner"
    if "raw" in event.fields or "raw_base64" in event.fields or "timestamp_ms" in event.fields:
        return "Dailymotion"
    return "a person" if event.text("why") else "the network"
