"""The person's browser of a rehearsal: it sends what a real one would, and quotes the page where there is no way on."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl

import pytest

from feeds.commands._browser import Browser, Lost
from feeds.core.errors import FeedsError

PAGE = """<!doctype html><h1>The  first
 page</h1><a href="/next?one=1"> Go   on </a>
<form method="post" action="/no"><button>Nothing</button></form>
<form method="post"><input type="hidden" name="csrf" value="a&amp;b"><input name="name" value="old">
<input type="radio" name="who" value="x"><input type="radio" name="who" value="" checked>
<input type="checkbox" name="scope" value="one" checked><input type="checkbox" name="scope" value="two" checked>
<input type="checkbox" name="scope" value="three">
<button name="decision" value="allow">Allow it</button><button name="decision" value="deny">Deny</button></form>"""


@pytest.fixture
def site():
    """Serve the page under every address; return where, and what is asked: method, path, form, cookie."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def answer(self):
            form = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            asked.append((self.command, self.path, parse_qsl(form, keep_blank_values=True), self.headers["Cookie"]))
            self.send_response(200)
            self.send_header("Set-Cookie", "seen=yes; Path=/")
            self.send_header("Content-Length", str(len(PAGE)))
            self.end_headers()
            self.wfile.write(PAGE.encode())

        do_GET = do_POST = answer  # noqa: N815 - as the standard library calls them

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def browser():
    with Browser() as browser:
        yield browser


def test_a_link_is_followed_by_its_words_and_cookies_are_kept(site, browser):
    url, asked = site
    browser.open(url)
    browser.follow("Go on")
    assert asked == [("GET", "/", [], None), ("GET", "/next?one=1", [], "seen=yes")]
    assert browser.heading == "The first page"


def test_a_form_goes_to_its_own_page_as_it_stands_but_for_what_is_filled_in(site, browser):
    url, asked = site
    browser.open(f"{url}/ask?state=s")
    browser.press("Allow", name="new")
    form = [("csrf", "a&b"), ("who", ""), ("scope", "one"), ("scope", "two"), ("decision", "allow"), ("name", "new")]
    assert asked[-1] == ("POST", "/ask?state=s", form, "seen=yes")


def test_where_the_page_has_no_such_way_on_its_heading_is_quoted(site, browser):
    browser.open(site[0])
    with pytest.raises(Lost, match='"The first page" has no link "Go off"'):
        browser.follow("Go off")
    with pytest.raises(Lost, match='"The first page" has no button "Yes"'):
        browser.press("Yes")


def test_a_page_that_nobody_serves_is_a_fault_without_its_address(browser):
    with pytest.raises(FeedsError, match=r"A page could not be opened \(ConnectionError\)\."):
        browser.open("http://127.0.0.1:1/?code=secret")
