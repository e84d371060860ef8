"""One pass of `feeds sync`: build what is known now, carry events into Git, take in what editors pushed, build that.

The site comes first, because it needs no network: a callback has left its feed before Git is asked anything. Results
are committed on top of the remote's own head, from blobs alone, so nothing ever needs merging. A journal segment is let
go of only when its commit is on the remote (or, without one, on the disk). Killed anywhere, the next pass repairs it.
"""

import random
import secrets
import time
from collections.abc import Callable, Mapping
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
from feeds.storage.repository import PushRejected, RemoteTrouble, Repository
from feeds.storage.static_dir import only_one, publish, stage, sync_folder
from feeds.syncing.carrying import carried, path_of, put_back, whole_lines

# Our own references in the clone: what we have pushed, and from which commit the site was last published.
PUSHED, PUBLISHED = "refs/feeds/pushed", "refs/feeds/published"
ATTEMPTS = 5
# A git that was killed leaves its lock; no git of ours runs this long without an answer.
STALE_LOCK_S = 180


@dataclass(frozen=True, slots=True)
class Plan:
    """What to sync: the folders, where to publish, and the names in Git. `take_over` claims the results folder."""

    folders: Folders
    out: Path
    instance: str = "main"
    remote: str = "origin"
    branch: str | None = None
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
    remote_trouble: bool = False


def sync(plan: Plan, *, may_push: Callable[[], bool] = lambda: True) -> Pass:
    """Do one pass; another one that runs is waited for. `may_push` is asked before each push.

    Raises UsageError where the results folder belongs to another machine.
    """
    state = plan.folders.state
    (state / "sync").mkdir(parents=True, exist_ok=True)
    with only_one(state / "sync"):
        return _Sync(plan, may_push).run()


