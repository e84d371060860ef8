"""Plan: what the work tree's catalog would do to each feed, compared with a commit's or with what was published last.

Nothing is written. Against a commit, only users whose text differs are read, unless the edit takes out so much that the
whole network has to be counted.
"""

from collections.abc import Iterator
from datetime import datetime
from itertools import chain

from feeds.building.live import is_whole, last_owner, standings_of
from feeds.building.planning_base import Commit, commit_of
from feeds.building.planning_claims import clashes
from feeds.building.planning_edit import Edit, Entry, by_id, edit_of, file_entry, last_good
from feeds.building.planning_publication import against_publication
from feeds.building.planning_settings import setting_notes
from feeds.building.planning_users import Judge, counted, judged, warned_of_removals
from feeds.building.planning_warnings import broken, broken_archives, changed_guids, frozen, relative, removed_users
from feeds.building.sources import CatalogText, is_archive
from feeds.building.subject_events import Known, known_of, texts_of
from feeds.core.errors import Finding
from feeds.core.live import Standing, StillLive, still_live
from feeds.core.plan import Danger, Plan, Warned, with_archived
from feeds.core.removals import Removals
from feeds.formats.catalog_yaml import ReadNetwork
from feeds.settings import Folders


def plan(folders: Folders, against: str | None, at: datetime) -> Plan:
    """Return what the edit would do at this moment. Raises UsageError, StorageError, GitFailed."""
    text = CatalogText(folders.catalog)
    if not isinstance(text.read, ReadNetwork):
        faults = text.located.own_findings() if text.read is None else text.located.findings(text.read)
        return Plan(at, "nothing, as nothing would be built", [], [broken(each, folders.catalog) for each in faults])
    commit = commit_of(folders.catalog, against, text)
    if commit is None:
        return against_publication(folders, text, at)
    return _Planned(folders, text, commit, at).plan()


