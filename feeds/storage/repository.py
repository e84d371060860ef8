"""The catalog's Git repository, by the git program: the only place that runs it.

Git is told everything on its command line, and reads no configuration but the repository's own: a hostile
~/.gitconfig, hook, prompt or remote helper has no say (https://git-scm.com/docs/git-config, security notes of
https://git-scm.com/docs/git). Credentials come from a helper, a key or askpass that the deployment names in the
environment; what a URL holds of them is masked wherever git's words are shown.

Commits are made from blobs and trees alone, without a work tree, so nobody's uncommitted edit can be in the way.
"""

import os
import re
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from datetime import datetime
from pathlib import Path

from feeds.core.errors import FeedsError

TIMEOUT_S = 120
_LOGIN = re.compile(r"(?<=://)[^/\s]*@")  # to the last @: a password may hold one
# What git may take over from our environment: where programs and the person's keys are, and how to ask for a login.
_PASSED = ("PATH", "HOME", "TMPDIR", "SSH_AUTH_SOCK", "GIT_SSH_COMMAND", "GIT_ASKPASS", "SSL_CERT_FILE", "SSL_CERT_DIR")
_OPTIONS = {
    "core.hooksPath": os.devnull,
    "core.fsmonitor": "false",
    "core.symlinks": "false",
    "core.autocrlf": "false",
    "core.attributesFile": os.devnull,
    "core.sparseCheckout": "false",
    # The journal lets go of a line once its commit is safe: objects and references must be on the disk by then.
    "core.fsync": "committed,reference",
    "core.fsyncMethod": "fsync",
    "commit.gpgSign": "false",
    "fetch.recurseSubmodules": "false",
    # `tidy` alone collects garbage, and waits for it.
    "gc.autoDetach": "false",
    "maintenance.auto": "false",
    "protocol.allow": "never",
    "protocol.https.allow": "always",
    "protocol.ssh.allow": "always",
    "protocol.file.allow": "always",
    "push.recurseSubmodules": "no",
    "submodule.recurse": "false",
}
_REMOTE_VERBS = ("push", "fetch", "ls-remote")
# How git and its hosts say that somebody else was faster. Any other rejection would be the same the next time.
_OVERTAKEN = ("fetch first", "non-fast-forward", "cannot lock ref", "failed to update ref", "incorrect old value")


class GitFailed(FeedsError):
    """Git refused, in its own words."""


class RemoteTrouble(GitFailed):
    """The remote can't be reached, or doesn't let us in: nothing is lost, and it is safe to try again."""

    exit_code = 3


class PushRejected(RemoteTrouble):
    """Somebody has pushed meanwhile: fetch, and commit on top of that."""


class PushDeclined(RemoteTrouble):
    """The host takes no such push: the same one would be declined again."""


