"""Settle what two texts claim at once: a guid, or a user's id. Both are frozen until people have decided.

Neither may win by being read first: a new video must not push out a running one that has the same guid.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from feeds.building.changes import Changes
from feeds.building.duplicates import Text, duplicate_guids, duplicate_users
from feeds.building.sources import CatalogText, is_archive, located
from feeds.building.work import Outcome
from feeds.core.errors import Finding
from feeds.core.guids import canonical_guid, guid_key
from feeds.storage.index import Index


@dataclass(slots=True)
class Conflicts:
    """Which sources are frozen by a conflict, which of them may not speak for their user, and what to tell people."""

    frozen: set[str] = field(default_factory=set)
    silent: set[str] = field(default_factory=set)
    findings: list[Finding] = field(default_factory=list)


def find_conflicts(index: Index, text: CatalogText, changes: Changes, outcomes: Sequence[Outcome]) -> Conflicts:
    """Find the conflicts that the changed sources have; the index must hold their guid keys already."""
    found = Conflicts()
    _users(found, text, changes, outcomes)
    changed = [each.source for each in outcomes if not each.same]
    shared = index.shared_guids(changed) if changed else {}
    if shared:
        _guids(found, text, changes, shared)
    return found


def _users(found: Conflicts, text: CatalogText, changes: Changes, outcomes: Sequence[Outcome]) -> None:
    claims: dict[str, list[str]] = {}
    for source, user_id in _claims(changes, outcomes):
        claims.setdefault(user_id.lower(), []).append(source)
    for claimants in claims.values():
        if len(claimants) < 2:
            continue
        claimants.sort()
        found.findings += [finding for _, _, finding in duplicate_users(_texts(claimants, text, changes))]
        found.frozen.update(claimants)
        owner = next((each for each in claimants if _spoke(each, changes)), claimants[0])
        found.silent.update(each for each in claimants if each != owner)


def _spoke(source: str, changes: Changes) -> bool:
    """Return whether it was this source's text from which the user's feed was built before."""
    return source in changes.known and changes.known[source].user_id is not None


def _claims(changes: Changes, outcomes: Sequence[Outcome]) -> Iterator[tuple[str, str]]:
    now = {each.source: each.claimed_id for each in outcomes if not each.same}
    for source in changes.sources:
        known = changes.known.get(source)
        user_id = now.get(source, known.user_id if known else None)
        if user_id:
            yield source, user_id


def _guids(found: Conflicts, text: CatalogText, changes: Changes, shared: Mapping[int, set[str]]) -> None:
    involved = sorted({source for its in shared.values() for source in its} & set(changes.sources))
    involved.sort(key=is_archive)  # what is said of a guid in a user's file and in the archive stands with the archive
    texts = list(_texts(involved, text, changes))
    guids = frozenset(
        canonical_guid(guid) for each in texts for guid in _guids_of(each).values() if guid_key(guid) in shared
    )
    for source, first, finding in duplicate_guids(texts, guids):
        found.findings.append(finding)
        found.frozen |= {source, first}
    _held_by_frozen(found, texts, shared)


def _held_by_frozen(found: Conflicts, texts: Sequence[Text], shared: Mapping[int, set[str]]) -> None:
    """Find the guids that a frozen user's last good version still lists, though its text names them no more."""
    keys = {each.source: {guid_key(guid) for guid in _guids_of(each).values()} for each in texts}
    for text in texts:
        if text.source in found.silent:
            continue
        for number, guid in _guids_of(text).items():
            key = guid_key(guid)
            holders = sorted(
                each for each in shared.get(key, set()) - {text.source} if key not in keys.get(each, {key})
            )
            if not holders:
                continue
            path = (*text.prefix, "videos", number, "guid")
            what = f'guid "{guid}" is still listed by the last good version of {holders[0]}'
            remedy = f"Mend {holders[0]} first: until then its feed goes on listing this guid."
            place, trail = text.located.place(path), text.located.trail(path)
            found.findings.append(Finding(place, "error", "guid-duplicate", trail, what, remedy))
            found.frozen.add(text.source)


def _guids_of(text: Text) -> dict[int, str]:
    tree = text.tree()
    videos = tree.get("videos") if isinstance(tree, dict) else None
    entries = enumerate(videos if isinstance(videos, list) else ())
    guids = {number: video.get("guid") for number, video in entries if isinstance(video, dict)}
    return {number: guid for number, guid in guids.items() if isinstance(guid, str)}


def _texts(sources: Sequence[str], text: CatalogText, changes: Changes) -> Iterator[Text]:
    inline = {each.name: each for each in text.inline_sources()} if any("#" in each for each in sources) else {}
    for name in sources:
        source = inline.get(name, changes.sources[name])
        yield Text(name, *located(source, text))
