"""One pass of `feeds sync`: build what is known now, carry events into Git, take in what editors pushed, build that.

The site comes first, because it needs no network: a callback has left its feed before Git is asked anything. Results
are committed on top of the remote's own head, from blobs alone, so nothing ever needs merging. A journal segment is let
go of only when its commit is on the remote (or, without one, on the disk). Killed anywhere, the next pass repairs it.
"""

import fcntl
import os
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from feeds.building.report import Report, keep_report
from feeds.building.site import Wish, build
from feeds.core.errors import BuildRefused, FeedsError, UsageError
from feeds.core.events import Event
from feeds.formats.results_yaml import parse_line
from feeds.settings import Folders
from feeds.storage.journal import Journal
from feeds.storage.repository import GitFailed, PushDeclined, PushRejected, RemoteTrouble, Repository
from feeds.storage.static_dir import clear_leftovers, publish, stage, sync_folder
from feeds.syncing.carrying import carried, path_of, whole_lines, with_lines
from feeds.syncing.machine import MARK, mark_of, refuse_unless_ours
from feeds.syncing.memory import Memory

ATTEMPTS = 5
# A git that was killed leaves its lock. None of ours runs this long, and hardly any of a person's.
STALE_LOCK_S = 600


@dataclass(frozen=True, slots=True)
class Plan:
    """What to sync: the folders, where to publish, and the names in Git. `take_over` claims the results folder.

    `results_branch` takes the results where the catalog's own branch takes no push from programs.
    """

    folders: Folders
    out: Path
    instance: str = "main"
    remote: str = "origin"
    branch: str | None = None
    results_branch: str | None = None
    jobs: int = 1
    take_over: bool = False


@dataclass(slots=True)
class Pass:
    """What one pass came to; `troubles` are sentences for the person in charge."""

    carried: int = 0
    pushed: str | None = None
    backlog: int = 0
    written: int = 0
    removed: int = 0
    report: Report | None = None
    troubles: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    remote_trouble: bool = False


def sync(plan: Plan, *, may_push: Callable[[], bool] = lambda: True) -> Pass:
    """Do one pass; another one that runs is waited for. `may_push` is asked before each push.

    Raises UsageError where the results folder belongs to another machine, or the remote is not set up.
    """
    plan = replace(plan, folders=Folders(plan.folders.catalog.absolute(), plan.folders.state.absolute()))
    own = plan.folders.state / "sync"
    own.mkdir(parents=True, exist_ok=True)
    with _locked(own) as lock:
        return _Sync(plan, may_push, lock).run()


@contextmanager
def _locked(folder: Path) -> Iterator[int]:
    """Hold the folder's lock, and yield its descriptor: a git that outlives us goes on holding it."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield fd
    finally:
        os.close(fd)


@dataclass(frozen=True, slots=True)
class _Heads:
    """The remote's heads: what people push, and where results go (the same, unless they have their own branch)."""

    catalog: str
    results: str | None