class _Sync:
    def __init__(self, plan: Plan, may_push: Callable[[], bool]) -> None:
        self.plan, self.may_push = plan, may_push
        self.journal = Journal(plan.folders.state / "journal")
        self.result = Pass()
        self.now = datetime.now(UTC)
        self.results = f"results/{plan.instance}"

    def run(self) -> Pass:
        repository = Repository.at(self.plan.folders.catalog)
        if repository is None:
            self._build(self.plan.folders, None)
            return self.result
        repository.reap_locks(older_than_s=STALE_LOCK_S)
        self.repository = repository
        if repository.has_remote(self.plan.remote):
            self._with_remote()
        else:
            self._alone()
        self.result.backlog = sum(len(whole_lines(each.read_bytes())) for each in self.journal.segments())
        return self.result

    # -- without a remote: the work tree is the catalog

    def _alone(self) -> None:
        branch, head = self.repository.branch(), self.repository.commit_of("HEAD")
        if self._build(self.plan.folders, head) and head is not None:
            self.repository.keep(PUBLISHED, head)
        if branch is None:
            self.result.troubles.append("HEAD is at no branch: results stay in the journal. Check a branch out.")
            return
        segments = self.journal.rotate()
        lines = self._lines(segments)
        # The work tree first, as builds read it: a kill between the two leaves an edit that the next commit has.
        here = {path: self._in_work_tree(path) for path in self._paths(lines)}
        changed = carried(lines, here, folder=self.results, now=self.now)
        for path, text in changed.items():
            self._write(self.plan.folders.catalog / path, text)
        commit = self._commit(head, lines, {})
        if commit is not None:
            self.repository.move(f"refs/heads/{branch}", commit, old=head)
            for path in changed:
                self.repository.add_to_index(path, commit)
        self._drop(segments)

    def _in_work_tree(self, path: str) -> bytes:
        file = self.plan.folders.catalog / path
        return file.read_bytes() if file.is_file() else b""

    def _write(self, target: Path, text: bytes) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        publish(stage(target, text), target)
        sync_folder(target.parent)

    # -- with a remote: its head is the catalog

    def _with_remote(self) -> None:
        branch = self.plan.branch or self.repository.branch() or "main"
        tracking = f"refs/remotes/{self.plan.remote}/{branch}"
        known = self.repository.commit_of(tracking)
        if known is not None and self._lost(known):
            known = self.repository.commit_of(PUSHED)  # a force-push is being mended: what we pushed has it all
        if known is not None:
            self._publish(known)
        try:
            head = self.repository.fetch(self.plan.remote, branch)
            head = self._push(head, branch, self.journal.rotate())
        except RemoteTrouble as error:
            self.result.remote_trouble = True
            self.result.troubles.append(f"{error} Events are safe in the journal, and the next pass tries again.")
            return
        if head is None or self._lost(head):
            return
        if head != known:
            self._publish(head)
        if self.repository.branch() == branch and not self.repository.move_to(head):
            self.result.troubles.append(
                f"{self.plan.folders.catalog} has edits or commits of its own, so it stays behind {self.plan.remote}. "
                "The site doesn't wait for it: commit and push them, or take them back."
            )

    def _push(self, head: str | None, branch: str, segments: list[Path]) -> str | None:
        """Have the segments' events on the remote, and return its head."""
        lines = self._lines(segments)
        for attempt in range(ATTEMPTS):
            lost = self._lost(head)
            commit = self._commit(head, lines, lost)
            if commit is None:
                self._drop(segments)
                return head
            if not self.may_push():
                return head
            try:
                self.repository.push(self.plan.remote, commit, branch)
            except PushRejected:
                if attempt + 1 == ATTEMPTS:
                    raise
                # Who pushes at the same moment will do it again at the same moment, unless chance parts us.
                time.sleep(random.uniform(0, 0.2 * 2**attempt))  # noqa: S311
                head = self.repository.fetch(self.plan.remote, branch)
                continue
            if lost:
                self.result.troubles.append(
                    f"Events had gone from {', '.join(lost)} on {self.plan.remote}, by a force-push or an edit: they "
                    "are back. Programs alone write below results/."
                )
            self.repository.keep(f"refs/remotes/{self.plan.remote}/{branch}", commit)
            self.repository.keep(PUSHED, commit)
            self.result.pushed = commit
            self._drop(segments)
            return commit
        return head

    def _lost(self, head: str | None) -> dict[str, bytes]:
        """Return the results files that have lost lines which we have pushed or published, with them put back."""
        theirs = self.repository.files(head, "results") if head else {}
        ours: dict[str, bytes] = {}
        for reference in (PUBLISHED, PUSHED):
            if (commit := self.repository.commit_of(reference)) is None:
                continue
            blobs = self.repository.files(commit, "results")
            changed = [path for path in blobs if blobs[path] != theirs.get(path) and path.endswith(".yaml")]
            for path in changed:
                ours[path] = ours.get(path, b"") + self.repository.read(blobs[path])
        return put_back(ours, {path: self.repository.read(theirs[path]) for path in ours if path in theirs})

    # -- both

    def _lines(self, segments: list[Path]) -> list[bytes]:
        return [line for segment in segments for line in whole_lines(segment.read_bytes())]

    def _drop(self, segments: list[Path]) -> None:
        for segment in segments:
            self.journal.drop(segment)

    def _paths(self, lines: list[bytes]) -> set[str]:
        return {path_of(line, folder=self.results, now=self.now) for line in lines}

    def _commit(self, head: str | None, lines: list[bytes], restored: Mapping[str, bytes]) -> str | None:
        """Return a commit on top of `head` with these lines and files, or None where it has them already."""
        blobs = self.repository.files(head, self.results) if head else {}
        owner = self._owner(blobs)
        before = {path: self.repository.read(blobs[path]) for path in self._paths(lines) if path in blobs}
        changed = {**restored, **carried(lines, {**before, **restored}, folder=self.results, now=self.now)}
        if not changed:
            return None
        self.result.carried = sum(
            text.count(b"\n") - before.get(path, restored.get(path, b"")).count(b"\n") for path, text in changed.items()
        )
        return self.repository.commit_files(head, {**owner, **changed}, self._message(lines))

    def _owner(self, blobs: dict[str, str]) -> dict[str, bytes]:
        """Return the file that says whose folder this is, where it isn't written yet. Raises UsageError."""
        path, mine = f"{self.results}/.machine", self._machine()
        if path in blobs and not self.plan.take_over:
            other = self.repository.read(blobs[path]).decode().strip()
            if other == mine:
                return {}
            raise UsageError(
                f"{self.results} belongs to another machine ({other}; this one is {mine}).\n"
                "Give each machine a name of its own in FEEDS_INSTANCE. If this machine takes the other's place, "
                "say so once: feeds sync --take-over"
            )
        return {path: f"{mine}\n".encode()}

    def _machine(self) -> str:
        path = self.plan.folders.state / "machine"
        if not path.exists():
            publish(stage(path, f"{secrets.token_hex(8)}\n".encode()), path)
            sync_folder(path.parent)
        return path.read_text().strip()

    def _message(self, lines: list[bytes]) -> str:
        kinds: dict[str, int] = {}
        for line in lines:
            parsed = parse_line(line.strip())
            kind = parsed.event.replace("_", " ") if isinstance(parsed, Event) else "unreadable"
            kinds[kind] = kinds.get(kind, 0) + 1
        what = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
        return f"Record {what}\n\nFeeds-Instance: {self.plan.instance}\nFeeds-Events: {self.result.carried}\n"

    def _allowed(self, commit: str | None) -> int:
        """Return how many removals the commits since the last publication allow."""
        since = self.repository.commit_of(PUBLISHED) if commit else None
        if commit is None or since is None or since == commit:
            return 0
        values = self.repository.trailers(since, commit, "Allow-Removals")
        return sum(int(value) for value in values if value.isdigit())

    def _publish(self, commit: str) -> None:
        """Build from a commit, whatever the clone's work tree holds."""
        checkout = self.plan.folders.state / "checkout"
        self.repository.check_out(commit, checkout)
        if self._build(replace(self.plan.folders, catalog=checkout), commit):
            self.repository.keep(PUBLISHED, commit)

    def _build(self, folders: Folders, commit: str | None) -> bool:
        wish = Wish(
            folders=folders,
            out=self.plan.out,
            at=self.now.replace(microsecond=0),
            jobs=self.plan.jobs,
            record=True,
            allow_removals=self._allowed(commit),
        )
        try:
            self.result.report = build(wish)
        except BuildRefused as error:
            self.result.troubles.append(
                f"{error} In a push, a commit message carries the word: a last line `Allow-Removals: N`."
            )
            return False
        except FeedsError as error:
            self.result.troubles.append(str(error))
            return False
        self.result.report = replace(self.result.report, commit=commit)
        keep_report(self.result.report, self.plan.folders.state)
        self.result.written += self.result.report.written
        self.result.removed += self.result.report.removed
        return self.result.report.published
