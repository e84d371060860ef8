"""Build the site: site = catalog - results, at a moment.

What is on the disk is the truth; the index only says which parts of it can't have changed. A build is one
transaction for its readers: it reads, builds every changed feed beside the published ones, asks the removal
guard, and only then publishes. Killed anywhere, it leaves what was true before or what is true now.
"""

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import Protocol

from feeds.building import publishing
from feeds.building.addresses import address_of, notes_on_address, refuse_without_secret
from feeds.building.changes import (
    EVENT_SOURCE,
    Changes,
    Moment,
    adopted_elsewhere,
    find_changes,
    frozen_jobs,
    settled_now,
)
from feeds.building.listed import note_listed
from feeds.building.report import Report, report_of
from feeds.building.results import Taken, result_files, take_in
from feeds.building.rows import row_of
from feeds.building.sources import CatalogText, located
from feeds.building.version import code_version
from feeds.building.work import Context, Job, Outcome
from feeds.core.errors import Finding, StorageError
from feeds.core.shards import Inputs
from feeds.core.user_list import ListedUser, UserListShape, feed_url
from feeds.settings import Folders
from feeds.storage.index import Index, IndexBroken
from feeds.storage.static_dir import clear_leftovers, only_one


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person wants built, and how: `jobs` processes, `full` without believing the index.

    `secret_path` stands in the site's addresses where the network wants one. `by_events`: where nothing is published in
    the folder yet, events tell what was listed before; None leaves that to `record`.
    """

    folders: Folders
    out: Path
    at: datetime
    jobs: int
    full: bool = False
    record: bool = False
    allow_removals: int = 0
    secret_path: str | None = None
    by_events: bool | None = None


class Rendered(Protocol):
    """Feeds that were rendered before, elsewhere: the shards."""

    def compare(self, here: Inputs, files: Iterable[tuple[str, Path]]) -> None:
        """Raise BuildRefused where they were rendered from something else than lies here, but for later events."""

    def outcome(self, job: Job, context: Context, index: Index) -> Outcome:
        """Return what a job comes to."""


def build(wish: Wish, shards: Rendered | None = None) -> Report:
    """Build and publish the site; a second build into the same folder waits.

    What `shards` have rendered is taken from them. Raises UsageError without a catalog, BuildRefused where the removal
    guard says no or the shards aren't of what lies here, StorageError where the disk does.
    """
    CatalogText(wish.folders.catalog)  # a mistyped folder must not be made, but refused
    try:
        (wish.out / "feeds").mkdir(parents=True, exist_ok=True)
        wish.folders.state.mkdir(parents=True, exist_ok=True)
        with only_one(wish.out), only_one(wish.folders.state):
            _clear(wish)
            try:
                return _build_alone(wish, shards)
            except IndexBroken:  # a cache: without it the build takes longer, and comes to the same
                Index.erase(_index_path(wish))
                return _build_alone(wish, shards)
    except OSError as error:
        raise StorageError(f"{error.filename or wish.out}: {error.strerror}. Mend that, and build again.") from error


def _build_alone(wish: Wish, shards: Rendered | None) -> Report:
    index_path = _index_path(wish)
    try:
        with Index.opened(index_path, code_version()) as index:
            return _Build(wish, index, index_path, shards).run()
    except BaseException:
        _clear(wish)  # now, as the disk may be full of it
        raise


def _clear(wish: Wish) -> None:
    clear_leftovers(wish.out)
    clear_leftovers(wish.out / "feeds")


def _index_path(wish: Wish) -> Path:
    # What was built into one folder says nothing of another.
    name = blake2b(os.fsencode(wish.out.resolve()), digest_size=6).hexdigest()
    return wish.folders.state / "cache" / f"build-{name}.sqlite"


class _Build:
    """One build: what all its steps share."""

    def __init__(self, wish: Wish, index: Index, index_path: Path, shards: Rendered | None) -> None:
        self.wish, self.index, self.index_path, self.shards = wish, index, index_path, shards
        self.text = CatalogText(wish.folders.catalog)
        self.catalog = wish.folders.catalog

    def run(self) -> Report:
        """Take in, compare, build, ask the guard, publish, note."""
        if broken := self._catalog_faults():
            return report_of(self.index, self.wish.at, self.catalog, findings=broken, published=False)
        refuse_without_secret(self._access(), self.wish.secret_path, record=self.wish.record)
        if self.wish.full:
            self.index.forget_files()
        unfinished = self.index.note("unfinished") == "yes"
        taken = take_in(self.index, self.catalog, self.wish.folders.state)
        if self.shards:
            self._compare(self.shards)
        moment = Moment(self.wish.at, self.wish.out, self.wish.record, self.wish.full, self.wish.secret_path)
        changes = find_changes(self.text, self.catalog, self.index, taken.subjects, moment)
        anything = unfinished or self._anything(changes, taken)
        if anything:
            self.index.remember("unfinished", "yes")
        self.index.commit()  # the events are in, and whom they concern is marked: a kill from here on loses neither
        if not anything:
            self._remember(changes)
            notes = json.loads(self.index.note("notes") or "[]")
            return report_of(self.index, self.wish.at, self.catalog, findings=taken.findings, notes=notes)
        self.network = self.text.network.network
        since = self.index.note("at")
        self.context = Context(
            self.wish.out,
            self.index_path,
            self.network,
            self.wish.at,
            datetime.fromisoformat(since) if since else None,
            self.wish.record,
            by_events=self._by_events(),
            address=address_of(self.network, self.wish.secret_path),
        )
        return self._build(changes, taken)

    def _compare(self, shards: Rendered) -> None:
        from feeds.building.shard import inputs_of

        address = address_of(self.text.network.network, self.wish.secret_path)
        # A file that was begun and holds nothing makes no difference.
        files = {name: f"{row.size} {row.digest.hex()}" for name, row in self.index.files().items() if row.size}
        shards.compare(inputs_of(self.text, files, address), result_files(self.catalog, self.wish.folders.state))

    def _by_events(self) -> bool:
        """Return whether events alone tell what was listed before. Raises BuildRefused where they should and can't."""
        from feeds.building.guarding import refuse_without_events

        if (self.wish.out / publishing.USER_LIST).exists():
            return False
        if self.wish.by_events:
            refuse_without_events(self.index)
        # Whoever records is the publisher, maybe on a new machine; a build at home compares with nothing.
        return self.wish.record if self.wish.by_events is None else self.wish.by_events

    def _access(self) -> Sequence[str]:
        """Return network.access, as noted where the catalog is the one that was read last."""
        if self.text.digest.hex() == self.index.note("catalog"):
            return tuple(json.loads(self.index.note("access") or "[]"))
        return self.text.network.network.access

    def _catalog_faults(self) -> list[Finding]:
        if self.text.digest.hex() == self.index.note("catalog") and not self.wish.full:
            return []
        read = self.text.read
        if read is None:
            return self.text.located.own_findings()
        return self.text.located.findings(read) if isinstance(read, tuple) else []

    def _anything(self, changes: Changes, taken: Taken) -> bool:
        if changes.jobs or changes.gone or self.index.note("catalog") != changes.notes["catalog"]:
            return True
        if any(subject.startswith("u:") for subject in taken.subjects):
            return True
        path = self.wish.out / publishing.USER_LIST
        return self.index.note("user list") != " ".join(map(str, settled_now(path)))

    def _build(self, changes: Changes, taken: Taken) -> Report:
        from feeds.building import workers
        from feeds.building.guarding import guard, refuse_unknown

        if self.shards:
            built = workers.run(changes.jobs, self.context, self.wish.jobs, self.shards.outcome)
        else:
            built = workers.run(changes.jobs, self.context, self.wish.jobs)
        outcomes = [each for batch in _in_batches(built) for each in self._stow(batch)]
        outcomes, findings = self._settle(changes, outcomes)
        outcomes += self._known_by_events(changes, outcomes)
        self._index_rows(changes, outcomes)
        if self.context.by_events:
            refuse_unknown(outcomes, self.index)
        stale = guard(
            outcomes,
            self.context,
            self.index,
            listed_before=self.listed_before,
            allowed=self.wish.allow_removals,
        )
        staged = [(each.feed.user_id, each.feed.staged) for each in outcomes if each.feed and each.feed.staged]
        publishing.publish_feeds(self.wish.out, staged)
        listed = self._publish_user_list()
        publishing.remove_feeds(self.wish.out, stale)
        self._index_signatures(outcomes)
        if self.wish.record:  # before the index takes it for noted: a kill in between has the next build look again
            note_listed(self.index, outcomes, self.wish.folders.state)
        notes = self._notes()
        changes.notes["notes"] = json.dumps(notes)
        self._remember(changes)
        return report_of(
            self.index,
            self.wish.at,
            self.catalog,
            findings=[*taken.findings, *self._faults(changes, outcomes), *findings],
            written=len(staged) + listed,
            removed=len(stale),
            notes=notes,
        )

    def _stow(self, outcomes: Sequence[Outcome]) -> list[Outcome]:
        """Put the outcomes' guids and texts into the index, and return them without: there may be millions."""
        changed = [each for each in outcomes if not each.same]
        self.index.put_guids((each.source, each.keys) for each in changed)
        self.index.stow((each.source, each.form, each.good) for each in changed if each.good is not None)
        return [replace(each, keys=b"", form=None, good=None) for each in outcomes]

    def _settle(self, changes: Changes, outcomes: list[Outcome]) -> tuple[list[Outcome], list[Finding]]:
        """Freeze what conflicts, and build it again from its last good text."""
        from feeds.building import workers
        from feeds.building.conflicts import find_conflicts

        frozen: dict[str, Outcome] = {}
        while True:
            clash = find_conflicts(self.index, self.text, changes, outcomes)
            again = sorted(clash.frozen - clash.silent - frozen.keys())
            if not again:
                break
            jobs = frozen_jobs(changes, again, self.text)
            frozen |= {each.source: each for each in workers.run(jobs, self.context, self.wish.jobs)}
            # What their last good versions list is taken, too: who claims that is the next to be frozen.
            self.index.put_guids((each.source, each.keys) for each in frozen.values())
        settled = []
        for each in outcomes:
            if each.source in clash.frozen:
                if each.feed and each.feed.staged:
                    each.feed.staged.unlink(missing_ok=True)
                if each.source in clash.silent:
                    settled.append(replace(each, feed=None, frozen=True, good=None, form=None))
                continue
            settled.append(each)
        return settled + list(frozen.values()), clash.findings

    def _known_by_events(self, changes: Changes, outcomes: Sequence[Outcome]) -> list[Outcome]:
        """Build the feeds of users who are adopted and not in the catalog (yet): empty ones, but valid."""
        from feeds.building import workers

        now = {each.source: each.feed.user_id if each.feed else None for each in outcomes if not each.same}
        claimed = {
            user_id
            for source in changes.sources
            if (user_id := now[source] if source in now else changes.known[source].user_id)
        }
        known = {name.removeprefix(EVENT_SOURCE) for name in changes.known if name.startswith(EVENT_SOURCE)}
        adopted = adopted_elsewhere(self.index, self.network.parent_id, claimed)
        changes.gone += [EVENT_SOURCE + user_id for user_id in known - set(adopted)]
        lost = any(each.feed is None and each.frozen for each in outcomes)
        jobs = [Job(EVENT_SOURCE + user_id, user_id=user_id, freeze=lost) for user_id in adopted]
        return list(workers.run(jobs, self.context, 1))

    def _index_rows(self, changes: Changes, outcomes: Sequence[Outcome]) -> None:
        before = self.index.rows([each.source for each in outcomes])
        # Whoever was built tells what was listed before; of all others the index knows it.
        built = [before[each.source].listed for each in outcomes if each.feed and each.source in before]
        self.listed_before = self.index.total_listed() - sum(built)
        self.listed_before -= sum(row.listed for row in self.index.rows(changes.gone).values())
        self.index.drop_sources(changes.gone)
        self.index.put_sources([row_of(each, before.get(each.source), record=self.wish.record) for each in outcomes])
        self.index.accept_stowed()

    def _publish_user_list(self) -> bool:
        shape = self.network.user_list
        fields = shape.fields
        return publishing.publish_user_list(
            self.wish.out,
            [
                ListedUser(user_id, username, feed_url(self.context.address, user_id))
                for user_id, username in self.index.listed_users()
            ],
            UserListShape(shape.wrap, fields.id, fields.username, fields.feed, shape.confirmed),
        )

    def _index_signatures(self, outcomes: Sequence[Outcome]) -> None:
        for each in outcomes:
            if each.feed and each.feed.in_list:
                path = self.wish.out / "feeds" / f"{each.feed.user_id}.xml"
                self.index.put_feed_signature(each.source, *settled_now(path))

    def _remember(self, changes: Changes) -> None:
        changes.notes["user list"] = " ".join(map(str, settled_now(self.wish.out / publishing.USER_LIST)))
        changes.notes["unfinished"] = ""
        for key, value in changes.notes.items():
            self.index.remember(key, value)
        self.index.commit()

    def _faults(self, changes: Changes, outcomes: Sequence[Outcome]) -> list[Finding]:
        found: list[Finding] = []
        inline = {each.name: each for each in self.text.inline_sources()} if outcomes else {}
        for each in outcomes:
            if not each.faults and not each.refused:
                continue
            text, prefix = located(inline.get(each.source) or changes.sources[each.source], self.text)
            found += text.own_findings() if each.refused else text.findings(each.faults, prefix)
        return found

    def _notes(self) -> list[str]:
        notes = notes_on_address(self.network, self.wish.secret_path)
        if self.network.user_list.confirmed:
            return notes
        shape = "the shape of users.json is a proposal: ask your content manager, then set network.user_list.confirmed"
        return [*notes, shape]


def _in_batches(outcomes: Iterator[Outcome], size: int = 200) -> Iterator[list[Outcome]]:
    while batch := list(islice(outcomes, size)):
        yield batch
