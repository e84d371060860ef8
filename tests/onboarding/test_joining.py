"""Who may join does so once and on record; who may not is told so, and nothing happens at Dailymotion."""

import errno
import os
import threading
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import timedelta

import pytest

from feeds.core.errors import StorageError
from feeds.core.partners import Invitation, PartnerState, Welcome
from feeds.dailymotion.errors import Broken
from feeds.dailymotion.values import PARTNER_SCOPES
from feeds.formats import results_yaml
from feeds.onboarding.deciding import Deciding
from feeds.onboarding.invitations import invite
from feeds.onboarding.joining import CannotJoin, InvitationSpent, Joining, NotAgreed
from feeds.onboarding.parent_check import NotChecked, ParentCheck, note
from feeds.onboarding.turns import turn
from feeds.storage.journal import Journal
from tests.onboarding.conftest import CAFE, NOW, PARENT, STRAY
from tests.sites import line


def test_who_is_in_the_catalog_is_adopted_at_once_and_recorded_with_what_was_granted(network):
    network.site.user(CAFE, "c1")
    assert network.join(CAFE) is Welcome.ADOPT
    assert network.is_child(CAFE)
    [event] = network.site.journalled()
    assert event == {
        "at": "2026-11-24T12:01:00.000Z",
        "event": "adopted",
        "user": CAFE,
        "username": "cafecourts",
        "parent": PARENT,
        "scopes": sorted(PARTNER_SCOPES),
    }
    assert network.state(CAFE) is PartnerState.ADOPTED


def test_who_is_unknown_asks_and_is_adopted_after_an_approval_by_connecting_once_more(network):
    assert network.join(STRAY) is Welcome.ASK
    assert network.join(STRAY) is Welcome.ASK
    assert network.events() == [("asked_to_join", STRAY)]
    assert not network.is_child(STRAY)
    network.decide("approve", STRAY)
    assert network.join(STRAY) is Welcome.ADOPT
    assert network.is_child(STRAY)
    assert network.events()[1:] == [("approved", STRAY), ("adopted", STRAY)]


def test_who_was_refused_or_rejected_is_not_adopted_though_the_catalog_lists_them(network):
    network.site.user(CAFE, "c1")
    network.join(CAFE)
    network.reject(CAFE)
    assert not network.is_child(CAFE)
    assert network.join(CAFE) is Welcome.REFUSE
    network.decide("approve", CAFE)
    network.decide("refuse", CAFE)
    assert network.join(CAFE) is Welcome.REFUSE
    assert not network.is_child(CAFE)
    assert network.events()[-1] == ("refused", CAFE)


def test_an_e_mail_address_is_kept_in_the_state_folder_alone_until_the_decision(network):
    network.join(STRAY)
    assert network.joining.waiting.contacts({STRAY}, NOW)[STRAY].email == "strayfilms@sandbox.example"
    assert "sandbox.example" not in str(network.site.journalled())
    network.decide("refuse", STRAY)
    assert not list((network.site.state / "waiting").iterdir())


def test_an_e_mail_address_goes_with_the_adoption_too(network):
    network.join(CAFE)
    network.site.user(CAFE, "c1")
    assert network.join(CAFE) is Welcome.ADOPT
    assert not list((network.site.state / "waiting").iterdir())


def test_an_invitation_adopts_its_bearer_once_and_nobody_else(network):
    invitation, _ = invite("Anna, contract 881", days=14, by=PARENT, now=NOW)
    assert network.join(STRAY, invitation=invitation) is Welcome.ADOPT
    assert network.site.journalled()[0]["invitation"] == invitation.id
    with pytest.raises(InvitationSpent, match="used by another account"):
        network.join(CAFE, invitation=invitation)
    assert not network.is_child(CAFE)
    assert network.join(STRAY, invitation=invitation) is Welcome.ADOPT


def test_whoever_was_rejected_does_not_come_back_by_the_invitation_that_brought_them(network):
    invitation, _ = invite("Anna, contract 881", days=14, by=PARENT, now=NOW)
    network.join(STRAY, invitation=invitation)
    network.reject(STRAY)
    with pytest.raises(InvitationSpent, match="This invitation has been used"):
        network.join(STRAY, invitation=invitation)
    assert not network.is_child(STRAY)
    newer, _ = invite("Anna, contract 882", days=14, by=PARENT, now=network.later())
    assert network.join(STRAY, invitation=newer) is Welcome.ADOPT


