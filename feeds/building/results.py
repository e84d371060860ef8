"""Take the events of journal and results into the index: only what is new since the last time is read."""

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path

from feeds.core.errors import Finding, Place
from feeds.core.events import (
    IMPORT_FAILED,
    IMPORTED,
    LISTED,
    PARTNER_EVENTS,
    PUSHED,
    RETRY,
    TAKEN_DOWN,
    UNCLEAR,
    UNDONE,
    UPLOADED,
    Event,
    event_id,
)
from feeds.formats import results_yaml
from feeds.formats.results_yaml import BadLine
from feeds.settings import Folders
from feeds.storage.index import FileRow, Index
from feeds.storage.signature import settled, signature


@dataclass(slots=True)
class Taken:
    """What taking in came to: the subjects whose events are no longer the same, and lines that are no events.

    An event that only moved from one file to another, or that is there twice, changes nothing. It is looked for
    (`compare`) where there was anything before.
    """

    subjects: set[str] = field(default_factory=set)
    findings: list[Finding] = field(default_factory=list)
    compare: bool = True


_SURROGATE = re.compile("[\ud800-\udfff]")


def built_from(folders: Folders) -> Path:
    """Return the folder that the site is built from: the one that `feeds sync` checks out, or the catalog's own.

    The clone may stay behind the remote for a while, and results may have a branch of their own.
    """
    checkout = folders.state / "checkout"
    return checkout if checkout.is_dir() else folders.catalog


def result_files(catalog: Path, state: Path) -> Iterator[tuple[str, Path]]:
    """Yield each file of events with the name it goes by.

    The journal comes first: whoever moves its lines into results/ must not do it behind our back.
    """
    for segment in sorted((state / "journal").glob("*.yaml")):
        yield f"journal/{segment.name}", segment
    for path in sorted((catalog / "results").glob("*/*.yaml")):
        yield f"results/{path.parent.name}/{path.name}", path


def take_in(index: Index, catalog: Path, state: Path) -> Taken:
    """Bring the index up to date with the files. Files only grow; one that didn't is read anew, whole."""
    known = index.files()
    taken = Taken(compare=bool(known))
    for name, path in result_files(catalog, state):
        row = known.get(name)
        try:
            if row is None or not row.settled or row.signature != signature(path.stat()):
                row = _read(index, name, path, row, taken)
        except FileNotFoundError:  # moved since we looked: its lines are in a file that follows
            continue
        known.pop(name, None)
        taken.findings.extend(_finding(name, number, what) for number, what in json.loads(row.faults))
    for gone in known.values():
        taken.subjects |= index.drop_file(gone.number)
    return taken


def _read(index: Index, name: str, path: Path, row: FileRow | None, taken: Taken) -> FileRow:
    with path.open("rb") as file:
        # The status is older than the text: what was appended in between makes the file look changed the next time.
        status = os.fstat(file.fileno())
        text = file.read()
    start, faults = 0, []
    if row is not None:
        if len(text) >= row.size and _digest(text[: row.size]) == row.digest:
            start, faults = row.size, json.loads(row.faults)
        else:
            taken.subjects |= index.drop_file(row.number)
    number = row.number if row is not None else index.next_file()
    end = text.rfind(b"\n") + 1
    lines_before = text.count(b"\n", 0, start)
    events: list[tuple[str, Event]] = []
    for each in results_yaml.parse(text[start:end]):
        if isinstance(each, BadLine):
            faults.append((lines_before + each.number, each.what))
        else:
            events.extend(by_subject(each))
    whole = FileRow(
        number,
        signature(status),
        settled(status) and status.st_size == end,
        end,
        _digest(text[:end]),
        json.dumps(faults),
    )
    index.put_file(name, whole)
    taken.subjects |= index.put_events(number, events, compare=taken.compare)
    return whole


def by_subject(event: Event) -> Iterator[tuple[str, Event]]:
    """Yield an event under each thing that it tells of: "g:" a guid, "u:" a user, "l:" a user's listings, "?".

    A name with a lone surrogate is no text, so no catalog can have it, and the index couldn't hold it.
    """
    for subject, its in _by_subject(event):
        if subject.isascii() or not _SURROGATE.search(subject):
            yield subject, its


def _by_subject(event: Event) -> Iterator[tuple[str, Event]]:
    match event.event:
        case "imported" | "import_failed" | "retry" | "undone" | "taken_down" | "pushed":
            if guid := event.text("guid"):
                yield f"g:{guid}", _slim(event)
        case "listed":
            items, user = event.fields.get("items"), event.text("user")
            if isinstance(items, dict) and user:
                yield f"l:{user}", event
                for guid, digest in items.items():
                    yield f"g:{guid}", Event(event.at, LISTED, {"digest": digest, "user": user})
        case "unclear":
            yield "?", Event(event.at, UNCLEAR, {"why": event.fields.get("why")})
        case kind if kind in PARTNER_EVENTS or kind == UPLOADED:
            if user := event.text("user"):
                yield f"u:{user}", event
        case _:
            return


_KEPT = {
    IMPORTED: ("remote_id", "timestamp_ms"),
    IMPORT_FAILED: ("status", "timestamp_ms"),
    RETRY: (),
    UNDONE: ("undoes",),
    TAKEN_DOWN: ("remote_id",),
    PUSHED: ("remote_id", "digest"),
}


def _slim(event: Event) -> Event:
    """Return the event with what the fold asks for; in the place of the raw text its id, by which it is known again."""
    fields = {key: event.fields[key] for key in _KEPT[event.event] if key in event.fields}
    if event.event in (IMPORTED, IMPORT_FAILED):
        fields["id"] = event_id(event)
    return Event(event.at, event.event, fields)


def lines_digest(text: bytes) -> str:
    """Return the digest by which the complete lines of a file are known again, in hexadecimal digits."""
    return _digest(text).hex()


def _digest(text: bytes) -> bytes:
    return blake2b(text, digest_size=16).digest()


def _finding(name: str, line: int, what: str) -> Finding:
    remedy = "Programs write these files. Bring the line back as it was (git log -p shows it), or delete it."
    return Finding(Place(name, line, 1), "error", "results-line", (), f"this line is no event: {what}", remedy)
