"""`feeds doctor` and the state folder: it writes there to see whether one can, and leaves nothing behind."""

import os
import subprocess
import sys

import pytest

from feeds.onboarding.examining import about_state
from tests import disks
from tests.clones import ROOT


@pytest.fixture
def small_disk(tmp_path, small_disk_at):
    return small_disk_at(tmp_path / "state")


def found(disk, *, free_bytes=64 * 1024):
    answer = about_state(disk.folder.parent / "catalog", disk.folder, free_bytes=free_bytes)
    return answer.verdict, answer.what.removeprefix(f"{disk.folder} "), answer.remedy


def test_a_disk_with_room_is_well_and_nothing_is_left_on_it(small_disk):
    assert found(small_disk)[0] == "ok"
    assert list(small_disk.folder.iterdir()) == []


def test_a_full_disk_is_told_however_little_is_asked_for(small_disk):
    filler = small_disk.fill()
    verdict, what, remedy = found(small_disk, free_bytes=0)
    assert (verdict, what) == ("fault", "can't be written: No space left on device")
    assert remedy == "Make room on its disk, or give it a larger one. Until then callbacks are refused (503)."
    assert list(small_disk.folder.iterdir()) == [filler]
    filler.unlink()
    assert found(small_disk)[0] == "ok"


def test_a_disk_with_less_than_the_app_asks_for_is_told(small_disk):
    small_disk.fill(leaving=80 * 1024)
    verdict, what, remedy = found(small_disk, free_bytes=128 * 1024)
    assert (verdict, what.endswith(" left on its disk, fewer than 131,072: /readyz says not ready")) == ("fault", True)
    assert remedy == "Make room on its disk, or give it a larger one."


def test_a_read_only_disk_and_a_folder_of_others_are_told(small_disk, tmp_path):
    disks.mount("-o", "remount,ro", small_disk.folder)
    assert found(small_disk)[1] == "can't be written: Read-only file system"
    disks.mount("-o", "remount,rw", small_disk.folder)
    small_disk.folder.chmod(0o500)
    os.seteuid(65534)
    try:
        verdict, what, remedy = found(small_disk)
    finally:
        os.seteuid(0)
    assert (verdict, remedy) == ("fault", "Give it to the app's user.")
    assert what.startswith("can't be written: Permission denied")


def test_a_state_folder_that_is_not_there_yet_is_judged_by_where_it_will_be(tmp_path):
    assert about_state(tmp_path / "catalog", tmp_path / "new/state", free_bytes=0).verdict == "ok"
    assert list(tmp_path.iterdir()) == []


def test_bytes_that_do_not_reach_the_disk_are_a_fault(tmp_path, need):
    need("strace")
    code = "import sys, pathlib; from feeds.storage.space import prove; prove(pathlib.Path(sys.argv[1]))"
    inject = ["strace", "-qq", "-o", "/dev/null", "-e", "inject=fsync:error=EIO"]
    done = subprocess.run(
        [*inject, sys.executable, "-c", code, tmp_path], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.stderr.endswith("OSError: [Errno 5] Input/output error\n")
    assert list(tmp_path.iterdir()) == []
