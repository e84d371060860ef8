"""Logging in: each grant against the sandbox, and what becomes of every answer that is no login."""

import logging
import traceback
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from freezegun import freeze_time

from feeds.core.errors import UsageError
from feeds.dailymotion import oauth
from feeds.dailymotion.errors import Broken, DailymotionError, Declined, Expired, Refused, StrayReturn, Throttled
from feeds.dailymotion.transport import MAX_ANSWER_BYTES, Bounded
from feeds.dailymotion.values import PARTNER_SCOPES, Settings, Token
from tests.stand_in import CALLBACK_URL, CHILD, answer, error

LOGIN = {
    "access_token": "CANARY-new",
    "token_type": "Bearer",
    "expires_in": 36000,
    "refresh_token": "CANARY-next",
    "scope": "email userinfo",
    "uid": "x2cafec0",
}
CODE = PROOF = PASSWORD = "CANARY-refresh"
OLD = Token("CANARY-old", frozenset({"email"}), refresh_token="CANARY-refresh", uid="x2cafec0")


def set_out(sandbox, **options):
    return oauth.depart(sandbox.settings(**options), redirect_uri=CALLBACK_URL, scopes=PARTNER_SCOPES)


def come_back(sandbox, departure, *, granted=PARTNER_SCOPES):
    location = sandbox.allow(departure.url, CHILD, granted)
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}


def log_in(sandbox, departure, code, **options):
    return oauth.exchange(sandbox.settings(), code, redirect_uri=CALLBACK_URL, scopes=PARTNER_SCOPES, **options)


def refusal(call):
    with pytest.raises(DailymotionError) as refused:
        call()
    return refused.value


def test_a_person_is_sent_to_dailymotion_with_all_that_it_documents():
    settings = Settings(key="the-key", secret="s")
    departure = oauth.depart(settings, redirect_uri=CALLBACK_URL, scopes=PARTNER_SCOPES, display="popup")
    address, _, query = departure.url.partition("?")
    assert address == "https://api.dailymotion.com/oauth/authorize"
    assert parse_qs(query) == {
        "response_type": ["code"],
        "client_id": ["the-key"],
        "redirect_uri": [CALLBACK_URL],
        "scope": ["email userinfo delegate_account_management read_insights"],
        "state": [departure.state],
        "display": ["popup"],
    }


def test_no_two_departures_have_the_same_state(sandbox):
    assert len({set_out(sandbox).state for _ in range(10)}) == 10
    assert len(set_out(sandbox).state) >= 43  # 256 random bits


@pytest.mark.parametrize("pkce", [False, True])
def test_a_person_who_allows_it_is_logged_in(sandbox, pkce):
    departure = set_out(sandbox, pkce=pkce)
    code = oauth.code_of(come_back(sandbox, departure), state=departure.state)
    with freeze_time("2026-11-25T10:00:00Z"):
        token = log_in(sandbox, departure, code, verifier=departure.verifier)
    assert (departure.verifier is not None) is pkce
    assert token.uid == CHILD
    assert token.scopes == set(PARTNER_SCOPES)
    assert token.expires_at == datetime(2026, 11, 25, 20, 0, tzinfo=UTC)
    assert token.lacks(PARTNER_SCOPES) == set()


def test_a_proof_key_is_checked_so_a_stolen_code_is_worth_nothing(sandbox):
    departure = set_out(sandbox, pkce=True)
    code = oauth.code_of(come_back(sandbox, departure), state=departure.state)
    assert type(refusal(lambda: log_in(sandbox, departure, code, verifier="another" * 8))) is Expired


def test_scopes_that_the_person_has_unticked_are_known_to_lack(sandbox):
    departure = set_out(sandbox)
    code = oauth.code_of(come_back(sandbox, departure, granted=["email"]), state=departure.state)
    token = log_in(sandbox, departure, code)
    assert token.lacks(PARTNER_SCOPES) == {"userinfo", "delegate_account_management", "read_insights"}


def test_a_code_is_good_for_once(sandbox):
    departure = set_out(sandbox)
    code = oauth.code_of(come_back(sandbox, departure), state=departure.state)
    log_in(sandbox, departure, code)
    assert type(refusal(lambda: log_in(sandbox, departure, code))) is Expired


def test_a_person_who_does_not_allow_it_has_declined(sandbox):
    departure = set_out(sandbox)
    query = come_back(sandbox, departure, granted=())
    assert type(refusal(lambda: oauth.code_of(query, state=departure.state))) is Declined


@pytest.mark.parametrize("query", [{"code": "c"}, {"code": "c", "state": ""}, {"code": "c", "state": "another's"}, {}])
def test_a_return_with_another_state_is_nobodys(query):
    assert type(refusal(lambda: oauth.code_of(query, state="ours"))) is StrayReturn
    assert type(refusal(lambda: oauth.code_of(query, state=""))) is StrayReturn


