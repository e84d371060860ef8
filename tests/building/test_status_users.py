"""Where users stand, read one after the other: what only all of them together show is shown all the same."""

import pytest

from feeds.building.status import read_status
from feeds.core.status import Need
from feeds.settings import Folders
from tests.building.test_archives import archive
from tests.sites import AT, imported, user_text


def status(site):
    return read_status(Folders(site.catalog, site.state), AT)


def named(site, need):
    return [case.name for case in status(site).cases[need]]


@pytest.mark.parametrize("first", ["again", "zoe"])
@pytest.mark.parametrize("claimed", ["anna", "Anna"])
def test_two_files_that_claim_one_user_are_both_frozen_whichever_comes_first(site, first, claimed):
    site.write(f"users/{first}.yaml", user_text(claimed, "c1"))
    assert sorted(named(site, Need.FROZEN)) == sorted(["anna", claimed])
    assert status(site).listed == 2  # bo's


@pytest.mark.parametrize(("guid", "frozen"), [("a1", ["anna", "bo"]), ("A1", ["anna", "bo"]), ("a5", [])])
def test_two_users_that_have_one_guid_are_both_frozen(site, guid, frozen):
    site.user("bo", "b1", guid)
    assert named(site, Need.FROZEN) == frozen


def test_a_user_who_has_a_guid_twice_or_an_archived_one_is_frozen(site):
    archive(site, "z1")
    assert named(site, Need.FROZEN) == []
    site.user("bo", "b1", "Z1")
    assert named(site, Need.FROZEN) == ["bo"]
    site.user("bo", "b1", "b1")
    assert named(site, Need.FROZEN) == ["bo"]


def test_an_archived_video_that_should_be_gone_is_still_live(site):
    site.happened(imported("z1", "z2"))
    archive(site, "z1", {"guid": "z2", "withdraw": "music claim"})
    assert named(site, Need.LIVE) == ["z2"]
    assert (status(site).imported, named(site, Need.UNKNOWN)) == (2, [])


def test_an_imported_video_in_two_archives_or_beside_a_user_s_own_counts_once(site):
    site.happened(imported("a1", "z1"))
    archive(site, "a1", "z1")
    assert status(site).imported == 1  # anna is frozen, and nobody has built before
    archive(site, "z1")
    archive(site, "z1", user="bo")
    assert status(site).imported == 2
