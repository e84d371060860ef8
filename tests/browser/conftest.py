"""A browser, and a network served by gunicorn beside Dailymotion's stand-in."""

import shutil

import pytest
from playwright.sync_api import sync_playwright

from tests.web.walking import CAFE, served


@pytest.fixture(scope="session")
def chromium():
    """Start one browser for the whole session; give None where there is none."""
    path = shutil.which("chromium")
    if path is None:
        yield None
        return
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def open_window(need, chromium):
    """Return what opens a window of its own cookies; whatever its pages complain of fails the test."""
    need("chromium")
    contexts, complaints = [], []

    def open_window(*, width=1280, **options):
        context = chromium.new_context(viewport={"width": width, "height": 844}, **options)
        context.set_default_timeout(20_000)
        context.on("weberror", lambda each: complaints.append(str(each.error)))
        context.on(
            "console", lambda each: complaints.append(each.text) if "Content Security Policy" in each.text else None
        )
        contexts.append(context)
        return context.new_page()

    yield open_window
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def nord(tmp_path):
    with served(tmp_path) as (made, _):
        made.site.user(CAFE)
        yield made
