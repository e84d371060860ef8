"""Turns: whoever changes an account's place, or uses an invitation, does so after whoever is at it, in any process.

A decision that is made while an account joins would otherwise be told as done, and undone by the adoption that follows.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path

from feeds.core.errors import StorageError


@contextmanager
def turn(state: Path, about: str) -> Iterator[None]:
    """Hold what is named until the block ends; another waits. Raises StorageError.

    Whoever takes two turns takes the account's first.
    """
    folder = state / "deciding"
    # An event written by hand may name anything; a digest can be a file's name.
    name = blake2b(about.encode(errors="replace"), digest_size=8).hexdigest()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        fd = os.open(folder / f"{name}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StorageError(f"{folder} can't be written: {error.strerror}.") from error
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)
