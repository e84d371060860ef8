"""A file that a program of another account is to read, and nobody else: the configuration of a web server.

It is on the disk whole, and readable by the right ones alone, before it takes its name.
"""

import glob
import grp
import os
import secrets
from collections.abc import Sequence
from pathlib import Path

from feeds.core.errors import StorageError
from feeds.storage.static_dir import only_one, publish, sync_folder

_OPEN, _SHARED, _OWN = 0o644, 0o640, 0o600


def write(path: Path, text: str, *, groups: Sequence[str] | None) -> str | None:
    """Write the file, and return the group that may read it beside its owner.

    `groups` are names of which the first one that there is, is meant; an empty list keeps the file to its owner, and
    None gives it to all. None comes back where the group couldn't be given: there is none, or we aren't root. Raises
    StorageError.
    """
    group = next((group for name in groups or () if (group := _group(name))), None)
    try:
        with only_one(path.parent):
            # A writer that was killed leaves what only it may read; by the lock no other one is at work.
            for leftover in path.parent.glob(f".{glob.escape(path.name)}.{'[0-9a-f]' * 8}.tmp"):
                leftover.unlink()
            temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
            try:
                given = _write(temporary, text, group, is_open=groups is None)
            except OSError:
                temporary.unlink(missing_ok=True)
                raise
            publish(temporary, path)
            sync_folder(path.parent)
    except OSError as error:
        raise StorageError(f"{path} can't be written: {error.strerror}. Nothing was changed.") from error
    return given


def _write(path: Path, text: str, group: grp.struct_group | None, *, is_open: bool) -> str | None:
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWN)
    with os.fdopen(fd, "wb") as file:
        file.write(text.encode())
        file.flush()
        given = group.gr_name if group and _give(fd, group.gr_gid) else None
        os.fchmod(fd, _OPEN if is_open else _SHARED if given else _OWN)
        os.fsync(fd)
    return given


def _group(name: str) -> grp.struct_group | None:
    try:
        return grp.getgrnam(name)
    except KeyError:
        return None


def _give(fd: int, gid: int) -> bool:
    """Give the file to a group: root may, and who is in it."""
    try:
        os.fchown(fd, -1, gid)
    except PermissionError:
        return False
    return True
