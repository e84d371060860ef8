"""Decisions are recorded with who and why, where they make sense; a rejection is done at Dailymotion first."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from feeds.core.errors import UsageError
from feeds.core.partners import PartnerState
from feeds.dailymotion.errors import Broken
from feeds.onboarding.deciding import Changed, Deciding
from feeds.onboarding.register import Register
from feeds.storage.journal import Journal
from tests.onboarding.conftest import CAFE, PARENT, STRAY


def test_a_decision_says_who_made_it_and_why(network):
    network.join(STRAY)
    network.decide("approve", STRAY, why="contract signed")
    assert network.site.journalled()[-1] == {
        "at": "2026-11-24T12:02:00.000Z", "event": "approved", "user": STRAY, "username": "strayfilms",
        "parent": PARENT, "by": PARENT, "why": "contract signed",
    }  # fmt: skip
    partner = network.register.partner(STRAY)
    assert (partner.state, partner.by, partner.why) == (PartnerState.APPROVED, PARENT, "contract signed")


def test_a_user_of_the_catalog_may_be_refused_before_they_ever_come(network):
    network.site.user(CAFE, "c1")
    network.decide("refuse", CAFE)
    assert network.state(CAFE) is PartnerState.REFUSED


def test_a_rejection_ends_the_adoption_at_dailymotion_and_writes_to_its_holder(network):
    network.site.user(CAFE, "c1")
    network.join(CAFE)
    network.reject(CAFE)
    assert not network.is_child(CAFE)
    assert network.events() == [("adopted", CAFE), ("rejected", CAFE)]
    assert [mail.account for mail in network.world.mails] == [CAFE, CAFE]


def test_a_rejection_that_failed_is_not_recorded_and_one_whose_answer_was_lost_is(network):
    network.site.user(CAFE, "c1")
    network.join(CAFE)
    network.fault("server-error method=DELETE path=*")
    with pytest.raises(Broken, match="was not done"):
        network.reject(CAFE)
    assert network.events() == [("adopted", CAFE)]
    network.fault("drop-after method=DELETE path=*")
    network.reject(CAFE)
    assert network.events() == [("adopted", CAFE), ("rejected", CAFE)]


@pytest.mark.parametrize(
    ("done", "decision", "says"),
    [
        (["join"], "approve", "is adopted"),
        (["join"], "refuse", "is adopted: `feeds partners reject` ends that"),
        (["join", "reject"], "reject", "is rejected already"),
        (["approve"], "approve", "is approved already"),
        (["refuse"], "refuse", "is refused already"),
        ([], "reject", "was never adopted"),
    ],
)
def test_a_decision_that_makes_no_sense_is_refused_with_where_the_partner_stands(network, done, decision, says):
    network.site.user(CAFE, "c1")

    def do(what):
        if what == "join":
            network.join(CAFE)
        elif what == "reject":
            network.reject(CAFE)
        else:
            network.decide(what, CAFE)

    for what in done:
        do(what)
    before = network.events()
    with pytest.raises(UsageError, match=says):
        do(decision)
    assert network.events() == before


def test_nobody_decides_about_somebody_whom_nothing_names(network):
    with pytest.raises(UsageError, match="'x2typo' is nobody"):
        network.decide("approve", "x2typo")


@pytest.mark.parametrize(
    ("why", "says"),
    [("wrote from anna@nord.example", "no e-mail address"), ("yes\n- {", "in one line"), ("a\u202eb", "in one line")],
)
def test_a_reason_that_cannot_stand_in_git_is_refused_wherever_it_was_typed(network, why, says):
    network.site.user("x2cafec0", "c1")
    network.join("x2cafec0")
    network.join(STRAY)
    before = network.events()
    for decision, user_id in (("approve", STRAY), ("refuse", STRAY)):
        with pytest.raises(UsageError, match=says):
            network.decide(decision, user_id, why=why)
    with pytest.raises(UsageError, match=says):
        network.deciding.reject("x2cafec0", network.parent(), by=PARENT, why=why, now=network.later())
    with pytest.raises(UsageError, match=says):
        network.deciding.record("left", STRAY, username=None, by=PARENT, why=why, now=network.later())
    assert network.events() == before
    assert network.is_child("x2cafec0")


def test_a_decision_about_what_has_changed_since_it_was_seen_is_refused(network):
    network.join(STRAY)
    network.decide("approve", STRAY)
    with pytest.raises(Changed, match="is in another state than you have seen: approved"):
        network.deciding.refuse(STRAY, by=PARENT, why="no", now=network.later(), seen=PartnerState.ASKED)
    network.deciding.refuse(STRAY, by=PARENT, why="no", now=network.later(), seen=PartnerState.APPROVED)
    assert network.state(STRAY) is PartnerState.REFUSED


def test_of_many_who_decide_at_once_one_does(network):
    network.join(STRAY)
    start, moment = threading.Barrier(8), network.later()

    def decide(number):
        other = Deciding(network.folders, Register(network.folders), Journal(network.site.state / "journal"))
        start.wait()
        try:
            what = other.approve if number % 2 else other.refuse
            what(STRAY, by=f"x{number}", why="mine", now=moment, seen=PartnerState.ASKED)
        except UsageError:
            return 0
        return 1

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(decide, range(8))) == 1
    assert len(network.events()) == 2


def test_an_old_contact_goes_when_somebody_else_joins(network):
    network.join(STRAY)
    network.now += timedelta(days=31)
    network.join("x2openmo")
    assert [path.stem for path in (network.site.state / "waiting").iterdir()] == ["x2openmo"]
