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
