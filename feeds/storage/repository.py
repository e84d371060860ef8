"""The catalog's Git repository, by the git program: the only place that runs it.

Git is told everything on its command line, and reads no configuration but the repository's own: a hostile
~/.gitconfig, hook, prompt or remote helper has no say (https://git-scm.com/docs/git-config, security notes of
https://git-scm.com/docs/git). Credentials come from a helper, a key or askpass that the deployment names in the
environment; what a URL holds of them is masked wherever git's words are shown.

Commits are made from blobs and trees alone, without a work tree, so nobody's uncommitted edit can be in the way.
"""

import os
import re
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from feeds.core.errors import FeedsError

TIMEOUT_S = 120
_LOGIN = re.compile(r"(?<=://)[^/@\s]+@")
# What git may take over from our environment: where programs and the person's keys are, and how to ask for a login.
_PASSED = ("PATH", "HOME", "TMPDIR", "SSH_AUTH_SOCK", "GIT_SSH_COMMAND", "GIT_ASKPASS", "SSL_CERT_FILE", "SSL_CERT_DIR")
_OPTIONS = {
    "core.hooksPath": os.devnull,
    "core.fsmonitor": "false",
    "core.symlinks": "false",
    "core.autocrlf": "false",
    "core.attributesFile": os.devnull,
    # The journal lets go of a line once its commit is safe: objects and references must be on the disk by then.
    "core.fsync": "committed,reference",
    "core.fsyncMethod": "fsync",
    "commit.gpgSign": "false",
    "fetch.recurseSubmodules": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "protocol.allow": "never",
    "protocol.https.allow": "always",
    "protocol.ssh.allow": "always",
    "protocol.file.allow": "always",
    "push.recurseSubmodules": "no",
    "submodule.recurse": "false",
}


class GitFailed(FeedsError):
    """Git refused, in its own words."""


class RemoteTrouble(GitFailed):
    """The remote can't be reached, or doesn't let us in: nothing is lost, and it is safe to try again."""

    exit_code = 3


class PushRejected(RemoteTrouble):
    """Somebody has pushed meanwhile: fetch, and commit on top of that."""


class Repository:
    """One clone (or bare repository). Every method raises GitFailed."""

    def __init__(self, folder: Path, *, environ: Mapping[str, str] = os.environ, timeout_s: float = TIMEOUT_S) -> None:
        self.folder = folder
        self._timeout_s = timeout_s
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
    def at(folder: Path, *, environ: Mapping[str, str] = os.environ) -> "Repository | None":
        """Return the repository whose work tree this folder is the top of, or None."""
        repository = Repository(folder, environ=environ)
        try:
            top = repository.run("rev-parse", "--show-toplevel").decode().strip()
        except (GitFailed, OSError):
            return None
        return repository if Path(top).resolve() == folder.resolve() else None

    def run(self, *words: str, text: bytes | None = None, extra: Mapping[str, str] | None = None) -> bytes:
        """Run git and return what it prints."""
        command = [*self._command, "-C", str(self.folder), *words]
        try:
            done = subprocess.run(
                command,
                input=text if text is not None else b"",
                capture_output=True,
                timeout=self._timeout_s,
                env={**self._environ, **(extra or {})},
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise RemoteTrouble(f"git {words[0]} gave no answer in {self._timeout_s:.0f} s.") from error
        except FileNotFoundError as error:
            raise GitFailed("The program git is missing: install it.") from error
        if done.returncode:
            raise _failure(words[0], done.stderr + done.stdout if words[0] == "push" else done.stderr)
        return done.stdout

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
        return remote in self.run("remote").decode().split()

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

    def commit_files(self, base: str | None, files: Mapping[str, bytes], message: str) -> str:
        """Return a commit on top of `base` in which these files have these bytes; no branch is moved."""
        with tempfile.TemporaryDirectory(prefix="feeds-index-") as folder:
            index = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
            if base is not None:
                self.run("read-tree", base, extra=index)
            for path, text in files.items():
                blob = self.run("hash-object", "-w", "--stdin", text=text).decode().strip()
                self.run("update-index", "--add", "--cacheinfo", f"100644,{blob},{path}", extra=index)
            tree = self.run("write-tree", extra=index).decode().strip()
        parents = ["-p", base] if base is not None else []
        return self.run("commit-tree", tree, *parents, "-F", "-", text=message.encode()).decode().strip()

    def keep(self, reference: str, commit: str) -> None:
        """Have a reference name this commit, so that it lasts."""
        self.run("update-ref", reference, commit)

    def move(self, reference: str, commit: str, *, old: str | None) -> None:
        """Have a reference name this commit, if it still names the old one (None: if there is none)."""
        self.run("update-ref", reference, commit, old or "")

    def add_to_index(self, path: str, blob_of: str) -> None:
        """Have the clone's own index know a file as the commit has it, so that it doesn't look like an edit."""
        entry = self.run("ls-tree", blob_of, "--", path).decode().split()
        self.run("update-index", "--add", "--cacheinfo", f"100644,{entry[2]},{path}")

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
        here = Repository.__new__(Repository)
        here.__dict__.update(self.__dict__, folder=folder)
        here.run("read-tree", "--reset", "-u", commit, extra=extra)
        here.run("checkout-index", "--all", "--force", "--index", "--quiet", extra=extra)
        here.run("clean", "-d", "-x", "--force", "--quiet", extra=extra)
        note.write_text(commit)

    def move_to(self, commit: str) -> bool:
        """Move the checked-out branch and the work tree to a later commit; return False where edits are in the way.

        Nobody's work is touched: a file with an uncommitted edit keeps everything as it is, and so do local commits.
        """
        head = self.commit_of("HEAD")
        if head == commit:
            return True
        if head is not None and not self.is_ancestor(head, commit):
            return False
        try:
            self.run("reset", "--keep", "--quiet", commit)
        except GitFailed:
            return False
        return True


def masked(words: str) -> str:
    """Return git's words without the logins that its URLs may hold."""
    return _LOGIN.sub("***@", words)


def _failure(verb: str, words: bytes) -> GitFailed:
    said = masked(words.decode("utf-8", "replace").strip())
    message = f"git {verb} failed: {said or 'it gave no reason'}"
    if verb == "push" and any(
        sign in said for sign in ("[rejected]", "[remote rejected]", "fetch first", "non-fast-forward")
    ):
        return PushRejected(message)
    if verb in ("push", "fetch", "ls-remote"):
        return RemoteTrouble(message)
    return GitFailed(message)
