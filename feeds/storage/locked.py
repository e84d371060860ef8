"""A folder of the state that one program holds at a time; the kernel lets go of it when the program ends, however."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from feeds.core.errors import StorageError


@contextmanager
def locked(folder: Path, *, again: str, wait: bool = True) -> Iterator[int | None]:
    """Hold the folder, made if there is none, and yield the lock's descriptor: who inherits it holds the folder, too.

    Another one that holds it is waited for, or with `wait=False` None is yielded at once. `again` is what a person does
    again once a trouble is mended. Raises StorageError.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise StorageError(f"{error.filename or folder}: {error.strerror}. Mend that, and {again} again.") from error
    try:
        yield fd if _lock(fd, folder, wait=wait) else None
    finally:
        os.close(fd)


def _lock(fd: int, folder: Path, *, wait: bool) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    except OSError as error:  # NFS without its lock daemon, say
        raise StorageError(
            f"{folder} can't be locked: {error.strerror}. Have FEEDS_STATE name a folder on this machine's disk."
        ) from error
    return True
