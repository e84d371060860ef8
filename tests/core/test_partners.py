"""A partner's state: the latest word of the current parent account."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from feeds.core.events import Event
from feeds.core.partners import Partner, PartnerState, fold_partner

START = datetime(2026, 11, 24, 12, tzinfo=UTC)


def said(event, minutes, parent="x1nord", username="annacooks"):
    return Event(START + timedelta(minutes=minutes), event, {"user": "x2anna", "username": username, "parent": parent})


@pytest.mark.parametrize(
    ("event", "state"),
    [("adopted", PartnerState.ADOPTED), ("rejected", PartnerState.REJECTED), ("left", PartnerState.LEFT)],
)
def test_the_latest_event_of_the_current_parent_decides_in_any_order(event, state):
    happened = [said("adopted", 0), said("rejected", 1), said("left", 2), said(event, 3)]
    for order in permutations(happened):
        assert fold_partner([*order, *order], "x1nord") == Partner(state, "annacooks")


def test_a_former_parents_word_counts_for_nothing():
    happened = [said("adopted", 0), said("left", 9, parent="x1former")]
    assert fold_partner(happened, "x1nord").state is PartnerState.ADOPTED


def test_an_account_that_only_another_parent_adopted_is_not_ours():
    assert fold_partner([said("adopted", 0, parent="x1former")], "x1nord") == Partner(PartnerState.ELSEWHERE)
    assert fold_partner([Event(START, "adopted", {"user": "x2anna"})], "x1nord") == Partner(PartnerState.ELSEWHERE)


def test_without_a_partner_event_the_account_is_unknown():
    assert fold_partner([], "x1nord") == Partner()
    assert fold_partner([Event(START, "imported", {"parent": "x1nord"})], "x1nord") == Partner(PartnerState.UNKNOWN)


def test_of_two_words_at_one_moment_the_same_one_always_wins():
    happened = [said("rejected", 0), said("adopted", 0), said("left", 0)]
    assert len({fold_partner(order, "x1nord") for order in permutations(happened)}) == 1
    names = [said("adopted", 0, username="anna"), said("adopted", 0, username="annacooks")]
    assert len({fold_partner(order, "x1nord") for order in permutations(names)}) == 1


def test_the_username_is_the_latest_that_was_told():
    happened = [said("adopted", 0, username="anna"), said("adopted", 1, username="annacooks")]
    assert fold_partner(happened, "x1nord").username == "annacooks"


@pytest.mark.parametrize("username", ["", " ", "a\x0b", "\ud800", "\ufffe", 7])
def test_a_username_that_no_feed_could_show_is_none(username):
    assert fold_partner([said("adopted", 0, username=username)], "x1nord") == Partner(PartnerState.ADOPTED)
