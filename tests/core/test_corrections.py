"""An imported video that was edited afterwards is known, and only one whose item differs from the imported one."""

from datetime import UTC, datetime, timedelta

import pytest

from feeds.core.corrections import imported_digest, is_changed_since_import
from feeds.core.events import Event, fold_video
from feeds.core.item import Item, digest

AT = datetime(2026, 11, 24, 12, tzinfo=UTC)
ITEM = Item("a1", "Harbour", "travel", "https://cdn.nord.example/a1.mp4")
LATER = ITEM._replace(title="Harbour by night")
RELISTED = ITEM._replace(relist=AT)


def listed(item, hours):
    return Event(AT + timedelta(hours=hours), "listed", {"digest": digest(item), "user": "anna"})


def imported(hours, remote_id="x1"):
    fields = {"guid": "a1", "remote_id": remote_id, "timestamp_ms": hours}
    return Event(AT + timedelta(hours=hours), "imported", fields)


@pytest.mark.parametrize(
    ("events", "changed"),
    [
        ([listed(ITEM, 0), imported(1)], True),
        ([listed(LATER, 0), imported(1)], False),
        ([listed(LATER, 0), listed(ITEM, 1), imported(2)], True),
        ([listed(ITEM, 0), listed(LATER, 1), imported(2)], False),
        ([listed(ITEM, 0), imported(1), listed(LATER, 2)], True),  # listed once more, and not read yet
        ([listed(ITEM, 0), imported(1), listed(LATER._replace(relist=AT), 2), imported(3)], False),
        ([listed(ITEM, 0)], False),
        ([imported(1)], False),  # nobody noted what was listed
        ([imported(1), listed(ITEM, 2)], False),
    ],
)
def test_what_counts_is_the_item_that_was_listed_last_before_the_latest_import(events, changed):
    assert is_changed_since_import(LATER, fold_video(events)) is changed


def test_a_word_to_list_it_again_is_no_change():
    assert not is_changed_since_import(RELISTED, fold_video([listed(ITEM, 0), imported(1)]))
    assert not is_changed_since_import(ITEM, fold_video([listed(RELISTED, 0), imported(1)]))
    assert imported_digest(fold_video([listed(RELISTED, 0), imported(1)])) == digest(ITEM)


def pushed(item, hours, remote_id="x1"):
    return Event(AT + timedelta(hours=hours), "pushed", {"guid": "a1", "remote_id": remote_id, "digest": digest(item)})


NEW_FILM = LATER._replace(media_url="https://cdn.nord.example/a1b.mp4")
TAKEN_DOWN = Event(AT + timedelta(hours=5), "taken_down", {"guid": "a1", "remote_id": "x1"})


@pytest.mark.parametrize(
    ("events", "item", "changed"),
    [
        ([pushed(LATER, 2)], LATER, False),
        ([pushed(LATER, 2)], ITEM, True),  # taken back in the catalog, and Dailymotion shows the correction
        ([pushed(ITEM, 2), pushed(LATER, 3)], LATER, False),
        ([pushed(LATER, 2)], LATER._replace(title="Another one"), True),
        ([pushed(LATER, 2), listed(ITEM, 3), imported(4)], LATER, True),  # read anew since, as it was before
        ([pushed(NEW_FILM, 2)], NEW_FILM, True),  # no push can change the film
        ([imported(2, "x2"), pushed(LATER, 3)], LATER, True),  # the second copy shows the old one still
        ([imported(2, "x2"), pushed(LATER, 3), pushed(LATER, 4, "x2")], LATER, False),
        ([TAKEN_DOWN], LATER, False),  # nothing is there that could be corrected
    ],
)
def test_what_was_pushed_is_no_longer_changed(events, item, changed):
    assert is_changed_since_import(item, fold_video([listed(ITEM, 0), imported(1), *events])) is changed


def test_what_was_pushed_is_known_though_nobody_noted_what_was_imported():
    result = fold_video([imported(1), pushed(ITEM, 2)])
    assert not is_changed_since_import(ITEM, result)
    assert is_changed_since_import(LATER, result)