class _Planned:
    """One plan against a commit: what its steps share."""

    def __init__(self, folders: Folders, text: CatalogText, commit: Commit, at: datetime) -> None:
        self.folders, self.text, self.commit, self.at = folders, text, commit, at
        self.network = text.network.network
        self.edit: Edit = edit_of(commit, text, folders.catalog)
        self.notes = setting_notes(commit.text.network.network, self.network)
        before = [self._readable(source, entry) for source, entry in self.edit.before.items()]
        self.before = {user_id: entry for user_id, _, entry in by_id({each.text.source: each for each in before})}
        self.now = {user_id: entry for user_id, _, entry in by_id(self.edit.now)}
        self.known = self._known(self._names())
        self.was = Judge(commit.text.network.network, at, self.known)
        self.judge = Judge(self.network, at, self.known)

    def _readable(self, source: str, entry: Entry) -> Entry:
        """Return a former text, or the last one before it that had no faults."""
        if entry.read.user is not None:
            return entry
        good = last_good(self.commit, source) if "#" not in source else None
        then = "its last version without faults is compared" if good else "what its feed lists now is not known"
        self.notes.append(f"{source} has faults in {self.commit.words}: {then}.")
        return good or entry

    def _names(self) -> set[str]:
        archived = (*self.edit.archived_before, *self.edit.archived)
        entries = [*self.before.values(), *self.edit.now.values(), *archived]
        guids = {guid for each in entries for _, guid in each.text.guids()}
        return guids | self.before.keys() | self.now.keys()

    def _known(self, names: set[str] | None) -> Known:
        return known_of([*texts_of(self.folders), *self.commit.former_results()], names)

    def plan(self) -> Plan:
        """Judge every touched user, and what they come to together."""
        formers = {user_id: self.was.former(entry) for user_id, entry in self.before.items()}
        blocked = self._blocked()
        users, removals = judged(self.judge, formers, self.now, blocked)
        archived = {guid for entry in self.edit.archived for _, guid in entry.text.guids()}
        users = [with_archived(each, archived) for each in users]
        warned = [*broken_archives(self.edit.archived), *(frozen(each) for each in users if each.blocked)]
        needed = self._needed(removals, warned)
        warned += removed_users(users, formers, self.now)
        changed = changed_guids(users, formers, self.now, self.known.results(self._names()))
        warned += [each for each in changed if each.guid not in archived]
        warned += self._live()
        return Plan(self.at, self.commit.words, [each for each in users if not each.empty], warned, needed, self.notes)

    def _blocked(self) -> dict[str, list[Finding]]:
        """Return what freezes users, by their ids: faults of their texts, and guids or ids that are another's too."""
        owners = {source: entry.user_id or self._former_owner(source) for source, entry in self.edit.now.items()}
        blocked = {
            owners[source] or source: entry.findings()
            for source, entry in self.edit.now.items()
            if entry.read.user is None
        }
        texts = {source: entry.text for source, entry in self.edit.now.items()}
        standing = {guid for each in self.before.values() for _, guid in each.text.guids()}
        guids = {guid for each in texts.values() for _, guid in each.guids()} - standing
        inline = [each.text for each in self.edit.inline]
        for source, findings in clashes(
            texts, self.edit.files, inline, guids=guids, ids=self.now.keys() - self.before.keys()
        ).items():
            if not is_archive(source):  # which has no feed to freeze
                blocked.setdefault(owners.get(source) or self._owner(source), []).extend(findings)
        return {user_id: relative(findings, self.folders.catalog) for user_id, findings in blocked.items()}

    def _former_owner(self, source: str) -> str | None:
        return self.edit.before[source].user_id if source in self.edit.before else None

    def _owner(self, source: str) -> str:
        """Return whose an untouched text is."""
        entries = [file_entry(each) for each in self.edit.files if each.name == source]
        entries += [each for each in self.edit.inline if each.text.source == source]
        return next((each.user_id for each in entries if each.user_id), source)

    def _needed(self, removals: list[Removals], warned: list[Warned]) -> int:
        before = counted(removals, self._others())
        found = warned_of_removals(removals, listed_before=before, allowed=self.commit.allowed())
        warned += [found[0]] if found else []
        return found[1] if found else 0

    def _others(self) -> Iterator[int]:
        """Yield how many videos each untouched user lists; everything that happened is read for that."""
        judge = Judge(self.network, self.at, self._known(None))
        files = (each for each in self.edit.files if not is_archive(each.name))
        for entry in chain(self.edit.inline, map(file_entry, files)):
            if entry.read.user is not None:
                yield len(judge.former(entry).listed)

    def _live(self) -> Iterator[Warned]:
        before = {(each.guid, each.ground) for each in self._queue(self.before, self.edit.archived_before)}
        for each in self._queue(self.edit.now, self.edit.archived):
            if (each.guid, each.ground) not in before:
                links = ", ".join(f"https://www.dailymotion.com/video/{remote_id}" for remote_id in each.remote_ids)
                why = f"{each.ground.value}: {each.why}" if each.why else each.ground.value
                yield Warned(
                    Danger.LIVE, each.user, each.guid, f"it is online ({links}): {why}",
                    "Leaving a feed deletes nothing: feeds takedown, once this is pushed, takes it down.",
                )  # fmt: skip

    def _queue(self, entries: dict[str, Entry], archived: list[Entry]) -> list[StillLive]:
        reads, archives = [each.read for each in entries.values()], [each.read for each in archived]
        results = self.known.results(self._names())
        # What the former catalog has is ours, whether or not anybody has noted it as listed.
        owners = {guid: standing.user for guid, standing in self._standings_before().items()}
        noted = {guid: owner for guid in results if (owner := last_owner(self.known.of(f"g:{guid}")))}
        parent = self.network.parent_id
        states = {user_id: self.known.partner(user_id, parent).state for user_id in {*self.before, *self.now}}
        standings, whole = standings_of(reads, archives), is_whole([*reads, *archives])
        return still_live(results, standings, states, noted | owners, complete=whole, at=self.at)

    def _standings_before(self) -> dict[str, Standing]:
        return standings_of(
            [each.read for each in self.before.values()], [each.read for each in self.edit.archived_before]
        )
