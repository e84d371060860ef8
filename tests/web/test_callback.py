"""The callback's address as Dailymotion, and as everybody else, sees it."""

import io
import json

import pytest
from flask import Flask
from freezegun import freeze_time

from app import create_app
from feeds.formats import results_yaml
from feeds.settings import AppSettings, Folders
from feeds.storage.dead_letters import DeadLetters
from feeds.storage.journal import Journal
from feeds.web import callback
from tests.serving import SECRET

OLD_SECRET = "an-old-secret-that-is-being-rotated"
ADDRESS = f"/callback/{SECRET}"
LIMIT = 8 * 1024 * 1024
READY = (
    b'{"timestamp":1407770138078,"type":"injector.item.ready",'
    b'"data":{"status":"ready","uid":"anna-0142","remote_id":"x23bz3t"}}'
)


@pytest.fixture
def state(tmp_path):
    return tmp_path / "state"


@pytest.fixture
def client(state):
    return create_app(AppSettings(Folders(state.parent, state), (SECRET, OLD_SECRET))).test_client()


def journalled(state):
    return b"".join(path.read_bytes() for path in Journal(state / "journal").segments())


def dead_letters(state):
    lines = b"".join(path.read_bytes() for path in Journal(state / "dead-letters").segments())
    return list(results_yaml.parse(lines))


@freeze_time("2026-11-24T21:15:38.078Z")
def test_a_callback_is_answered_200_when_its_records_stand_in_the_journal(client, state):
    response = client.post(ADDRESS, data=b"[%s, 17]" % READY)
    assert (response.status_code, response.json) == (200, {"received": 2, "recorded": 2, "unclear": 1})
    raw = json.dumps(READY.decode())
    assert journalled(state).decode() == (
        '- {"at": "2026-11-24T21:15:38.078Z", "event": "imported", "guid": "anna-0142", "remote_id": "x23bz3t", '
        f'"timestamp_ms": 1407770138078, "raw": {raw}}}\n'
        '- {"at": "2026-11-24T21:15:38.078Z", "event": "unclear", "why": "it is not an object", "raw": "17"}\n'
    )


def test_the_old_secret_works_while_secrets_are_rotated(client):
    assert client.post(f"/callback/{OLD_SECRET}", data=READY).status_code == 200


@pytest.mark.parametrize(
    "content_type",
    ["", "text/plain", "multipart/form-data; boundary=x", "nonsense\xe9", "application/x-www-form-urlencoded"],
)
def test_any_content_type_is_taken(client, content_type):
    assert client.post(ADDRESS, data=READY, content_type=content_type).status_code == 200


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
@pytest.mark.parametrize(
    "address",
    [
        "/callback/",
        "/callback/guess",
        f"/callback/{SECRET}x",
        f"/callback/{SECRET[:-1]}",
        f"/callback/{SECRET.lower()}",
        f"/callback/{SECRET}/",
        f"/callback//{SECRET}",
        "/callback/%FF%00é",
    ],
)
def test_without_the_secret_there_is_nothing_and_nothing_is_written(client, state, method, address):
    response = client.open(address, method=method, data=READY)
    assert response.status_code == 404
    assert method == "HEAD" or response.json == {"error": "There is nothing here."}
    assert "Allow" not in response.headers
    assert not state.exists()


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_with_the_secret_other_methods_are_told_to_post(client, state, method):
    response = client.open(ADDRESS, method=method)
    assert (response.status_code, response.headers["Allow"]) == (405, "POST")
    assert not state.exists()


def test_a_body_that_is_no_callback_is_kept_and_answered_with_a_sentence(client, state):
    response = client.post(ADDRESS, data=b"hello \xff", content_type="text/plain")
    why = "The body is neither a JSON array of events nor one event."
    assert (response.status_code, response.json) == (400, {"error": f"{why} The body was kept for a person to read."})
    [letter] = dead_letters(state)
    assert letter.fields == {"why": why, "content_type": "text/plain", "raw_base64": "aGVsbG8g/w=="}
    assert journalled(state) == b""


