"""The folder of published files: each is old or new at any moment, never half of one.

A file is written whole under a temporary name, flushed to the disk, and renamed over the old one; then the folder is
flushed. Temporary names begin with a dot and end in .tmp; what a killed build left of them, the next one removes.
"""

import fcntl
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from feeds.core.errors import StorageError


def stage(path: Path, text: bytes) -> Path:
    """Write the text to the disk beside the path, under a temporary name. Raises StorageError."""
    return stage_parts(path, (text,))


def stage_parts(path: Path, parts: Iterable[bytes]) -> Path:
    """Write a text that comes in parts, as `stage` does. Raises StorageError, and what making the parts raises."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        try:
            for text in parts:
                written = os.write(fd, text)
                while written < len(text):
                    written += os.write(fd, text[written:])
            os.fsync(fd)
        finally:
            os.close(fd)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise StorageError(
            f"{path} can't be written: {error.strerror}. Free space or mend the disk, and build again."
        ) from error
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return temporary


def publish(temporary: Path, path: Path) -> None:
    """Put a staged file in its place; `sync_folder` makes it last. Raises StorageError."""
    try:
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise StorageError(f"{path} can't be replaced: {error.strerror}.") from error


def sync_folder(folder: Path) -> None:
    """Have the names in a folder reach the disk. Raises StorageError."""
    try:
        fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)
    except OSError as error:
        raise StorageError(f"{folder} can't be flushed to the disk: {error.strerror}.") from error


@contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Hold a folder for one build at a time; a second one waits."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)


def clear_leftovers(folder: Path) -> None:
    """Remove the temporary files of builds that were killed; call it while holding the folder."""
    with os.scandir(folder) as entries:
        leftovers = [entry.path for entry in entries if entry.name.startswith(".") and entry.name.endswith(".tmp")]
    for leftover in leftovers:
        Path(leftover).unlink(missing_ok=True)
