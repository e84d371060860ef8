"""The fold: whatever the order, the repetition and the delay in which events come, the judgement is the same."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.core.events import NOTHING_YET, Event, Failure, event_id, fold_video, undone_ids

START = datetime(2026, 11, 24, 12, tzinfo=UTC)


def at(minutes):
    return START + timedelta(minutes=minutes)


def imported(remote_id, *, minutes=0, timestamp_ms=1):
    return Event(at(minutes), "imported", {"guid": "a1", "remote_id": remote_id, "timestamp_ms": timestamp_ms})


def failed(raw, *, minutes=0, status="broken"):
    return Event(at(minutes), "import_failed", {"guid": "a1", "status": status, "raw": raw})


def listed(digest, *, minutes=0):
    return Event(at(minutes), "listed", {"digest": digest})


def retry(*, minutes=0):
    return Event(at(minutes), "retry")


def undone(event, *, minutes=0):
    return Event(at(minutes), "undone", {"undoes": event_id(event), "guid": "a1", "why": "never so"})


few = st.integers(0, 9)
callbacks = st.one_of(
    st.builds(lambda name, ms: imported(name, timestamp_ms=ms), st.sampled_from("xyz"), few),
    st.builds(failed, st.sampled_from("pqrs")),
)
events = st.one_of(
    st.builds(lambda name, at, ms: imported(name, minutes=at, timestamp_ms=ms), st.sampled_from("xyz"), few, few),
    st.builds(lambda raw, at: failed(raw, minutes=at), st.sampled_from("pqrs"), few),
    st.builds(lambda digest, at: listed(digest, minutes=at), st.sampled_from(["d.1", "e.1"]), few),
    st.builds(lambda at: retry(minutes=at), few),
    st.builds(lambda event, at: undone(event, minutes=at), callbacks, few),
    st.builds(
        lambda minutes, name: Event(at(minutes), name, {"guid": "a1"}), few, st.sampled_from(["unclear", "of tomorrow"])
    ),
)


@settings(deadline=None, max_examples=150)
@given(st.lists(events, max_size=9), st.data())
def test_shuffled_and_duplicated_events_give_the_same_judgement(happened, data):
    again = data.draw(
        st.permutations(happened + data.draw(st.lists(st.sampled_from(happened)) if happened else st.just([])))
    )
    assert fold_video(again) == fold_video(happened)


@settings(deadline=None, max_examples=100)
@given(st.lists(events, max_size=9), st.data())
def test_callbacks_that_arrive_once_more_much_later_change_nothing(happened, data):
    callbacks = [event for event in happened if event.event in ("imported", "import_failed")]
    late = [Event(event.at + timedelta(days=data.draw(few)), event.event, event.fields) for event in callbacks]
    assert fold_video(late + happened) == fold_video(happened)


@settings(deadline=None, max_examples=100)
@given(st.lists(events, min_size=1, max_size=9))
def test_the_first_remote_id_is_the_one_with_the_smallest_time_and_then_name(happened):
    taken_back = undone_ids(happened)
    imports = [event for event in happened if event.event == "imported" and event_id(event) not in taken_back]
    result = fold_video(happened)
    first = min(((event.fields["timestamp_ms"], event.fields["remote_id"]) for event in imports), default=(0, None))
    assert result.remote_id == first[1]
    assert {*result.conflicts, result.remote_id} - {None} == {event.fields["remote_id"] for event in imports}
    assert result.remote_id not in result.conflicts


def test_no_event_says_nothing():
    assert fold_video([]) == NOTHING_YET


def test_a_second_import_is_a_conflict_and_replaces_nothing():
    result = fold_video(
        [imported("y", timestamp_ms=20), imported("z", timestamp_ms=30), imported("x", timestamp_ms=10)]
    )
    assert (result.remote_id, result.conflicts) == ("x", ("y", "z"))


def test_the_import_counts_from_when_it_was_first_told():
    result = fold_video([imported("x", minutes=5), imported("x", minutes=2)])
    assert result.imported_at == at(2)


def test_an_import_without_a_usable_time_counts_by_ours():
    ours = round(at(1).timestamp() * 1000)
    early, late = imported("y", timestamp_ms=ours - 1), imported("z", timestamp_ms=ours + 1)
    for useless in (None, "1", 1.5, True):
        result = fold_video([late, imported("x", minutes=1, timestamp_ms=useless), early])
        assert (result.remote_id, result.conflicts) == ("y", ("x", "z"))


def test_an_import_without_a_remote_id_is_none():
    for useless in (None, "", 7):
        assert fold_video([Event(START, "imported", {"guid": "a1", "remote_id": useless})]) == NOTHING_YET


def test_a_failure_never_undoes_an_import():
    for order in ([imported("x"), failed("p", minutes=1)], [failed("p"), imported("x", minutes=1)]):
        assert fold_video(order).remote_id == "x"


def test_the_same_failure_twice_counts_once_and_from_its_first_arrival():
    result = fold_video([failed("p", minutes=3), failed("p", minutes=1), failed("q", minutes=2)])
    assert result.failures == (Failure(at(1), "broken"), Failure(at(2), "broken"))


def test_failures_whose_bytes_were_no_text_are_told_apart_by_them():
    two = [Event(START, "import_failed", {"status": "broken", "raw_base64": raw}) for raw in ("cA==", "cQ==")]
    assert len(fold_video([*two, *two]).failures) == 2


def test_failures_without_their_text_are_told_apart_by_time_and_status():
    bare = [Event(at(minutes), "import_failed", {"status": "broken"}) for minutes in (1, 2, 2)]
    assert len(fold_video(bare).failures) == 2


def test_a_retry_forgets_the_failures_before_it_and_none_after():
    result = fold_video([failed("p", minutes=1), retry(minutes=2), failed("q", minutes=3), retry(minutes=0)])
    assert result.failures == (Failure(at(3), "broken"),)


def test_a_failure_that_arrives_again_after_the_retry_is_still_forgotten():
    assert fold_video([failed("p", minutes=1), retry(minutes=2), failed("p", minutes=3)]).failures == ()


def test_a_failure_counts_for_the_item_that_was_listed_when_it_came():
    result = fold_video([
        listed("old.1", minutes=1), failed("p", minutes=2), failed("q", minutes=3),
        listed("new.1", minutes=4), failed("r", minutes=5),
    ])  # fmt: skip
    assert (result.failures_of("old.1"), result.failures_of("new.1"), result.failures_of("other.1")) == (2, 1, 0)


def test_a_failure_from_before_anything_was_noted_as_listed_counts_for_every_item():
    result = fold_video([failed("p", minutes=1), listed("old.1", minutes=2)])
    assert result.failures_of("other.1") == 1


def test_unknown_events_are_ignored():
    assert fold_video([Event(START, "praised", {"guid": "a1"}), imported("x")]).remote_id == "x"


@settings(deadline=None, max_examples=150)
@given(st.lists(events, max_size=9), callbacks, few, st.data())
def test_what_was_taken_back_is_as_if_it_had_never_come(happened, event, minutes, data):
    without = [each for each in happened if event_id(each) != event_id(event)]
    mixed = data.draw(st.permutations([*happened, event, event, undone(event, minutes=minutes), undone(event)]))
    assert fold_video(mixed) == fold_video(without)


def test_a_callback_that_comes_again_after_it_was_taken_back_stays_so():
    result = fold_video([imported("x"), undone(imported("x"), minutes=1), imported("x", minutes=2)])
    assert result == NOTHING_YET


@pytest.mark.parametrize("other", [imported("y"), imported("x", timestamp_ms=2)])
def test_another_import_counts_though_one_was_taken_back(other):
    assert fold_video([imported("x"), undone(imported("x")), other]).remote_id == other.fields["remote_id"]


def test_of_two_imports_the_second_is_the_first_once_the_first_was_taken_back():
    result = fold_video([imported("x", timestamp_ms=1), imported("y", timestamp_ms=2), undone(imported("x"))])
    assert (result.remote_id, result.conflicts) == ("y", ())


def test_an_undoing_that_names_nothing_undoes_nothing():
    for useless in ({}, {"undoes": None}, {"undoes": ""}, {"undoes": ["a"]}):
        assert fold_video([imported("x"), Event(START, "undone", {"guid": "a1", **useless})]).remote_id == "x"


def test_a_person_who_says_a_thing_again_means_it_again():
    said = [Event(at(minutes), "imported", {"guid": "a1", "remote_id": "x", "why": "mail"}) for minutes in (1, 2)]
    assert fold_video([said[0], undone(said[0])]) == NOTHING_YET
    assert fold_video([*said, undone(said[0])]).imported_at == at(2)


def test_an_import_is_the_same_whatever_else_its_text_says():
    first, again = (Event(START, "imported", {**imported("x").fields, "raw": raw}) for raw in ("{}", '{"try": 2}'))
    assert event_id(first) == event_id(again)


def test_a_failure_whose_json_was_set_anew_is_the_same_failure():
    value = {"b": [{"d": 1e22, "c": "\u00e9/"}], "a": None}
    texts = [
        json.dumps(value),
        json.dumps(value, indent=4, sort_keys=True),
        json.dumps(value, ensure_ascii=False).replace("/", r"\/"),
    ]
    assert len(set(texts)) == 3
    assert len(fold_video([failed(text) for text in texts]).failures) == 1
    assert len(fold_video([failed(text) for text in [*texts, json.dumps({**value, "a": 0})]]).failures) == 2


@pytest.mark.parametrize("depth", [1, 10, 100, 300, 500, 900, 100_000])
@pytest.mark.parametrize("brackets", ["[", '{"a":'])
def test_every_text_has_an_id_and_always_the_same(brackets, depth):
    raw = brackets * depth + "1"
    for text in (raw, raw + ("}" if brackets[0] == "{" else "]") * depth, "9" * 5000, "\ud800"):
        assert event_id(failed(text)) == event_id(failed(text, minutes=9))
        assert event_id(failed(text)) != event_id(failed(text + " x"))


def test_what_the_index_keeps_of_an_event_has_its_id():
    name = event_id(imported("x"))
    assert event_id(Event(START, "imported", {"remote_id": "x", "id": name})) == name


@pytest.mark.parametrize(
    ("timestamps", "live"),
    [((1000,), ()), ((1000, 4000), ()), ((1000, 6000), ("x1",)), ((6000,), ("x1",))],
)
def test_an_import_after_the_takedown_brings_the_video_back_and_a_callback_repeated_does_not(timestamps, live):
    gone = Event(datetime.fromtimestamp(5, UTC), "taken_down", {"guid": "g", "remote_id": "x1"})
    events = [
        Event(datetime.fromtimestamp(9, UTC), "imported", {"guid": "g", "remote_id": "x1", "timestamp_ms": each})
        for each in timestamps
    ]
    assert fold_video([gone, *events]).live == fold_video([*events, *events, gone, gone]).live == live
