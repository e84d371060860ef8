"""The removal guard: what explains that a video left a feed, and when a person must say that it is meant."""

from datetime import UTC, datetime, timedelta

import pytest

from feeds.core.item import Item
from feeds.core.listing import Listing, Reason
from feeds.core.removals import Cause, Removals, refusal, removals

AT = datetime(2026, 11, 24, 12, tzinfo=UTC)


def item(guid):
    return Item(guid, "T", "tv", "https://cdn.nord.example/1.mp4")


def left(reason=None, **options):
    """Return why "a1" left a feed whose listing now gives this reason for it."""
    reasons = {} if reason is None else {"a1": reason}
    now = Listing((item("a2"),), reasons, ended=options.pop("ended", None))
    return removals("anna", ["a1", "a2"], now, **{"since": None, **options}).causes


@pytest.mark.parametrize(
    ("reason", "cause"),
    [
        (Reason.IMPORTED, Cause.RESULT),
        (Reason.FAILED, Cause.RESULT),
        (Reason.USER_REJECTED, Cause.RESULT),
        (Reason.USER_LEFT, Cause.RESULT),
        (Reason.USER_NOT_ADOPTED, Cause.EDIT),
        (Reason.USER_UNKNOWN, Cause.NOTHING),
        (Reason.USER_DISABLED, Cause.EDIT),
        (Reason.HELD, Cause.EDIT),
        (Reason.BEFORE_WINDOW, Cause.EDIT),
        (Reason.AFTER_WINDOW, Cause.TIME),
    ],
)
def test_each_reason_has_its_cause(reason, cause):
    assert left(reason) == {"a1": cause}


def test_a_video_that_gave_its_place_to_another_is_explained_by_that():
    now = Listing((item("a2"), item("a3")), {"a1": Reason.OVER_LIMIT})
    assert removals("anna", ["a1", "a2"], now, since=None).causes == {"a1": Cause.PLACE}


def test_a_video_that_left_because_the_limit_was_lowered_left_by_edit():
    assert left(Reason.OVER_LIMIT) == {"a1": Cause.EDIT}


def test_no_reason_was_forgotten():
    for reason in Reason:
        assert left(reason)["a1"] in Cause


def test_a_window_that_ended_before_the_last_build_was_closed_by_an_edit():
    for ended, cause in [(-1, Cause.EDIT), (0, Cause.EDIT), (1, Cause.TIME)]:
        end = {"a1": AT + timedelta(seconds=ended)}
        assert left(Reason.AFTER_WINDOW, ended=end, since=AT) == {"a1": cause}


def test_a_video_gone_from_the_catalog_left_by_edit_or_because_of_its_result():
    assert left() == {"a1": Cause.EDIT}
    assert left(explained=["a1"]) == {"a1": Cause.RESULT}


def test_a_video_gone_with_a_user_of_whom_nothing_is_known_is_unexplained():
    assert left(unknown=True) == {"a1": Cause.NOTHING}


def test_what_is_still_listed_has_no_cause():
    same = removals("anna", ["a1", "a2"], Listing((item("a2"), item("a1")), {}), since=None)
    assert same == Removals("anna", 2, {})


def edits(user, before, gone):
    return Removals(user, before, {f"{user}{number}": Cause.EDIT for number in range(gone)})


def verdict(*changes, of=1000, allowed=0):
    return refusal(changes, listed_before=of, allowed=allowed)


@pytest.mark.parametrize(
    ("before", "gone", "refused"), [(9, 9, False), (10, 3, False), (10, 4, True), (20, 6, False), (20, 7, True)]
)
def test_more_than_three_tenths_of_a_feed_of_ten_or_more_need_a_word(before, gone, refused):
    assert bool(verdict(edits("anna", before, gone))) == refused


def test_many_small_edits_add_up_over_the_network():
    nine = [edits(f"u{number}", 4, 1) for number in range(4)]
    assert verdict(*nine, of=14) is None
    assert verdict(*nine, of=13) is not None
    assert verdict(*nine, of=9) is None


def test_other_causes_need_no_word_however_many():
    for cause in (Cause.RESULT, Cause.TIME, Cause.PLACE):
        assert verdict(Removals("anna", 100, {f"a{number}": cause for number in range(100)}), of=100) is None


def test_the_message_says_how_much_would_go_and_exactly_what_to_type():
    assert verdict(edits("anna", 10, 4), edits("bo", 3, 1), of=13) == (
        "edits would take 5 listed videos out of their feeds (5 of the network's 13, 4 of 10 of anna): "
        "anna0 of anna, anna1 of anna, anna2 of anna and 2 more.\n"
        "If that is meant, say so: feeds build --allow-removals 5"
    )


def test_the_number_that_was_typed_allows_that_many_and_no_more():
    assert verdict(edits("anna", 10, 4), edits("bo", 3, 1), of=13, allowed=5) is None
    assert verdict(edits("anna", 10, 4), edits("bo", 3, 2), of=13, allowed=5) is not None


def test_one_unexplained_removal_is_too_many_whatever_was_allowed():
    assert verdict(Removals("anna", 900, {"a1": Cause.NOTHING}), allowed=1000) == (
        "1 listed video would leave their feeds, and nothing says why: a1 of anna.\n"
        "Their users were adopted when these were listed, and no result says so any more. Bring back the files\n"
        "below results/ (git checkout -- results), or the state folder's journal, and build again."
    )