@pytest.mark.parametrize("decision", ["refuse", "reject"])
def test_a_no_outdoes_an_invitation_made_before_it_and_not_one_made_since(network, decision):
    older, event = invite("Anna", days=14, by=PARENT, now=network.later())
    network.journal.append(results_yaml.render(event))
    network.site.user(STRAY)
    network.join(STRAY)
    if decision == "refuse":
        network.reject(STRAY)
        network.decide("approve", STRAY)
        network.decide("refuse", STRAY)
    else:
        network.reject(STRAY)
    with pytest.raises(InvitationSpent, match="has decided about this account since"):
        network.join(STRAY, invitation=older)
    assert not network.is_child(STRAY)
    newer, event = invite("Anna, once more", days=14, by=PARENT, now=network.later())
    network.journal.append(results_yaml.render(event))
    assert network.join(STRAY, invitation=newer) is Welcome.ADOPT


def test_an_invitation_that_is_over_adopts_nobody(network):
    invitation = Invitation("k7", "Anna", NOW + timedelta(minutes=1))
    with pytest.raises(InvitationSpent, match="is over"):
        network.join(STRAY, invitation=invitation)
    assert not network.is_child(STRAY)


def test_of_two_who_bear_one_invitation_at_the_same_moment_one_is_adopted(network):
    invitation, _ = invite("Anna", days=14, by=PARENT, now=NOW)
    network.fault("slow method=POST path=/me/parents/* seconds=0.3 count=2")
    spent = []

    def join(user_id):
        try:
            network.join(user_id, invitation=invitation)
        except InvitationSpent:
            spent.append(user_id)

    bearers = [threading.Thread(target=join, args=(user_id,)) for user_id in (CAFE, STRAY)]
    for bearer in bearers:
        bearer.start()
    for bearer in bearers:
        bearer.join()
    assert len(spent) == 1
    assert [user for user in (CAFE, STRAY) if network.is_child(user)] == [{CAFE: STRAY, STRAY: CAFE}[spent[0]]]


def test_the_parent_account_itself_cannot_join(network):
    network.site.user(PARENT)
    with pytest.raises(CannotJoin, match="own parent account"):
        network.join(PARENT)
    assert network.calls("POST") == ["/oauth/token"]


def test_a_name_is_one_short_line_whatever_dailymotion_tells(network):
    holder = network.world.accounts[STRAY]
    holder.screenname = "Stray\u202e\r\nBcc: all@nord.example\x00" + "x" * 5000
    account, _, _ = network.login(STRAY)
    assert account.screenname == ("Stray Bcc: all@nord.example " + "x" * 5000)[: len(account.screenname)]
    assert len(account.screenname) <= 120
    holder.screenname = "\u202e\u2066"
    assert network.login(STRAY)[0].screenname == "strayfilms"


def test_nobody_is_adopted_before_a_person_has_confirmed_the_parent(network):
    network.site.user(CAFE, "c1")
    (network.site.state / "parent.json").unlink()
    with pytest.raises(NotChecked, match="Run `feeds doctor`"):
        network.join(CAFE)
    note(network.site.state, ParentCheck(PARENT, "Nordclips", NOW, "http://127.0.0.1:1"))
    with pytest.raises(NotChecked, match=r"at http://127[.]0[.]0[.]1:[0-9]+, that x1nord"):
        network.join(CAFE)
    network.site.network(parent_id="x1typo")
    with pytest.raises(NotChecked, match="x1typo"):
        network.join(CAFE)
    assert not network.is_child(CAFE)
    assert network.events() == []
    assert network.join(STRAY) is Welcome.ASK


@pytest.mark.parametrize("lacking", PARTNER_SCOPES)
def test_nobody_is_adopted_without_each_of_the_four_rights(network, lacking):
    network.site.user(CAFE, "c1")
    with pytest.raises(CannotJoin, match=lacking):
        network.join(CAFE, scopes=[scope for scope in PARTNER_SCOPES if scope != lacking])
    assert network.calls("POST") == ["/oauth/token"]
    assert network.events() == []


def test_an_account_that_did_not_show_its_e_mail_can_ask_all_the_same(network):
    assert network.join(STRAY, scopes=("userinfo",)) is Welcome.ASK
    assert network.joining.waiting.contacts({STRAY}, NOW) == {}


def test_an_adoption_whose_answer_was_lost_is_recorded_and_not_asked_for_twice(network):
    network.site.user(CAFE, "c1")
    network.fault("drop-after method=POST path=/me/parents/*")
    assert network.join(CAFE) is Welcome.ADOPT
    assert network.calls("POST").count(f"/me/parents/{PARENT}") == 1
    assert network.events() == [("adopted", CAFE)]


def test_an_adoption_that_failed_is_not_recorded(network):
    network.site.user(CAFE, "c1")
    network.fault("server-error method=POST path=/me/parents/*")
    with pytest.raises(Broken, match="was not done"):
        network.join(CAFE)
    assert network.events() == []


