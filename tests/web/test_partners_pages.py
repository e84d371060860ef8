"""The network's people look at partners and decide about them, over a real Dailymotion of the sandbox."""

import html
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import requests
from freezegun import freeze_time

from app import create_app
from feeds.dailymotion.values import PARENT_SCOPES, Credentials, Token
from feeds.onboarding.joining import Account
from feeds.onboarding.waiting import Contact, Waiting
from feeds.web.admins import AdminCookie
from feeds.web.cookies import Login, LoginCookie
from feeds.web.masking import mask
from tests.sites import line
from tests.web.walking import (
    CAFE,
    KEY,
    OPEN,
    PARENT,
    PUBLIC_URL,
    SMALL,
    Network,
    fields,
    heading,
    network,
    query_of,
    served,
)
from tests.web.walking import short as bounded

STRAY = "x9stray"


@pytest.fixture
def nord(tmp_path):
    with network(tmp_path, bounded=bounded) as made:
        made.site.network(admins=[STRAY])
        made.site.user(CAFE)
        yield made


def signed_in(nord, account=PARENT):
    """Return a browser in which this account has signed in for the partners' pages."""
    browser = nord.browser()
    page = log_in(browser, "/partners/sign-in", account)
    assert (page.status_code, page.headers["Location"]) == (303, "/partners")
    return browser


def log_in(browser, path, account, scopes=("userinfo",)):
    response = browser.get(path)
    assert response.status_code == 303
    return browser.get(browser.consent(response.headers["Location"], account, scopes=scopes))


def as_parent(browser, user=CAFE, account=PARENT, scopes=PARENT_SCOPES):
    """Log in as the parent for the rejection of a user."""
    return log_in(browser, f"/partners/account/{user}/reject/sign-in", account, scopes)


def page_of(browser, user, more=""):
    return browser.get(f"/partners/account/{user}{more}")


def decide(browser, user, what, why="contract 881", page=None, **changes):
    """Send the form of a decision as the page has it."""
    path = f"/partners/account/{user}/{what}"
    page = page or page_of(browser, user, "/reject" if what == "reject" else "")
    given = {name: html.unescape(value) for name, value in fields(page, path).items()}
    return browser.post(path, **{**given, "why": why, **changes})


