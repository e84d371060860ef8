"""The journal's folder: numbered segments, `00000001.yaml` and up, of which the newest is being written.

The others are closed, which their read-only mode tells to writers in other processes, and may be taken away one
by one. What a line says is the caller's matter: here it is bytes that end in a newline.

Written against what fsync promises (https://man7.org/linux/man-pages/man2/fsync.2.html) and what it doesn't once
it has failed (https://wiki.postgresql.org/wiki/Fsync_Errors). A disk that lies about flushing is beyond it.
"""

import errno
import fcntl
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

_NAME = re.compile(r"(\d{8})\.yaml")
_CLOSED = 0o444
_BLOCK_BYTES = 64 * 1024


class Disk(Protocol):
    """The calls that can fail while lines are written: `os` itself, or a stand-in that fails at will."""

    def write(self, fd: int, data: bytes, /) -> int:
        """Return how many bytes were taken: a full disk takes fewer than given, without an error."""

    def fsync(self, fd: int, /) -> None:
        """Return when the file, or the folder, is on the disk."""

    def ftruncate(self, fd: int, length: int, /) -> None:
        """Cut the file to the length in bytes."""


class Segments:
    """One process's hold on the folder, used by one thread at a time; every method but `paths` wants the lock.

    What goes wrong is an OSError, and then nothing was written that anybody may count on.
    """

    def __init__(self, folder: Path, *, disk: Disk) -> None:
        self.folder = folder
        self._disk = disk
        self._lock_fd: int | None = None
        self._fd: int | None = None  # the newest segment
        self._number = 0
        self._end = -1  # its length as we left it; -1 while that isn't known
        self._spoiled = 0  # segments up to this number are not written again

    def __del__(self) -> None:
        # `feeds sync --watch` makes a journal for each pass: it would run out of descriptors, and of disk, as what
        # was dropped takes up space while it is open.
        self.let_go()

    @property
    def is_open(self) -> bool:
        """Tell whether the last write succeeded, so that a segment is open for the next."""
        return self._fd is not None

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder's lock, which is one for all processes; make the folder where it is missing."""
        if self._lock_fd is None:
            self._make_folder()
            self._lock_fd = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT, 0o666)
        fcntl.flock(self._lock_fd, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self._lock_fd, fcntl.LOCK_UN)

    def paths(self) -> list[Path]:
        """Return the segments, oldest first; the last one is being written."""
        return [self._path(number) for number in self._numbers()] if self.folder.is_dir() else []

    def write(self, lines: bytes) -> None:
        """Append whole lines to the newest segment and return when they are durable."""
        fd = self._open_newest()
        written = 0
        try:
            written = self._disk.write(fd, lines)
        finally:
            if written != len(lines):
                self._cut(fd)
        if written != len(lines):
            raise OSError(errno.ENOSPC, f"only {written} of {len(lines)} bytes were written")
        try:
            self._disk.fsync(fd)
        except OSError:
            self._spoil(fd)
            raise
        self._end += len(lines)

    def close_newest(self) -> None:
        """Close the newest segment and begin the next, unless it is empty."""
        self._open_newest()
        if self._end:
            self._close_for_all(self._path(self._number))
            self._open(self._number + 1)

    def remove(self, segment: Path) -> None:
        """Remove the segment for good."""
        segment.unlink()
        self._sync_folder(self.folder)

    def let_go(self) -> None:
        """Close all descriptors; the next use opens them again. Wants no lock, and gives up one that is held."""
        self._close_segment()
        if self._lock_fd is not None:
            os.close(self._lock_fd)
            self._lock_fd = None

    def _open_newest(self) -> int:
        """Return the newest segment's descriptor; it has no torn last line and ends at `_end`."""
        fd = self._fd
        if fd is None or not _is_current(now := os.fstat(fd)):
            newest = max(self._numbers(), default=0)
            closed = newest <= self._spoiled or not _is_current(self._path(newest).stat())
            fd = self._open(newest + closed)
            now = os.fstat(fd)
        if now.st_size != self._end:
            self._end = _whole_lines_bytes(fd, now.st_size)
            if self._end != now.st_size:
                self._disk.ftruncate(fd, self._end)
        return fd

    def _open(self, number: int) -> int:
        self._close_segment()
        fd = os.open(self._path(number), os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o666)
        self._fd, self._number, self._end = fd, number, os.fstat(fd).st_size
        try:
            # Also when it was there already: who made it may have died before this.
            self._sync_folder(self.folder)
        except OSError:
            self._spoil(fd)
            raise
        self._end = -1
        return fd

    def _spoil(self, fd: int) -> None:
        """Leave the segment for ever: what the kernel holds of it may differ from what the disk holds."""
        self._cut(fd)
        self._close_segment()
        self._spoiled = self._number
        with suppress(OSError):
            if self._end:
                self._close_for_all(self._path(self._number))
            else:
                self._path(self._number).unlink()

    def _cut(self, fd: int) -> None:
        # If this fails as well, unpromised lines stay: the sender tells us the same again, which changes nothing.
        with suppress(OSError):
            self._disk.ftruncate(fd, self._end)

    def _close_for_all(self, segment: Path) -> None:
        segment.chmod(_CLOSED)
        if _is_current(segment.stat()):
            raise OSError(errno.ENOTSUP, "the file system keeps no modes, by which writers see what is closed")

    def _close_segment(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def _make_folder(self) -> None:
        missing = [folder for folder in (self.folder, *self.folder.parents) if not folder.exists()]
        self.folder.mkdir(parents=True, exist_ok=True)
        for made in missing:
            self._sync_folder(made.parent)

    def _sync_folder(self, folder: Path) -> None:
        fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            self._disk.fsync(fd)
        finally:
            os.close(fd)

    def _path(self, number: int) -> Path:
        return self.folder / f"{number:08d}.yaml"

    def _numbers(self) -> list[int]:
        names = (entry.name for entry in os.scandir(self.folder))
        return sorted(int(found[1]) for name in names if (found := _NAME.fullmatch(name)))


def _is_current(segment: os.stat_result) -> bool:
    """Tell from its state whether a segment is neither closed nor dropped, by whichever process."""
    return bool(segment.st_mode & stat.S_IWUSR and segment.st_nlink)


def _whole_lines_bytes(fd: int, size: int) -> int:
    """Return the length of the file's whole lines: up to and with the last newline."""
    end = size
    while end:
        start = max(0, end - _BLOCK_BYTES)
        newline = os.pread(fd, end - start, start).rfind(b"\n")
        if newline >= 0:
            return start + newline + 1
        end = start
    return 0
