"""The app behind the real servers: callbacks reach the disk, pages get their host, and no log gets a secret."""

import http.server
import json
import re
import threading

import pytest

from tests.edge.conftest import NEW, SECRETS
from tests.receiver import Receiver
from tests.serving import SECRET, Gunicorn

PARTNERS = "partners.nord.example"
READY = (
    b'{"timestamp":1407770138078,"type":"injector.item.ready",'
    b'"data":{"status":"ready","uid":"anna-0001","remote_id":"x23bz3t"}}'
)
PAGES = {
    "FEEDS_PUBLIC_URL": f"https://{PARTNERS}",
    "FEEDS_SECRET_KEY": "nG5-hJ8_kL2.mN4~pQ6rS9tU1vW3xY7z",
    "FEEDS_DAILYMOTION_KEY": "key",
    "FEEDS_DAILYMOTION_SECRET": "secret-of-the-key",
}


@pytest.fixture
def gunicorn(tmp_path, catalog):
    catalog(())
    app = Gunicorn(tmp_path / "state")
    app.start(FEEDS_CATALOG=str(tmp_path), **PAGES)
    yield app
    app.close()


@pytest.mark.parametrize("host", [PARTNERS, "feeds.nord.example"], ids=["two hosts", "one host"])
def test_a_callback_is_on_the_disk_and_its_secret_in_no_log(server, catalog, gunicorn, tmp_path, host):
    environ = {**SECRETS, "FEEDS_PUBLIC_URL": f"https://{host}"}
    server.configure(catalog(("secret path",)), "--app", f"127.0.0.1:{gunicorn.port}", **environ)
    assert server.valid() == ""
    server.start()
    answer = server.ask(f"/callback/{SECRET}", method="POST", host=host, body=READY)
    assert (answer.status, json.loads(answer.body)) == (200, {"received": 1, "recorded": 1, "unclear": 0})
    assert b'"anna-0001"' in b"".join(path.read_bytes() for path in (tmp_path / "state/journal").iterdir())
    assert server.ask("/callback/wrong-secret-of-callbacks", method="POST", host=host, body=READY).status == 404
    assert server.ask(f"/{NEW}/users.json").status == 200
    assert server.ask("/healthz", host=host).status == 200
    logged = gunicorn.kill()
    gunicorn.close()
    for path in (
        f"/callback/{SECRET}",
        f"/callback/{SECRET}?x={NEW}",
        f"//callback//{SECRET}",
        f"/callback%2f{SECRET}",
    ):
        assert server.ask(path, method="POST", host=host, body=READY).status == 502
    invited = f"https://{host}/?invitation={NEW}"
    assert server.ask(f"/connect/return?code={NEW}", host=host, Referer=invited).status == 502
    log = server.logged() + logged
    assert "/callback/***" in log
    assert " 502 " in log or '"status":502' in log
    assert SECRET not in log
    assert NEW not in log


def test_pages_are_reached_under_their_own_name_alone(server, catalog, gunicorn):
    server.configure(catalog(()), "--app", f"127.0.0.1:{gunicorn.port}", **PAGES)
    server.start()
    page = server.ask("/", host=PARTNERS)
    assert (page.status, page["Cache-Control"]) == (200, "no-store")
    assert "Strict-Transport-Security" in page.headers
    assert server.ask("/", host=f"{PARTNERS}:443").status == 200
    assert server.ask("/", host=PARTNERS, X_Forwarded_Host="evil.example").status == 200
    assert server.ask("/").status == 404  # the site's host serves no pages
    assert server.ask("/users.json", host=PARTNERS).status == 404


def test_pages_work_as_well_where_the_proxy_is_believed(server, catalog, tmp_path):
    folder = catalog(())
    app = Gunicorn(tmp_path / "state")
    app.start(FEEDS_CATALOG=str(tmp_path), FEEDS_PROXIES="1", **PAGES)
    try:
        server.configure(folder, "--app", f"127.0.0.1:{app.port}", **PAGES)
        server.start()
        assert server.ask("/", host=PARTNERS, X_Forwarded_Host="evil.example").status == 200
    finally:
        app.close()