class _Sync:
    def __init__(self, plan: Plan, may_push: Callable[[], bool], lock: int) -> None:
        self.plan, self.may_push, self.lock = plan, may_push, lock
        self.catalog, self.state = plan.folders.catalog, plan.folders.state
        self.journal = Journal(self.state / "journal")
        self.result = Pass()
        self.now = datetime.now(UTC)
        self.results = f"results/{plan.instance}"
        self.shown: str | None = None

    def run(self) -> Pass:
        try:
            if self._has_repository():
                if self._has_remote():
                    self._with_remote()
                else:
                    self._alone()
                if self.result.carried:
                    self.repository.tidy()
        except UsageError:
            raise
        except RemoteTrouble as error:
            self.result.remote_trouble = True
            self._say_failed(error)
        except (FeedsError, OSError) as error:
            self._say_failed(error)
        self.result.backlog = sum(len(whole_lines(each.read_bytes())) for each in self.journal.segments())
        return self.result

    def _say_failed(self, error: Exception) -> None:
        then = "the next pass tries again."
        if isinstance(error, PushDeclined) and not self.plan.results_branch:
            then = "let this account push there, or give results a branch of their own: --results-branch results"
        self.result.troubles.append(f"{error}\nEvents are safe in the journal; {then}")

    def _has_repository(self) -> bool:
        """Return whether there is a repository to work with; build without it where there is none."""
        try:
            repository = Repository.at(self.catalog, lock=self.lock)
        except GitFailed as error:
            self.result.troubles.append(
                f"{error}\nThe site goes on from what was known last; events stay in the journal."
            )
            checkout = self.state / "checkout"
            self._build(replace(self.plan.folders, catalog=checkout if checkout.is_dir() else self.catalog), None)
            return False
        if repository is None:
            self._build(self.plan.folders, None)
            return False
        repository.reap_locks(older_than_s=STALE_LOCK_S)
        self.repository, self.memory = repository, Memory(repository)
        return True

    def _has_remote(self) -> bool:
        remotes = self.repository.remotes()
        if self.plan.remote not in remotes and (remotes or self.plan.remote != "origin"):
            known = f"it has {', '.join(remotes)}" if remotes else "it has none"
            raise UsageError(f"{self.catalog} has no remote {self.plan.remote}; {known}. Name one by --remote.")
        return bool(remotes)

    # -- without a remote: the work tree is the catalog

    def _alone(self) -> None:
        if (folder := self.catalog / self.results).is_dir():
            clear_leftovers(folder)  # of a pass that was killed
        branch, head = self.repository.branch(), self.repository.commit_of("HEAD")
        if head is not None and (lost := self.memory.lost([head])):
            if branch is None:
                self.result.troubles.append(
                    "HEAD is at no branch, and at a commit that lacks events: nothing is built. Check a branch out."
                )
                return
            self._say_lost(lost, "this branch")
            self._add_to_work_tree(lost)
        if not self._build(self.plan.folders, head):
            self._go_on_from_last(head)
        elif head is not None:
            self.memory.note_published(head)
        if branch is None:
            self.result.troubles.append("HEAD is at no branch: results stay in the journal. Check a branch out.")
            return
        segments = self.journal.rotate()
        lines = self._lines(segments)
        files, count = self._files(head, lines, self.memory.lost([head]) if head else {})
        # The work tree first, as builds read it: a kill between the two leaves an edit that the next commit has.
        self._add_to_work_tree(carried(lines, self._in_work_tree(lines), folder=self.results, now=self.now))
        if files:
            if (mark := f"{self.results}/{MARK}") in files:
                self._write(self.catalog / mark, files[mark])
            commit = self.repository.commit_files(head, files, self._message(lines, count))
            self.repository.move(f"refs/heads/{branch}", commit, old=head)
            self.repository.add_to_index(files, commit)
            self.memory.note_pushed(commit)
            self.result.carried = count
        self._drop(segments)

    def _in_work_tree(self, lines: list[bytes]) -> dict[str, bytes]:
        files = {path: self.catalog / path for path in self._paths(lines)}
        return {path: file.read_bytes() for path, file in files.items() if file.is_file()}

    def _add_to_work_tree(self, additions: Mapping[str, Sequence[bytes]]) -> None:
        for path, lines in additions.items():
            file = self.catalog / path
            text = file.read_bytes() if file.is_file() else b""
            known = set(whole_lines(text))
            if new := [line for line in lines if line not in known]:
                self._write(file, with_lines(text, new))

    def _write(self, target: Path, text: bytes) -> None:
        for folder in reversed([each for each in (target.parent, *target.parent.parents) if not each.exists()]):
            folder.mkdir()
            sync_folder(folder.parent)
        publish(stage(target, text), target)
        sync_folder(target.parent)

    # -- with a remote: its head is the catalog

    def _with_remote(self) -> None:
        branch = self._branch()
        known = self.repository.commit_of(self._tracking(branch))
        if known is not None:
            try:
                self._publish(known, self._known_results())
            except (GitFailed, OSError) as error:  # no check-out is no reason to keep events from the remote
                self._say_failed(error)
        heads = self._fetch(branch)
        if heads is None:
            self.result.troubles.append(
                f"{self.plan.remote} has no branch {branch}. Push it (git push {self.plan.remote} {branch}), "
                "or name another: --branch. Events are safe in the journal."
            )
            if known is None:
                self._build(self.plan.folders, self.repository.commit_of("HEAD"))
            return
        segments = self.journal.rotate()
        trouble: RemoteTrouble | None = None
        try:
            heads, safe = self._push(heads, branch, segments)
        except RemoteTrouble as error:  # what was fetched is published all the same
            trouble, safe = error, False
        self._publish(heads.catalog, heads.results, dropping=segments if safe else ())
        self._move_clone(branch, heads.catalog)
        if trouble is not None:
            raise trouble

    def _branch(self) -> str:
        """Return the branch to sync: the one named, or the one that was checked out the first time."""
        if self.plan.branch:
            return self.plan.branch
        note = self.state / "sync" / "branch"
        if not note.exists() and (branch := self.repository.branch()):
            publish(stage(note, branch.encode()), note)
        return note.read_text() if note.exists() else "main"

    def _tracking(self, branch: str) -> str:
        return f"refs/remotes/{self.plan.remote}/{branch}"

    def _known_results(self) -> str | None:
        branch = self.plan.results_branch
        return self.repository.commit_of(self._tracking(branch)) if branch else None

    def _fetch(self, branch: str) -> _Heads | None:
        head = self.repository.fetch(self.plan.remote, branch)
        if head is None or not self.plan.results_branch:
            return _Heads(head, head) if head else None
        return _Heads(head, self.repository.fetch(self.plan.remote, self.plan.results_branch))

    def _push(self, heads: _Heads, branch: str, segments: list[Path]) -> tuple[_Heads, bool]:
        """Have the segments' events on the remote; return its heads, and whether they are there."""
        lines = self._lines(segments)
        target = self.plan.results_branch or branch
        for attempt in range(ATTEMPTS):
            lost = self.memory.lost(sorted({each for each in (heads.catalog, heads.results) if each}))
            files, count = self._files(heads.results, lines, lost)
            if not files or not self.may_push():
                return heads, not files
            commit = self.repository.commit_files(heads.results, files, self._message(lines, count))
            try:
                self.repository.push(self.plan.remote, commit, target)
            except PushRejected:
                if attempt + 1 == ATTEMPTS:
                    raise
                # Who pushes at the same moment will do it again at the same moment, unless chance parts us.
                time.sleep(random.uniform(0, 0.2 * 2**attempt))  # noqa: S311
                heads = self._fetch(branch) or heads
                continue
            self._say_lost(lost, self.plan.remote)
            self.repository.keep(self._tracking(target), commit)
            self.memory.note_pushed(commit)
            self.result.pushed, self.result.carried = commit, count
            return _Heads(heads.catalog if self.plan.results_branch else commit, commit), True
        raise AssertionError("the last attempt returns or raises")

    def _publish(self, head: str, results: str | None, *, dropping: Sequence[Path] = ()) -> None:
        """Build from a head, whatever the clone's work tree holds, and let go of segments that it has."""
        commit = self.memory.whole(head, *([results] if results else []))
        if commit == self.shown:
            self._drop(dropping)
            return
        self.shown = commit
        checkout = self.state / "checkout"
        self.repository.check_out(commit, checkout)
        # Not before: who reads journal and check-out meanwhile finds each event in one of them.
        self._drop(dropping)
        if self._build(replace(self.plan.folders, catalog=checkout), commit):
            self.memory.note_published(commit)
        else:
            self._go_on_from_last(commit)

    def _go_on_from_last(self, commit: str | None) -> None:
        """Build from what was published last, with all results: what was imported leaves its feed all the same."""
        last = self.memory.published()
        if last is None or commit is None:
            return
        refused, checkout = self.result.report, self.state / "checkout"
        whole = self.memory.whole(last, commit)
        if whole == commit:
            return
        self.repository.check_out(whole, checkout)
        if self._build(replace(self.plan.folders, catalog=checkout), last) and self.result.report:
            self.result.troubles.append(f"Until that is mended, the site goes on from {last[:10]}.")
            if refused is not None and not refused.published:
                findings = [*refused.findings, *self.result.report.findings]
                self.result.report = replace(self.result.report, findings=findings)

    def _move_clone(self, branch: str, head: str) -> None:
        checked_out = self.repository.branch()
        if checked_out != branch:
            where = f"branch {checked_out}" if checked_out else "no branch"
            self.result.troubles.append(
                f"{self.catalog} is at {where}, so it is left as it is. The site goes on from {self.plan.remote}'s "
                f"{branch}; check that out again, or name the other one: --branch."
            )
        elif not self.repository.move_to(head):
            self.result.troubles.append(
                f"{self.catalog} has edits or commits of its own, so it stays behind {self.plan.remote}. "
                "The site doesn't wait for it: commit and push them, or take them back."
            )

    # -- both

    def _lines(self, segments: list[Path]) -> list[bytes]:
        return [line for segment in segments for line in whole_lines(segment.read_bytes())]

    def _drop(self, segments: Sequence[Path]) -> None:
        for segment in segments:
            self.journal.drop(segment)

    def _paths(self, lines: list[bytes]) -> set[str]:
        return {path_of(line, folder=self.results, now=self.now) for line in lines}

    def _files(
        self, head: str | None, lines: list[bytes], lost: Mapping[str, Sequence[bytes]]
    ) -> tuple[dict[str, bytes], int]:
        """Return the files that have to change on top of `head`, and how many new events that brings."""
        blobs = self.repository.files(head, "results") if head else {}
        texts = {path: self.repository.read(blobs[path]) for path in self._paths(lines) | lost.keys() if path in blobs}
        restored = {path: with_lines(texts.get(path, b""), its) for path, its in lost.items()}
        new = carried(lines, {**texts, **restored}, folder=self.results, now=self.now)
        files = restored | {path: with_lines({**texts, **restored}.get(path, b""), its) for path, its in new.items()}
        mark, mine = f"{self.results}/{MARK}", mark_of(self.state)
        if mark in blobs and not self.plan.take_over:
            refuse_unless_ours(self.results, self.repository.read(blobs[mark]), mine)
        elif files or self.plan.take_over:
            text = f"{mine}\n".encode()
            if mark not in blobs or self.repository.read(blobs[mark]) != text:
                files[mark] = text
        return files, sum(map(len, new.values()))

    def _message(self, lines: list[bytes], count: int) -> str:
        kinds: dict[str, int] = {}
        for line in dict.fromkeys(lines):
            parsed = parse_line(line.strip())
            kind = parsed.event.replace("_", " ") if isinstance(parsed, Event) else "unreadable"
            kinds[kind] = kinds.get(kind, 0) + 1
        what = "Record " + ", ".join(f"{number} {kind}" for kind, number in sorted(kinds.items()))
        if not count:
            what = f"Put {self.results} right"
        return f"{what}\n\nFeeds-Instance: {self.plan.instance}\nFeeds-Events: {count}\n"

    def _say_lost(self, lost: Mapping[str, Sequence[bytes]], where: str) -> None:
        if lost:
            count = sum(map(len, lost.values()))
            self.result.troubles.append(
                f"{count} event{'s' if count != 1 else ''} had gone from {', '.join(lost)} on {where}, by a force-push "
                "or an edit, and have been put back. Programs alone write below results/."
            )

    def _build(self, folders: Folders, commit: str | None) -> bool:
        wish = Wish(
            folders=folders,
            out=self.plan.out,
            at=self.now.replace(microsecond=0),
            jobs=self.plan.jobs,
            record=True,
            allow_removals=self.memory.allowed_removals(commit) if commit else 0,
        )
        try:
            report = self._built(wish, commit)
        except FeedsError as error:
            self.result.troubles.append(_refusal(error) if isinstance(error, BuildRefused) else str(error))
            return False
        report = replace(report, commit=commit)
        keep_report(report, self.state)
        self.result.report = report
        self.result.written += report.written
        self.result.removed += report.removed
        return report.published

    def _built(self, wish: Wish, commit: str | None) -> Report:
        try:
            return build(wish)
        except BuildRefused as error:
            if not error.by_edit or commit is None or not self.memory.is_revert(commit):
                raise
            self.result.notes.append(
                f"{commit[:10]} goes back to a catalog that was published before: {error.by_edit} removals let pass."
            )
            return build(replace(wish, allow_removals=error.by_edit))


def _refusal(error: BuildRefused) -> str:
    if not error.by_edit:
        return str(error)
    what, _, _ = str(error).rpartition("\n")
    return (
        f"{what}\nIf that is meant, push a commit whose message ends with the line `Allow-Removals: {error.by_edit}`:\n"
        f'  git commit --allow-empty -m "Take videos out" -m "Allow-Removals: {error.by_edit}"\n'
        "If it isn't, git revert takes it back: a revert always passes."
    )