def test_nobody_is_adopted_when_it_could_not_be_recorded(network):
    network.site.user(CAFE, "c1")
    network.site.write("../state/journal", "no folder")
    with pytest.raises(StorageError):
        network.join(CAFE)
    assert not network.is_child(CAFE)


class FailingDisk:
    """A disk that fails at will."""

    fails = False

    def __getattr__(self, name):
        if self.fails:
            raise OSError(errno.EIO, "Input/output error")
        return getattr(os, name)


def test_an_adoption_or_rejection_that_is_done_and_not_on_record_says_so_and_can_be_repeated(network):
    network.site.user(CAFE, "c1")
    account, client, token = network.login(CAFE)
    parent, disk = network.parent(), FailingDisk()
    network.journal = Journal(network.site.state / "journal", disk=disk)
    network.joining = Joining(network.folders, network.register, network.journal, api=network.settings.api)
    network.deciding = Deciding(network.folders, network.register, network.journal)

    class DiskFailsSince:
        def adopt(self, parent_id):
            client.adopt(parent_id)
            disk.fails = True

        def reject(self, user_id, *, parent_id):
            parent.reject(user_id, parent_id=parent_id)
            disk.fails = True

    with pytest.raises(
        StorageError, match=r"cafecourts \(x2cafec0\) is adopted at Dailymotion, but it is not on record"
    ):
        network.joining.join(account, DiskFailsSince(), token, now=network.later())
    disk.fails = False
    assert network.events() == []
    assert network.join(CAFE) is Welcome.ADOPT
    with pytest.raises(
        StorageError, match=r"cafecourts \(x2cafec0\) is rejected at Dailymotion, but it is not on record"
    ):
        network.deciding.reject(CAFE, DiskFailsSince(), by=PARENT, why="ended", now=network.later())
    disk.fails = False
    network.reject(CAFE)
    assert network.events() == [("adopted", CAFE), ("rejected", CAFE)]


def test_joining_again_brings_back_a_record_that_was_lost(network):
    network.site.user(CAFE, "c1")
    network.join(CAFE)
    for segment in (network.site.state / "journal").iterdir():
        segment.unlink()
    assert network.state(CAFE) is PartnerState.UNKNOWN
    assert network.join(CAFE) is Welcome.ADOPT
    assert network.state(CAFE) is PartnerState.ADOPTED


def test_a_yes_is_held_against_what_is_done_and_not_against_what_was_there_before_the_turn(network):
    account, client, token = network.login(STRAY)
    agreed = network.joining.consent(account, None, NOW)
    with ThreadPoolExecutor() as threads:
        with turn(network.site.state, STRAY):
            joining = threads.submit(network.joining.join, account, client, token, now=network.later(), agreed=agreed)
            network.site.journal(line("approved", "2026-11-24T12:00:30.000Z", user=STRAY, parent=PARENT, by="x"))
        with pytest.raises(NotAgreed):
            joining.result()
    assert not network.is_child(STRAY)
    agreed = network.joining.consent(account, None, NOW)
    assert network.joining.join(account, client, token, now=network.later(), agreed=agreed) is Welcome.ADOPT


def test_an_account_is_not_rejected_in_the_middle_of_its_adoption(network):
    network.site.user(CAFE, "c1")
    network.join(CAFE)
    account, client, token = network.login(CAFE)
    with ThreadPoolExecutor() as threads:
        rejecting = []

        class Meanwhile:
            def adopt(self, parent_id):
                rejecting.append(threads.submit(network.reject, CAFE))
                wait(rejecting, timeout=0.3)  # were there no turns, it would come to its end now
                client.adopt(parent_id)

        network.joining.join(account, Meanwhile(), token, now=network.later())
        rejecting[0].result()
    assert [event for event, _ in network.events()] == ["adopted", "adopted", "rejected"]
    assert network.state(CAFE) is PartnerState.REJECTED
    assert not network.is_child(CAFE)


def test_what_answers_an_event_comes_after_it_whatever_the_clocks_say(network):
    network.site.user(CAFE, "c1")
    network.site.journal(line("rejected", "2026-11-24T13:00:00.000Z", user=CAFE, parent=PARENT, by="x"))
    network.site.journal(line("approved", "2026-11-24T13:00:00.001Z", user=CAFE, parent=PARENT, by="x"))
    assert network.join(CAFE) is Welcome.ADOPT
    assert network.state(CAFE) is PartnerState.ADOPTED
    network.reject(CAFE)
    assert network.state(CAFE) is PartnerState.REJECTED
    assert [event["at"] for event in network.site.journalled()][2:] == [
        "2026-11-24T13:00:00.002Z", "2026-11-24T13:00:00.003Z",
    ]  # fmt: skip
