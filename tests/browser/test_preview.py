"""The preview in a real browser: it follows a saved edit, fits a phone, and runs nothing that a title says."""

import threading
from datetime import UTC, datetime

import pytest
from axe_playwright_python.sync_playwright import Axe
from werkzeug.serving import WSGIRequestHandler, make_server

from feeds.previewing.app import create_app
from feeds.previewing.reading import Reader
from feeds.settings import Folders
from tests.probing.films import Films, send
from tests.sites import Site, adopted

PICTURE = b'<svg xmlns="http://www.w3.org/2000/svg" width="320" height="180"><rect width="320" height="180"/></svg>'
EVIL = "<img src=x onerror=\"document.title='taken'\">" + "Donaudampfschifffahrt" * 8


class _Quiet(WSGIRequestHandler):
    def log(self, *_):
        pass


@pytest.fixture
def pictures():
    pictures = Films()
    yield pictures
    pictures.close()


@pytest.fixture
def site(tmp_path, pictures):
    site = Site(tmp_path)
    edit(site, pictures, "Tarte")
    site.happened(adopted("anna"))
    return site


def edit(site, pictures, title):
    thumbnail = pictures.url("/t.svg")
    site.user(
        "anna",
        {"guid": "a1", "title": title, "thumbnail": thumbnail},
        {"guid": "a2", "title": EVIL, "hold": "wait", "thumbnail": thumbnail},
        {"guid": "a3", "title": "Wrong", "size": "x"},
    )


@pytest.fixture
def preview(site):
    """Serve the site's preview, as a function of `watch`; give its address."""
    servers = []

    def preview(*, watch=False):
        reader = Reader(Folders(site.catalog, site.state), lambda: datetime(2026, 11, 24, 12, tzinfo=UTC))
        server = make_server("127.0.0.1", 0, lambda *_: [], threaded=True, request_handler=_Quiet)
        host = f"127.0.0.1:{server.server_port}"
        server.app, server.daemon_threads = create_app(reader, frozenset({host}), watch=watch), True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        servers.append((server, thread))
        return f"http://{host}"

    yield preview
    for server, thread in servers:
        server.shutdown()
        thread.join()
        server.socket.close()


def test_the_page_follows_a_saved_edit_by_itself(site, preview, pictures, open_window):
    page = open_window()
    page.goto(f"{preview(watch=True)}/user/anna")
    assert page.get_by_role("heading", name="Tarte").is_visible()
    edit(site, pictures, "Galette")
    page.get_by_role("heading", name="Galette").wait_for()
    edit(site, pictures, "Crêpe")
    page.get_by_role("heading", name="Crêpe").wait_for()


def test_thumbnails_are_asked_for_without_a_referrer_and_no_title_does_anything(preview, pictures, open_window):
    seen = []
    pictures.special["/t.svg"] = lambda handler: (
        seen.append(dict(handler.headers)), send(handler, "image/svg+xml", PICTURE),
    )  # fmt: skip
    page = open_window()
    page.goto(f"{preview()}/user/anna")
    page.wait_for_function("[...document.images].every((image) => image.complete && image.naturalWidth === 320)")
    assert seen
    assert not [each for each in seen if "Referer" in each or "Cookie" in each]
    assert page.title() == "anna-name: preview"
    assert page.get_by_role("heading", name="onerror").is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_the_pages_fit_the_screen_and_are_accessible(preview, open_window, width, scheme):
    page = open_window(width=width, color_scheme=scheme)
    url = preview()
    for path in ("/", "/user/anna"):
        page.goto(f"{url}{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        found = Axe().run(page).response["violations"]
        assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found] == []


def test_without_scripts_one_searches_and_chooses(preview, open_window):
    page = open_window(java_script_enabled=False)
    page.goto(f"{preview()}/user/anna")
    page.get_by_label("Which").select_option("findings")
    page.get_by_role("button", name="Show").click()
    assert page.locator(".video h2").all_inner_texts() == ["Wrong"]
    assert "expected a whole number" in page.locator(".findings").inner_text()
    page.get_by_role("link", name="Nord Clips").click()
    page.get_by_label("Search").fill("nobody")
    page.get_by_role("button", name="Show").click()
    assert "0 of 1 users" in page.locator("main").inner_text()