class Repository:
    """One clone. Every method raises GitFailed.

    `lock` is a descriptor whose flock parts those who write here: a git that outlives us keeps it until it has ended.
    """

    def __init__(
        self,
        folder: Path,
        *,
        environ: Mapping[str, str] = os.environ,
        timeout_s: float = TIMEOUT_S,
        lock: int | None = None,
    ) -> None:
        self.folder = folder
        self._timeout_s = timeout_s
        self._lock = () if lock is None else (lock,)
        self._environ = {name: environ[name] for name in _PASSED if name in environ} | {
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_OPTIONAL_LOCKS": "0",
            "GIT_PROTOCOL_FROM_USER": "0",
            "GIT_AUTHOR_NAME": "feeds",
            "GIT_AUTHOR_EMAIL": "feeds@localhost",
            "GIT_COMMITTER_NAME": "feeds",
            "GIT_COMMITTER_EMAIL": "feeds@localhost",
            "LC_ALL": "C",
        }
        options = dict(_OPTIONS)
        if helper := environ.get("FEEDS_GIT_CREDENTIAL_HELPER"):
            options["credential.helper"] = helper
        self._command = ["git", "--no-pager", "--literal-pathspecs"]
        for name, value in options.items():
            self._command += ["-c", f"{name}={value}"]

    @staticmethod
    def at(folder: Path, *, environ: Mapping[str, str] = os.environ, lock: int | None = None) -> "Repository | None":
        """Return the repository whose work tree this folder is the top of, or None where it is in no repository."""
        if not (folder / ".git").exists():
            return None
        repository = Repository(folder, environ=environ, lock=lock)
        repository.run("rev-parse", "--show-toplevel")
        return repository

    def run(self, *words: str, text: bytes | None = None, extra: Mapping[str, str] | None = None) -> bytes:
        """Run git and return what it prints."""
        verb = words[0]
        try:
            git = subprocess.Popen(
                [*self._command, "-C", str(self.folder), *words],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env={**self._environ, **(extra or {})},
                # Without a terminal nobody can be asked, and ^C ends us between two commands, not git within one.
                start_new_session=True,
                # What ssh or a helper leaves running would hold the lock for ever.
                pass_fds=() if verb in _REMOTE_VERBS else self._lock,
            )
        except FileNotFoundError as error:
            raise GitFailed("The program git is missing: install it.") from error
        with git:
            try:
                out, errors = git.communicate(text or b"", timeout=self._timeout_s)
            except BaseException as error:
                os.killpg(git.pid, signal.SIGKILL)
                if isinstance(error, subprocess.TimeoutExpired):
                    raise RemoteTrouble(f"git {verb} gave no answer in {self._timeout_s:.0f} s.") from error
                raise
        if git.returncode:
            raise _failure(verb, errors + out if verb == "push" else errors)
        return out

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

    def has_remote(self, remote: str) -> bool:
        """Return whether a remote of this name is set up."""
        return remote in self.remotes()

    def remotes(self) -> list[str]:
        """Return the names of the remotes that are set up."""
        return self.run("remote").decode().split()

    def fetch(self, remote: str, branch: str) -> str | None:
        """Fetch a branch and return its commit, None where the remote has no such branch. Raises RemoteTrouble."""
        listed = self.run("ls-remote", "--heads", "--", remote, f"refs/heads/{branch}").decode().split()
        if not listed:
            return None
        tracking = f"refs/remotes/{remote}/{branch}"
        self.run(
            "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--", remote, f"+refs/heads/{branch}:{tracking}"
        )
        return self.commit_of(tracking)

    def push(self, remote: str, commit: str, branch: str) -> None:
        """Push a commit as the head of a branch. Raises PushRejected, RemoteTrouble."""
        self.run("push", "--quiet", "--porcelain", "--no-verify", "--", remote, f"{commit}:refs/heads/{branch}")

    def files(self, commit: str, folder: str) -> dict[str, str]:
        """Return the blobs below a folder of a commit, by path."""
        listing = self.run("ls-tree", "-r", "-z", commit, "--", f"{folder}/").decode("utf-8", "surrogateescape")
        entries = [entry.partition("\t") for entry in listing.split("\0") if entry]
        return {path: head.split()[2] for head, _, path in entries if head.split()[1] == "blob"}

    def read(self, blob: str) -> bytes:
        """Return the bytes of a blob."""
        return self.run("cat-file", "blob", blob)

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
        asked = "".join(f"{commit}:\n" for commit in commits)
        answer = memoryview(self.run("cat-file", "--batch", text=asked.encode()))
        found = []
        while answer:
            head, _, _ = bytes(answer[:200]).partition(b"\n")
            if head.endswith(b" missing"):
                answer = answer[len(head) + 1 :]
                continue
            name, kind, size = head.split()
            start, end = len(head) + 1, len(head) + 1 + int(size)
            if kind == b"tree":
                entries = _entries(bytes(answer[start:end]), len(name) // 2)
                left_out = without.encode()
                found.append(frozenset(each for each in entries if _name(each) != left_out))
            answer = answer[end + 1 :]
        return found

    def move(self, reference: str, commit: str, *, old: str | None) -> None:
        """Have a reference name this commit, if it still names the old one (None: if there is none)."""
        self.run("update-ref", reference, commit, old or "")

    def add_to_index(self, files: Iterable[str], commit: str) -> None:
        """Have the clone's own index know these files as the commit has them, so that they don't look like edits."""
        listed = self.run("ls-tree", "-z", commit, "--", *files)
        self.run("update-index", "--add", "-z", "--index-info", text=listed)

    def reap_locks(self, *, older_than_s: float) -> None:
        """Remove what a killed git left locked; the caller is sure that no other git of ours runs."""
        folder = Path(self.run("rev-parse", "--absolute-git-dir").decode().strip())
        for lock in [*folder.glob("*.lock"), *folder.glob("refs/**/*.lock")]:
            try:
                if time.time() - lock.stat().st_mtime > older_than_s:
                    lock.unlink()
            except FileNotFoundError:
                continue

    def is_ancestor(self, commit: str, of: str) -> bool:
        """Return whether one commit is in the history of another."""
        return self.run("rev-list", "--max-count=1", f"{of}..{commit}").strip() == b""

    def trailers(self, since: str | None, until: str, key: str) -> list[str]:
        """Return the values of a trailer in the commits after `since` up to `until`."""
        span = f"{since}..{until}" if since else until
        form = f"--format=%(trailers:key={key},valueonly,separator=%x0A)"
        return self.run("log", "--max-count=1000", form, span, "--").decode("utf-8", "replace").split()

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
        extra["GIT_DIR"] = self.run("rev-parse", "--absolute-git-dir").decode().strip()
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


def masked(words: str) -> str:
    """Return git's words without the logins that its URLs may hold."""
    return _LOGIN.sub("***@", words)


def _entries(tree: bytes, name_bytes: int) -> Iterator[bytes]:
    """Yield the entries of a tree, as Git stores them: mode, space, name, NUL and the binary name of the object."""
    while tree:
        end = tree.index(b"\0") + 1 + name_bytes
        yield tree[:end]
        tree = tree[end:]


def _name(entry: bytes) -> bytes:
    return entry.partition(b" ")[2].partition(b"\0")[0]


def _failure(verb: str, words: bytes) -> GitFailed:
    said = masked(words.decode("utf-8", "replace").strip())
    message = f"git {verb} failed: {said or 'it gave no reason'}"
    if verb == "push" and any(sign in said for sign in _OVERTAKEN):
        return PushRejected(message)
    if verb == "push" and "[remote rejected]" in said:
        return PushDeclined(message)
    if verb in _REMOTE_VERBS:
        return RemoteTrouble(message)
    return GitFailed(message)
