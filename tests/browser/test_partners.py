"""The network's people decide with a mouse, a keyboard, a phone, and without scripts."""

import pytest

from tests.browser.test_connect import connect, faults_of, heading, log_in
from tests.sites import line
from tests.web.walking import CAFE, OPEN, PARENT, SMALL


def sign_in(page, nord, account=PARENT):
    page.goto(f"{nord.url}/partners")
    page.get_by_role("link", name="Sign in with Dailymotion").click()
    log_in(page, account)


def ask(page, nord, account=OPEN):
    connect(page, nord, account)
    page.get_by_role("button", name="Yes, ask to join").click()
    assert heading(page) == "Nord Clips has your request"


@pytest.mark.parametrize(("width", "scripts"), [(1280, True), (390, False)])
def test_a_partner_who_asked_is_approved_returns_and_is_adopted(nord, open_window, width, scripts):
    partner, person = (open_window(width=width, java_script_enabled=scripts) for _ in range(2))
    ask(partner, nord)
    sign_in(person, nord)
    assert heading(person) == "Partners"
    person.get_by_role("link", name="openmovies", exact=True).click()
    assert person.get_by_role("link", name="openmovies@sandbox.example").is_visible()
    person.locator("#approve-why").fill("contract 881")
    person.get_by_role("button", name="Approve").click()
    assert "openmovies is approved" in person.get_by_role("status").inner_text()
    assert f"1. Open {nord.url}/" in person.locator("#letter").input_value()
    assert person.get_by_role("link", name="Open in your mail program").get_attribute("href").startswith("mailto:")
    connect(partner, nord, OPEN)
    partner.get_by_role("button", name="Yes, join Nord Clips").click()
    assert heading(partner) == "Welcome to Nord Clips"
    assert [event for event, _ in nord.events()] == ["asked_to_join", "approved", "adopted"]
    person.reload()
    assert "Adopted" in person.locator("dl.facts").inner_text()


def test_a_partner_who_asked_is_refused_and_told_so(nord, open_window):
    partner, person = open_window(), open_window(width=390)
    ask(partner, nord)
    sign_in(person, nord)
    person.get_by_role("link", name="openmovies", exact=True).click()
    person.get_by_role("button", name="Refuse").click()
    assert nord.events() == [("asked_to_join", OPEN)]  # the browser asks for the reason
    person.locator("#refuse-why").fill("not our field")
    person.get_by_role("button", name="Refuse").click()
    assert "openmovies is refused" in person.get_by_role("status").inner_text()
    connect(partner, nord, OPEN)
    assert heading(partner) == "Nord Clips can't take this account in"
    assert nord.events()[-1] == ("refused", OPEN)


def test_an_adopted_partner_is_rejected_after_one_more_question(nord, open_window):
    partner, person = open_window(), open_window()
    connect(partner, nord, CAFE)
    partner.get_by_role("button", name="Yes, join Nord Clips").click()
    partner.get_by_role("heading", name="Welcome to Nord Clips").wait_for()
    sign_in(person, nord)
    person.get_by_role("link", name="cafecourts", exact=True).click()
    person.get_by_role("link", name="Reject…").click()
    assert heading(person) == "Reject cafecourts x2cafec0?"
    assert person.get_by_role("button", name="Yes, reject").count() == 0
    person.get_by_role("link", name="Sign in as the parent account").click()
    log_in(person, PARENT)
    assert "Dailymotion sends cafecourts an e-mail about it." in person.locator("main").inner_text()
    person.get_by_label("Reason").fill("contract ended")
    person.get_by_role("button", name="Yes, reject cafecourts").dblclick(no_wait_after=True)
    person.get_by_role("status").wait_for()
    assert "cafecourts is rejected" in person.get_by_role("status").inner_text()
    assert nord.events() == [("adopted", CAFE), ("rejected", CAFE)]
    assert nord.world.accounts[CAFE].parents == []
    assert [mail.about for mail in nord.world.mails] == ["adopted", "rejected"]


def test_an_invitation_is_made_copied_and_used(nord, open_window):
    person, guest = open_window(), open_window()
    sign_in(person, nord)
    person.get_by_role("link", name="Invite somebody").first.click()
    person.get_by_label("Whom it is for").fill("Anna, contract 881")
    person.get_by_role("button", name="Make the link").click()
    link = person.locator("#invitation").input_value()
    guest.goto(link)
    assert "You are invited." in guest.locator("main").inner_text()
    guest.get_by_role("link", name="Connect with Dailymotion").click()
    log_in(guest, SMALL)
    guest.get_by_role("button", name="Yes, join Nord Clips").click()
    assert heading(guest) == "Welcome to Nord Clips"
    person.reload()
    assert "used by x2small1" in person.locator("main").inner_text()


def test_a_keyboard_is_enough_to_decide(nord, open_window):
    ask(open_window(), nord)
    page = open_window()
    sign_in(page, nord)
    page.get_by_role("link", name="openmovies", exact=True).focus()
    page.keyboard.press("Enter")
    page.locator("#approve-why").wait_for()
    # the skip link, two pages, sign out, the address, the first reason
    for _ in range(6):
        page.keyboard.press("Tab")
    page.keyboard.type("contract 881")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Approve"
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    page.get_by_role("status").wait_for()
    assert nord.events()[-1] == ("approved", OPEN)


def walk(page, nord):
    """Show every kind of page in turn, with so many partners that states fold, and one has a second page."""
    kinds = ("asked_to_join", "approved", "refused", "rejected", "left", "adopted", "adopted", "adopted")
    name = "a-username-that-is-longer-than-most-others-are"
    nord.site.journal(
        "".join(
            line(kinds[each % 8], user=f"x3u{each:03}", username=f"{name}{each}", parent=PARENT, by=name, why=name * 3)
            for each in range(160)
        )
    )
    page.goto(f"{nord.url}/partners")
    yield "sign in"
    sign_in(page, nord, SMALL)
    yield "stranger"
    sign_in(page, nord)
    folded = page.locator("details:not([open]) > summary")
    while folded.count():
        folded.first.click()
    yield "list"
    page.goto(f"{nord.url}/partners?state=adopted&page=2")
    yield "one state"
    for number in range(6):
        page.goto(f"{nord.url}/partners/account/x3u{number:03}")
        yield f"account {kinds[number]}"
    page.goto(f"{nord.url}/partners/account/x3u005/reject")
    yield "reject, without a login"
    page.get_by_role("link", name="Sign in as the parent account").click()
    log_in(page, PARENT)
    yield "reject"
    page.get_by_label("Reason").fill("by a@mail.example")
    page.get_by_role("button", name="Yes, reject").click()
    assert page.get_by_role("alert").is_visible()
    yield "reject, with a fault"
    page.goto(f"{nord.url}/partners/invite")
    page.get_by_label("Whom it is for").fill("Anna")
    page.get_by_role("button", name="Make the link").click()
    yield "invited"


def test_no_page_is_too_wide_for_a_phone_buttons_fit_a_thumb_and_axe_finds_no_fault_light_or_dark(nord, open_window):
    page = open_window()
    for shown in walk(page, nord):
        page.set_viewport_size({"width": 320, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, shown
        for box in (each.bounding_box() for each in page.locator(".button, button, input:visible, select").all()):
            assert box["height"] >= 44, shown
        page.set_viewport_size({"width": 1280, "height": 844})
        assert faults_of(page) == [], shown
