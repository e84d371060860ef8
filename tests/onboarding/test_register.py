"""The register: who the catalog and the events name, as the files say it now."""

import json
from datetime import UTC, datetime

import pytest

from feeds.core.errors import UsageError
from feeds.core.partners import Invitation, Partner, PartnerState
from feeds.onboarding.register import CatalogBroken, Register, refuse_unknown
from feeds.settings import Folders
from tests.sites import Site, adopted, imported, line


@pytest.fixture
def site(tmp_path):
    return Site(tmp_path)


@pytest.fixture
def register(site):
    return Register(Folders(site.catalog, site.state))


def states(register):
    return {user: partner.state for user, partner in register.partners().items()}


def test_partners_stand_where_results_and_journal_together_put_them(site, register):
    site.happened(adopted("anna", "bo") + imported("a1"))
    site.journal(line("left", "2026-11-22T10:00:00.000Z", user="bo", parent="x1nord"))
    site.journal(line("asked_to_join", user="cleo", parent="x1nord", username="cleo"))
    assert states(register) == {
        "anna": PartnerState.ADOPTED,
        "bo": PartnerState.LEFT,
        "cleo": PartnerState.ASKED,
    }
    assert register.partner("anna").username == "anna-name"
    assert register.partner("nobody") == Partner()


def test_what_is_appended_or_taken_away_shows_at_once(site, register):
    site.happened(adopted("anna"))
    assert states(register) == {"anna": PartnerState.ADOPTED}
    site.happened(line("rejected", "2026-11-22T10:00:00.000Z", user="anna", parent="x1nord"))
    assert states(register) == {"anna": PartnerState.REJECTED}
    site.happened("", "results/main/2026-11-20.yaml").write_text(adopted("bo"))
    assert states(register) == {"bo": PartnerState.ADOPTED}
    (site.catalog / "results/main/2026-11-20.yaml").unlink()
    assert states(register) == {}


def test_a_segment_that_is_moved_into_results_is_seen_once(site, register):
    segment = site.journal(adopted("anna"))
    assert states(register) == {"anna": PartnerState.ADOPTED}
    site.happened(segment.read_text())
    assert states(register) == {"anna": PartnerState.ADOPTED}
    segment.unlink()
    assert states(register) == {"anna": PartnerState.ADOPTED}


def test_a_line_that_a_person_has_set_differently_counts_and_one_that_only_speaks_of_a_partner_does_not(site, register):
    site.happened('- { "event" : "adopted", "parent": "x1nord", "user": "anna", "at": "2026-11-20T10:00:00Z"}\n')
    site.happened(line("unclear", raw=json.dumps({"event": "adopted"}), user="bo", parent="x1nord"))
    site.happened('- {"at": "yesterday", "event": "adopted", "user": "cleo", "parent": "x1nord"}\n')
    site.happened('- {"at": "2026-11-20T10:00:00Z", "event": "adopted", "user": "dan", "parent": "x1nord"}')  # torn
    assert list(states(register)) == ["anna"]


def test_the_catalogs_users_are_known_wherever_their_id_stands(site, register):
    site.network(users='[{"id": "eve", "username": "eve-name", "videos": []}]')
    site.user("anna", "a1", "a2")
    site.write("users/bo.yaml", "videos:\n  - {guid: b1, title: T, media: m.mp4}\nid: bo\nusername: bo-name\n")
    site.write("users/faulty.yaml", "id: cleo\nusername: [cleo]\nvideos:\n  - {guid: }\n")
    site.write("users/broken.yaml", "id: dan\nvideos:\n  - {guid: d1\n")
    site.write("users/nobody.yaml", "- just\n- a list\n")
    assert register.usernames() == {
        "anna": "anna-name", "bo": "bo-name", "cleo": "cleo", "dan": "dan", "eve": "eve-name",
    }  # fmt: skip
    site.user("fay", "f1")
    (site.catalog / "users/anna.yaml").unlink()
    assert {"fay"} == register.usernames().keys() - {"bo", "cleo", "dan", "eve"}


def test_a_catalog_that_is_edited_is_read_again_and_a_broken_one_says_so(site, register):
    assert register.network().parent_id == "x1nord"
    site.happened(adopted("anna"))
    site.network(parent_id="x1other", admins=["x2chief"])
    assert register.network().admins == ("x2chief",)
    assert states(register) == {"anna": PartnerState.ELSEWHERE}
    site.write("catalog.yaml", "network: {")
    for question in (register.network, register.partners, register.usernames):
        with pytest.raises(CatalogBroken, match=r"catalog.yaml has faults. `feeds check` lists them."):
            question()
    (site.catalog / "catalog.yaml").unlink()
    with pytest.raises(UsageError, match="can't be read"):
        register.network()


def test_what_sync_has_checked_out_is_what_counts(site, register):
    site.happened(adopted("anna"))
    checkout = Site(site.state)
    checkout.catalog.rename(site.state / "checkout")
    assert states(register) == {}


def test_invitations_are_read_with_who_used_them(site, register):
    site.journal(line("invited", invitation="k7", label="Anna", until="2026-12-08T10:00:00Z"))
    assert register.invitations() == [Invitation("k7", "Anna", datetime(2026, 12, 8, 10, tzinfo=UTC))]
    site.happened(line("adopted", user="anna", parent="x1nord", invitation="k7"))
    assert register.invitations()[0].user == "anna"


def test_a_name_that_nobody_knows_is_refused():
    refuse_unknown("anna", {"anna": 1})
    with pytest.raises(UsageError, match="'b\\\\u202eo' is nobody"):
        refuse_unknown("b\u202eo", {"anna": 1})
