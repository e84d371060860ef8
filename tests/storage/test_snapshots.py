"""Reports as they were on a day: one a day, the later in the place of the earlier, and never half of one."""

import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from feeds.core.errors import StorageError
from feeds.storage import snapshots

ROOT = Path(__file__).parents[2]
DAY = date(2026, 11, 25)


def test_a_later_report_of_a_day_takes_the_place_of_the_earlier_one(tmp_path):
    path = snapshots.write(tmp_path, "revenue-total", DAY, b"one\n")
    assert path == tmp_path / "reports/revenue-total/2026-11-25.yaml"
    snapshots.write(tmp_path, "revenue-total", DAY, b"two\n")
    snapshots.write(tmp_path, "revenue-total", date(2026, 10, 3), b"old\n")
    (path.parent / ".2026-11-26.yaml.abcd.tmp").write_bytes(b"of a killed program")
    (path.parent / "notes.yaml").write_bytes(b"of a person")
    assert snapshots.days(tmp_path, "revenue-total") == ["2026-10-03", "2026-11-25"]
    assert snapshots.read(tmp_path, "revenue-total", "2026-11-25") == (path, b"two\n")
    assert snapshots.days(tmp_path, "users") == []


def test_where_nothing_can_be_written_it_is_a_sentence_and_the_earlier_one_stays(tmp_path):
    path = snapshots.write(tmp_path, "users", DAY, b"one\n")
    (tmp_path / "reports/revenue-total").write_bytes(b"in the way")
    with pytest.raises(StorageError, match="revenue-total can't be made"):
        snapshots.write(tmp_path, "revenue-total", DAY, b"two\n")
    with pytest.raises(StorageError, match="can't be read"):
        snapshots.read(tmp_path, "users", "2026-11-24")
    assert path.read_bytes() == b"one\n"


WRITE = """
import sys
from datetime import date
from pathlib import Path
from feeds.storage import snapshots
snapshots.write(Path(sys.argv[1]), "users", date(2026, 11, 25), b"one")
"""


def test_a_report_that_was_kept_is_on_the_disk_with_its_name_and_the_folders_that_were_made_for_it(tmp_path, need):
    need("strace")
    catalog, log = tmp_path / "catalog", tmp_path / "log"
    catalog.mkdir()
    command = ["strace", "-y", "-e", "trace=fsync,rename", "-o", log, sys.executable, "-c", WRITE, catalog]
    subprocess.run(command, cwd=ROOT, check=True)
    calls = re.findall(rf"(fsync|rename)\(.*?{re.escape(str(catalog))}([^\">]*)", log.read_text())
    assert [(call, re.sub(r"/\.2026.*", "/file", path)) for call, path in calls] == [
        ("fsync", "/reports/users/file"),
        ("rename", "/reports/users/file"),
        ("fsync", "/reports/users"),
        ("fsync", ""),
        ("fsync", "/reports"),
    ]