def test_a_return_with_neither_code_nor_error_has_not_allowed_it():
    assert type(refusal(lambda: oauth.code_of({"state": "ours"}, state="ours"))) is Declined


def test_what_dailymotion_says_of_a_return_is_harmless_wherever_it_is_shown():
    query = {
        "state": "ours",
        "error": "server_error",
        "error_description": "<script>alert(1)</script>\x1b]0;\a\r\nSet-Cookie: x&lt;" + "y" * 5000,
    }
    refused = refusal(lambda: oauth.code_of(query, state="ours"))
    assert type(refused) is Broken
    assert str(refused).isprintable()
    assert not set("<>&") & set(str(refused))
    assert len(str(refused)) < 400


def test_a_login_is_renewed_and_its_new_refresh_token_kept(sandbox):
    first = oauth.by_password(sandbox.settings(), "cafecourts", "sandbox-cafecourts", scopes=PARTNER_SCOPES)
    second = oauth.refresh(sandbox.settings(), first)
    assert second.access_token != first.access_token
    assert second.refresh_token not in {None, first.refresh_token}
    assert (second.uid, second.scopes) == (first.uid, first.scopes)
    assert oauth.refresh(sandbox.settings(), second).refresh_token != second.refresh_token
    assert type(refusal(lambda: oauth.refresh(sandbox.settings(), first))) is Expired


def test_a_renewal_without_a_new_refresh_token_keeps_the_old_one(canned):
    told = {name: LOGIN[name] for name in ("access_token", "token_type", "expires_in")}
    token = oauth.refresh(canned(answer(200, told)).settings(), OLD)
    assert (token.access_token, token.refresh_token) == ("CANARY-new", "CANARY-refresh")
    assert (token.uid, token.scopes) == (OLD.uid, OLD.scopes)


def test_a_login_that_nothing_renews_is_over():
    assert type(refusal(lambda: oauth.refresh(Settings(key="k", secret="s"), Token("x", frozenset())))) is Expired


def test_a_wrong_password_is_no_login(sandbox):
    assert type(refusal(lambda: oauth.by_password(sandbox.settings(), "cafecourts", "no", scopes=()))) is Expired


def test_a_password_goes_as_it_is(canned):
    server = canned(answer(200, LOGIN))
    password = " pä%ss&=+\"'\\;#? "
    oauth.by_password(server.settings(), "u s", password, scopes=("email", "userinfo"))
    assert parse_qs(server.asked[0][1], strict_parsing=True) == {
        "grant_type": ["password"],
        "username": ["u s"],
        "password": [password],
        "scope": ["email userinfo"],
        "client_id": ["the-key"],
        "client_secret": ["CANARY-secret"],
    }
    assert "Authorization" not in server.asked[0][0]


def test_an_application_logs_in_as_itself_with_a_private_key(sandbox):
    token = oauth.as_application(sandbox.settings(key="sandbox-private"), scopes=("read_insights",))
    assert (token.uid, token.refresh_token) == (None, None)
    assert type(refusal(lambda: oauth.as_application(sandbox.settings(), scopes=()))) is Refused


def test_a_wrong_secret_is_refused_and_says_what_to_check(sandbox):
    refused = refusal(lambda: oauth.as_application(sandbox.settings(secret="no"), scopes=()))
    assert str(refused) == (
        'Dailymotion refused POST /oauth/token: "invalid_client": "The client_id or the client_secret is wrong.". '
        "Check the API key, its secret and its callback URL."
    )


