"""The app as gunicorn serves it, over a real socket."""

import http.client
import os
import socket
import subprocess
import sys

import pytest

from app import create_app
from feeds.settings import AppSettings, Folders
from feeds.storage.journal import Journal
from tests.serving import ROOT, SECRET, Gunicorn
from tests.web.walking import network

READY = (
    b'[{"timestamp":1407770138078,"type":"injector.item.ready",'
    b'"data":{"status":"ready","uid":"anna-0142","remote_id":"x23bz3t"}}]'
)


def test_nothing_is_served_but_the_callback_and_the_two_health_answers(tmp_path):
    app = create_app(AppSettings(Folders(tmp_path, tmp_path / "state"), (SECRET,)))
    assert {rule.rule for rule in app.url_map.iter_rules()} == {"/callback/<secret>", "/healthz", "/readyz"}


def test_with_a_public_url_the_pages_of_the_way_in_are_served_beside_them_and_nothing_else(tmp_path):
    with network(tmp_path) as nord:
        assert {rule.rule for rule in nord.app.url_map.iter_rules()} >= {"/callback/<secret>", "/healthz", "/readyz"}
        pages = {rule.rule for rule in nord.app.url_map.iter_rules() if rule.endpoint.startswith("connect.")}
        assert pages == {"/", "/connect", "/connect/return", "/connect/confirm", "/connect/leave"}
        assert "static" not in nord.app.view_functions


def test_without_a_public_url_the_log_says_once_that_there_are_no_pages_for_partners(tmp_path, caplog):
    create_app(AppSettings(Folders(tmp_path, tmp_path / "state"), (SECRET,)))
    assert caplog.messages == ["FEEDS_PUBLIC_URL is not set: callbacks are taken, but there are no pages for partners."]


def test_an_unknown_address_and_a_wrong_method_are_answered_in_json(tmp_path):
    client = create_app(AppSettings(Folders(tmp_path, tmp_path / "state"), (SECRET,))).test_client()
    assert client.get("/").json == {"error": "There is nothing here."}
    response = client.post("/healthz")
    assert (response.status_code, response.json) == (405, {"error": "This address takes another method."})
    assert response.headers["Allow"] == "GET, HEAD, OPTIONS"


def test_a_failure_is_answered_500_without_its_internals(tmp_path, caplog):
    app = create_app(AppSettings(Folders(tmp_path, tmp_path / "state"), (SECRET,)))

    @app.route("/broken/<word>")
    def broken(word):
        raise RuntimeError("internals")

    response = app.test_client().get("/broken/word")
    assert (response.status_code, response.json) == (500, {"error": "The app failed; its log says more."})
    assert "internals" in caplog.text
    assert "/broken/word" not in caplog.text


@pytest.fixture
def gunicorn(tmp_path):
    server = Gunicorn(tmp_path / "state", options=["--access-logfile", "-", "--log-level", "debug"])
    server.start()
    yield server
    server.close()


def test_over_a_socket_bodies_with_a_length_or_in_chunks_are_stored(tmp_path, gunicorn):
    connection = http.client.HTTPConnection("127.0.0.1", gunicorn.port, timeout=60)
    for body in (READY, iter([READY[:50], READY[50:]])):
        connection.request("POST", f"/callback/{SECRET}", body)
        response = connection.getresponse()
        assert (response.status, response.read()) == (200, b'{"received": 1, "recorded": 1, "unclear": 0}\n')
    connection.request("POST", f"/callback/{SECRET}", iter([b" " * 1024 * 1024] * 9))
    assert connection.getresponse().status == 413
    connection.close()
    gunicorn.stop()
    [segment] = Journal(tmp_path / "state" / "journal").segments()
    assert segment.read_bytes().count(b'"guid": "anna-0142"') == 2


def test_even_gunicorns_access_log_and_its_complaints_keep_the_secret(gunicorn):
    for request in (
        f"POST /callback/{SECRET} HTTP/1.1\r\nHost: x\r\nReferer: http://x/callback/{SECRET}\r\nContent-Length: 0",
        f"POST  /callback/{SECRET} HTTP/1.1\r\nHost: x",
        f"POST /callback/{SECRET} HTTP/7.7\r\nHost: x",
        f"POST /callback/{SECRET} HTTP/1.1\r\nHost: x\r\nContent-Length: many",
        f"POST /callback/{SECRET} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nnot a chunk",
        f"GET /{SECRET}/users.json HTTP/1.1\r\nHost: x\r\nReferer: http://x/{SECRET}/feeds/x2anna.xml",
    ):
        with socket.create_connection(("127.0.0.1", gunicorn.port), timeout=60) as connection:
            connection.sendall(f"{request}\r\nConnection: close\r\n\r\n".encode())
            connection.shutdown(socket.SHUT_WR)
            assert connection.recv(4096).startswith(b"HTTP/1.1 ")
    log = gunicorn.stop()
    assert "/callback/***" in log
    assert "/***/users.json" in log
    assert SECRET not in log


def test_no_header_moves_a_request_to_another_address(gunicorn):
    connection = http.client.HTTPConnection("127.0.0.1", gunicorn.port, timeout=60)
    connection.request("GET", "/moved/healthz", headers={"SCRIPT_NAME": "/moved", "X-Script-Name": "/moved"})
    assert connection.getresponse().status == 404
    connection.close()


@pytest.mark.parametrize("wsgi_app", ["app:app", "app:create_app()"])
def test_a_start_with_bad_settings_ends_with_one_readable_list(tmp_path, wsgi_app):
    environ = {name: value for name, value in os.environ.items() if not name.startswith("FEEDS_")}
    finished = subprocess.run(
        [sys.executable, "-m", "gunicorn", "--bind", f"unix:{tmp_path}/socket", wsgi_app],
        cwd=ROOT,
        env=environ | {"FEEDS_CALLBACK_SECRET": "short,a,b", "FEEDS_PUBLIC_URL": "nord", "FEEDS_SECRET_KEY": "x"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert finished.returncode != 0
    assert "The app can't start:\n  - FEEDS_CALLBACK_SECRET holds 3 secrets." in finished.stderr
    assert "The pages for partners can't be served:\n  - FEEDS_PUBLIC_URL is no origin" in finished.stderr
    assert "FEEDS_SECRET_KEY: key 1 is too easy to guess." in finished.stderr
    assert "Traceback" not in finished.stdout + finished.stderr
