"""Recording what was published: one line a publication and user, of only what has changed."""

import shutil

import pytest

from feeds.building.listed import last_noted
from feeds.core.errors import StorageError
from feeds.core.events import Event
from tests.sites import AT, adopted, imported, line


def noted(site):
    """Return (user, listed or changed guids, guids gone) of each event, in order."""
    return [(each["user"], list(each["items"]), each.get("gone", [])) for each in site.journalled()]


def test_the_first_record_notes_every_listed_item_with_its_digest(site):
    site.build(record=True)
    assert noted(site) == [("anna", ["a1", "a2", "a3", "a4"], []), ("bo", ["b1", "b2"], [])]
    for event in site.journalled():
        assert event["event"] == "listed"
        assert all(len(digest) == len("328f50bea7eb.3f5fc117") for digest in event["items"].values())


def test_nothing_is_noted_when_nothing_has_changed(site):
    site.build(record=True)
    before = site.journalled()
    for wishes in ({}, {"full": True}, {"jobs": 3, "full": True}):
        site.build(record=True, **wishes)
        assert site.journalled() == before
    shutil.rmtree(site.state / "cache")
    site.build(record=True)
    assert site.journalled() == before


def test_only_what_came_changed_or_went_is_noted(site):
    site.build(record=True)
    site.happened(imported("a2"))
    site.user("anna", {"guid": "a1", "title": "Another"}, "a2", "a3", "a4", "a5")
    site.build(record=True)
    assert noted(site)[2:] == [("anna", ["a1", "a5"], ["a2"])]


def test_a_build_that_was_not_to_be_recorded_is_noted_by_the_next_that_is(site):
    site.build()
    assert site.journalled() == []
    site.build(record=True)
    assert len(noted(site)) == 2
    site.user("bo", "b1", "b2", "b3")
    site.build()
    assert len(noted(site)) == 2
    site.build(record=True)
    assert noted(site)[2:] == [("bo", ["b3"], [])]


def test_lines_that_have_moved_into_results_are_known_as_well(site):
    site.build(record=True)
    segment = site.state / "journal" / "00000001.yaml"
    site.happened(segment.read_text())
    segment.unlink()
    site.build(record=True)
    assert site.journalled() == []


@pytest.mark.parametrize("how", ["disabled", "left", "removed", "removed and left"])
def test_the_whole_feed_of_a_user_who_goes_is_noted_as_gone(site, how):
    site.build(record=True)
    if how == "disabled":
        site.user("bo", "b1", "b2", enabled=False)
    if "left" in how:
        site.happened(line("left", "2026-11-22T10:00:00.000Z", user="bo", parent="x1nord"))
    if "removed" in how:
        (site.catalog / "users" / "bo.yaml").unlink()
    site.build(record=True)
    assert noted(site)[2:] == [("bo", [], ["b1", "b2"])]


def test_a_user_known_by_events_alone_has_nothing_to_note(site):
    site.happened(adopted("cleo"))
    site.build(record=True)
    assert {user for user, _, _ in noted(site)} == {"anna", "bo"}


def test_a_listing_that_could_not_be_noted_is_noted_by_the_next_build(site):
    (site.state / "journal").parent.mkdir(parents=True)
    (site.state / "journal").write_text("in the way")
    with pytest.raises(StorageError, match="journal"):
        site.build(record=True)
    assert site.users() == ["anna", "bo"]
    (site.state / "journal").unlink()
    site.build(record=True)
    assert len(noted(site)) == 2


def test_the_last_noted_listing_comes_from_all_events_in_order_of_time():
    first = Event(AT, "listed", {"user": "anna", "items": {"a1": "p", "a2": "p"}})
    second = Event(AT.replace(minute=1), "listed", {"user": "anna", "items": {"a2": "q"}, "gone": ["a1"]})
    for order in ([first, second], [second, first], [second, first, second]):
        assert last_noted(order) == {"a2": "q"}
