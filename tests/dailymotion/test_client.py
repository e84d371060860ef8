"""What each answer of Dailymotion comes to: a value, or the one error class by which a caller decides."""

import logging
import traceback
from decimal import Decimal

import pytest

from feeds.dailymotion.client import Client
from feeds.dailymotion.errors import Broken, DailymotionError, Expired, Invalid, NotFound, Refused, Throttled
from feeds.dailymotion.transport import MAX_ANSWER_BYTES, Bounded
from feeds.dailymotion.values import Settings, Token
from tests.stand_in import answer, error

SECRET = "CANARY-access"
TOKEN = Token(SECRET, frozenset(), refresh_token="CANARY-refresh")
NO_LOGIN = {"WWW_Authenticate": 'OAuth error="invalid_token", error_description="gone"'}


def ask(server, call=lambda client: client.get("/auth"), *, token=TOKEN, **options):
    with Client(server.settings(), token, **options) as client:
        return call(client)


def refusal(server, call=lambda client: client.get("/auth"), **options):
    with pytest.raises(DailymotionError) as refused:
        ask(server, call, **options)
    return refused.value


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (error(400, kind="invalid_parameter"), Invalid),
        (error(400, kind="missing_required_parameter"), Invalid),
        (error(400, "authentication is missing", kind="invalid_request"), Expired),
        (error(400, kind="invalid_parameter", headers=NO_LOGIN), Expired),
        (error(401), Expired),
        (error(403, headers=NO_LOGIN), Expired),
        (error(403, "You lack the role can-adopt-users."), Refused),
        (error(403, "This is limited to partners."), Refused),
        (error(403, "Rate limit exceeded."), Throttled),
        (error(403, "You have reached the daily limit of this call"), Throttled),
        (error(403, "no", reason="too_many_calls"), Refused),
        (error(403, "Too many calls, slow down"), Throttled),
        (error(404, kind="not_found"), NotFound),
        (error(405), Invalid),
        (error(429), Throttled),
        (error(500), Broken),
        (error(503), Broken),
        (answer(502, b"<html>Bad gateway</html>"), Broken),
        (answer(200, b"<html>Maintenance</html>"), Broken),
        (answer(200, b""), Broken),
        (answer(200, ["a list"]), Broken),
        (answer(200, b'{"revenues_video_total": NaN}'), Broken),
        (answer(200, b"[" * 100_000), Broken),
        (answer(200, b"{}", Content_Encoding="gzip"), Broken),
        (answer(200, {"error": {"code": 404, "message": "no", "type": "not_found"}}), NotFound),
        (answer(204, b""), Broken),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}", Broken),
        (b"", Broken),
        (b"SSH-2.0-OpenSSH\r\n", Broken),
    ],
)
def test_each_answer_comes_to_one_decision(canned, reply, expected):
    refused = refusal(canned(reply))
    assert type(refused) is expected
    assert refused.exit_code == 3
    assert "/auth" in str(refused)


def test_an_error_says_what_was_asked_what_dailymotion_said_and_what_to_do(canned):
    assert str(refusal(canned(error(404, "No such\x1b[2J <b>user</b>\n\u202e")))) == (
        'Dailymotion found nothing for GET /auth: "No such [2J ‹b›user‹/b›".'
    )
    assert str(refusal(canned(error(429, "Easy", headers={"Retry_After": "600"})))) == (
        'Dailymotion wants fewer requests, at GET /auth: "Easy". Try again in 600 s.'
    )


def test_a_word_as_long_as_a_book_is_cut(canned):
    assert len(str(refusal(canned(error(404, "x" * 100_000))))) < 300


def test_numbers_with_a_fraction_are_exact(canned):
    assert ask(canned(answer(200, b'{"revenues_video_total": 0.1, "views": 3}'))) == {
        "revenues_video_total": Decimal("0.1"),
        "views": 3,
    }


def test_the_login_goes_in_the_header_of_a_bearer_and_a_form_in_the_body(canned):
    server = canned(answer(200, {}))
    ask(server, lambda client: client.post("/user/x2/videos", {"title": "Élan & co"}))
    head, body = server.asked[0]
    assert head.startswith("POST /user/x2/videos HTTP/1.1\r\n")
    assert "\r\nAuthorization: Bearer CANARY-access\r\n" in head
    assert "\r\nContent-Type: application/x-www-form-urlencoded\r\n" in head
    assert body == "title=%C3%89lan+%26+co"


