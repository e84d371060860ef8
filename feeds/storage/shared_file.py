"""A file that a program of another account is to read, and nobody else: the configuration of a web server.

It is on the disk whole, and readable by the right ones alone, before it takes its name.
"""

import grp
import os
import secrets
from collections.abc import Sequence
from pathlib import Path

from feeds.core.errors import StorageError
from feeds.storage.static_dir import publish, sync_folder

_OPEN, _SHARED, _OWN = 0o644, 0o640, 0o600


def write(path: Path, text: str, *, groups: Sequence[str] | None) -> str | None:
    """Write the file, and return the group that may read it beside its owner.

    `groups` are names of which the first one that there is, is meant; an empty list keeps the file to its owner, and
    None gives it to all. None comes back where the group couldn't be given: there is none, or we aren't root. Raises
    StorageError.
    """
    group = next((group for name in groups or () if (group := _group(name))), None)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    given = None
    try:
        fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWN)
        with os.fdopen(fd, "wb") as file:
            file.write(text.encode())
            file.flush()
            if groups is None:
                os.fchmod(fd, _OPEN)
            elif group and _give(fd, group.gr_gid):
                given = group.gr_name
                os.fchmod(fd, _SHARED)
            os.fsync(fd)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise StorageError(f"{path} can't be written: {error.strerror}. Nothing was changed.") from error
    publish(temporary, path)
    sync_folder(path.parent)
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
