"""A history tells each fact once, in order of time, in words that a person understands."""

from datetime import UTC, datetime, timedelta

import pytest

from feeds.core.events import Event, event_id
from feeds.core.history import Commit, Entry, history

START = datetime(2026, 11, 24, 12, tzinfo=UTC)


def at(minutes):
    return START + timedelta(minutes=minutes)


def imported(minutes=0, guid="a1"):
    fields = {"guid": guid, "remote_id": "x", "timestamp_ms": 1, "raw": "{}"}
    return Event(at(minutes), "imported", fields)


def listed(minutes, items, gone=None, user="anna"):
    return Event(at(minutes), "listed", {"user": user, "items": items, **({"gone": gone} if gone else {})})


def told(name, *events):
    return [(entry.who, entry.what) for entry in history(name, events)]


NAME = event_id(imported())
OTHERS = {
    "a failure": (
        Event(START, "import_failed", {"guid": "a1", "status": "broken", "raw": "{}"}),
        ("Dailymotion", "import failed: broken"),
    ),
    "a person's word": (
        Event(START, "imported", {"guid": "a1", "remote_id": "x", "why": "mail"}),
        ("a person", "imported as x: mail"),
    ),
    "an upload of a video of the catalog": (
        Event(START, "imported", {"guid": "a1", "remote_id": "x", "user": "anna", "via": "upload", "by": "olga"}),
        ("olga", "uploaded as x"),
    ),
    "an upload beside the catalog": (
        Event(START, "uploaded", {"user": "a1", "remote_id": "x", "title": "Trailer", "by": "olga"}),
        ("olga", "uploaded as x: Trailer"),
    ),
    "a retry": (Event(START, "retry", {"guid": "a1", "why": "new file"}), ("a person", "another try: new file")),
    "an undoing of nothing": (
        Event(START, "undone", {"guid": "a1", "undoes": "0123456789", "why": "w"}),
        ("a person", "taken back: 0123456789 (which is not here): w"),
    ),
    "an adoption": (
        Event(START, "adopted", {"user": "a1", "username": "anna", "parent": "x1"}),
        ("the network", "adopted as anna (parent x1)"),
    ),
    "an adoption by invitation": (
        Event(START, "adopted", {"user": "a1", "username": "anna", "parent": "x1", "invitation": "k7"}),
        ("the network", "adopted as anna by invitation (parent x1)"),
    ),
    "a wish to join": (
        Event(START, "asked_to_join", {"user": "a1", "username": "anna", "parent": "x1"}),
        ("anna", "asked to join as anna (parent x1)"),
    ),
    "a refusal": (
        Event(START, "refused", {"user": "a1", "parent": "x1", "by": "olga", "why": "not our field"}),
        ("olga", "refused (parent x1): not our field"),
    ),
    "a departure": (Event(START, "left", {"user": "a1"}), ("the network", "left")),
    "an event of tomorrow": (Event(START, "praised", {"guid": "a1"}), ("the network", "praised")),
}


@pytest.mark.parametrize("kind", OTHERS)
def test_each_kind_of_event_has_its_words(kind):
    event, words = OTHERS[kind]
    assert told("a1", event) == [words]


def test_events_and_commits_are_merged_in_order_of_time():
    commit = Commit("abc", at(1), "Anna", "A better title")
    assert history("a1", [imported(2), listed(0, {"a1": "d"})], [commit]) == [
        Entry(at(0), "feeds", "listed in the feed of anna"),
        Entry(at(1), "Anna", "catalog: A better title", commit="abc"),
        Entry(at(2), "Dailymotion", "imported as x", event=NAME),
    ]


def test_a_line_in_two_files_is_told_once_and_a_callback_that_came_again_as_such():
    assert told("a1", imported(), imported(), imported(5)) == [
        ("Dailymotion", "imported as x"),
        ("Dailymotion", "imported as x, told again"),
    ]


def test_what_was_taken_back_says_so_wherever_it_is_told():
    undone = Event(at(1), "undone", {"guid": "a1", "undoes": NAME, "why": "not ours"})
    assert told("a1", undone, imported(2), imported()) == [
        ("Dailymotion", "imported as x, taken back"),
        ("a person", f"taken back: {NAME} (imported as x): not ours"),
        ("Dailymotion", "imported as x, told again, taken back"),
    ]


def test_a_video_is_listed_changed_and_gone():
    events = [
        listed(0, {"a1": "d"}), listed(1, {"a1": "e", "a2": "d"}), listed(2, {}, ["a1"]), listed(3, {"a1": "f"}),
        listed(4, {"a2": "d"}),
    ]  # fmt: skip
    assert [what for _, what in told("a1", *events)] == [
        "listed in the feed of anna",
        "listed in the feed of anna, changed",
        "no longer listed in the feed of anna",
        "listed in the feed of anna",
    ]


def test_a_user_s_history_holds_that_of_the_listed_videos_and_of_nobody_else_s():
    items = {f"a{number}": "d" for number in range(1, 8)}
    events = [
        listed(0, items),
        listed(1, {}, ["a1"]),
        imported(2),
        imported(3, "b1"),
        listed(4, {"b1": "d"}, user="bo"),
    ]
    assert told("anna", *events) == [
        ("feeds", "listed a1, a2, a3, a4, a5 and 2 more"),
        ("feeds", "no longer listed: a1"),
        ("Dailymotion", "a1: imported as x"),
    ]


def test_of_what_is_odd_nothing_stops_a_history():
    odd = [
        Event(START, "listed", {"user": 7, "items": ["a1"], "gone": [[], "a1"]}),
        Event(START, "listed", {"user": "anna", "items": {"a1": None}}),
        Event(START, "undone", {"guid": "a1", "undoes": []}),
        Event(START, "imported", {"guid": "a1"}),
        Event(START, "imported", {"guid": ["a1"]}),
    ]
    assert len(told("a1", *odd)) == 4
    assert told("nobody", *odd) == []


def test_a_takedown_and_a_correction_have_words():
    at = datetime(2026, 11, 24, 12, tzinfo=UTC)
    gone = {"guid": "g1", "remote_id": "x1", "by": "olga", "why": "rights ended"}
    told = [
        Event(at, "taken_down", {**gone, "how": "delete"}),
        Event(at, "taken_down", {**gone, "how": "unpublish"}),
        Event(at, "taken_down", {**gone, "how": "gone"}),
        Event(at, "pushed", {"guid": "g1", "remote_id": "x1", "fields": ["title", "tags"], "by": "olga"}),
    ]
    assert [(each.who, each.what) for event in told for each in history("g1", [event])] == [
        ("olga", "taken down: x1 was deleted on Dailymotion: rights ended"),
        ("olga", "taken down: x1 was unpublished on Dailymotion: rights ended"),
        ("olga", "taken down: x1 was found gone on Dailymotion: rights ended"),
        ("olga", "corrected on Dailymotion as x1: title, tags"),
    ]