def test_no_netrc_and_no_proxy_of_the_machine_gets_between(canned, tmp_path, monkeypatch):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password mine\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    server = canned(answer(200, {}))
    ask(server, token=None)
    assert "Authorization" not in server.asked[0][0]


def test_an_id_is_one_segment_of_the_path_whatever_it_holds(canned):
    server = canned(answer(200, {}))
    ask(server, lambda client: client.user("../logout?x#y", ("id",)))
    assert server.asked[0][0].startswith("GET /user/..%2Flogout%3Fx%23y?fields=id HTTP/1.1")
    for name in ("", ".", ".."):
        with pytest.raises(NotFound, match="can be no id"):
            ask(server, lambda client, name=name: client.user(name, ("id",)))
    assert len(server.asked) == 1


def test_a_get_is_tried_again_where_dailymotion_is_at_fault(canned):
    server = canned(error(503), error(429, headers={"Retry_After": "0"}), answer(200, {"id": "x"}))
    assert ask(server) == {"id": "x"}
    assert len(server.asked) == 3


def test_a_get_whose_connection_broke_is_tried_again(canned):
    server = canned(b"", answer(200, {"id": "x"}))
    assert ask(server) == {"id": "x"}


def test_a_get_is_tried_three_times_at_most(canned):
    server = canned(error(500))
    assert type(refusal(server)) is Broken
    assert len(server.asked) == 3


@pytest.mark.parametrize("reply", [error(503), error(429, headers={"Retry_After": "0"}), b"", answer(200, b"")])
def test_what_changes_something_is_never_sent_twice(canned, reply):
    server = canned(reply)
    refusal(server, lambda client: client.post("/user/x2/videos", {"title": "x"}))
    assert len(server.asked) == 1


def test_who_must_wait_long_is_told_at_once_how_long(canned):
    server = canned(error(429, headers={"Retry_After": "3600"}))
    assert refusal(server).retry_after_s == 3600
    assert len(server.asked) == 1


def test_a_waiting_time_that_is_none_counts_as_none(canned):
    for text in ("soon", "-1", "9" * 30, "Wed, 21 Oct 2026 07:28:00 GMT"):
        assert refusal(canned(error(403, "quota", headers={"Retry_After": text}))).retry_after_s is None


def test_nobody_is_led_elsewhere_with_a_login(canned):
    elsewhere = canned(answer(200, {}))
    for status in (301, 302, 307, 308):
        server = canned(answer(status, b"", Location=f"{elsewhere.url}/auth"))
        assert "redirect" in str(refusal(server))
        assert "redirect" in str(refusal(server, lambda client: client.post("/me/parents/x", {})))
    assert elsewhere.asked == []


def test_a_dailymotion_that_hangs_is_given_up(canned):
    server = canned(lambda connection: connection.recv(1))
    refused = refusal(server, adapter=Bounded(read_s=0.2))
    assert str(refused) == "Dailymotion gave no answer to GET /auth: it took too long. Try again later."


