"""The deployment that a rehearsal plays: a bare Git remote, the clones of its people, and the server's `feeds sync`.

Nothing of it is the user's: git reads no configuration of theirs, and the remote is a folder in the scratch folder.
"""

import json
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from feeds.commands._programs import Programs, undisturbed
from feeds.commands._scratch import files_of
from feeds.core.errors import FeedsError
from feeds.settings import Folders
from feeds.storage.git import Git, PushRejected
from feeds.storage.journal import Journal
from feeds.syncing.carrying import whole_lines

BRANCH = "main"
EVERY = "0.2s"
MAX_PUSHES = "60"
PUSHES_TRIED = 5
LAST_LINES = 12
INTERRUPTED = 130

# How long a step of the server may take: for small catalogs, and for each 100 kB of text besides.
LEAST_S = 60.0
BYTES_A_SECOND = 100_000
LOOK_EVERY_S = 0.03


class Clone:
    """A folder of somebody's in Git, who commits under their name there."""

    def __init__(self, folder: Path, who: str) -> None:
        self.folder = folder
        name = {f"GIT_{role}_NAME": who for role in ("AUTHOR", "COMMITTER")}
        self._who = name | {f"GIT_{role}_EMAIL": f"{who}@rehearsal.invalid" for role in ("AUTHOR", "COMMITTER")}

    def git(self, *words: str) -> bytes:
        """Run git here. Raises GitFailed."""
        with undisturbed():  # a signal waits for the moment that git takes: nothing is left half started
            return Git(self.folder).run(*words, extra=self._who)

    def begin(self, remote: Path) -> None:
        """Make the remote, and push all files that are here as its first commit."""
        remote.mkdir()
        bare = Clone(remote, "host")
        bare.git("init", "--quiet", "--bare")
        # What a host does in the background would outlive the rehearsal.
        for key, value in {"gc.auto": "0", "receive.autoGC": "false", "maintenance.auto": "false"}.items():
            bare.git("config", key, value)
        bare.git("symbolic-ref", "HEAD", f"refs/heads/{BRANCH}")
        self.git("init", "--quiet")
        self.git("symbolic-ref", "HEAD", f"refs/heads/{BRANCH}")
        self.git("remote", "add", "origin", str(remote))
        self.commit("Begin the catalog")
        self.push()

    def clone(self, remote: Path) -> None:
        """Clone the remote into this folder, which is not there yet."""
        self.folder.mkdir(parents=True)
        self.git("clone", "--quiet", "--", str(remote), ".")

    def commit(self, message: str) -> None:
        """Commit all that is here."""
        self.git("add", "--all", "--force")
        self.git("commit", "--quiet", "-m", message)

    def pull(self) -> None:
        """Put own commits on top of what others have pushed. Raises GitFailed where they conflict."""
        self.git("pull", "--quiet", "--rebase", "origin", BRANCH)

    def push(self) -> None:
        """Push, and once more on top of the others where they were faster."""
        for attempt in range(1, PUSHES_TRIED + 1):
            try:
                self.git("push", "--quiet", "origin", f"HEAD:refs/heads/{BRANCH}")
            except PushRejected:
                if attempt == PUSHES_TRIED:
                    raise
                self.pull()
            else:
                return

    def head(self) -> str:
        """Return the branch's commit."""
        return self.git("rev-parse", "--verify", BRANCH).decode().strip()

    def files(self) -> dict[str, bytes]:
        """Return the files of the work tree."""
        return files_of(self.folder)


class Server:
    """The server's clone, and the `feeds sync --watch` that runs on it, once it is started."""

    process: subprocess.Popen[str]

    def __init__(self, programs: Programs, folders: Folders, site: Path, *, log: Path, every: str = EVERY) -> None:
        self.folders, self.site = folders, site
        self._programs, self._log, self._every = programs, log, every
        self.limit_s = LEAST_S

    def start(self, remote: Path, environ: Mapping[str, str]) -> None:
        """Clone the remote, and start the sync."""
        Clone(self.folders.catalog, "server").clone(remote)
        self._host = Clone(remote, "host")
        self.watch(environ)

    def watch(self, environ: Mapping[str, str]) -> None:
        """Start the sync on the folder that is there, whether it is a clone or not."""
        self.limit_s = LEAST_S + sum(map(len, files_of(self.folders.catalog).values())) / BYTES_A_SECOND
        arguments = ["-m", "feeds", "sync", "--catalog", str(self.folders.catalog), "--out", str(self.site)]
        arguments += ["--watch", "--every", self._every, "--max-pushes", MAX_PUSHES]
        with self._log.open("w") as log:
            # By ^C it finishes its pass, and no git of it is left at work.
            endings = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)
            self.process = self._programs.start(arguments, environ, output=log, errors=log, endings=endings)

    def settle(self, what: str) -> dict[str, Any]:
        """Wait until all events are on the remote and its head is published; return the report of that.

        Raises FeedsError where the sync ends first or takes too long; `what` is what is waited for.
        """
        deadline = time.monotonic() + self.limit_s
        while (report := self._settled()) is None:
            if (code := self.process.poll()) is not None:
                raise FeedsError(f"feeds sync ended with exit code {code} before {what}.{self._last_lines()}")
            if time.monotonic() > deadline:
                raise FeedsError(f"{self.limit_s:.0f} seconds passed without {what}.{self._last_lines()}")
            time.sleep(LOOK_EVERY_S)
        return report

    def end(self) -> str | None:
        """End the sync as ^C does, and return what is wrong with its end."""
        self.process.send_signal(signal.SIGINT)
        try:
            code = self.process.wait(self.limit_s)
        except subprocess.TimeoutExpired:
            return f"feeds sync did not end within {self.limit_s:.0f} seconds of ^C.{self._last_lines()}"
        if code != INTERRUPTED:
            return f"feeds sync ended with exit code {code} instead of {INTERRUPTED}.{self._last_lines()}"
        return None

    def report(self) -> dict[str, Any]:
        """Return the report of the latest build."""
        found: dict[str, Any] = json.loads((self.folders.state / "report.json").read_bytes())
        return found

    def _settled(self) -> dict[str, Any] | None:
        # In this order: an event that leaves the journal after the report was read has moved the head before.
        if not (self.folders.state / "report.json").exists():
            return None
        report = self.report()
        segments = Journal(self.folders.state / "journal").segments()
        try:
            waiting = sum(len(whole_lines(each.read_bytes())) for each in segments)
        except FileNotFoundError:  # it has just been carried
            return None
        if waiting or not report["published"]:
            return None
        return report if report["commit"] == self._host.head() else None

    def _last_lines(self) -> str:
        lines = self._log.read_text(errors="replace").splitlines()[-LAST_LINES:]
        return "\nIts last lines:\n" + "\n".join(f"  {line}" for line in lines) if lines else "\nIt said nothing."
