"""What a build must notice, whatever the index remembers: the disk is the truth."""

import os
import shutil

import pytest

from feeds.core.errors import BuildRefused
from tests.sites import imported, user_text


def edited_in_place(path, old, new):
    """Replace bytes of a file by as many others and set its time back: only its bytes tell."""
    status = path.stat()
    with path.open("r+b") as file:
        text = file.read()
        assert len(old) == len(new)
        assert old in text
        file.seek(text.index(old))
        file.write(new)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert path.stat().st_size == status.st_size
    assert path.stat().st_mtime_ns == status.st_mtime_ns


@pytest.mark.parametrize("number", range(5))
def test_a_file_changed_in_the_same_second_and_of_the_same_size_is_noticed(site, number):
    path = site.user("anna", "a1", "a2")
    for title in (b"Title of a1", b"A title 4 1", b"Title of a1"):
        site.build()
        before = site.feed("anna")[0].title.encode()
        edited_in_place(path, before, b"Title of %d9" % number)
        site.build()
        assert site.feed("anna")[0].title == f"Title of {number}9"
        edited_in_place(path, b"Title of %d9" % number, title)


def test_catalog_yaml_changed_in_the_same_second_and_of_the_same_size_is_noticed(site):
    site.build()
    edited_in_place(site.catalog / "catalog.yaml", b"feeds.nord", b"video.nord")
    site.build()
    assert b"https://video.nord.example/feeds/anna.xml" in site.tree()["users.json"]
    assert b"https://video.nord.example/feeds/anna.xml" in site.tree()["feeds/anna.xml"]


def test_results_changed_in_the_same_second_and_of_the_same_size_are_noticed(site):
    path = site.happened(imported("a1"), "results/main/2026-11-21.yaml")
    site.build()
    edited_in_place(path, b'"guid": "a1"', b'"guid": "b1"')
    site.build()
    assert (site.listed("anna"), site.listed("bo")) == (["a1", "a2", "a3", "a4"], ["b2"])


@pytest.mark.parametrize("name", ["users.json", "feeds/anna.xml", "feeds/bo.xml"])
def test_a_published_file_that_somebody_edited_is_put_right(site, name):
    site.build()
    before = site.tree()
    for _ in range(2):
        edited_in_place(site.out / name, b"feeds.nord.example", b"evils.nord.example")
        assert site.build().written == 1
        assert site.tree() == before
        (site.out / name).write_bytes(b"")
        site.build()
        assert site.tree() == before
        (site.out / name).write_bytes(b"</rss>\n")
        site.build()
        assert site.tree() == before


@pytest.mark.parametrize("name", ["users.json", "feeds/anna.xml", "feeds/bo.xml", "feeds"])
def test_a_published_file_that_somebody_deleted_is_put_back(site, name):
    site.build()
    before = site.tree()
    path = site.out / name
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    site.build()
    assert site.tree() == before


def test_the_whole_output_may_be_deleted(site):
    site.build()
    before = site.tree()
    shutil.rmtree(site.out)
    site.build()
    assert site.tree() == before


def test_a_feed_of_a_stranger_goes_with_the_next_change_unless_it_lists_videos(site):
    site.build()
    before = site.tree()
    stranger = site.out / "feeds" / "stranger.xml"
    stranger.write_bytes(b"no feed of ours")
    site.build(full=True)
    assert site.tree() == before
    stranger.write_bytes(before["feeds/bo.xml"])
    with pytest.raises(BuildRefused, match="nothing says why: b1 of stranger, b2 of stranger"):
        site.build(full=True, allow_removals=2)


def test_two_output_folders_of_one_catalog_are_each_kept_right(site, tmp_path):
    first, second = tmp_path / "out", tmp_path / "second"
    site.build()
    site.out = second
    site.build()
    site.happened(imported("a1"))
    site.build()
    assert site.listed("anna") == ["a2", "a3", "a4"]
    site.out = first
    site.build()
    assert site.listed("anna") == ["a2", "a3", "a4"]


def test_a_file_that_another_one_replaces_is_noticed_however_old_it_is(site, tmp_path):
    path = site.user("anna", "a1", "a2")
    site.build()
    other = tmp_path / "other.yaml"
    other.write_text(user_text("anna", "a1", "a3"))
    os.utime(other, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns))
    other.replace(path)
    site.build()
    assert site.listed("anna") == ["a1", "a3"]


def test_a_new_pattern_of_user_files_is_followed(site):
    site.build()
    site.write("more/cleo.yaml", user_text("bo2", "c1"))
    catalog = site.catalog / "catalog.yaml"
    catalog.write_text(catalog.read_text().replace("[users/*.yaml]", "[users/*.yaml, 'more/*.yaml']"))
    assert [user.id for user in site.build().users] == ["anna", "bo", "bo2"]


def test_included_patterns_take_each_file_once_and_never_catalog_yaml_itself(site):
    catalog = site.catalog / "catalog.yaml"
    catalog.write_text(catalog.read_text().replace("[users/*.yaml]", "['**/anna.yaml', users/*.yaml, 'c*.yaml']"))
    report = site.build()
    assert ([user.id for user in report.users], report.good) == (["anna", "bo"], True)
