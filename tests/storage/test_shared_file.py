"""A web server's file: whole at any moment, readable by the right ones alone, on the disk before it has its name."""

import os
import re
import resource
import signal
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from feeds.core.errors import StorageError
from feeds.storage.shared_file import write
from tests.clones import ROOT, killed_within

NOBODY = 65534

ONE = """
import sys
from pathlib import Path
from feeds.storage.shared_file import write
write(Path(sys.argv[1]), "x", groups=())
"""
MANY = """
import sys
from pathlib import Path
from feeds.storage.shared_file import write
for _ in range(50):
    write(Path(sys.argv[1]), sys.argv[2] * 5000, groups=None)
"""


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_a_file_is_for_all_for_its_owner_or_for_one_group_whatever_the_umask_and_the_file_before(tmp_path):
    own_group = os.getegid()
    before = os.umask(0o077)
    try:
        path = tmp_path / "feeds"
        assert (write(path, "a", groups=None), mode(path)) == (None, 0o644)
        assert (write(path, "b", groups=()), mode(path)) == (None, 0o600)
        assert (write(path, "c", groups=("no-such-group",)), mode(path)) == (None, 0o600)
        os.umask(0)
        name = "root" if own_group == 0 else None
        if name:
            assert (write(path, "d", groups=("no-such-group", name)), mode(path)) == (name, 0o640)
            assert path.stat().st_gid == own_group
        assert path.read_text() == ("d" if name else "c")
    finally:
        os.umask(before)


def in_a_process(work):
    """Do some work in a process of its own, which ends with it whatever happens; return its exit code."""
    pid = os.fork()
    if pid == 0:
        code = 99
        try:
            code = work()
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def test_a_group_that_can_not_be_given_keeps_the_file_to_its_owner(need):
    need("root")
    with tempfile.TemporaryDirectory() as folder:  # pytest's own are below one that nobody else may enter
        path = Path(folder, "feeds")
        os.chown(folder, NOBODY, NOBODY)

        def write_as_nobody():
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            return 0 if write(path, "a", groups=("root",)) is None else 1

        assert in_a_process(write_as_nobody) == 0
        assert mode(path) == 0o600


def test_it_is_never_there_for_others_and_on_the_disk_before_it_has_its_name(tmp_path, need):
    need("strace")
    log, folder = tmp_path / "log", tmp_path / "etc"
    folder.mkdir()
    calls = "trace=openat,fchmod,fsync,rename"
    command = ["strace", "-y", "-e", calls, "-o", log, sys.executable, "-c", ONE, folder / "feeds"]
    subprocess.run(command, cwd=ROOT, check=True)
    lines = [line for line in log.read_text().splitlines() if str(folder) in line]
    calls = [re.match(r"(\w+)\(", line)[1] for line in lines]
    assert calls == ["openat", "openat", "openat", "fchmod", "fsync", "rename", "openat", "fsync"]
    assert "O_EXCL" in lines[2]
    assert ", 0600)" in lines[2]


def test_a_disk_that_takes_half_of_it_changes_nothing_and_leaves_nothing(tmp_path):
    path = tmp_path / "feeds"
    write(path, "before", groups=None)
    told = f"{path} can't be written: File too large. Nothing was changed."

    def write_too_much():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
        try:
            write(path, "x" * 1500, groups=None)
        except StorageError as error:
            return 0 if str(error) == told else 1
        return 2

    assert in_a_process(write_too_much) == 0
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [("feeds", "before")]


def test_killed_anywhere_it_is_old_or_new_and_what_was_left_goes_with_the_next(tmp_path):
    path, calls, left = tmp_path / "feeds", 0, 0
    write(path, "old" * 1000, groups=None)
    (tmp_path / ".feeds.tmp").write_text("of somebody else")
    while True:
        calls += 1
        if not killed_within(lambda: write(path, "new" * 1000, groups=None), calls):
            break
        assert path.read_text() in {"old" * 1000, "new" * 1000}
        left += len(list(tmp_path.glob(".feeds.*.tmp")))
    assert left
    assert calls > 3
    assert sorted(each.name for each in tmp_path.iterdir()) == [".feeds.tmp", "feeds"]
    assert path.read_text() == "new" * 1000


def test_two_at_once_both_succeed_and_one_of_them_is_whole(tmp_path):
    path = tmp_path / "feeds"
    writers = [subprocess.Popen([sys.executable, "-c", MANY, path, letter], cwd=ROOT) for letter in "ab"]
    assert [writer.wait(60) for writer in writers] == [0, 0]
    assert (tmp_path / "feeds").read_text() in {"a" * 5000, "b" * 5000}
    assert [each.name for each in tmp_path.iterdir()] == ["feeds"]


def test_a_folder_that_is_not_there_is_told(tmp_path):
    with pytest.raises(StorageError, match=r"none/feeds can't be written: No such file or directory\. Nothing was"):
        write(tmp_path / "none/feeds", "x", groups=None)