def test_a_body_above_the_dead_letters_cap_is_answered_with_another_sentence(state):
    app = Flask("small")
    letters = DeadLetters(state / "dead-letters", cap_bytes=10)
    app.register_blueprint(callback.blueprint(Journal(state / "journal"), letters, secrets=[SECRET]))
    response = app.test_client().post(ADDRESS, data=b"hello")
    assert response.status_code == 400
    assert response.json["error"].endswith("The body was not kept: too many such bodies were.")


@pytest.mark.parametrize("chunked", [False, True])
def test_the_largest_body_is_taken_and_one_byte_more_is_not(client, state, chunked):
    def post(body):
        if not chunked:
            return client.post(ADDRESS, data=body)
        # As gunicorn hands over a chunked body: without a length, and with an end.
        return client.post(ADDRESS, input_stream=io.BytesIO(body), environ_overrides={"wsgi.input_terminated": True})

    largest = READY + b" " * (LIMIT - len(READY))
    assert post(largest).status_code == 200
    response = post(largest + b" ")
    assert (response.status_code, response.json) == (413, {"error": "The body is larger than 8,388,608 bytes."})
    assert journalled(state).count(b"\n") == 1
    assert dead_letters(state) == []


@pytest.mark.parametrize("body", [READY, b"no callback"])
def test_what_cannot_be_stored_is_answered_503_and_never_200(client, state, body):
    state.write_text("a file where the state folder should be")
    response = client.post(ADDRESS, data=body)
    assert (response.status_code, response.headers["Retry-After"]) == (503, "30")
    assert response.json == {"error": "Nothing was stored. Please send the same callback again later."}


def test_a_fault_of_the_program_itself_is_answered_503_so_that_the_sender_comes_again(state):
    app = Flask("faulty")
    app.register_blueprint(callback.blueprint(None, None, secrets=[SECRET]))
    assert app.test_client().post(ADDRESS, data=READY).status_code == 503


class GoneAway(io.BytesIO):
    """A body whose sender leaves before its end."""

    def read(self, *_):
        raise ConnectionResetError

    readinto = readline = read


def test_a_sender_that_leaves_in_the_middle_is_no_fault_of_ours(client, state):
    response = client.post(ADDRESS, input_stream=GoneAway(), environ_overrides={"wsgi.input_terminated": True})
    assert response.status_code == 400
    assert not state.exists()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[" * 60_000,
        b"[" * 60_000 + b"]" * 60_000,
        b"[NaN, 1e999, " + b"9" * 10_000 + b"]",
        b'[{"type": "injector.x", "type": "injector.x"}]',
        READY.decode().encode("utf-16"),
        b"\xef\xbb\xbf" + READY,
        b'["\\ud800"]',
        b'["\xed\xa0\x80"]',
        b"[%s]" % b",".join([READY] * 10_000),
        b"[%s]" % b",".join([READY, b"null", READY]),
        b"\x00" * 100,
        b"payload=%5B%5D",
    ],
    ids=range(13),
)
def test_no_body_gives_a_500(client, body):
    assert client.post(ADDRESS, data=body).status_code in {200, 400}


@pytest.mark.parametrize("body", [READY, b"no callback", b""])
def test_no_answer_and_no_log_line_repeats_the_secret(client, caplog, state, body):
    answers = [
        client.post(ADDRESS, data=body),
        client.get(ADDRESS),
        client.post(f"/callback//{SECRET}"),
        client.get(f"{ADDRESS}/"),
    ]
    state.rename(state.with_name("gone")) if state.exists() else None
    state.write_text("in the way")
    answers.append(client.post(ADDRESS, data=body))
    for answer in answers:
        assert SECRET not in answer.text + str(answer.headers)
    assert SECRET not in caplog.text
