"""Contacts are kept for those who decide, for no longer than needed, and nowhere else."""

import os
import stat
from datetime import UTC, datetime, timedelta

import pytest

from feeds.core.errors import StorageError
from feeds.onboarding.waiting import Contact, Waiting

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
ANNA = Contact("x2anna", "anna@mail.example", NOW)


def test_a_contact_is_kept_replaced_and_forgotten(tmp_path):
    waiting = Waiting(tmp_path)
    waiting.keep(ANNA)
    waiting.keep(Contact("x2anna", "a@other.example", NOW))
    assert Waiting(tmp_path).contacts({"x2anna"}, NOW) == {"x2anna": Contact("x2anna", "a@other.example", NOW)}
    waiting.forget("x2anna")
    waiting.forget("x2nobody")
    assert waiting.contacts({"x2anna"}, NOW) == {}
    assert list((tmp_path / "waiting").iterdir()) == []


def test_it_goes_after_thirty_days_and_with_whoever_waits_no_longer(tmp_path):
    waiting = Waiting(tmp_path)
    waiting.keep(ANNA)
    waiting.keep(Contact("x2bo", "bo@mail.example", NOW))
    assert waiting.contacts({"x2anna"}, NOW + timedelta(days=30)) == {"x2anna": ANNA}
    assert [path.name for path in (tmp_path / "waiting").iterdir()] == ["x2anna.json"]
    assert waiting.contacts({"x2anna"}, NOW + timedelta(days=30, seconds=1)) == {}
    assert list((tmp_path / "waiting").iterdir()) == []


def test_nobody_but_the_apps_own_user_can_look_into_the_folder(tmp_path):
    Waiting(tmp_path).keep(ANNA)
    assert stat.S_IMODE((tmp_path / "waiting").stat().st_mode) == 0o700


@pytest.mark.parametrize("email", ["", "anna", "@mail.example", "anna@", "a b@c", "a@b\n", "a" * 250 + "@b.example"])
def test_what_is_no_address_is_not_kept(tmp_path, email):
    Waiting(tmp_path).keep(Contact("x2anna", email, NOW))
    assert not (tmp_path / "waiting").exists()


@pytest.mark.parametrize("user", ["../x2anna", "", "a/b", "x2anna\x00"])
def test_an_id_that_would_lead_elsewhere_is_not_kept(tmp_path, user):
    waiting = Waiting(tmp_path / "state")
    waiting.keep(Contact(user, "anna@mail.example", NOW))
    waiting.forget(user)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["", "{", "[]", '{"email": 1, "at": "2026-11-24T12:00:00Z"}', '{"email": "a@b"}'])
def test_a_file_that_is_no_contact_goes(tmp_path, text):
    (tmp_path / "waiting").mkdir()
    (tmp_path / "waiting" / "x2anna.json").write_text(text)
    assert Waiting(tmp_path).contacts({"x2anna"}, NOW) == {}
    assert list((tmp_path / "waiting").iterdir()) == []


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path):
    (tmp_path / "waiting").write_text("in the way")
    with pytest.raises(StorageError, match="waiting can't be made"):
        Waiting(tmp_path).keep(ANNA)


def test_what_is_too_old_is_swept_away_though_nobody_looks(tmp_path):
    waiting = Waiting(tmp_path)
    waiting.keep(ANNA)
    waiting.keep(Contact("x2bo", "bo@mail.example", NOW + timedelta(days=1)))
    (tmp_path / "waiting" / "x2cut.json").write_text("{")
    half = tmp_path / "waiting" / ".x2dan.json.0000.tmp"
    half.write_text('{"email": "dan@mail.example"')
    os.utime(half, (NOW.timestamp(), NOW.timestamp()))
    waiting.sweep(NOW + timedelta(days=30))
    assert {path.name for path in (tmp_path / "waiting").iterdir()} == {"x2anna.json", "x2bo.json", half.name}
    waiting.sweep(NOW + timedelta(days=30, seconds=1))
    assert [path.name for path in (tmp_path / "waiting").iterdir()] == ["x2bo.json"]
    Waiting(tmp_path / "nowhere").sweep(NOW)


def test_a_contact_that_comes_while_those_who_wait_are_counted_stays(tmp_path):
    waiting = Waiting(tmp_path)
    waiting.keep(ANNA)
    assert waiting.contacts(set(), NOW + timedelta(seconds=30)) == {}
    assert waiting.contacts({"x2anna"}, NOW + timedelta(seconds=31)) == {"x2anna": ANNA}
    assert waiting.contacts(set(), NOW + timedelta(seconds=61)) == {}
    assert waiting.contacts({"x2anna"}, NOW + timedelta(seconds=62)) == {}