def test_what_a_stranger_says_of_the_way_is_not_passed_on(server, catalog):
    with Receiver() as app:
        server.configure(catalog(()), "--app", f"127.0.0.1:{app.port}", **PAGES)
        server.start()
        forged = {f"X-Forwarded-{name}": "192.0.2.66" for name in ("For", "Host", "Proto")}
        server.ask("/callback/x", host=PARTNERS, method="POST", body=b"[]", Forwarded="for=192.0.2.66", **forged)
        headers = app.requests[0].headers
    assert "192.0.2.66" not in " ".join(headers.values())
    assert (headers["x-forwarded-for"], headers["x-forwarded-host"]) == ("127.0.0.1", PARTNERS)
    assert headers["host"] == PARTNERS


def test_a_callback_of_the_largest_size_passes_and_a_larger_one_is_refused(server, catalog, gunicorn):
    server.configure(catalog(()), "--app", f"127.0.0.1:{gunicorn.port}", **PAGES)
    server.start()
    path = f"/callback/{SECRET}"
    fits = b"[" + b" " * (8 * 1024 * 1024 - 2) + b"]"
    assert server.ask(path, host=PARTNERS, method="POST", body=fits).status == 200
    assert server.ask(path, host=PARTNERS, method="POST", body=fits + b" ").status == 413
    # Whoever is first, server or app, ends it: Caddy may see the app hang up before it has an answer.
    assert server.ask(path, host=PARTNERS, method="POST", body=fits * 2).status in {413, 502}
    assert server.ask("/connect", host=PARTNERS, method="POST", body=b"x" * 200_000).status in {413, 502}


def test_a_callback_is_sent_to_the_app_once_though_its_answer_is_lost(server, catalog):
    with Receiver() as app:
        app.answer = b""
        server.configure(catalog(()), "--app", f"127.0.0.1:{app.port}", **PAGES)
        server.start()
        assert server.ask("/callback/x", host=PARTNERS, method="POST", body=READY).status == 502
        assert len(app.requests) == 1


def test_without_an_app_the_site_alone_is_served(server, catalog):
    server.configure(catalog(()))
    server.start()
    assert server.ask("/callback/x", method="POST", body=READY).status == 404
    assert not re.search("proxy_pass|reverse_proxy", server.file.read_text())


def test_where_the_app_sends_a_browser_is_in_no_log(server, catalog):
    with Receiver() as app:
        location = f"https://api.dailymotion.example/oauth/authorize?state={NEW}"
        app.answer = f"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode()
        server.configure(catalog(()), "--app", f"127.0.0.1:{app.port}", **PAGES)
        server.start()
        answer = server.ask("/connect", host=PARTNERS, method="POST", body=b"")
    assert (answer.status, answer["Location"]) == (302, location)
    assert "/connect" in server.logged()
    assert NEW not in server.logged()


def test_the_app_may_be_given_by_name(server, catalog):
    with Receiver() as app:
        server.configure(catalog(()), "--app", f"localhost:{app.port}", **PAGES)
        server.start()
        answers = [server.ask("/callback/x", host=PARTNERS, method="POST", body=READY).status for _ in range(4)]
        assert (answers, len(app.requests)) == ([200] * 4, 4)


class _Reusable(http.server.BaseHTTPRequestHandler):
    """Offers to keep each connection."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.server.ports.append(self.client_address[1])
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def test_each_callback_has_a_connection_of_its_own_to_the_app(server, catalog):
    """One that is kept may end just as a callback goes out, and it would be lost."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Reusable) as app:
        app.ports = []
        thread = threading.Thread(target=app.serve_forever)
        thread.start()
        try:
            server.configure(catalog(()), "--app", f"127.0.0.1:{app.server_port}", **PAGES)
            server.start()
            for _ in range(3):
                assert server.ask("/callback/x", host=PARTNERS, method="POST", body=READY).status == 200
        finally:
            app.shutdown()
            thread.join()
    assert len(set(app.ports)) == 3
