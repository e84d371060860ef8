"""What the journal promises: an append that returned is on disk, and one that raised stored nothing."""

import errno
import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from feeds.core.errors import StorageError
from feeds.storage.journal import Journal

ROOT = Path(__file__).parents[2]


class RecordingDisk:
    """The real disk, which writes down what it was asked, and fails where a test says so."""

    def __init__(self):
        self.calls = []
        self.faults = []
        self.before = {}  # what to do before the next such call

    def write(self, fd, data):
        fault = self._call("write", fd)
        if fault == "short":
            return os.write(fd, data[: len(data) // 2])
        return os.write(fd, data)

    def fsync(self, fd):
        self._call("fsync", fd)
        os.fsync(fd)

    def ftruncate(self, fd, length):
        self._call("ftruncate", fd)
        os.ftruncate(fd, length)

    def fail(self, call, name, *, fault="EIO", times=1):
        """Let the next calls of this kind on the file or folder with this name fail."""
        self.faults += [(call, name, fault)] * times

    def _call(self, call, fd):
        name = Path(f"/proc/self/fd/{fd}").readlink().name
        self.calls.append((call, name))
        if action := self.before.pop((call, name), None):
            action()
        for planned in self.faults:
            if planned[:2] == (call, name):
                self.faults.remove(planned)
                if planned[2] == "EIO":
                    raise OSError(errno.EIO, os.strerror(errno.EIO))
                return planned[2]
        return None


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "state" / "journal"


@pytest.fixture
def disk():
    return RecordingDisk()


def lines_of(folder):
    return b"".join(path.read_bytes() for path in Journal(folder).segments()).splitlines(keepends=True)


def test_appended_lines_stand_in_the_first_segment_in_order(folder):
    journal = Journal(folder)
    journal.append(b"- one\n- two\n")
    journal.append(b"- three\n")
    assert journal.segments() == [folder / "00000001.yaml"]
    assert (folder / "00000001.yaml").read_bytes() == b"- one\n- two\n- three\n"


def test_a_line_without_its_newline_is_refused_since_it_would_be_cut_as_torn(folder):
    with pytest.raises(ValueError, match="newline"):
        Journal(folder).append(b"- one\n- tw")


def test_a_folder_that_is_not_there_yet_has_no_segments(folder):
    assert Journal(folder).segments() == []
    assert not folder.exists()


def test_a_first_line_is_synced_after_every_folder_on_the_way_to_it(folder, disk):
    Journal(folder, disk=disk).append(b"- one\n")
    assert disk.calls == [
        ("fsync", "state"),
        ("fsync", folder.parents[1].name),
        ("fsync", "journal"),
        ("write", "00000001.yaml"),
        ("fsync", "00000001.yaml"),
    ]


def test_a_segment_that_another_process_made_is_synced_into_its_folder_again(folder, disk):
    Journal(folder).append(b"- one\n")
    Journal(folder, disk=disk).append(b"- two\n")
    assert disk.calls == [("fsync", "journal"), ("write", "00000001.yaml"), ("fsync", "00000001.yaml")]


def test_threads_that_wait_are_served_by_one_write_and_one_fsync(folder, disk):
    journal = Journal(folder, disk=disk)
    journal.append(b"- opened\n")
    disk.before["fsync", "00000001.yaml"] = lambda: wait_until(lambda: len(journal._gathering.lines) == 7)
    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(journal.append, b"- first\n")
        wait_until(lambda: disk.calls.count(("fsync", "00000001.yaml")) == 2)
        others = [pool.submit(journal.append, b"- %d\n" % number) for number in range(7)]
        first.result()
        for other in others:
            other.result()
    assert disk.calls.count(("write", "00000001.yaml")) == 3
    assert disk.calls.count(("fsync", "00000001.yaml")) == 3
    assert sorted(lines_of(folder)[2:]) == [b"- %d\n" % number for number in range(7)]


def test_all_threads_of_a_batch_learn_that_it_was_not_stored(folder, disk):
    journal = Journal(folder, disk=disk)
    journal.append(b"- opened\n")
    disk.before["fsync", "00000001.yaml"] = lambda: wait_until(lambda: len(journal._gathering.lines) == 3)
    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(journal.append, b"- first\n")
        wait_until(lambda: disk.calls.count(("fsync", "00000001.yaml")) == 2)
        disk.before["write", "00000001.yaml"] = lambda: disk.fail("write", "00000001.yaml")
        others = [pool.submit(journal.append, b"- other\n") for _ in range(3)]
        first.result()
        assert [type(other.exception()) for other in others] == [StorageError] * 3
    assert lines_of(folder) == [b"- opened\n", b"- first\n"]


def test_the_folders_lock_is_held_while_lines_are_written(folder, disk):
    journal = Journal(folder, disk=disk)
    journal.append(b"- opened\n")
    tried = []

    def try_to_lock():
        with (folder / "lock").open() as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                tried.append("refused")

    disk.before["write", "00000001.yaml"] = try_to_lock
    disk.before["fsync", "00000001.yaml"] = try_to_lock
    journal.append(b"- two\n")
    assert tried == ["refused", "refused"]


APPEND_MANY = """
import sys
from pathlib import Path
from feeds.storage.journal import Journal
journal = Journal(Path(sys.argv[1]))
for number in range(int(sys.argv[3])):
    journal.append(f"- {sys.argv[2]} {number}\\n".encode())
"""


def test_two_processes_append_at_once_and_no_line_is_lost_or_torn(folder):
    writers = [subprocess.Popen([sys.executable, "-c", APPEND_MANY, folder, name, "300"], cwd=ROOT) for name in "ab"]
    assert [writer.wait(timeout=120) for writer in writers] == [0, 0]
    lines = lines_of(folder)
    for name in "ab":
        mine = [line for line in lines if line.startswith(b"- " + name.encode())]
        assert mine == [f"- {name} {number}\n".encode() for number in range(300)]
    assert len(lines) == 600


@pytest.mark.parametrize("torn", [b"- tor", b"x" * 200_000, b"\0" * 5000], ids=["short", "long", "zeros"])
@pytest.mark.parametrize("whole", [b"", b"- one\n", b"- one\n" * 20_000], ids=["none", "one", "many"])
def test_a_torn_last_line_is_cut_by_the_next_writer(folder, whole, torn):
    folder.mkdir(parents=True)
    (folder / "00000001.yaml").write_bytes(whole + torn)
    Journal(folder).append(b"- next\n")
    assert (folder / "00000001.yaml").read_bytes() == whole + b"- next\n"


def test_a_line_that_another_process_tore_while_we_run_is_cut_too(folder):
    journal = Journal(folder)
    journal.append(b"- one\n")
    with (folder / "00000001.yaml").open("ab") as other:
        other.write(b"- whole\n- tor")
    journal.append(b"- next\n")
    assert lines_of(folder) == [b"- one\n", b"- whole\n", b"- next\n"]


def test_a_short_write_stores_nothing_and_is_told(folder, disk):
    journal = Journal(folder, disk=disk)
    journal.append(b"- one\n")
    disk.fail("write", "00000001.yaml", fault="short")
    with pytest.raises(StorageError, match=r"only 3 of 6 bytes were written"):
        journal.append(b"- two\n")
    assert lines_of(folder) == [b"- one\n"]
    journal.append(b"- three\n")
    assert lines_of(folder) == [b"- one\n", b"- three\n"]


def test_a_write_that_fails_stores_nothing_and_is_told(folder, disk):
    journal = Journal(folder, disk=disk)
    journal.append(b"- one\n")
    disk.fail("write", "00000001.yaml")
    with pytest.raises(StorageError, match="Input/output error"):
        journal.append(b"- two\n")
    journal.append(b"- three\n")
    assert lines_of(folder) == [b"- one\n", b"- three\n"]


def test_after_a_failed_fsync_the_segment_is_never_written_again(folder, disk):
    journal = Journal(folder, disk=disk)
    journal.append(b"- one\n")
    disk.fail("fsync", "00000001.yaml")
    with pytest.raises(StorageError):
        journal.append(b"- two\n")
    disk.calls.clear()
    journal.append(b"- three\n")
    assert not [call for call in disk.calls if call[1] == "00000001.yaml"]
    assert [path.read_bytes() for path in journal.segments()] == [b"- one\n", b"- three\n"]


def test_other_processes_leave_a_segment_whose_fsync_failed(folder, disk):
    other = Journal(folder)
    other.append(b"- one\n")
    journal = Journal(folder, disk=disk)
    disk.fail("fsync", "00000001.yaml")
    with pytest.raises(StorageError):
        journal.append(b"- two\n")
    other.append(b"- three\n")
    assert (folder / "00000001.yaml").read_bytes() == b"- one\n"
    assert (folder / "00000002.yaml").read_bytes() == b"- three\n"


def test_a_segment_that_is_not_in_its_folder_for_sure_gets_no_line(folder, disk):
    journal = Journal(folder, disk=disk)
    disk.fail("fsync", "journal")
    with pytest.raises(StorageError):
        journal.append(b"- one\n")
    assert ("write", "00000001.yaml") not in disk.calls
    journal.append(b"- two\n")
    assert lines_of(folder) == [b"- two\n"]


def test_a_disk_that_fails_again_and_again_is_not_littered(folder, disk):
    journal = Journal(folder, disk=disk)
    journal.append(b"- one\n")
    for segment in ("00000001.yaml", "00000002.yaml", "00000003.yaml"):
        disk.fail("fsync", segment, times=50)
    for _ in range(20):
        with pytest.raises(StorageError):
            journal.append(b"- two\n")
    assert len(journal.segments()) == 1
    disk.faults.clear()
    journal.append(b"- three\n")
    assert lines_of(folder) == [b"- one\n", b"- three\n"]


def test_when_even_the_cut_fails_a_later_line_is_still_stored(folder, disk):
    journal = Journal(folder, disk=disk)
    journal.append(b"- one\n")
    disk.fail("write", "00000001.yaml", fault="short")
    disk.fail("ftruncate", "00000001.yaml")
    with pytest.raises(StorageError):
        journal.append(b"- two\n")
    journal.append(b"- three\n")
    assert lines_of(folder) == [b"- one\n", b"- three\n"]


def test_a_folder_that_was_removed_under_a_running_writer_fails_one_append_and_is_made_again(folder):
    journal = Journal(folder)
    journal.append(b"- one\n")
    shutil.rmtree(folder)
    with pytest.raises(StorageError, match="No such file"):
        journal.append(b"- two\n")
    journal.append(b"- three\n")
    assert lines_of(folder) == [b"- three\n"]


def test_rotation_closes_what_was_written_and_a_running_writer_goes_on_in_the_next_segment(folder):
    writer = Journal(folder)
    writer.append(b"- one\n")
    assert Journal(folder).rotate() == [folder / "00000001.yaml"]
    writer.append(b"- two\n")
    assert [path.read_bytes() for path in writer.segments()] == [b"- one\n", b"- two\n"]


def test_rotation_of_an_empty_segment_makes_no_other(folder):
    journal = Journal(folder)
    assert journal.rotate() == []
    journal.append(b"- one\n")
    assert journal.rotate() == [folder / "00000001.yaml"]
    assert journal.rotate() == [folder / "00000001.yaml"]
    assert len(journal.segments()) == 2


def test_rotation_that_died_between_closing_and_beginning_is_completed_by_the_next_writer(folder):
    writer = Journal(folder)
    writer.append(b"- one\n")
    (folder / "00000001.yaml").chmod(0o444)
    writer.append(b"- two\n")
    assert [path.read_bytes() for path in writer.segments()] == [b"- one\n", b"- two\n"]


def test_only_a_closed_segment_can_be_dropped(folder, disk):
    journal = Journal(folder, disk=disk)
    journal.append(b"- one\n")
    with pytest.raises(ValueError, match="not a closed segment"):
        journal.drop(folder / "00000001.yaml")
    [closed] = journal.rotate()
    disk.calls.clear()
    journal.drop(closed)
    assert disk.calls == [("fsync", "journal")]
    assert journal.segments() == [folder / "00000002.yaml"]


def test_a_writer_notices_a_rotation_even_if_the_closed_segment_is_gone_by_then(folder):
    writer, sync = Journal(folder), Journal(folder)
    writer.append(b"- one\n")
    for closed in sync.rotate():
        sync.drop(closed)
    writer.append(b"- two\n")
    assert lines_of(folder) == [b"- two\n"]


def test_appends_during_rotations_and_drops_lose_no_line(folder):
    journal, sync = Journal(folder), Journal(folder)
    taken, done = [], threading.Event()

    def rotate_until_done():
        while not done.is_set():
            for closed in sync.rotate():
                taken.extend(closed.read_bytes().splitlines())
                sync.drop(closed)

    with ThreadPoolExecutor(5) as pool:
        rotation = pool.submit(rotate_until_done)
        writers = [
            pool.submit(lambda name: [journal.append(b"- %d %d\n" % (name, n)) for n in range(50)], name)
            for name in range(4)
        ]
        for writer in writers:
            writer.result()
        done.set()
        rotation.result()
    taken += [line.rstrip(b"\n") for line in lines_of(folder)]
    assert sorted(taken) == sorted(b"- %d %d" % (name, n) for name in range(4) for n in range(50))


def test_the_check_passes_where_a_line_could_be_stored_and_stores_none(folder):
    journal = Journal(folder)
    journal.check(free_bytes=1)
    assert lines_of(folder) == []


def test_the_check_fails_on_a_disk_with_too_little_space(folder):
    with pytest.raises(StorageError, match="bytes left"):
        Journal(folder).check(free_bytes=2**62)


def test_the_check_fails_where_the_folder_cannot_be_made(folder):
    folder.parent.write_text("a file where the state folder should be")
    with pytest.raises(StorageError, match="Not a directory"):
        Journal(folder).check(free_bytes=1)


def test_the_check_fails_after_a_failed_append_until_the_disk_obeys_again(folder, disk):
    journal = Journal(folder, disk=disk)
    disk.fail("fsync", "00000001.yaml", times=2)
    with pytest.raises(StorageError):
        journal.append(b"- one\n")
    with pytest.raises(StorageError):
        journal.check(free_bytes=1)
    journal.check(free_bytes=1)


def wait_until(condition):
    """Wait for another thread; the deadline is far beyond any machine's slowness."""
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "the other thread never came"
        time.sleep(0.001)


def test_a_journal_that_nobody_uses_any_more_holds_no_descriptor(folder):
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(3):
        journal = Journal(folder)
        journal.append(b"- 1\n")
        journal.drop(*journal.rotate())
    del journal
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_the_check_fails_for_a_user_who_may_not_write_the_folder(need):
    need("root")
    with tempfile.TemporaryDirectory() as state:  # which others can enter
        Path(state).chmod(0o755)
        journal = Journal(Path(state, "journal"))
        journal.check(free_bytes=1)  # what is open stays open
        assert as_nobody(journal) == 17


def as_nobody(journal):
    child = os.fork()
    if child == 0:
        os.setuid(65534)
        try:
            journal.check(free_bytes=1)
        except StorageError as error:
            os._exit(17 if "Permission denied" in str(error) else 2)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
