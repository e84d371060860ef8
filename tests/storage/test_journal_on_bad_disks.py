"""The journal on disks that fail for real: system calls that strace makes fail, and a file system that is full."""

import subprocess
import sys
from pathlib import Path

import pytest

from feeds.core.errors import StorageError
from feeds.storage.journal import Journal

ROOT = Path(__file__).parents[2]
LINES = 3

# Acknowledges each line by its exit: a bit for each that append has taken.
APPEND = """
import sys
from pathlib import Path
from feeds.core.errors import StorageError
from feeds.storage.journal import Journal
journal, stored = Journal(Path(sys.argv[1])), 0
for number in range(3):
    try:
        journal.append(b"- %d\\n" % number)
        stored |= 1 << number
    except StorageError:
        pass
sys.exit(stored)
"""


def append_under(folder, injection):
    """Return the numbers of the lines that were acknowledged while strace injected the fault."""
    command = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"inject={injection}", sys.executable, "-c", APPEND]
    finished = subprocess.run([*command, folder], cwd=ROOT, timeout=120, stderr=subprocess.PIPE, check=False)
    assert finished.stderr == b""
    return [number for number in range(LINES) if finished.returncode >> number & 1]


def stored(folder):
    return [line for path in Journal(folder).segments() for line in path.read_bytes().splitlines(keepends=True)]


@pytest.mark.parametrize(
    ("call", "fault"),
    [
        ("fsync", "error=EIO"),
        ("flock", "error=ENOLCK"),
        ("write", "error=ENOSPC"),
        ("write", "retval=2"),
        ("mkdir", "error=ENOSPC"),
    ],
)
def test_whichever_call_fails_what_was_acknowledged_is_on_disk_and_whole(tmp_path, need, call, fault):
    need("strace")
    failed = True
    nth = 0
    while failed:
        nth += 1
        folder = tmp_path / f"{nth}"
        acknowledged = append_under(folder, f"{call}:{fault}:when={nth}")
        lines = stored(folder)
        assert {b"- %d\n" % number for number in acknowledged} <= set(lines)
        assert all(line in {b"- 0\n", b"- 1\n", b"- 2\n"} for line in lines)
        failed = len(acknowledged) < LINES
        assert nth < 20, "the fault never passed by"
    assert nth > 1, "no fault was ever injected"


@pytest.fixture
def small_disk(tmp_path, need, kernel_refuses):
    """Mount a file system of 64 KiB."""
    need("root")
    need("mount")
    folder = tmp_path / "small"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder]
    mounted = subprocess.run(command, capture_output=True, text=True, check=False)
    if mounted.returncode:
        kernel_refuses(f"mount says {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


def test_on_a_full_disk_nothing_is_acknowledged_that_is_not_whole_and_space_heals_it(small_disk):
    journal, acknowledged = Journal(small_disk / "journal"), []

    def fill():
        for number in range(1000):
            line = b"- %d %s\n" % (number, b"x" * 990)
            journal.append(line)
            acknowledged.append(line)

    with pytest.raises(StorageError, match=r"were written|No space left"):
        fill()
    assert stored(small_disk / "journal") == acknowledged
    with pytest.raises(StorageError, match="bytes left"):
        journal.check(free_bytes=64 * 1024)
    [closed] = journal.rotate()
    journal.drop(closed)
    journal.append(b"- after\n")
    assert stored(small_disk / "journal") == [b"- after\n"]
