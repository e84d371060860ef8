"""The journal: lines that are on disk before anybody is told so.

Appending is a group commit: whoever comes while the disk is busy joins a batch, and the batch's first member then
takes it to the disk whole, in one write and one fsync. How the folder is laid out is the matter of segments.py.
"""

import errno
import os
import threading
from dataclasses import dataclass, field
from pathlib import Path

from feeds.core.errors import StorageError
from feeds.storage import space
from feeds.storage.segments import Disk, Segments


@dataclass(slots=True)
class _Batch:
    """What threads have brought since the last batch went to the disk."""

    lines: list[bytes] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    stored: bool = False
    fault: Exception | None = None


class Journal:
    """Append lines durably, from many threads and several processes at once."""

    def __init__(self, folder: Path, *, disk: Disk = os) -> None:
        self.folder = folder
        self._segments = Segments(folder, disk=disk)
        self._gathering = _Batch()
        self._gate = threading.Lock()  # held for moments, around _gathering
        self._turn = threading.Lock()  # held while the disk is used: flock doesn't part threads of one process

    def append(self, lines: bytes) -> None:
        """Append whole lines, and return when they are durable; none at all only prove that the disk obeys.

        Raises StorageError if they are not durable: then none of them was stored.
        """
        if lines and not lines.endswith(b"\n"):
            raise ValueError("a line without its newline would be cut off as torn")
        with self._gate:
            batch = self._gathering
            leads = not batch.lines
            batch.lines.append(lines)
        if leads:
            with self._turn:
                with self._gate:
                    self._gathering = _Batch()
                self._commit(batch)
        batch.over.wait()
        if not batch.stored:
            raise StorageError(f"The journal {self.folder} took nothing: {batch.fault}.") from batch.fault

    def segments(self) -> list[Path]:
        """Return the segments, oldest first; the last one is being written."""
        return self._segments.paths()

    def rotate(self) -> list[Path]:
        """Close the segment being written, unless it is empty, and return all closed ones, oldest first.

        Writers, those of other processes too, go on in a new one. Raises StorageError.
        """
        try:
            with self._turn, self._segments.locked():
                self._segments.close_newest()
                return self._segments.paths()[:-1]
        except OSError as error:
            raise StorageError(f"The journal {self.folder} could not be rotated: {error}.") from error

    def drop(self, segment: Path) -> None:
        """Remove a closed segment for good. Raises StorageError, and ValueError if it isn't closed."""
        try:
            with self._turn, self._segments.locked():
                if segment not in self._segments.paths()[:-1]:
                    raise ValueError(f"{segment} is not a closed segment")
                self._segments.remove(segment)
        except OSError as error:
            raise StorageError(f"The segment {segment} could not be dropped: {error}.") from error

    def check(self, *, free_bytes: int) -> None:
        """Raise StorageError, from an OSError, unless the next append should succeed with `free_bytes` to spare.

        If the last one failed, or none was made yet, an empty one is tried, which adds nothing.
        """
        if not self._segments.is_open:
            self.append(b"")
        try:
            free = space.free(self.folder)
            space.look_whether_writable(self.folder)
        except OSError as error:
            with self._turn:  # the folder may have been taken away or exchanged: the next check begins anew
                self._segments.let_go()
            raise StorageError(f"The journal {self.folder} can't be written: {error.strerror}.") from error
        if free < free_bytes:
            full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            raise StorageError(f"The journal's disk has {free} bytes left, fewer than {free_bytes}.") from full

    def _commit(self, batch: _Batch) -> None:
        try:
            with self._segments.locked():
                self._segments.write(b"".join(batch.lines))
            batch.stored = True
        except Exception as fault:  # whatever it is, all who wait are told
            batch.fault = fault
            self._segments.let_go()
        finally:
            batch.over.set()
