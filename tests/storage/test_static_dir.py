"""The folder of published files: whole files only, flushed before they are seen, and one build at a time."""

import select
import subprocess
import sys
from pathlib import Path

import pytest

from feeds.core.errors import StorageError
from feeds.storage.static_dir import clear_leftovers, only_one, publish, stage, sync_folder

ROOT = Path(__file__).parents[2]


def test_a_staged_file_stands_whole_beside_its_place_which_keeps_the_old(tmp_path):
    path = tmp_path / "a.xml"
    path.write_bytes(b"old")
    temporary = stage(path, b"new" * 100_000)
    assert (path.read_bytes(), temporary.read_bytes()) == (b"old", b"new" * 100_000)
    assert temporary.parent == tmp_path
    assert temporary.name.startswith(".")
    publish(temporary, path)
    assert path.read_bytes() == b"new" * 100_000
    assert [each.name for each in tmp_path.iterdir()] == ["a.xml"]


def test_leftovers_are_temporary_files_and_nothing_else(tmp_path):
    for name in ("a.xml", ".gitkeep", "notes.tmp", ".hidden"):
        (tmp_path / name).write_bytes(b"")
    stage(tmp_path / "a.xml", b"")
    clear_leftovers(tmp_path)
    assert {each.name for each in tmp_path.iterdir()} == {"a.xml", ".gitkeep", "notes.tmp", ".hidden"}


def test_a_folder_that_is_gone_is_told_in_a_sentence(tmp_path):
    gone = tmp_path / "gone" / "a.xml"
    with pytest.raises(StorageError, match=r"a\.xml can't be written: No such file or directory"):
        stage(gone, b"")
    with pytest.raises(StorageError, match=r"a\.xml can't be replaced"):
        publish(tmp_path / "nothing", gone)
    with pytest.raises(StorageError, match="can't be flushed"):
        sync_folder(gone)


LIMITED = """
import resource, sys
from pathlib import Path
from feeds.core.errors import StorageError
from feeds.storage.static_dir import stage
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    stage(Path(sys.argv[1]), b"x" * 1500)
except StorageError as error:
    print(error)
"""


def test_a_file_that_was_taken_in_part_only_is_a_fault_and_leaves_nothing(tmp_path):
    """The first write takes 1,000 of 1,500 bytes without an error, as on a disk that is nearly full."""
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, tmp_path / "a.xml"], cwd=ROOT, capture_output=True, check=True
    )
    assert done.stdout.decode() == (
        f"{tmp_path / 'a.xml'} can't be written: File too large. Free space or mend the disk, and build again.\n"
    )
    assert list(tmp_path.iterdir()) == []


STEPS = """
import sys
from pathlib import Path
from feeds.building.publishing import publish_feeds, publish_user_list, remove_feeds
from feeds.core.user_list import ListedUser, UserListShape
from feeds.storage.static_dir import stage
out = Path(sys.argv[1])
publish_feeds(out, [("anna", stage(out / "feeds" / "anna.xml", b"<rss/>"))])
publish_user_list(out, [ListedUser("anna", "anna", "https://a.example/feeds/anna.xml")], UserListShape())
remove_feeds(out, ["bo"])
"""


def test_each_file_is_flushed_then_named_then_its_folder_is_flushed_and_removals_come_last(tmp_path, need):
    need("strace")
    out, log = tmp_path / "out", tmp_path / "log"
    (out / "feeds").mkdir(parents=True)
    (out / "feeds" / "bo.xml").write_bytes(b"")
    command = ["strace", "-y", "-e", "trace=fsync,rename,unlink", "-o", log, sys.executable, "-c", STEPS, out]
    subprocess.run(command, cwd=ROOT, check=True)
    steps = [
        text.replace(str(out), "").partition("(")
        for text in log.read_text().splitlines()
        if str(out) in text and " = 0" in text
    ]
    said = [(call, "folder" if rest.rstrip("0= )").endswith(("/feeds>", "<>")) else "file") for call, _, rest in steps]
    assert said == [
        ("fsync", "file"), ("rename", "file"), ("fsync", "folder"),
        ("fsync", "file"), ("rename", "file"), ("fsync", "folder"),
        ("unlink", "file"), ("fsync", "folder"),
    ]  # fmt: skip
    assert ["anna.xml" in rest for _, _, rest in steps] == [True, True, False, False, False, False, False, False]
    assert ["users.json" in rest for _, _, rest in steps[3:5]] == [True, True]


HOLD = """
import sys
from pathlib import Path
from feeds.storage.static_dir import only_one
with only_one(Path(sys.argv[1])):
    print("in", flush=True)
    sys.stdin.read()
"""


def test_a_second_build_waits_until_the_first_is_over_even_if_it_was_killed(tmp_path):
    first, second = (
        subprocess.Popen(
            [sys.executable, "-c", HOLD, tmp_path], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        for _ in range(2)
    )
    with first, second:
        ready, _, _ = select.select([first.stdout, second.stdout], [], [], 30)
        assert len(ready) == 1
        holder, waiter = (first, second) if ready == [first.stdout] else (second, first)
        assert select.select([waiter.stdout], [], [], 0.3)[0] == []
        holder.kill()
        assert waiter.stdout.readline() == b"in\n"
        waiter.stdin.close()


def test_a_held_folder_is_free_again_after_a_fault(tmp_path):
    with pytest.raises(RuntimeError), only_one(tmp_path):
        raise RuntimeError
    with only_one(tmp_path):
        pass
