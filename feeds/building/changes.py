"""Find what a build must look at: the users whose text, results, settings, moment or published feed has changed."""

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from feeds.building.sources import CATALOG, CatalogText, Source, archives, included, is_archive, settings_digest
from feeds.building.work import Job, text_digest
from feeds.core.guids import guid_key
from feeds.core.partners import PartnerState, fold_partner
from feeds.core.user_ids import is_user_id
from feeds.storage.index import Index, Scanned
from feeds.storage.signature import settled, signature

# Names of what is no file: a user in catalog.yaml, and a user known by events alone.
INLINE, EVENT_SOURCE = f"{CATALOG}#", "event#"


@dataclass(slots=True)
class Changes:
    """The work of a build: its jobs, the sources that are gone, and every source there is, by name.

    `known` is what the index knew of each source; `notes` is what it shall remember once the build is published.
    """

    sources: dict[str, Source]
    known: dict[str, Scanned]
    notes: dict[str, str]
    jobs: list[Job] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Moment:
    """When and for whom the build is: `at` decides on rights windows, `record` asks for every user not yet noted.

    `secret_path` is what the site's addresses may hold.
    """

    at: datetime
    out: Path
    record: bool
    full: bool
    secret_path: str | None = None


def find_changes(text: CatalogText, catalog: Path, index: Index, subjects: set[str], moment: Moment) -> Changes:
    """Compare everything with the index, and mark in it whom new events concern.

    The marks matter: events are taken in once, and a build that is killed afterwards must still find its users.
    """
    _mark(index, subjects)
    notes = {"catalog": text.digest.hex(), "at": moment.at.isoformat()}
    # As a digest: the index needs no secret to see that it has changed.
    notes["secret path"] = text_digest((moment.secret_path or "").encode()).hex()
    if notes["secret path"] != index.note("secret path"):
        index.make_all_stale()
    if moment.full or index.note("catalog") != notes["catalog"]:
        read = text.network
        notes |= {
            "settings": settings_digest(read.network),
            "include": json.dumps(read.include),
            "access": json.dumps(read.network.access),
        }
        if notes["settings"] != index.note("settings"):
            index.make_all_stale()
        known = index.scan()
        sources = sources_of(text, catalog, read.include)
    else:
        known = index.scan()
        sources = [Source(name) for name in known if name.startswith(INLINE)]
        patterns = json.loads(index.note("include") or "[]")
        sources += included(catalog, patterns) + archives(catalog, patterns)
    changes = Changes({each.name: each for each in sources}, known, notes)
    for source in sources:
        if job := _job(source, known.get(source.name), moment, text, index):
            changes.jobs.append(job)
    changes.gone = [name for name in known if name not in changes.sources and not name.startswith(EVENT_SOURCE)]
    return changes


def sources_of(text: CatalogText, catalog: Path, patterns: Iterable[str]) -> list[Source]:
    """Return every source there is, in the order in which a build takes them."""
    files = list(patterns)
    return text.inline_sources() + included(catalog, files) + archives(catalog, files)


def _mark(index: Index, subjects: set[str]) -> None:
    guids = [guid_key(subject[2:]) for subject in subjects if subject.startswith("g:")]
    holders = index.sources_of_guids(guids)
    index.make_stale(
        {source for its in holders.values() for source in its},
        [subject[2:] for subject in subjects if subject.startswith("u:")],
    )


def _job(source: Source, known: Scanned | None, moment: Moment, text: CatalogText, index: Index) -> Job | None:
    if known is None or moment.full:
        return Job(source.name, source.path, source.tree_text, user_id=known.user_id if known else None)
    must = known.stale or (
        not is_archive(source.name)  # which has no feed, and is the same at any moment
        and (
            not known.valid_from <= moment.at.isoformat() < known.valid_until
            or (moment.record and not known.noted)
            or not _feed_is_as_built(known, source.name, moment, index)
        )
    )
    if not must and _text_is_as_read(source, known):
        return None
    tree_text = source.tree_text
    if source.path is None and tree_text is None:  # catalog.yaml is as it was, so this user is, but must be built
        tree_text = text.inline_texts[source.name]
    digest = None if must else known.digest
    return Job(source.name, source.path, tree_text, user_id=known.user_id, known_digest=digest)


def _text_is_as_read(source: Source, known: Scanned) -> bool:
    if source.path is None:
        return source.tree_text is None or text_digest(source.tree_text) == known.digest
    if not known.settled:
        return False
    try:
        return signature(source.path.stat()) == known.signature
    except OSError:
        return False


def _feed_is_as_built(known: Scanned, source: str, moment: Moment, index: Index) -> bool:
    """Return whether the published feed is still the one that was written: its status says so, else its bytes."""
    path = f"{moment.out}/feeds/{known.user_id}.xml"
    try:
        status = os.stat(path)  # noqa: PTH116 - ten thousand times a build: a Path costs as much as the call
        if known.feed_settled and signature(status) == known.feed_signature:
            return True
        feed = Path(path).read_bytes()
    except FileNotFoundError:
        return not known.in_list
    if text_digest(feed) != known.feed_digest:
        return False
    index.put_feed_signature(source, signature(status), settled(status))
    return True


def adopted_elsewhere(index: Index, parent_id: str, claimed: Iterable[str]) -> list[str]:
    """Return the ids of adopted users whom the catalog doesn't name."""
    in_catalog = set(claimed)
    found = []
    for subject in index.subjects("u:"):
        user_id = subject[2:]
        if user_id in in_catalog or not is_user_id(user_id):
            continue
        if fold_partner(index.events([subject])[subject], parent_id).state is PartnerState.ADOPTED:
            found.append(user_id)
    return found


def frozen_jobs(changes: Changes, names: Iterable[str], text: CatalogText) -> list[Job]:
    """Return jobs that build these sources from their last good text, whatever their text says now."""
    jobs = []
    for name in names:
        source, known = changes.sources[name], changes.known.get(name)
        tree_text = text.inline_texts[name] if source.path is None else None
        user_id = known.user_id if known else None
        jobs.append(Job(name, source.path, tree_text, user_id=user_id, freeze=True))
    return jobs


def settled_now(path: Path) -> tuple[str, bool]:
    """Return the signature of a file, and whether it is settled; empty where there is none."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return "", False
    return signature(status), settled(status)
