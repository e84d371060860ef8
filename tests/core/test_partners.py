"""A partner's state: the latest word of the current parent account."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from feeds.core.events import Event
from feeds.core.partners import (
    Invitation,
    Partner,
    PartnerState,
    Welcome,
    fold_invitations,
    fold_partner,
    welcome,
)

START = datetime(2026, 11, 24, 12, tzinfo=UTC)


def said(event, minutes, parent="x1nord", username="annacooks", **more):
    fields = {"user": "x2anna", "username": username, "parent": parent, **more}
    return Event(START + timedelta(minutes=minutes), event, fields)


def state_after(*events):
    """Return the state after these events, a minute apart, which is the same in whatever order they arrive."""
    happened = [said(event, minutes) for minutes, event in enumerate(events)]
    states = {fold_partner([*order, *order], "x1nord").state for order in permutations(happened)}
    assert len(states) == 1
    return states.pop()


@pytest.mark.parametrize(
    ("event", "state"),
    [("adopted", PartnerState.ADOPTED), ("rejected", PartnerState.REJECTED), ("left", PartnerState.LEFT)],
)
def test_the_latest_event_of_the_current_parent_decides_in_any_order(event, state):
    happened = [said("adopted", 0), said("rejected", 1), said("left", 2), said(event, 3)]
    for order in permutations(happened):
        assert fold_partner([*order, *order], "x1nord") == Partner(state, "annacooks", happened[-1].at, was_child=True)


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
    assert fold_partner([said("adopted", 0, username=username)], "x1nord") == Partner(
        PartnerState.ADOPTED, None, START, was_child=True
    )
    before = said("asked_to_join", -1, username="annacooks")
    assert fold_partner([before, said("adopted", 0, username=username)], "x1nord").username == "annacooks"


@pytest.mark.parametrize(
    ("events", "state"),
    [
        (["asked_to_join"], PartnerState.ASKED),
        (["asked_to_join", "approved"], PartnerState.APPROVED),
        (["asked_to_join", "refused"], PartnerState.REFUSED),
        (["asked_to_join", "refused", "asked_to_join"], PartnerState.ASKED),
        (["asked_to_join", "approved", "asked_to_join"], PartnerState.APPROVED),
        (["asked_to_join", "refused", "approved"], PartnerState.APPROVED),
        (["asked_to_join", "approved", "refused"], PartnerState.REFUSED),
        (["approved", "adopted"], PartnerState.ADOPTED),
        (["adopted", "asked_to_join"], PartnerState.ADOPTED),
        (["adopted", "refused", "asked_to_join"], PartnerState.ADOPTED),
        (["adopted", "rejected", "asked_to_join"], PartnerState.ASKED),
        (["approved", "adopted", "left"], PartnerState.LEFT),
        (["approved", "adopted", "rejected"], PartnerState.REJECTED),
        (["adopted", "rejected", "approved"], PartnerState.APPROVED),
        (["adopted", "rejected", "approved", "adopted"], PartnerState.ADOPTED),
    ],
)
def test_a_partner_stands_where_the_latest_decision_has_put_them(events, state):
    assert state_after(*events) is state


def test_who_asks_twice_has_asked_since_the_first_time_and_a_decision_names_who_made_it():
    asked = fold_partner([said("asked_to_join", 5), said("asked_to_join", 1)], "x1nord")
    assert asked == Partner(PartnerState.ASKED, "annacooks", START + timedelta(minutes=1))
    refused = said("refused", 7, by="x1nord", why="no contract")
    assert fold_partner([said("asked_to_join", 1), refused], "x1nord") == Partner(
        PartnerState.REFUSED, "annacooks", refused.at, "x1nord", "no contract"
    )


def test_an_approval_by_a_former_parent_approves_nobody():
    assert fold_partner([said("approved", 0, parent="x1former")], "x1nord").state is PartnerState.ELSEWHERE


@pytest.mark.parametrize(
    ("state", "listed", "invited", "expected"),
    [
        (PartnerState.UNKNOWN, True, False, Welcome.ADOPT),
        (PartnerState.UNKNOWN, False, False, Welcome.ASK),
        (PartnerState.UNKNOWN, False, True, Welcome.ADOPT),
        (PartnerState.ELSEWHERE, False, False, Welcome.ASK),
        (PartnerState.ASKED, False, False, Welcome.ASK),
        (PartnerState.ASKED, True, False, Welcome.ADOPT),
        (PartnerState.APPROVED, False, False, Welcome.ADOPT),
        (PartnerState.ADOPTED, False, False, Welcome.ADOPT),
        (PartnerState.LEFT, False, False, Welcome.ASK),
        (PartnerState.LEFT, True, False, Welcome.ADOPT),
        (PartnerState.REFUSED, True, False, Welcome.REFUSE),
        (PartnerState.REFUSED, False, True, Welcome.ADOPT),
        (PartnerState.REJECTED, True, False, Welcome.REFUSE),
        (PartnerState.REJECTED, True, True, Welcome.ADOPT),
    ],
)
def test_whom_the_network_knows_is_adopted_and_whom_it_turned_away_needs_a_new_word(state, listed, invited, expected):
    assert welcome(state, listed=listed, invited=invited) is expected


def test_it_is_known_who_was_a_child_of_this_parent_before():
    for events in (["asked_to_join"], ["approved"], ["asked_to_join", "refused"]):
        assert not fold_partner([said(event, 0) for event in events], "x1nord").was_child
    for events in (["adopted"], ["adopted", "rejected"], ["left", "asked_to_join"], ["rejected", "refused"]):
        assert fold_partner([said(event, 0) for event in events], "x1nord").was_child
        assert not fold_partner([said(event, 0, parent="x1former") for event in events], "x1nord").was_child


def test_an_invitation_is_used_by_the_first_adoption_that_names_it():
    made = Event(START, "invited", {"invitation": "k7", "label": "Anna", "until": "2026-12-08T12:00:00Z"})
    until = datetime(2026, 12, 8, 12, tzinfo=UTC)
    assert fold_invitations([made, made]) == [Invitation("k7", "Anna", until)]
    used = [said("adopted", 2, invitation="k7"), Event(START, "adopted", {"user": "x2bo", "invitation": "k7"})]
    for order in permutations([made, *used]):
        assert fold_invitations(order) == [Invitation("k7", "Anna", until, "x2bo")]


@pytest.mark.parametrize("until", [None, "", "soon", "2026-12-08", 7])
def test_an_invitation_without_an_end_is_none(until):
    assert fold_invitations([Event(START, "invited", {"invitation": "k7", "label": "Anna", "until": until})]) == []
