"""The parent's own login: where it comes from, whose it must be, and that it is renewed once."""

import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from feeds.dailymotion import oauth
from feeds.dailymotion.errors import Expired, Refused
from feeds.dailymotion.parent import WrongAccount, keep, kept_login, parent_client
from feeds.dailymotion.values import PARENT_SCOPES, Credentials, Token
from tests.stand_in import PARENT

PASSWORD = Credentials("nordclips", "sandbox-nordclips")
NOBODY = Credentials()


class Memory:
    """Keeps a login as a file would, and lets one renew it at a time."""

    def __init__(self):
        self.login, self.writes, self._lock = None, 0, threading.Lock()

    def read(self):
        return self.login

    def write(self, login):
        self.login, self.writes = login, self.writes + 1

    @contextmanager
    def held(self):
        with self._lock:
            yield


@pytest.fixture
def kept(sandbox):
    """Return a memory with the parent's login."""
    kept = Memory()
    settings = sandbox.settings()
    keep(settings, oauth.by_password(settings, "nordclips", "sandbox-nordclips", scopes=PARENT_SCOPES), kept)
    return kept


def parent(sandbox, credentials=NOBODY, kept=None, *, now=None, **options):
    settings = sandbox.settings(**options.pop("settings", {}))
    return parent_client(settings, credentials, kept, now=now or datetime.now(UTC), **options)


def test_a_kept_login_is_used_and_needs_no_password(sandbox, kept):
    with parent(sandbox, PASSWORD, kept, parent_id=PARENT) as client:
        assert client.who_am_i().id == PARENT
    assert len(sandbox.calls("POST")) == 1  # when it was made


def test_a_password_logs_in_where_none_is_kept(sandbox):
    with parent(sandbox, PASSWORD, Memory(), parent_id=PARENT) as client:
        assert client.who_am_i().scopes == set(PARENT_SCOPES)


def test_an_application_has_no_account_to_be_checked(sandbox):
    with parent(sandbox, Credentials(as_application=True), None, parent_id=PARENT, settings={"key": "sandbox-private"}):
        pass


def test_without_any_login_it_says_what_to_do(sandbox):
    with pytest.raises(Expired) as refused:
        parent(sandbox, kept=Memory())
    assert str(refused.value) == (
        "Nobody is logged in with the parent account. Log in with `feeds login`; on a server set "
        "FEEDS_DAILYMOTION_USERNAME and FEEDS_DAILYMOTION_PASSWORD_FILE."
    )


def test_the_login_of_another_account_is_refused(sandbox):
    with pytest.raises(WrongAccount, match=r"This login is of cafecourts \(x2cafec0\), and network\.parent_id"):
        parent(sandbox, Credentials("cafecourts", "sandbox-cafecourts"), parent_id=PARENT)


def test_a_login_made_elsewhere_or_with_another_key_is_never_sent(sandbox, kept):
    for changed in ({"token": "https://api.dailymotion.com/oauth/token"}, {"key": "another"}):
        assert kept_login(sandbox.settings(**changed), kept) is None


@pytest.mark.parametrize("login", [None, {}, {"access_token": 5}])
def test_a_file_without_a_login_in_it_counts_as_none(sandbox, kept, login):
    kept.login["login"] = login or {}
    assert kept_login(sandbox.settings(), kept) is None


def test_a_login_that_ends_soon_is_renewed_before_and_kept(sandbox, kept):
    first = kept_login(sandbox.settings(), kept)
    with parent(sandbox, kept=kept, now=first.expires_at - timedelta(seconds=59)) as client:
        second = kept_login(sandbox.settings(), kept)
        assert (second.access_token, second.refresh_token) != (first.access_token, first.refresh_token)
        assert client.who_am_i().id == PARENT
    with parent(sandbox, kept=kept, now=first.expires_at - timedelta(seconds=61)):
        assert kept_login(sandbox.settings(), kept) == second


def test_a_login_that_dailymotion_ends_early_is_renewed_once_and_kept(sandbox, kept):
    with parent(sandbox, kept=kept) as client:
        sandbox.fault("expired-token", path="/auth")
        assert client.who_am_i().id == PARENT
        assert client.who_am_i().id == PARENT
    assert kept.writes == 2
    assert sandbox.calls("POST") == ["/oauth/token"] * 2


def test_two_commands_renew_one_login_once(sandbox, kept):
    first, second = parent(sandbox, kept=kept), parent(sandbox, kept=kept)
    with first, second:
        token = kept_login(sandbox.settings(), kept)
        sandbox.world.tokens.pop(token.access_token)
        told, threads = [], []
        for client in (first, second):
            threads.append(threading.Thread(target=lambda client=client: told.append(client.who_am_i().id)))
            threads[-1].start()
        for thread in threads:
            thread.join()
    assert told == [PARENT, PARENT]
    assert kept.writes == 2
    assert sandbox.calls("POST") == ["/oauth/token"] * 2


def test_a_login_that_can_no_longer_be_renewed_says_so(sandbox, kept):
    sandbox.world.sessions.clear()
    with parent(sandbox, kept=kept) as client, pytest.raises(Expired, match=r"Do it with `feeds login`\.$"):
        client.who_am_i()


def test_a_login_that_was_given_up_meanwhile_is_not_renewed(sandbox, kept):
    with parent(sandbox, kept=kept) as client:
        sandbox.world.tokens.clear()
        kept.login = None
        with pytest.raises(Expired, match="given up meanwhile"):
            client.who_am_i()


def test_a_login_without_renewal_is_used_to_its_end(sandbox):
    kept = Memory()
    keep(sandbox.settings(), Token("x", frozenset(), expires_at=datetime(2026, 1, 1, tzinfo=UTC)), kept)
    with parent(sandbox, kept=kept) as client, pytest.raises(Expired):
        client.who_am_i()


def test_a_wrong_key_is_told_apart_from_a_wrong_password(sandbox):
    with pytest.raises(Refused):
        parent(sandbox, PASSWORD, settings={"secret": "no"})
    with pytest.raises(Expired):
        parent(sandbox, Credentials("nordclips", "no"))