def test_an_answer_that_trickles_is_given_up(canned):
    def trickle(connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n{")
        while not server.wait():
            connection.sendall(b" ")

    server = canned(trickle)
    assert "took more than 0.5 s" in str(refusal(server, adapter=Bounded(answer_s=0.5)))


@pytest.mark.parametrize("status", [200, 503])
def test_an_answer_without_end_is_given_up(canned, status):
    def pour(connection):
        connection.sendall(f"HTTP/1.1 {status} OK\r\n\r\n".encode())
        while True:  # until the other end has closed
            connection.sendall(b" " * 65536)

    server = canned(pour)
    assert f"more than {MAX_ANSWER_BYTES} bytes" in str(refusal(server))


def test_where_nobody_listens_is_no_answer():
    with Client(Settings(api="http://127.0.0.1:1")) as client, pytest.raises(Broken, match="no connection"):
        client.get("/auth")


def test_a_login_that_is_over_is_renewed_once_and_the_call_repeated(canned):
    server = canned(error(401), answer(200, {}))
    seen = []

    def renew(token):
        seen.append(token)
        return Token("another", frozenset())

    assert ask(server, lambda client: client.post("/me/parents/x", {}), renew=renew) == {}
    assert seen == [TOKEN]
    assert "Bearer another" in server.asked[1][0]


def test_a_login_that_is_over_again_is_not_renewed_for_ever(canned):
    server = canned(error(401))
    assert type(refusal(server, renew=lambda token: token)) is Expired
    assert len(server.asked) == 2


def test_without_a_login_nothing_is_renewed(canned):
    server = canned(error(401))
    assert type(refusal(server, token=None, renew=lambda token: pytest.fail("nothing to renew"))) is Expired


def test_accounts_come_page_by_page_and_each_once(canned):
    pages = [
        {"list": [{"id": "x1"}, {"id": "x2"}], "has_more": True},
        {"list": [{"id": "x2"}, {"id": "x3"}], "has_more": False, "total": 99},
    ]
    server = canned(*(answer(200, page) for page in pages))
    listing = ask(server, lambda client: client.children("x1nord", ("username",)))
    assert [row["id"] for row in listing.rows] == ["x1", "x2", "x3"]
    assert not listing.capped
    assert [head.split()[1] for head, _ in server.asked] == [
        "/user/x1nord/children?fields=id%2Cusername&limit=100&page=1",
        "/user/x1nord/children?fields=id%2Cusername&limit=100&page=2",
    ]


@pytest.mark.parametrize("has_more", [True, False])
def test_a_list_that_reaches_the_thousand_of_a_query_is_called_capped(canned, has_more):
    pages = [
        {"list": [{"id": f"x{page}n{row}"} for row in range(100)], "has_more": page < 9 or has_more}
        for page in range(10)
    ]
    server = canned(*(answer(200, page) for page in pages), error(400, kind="invalid_parameter"))
    listing = ask(server, lambda client: client.children("x1nord"))
    assert len(listing.rows) == 1000
    assert listing.capped
    assert len(server.asked) == 10


@pytest.mark.parametrize("body", [{}, {"list": {}}, {"list": ["x1"]}, {"list": [{"id": 5}]}, {"list": [{}]}])
def test_a_list_without_accounts_in_it_is_no_answer(canned, body):
    assert type(refusal(canned(answer(200, body)), lambda client: client.parents())) is Broken


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"list": [{"id": "x1nord"}]}, True),
        ({"list": []}, False),
        ({"list": [{"id": "x1other"}]}, False),
        ({"id": "x1nord"}, True),
        ({"id": "x1other"}, False),
    ],
)
def test_every_form_in_which_dailymotion_may_tell_a_parent_is_understood(canned, body, expected):
    assert ask(canned(answer(200, body)), lambda client: client.is_adopted("x1nord")) is expected


def test_neither_yes_nor_no_is_not_taken_for_a_no(canned):
    assert "neither yes nor no" in str(refusal(canned(answer(200, {})), lambda client: client.is_adopted("x1nord")))


def test_nobody_behind_a_login_is_no_login(canned):
    told = {"id": None, "scope": [], "roles": []}
    assert type(refusal(canned(answer(200, told)), lambda client: client.who_am_i())) is Expired


@pytest.mark.parametrize(
    "reply",
    [
        error(404, f"nothing for {SECRET} and CANARY-refresh and CANARY-secret"),
        error(401, SECRET, kind=SECRET),
        error(403, SECRET, reason=SECRET),
        answer(200, f'"{SECRET}"'.encode()),
        answer(503, SECRET.encode()),
        answer(302, b"", Location=f"http://127.0.0.1:1/{SECRET}"),
        b"",
    ],
)
def test_a_login_is_in_no_message_trace_log_or_repr(canned, caplog, reply):
    caplog.set_level(logging.DEBUG)
    refused = refusal(canned(reply), lambda client: client.post("/me", {"password": "x"}))
    shown = "".join(traceback.format_exception(refused)) + repr(refused) + caplog.text
    with Client(Settings(key="k", secret="CANARY-secret"), TOKEN) as client:
        shown += repr(client) + repr(client._settings) + repr(TOKEN) + f"{TOKEN}"
    assert "CANARY" not in shown
    assert "POST" in shown


def test_an_answer_in_chunks_is_read_whole(canned):
    chunks = b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"id"\r\n6\r\n: "x"}\r\n0\r\n\r\n'
    assert ask(canned(chunks)) == {"id": "x"}
    assert type(refusal(canned(chunks[:-5]), adapter=Bounded(read_s=0.5))) is Broken


def test_calls_of_one_client_share_a_connection(canned):
    def twice(connection):
        for _ in range(2):
            connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{"id": "x"}')
            connection.recv(65536)

    server = canned(twice)
    with Client(server.settings(), TOKEN) as client:
        assert client.get("/auth") == client.get("/auth") == {"id": "x"}
    assert len(server.asked) == 1
