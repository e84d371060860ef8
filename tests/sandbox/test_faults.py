"""Faults on demand: each goes wrong in its own way, for the calls that it was made for and no others."""

import threading

import pytest
import requests

from sandbox.faults import KINDS, fault
from tests.sandbox.conftest import CONTROL, until
from tests.sandbox.test_users import CHILD, PARENT, error

OPEN = {"Sandbox-Token": CONTROL}


def test_the_control_address_is_for_who_has_its_token(api, serve):
    for method, path in (("GET", "state"), ("POST", "faults"), ("DELETE", "faults")):
        for headers in ({}, {"Sandbox-Token": "wrong"}):
            assert error(api.call(method, f"/_sandbox/{path}", headers=headers)) == (404, "not_found")


def test_without_a_control_token_there_is_no_control_address():
    from sandbox import population, server

    with server.listening(server.create_app(population.sample())) as url:
        for token in ("", "None"):
            assert requests.get(f"{url}/_sandbox/state", headers={"Sandbox-Token": token}).status_code == 404


def test_the_state_tells_all_but_secrets(api):
    token = api.token("cafecourts")
    api.post(f"/me/parents/{PARENT}", token)
    answer = api.get("/_sandbox/state", headers=OPEN)
    state = answer.json()
    assert state["accounts"][CHILD]["parents"] == [PARENT]
    assert [(one["to"], one["about"]) for one in state["mails"]] == [("cafecourts@sandbox.example", "adopted")]
    assert state["calls"][-1] == {"method": "POST", "path": f"/me/parents/{PARENT}", "fault": None, "status": 200}
    secrets = [token, "sandbox-cafecourts", "sandbox-secret"]
    secrets += [one.refresh_token for one in api.world.sessions.values()]
    assert not [secret for secret in secrets if secret in answer.text]


def test_a_fault_meets_the_calls_it_was_made_for(api):
    wanted = {"kind": "server-error", "method": "GET", "path": "/user/*", "nth": 2, "count": 2, "status": 502}
    assert api.post("/_sandbox/faults", headers=OPEN, json=wanted).status_code == 200
    token = api.token("cafecourts")
    assert api.get("/me", token).status_code == 200
    assert api.post(f"/user/{CHILD}", token).status_code == 200
    assert [api.get(f"/user/{CHILD}").status_code for _ in range(4)] == [200, 502, 502, 200]
    api.post("/_sandbox/faults", headers=OPEN, json=wanted)
    api.delete("/_sandbox/faults", headers=OPEN)
    assert [api.get(f"/user/{CHILD}").status_code for _ in range(3)] == [200, 200, 200]


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({"kind": "flood"}, "a fault has a kind: expired-token, role-missing"),
        ({}, "a fault has a kind"),
        ([{"kind": "slow"}, 3], "a fault has a kind"),
        ({"kind": "slow", "often": 3}, "a fault has no often, but kind, method, path, nth, count"),
        ({"kind": "slow", "nth": "x"}, "a fault's numbers are numbers"),
        ({"kind": "slow", "nth": None}, "a fault's numbers are numbers"),
    ],
)
def test_a_fault_that_is_none_is_refused_with_what_would_be_right(api, wanted, message):
    answer = api.post("/_sandbox/faults", headers=OPEN, json=wanted)
    assert answer.status_code == 400
    assert message in answer.json()["error"]
    assert api.get("/_sandbox/state", headers=OPEN).json()["faults"] == []


def test_a_fault_can_be_said_in_words():
    made = fault("hang method=GET path=/me* seconds=2.5 count=3")
    assert (made.kind, made.method, made.path, made.seconds, made.count) == ("hang", "GET", "/me*", 2.5, 3)


