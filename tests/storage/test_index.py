"""The index is a cache: broken, old or gone, it is made anew, and the site is the same."""

import sqlite3

import pytest

from feeds.storage.index import Index, IndexBroken
from tests.sites import Site, adopted, imported


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "cache" / "index.sqlite"
    with Index.opened(path, "1") as index:
        index.remember("catalog", "abc")
        index.commit()
    return path


def noted(path, version="1"):
    with Index.opened(path, version) as index:
        return index.note("catalog")


def test_what_was_committed_is_remembered_and_nothing_else(path):
    with Index.opened(path, "1") as index:
        index.remember("catalog", "def")
    assert noted(path) == "abc"


def test_what_another_version_of_the_code_has_written_is_forgotten(path):
    assert noted(path, "2") is None
    assert noted(path, "1") is None


@pytest.mark.parametrize(
    "text", [b"", b"no database at all, however long it may be " * 500, b"SQLite format 3\0" + b"\0" * 5000]
)
def test_a_file_that_is_no_index_is_made_anew(path, text):
    path.write_bytes(text)
    assert noted(path) is None


def test_a_database_of_somebody_else_is_made_anew(path):
    path.unlink()
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE meta(key TEXT, value TEXT)")
    db.close()
    assert noted(path) is None


def test_a_reader_sees_what_was_committed(path):
    reader = Index.reader(path)
    assert reader.note("catalog") == "abc"
    reader.close()


def test_faults_that_show_up_later_are_told_as_a_broken_index(path):
    with pytest.raises(IndexBroken, match=r"index\.sqlite is broken"), Index.opened(path, "1"):
        raise sqlite3.DatabaseError("database disk image is malformed")


@pytest.mark.parametrize("share", [0.0, 0.3, 0.5, 0.7, 0.9])
def test_a_site_is_built_right_whatever_stands_in_its_index(tmp_path, share):
    site = Site(tmp_path)
    for number in range(40):
        site.user(f"u{number}", *(f"u{number}-{video}" for video in range(20)))
    site.happened(adopted(*(f"u{number}" for number in range(40))))
    site.build()
    site.happened(imported("u7-3"))
    [index] = (site.state / "cache").glob("*.sqlite")
    with index.open("r+b") as file:
        start = int(index.stat().st_size * share) // 4096 * 4096
        file.seek(start)
        file.write(b"\xa5" * min(12_000, index.stat().st_size - start))
    assert site.build().good
    assert "u7-3" not in site.listed("u7")
    assert site.tree() == site.fresh()
