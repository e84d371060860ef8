"""Compare the catalog with what was published last, where no commit tells what it said before.

The published feeds, or the `listed` events of whoever records, tell which videos were listed; only the events tell as
what. Why others were not listed nobody knows.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from feeds.building.feed import published_guids
from feeds.building.last_report import last_report
from feeds.building.listed import last_noted
from feeds.building.planning_claims import clashes
from feeds.building.planning_edit import Entry, by_id, file_entry, inline_entries
from feeds.building.planning_users import Judge, judged, warned_of_removals
from feeds.building.planning_warnings import changed_guids, frozen, relative, removed_users
from feeds.building.sources import CatalogText, included
from feeds.building.subject_events import Known, known_of, texts_of
from feeds.core.errors import Finding
from feeds.core.plan import Former, Plan
from feeds.settings import Folders


def against_publication(folders: Folders, text: CatalogText, at: datetime) -> Plan:
    """Return what a publication would change. Everything is read."""
    report, known = last_report(folders.state), known_of(texts_of(folders), None)
    entries = inline_entries(text)
    entries |= {each.name: file_entry(each) for each in included(folders.catalog, list(text.network.include))}
    formers = dict(_formers(folders, known, report))
    now = {user_id: entry for user_id, _, entry in by_id(entries)}
    blocked = _blocked(entries, folders)
    users, gone = judged(Judge(text.network.network, at, known), formers, now, blocked)
    warned = [frozen(each) for each in users if each.blocked]
    refused = warned_of_removals(gone, listed_before=sum(each.before for each in gone), allowed=0)
    warned += [refused[0]] if refused else []
    warned += removed_users(users, formers, now)
    warned += changed_guids(users, formers, now, known.results(_guids(formers)))
    notes = ["There is no commit to compare with, so why a video was not listed before isn't known."]
    needed = refused[1] if refused else 0
    return Plan(at, _words(report, formers), [each for each in users if not each.empty], warned, needed, notes)


def _words(report: Mapping[str, Any] | None, formers: Mapping[str, Former]) -> str:
    if report is not None:
        return f"the last publication, {datetime.fromisoformat(report['at']):%Y-%m-%d %H:%M} UTC"
    return "what is published" if formers else "nothing, as nothing was published yet"


def _blocked(entries: Mapping[str, Entry], folders: Folders) -> dict[str, list[Finding]]:
    blocked = {
        entry.user_id or source: entry.findings() for source, entry in entries.items() if entry.read.user is None
    }
    texts = {source: entry.text for source, entry in entries.items()}
    for source, findings in clashes(texts, [], [], guids=(), ids=()).items():
        blocked.setdefault(entries[source].user_id or source, []).extend(findings)
    return {user_id: relative(findings, folders.catalog) for user_id, findings in blocked.items()}


def _guids(formers: Mapping[str, Former]) -> set[str]:
    return {guid for each in formers.values() for guid in (*each.listed, *each.digests)}


def _formers(folders: Folders, known: Known, report: Mapping[str, Any] | None) -> Iterator[tuple[str, Former]]:
    """Yield what was published of each user: as noted, else as it lies in the folder that is built by default."""
    names = {each["id"]: each.get("username", "") for each in (report["users"] if report else ())}
    feeds = {path.stem: path for path in (folders.catalog / "static_out" / "feeds").glob("*.xml")}
    noted = {subject[2:]: last_noted(events) for subject, events in known.events.items() if subject.startswith("l:")}
    for user_id in sorted(names.keys() | feeds.keys() | noted.keys()):
        listed = noted.get(user_id)
        if listed is None:
            guids = published_guids(feeds[user_id].read_bytes()) if user_id in feeds else []
            if guids:
                yield user_id, Former(names.get(user_id, ""), tuple(guids), whole=False)
        elif listed:
            digests = {guid: str(digest) for guid, digest in listed.items()}
            yield user_id, Former(names.get(user_id, ""), tuple(listed), digests, whole=False)
