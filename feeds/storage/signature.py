"""Whether a file is still the one that was read, told from its status alone.

The status can lie: two writes within one tick of the file system's clock leave the same times. So a file that was
changed within a tick of being looked at isn't settled, and is read again the next time (Git does the same:
https://git-scm.com/docs/racy-git). ctime can't be set back by a program, unlike mtime.
"""

import os
import time

# Times that are whole milliseconds come from a file system with coarse ones (2 s is FAT's); others tick at the
# kernel's own rate, 10 ms at the slowest.
_COARSE_NS, _FINE_NS = 2_000_000_000, 20_000_000


def signature(status: os.stat_result) -> str:
    """Return a text that changes whenever the file does, its clock's tick aside."""
    return f"{status.st_ctime_ns} {status.st_mtime_ns} {status.st_size} {status.st_ino} {status.st_dev}"


def settled(status: os.stat_result, now_ns: int | None = None) -> bool:
    """Return whether a later change is sure to change the signature: the last one is a tick ago."""
    changed = max(status.st_ctime_ns, status.st_mtime_ns)
    tick = _FINE_NS if status.st_ctime_ns % 1_000_000 else _COARSE_NS
    return changed + tick < (time.time_ns() if now_ns is None else now_ns)