def text_of(page):
    """Return what a page says, without its markup."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page.text.partition("<main")[2])).split())


def notice(page):
    found = re.search(r'<p class="note (\w+)" role="status">(.*?)</p>', page.text, re.DOTALL)
    return (found[1], html.unescape(found[2])) if found else None


def asked(nord, user=OPEN, name="openmovies", at="2026-11-20T10:00:00.000Z"):
    nord.site.journal(line("asked_to_join", at, user=user, username=name, parent=PARENT))
    Waiting(nord.site.state).keep(Contact(user, f"{name}@mail.example", datetime.now(UTC)))


def adopted(nord, user=CAFE, name="cafecourts"):
    """Have an account be a child at Dailymotion, and the events say so."""
    nord.world.accounts[user].parents.append(PARENT)
    nord.site.journal(line("adopted", user=user, username=name, parent=PARENT))


def test_without_a_sign_in_no_page_shows_anything_and_no_form_does_anything(nord):
    asked(nord)
    browser = nord.browser()
    for path in ("", f"/account/{OPEN}", f"/account/{OPEN}/reject", "/invite", f"/account/{OPEN}/reject/sign-in"):
        page = browser.get(f"/partners{path}")
        assert (page.status_code, heading(page)) == (200, "For the people of Nord Clips")
        assert "openmovies" not in page.text
    with_token = fields(browser.arrive(CAFE), "/connect/confirm")["csrf_token"]
    for path in (f"account/{OPEN}/approve", f"account/{OPEN}/refuse", f"account/{OPEN}/reject", "invite"):
        page = browser.post(f"/partners/{path}", csrf_token=with_token, why="mine", label="mine", days="3")
        assert page.status_code == 403
        assert "Nothing was done." in page.text
    assert nord.events() == [("asked_to_join", OPEN)]


def test_signing_in_asks_dailymotion_for_nothing_but_who_it_is_and_ends_that_login_at_once(nord):
    browser = nord.browser()
    location = browser.get("/partners/sign-in").headers["Location"]
    assert query_of(location)["scope"] == "userinfo"
    page = browser.get(browser.consent(location, PARENT, scopes=("userinfo",)))
    cookies = {each.split("=")[0]: each for each in page.headers.getlist("Set-Cookie")}
    assert "Path=/partners" in cookies["__Secure-feeds-partners"]
    assert "; Secure; HttpOnly" in cookies["__Secure-feeds-partners"]
    assert nord.world.sessions == {}
    assert "Signed in as nordclips (x1nord)" in text_of(browser.get("/partners"))


@pytest.mark.parametrize("account", [PARENT, STRAY])
def test_the_parent_and_the_admins_of_the_catalog_come_in(nord, account):
    page = signed_in(nord, account).get("/partners")
    assert (page.status_code, heading(page)) == (200, "Partners")


def test_anybody_else_is_told_which_account_they_have_and_nothing_more(nord):
    asked(nord)
    browser = nord.browser()
    page = log_in(browser, "/partners/sign-in", SMALL)
    assert (page.status_code, heading(page)) == (403, "These pages are not for this account")
    assert "Smallscreen (@smallscreen, x2small1)" in page.text
    assert "openmovies" not in page.text
    assert nord.world.sessions == {}
    assert heading(browser.get("/partners")) == "For the people of Nord Clips"


def test_who_declines_at_dailymotion_is_led_back_to_these_pages(nord):
    browser = nord.browser()
    location = browser.get("/partners/sign-in").headers["Location"]
    page = browser.get(browser.consent(location, PARENT, decision="deny"))
    assert heading(page) == "You did not allow it"
    assert 'href="/partners"' in page.text


def test_who_is_taken_out_of_the_catalog_is_out_at_the_next_click(nord):
    asked(nord)
    browser = signed_in(nord, STRAY)
    page = page_of(browser, OPEN)
    nord.site.network(admins=[])
    assert decide(browser, OPEN, "approve", page=page).status_code == 403
    assert heading(browser.get("/partners")) == "For the people of Nord Clips"
    assert nord.events() == [("asked_to_join", OPEN)]


def test_a_sign_in_ends_after_eight_hours(nord):
    now = datetime.now(UTC)
    browser = signed_in(nord)
    with freeze_time(now + timedelta(hours=7, minutes=59), ignore=["sandbox"]):
        assert heading(browser.get("/partners")) == "Partners"
    cookie = browser.client.get_cookie("__Secure-feeds-partners", domain="partners.nord.example", path="/partners")
    with freeze_time(now + timedelta(hours=8, minutes=1)):
        assert AdminCookie([KEY], is_secure=True).read({cookie.key: cookie.value}) is None
    assert AdminCookie([KEY], is_secure=True).read({cookie.key: cookie.value}) == PARENT


def test_a_sign_in_that_somebody_else_signed_or_that_was_meant_for_something_else_opens_nothing(nord):
    with nord.app.test_request_context():
        response = nord.app.response_class()
        AdminCookie(["another-web-secret-key-Yx7W6v5U"], is_secure=True).keep(response, PARENT)
        forged = response.headers["Set-Cookie"].split(";")[0].partition("=")[2]
    session = signed_in(nord).client.get_cookie("__Host-feeds", domain="partners.nord.example").value
    for value in (forged, PARENT, session, ""):
        browser = nord.browser()
        browser.client.set_cookie(
            "__Secure-feeds-partners", value, domain="partners.nord.example", path="/partners", secure=True
        )
        assert heading(browser.get("/partners")) == "For the people of Nord Clips"


def test_signing_out_takes_a_form_and_ends_the_parents_login_too(nord):
    browser = signed_in(nord)
    adopted(nord)
    as_parent(browser)
    assert len(nord.world.sessions) == 1
    assert browser.get("/partners/sign-out").status_code == 405
    token = fields(browser.get("/partners"), "/partners/sign-out")
    assert heading(browser.post("/partners/sign-out", **token)) == "You are signed out"
    assert nord.world.sessions == {}
    assert heading(browser.get("/partners")) == "For the people of Nord Clips"


def test_the_list_tells_by_state_who_is_where_since_when_by_whom_and_why(nord):
    nord.site.user("x2new", username="newcomer")
    asked(nord, "x2older", "older", at="2026-11-18T10:00:00.000Z")
    asked(nord)
    nord.site.journal(
        line("refused", "2026-11-19T10:00:00.000Z", user="x2no", username="nono", parent=PARENT, by="anna", why="spam")
    )
    adopted(nord)
    page = signed_in(nord).get("/partners")
    found = re.findall(r'<h2 id="\w+">([^<]+)<span class="count">(\d+)', page.text)
    assert [(heading.strip(), count) for heading, count in found] == [
        ("Waiting for your word", "2"), ("In the catalog, never connected", "1"), ("Adopted", "1"), ("Refused", "1"),
    ]  # fmt: skip
    assert re.findall(r"account/(\w+)", page.text) == [OPEN, "x2older", "x2new", CAFE, "x2no"]
    words = text_of(page)
    assert "openmovies x2openmo since 20 Nov 2026 , openmovies@mail.example not in the catalog" in words
    assert "since 19 Nov 2026 by anna : spam not in the catalog" in words
    assert "cafecourts x2cafec0 since 20 Nov 2026 Refused" in words


def test_the_list_can_be_searched_chosen_by_state_and_paged_without_a_script(nord):
    texts = [
        line(
            "adopted",
            f"2026-11-{1 + number // 24:02}T{number % 24:02}:00:00.000Z",
            user=f"x3u{number:03}",
            username=f"user{number:03}",
            parent=PARENT,
        )
        for number in range(120)
    ]
    nord.site.journal("".join(texts))
    browser = signed_in(nord)

    def shown(query):
        return re.findall(r"account/x3u(\d+)", browser.get(f"/partners?{query}").text)

    assert shown("") == [f"{number:03}" for number in range(119, 109, -1)]
    assert shown("state=adopted") == [f"{number:03}" for number in range(119, 69, -1)]
    assert shown("state=adopted&page=3") == [f"{number:03}" for number in range(19, -1, -1)]
    assert shown("state=adopted&page=99") == shown("state=adopted&page=3")
    assert shown("q=USER11+x3u") == [f"{number:03}" for number in range(119, 109, -1)]
    assert shown("q=nobody") == []
    assert "Nobody is like that." in browser.get("/partners?q=nobody").text
    assert 'rel="next"' in browser.get("/partners?state=adopted&page=2").text
    assert shown("page=x&state=%3Cb%3E") == []


def test_names_and_reasons_that_would_be_markup_are_text(nord):
    evil = '<b onclick="x">evil</b>'
    nord.site.journal(line("refused", user=OPEN, username=evil, parent=PARENT, by=evil, why=evil))
    nord.site.journal(line("refused", user=evil, username=evil, parent=PARENT))
    browser = signed_in(nord)
    for page in (browser.get(f"/partners?q=evil&state={evil}"), browser.get("/partners"), page_of(browser, OPEN)):
        assert "<b " not in page.text
    assert "&lt;b onclick" in page.text


def test_an_approval_is_recorded_with_who_and_why_and_a_message_lies_ready_once_with_the_address(nord):
    asked(nord)
    browser = signed_in(nord)
    answer = decide(browser, OPEN, "approve", why=" contract 881 ")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/partners/account/{OPEN}")
    event = nord.site.journalled()[-1]
    assert {**event, "at": None} == {
        "at": None, "event": "approved", "user": OPEN, "username": "openmovies", "parent": PARENT,
        "by": "nordclips (x1nord)", "why": "contract 881",
    }  # fmt: skip
    page = page_of(browser, OPEN)
    assert notice(page)[0] == "good"
    assert "Hello openmovies," in page.text
    assert f"1. Open {PUBLIC_URL}/\n" in page.text
    assert 'href="mailto:openmovies@mail.example?subject=Nord%20Clips%20has%20said%20yes&amp;body=Hello' in page.text
    again = page_of(browser, OPEN)
    assert notice(again) is None
    assert "Hello openmovies," in again.text
    assert "mail.example" not in again.text
    assert list((nord.site.state / "waiting").iterdir()) == []
    assert heading(nord.browser().connect(OPEN)) == "Welcome to Nord Clips"


def test_a_refusal_is_recorded_and_told_when_they_connect_again(nord):
    asked(nord)
    browser = signed_in(nord, STRAY)
    assert decide(browser, OPEN, "refuse", why="not our field").status_code == 303
    assert nord.site.journalled()[-1]["by"] == "strayfilms (x9stray)"
    assert "openmovies is refused" in notice(page_of(browser, OPEN))[1]
    page = nord.browser().arrive(OPEN)
    assert (page.status_code, heading(page)) == (403, "Nord Clips can&#39;t take this account in")


@pytest.mark.parametrize(
    ("why", "says"),
    [
        ("", "Write a reason"),
        ("   ", "Write a reason"),
        ("x" * 301, "one line of 300 characters"),
        ("two\nlines", "one line of 300 characters"),
        ("anna@mail.example said so", "no e-mail address"),
    ],
)
@pytest.mark.parametrize("what", ["approve", "refuse", "reject"])
def test_a_decision_needs_a_reason_that_can_stand_in_git(nord, what, why, says):
    asked(nord)
    adopted(nord)
    browser = signed_in(nord)
    user = CAFE if what == "reject" else OPEN
    if what == "reject":
        as_parent(browser)
    before = nord.events()
    page = decide(browser, user, what, why=why)
    assert page.status_code == 400
    assert says in page.text
    assert 'aria-invalid="true"' in page.text
    assert nord.events() == before


@pytest.mark.parametrize("token", [None, "", "wrong"])
def test_a_form_without_its_token_does_nothing(nord, token):
    asked(nord)
    browser = signed_in(nord)
    for path in (f"account/{OPEN}/approve", f"account/{OPEN}/refuse", f"account/{OPEN}/reject", "invite", "sign-out"):
        page = browser.post(
            f"/partners/{path}", why="mine", label="x", days="3", **({} if token is None else {"csrf_token": token})
        )
        assert (page.status_code, heading(page)) == (400, "This page was open for too long")
        assert 'href="/partners"' in page.text
    assert nord.events() == [("asked_to_join", OPEN)]
    assert heading(browser.get("/partners")) == "Partners"


def test_a_double_click_decides_once_and_says_so_both_times(nord):
    asked(nord)
    browser = signed_in(nord)
    page = page_of(browser, OPEN)
    for _ in range(2):
        assert decide(browser, OPEN, "approve", page=page).status_code == 303
    assert notice(page_of(browser, OPEN))[0] == "good"
    assert nord.events() == [("asked_to_join", OPEN), ("approved", OPEN)]


def test_of_two_tabs_the_later_is_told_what_has_happened_since(nord):
    asked(nord)
    browser = signed_in(nord)
    first, second = page_of(browser, OPEN), page_of(browser, OPEN)
    decide(browser, OPEN, "approve", page=first)
    decide(browser, OPEN, "refuse", page=second)
    kind, words = notice(page_of(browser, OPEN))
    assert kind == "bad"
    assert words == "openmovies (x2openmo) is in another state than you have seen: approved. Nothing was done."
    decide(browser, OPEN, "approve", page=second)
    assert "is approved already. Nothing was done." in notice(page_of(browser, OPEN))[1]
    assert nord.events() == [("asked_to_join", OPEN), ("approved", OPEN)]


def test_of_two_people_at_once_one_decides_and_the_other_is_told(nord):
    asked(nord)
    browsers = [signed_in(nord), signed_in(nord, STRAY)]
    pages = [page_of(browser, OPEN) for browser in browsers]
    with ThreadPoolExecutor(2) as threads:
        list(
            threads.map(
                lambda each: decide(each[0], OPEN, each[2], page=each[1]),
                zip(browsers, pages, ("approve", "refuse"), strict=True),
            )
        )
    assert len(nord.events()) == 2
    assert sorted(notice(page_of(browser, OPEN))[0] for browser in browsers) == ["bad", "good"]


def test_an_admin_rejects_with_a_login_that_the_parent_makes_for_it(nord):
    adopted(nord)
    browser = signed_in(nord, STRAY)
    page = page_of(browser, CAFE, "/reject")
    assert '<form method="post" action="/partners/account/x2cafec0/reject"' not in page.text
    assert "feeds partners reject x2cafec0 --why" in page.text
    location = browser.get(f"/partners/account/{CAFE}/reject/sign-in").headers["Location"]
    assert query_of(location)["scope"].split() == list(PARENT_SCOPES)
    back = browser.get(browser.consent(location, PARENT, scopes=PARENT_SCOPES))
    assert back.headers["Location"] == f"/partners/account/{CAFE}/reject"
    cookies = {each.split("=")[0]: each for each in back.headers.getlist("Set-Cookie")}
    assert "Max-Age=600" in cookies["__Secure-feeds-parent"]
    assert "Path=/partners" in cookies["__Secure-feeds-parent"]
    [token] = nord.world.sessions
    assert token not in str(cookies)
    page = page_of(browser, CAFE, "/reject")
    assert "Dailymotion sends cafecourts an e-mail about it." in text_of(page)
    assert nord.world.accounts[CAFE].parents == [PARENT]
    assert decide(browser, CAFE, "reject", why="contract ended").status_code == 303
    assert nord.world.accounts[CAFE].parents == []
    assert [(mail.account, mail.about) for mail in nord.world.mails] == [(CAFE, "rejected")]
    event = nord.site.journalled()[-1]
    assert (event["event"], event["user"], event["by"]) == ("rejected", CAFE, "strayfilms (x9stray)")
    assert "cafecourts is rejected" in notice(page_of(browser, CAFE))[1]


@pytest.mark.parametrize(("account", "scopes"), [(STRAY, PARENT_SCOPES), (PARENT, PARENT_SCOPES[:2])])
def test_a_login_of_another_or_without_its_rights_rejects_nobody(nord, account, scopes):
    adopted(nord)
    browser = signed_in(nord, STRAY)
    page = as_parent(browser, account=account, scopes=scopes)
    assert (page.status_code, heading(page)) == (403, "This login can&#39;t reject anybody")
    assert nord.world.sessions == {}
    token = fields(page_of(browser, CAFE), "/partners/sign-out")["csrf_token"]
    page = browser.post(f"/partners/account/{CAFE}/reject", csrf_token=token, why="mine")
    assert page.status_code == 403
    assert "The parent account&#39;s login is over. Nothing was done." in page.text
    assert nord.world.accounts[CAFE].parents == [PARENT]


def test_the_parents_login_is_of_no_use_once_the_catalog_names_another_parent(nord):
    adopted(nord)
    browser = signed_in(nord)
    as_parent(browser)
    page = page_of(browser, CAFE, "/reject")
    nord.site.network(parent_id="x1other", admins=[PARENT])
    nord.site.journal(line("adopted", user=CAFE, username="cafecourts", parent="x1other"))
    assert decide(browser, CAFE, "reject", page=page).status_code == 403
    assert nord.world.accounts[CAFE].parents == [PARENT]


def test_a_server_that_has_the_parents_password_rejects_without_another_login(nord):
    adopted(nord)
    web = replace(nord.web, credentials=Credentials("nordclips", "sandbox-nordclips"))
    nord.app = create_app(nord.settings, web)
    browser = signed_in(nord, STRAY)
    assert "the parent account’s login that the server has" in page_of(browser, CAFE, "/reject").text
    assert decide(browser, CAFE, "reject").status_code == 303
    assert nord.world.accounts[CAFE].parents == []
    assert nord.events()[-1] == ("rejected", CAFE)


def test_a_server_whose_password_is_of_another_account_rejects_nobody(nord):
    adopted(nord)
    nord.app = create_app(nord.settings, replace(nord.web, credentials=Credentials("strayfilms", "sandbox-strayfilms")))
    page = decide(signed_in(nord), CAFE, "reject")
    assert "This login is of strayfilms (x9stray), and network.parent_id in the catalog is x1nord." in page.text
    assert nord.world.accounts[CAFE].parents == [PARENT]
    assert nord.events() == [("adopted", CAFE)]


def test_a_rejection_that_dailymotion_fails_is_not_recorded_and_can_be_tried_again(nord):
    adopted(nord)
    browser = signed_in(nord)
    as_parent(browser)
    nord.fault({"kind": "server-error", "method": "DELETE", "path": "*"})
    page = decide(browser, CAFE, "reject")
    assert page.status_code == 502
    assert "was not done" in page.text
    assert "Nothing was recorded here." in page.text
    assert nord.events() == [("adopted", CAFE)]
    assert decide(browser, CAFE, "reject", page=page).status_code == 303
    assert nord.events()[-1] == ("rejected", CAFE)


def test_a_parents_login_that_dailymotion_ended_is_dropped_and_another_is_offered(nord):
    adopted(nord)
    browser = signed_in(nord)
    as_parent(browser)
    nord.world.sessions.clear()
    page = decide(browser, CAFE, "reject")
    assert page.status_code == 502
    assert nord.events() == [("adopted", CAFE)]
    assert "Sign in as the parent account" in page_of(browser, CAFE, "/reject").text


def test_a_disk_that_takes_nothing_is_seen_before_dailymotion_is_asked(nord):
    nord.world.accounts[CAFE].parents.append(PARENT)
    nord.site.happened(line("adopted", user=CAFE, username="cafecourts", parent=PARENT))
    browser = signed_in(nord)
    as_parent(browser)
    page = page_of(browser, CAFE, "/reject")
    nord.site.state.joinpath("journal").write_text("in the way")
    page = decide(browser, CAFE, "reject", page=page)
    assert (page.status_code, heading(page)) == (503, "That didn&#39;t work")
    assert "Nothing was recorded." in page.text
    assert nord.world.accounts[CAFE].parents == [PARENT]


def test_who_is_not_adopted_cannot_be_rejected(nord):
    asked(nord)
    browser = signed_in(nord)
    assert page_of(browser, OPEN, "/reject").headers["Location"] == f"/partners/account/{OPEN}"
    assert notice(page_of(browser, OPEN)) == ("bad", "openmovies is not adopted (any more).")


@pytest.mark.parametrize("user", ["x2typo", "..", "a%2Fb", "x" * 65])
def test_an_account_that_nothing_names_has_no_page(nord, user):
    browser = signed_in(nord)
    for more in ("", "/reject", "/reject/sign-in"):
        assert page_of(browser, user, more).status_code == 404


def test_a_user_of_the_catalog_who_has_never_connected_has_a_message_and_may_be_refused(nord):
    browser = signed_in(nord)
    page = page_of(browser, CAFE)
    assert "Hello x2cafec0-name," in page.text
    assert "mailto:" not in page.text
    decide(browser, CAFE, "refuse", why="left before it began")
    assert nord.events() == [("refused", CAFE)]


def test_an_invitation_is_made_and_its_link_shown_once_and_in_no_address(nord):
    browser = signed_in(nord)
    page = browser.get("/partners/invite")
    form = fields(page, "/partners/invite")
    for _ in range(2):
        answer = browser.post("/partners/invite", **{**form, "label": "Anna, contract 881", "days": "3"})
        assert (answer.status_code, answer.headers["Location"]) == (303, "/partners/invite")
    page = browser.get("/partners/invite")
    [event] = nord.site.journalled()
    assert (event["event"], event["label"], event["by"]) == ("invited", "Anna, contract 881", "nordclips (x1nord)")
    link = re.search(r'readonly value="([^"]+)"', page.text)[1]
    assert page.text.count(link) == 2
    assert link not in browser.get("/partners/invite").text
    assert "Anna, contract 881" in browser.get("/partners/invite").text
    guest = nord.browser()
    assert "You are invited." in guest.get(link.removeprefix(PUBLIC_URL)).text
    assert heading(guest.connect(OPEN)) == "Welcome to Nord Clips"
    assert f"used by {OPEN}" in browser.get("/partners/invite").text


@pytest.mark.parametrize(
    ("label", "days", "says"),
    [
        ("", "3", "needs a label"),
        ("anna@mail.example", "3", "no e-mail address"),
        ("Anna", "0", "1 to 365"),
        ("Anna", "366", "1 to 365"),
        ("Anna", "soon", "1 to 365"),
    ],
)
def test_an_invitation_that_cannot_be_is_not_made_and_what_was_typed_stays(nord, label, days, says):
    browser = signed_in(nord)
    form = fields(browser.get("/partners/invite"), "/partners/invite")
    page = browser.post("/partners/invite", **{**form, "label": label, "days": days})
    assert page.status_code == 400
    assert says in html.unescape(page.text)
    assert f'name="days" type="number" min="1" max="365" value="{days}"' in page.text
    assert nord.events() == []


def test_addresses_are_on_these_pages_alone_and_go_after_thirty_days_though_nobody_looks(nord, tmp_path):
    asked(nord)
    old = Contact(SMALL, "small@mail.example", datetime.now(UTC) - timedelta(days=31))
    Waiting(nord.site.state).keep(old)
    Network(tmp_path, nord.web.dailymotion.api, nord.dailymotion)
    assert [path.stem for path in (nord.site.state / "waiting").iterdir()] == [OPEN]
    Waiting(nord.site.state).keep(old)
    nord.browser().arrive(CAFE)
    assert [path.stem for path in (nord.site.state / "waiting").iterdir()] == [OPEN]


def test_no_address_reaches_the_log_the_journal_or_an_address_line(nord, caplog):
    caplog.set_level("DEBUG")
    asked(nord)
    browser = signed_in(nord)
    browser.get("/partners?q=openmovies@mail.example")
    answer = decide(browser, OPEN, "approve")
    assert "openmovies%40mail" not in str(answer.headers)
    assert "openmovies@mail" not in str(answer.headers)
    assert "mail.example" not in caplog.text
    assert b"mail.example" not in b"".join(path.read_bytes() for path in (nord.site.state / "journal").glob("*.yaml"))


def test_a_name_that_would_turn_a_sentence_round_or_add_lines_to_a_letter_is_one_line(nord):
    nord.site.journal(line("approved", user=OPEN, username="anna\u202e\r\nBcc: all", parent=PARENT))
    page = page_of(signed_in(nord), OPEN)
    assert "Hello anna Bcc: all,\n" in page.text
    assert "\u202e" not in page.text


def test_what_people_search_for_is_masked_in_logs():
    assert mask('"GET /partners?q=anna%40mail.example&state=asked HTTP/1.1" 200') == (
        '"GET /partners?q=***&state=*** HTTP/1.1" 200'
    )


def test_a_cookie_that_was_sealed_for_one_thing_is_none_for_another(nord):
    with nord.app.test_request_context():
        response = nord.app.response_class()
        login = Login(Account(PARENT, "nordclips", "Nordclips"), Token("the-token", frozenset(PARENT_SCOPES)))
        LoginCookie([KEY], is_secure=True).keep(response, login)
        value = response.headers["Set-Cookie"].split(";")[0].partition("=")[2]
    adopted(nord)
    browser = signed_in(nord)
    for name in ("parent", "notice"):
        browser.client.set_cookie(
            f"__Secure-feeds-{name}", value, domain="partners.nord.example", path="/partners", secure=True
        )
    page = page_of(browser, CAFE, "/reject")
    assert "Sign in as the parent account" in page.text
    assert notice(page) is None


def test_the_pages_are_kept_nowhere_answer_to_their_name_alone_and_run_no_script(nord):
    adopted(nord)
    browser = signed_in(nord)
    for path in ("", f"/account/{CAFE}", f"/account/{CAFE}/reject", "/invite"):
        page = browser.get(f"/partners{path}")
        assert page.headers["Cache-Control"] == "no-store"
        assert "default-src 'none'" in page.headers["Content-Security-Policy"]
        assert "script-src" not in page.headers["Content-Security-Policy"]
        assert not re.search(r"<script|<style|style=|\son\w+=", page.text)
        assert browser.client.get(f"/partners{path}", headers={"Host": "evil.example"}).status_code == 400


def test_a_broken_catalog_shows_strangers_nothing_of_it(nord):
    browser = signed_in(nord)
    nord.site.write("catalog.yaml", "network: {")
    page = browser.get("/partners")
    assert (page.status_code, heading(page)) == (503, "The network&#39;s pages don&#39;t work at the moment")
    assert "catalog.yaml" not in page.text


def test_under_gunicorn_neither_files_nor_logs_nor_pages_hold_a_login_an_address_or_a_link(tmp_path):
    with served(tmp_path, options=["--access-logfile", "-", "--log-level", "debug"]) as (nord, gunicorn):
        nord.site.user(SMALL)
        adopted(nord)
        asked(nord)
        secrets, addresses, seen = decide_all(nord)
        log = gunicorn.stop()
    assert [event for event, _ in nord.events()] == ["adopted", "asked_to_join", "approved", "rejected"]
    assert [event["event"] for event in nord.site.journalled()].count("invited") == 1
    files = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()).decode()
    assert len(secrets) >= 4
    for value in secrets:
        assert value not in files + log + seen
    for value in addresses:
        assert value not in files + log
    assert "GET /partners?q=***" in log


def decide_all(nord):
    """Approve, invite and reject; return the logins, what is shown to people alone, and all that a browser saw."""
    browser, seen, secrets = requests.Session(), [], set()

    def get(path):
        page = browser.get(f"{nord.url}{path}", timeout=30)
        seen.extend([page.text, str([each.headers for each in (*page.history, page)])])
        return page

    def post(page, path, **data):
        given = {name: html.unescape(value) for name, value in fields(page, path).items()}
        page = browser.post(f"{nord.url}{path}", data={**given, **data}, timeout=30)
        assert page.status_code == 200
        return page

    def enter(path, scopes):
        form = {"account": PARENT, "scope": list(scopes), "decision": "allow"}
        location = browser.get(f"{nord.url}{path}", allow_redirects=False, timeout=30).headers["Location"]
        back = requests.post(location, data=form, allow_redirects=False, timeout=30).headers["Location"]
        secrets.update(nord.world.codes)
        page = get(back.removeprefix(nord.url))
        secrets.update(nord.world.tokens, (each.refresh_token for each in nord.world.sessions.values()))
        return page

    enter("/partners/sign-in", ("userinfo",))
    get("/partners?q=openmovies%40mail.example")
    post(get(f"/partners/account/{OPEN}"), f"/partners/account/{OPEN}/approve", why="contract 881")
    made = post(get("/partners/invite"), "/partners/invite", label="Anna", days="3")
    link = re.search(r'readonly value="[^"]+invitation=([^"]+)"', made.text)[1]
    page = enter(f"/partners/account/{CAFE}/reject/sign-in", PARENT_SCOPES)
    post(page, f"/partners/account/{CAFE}/reject", why="contract ended")
    return secrets, {link, "openmovies@mail.example", "openmovies%40mail.example"}, "".join(seen)
