"""A word to list an imported video again is good until the import that follows it, and for two weeks at most."""

from datetime import UTC, datetime, timedelta

import pytest

from feeds.core.events import Event, fold_video
from feeds.core.item import relist_mark
from feeds.core.relisting import OPEN_FOR, bounds, is_open

WORD = datetime(2026, 11, 24, tzinfo=UTC)
PLAIN, MARKED = "0123456789ab.01234567", f"0123456789ab.01234567{relist_mark(WORD)}"


def at(hour, day=24):
    return datetime(2026, 11, day, hour, tzinfo=UTC)


def imported(moment, timestamp_ms=1, remote_id="x"):
    return Event(moment, "imported", {"guid": "a1", "remote_id": remote_id, "timestamp_ms": timestamp_ms})


def listed(moment, digest):
    return Event(moment, "listed", {"digest": digest})


EVENING = at(20)


def open_after(*events, now=EVENING):
    return is_open(WORD, fold_video(events), now)


def test_an_import_that_was_told_after_the_item_was_listed_with_the_word_ends_it():
    before = [listed(at(8), PLAIN), imported(at(9)), listed(at(12), MARKED)]
    assert open_after(*before)
    assert not open_after(*before, imported(at(13), 2))
    assert not open_after(*before, imported(at(13), 2, "another"))


def test_the_former_import_told_once_more_ends_nothing():
    before = [listed(at(8), PLAIN), imported(at(9)), listed(at(12), MARKED)]
    assert open_after(*before, imported(at(13)))


def test_an_import_that_was_taken_back_ends_nothing():
    from feeds.core.events import event_id

    false = imported(at(13), 2)
    undone = Event(at(14), "undone", {"guid": "a1", "undoes": event_id(false)})
    assert open_after(imported(at(9)), listed(at(12), MARKED), false, undone)


def test_an_edit_after_the_second_import_lists_nothing_until_a_later_date_is_given():
    events = [imported(at(9)), listed(at(12), MARKED), imported(at(13), 2), listed(at(14), PLAIN)]
    assert not open_after(*events)
    later = WORD + timedelta(days=1)
    assert is_open(later, fold_video(events), later)


@pytest.mark.parametrize(("moment", "expected"), [(at(23, 23), True), (at(9), True), (at(0, 25), False)])
def test_where_nobody_notes_what_is_listed_an_import_of_a_later_day_ends_it(moment, expected):
    assert open_after(imported(moment), now=at(1, 25)) is expected


def test_it_begins_with_its_day_and_ends_after_two_weeks():
    events = [imported(at(9, 20))]
    assert not open_after(*events, now=WORD - timedelta(seconds=1))
    assert open_after(*events, now=WORD)
    assert open_after(*events, now=WORD + OPEN_FOR - timedelta(seconds=1))
    assert not open_after(*events, now=WORD + OPEN_FOR)
    assert bounds(WORD) == (WORD, WORD + OPEN_FOR)
    assert bounds(None) == ()


def test_without_any_import_there_is_nothing_to_wait_for():
    assert open_after()
