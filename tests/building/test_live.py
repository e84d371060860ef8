"""What is still live is read from files alone, and is the same for whoever asks."""

import pytest

from feeds.building.live import read_still_live
from feeds.building.status import read_status
from feeds.core.errors import UsageError
from feeds.core.live import Ground
from feeds.core.status import Need
from feeds.settings import Folders
from tests.sites import AT, Site, adopted, imported, line


@pytest.fixture
def site(tmp_path):
    """Return a network in which each way into the queue was gone once."""
    site = Site(tmp_path)
    site.user("anna", {"guid": "a1", "withdraw": "a claim"}, {"guid": "a2", "rights": {"until": "2026-11-22"}}, "a3")
    site.user("bo", "b1")
    site.happened(adopted("anna", "bo") + line("rejected", "2026-11-22T10:00:00.000Z", user="bo", parent="x1nord"))
    site.happened(line("listed", user="anna", items={"gone": "d.m"}) + imported("a1", "a2", "a3", "b1", "gone"))
    return site


def read(site):
    return read_still_live(Folders(site.catalog, site.state), AT)


def test_every_way_into_the_queue_is_read(site):
    assert [(each.guid, each.user, each.remote_ids, each.ground) for each in read(site)] == [
        ("a1", "anna", ("x-a1",), Ground.WITHDRAWN),
        ("a2", "anna", ("x-a2",), Ground.ENDED),
        ("b1", "bo", ("x-b1",), Ground.REJECTED),
        ("gone", "anna", ("x-gone",), Ground.DELETED),
    ]
    assert not site.state.exists()


def test_the_status_names_the_same(site):
    cases = read_status(Folders(site.catalog, site.state), AT).cases[Need.LIVE]
    assert [case.name for case in cases] == [each.guid for each in read(site)]


def test_rights_that_stand_in_the_defaults_end_too(site):
    site.write(
        "users/anna.yaml",
        "id: anna\nusername: anna\ndefaults: {category: tv, rights: {until: 2026-11-22}}\n"
        'videos: [{guid: a3, title: T, media: "https://cdn.nord.example/a3.mp4"}]\n',
    )
    assert "a3" in [each.guid for each in read(site)]


def test_what_stands_in_a_file_with_faults_ends_by_no_other_file_of_its_user(site):
    site.write(
        "users/anna.yaml",
        "id: anna\nusername: anna\ndefaults: {category: tv, rights: {until: 2026-11-22}}\nvideos: []\n",
    )
    site.write("users/again.yaml", "id: anna\ncolour: blue\nvideos: [{guid: a3}]\n")
    assert "a3" not in [each.guid for each in read(site)]


def test_a_file_with_faults_has_its_videos_still_and_one_that_cannot_be_read_keeps_all_from_counting_as_deleted(site):
    site.user("anna", "a1", "a2", "a3", titel="oops")
    assert [each.guid for each in read(site)] == ["b1", "gone"]
    site.write("users/anna.yaml", "\x00")
    assert [each.guid for each in read(site)] == ["b1"]


def test_of_a_broken_catalog_nothing_is_said(site):
    site.write("catalog.yaml", "network: [\n")
    with pytest.raises(UsageError, match="feeds check"):
        read(site)