def test_without_an_api_key_it_says_which_settings_to_make():
    with pytest.raises(UsageError, match="set FEEDS_DAILYMOTION_KEY and FEEDS_DAILYMOTION_SECRET"):
        oauth.depart(Settings(), redirect_uri=CALLBACK_URL, scopes=())


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"expires_in": None}, None),
        ({"expires_in": "36000"}, timedelta(hours=10)),
        ({"expires_in": 0}, timedelta()),
        ({"expires_in": 99999999999}, None),
    ],
)
def test_a_login_ends_when_dailymotion_says_and_no_other_time_is_assumed(canned, change, expected):
    now = datetime(2026, 11, 25, 10, 0, tzinfo=UTC)
    with freeze_time(now):
        token = oauth.refresh(canned(answer(200, LOGIN | change)).settings(), OLD)
    assert token.expires_at == (None if expected is None else now + expected)
    assert token.is_over(now + timedelta(days=1)) is (expected is not None)


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (answer(400, {"error": "invalid_grant", "error_description": "used"}), Expired),
        (answer(401, {"error": "invalid_client"}), Refused),
        (answer(400, {"error": "unauthorized_client"}), Refused),
        (answer(400, {"error": "invalid_scope", "error_description": 5}), Refused),
        (answer(400, {"error": "invalid_request"}), Refused),
        (answer(400, {"error": "temporarily_unavailable"}), Broken),
        (answer(200, {"error": "invalid_grant"}), Expired),
        (answer(503, {"error": "invalid_grant"}), Broken),
        (error(403, "Rate limit exceeded"), Throttled),
        (error(404, "nothing here"), DailymotionError),
        (answer(429, b"slow down", Retry_After="7"), Throttled),
        (answer(500, b"oops"), Broken),
        (answer(502, b"<html>"), Broken),
        (answer(200, b"<html>"), Broken),
        (answer(200, b""), Broken),
        (answer(200, []), Broken),
        (answer(200, {}), Broken),
        (answer(200, LOGIN | {"access_token": None}), Broken),
        (answer(200, LOGIN | {"access_token": ""}), Broken),
        (answer(200, LOGIN | {"access_token": "a\r\nHost: evil"}), Broken),
        (answer(200, LOGIN | {"access_token": ["a"]}), Broken),
        (answer(200, LOGIN | {"token_type": "mac"}), Broken),
        (answer(200, LOGIN | {"expires_in": "soon"}), Broken),
        (answer(200, LOGIN | {"expires_in": -5}), Broken),
        (answer(200, LOGIN | {"expires_in": True}), Broken),
        (answer(200, LOGIN | {"scope": ["email"]}), Broken),
        (answer(200, LOGIN | {"refresh_token": {}}), Broken),
        (answer(302, b"", Location="http://127.0.0.1:1/"), Broken),
        (answer(200, LOGIN, Content_Encoding="gzip"), Broken),
        (b"", Broken),
    ],
)
def test_an_answer_that_is_no_login_comes_to_one_decision(canned, reply, expected):
    server = canned(reply)
    for call in (
        lambda: oauth.refresh(server.settings(), OLD),
        lambda: oauth.exchange(server.settings(), CODE, redirect_uri=CALLBACK_URL, scopes=()),
    ):
        assert isinstance(refusal(call), expected)
    assert len(server.asked) == 2  # neither was asked twice: a code and a refresh token are good for once


def test_a_token_address_that_hangs_trickles_or_pours_is_given_up(canned):
    def trickle(connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n{")
        while not server.wait():
            connection.sendall(b" ")

    def pour(connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:  # until the other end has closed
            connection.sendall(b" " * 65536)

    for behave, words in (
        (lambda connection: connection.recv(1), "it took too long"),
        (trickle, "took more than 0.5 s"),
        (pour, f"more than {MAX_ANSWER_BYTES} bytes"),
    ):
        server = canned(behave)
        adapter = Bounded(read_s=0.4, answer_s=0.5)
        refused = refusal(lambda server=server, adapter=adapter: oauth.refresh(server.settings(), OLD, adapter=adapter))
        assert type(refused) is Broken
        assert words in str(refused)


@pytest.mark.parametrize(
    "reply",
    [
        answer(400, {"error": "invalid_grant", "error_description": "no CANARY-refresh, CANARY-secret"}),
        answer(400, {"error": "CANARY-refresh"}),
        error(400, "CANARY-refresh CANARY-secret"),
        answer(200, {"access_token": 5, "refresh_token": "CANARY-refresh"}),
        answer(500, b"CANARY-refresh"),
        answer(200, b"CANARY-refresh"),
        b"",
    ],
)
def test_no_secret_of_a_login_is_in_a_message_trace_log_or_repr(canned, caplog, reply):
    caplog.set_level(logging.DEBUG)
    settings = canned(reply).settings()
    shown = ""
    for call in (
        lambda: oauth.refresh(settings, OLD),
        lambda: oauth.exchange(settings, CODE, redirect_uri=CALLBACK_URL, scopes=(), verifier=PROOF),
        lambda: oauth.by_password(settings, "u", PASSWORD, scopes=()),
    ):
        refused = refusal(call)
        shown += "".join(traceback.format_exception(refused)) + repr(refused)
    departure = oauth.depart(settings, redirect_uri=CALLBACK_URL, scopes=())
    shown += caplog.text + repr(departure) + repr(settings)
    assert "CANARY" not in shown
    assert departure.state not in shown


def test_a_login_survives_the_cookie_or_file_that_holds_it():
    token = Token(
        "a", frozenset({"email", "userinfo"}), refresh_token="r", expires_at=datetime(2026, 1, 2, tzinfo=UTC), uid="x"
    )
    assert Token.from_plain(token.to_plain()) == token
    bare = Token("a", frozenset())
    assert Token.from_plain(bare.to_plain()) == bare


@pytest.mark.parametrize(
    "change",
    [
        {"access_token": None},
        {"access_token": ""},
        {"access_token": 5},
        {"scopes": None},
        {"scopes": [5]},
        {"expires_at": "CANARY"},
        {"expires_at": 5},
        {"uid": 5},
        {"refresh_token": []},
    ],
)
def test_what_holds_no_login_is_refused_and_not_repeated(change):
    with pytest.raises(ValueError, match="This is no login") as refused:
        Token.from_plain(OLD.to_plain() | change)
    assert "CANARY" not in "".join(traceback.format_exception(refused.value))
