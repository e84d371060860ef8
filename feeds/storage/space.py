"""Whether a folder's disk takes what is to be written next: the app, the doctor and the status judge by the same words.

What the file system says is asked (https://man7.org/linux/man-pages/man3/statvfs.3.html). A quota, and a disk that has
begun to fail, show only where something is written, which `prove` does.
"""

import errno
import os
import shutil
import tempfile
from pathlib import Path

# Eight of the largest callbacks, escaped to twice their size: with less the app says that it isn't ready.
FREE_BYTES = 128 * 1024 * 1024
# More than one block, so that a full disk can't take it in what it has already.
_PROOF_BYTES = 64 * 1024


def free(folder: Path) -> int:
    """Return how many bytes are free for us on the folder's disk. Raises OSError."""
    return shutil.disk_usage(folder).free


def look_whether_writable(folder: Path) -> None:
    """Raise OSError where nobody, or not this user, may write there; nothing is written."""
    # For root access() passes whatever the modes are, and a write would, too.
    if os.statvfs(folder).f_flag & os.ST_RDONLY:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))
    if not os.access(folder, os.W_OK):
        raise OSError(errno.EACCES, os.strerror(errno.EACCES))


def prove(folder: Path) -> None:
    """Write and flush some bytes there, of which nothing is left, even after kill -9. Raises OSError."""
    with tempfile.TemporaryFile(dir=folder, buffering=0) as file:
        data = bytes(_PROOF_BYTES)
        while data:
            data = data[file.write(data) :]
        os.fsync(file.fileno())
