"""The login of the person at the terminal: one small file that nobody else can read, and that Git never sees.

It lies in the person's state folder, https://specifications.freedesktop.org/basedir-spec/latest/ , and is refused
wherever somebody else could have read it: then the login has to be given up, and a stricter mode is no cure.
"""

import json
import os
import secrets
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from feeds.core.errors import StorageError, UsageError
from feeds.storage.static_dir import only_one, sync_folder

# A login takes some hundred bytes.
MAX_BYTES = 64 * 1024


class TokenFile:
    """Keeps one login as JSON."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def prepare(self) -> None:
        """Make its folder, for its owner alone. Raises UsageError where the file could be read by others."""
        self._refuse_git()
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(f"{self.path.parent} can't be made: {error.strerror}.") from error
        self._check_place()

    def read(self) -> dict[str, Any] | None:
        """Return the login, or None if there is none. Raises UsageError if others could read it, or it is none."""
        if not self.path.parent.exists():
            return None
        self._check_place()
        try:
            fd = os.open(self.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise UsageError(f"{self.path} can't be read as a login: {error.strerror}. Remove it.") from error
        try:
            self._check(os.fstat(fd), self.path, stat.S_ISREG, "file")
            text = os.read(fd, MAX_BYTES + 1)
        finally:
            os.close(fd)
        try:
            login = json.loads(text) if len(text) <= MAX_BYTES else None
        except (ValueError, RecursionError):
            login = None
        if not isinstance(login, dict):
            raise UsageError(f"{self.path} holds no login. Remove it, and log in again with `feeds login`.")
        return login

    def write(self, login: Mapping[str, Any]) -> None:
        """Put the login in the file's place, on the disk and whole. Raises StorageError or UsageError."""
        self.prepare()
        text = json.dumps(login).encode()
        temporary = self.path.with_name(f".{self.path.name}.{secrets.token_hex(4)}.tmp")
        try:
            fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
            with os.fdopen(fd, "wb") as file:
                file.write(text)
                file.flush()
                os.fsync(fd)
            temporary.replace(self.path)
        except OSError as error:
            temporary.unlink(missing_ok=True)
            raise StorageError(f"{self.path} can't be written: {error.strerror}.") from error
        sync_folder(self.path.parent)

    def remove(self) -> None:
        """Remove the login, if there is one. Raises StorageError."""
        try:
            self.path.unlink(missing_ok=True)
        except OSError as error:
            raise StorageError(f"{self.path} can't be removed: {error.strerror}.") from error

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the login while it is renewed, so that two commands don't use up one refresh token; a second waits."""
        self.prepare()
        with only_one(self.path.parent):
            yield

    def _check_place(self) -> None:
        self._refuse_git()
        self._check(self.path.parent.stat(), self.path.parent, stat.S_ISDIR, "folder")

    def _refuse_git(self) -> None:
        folder = self.path.parent.resolve()
        if tree := next((above for above in (folder, *folder.parents) if (above / ".git").exists()), None):
            raise UsageError(
                f"{self.path} would lie in the Git work tree {tree}, where a login could be committed.\n"
                "Name a folder outside of it with XDG_STATE_HOME."
            )

    def _check(self, status: os.stat_result, path: Path, is_kind: Any, kind: str) -> None:
        if not is_kind(status.st_mode):
            raise UsageError(f"{path} is no {kind}, and can hold no login. Remove it.")
        if status.st_uid != os.geteuid():
            raise UsageError(f"{path} belongs to somebody else, who could read the login. Remove it, or move away.")
        if status.st_mode & 0o077:
            remedy = (
                f"chmod 700 {path}" if kind == "folder" else f"rm {path}, and log in again: others may have read it"
            )
            raise UsageError(f"{path} is open to others (mode {stat.S_IMODE(status.st_mode):04o}). {remedy}")
