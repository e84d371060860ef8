"""Partners join with a mouse, a keyboard, a phone, without scripts and in a popup."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.sites import line
from tests.web.walking import CAFE, OPEN, PARENT


def heading(page):
    return page.locator("h1").inner_text()


def log_in(page, account, *, without=(), decision="Allow"):
    """Decide on Dailymotion's page."""
    page.locator(f"input[name=account][value={account}]").check()
    for scope in without:
        page.locator(f"input[name=scope][value={scope}]").uncheck()
    page.get_by_role("button", name=decision, exact=True).click()


def connect(page, nord, account, **options):
    page.goto(nord.url)
    page.get_by_role("link", name="Connect with Dailymotion").click()
    log_in(page, account, **options)


@pytest.mark.parametrize("scripts", [True, False])
def test_an_account_that_the_catalog_lists_is_adopted(nord, open_window, scripts):
    page = open_window(java_script_enabled=scripts)
    connect(page, nord, CAFE)
    assert heading(page) == "You are signed in as Cafecourts (@cafecourts)"
    page.get_by_role("button", name="Yes, join Nord Clips").click()
    assert heading(page) == "Welcome to Nord Clips"
    assert nord.events() == [("adopted", CAFE)]
    assert [mail.account for mail in nord.world.mails] == [CAFE]


def test_an_account_that_nobody_knows_asks_is_approved_and_comes_back_by_one_click(nord, open_window):
    page = open_window()
    connect(page, nord, OPEN)
    page.get_by_role("button", name="Yes, ask to join").click()
    assert heading(page) == "Nord Clips has your request"
    nord.site.journal(line("approved", "2126-11-20T10:00:00.000Z", user=OPEN, parent=PARENT, by="cli:anna"))
    connect(page, nord, OPEN)
    page.get_by_role("button", name="Yes, join Nord Clips").click()
    assert heading(page) == "Welcome to Nord Clips"
    assert nord.events()[-1] == ("adopted", OPEN)


def test_who_unticks_a_right_is_told_which_and_can_try_again(nord, open_window):
    page = open_window()
    connect(page, nord, CAFE, without=["read_insights"])
    assert heading(page) == "Some of the rights are missing"
    assert page.locator("main li").all_inner_texts() == [
        "Your statistics, so that the network can report views and revenues to you."
    ]
    page.get_by_role("link", name="Connect again").click()
    log_in(page, CAFE)
    assert heading(page) == "You are signed in as Cafecourts (@cafecourts)"


def test_who_denies_at_dailymotion_is_told_that_nothing_has_changed(nord, open_window):
    page = open_window()
    connect(page, nord, CAFE, decision="Deny")
    assert heading(page) == "You did not allow it"
    assert nord.events() == []


def test_who_is_somebody_else_is_signed_out(nord, open_window):
    page = open_window()
    connect(page, nord, CAFE)
    page.get_by_role("button", name="That’s not me").click()
    assert heading(page) == "You are signed out here"
    assert nord.world.sessions == {}


def test_a_double_click_adopts_once(nord, open_window):
    page = open_window()
    connect(page, nord, CAFE)
    page.get_by_role("button", name="Yes, join Nord Clips").dblclick(no_wait_after=True)
    page.get_by_role("heading", name="Welcome to Nord Clips").wait_for()
    assert nord.events() == [("adopted", CAFE)]


def test_a_keyboard_is_enough(nord, open_window):
    page = open_window()
    page.goto(nord.url)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "To the content"
    page.keyboard.press("Tab")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    log_in(page, CAFE)
    page.get_by_role("button", name="Yes, join Nord Clips").wait_for()
    for _ in range(2):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Welcome to Nord Clips").wait_for()


# What a network's own site does; its README has the same lines.
OPENER = """<!doctype html><title>Nord</title><script>
  window.heard = [];
  addEventListener("message", (event) => heard.push([event.origin, event.data]));
  function join(address) { window.popup = open(address, "connect", "popup,width=480,height=720"); }
</script>"""


def opener(page, nord, site):
    """Serve a page at a site's address that opens the popup; return the popup and that page."""
    page.context.route(f"{site}/**", lambda route: route.fulfill(body=OPENER, content_type="text/html"))
    page.goto(f"{site}/join")
    with page.expect_popup() as opened:
        page.evaluate(f"join('{nord.url}/?display=popup')")
    popup = opened.value
    popup.get_by_role("link", name="Connect with Dailymotion").click()
    return popup


def test_a_popup_tells_the_networks_page_the_outcome_and_closes(nord, open_window):
    page = open_window()
    popup = opener(page, nord, "https://nord.example")
    log_in(popup, CAFE)
    with popup.expect_event("close"):
        popup.get_by_role("button", name="Yes, join Nord Clips").click()
    assert page.evaluate("heard") == [[nord.url, {"from": "feeds", "outcome": "adopted"}]]


def test_a_popup_that_another_site_has_opened_tells_it_nothing(nord, open_window):
    page = open_window()
    popup = opener(page, nord, "https://evil.example")
    with popup.expect_event("close"):
        log_in(popup, CAFE, decision="Deny")
    assert page.evaluate("heard") == []


def walk(page, nord):
    """Show every kind of page in turn."""
    page.goto(nord.url)
    yield "start"
    page.goto(f"{nord.url}/?invitation=none")
    yield "bad invitation"
    connect(page, nord, OPEN)
    yield "confirm"
    page.get_by_role("button", name="Yes, ask to join").click()
    yield "asked"
    connect(page, nord, CAFE, without=["email", "read_insights"])
    yield "lacking"
    connect(page, nord, CAFE)
    page.get_by_role("button", name="Yes").click()
    yield "adopted"
    page.goto(f"{nord.url}/nowhere")
    yield "nothing"


def test_no_page_is_too_wide_for_a_phone_buttons_fit_a_thumb_and_axe_finds_no_fault_light_or_dark(nord, open_window):
    page = open_window()
    for shown in walk(page, nord):
        page.set_viewport_size({"width": 320, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, shown
        for box in (each.bounding_box() for each in page.locator(".button, button").all()):
            assert box["height"] >= 44, shown
        page.set_viewport_size({"width": 1280, "height": 844})
        assert faults_of(page) == [], shown


def faults_of(page):
    """Return what axe finds; in the dark only colours can be worse than in the light."""
    found = []
    for scheme, rules in (("light", {}), ("dark", {"runOnly": {"type": "tag", "values": ["cat.color"]}})):
        page.emulate_media(color_scheme=scheme)
        violations = Axe().run(page, options={"resultTypes": ["violations"], **rules}).response["violations"]
        found += [(scheme, each["id"], [node["html"] for node in each["nodes"]]) for each in violations]
    page.emulate_media(color_scheme="light")
    return found