def test_an_expired_token_is_really_expired_and_a_refresh_helps(api):
    first = api.grant("password", username="cafecourts", password="sandbox-cafecourts").json()
    api.fail("expired-token path=/me")
    for _ in range(2):
        assert error(api.get("/me", first["access_token"])) == (401, "invalid_token")
    second = api.grant("refresh_token", refresh_token=first["refresh_token"]).json()
    assert api.get("/me", second["access_token"]).status_code == 200


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ("role-missing", 403),
        ("scope-missing", 403),
        ("throttled", 403),
        ("too-many retry_after_s=7", 429),
        ("server-error", 503),
        ("server-error status=500", 500),
    ],
)
def test_a_refusal_does_nothing(api, words, status):
    token = api.token("cafecourts")
    api.fail(words)
    answer = api.post(f"/me/parents/{PARENT}", token)
    assert error(answer)[0] == status
    assert answer.headers.get("Retry-After") == ("7" if status == 429 else None)
    assert api.world.children(PARENT) == []
    assert api.post(f"/me/parents/{PARENT}", token).status_code == 200


@pytest.mark.parametrize(("words", "is_adopted"), [("drop-after", True), ("drop-before", False)])
def test_a_connection_is_closed_without_an_answer(api, words, is_adopted):
    token = api.token("cafecourts")
    api.fail(words)
    with pytest.raises(requests.ConnectionError):
        api.post(f"/me/parents/{PARENT}", token)
    assert bool(api.get(f"/me/parents/{PARENT}", token).json()["list"]) is is_adopted
    assert len(api.world.mails) == is_adopted


def test_who_hangs_goes_on_when_the_faults_are_cleared(api):
    token, answers = api.token("cafecourts"), []
    api.fail("hang seconds=600")
    call = threading.Thread(target=lambda: answers.append(api.post(f"/me/parents/{PARENT}", token)))
    call.start()
    until(lambda: "hang" in [one["fault"] for one in api.get("/_sandbox/state", headers=OPEN).json()["calls"]])
    assert api.world.children(PARENT) == []
    api.delete("/_sandbox/faults", headers=OPEN)
    call.join(30)
    assert answers[0].json() == {}
    assert [one.id for one in api.world.children(PARENT)] == [CHILD]


def test_a_client_that_gives_up_on_a_hanging_call_does_not_stop_it(api):
    token = api.token("cafecourts")
    api.fail("hang seconds=600")
    with pytest.raises(requests.ReadTimeout):
        api.post(f"/me/parents/{PARENT}", token, timeout=0.2)
    assert api.world.children(PARENT) == []
    api.delete("/_sandbox/faults", headers=OPEN)
    until(lambda: api.get(f"/user/{PARENT}/children").json()["list"])


def test_a_slow_answer_is_whole_in_the_end(api):
    api.fail("slow seconds=0.2")
    with api.get(f"/user/{CHILD}", stream=True) as answer:
        pieces = list(answer.raw.stream(1))
    assert b"".join(pieces) == b'{"id":"x2cafec0","screenname":"Cafecourts"}\n'


def test_a_huge_answer_is_as_large_as_was_asked_for(api):
    api.fail("huge bytes=3000000")
    with api.get(f"/user/{CHILD}", stream=True) as answer:
        read = sum(map(len, answer.iter_content(65536)))
    assert 3_000_000 <= read < 3_200_000
    assert api.get(f"/user/{CHILD}").json()["id"] == CHILD


def test_an_answer_can_be_no_json_of_another_type_or_empty(api):
    api.fail("not-json")
    answer = api.get(f"/user/{CHILD}")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    with pytest.raises(requests.JSONDecodeError):
        answer.json()
    api.fail("wrong-type")
    answer = api.get(f"/user/{CHILD}")
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.json()["id"] == CHILD
    api.fail("empty")
    answer = api.get(f"/user/{CHILD}")
    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_fault_shows_at_the_client(api, kind):
    token = api.token("cafecourts")
    usual = api.get("/me", token)
    api.fail(f"{kind} seconds=0.3 bytes=100")
    try:
        answer = api.get("/me", token)
    except requests.ConnectionError:
        assert kind.startswith("drop-")
        return
    if kind in {"hang", "slow"}:
        assert answer.json() == usual.json()
        return
    seen = (answer.status_code, answer.headers.get("Content-Type"), answer.content)
    assert seen != (usual.status_code, usual.headers.get("Content-Type"), usual.content)
