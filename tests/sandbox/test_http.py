"""The stand-in over real sockets: what it fetches and refuses, and a whole crawl as a program."""

import base64
import gzip
import json
import os
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from sandbox import http
from sandbox.http import Answer, FetchError, Mapping

ROOT = Path(__file__).parents[2]
FEED = (
    """<rss version="2.0" xmlns:media="http://search.yahoo.com/mrss/"><channel><title>Anna</title>{}</channel></rss>"""
)
ITEM = """<item><guid isPermaLink="false">{0}</guid><title>{0}</title><category>music</category>
  <media:content url="https://cdn.nord.example/{0}.mp4"/></item>"""


class Site(ThreadingHTTPServer):
    """Pages by path, each (status, headers, body) or a function of the handler; POSTs are kept."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.pages = {}
        self.posts = []
        self.gets = []
        self.login = None
        self.logins = []


class Handler(BaseHTTPRequestHandler):
    """Answers from the site's pages."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.gets.append(self.path)
        self.server.logins.append(self.headers["Authorization"])
        if self.server.login not in (None, self.headers["Authorization"]):
            self.answer(401, {"WWW-Authenticate": 'Basic realm="feeds"'}, b"")
            return
        page = self.server.pages.get(self.path, (404, {}, b""))
        if callable(page):
            page(self)
            return
        self.answer(*page)

    def do_POST(self):
        self.server.posts.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.answer(*self.server.pages.get(self.path, (404, {}, b"")))

    def answer(self, status, headers, body):
        self.send_response(status)
        for name, value in {"Content-Length": len(body), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


@contextmanager
def serving():
    server = Site()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def site():
    with serving() as server:
        yield server


@pytest.fixture
def elsewhere():
    """Another site, on another port."""
    with serving() as server:
        yield server


def test_a_document_is_fetched_as_it_is(site):
    site.pages["/users.json"] = (200, {}, b"[]")
    assert http.fetch(f"{site.url}/users.json") == b"[]"


@pytest.mark.parametrize("status", [204, 301, 304, 401, 404, 500])
def test_any_answer_but_200_is_an_error_and_no_redirect_is_followed(site, status):
    site.pages["/users.json"] = (status, {"Location": "/elsewhere"}, b"")
    with pytest.raises(FetchError, match=f"/users.json: status {status} instead of 200"):
        http.fetch(f"{site.url}/users.json")
    assert site.gets == ["/users.json"]


def test_an_answer_that_is_too_large_is_not_read_to_its_end(site):
    def endless(handler):
        handler.send_response(200)
        handler.end_headers()
        try:
            while True:
                handler.wfile.write(b"x" * 65536)
        except OSError:
            pass

    site.pages["/users.json"] = endless
    with pytest.raises(FetchError, match=r"/users.json: more than 100000 bytes$"):
        http.fetch(f"{site.url}/users.json", max_bytes=100_000)


def test_an_answer_that_trickles_is_given_up_in_time(site):
    stop = threading.Event()

    def trickle(handler):
        handler.send_response(200)
        handler.end_headers()
        while not stop.wait(0.02):
            handler.wfile.write(b"x")
            handler.wfile.flush()

    site.pages["/users.json"] = trickle
    started = time.monotonic()
    with pytest.raises(FetchError, match=r"/users.json: not read to its end in time$"):
        http.fetch(f"{site.url}/users.json", answer_s=0.1)
    stop.set()
    assert time.monotonic() - started < http.READ_S


def test_an_answer_that_breaks_off_is_an_error(site):
    site.pages["/users.json"] = (200, {"Content-Length": 100}, b"[")
    with pytest.raises(FetchError, match="no connection, or one that broke"):
        http.fetch(f"{site.url}/users.json")


def test_a_compressed_answer_is_refused(site):
    site.pages["/users.json"] = (200, {"Content-Encoding": "gzip"}, gzip.compress(b"[]"))
    with pytest.raises(FetchError, match="a compressed answer"):
        http.fetch(f"{site.url}/users.json")


@pytest.mark.parametrize("url", ["file:///etc/passwd", "users.json", "http://[", "http://127.0.0.1:1/users.json"])
def test_a_url_that_cannot_be_fetched_is_an_error(url):
    with pytest.raises(FetchError):
        http.fetch(url)


def test_proxies_of_the_environment_are_ignored(site, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    site.pages["/users.json"] = (200, {}, b"[]")
    assert http.fetch(f"{site.url}/users.json") == b"[]"


def test_a_mapping_moves_what_lies_below_it_and_nothing_else():
    mappings = [Mapping("https://feeds.nord.example", "http://127.0.0.1:8000")]
    assert http.locate("https://feeds.nord.example/feeds/a.xml", mappings) == "http://127.0.0.1:8000/feeds/a.xml"
    assert http.locate("https://feeds.nord.example.org/a.xml", mappings) == "https://feeds.nord.example.org/a.xml"


def test_a_callback_tells_its_answer(site):
    site.pages["/callback/secret"] = (503, {}, b"later")
    assert http.post(f"{site.url}/callback/secret", [{"timestamp": 1}]) == Answer(503, "later")
    assert site.posts == [[{"timestamp": 1}]]


def test_a_callback_without_an_answer_does_not_tell_the_secret():
    answer = http.post("http://127.0.0.1:1/callback/secret", [])
    assert answer.status is None
    assert "secret" not in answer.text


def crawl(site, *options, url="https://feeds.nord.example/users.json", callback=True, **more):
    environ = {name: value for name, value in os.environ.items() if not name.startswith("SANDBOX_")} | more
    if callback:
        environ["SANDBOX_CALLBACK"] = f"{site.url}/callback/secret"
    arguments = ["crawl", *([url] if url else []), "--map", f"https://feeds.nord.example={site.url}", *options]
    return subprocess.run(
        [sys.executable, "-m", "sandbox", *arguments],
        cwd=ROOT, env=environ, capture_output=True, text=True, timeout=60,
    )  # fmt: skip


@pytest.fixture
def network(site):
    users = [
        {"id": name, "username": name, "feed_url": f"https://feeds.nord.example/feeds/{name}.xml"} for name in "ab"
    ]
    site.pages["/users.json"] = (200, {}, json.dumps(users).encode())
    for name in "ab":
        guids = [f"{name}-{number}" for number in range(5)]
        text = FEED.format("".join(ITEM.format(guid) for guid in guids))
        site.pages[f"/feeds/{name}.xml"] = (200, {}, text.encode())
    site.pages["/callback/secret"] = (200, {}, b'{"received": 1}')
    return site


def test_a_crawl_imports_every_item_of_every_feed_and_calls_back(network):
    done = crawl(network, "--format", "json")
    report = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (0, "")
    assert [item["outcome"] for user in report["users"] for item in user["items"]] == ["imported"] * 10
    assert [post["events"] for post in report["posts"]] == network.posts
    assert [(post["guids"][0], post["outcomes"][0]) for post in report["posts"][:2]] == [
        ("a-0", "imported"),
        ("a-3", "imported"),
    ]
    assert [len(array) for array in network.posts] == [3, 3, 3, 1]
    assert network.gets == ["/users.json", "/feeds/a.xml", "/feeds/b.xml"]


def test_the_same_seed_makes_the_same_crawl(network):
    faults = [f"--{fault}=1" for fault in ("fail", "bare", "twice", "late", "unknown")]
    first, second = (json.loads(crawl(network, *faults, "--shuffle", "--format=json").stdout) for _ in range(2))
    for report in (first, second):
        for post in report["posts"]:
            for event in post["events"]:
                del event["timestamp"]
    assert first == second
    assert [item["outcome"] for user in first["users"] for item in user["items"]].count("failed") == 1


def test_a_crawl_without_a_callback_only_reads(network):
    done = crawl(network, callback=False)
    assert (done.returncode, done.stdout) == (0, "a (a): 5 items\nb (b): 5 items\n")
    assert network.posts == []


def test_a_second_crawl_with_the_memory_of_the_first_updates(network, tmp_path):
    memory = tmp_path / "memory.json"
    crawl(network, "--memory", str(memory))
    done = crawl(network, "--memory", str(memory))
    assert "a (a): 5 items, 5 updated\n" in done.stdout
    first, second = (
        {event["data"]["remote_id"] for array in network.posts[half] for event in array}
        for half in (slice(4), slice(4, None))
    )
    assert first == second


def test_a_broken_feed_hides_no_other_and_makes_the_crawl_fail(network):
    network.pages["/feeds/a.xml"] = (404, {}, b"")
    done = crawl(network)
    assert done.returncode == 1
    assert f"a (a): {network.url}/feeds/a.xml: status 404 instead of 200: nothing is there; " in done.stdout
    assert "b (b): 5 items, 5 imported\n" in done.stdout


def test_a_refused_item_is_named_with_its_reason(network):
    network.pages["/feeds/a.xml"] = (200, {}, FEED.format(ITEM.format("a-0").replace("music", "")).encode())
    done = crawl(network)
    assert done.returncode == 1
    assert "a (a): 0 items\n  item 1, guid a-0: refused, it has no category\n" in done.stdout


def test_a_refused_callback_makes_the_crawl_fail(network):
    network.pages["/callback/secret"] = (503, {}, b"later")
    done = crawl(network)
    assert done.returncode == 1
    assert "503 later" in done.stdout


def test_without_a_user_list_there_is_nothing_to_crawl(site):
    done = crawl(site)
    assert (done.returncode, done.stdout) == (3, "")
    wanted = "nothing is there; an address with a secret in it is needed whole"
    assert done.stderr == f"error: {site.url}/users.json: status 404 instead of 200: {wanted}\n"


def test_a_map_that_is_none_is_explained(site):
    done = crawl(site, "--map", "nonsense")
    assert done.returncode == 2
    assert '--map "nonsense" is not like https://feeds.nord.example=http://127.0.0.1:8000' in done.stderr


# -- a closed site

PASSWORD = "CANARY-7f: pass\N{LATIN SMALL LETTER O WITH DIAERESIS}rd"
FOLDER = "CANARY-s3gm3nt-0123456789abcd"


def basic(words):
    return f"Basic {base64.b64encode(words.encode()).decode()}"


@pytest.mark.parametrize("by", ["file", "environment"])
def test_a_login_reads_list_and_feeds_and_is_in_no_output(network, tmp_path, by):
    network.login = basic(f"dm:{PASSWORD}")
    (tmp_path / "login").write_text(f"dm:{PASSWORD}\n")
    given = {"SANDBOX_LOGIN": f"dm:{PASSWORD}"} if by == "environment" else {}
    options = [] if given else ["--login-file", str(tmp_path / "login")]
    done = crawl(network, *options, callback=False, **given)
    assert (done.returncode, done.stdout, done.stderr) == (0, "a (a): 5 items\nb (b): 5 items\n", "")
    assert PASSWORD not in repr(http.Login.of(network.url, f"dm:{PASSWORD}"))


def test_without_the_login_or_with_another_a_closed_site_says_what_it_wants(network):
    network.login = basic(f"dm:{PASSWORD}")
    done = crawl(network)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.endswith("status 401 instead of 200: it wants a login, which this site was given none of\n")
    done = crawl(network, SANDBOX_LOGIN="dm:CANARY")
    assert (done.returncode, "CANARY" in done.stdout + done.stderr) == (3, False)
    assert done.stderr.endswith("status 401 instead of 200: it doesn't take this login\n")
    assert network.posts == []
    network.login, network.pages["/users.json"] = None, (403, {}, b"")
    assert crawl(network).stderr.endswith("status 403 instead of 200: it doesn't let this machine in\n")


def test_the_login_goes_to_the_lists_site_alone_whatever_list_and_redirects_name(network, elsewhere):
    feed = network.pages["/feeds/a.xml"]
    elsewhere.pages["/a.xml"] = elsewhere.pages["/feeds/b.xml"] = feed
    users = [
        {"id": "a", "username": "a", "feed_url": f"{elsewhere.url}/a.xml"},
        {"id": "b", "username": "b", "feed_url": "https://feeds.nord.example/feeds/b.xml"},
    ]
    network.pages["/users.json"] = (200, {}, json.dumps(users).encode())
    network.pages["/feeds/b.xml"] = (302, {"Location": f"{elsewhere.url}/feeds/b.xml"}, b"")
    done = crawl(network, callback=False, SANDBOX_LOGIN=f"dm:{PASSWORD}")
    assert network.logins == [basic(f"dm:{PASSWORD}")] * 2
    assert (elsewhere.gets, elsewhere.logins) == (["/a.xml"], [None])
    assert "feeds/b.xml: status 302 instead of 200\n" in done.stdout


def test_an_address_with_a_secret_may_stand_in_the_environment_and_is_in_no_output(network):
    users = [{"id": "a", "username": "a", "feed_url": f"https://feeds.nord.example/{FOLDER}/feeds/a.xml"}]
    address = f"https://feeds.nord.example/{FOLDER}/users.json"
    done = crawl(network, url=None, SANDBOX_USER_LIST=address)
    ellipsis = "\N{HORIZONTAL ELLIPSIS}"
    assert (done.returncode, "CANARY" in done.stdout + done.stderr) == (3, False)
    assert done.stderr.startswith(f"error: {network.url}/{ellipsis}/users.json: status 404")
    network.pages[f"/{FOLDER}/users.json"] = (200, {}, json.dumps(users).encode())
    for form in ("json", "text"):
        done = crawl(network, "--format", form, url=None, SANDBOX_USER_LIST=address)
        assert (done.returncode, "CANARY" in done.stdout + done.stderr) == (1, False)
    network.pages[f"/{FOLDER}/feeds/a.xml"] = network.pages["/feeds/a.xml"]
    assert crawl(network, url=None, SANDBOX_USER_LIST=address).returncode == 0
    nobody = f"http://127.0.0.1:1/{FOLDER}/users.json"
    done = crawl(network, url=None, SANDBOX_USER_LIST=nobody)
    assert (done.returncode, "CANARY" in done.stdout + done.stderr) == (3, False)
    assert "no connection" in done.stderr


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"CANARY", "The login is none: write user:password, in one line."),
        (b"dm:CANARY\nX-Header: 1\n", "The login is none: write user:password, in one line."),
        (b"\xff", "can't be read: it is no text."),
        (None, "can't be read: No such file or directory."),
    ],
)
def test_a_login_that_is_none_is_refused_before_anything_is_sent(network, tmp_path, text, words):
    if text is not None:
        (tmp_path / "login").write_bytes(text)
    done = crawl(network, "--login-file", str(tmp_path / "login"))
    assert (done.returncode, words in done.stderr, "CANARY" in done.stderr) == (2, True, False)
    assert network.gets == []


def test_two_logins_are_one_too_many(network, tmp_path):
    (tmp_path / "login").write_text("dm:one")
    done = crawl(network, "--login-file", str(tmp_path / "login"), SANDBOX_LOGIN="dm:two")
    assert (done.returncode, "are both given. Keep one." in done.stderr, network.gets) == (2, True, [])
