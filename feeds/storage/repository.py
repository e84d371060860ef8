"""The catalog's Git repository: what is in its commits, and commits of our own.

Commits are made from blobs and trees alone, without a work tree, so nobody's uncommitted edit can be in the way.
"""

import os
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from datetime import datetime
from functools import cached_property
from pathlib import Path

from feeds.storage.git import Git, GitFailed, PushDeclined, PushRejected, RemoteTrouble, masked

__all__ = ["GitFailed", "PushDeclined", "PushRejected", "RemoteTrouble", "Repository", "masked", "tracked_by"]


class Repository(Git):
    """One clone. Every method raises GitFailed."""

    @staticmethod
    def at(folder: Path, *, environ: Mapping[str, str] = os.environ, lock: int | None = None) -> "Repository | None":
        """Return the repository whose work tree this folder is the top of, or None where it is in no repository."""
        if not (folder / ".git").exists():
            return None
        repository = Repository(folder, environ=environ, lock=lock)
        repository.run("rev-parse", "--show-toplevel")
        return repository

    # What an object's name stands for never changes, so it is asked for once.
    @cached_property
    def _listings(self) -> dict[tuple[str, str], dict[str, str]]:
        return {}

    @cached_property
    def _texts(self) -> dict[str, bytes]:
        return {}

    @cached_property
    def _git_dir(self) -> Path:
        return Path(self.run("rev-parse", "--absolute-git-dir").decode().strip())

    def references(self, folder: str) -> dict[str, str]:
        """Return what the references below a folder (`refs/feeds/`) name."""
        listed = self.run("for-each-ref", "--format=%(refname) %(objectname)", folder).decode().splitlines()
        return {name: commit for name, _, commit in (line.partition(" ") for line in listed)}

    def commit_of(self, revision: str) -> str | None:
        """Return the commit that a revision names, or None where there is none."""
        try:
            return self.run("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}").decode().strip() or None
        except GitFailed:
            return None

    def branch(self) -> str | None:
        """Return the branch that is checked out, or None where HEAD is at no branch."""
        try:
            return self.run("symbolic-ref", "--quiet", "--short", "HEAD").decode().strip()
        except GitFailed:
            return None

    def remotes(self) -> list[str]:
        """Return the names of the remotes that are set up."""
        return self.run("remote").decode().split()

    def fetch(self, remote: str, branch: str) -> str | None:
        """Fetch a branch and return its commit, None where the remote has no such branch. Raises RemoteTrouble."""
        listed = self.run("ls-remote", "--heads", "--", remote, f"refs/heads/{branch}").decode().split()
        if not listed:
            return None
        tracking = f"refs/remotes/{remote}/{branch}"
        if self.commit_of(tracking) == listed[0]:  # one connection instead of two, whenever nobody has pushed
            return listed[0]
        self.run(
            "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--", remote, f"+refs/heads/{branch}:{tracking}"
        )
        return self.commit_of(tracking)

    def is_shallow(self) -> bool:
        """Return whether the clone lacks the beginning of its history."""
        return self.run("rev-parse", "--is-shallow-repository").strip() == b"true"

    def fetch_commit(self, remote: str, commit: str) -> None:
        """Fetch a commit by its whole name, though no branch may lead to it. Raises RemoteTrouble."""
        self.run("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--", remote, commit)

    def push(self, remote: str, commit: str, branch: str) -> None:
        """Push a commit as the head of a branch. Raises PushRejected, RemoteTrouble."""
        self.run("push", "--quiet", "--porcelain", "--no-verify", "--", remote, f"{commit}:refs/heads/{branch}")

    def files(self, commit: str, folder: str) -> dict[str, str]:
        """Return the blobs below a folder of a commit (by its whole name), by path."""
        if (commit, folder) not in self._listings:
            listing = self.run("ls-tree", "-r", "-z", commit, "--", f"{folder}/").decode("utf-8", "surrogateescape")
            entries = [entry.partition("\t") for entry in listing.split("\0") if entry]
            blobs = {path: head.split()[2] for head, _, path in entries if head.split()[1] == "blob"}
            self._listings[commit, folder] = blobs
        return dict(self._listings[commit, folder])

    def read(self, *blobs: str) -> dict[str, bytes]:
        """Return the bytes of these blobs, by blob."""
        if wanted := [blob for blob in dict.fromkeys(blobs) if blob not in self._texts]:
            found = [text for _, text in self._objects(wanted)]
            if len(found) != len(wanted):
                raise GitFailed(f"{self.folder} lacks objects that its commits name: git fsck shows which.")
            self._texts.update(zip(wanted, found, strict=True))
        return {blob: self._texts[blob] for blob in blobs}

    def commit_files(
        self, base: str | None, files: Mapping[str, bytes], message: str, *, at: datetime | None = None
    ) -> str:
        """Return a commit on top of `base` in which these files have these bytes; no branch is moved.

        With a time given (else it is now), the same call makes the same commit.
        """
        with tempfile.TemporaryDirectory(prefix="feeds-index-") as folder:
            index = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
            if base is not None:
                self.run("read-tree", base, extra=index)
            entries = []
            for path, text in files.items():
                blob = self.run("hash-object", "-w", "--stdin", text=text).decode().strip()
                self._texts[blob] = text
                entries.append(f"100644 {blob}\t{path}\0")
            self.run("update-index", "--add", "-z", "--index-info", text="".join(entries).encode(), extra=index)
            tree = self.run("write-tree", extra=index).decode().strip()
        parents = ["-p", base] if base is not None else []
        when = at.isoformat() if at else None
        extra = {"GIT_AUTHOR_DATE": when, "GIT_COMMITTER_DATE": when} if when else {}
        return self.run("commit-tree", tree, *parents, "-F", "-", text=message.encode(), extra=extra).decode().strip()

    def keep(self, reference: str, commit: str) -> None:
        """Have a reference name this commit, so that it lasts, and remember what it named before."""
        self.run("update-ref", "--create-reflog", reference, commit)

    def kept(self, reference: str, *, most: int) -> list[str]:
        """Return the commits that a reference has been kept at, newest first."""
        if self.commit_of(reference) is None:
            return []
        form = f"--max-count={most}"
        return self.run("log", "--walk-reflogs", "--format=%H", form, reference, "--").decode().split()

    def trees(self, commits: Iterable[str], *, without: str) -> list[frozenset[bytes]]:
        """Return what stands at the top of each commit's tree (modes, names and what they name), but for one name."""
        left_out = without.encode()
        return [
            frozenset(each for each in _entries(tree, name_bytes) if _name(each) != left_out)
            for name_bytes, tree in self._objects(f"{commit}:" for commit in commits)
        ]

    def _objects(self, names: Iterable[str]) -> Iterator[tuple[int, bytes]]:
        """Yield the object that each name stands for, but those that are missing, and how long binary names are."""
        answer = memoryview(self.run("cat-file", "--batch", text="".join(f"{name}\n" for name in names).encode()))
        while answer:
            head, _, _ = bytes(answer[:200]).partition(b"\n")
            size = 0 if head.endswith(b" missing") else int(head.split()[2])
            start, end = len(head) + 1, len(head) + 1 + size
            if not head.endswith(b" missing"):
                yield len(head.split()[0]) // 2, bytes(answer[start:end])
                end += 1
            answer = answer[end:]

    def move(self, reference: str, commit: str, *, old: str | None) -> None:
        """Have a reference name this commit, if it still names the old one (None: if there is none)."""
        self.run("update-ref", reference, commit, old or "")

    def add_to_index(self, files: Iterable[str], commit: str) -> None:
        """Have the clone's own index know these files as the commit has them, so that they don't look like edits."""
        listed = self.run("ls-tree", "-z", commit, "--", *files)
        self.run("update-index", "--add", "-z", "--index-info", text=listed)

    def staged(self, commit: str, folder: str) -> list[str]:
        """Return the files below a folder that the clone's own index has otherwise than a commit."""
        listed = self.run("diff-index", "--cached", "--no-renames", "--name-only", "-z", commit, "--", f"{folder}/")
        return [path for path in listed.decode("utf-8", "surrogateescape").split("\0") if path]

    def reap_locks(self, *, older_than_s: float) -> None:
        """Remove what a killed git left locked; the caller is sure that no other git of ours runs."""
        folder = self._git_dir
        for lock in [*folder.glob("*.lock"), *folder.glob("refs/**/*.lock")]:
            try:
                if time.time() - lock.stat().st_mtime > older_than_s:
                    lock.unlink()
            except FileNotFoundError:
                continue

    def trailers(self, since: str | None, until: str, key: str) -> list[str]:
        """Return the values of a trailer in the commits after `since` up to `until`."""
        span = f"{since}..{until}" if since else until
        form = f"--format=%(trailers:key={key},valueonly,separator=%x0A)"
        return self.run("log", "--max-count=1000", form, span, "--").decode("utf-8", "replace").split()

    def last_like(self, until: str, pattern: str) -> str | None:
        """Return the latest commit up to `until` whose message has a line that this pattern finds."""
        found = self.run("log", "--max-count=1", "--format=%H", f"--grep={pattern}", until, "--").decode().strip()
        return found or None

    def check_out(self, commit: str, folder: Path) -> None:
        """Have a folder of our own hold exactly the files of a commit, rewriting only those that differ.

        One caller at a time. Which commit it holds is noted beside it once that is true.
        """
        note, index = folder.with_suffix(".commit"), folder.with_suffix(".index").absolute()
        if folder.is_dir() and note.is_file() and note.read_text() == commit:
            return
        note.unlink(missing_ok=True)
        index.with_name(index.name + ".lock").unlink(missing_ok=True)  # of a git that was killed
        folder.mkdir(parents=True, exist_ok=True)
        extra = {"GIT_INDEX_FILE": str(index), "GIT_WORK_TREE": str(folder.absolute())}
        extra["GIT_DIR"] = str(self._git_dir)
        here = copy(self)
        here.folder = folder
        here.run("read-tree", "--reset", "-u", commit, extra=extra)
        here.run("checkout-index", "--all", "--force", "--index", "--quiet", extra=extra)
        here.run("clean", "-d", "-x", "--force", "--quiet", extra=extra)
        note.write_text(commit)

    def move_to(self, commit: str) -> bool:
        """Move the checked-out branch and the work tree to a later commit; return False where edits are in the way.

        Nobody's work is touched: where an edit, staged or not, or a commit is in the way, everything stays as it is.
        """
        if self.commit_of("HEAD") == commit:
            return True
        try:
            self.run("merge", "--ff-only", "--quiet", "--no-verify", commit)
        except GitFailed:
            return False
        return True

    def time_of(self, commit: str) -> datetime:
        """Return when a commit was made."""
        shown = self.run("show", "--no-patch", "--format=%cI", commit, "--").decode().strip()
        return datetime.fromisoformat(shown)

    def tidy(self) -> None:
        """Pack what has come together, where that is worth its time."""
        self.run("gc", "--auto", "--quiet")


def tracked_by(file: Path) -> Path | None:
    """Return the top of the repository that has this file, None where none has. Raises GitFailed."""
    git = Git(file.parent)
    if not any((folder / ".git").exists() for folder in file.absolute().parents):
        return None
    if not git.run("ls-files", "-z", "--", file.name):
        return None
    return Path(git.run("rev-parse", "--show-toplevel").decode().removesuffix("\n"))


def _entries(tree: bytes, name_bytes: int) -> Iterator[bytes]:
    """Yield the entries of a tree, as Git stores them: mode, space, name, NUL and the binary name of the object."""
    while tree:
        end = tree.index(b"\0") + 1 + name_bytes
        yield tree[:end]
        tree = tree[end:]


def _name(entry: bytes) -> bytes:
    return entry.partition(b" ")[2].partition(b"\0")[0]
