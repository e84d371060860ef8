"""A partner's way into the network, over a real Dailymotion of the sandbox."""

import itertools
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import UTC, datetime

import pytest

from feeds.dailymotion.errors import Broken
from feeds.dailymotion.values import Token
from feeds.onboarding.invitations import Links, invite
from feeds.onboarding.turns import turn
from feeds.web.connect import account_of_login
from tests.sites import line
from tests.web.walking import CAFE, KEY, OPEN, PARENT, SCOPES, SMALL, fields, heading, network, query_of, short


@pytest.fixture
def nord(tmp_path):
    with network(tmp_path) as made:
        made.site.user(CAFE)
        yield made


@pytest.fixture
def browser(nord):
    return nord.browser()


def test_the_first_page_says_what_connecting_means_and_needs_no_script(browser):
    page = browser.get("/")
    assert page.status_code == 200
    for words in ("Nord Clips", "Your e-mail address", "Managing your account", "sends you an e-mail", "How you leave"):
        assert words in page.text
    assert 'href="/connect"' in page.text
    assert "<script" not in page.text
    assert "Set-Cookie" not in page.headers


def test_the_button_leads_to_dailymotion_with_the_four_scopes_and_a_return_address_that_no_header_can_forge(browser):
    headers = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http", "Forwarded": "host=evil.example"}
    response = browser.get("/connect?next=//evil.example", headers=headers)
    assert response.status_code == 303
    assert "evil" not in response.headers["Location"]
    query = query_of(response.headers["Location"])
    assert query["redirect_uri"] == "https://partners.nord.example/connect/return"
    assert query["scope"].split() == list(SCOPES)
    assert (query["client_id"], query["code_challenge_method"]) == ("sandbox-key", "S256")
    assert len(query["state"]) >= 43


def test_an_account_that_the_catalog_lists_is_shown_who_it_is_and_to_whom_it_says_yes_then_adopted(nord, browser):
    page = browser.arrive(CAFE)
    assert heading(page) == "You are signed in as Cafecourts (@cafecourts)"
    assert "Your account will be managed by <bdi>Nordclips</bdi> (x1nord), at once." in page.text
    assert nord.events() == []
    assert nord.calls("POST", f"/me/parents/{PARENT}") == []
    page = browser.say_yes(page)
    assert (page.status_code, heading(page)) == (200, "Welcome to Nord Clips")
    [event] = nord.site.journalled()
    assert {**event, "at": None} == {
        "at": None, "event": "adopted", "user": CAFE, "username": "cafecourts", "parent": PARENT,
        "scopes": sorted(SCOPES),
    }  # fmt: skip
    assert [(mail.account, mail.about) for mail in nord.world.mails] == [(CAFE, "adopted")]


def test_names_that_would_be_markup_are_text_on_every_page(nord, browser):
    evil = '<b onclick="x">evil</b>'
    nord.world.accounts[CAFE].screenname = nord.world.accounts[PARENT].screenname = evil
    asked = browser.arrive(CAFE)
    for page in (asked, browser.say_yes(asked)):
        assert "&lt;b onclick=&#34;x&#34;&gt;evil" in page.text
        assert "<b " not in page.text


def test_a_login_for_which_dailymotion_names_two_accounts_is_nobodys():
    class Told:
        def me(self, fields):
            return {"id": OPEN, "username": "openmovies"}

    with pytest.raises(Broken, match="named two accounts for one login"):
        account_of_login(Told(), Token("a", frozenset(SCOPES), uid=CAFE))
    assert account_of_login(Told(), Token("a", frozenset(SCOPES), uid=OPEN)).username == "openmovies"


def test_an_account_that_nobody_knows_asks_and_after_an_approval_one_more_connection_adopts_it(nord, browser):
    page = browser.arrive(OPEN)
    assert "Ask to join Nord Clips?" in page.text
    page = browser.say_yes(page)
    assert heading(page) == "Nord Clips has your request"
    assert "openmovies@sandbox.example" in page.text
    assert nord.events() == [("asked_to_join", OPEN)]
    assert nord.world.mails == []
    nord.site.journal(line("approved", "2126-11-20T10:00:00.000Z", user=OPEN, parent=PARENT, by="cli:anna"))
    assert heading(browser.connect(OPEN)) == "Welcome to Nord Clips"
    assert nord.events()[-1] == ("adopted", OPEN)
    assert list((nord.site.state / "waiting").iterdir()) == []


def test_after_the_last_page_nothing_is_left_of_the_login(nord, browser):
    for account in (CAFE, OPEN):
        page = browser.connect(account)
        assert "feeds-login=;" in page.headers.getlist("Set-Cookie")[0]
        assert nord.world.sessions == {}
        assert nord.world.tokens == {}


def test_an_account_that_was_refused_is_told_kindly_and_its_login_ended(nord, browser):
    nord.site.journal(line("refused", user=CAFE, parent=PARENT, by="cli:anna"))
    page = browser.arrive(CAFE)
    assert (page.status_code, heading(page)) == (403, "Nord Clips can&#39;t take this account in")
    assert 'href="https://nord.example/"' in page.text
    assert nord.world.sessions == {}
    assert heading(browser.get("/connect/confirm")) == "There is no sign-in to confirm"


def test_an_account_that_is_adopted_already_is_greeted_and_recorded_again(nord, browser):
    browser.connect(CAFE)
    page = browser.arrive(CAFE)
    assert "part of Nord Clips already" in page.text
    assert heading(browser.say_yes(page)) == "You are already in Nord Clips"
    assert nord.events() == [("adopted", CAFE)] * 2
    assert len(nord.world.mails) == 1


def test_a_click_that_comes_twice_adopts_and_records_once(nord, browser):
    page = browser.arrive(CAFE)
    cookies = dict(browser.client._cookies)
    answers = []
    for _ in range(2):
        browser.client._cookies = dict(cookies)
        answers.append(heading(browser.say_yes(page)))
    assert answers == ["Welcome to Nord Clips"] * 2
    assert nord.events() == [("adopted", CAFE)]
    assert nord.calls("POST", f"/me/parents/{PARENT}") == [200]


def test_two_clicks_at_the_same_moment_adopt_and_record_once(nord, browser):
    page = browser.arrive(CAFE)
    nord.fault(f"slow method=POST path=/me/parents/{PARENT} seconds=0.2 count=2")
    other = nord.browser()
    other.client._cookies = dict(browser.client._cookies)
    with ThreadPoolExecutor() as threads:
        clicks = [threads.submit(each.say_yes, page) for each in (browser, other)]
        assert [heading(click.result()) for click in clicks] == ["Welcome to Nord Clips"] * 2
    assert nord.events() == [("adopted", CAFE)]
    assert nord.calls("POST", f"/me/parents/{PARENT}") == [200]


def test_two_tabs_in_which_one_person_logs_in_give_one_adoption(nord, browser):
    first, second = browser.arrive(CAFE), browser.arrive(CAFE)
    assert heading(browser.say_yes(first)) == "Welcome to Nord Clips"
    assert heading(browser.say_yes(second)) == "There is no sign-in to confirm"
    assert nord.events() == [("adopted", CAFE)]


def test_a_yes_to_one_account_is_no_yes_to_another_that_has_logged_in_since(nord, browser):
    first = browser.arrive(CAFE)
    browser.arrive(SMALL)
    page = browser.say_yes(first)
    assert "Nothing has been done yet." in page.text
    assert heading(page) == "You are signed in as Smallscreen (@smallscreen)"
    assert nord.events() == []
    assert heading(browser.say_yes(page)) == "Nord Clips has your request"


def test_a_yes_to_asking_is_no_yes_to_being_adopted(nord, browser):
    page = browser.arrive(OPEN)
    nord.site.journal(line("approved", "2126-11-20T10:00:00.000Z", user=OPEN, parent=PARENT, by="cli:anna"))
    page = browser.say_yes(page)
    assert "Nothing has been done yet." in page.text
    assert nord.world.mails == []
    assert heading(browser.say_yes(page)) == "Welcome to Nord Clips"


def test_a_yes_to_one_parent_is_no_yes_to_another(nord, browser):
    page = browser.arrive(OPEN)
    nord.site.network(parent_id=CAFE)
    page = browser.say_yes(page)
    assert "Nothing has been done yet." in page.text
    assert "<bdi>Cafecourts</bdi> (x2cafec0) will manage it" in page.text
    assert nord.events() == []


def test_a_login_that_a_neighbouring_site_has_put_into_a_browser_is_not_taken_for_its_own(nord, browser):
    stranger = nord.browser()
    stranger.arrive(OPEN)
    page = browser.arrive(CAFE)
    name = "__Secure-feeds-login"
    stolen = stranger.client.get_cookie(name, "partners.nord.example", "/connect").value
    browser.client.set_cookie(name, stolen, domain="partners.nord.example", path="/connect", secure=True)
    for answer in (browser.get("/connect/confirm"), browser.say_yes(page)):
        assert heading(answer) == "There is no sign-in to confirm"
    assert nord.events() == []


def test_a_yes_that_waits_while_the_network_decides_is_asked_for_once_more(nord, browser):
    page = browser.arrive(OPEN)
    with ThreadPoolExecutor() as threads:
        with turn(nord.site.state, OPEN):
            click = threads.submit(browser.say_yes, page)
            wait([click], timeout=0.3)  # it has looked by now, and waits for its turn
            nord.site.journal(line("approved", "2126-11-20T10:00:00.000Z", user=OPEN, parent=PARENT, by="cli:anna"))
        page = click.result()
    assert "Nothing has been done yet." in page.text
    assert nord.world.mails == []
    assert heading(browser.say_yes(page)) == "Welcome to Nord Clips"


def test_thats_not_me_ends_the_login_and_changes_nothing(nord, browser):
    page = browser.arrive(CAFE)
    page = browser.post("/connect/leave", **fields(page, "/connect/leave"))
    assert heading(page) == "You are signed out here"
    assert nord.world.sessions == {}
    assert heading(browser.get("/connect/confirm")) == "There is no sign-in to confirm"
    assert nord.events() == []


@pytest.mark.parametrize("count", range(4))
def test_without_all_four_scopes_nobody_is_adopted_and_each_missing_one_is_named(nord, count):
    rights = dict(zip(SCOPES, ("Your e-mail", "Your profile", "Managing your account", "Your statistics"), strict=True))
    for granted in itertools.combinations(SCOPES, count):
        page = nord.browser().arrive(CAFE, scopes=granted)
        assert (page.status_code, heading(page)) == (403, "Some of the rights are missing")
        for scope, words in rights.items():
            assert (words in page.text) is (scope not in granted)
        assert 'action="/connect/confirm"' not in page.text
        assert 'href="/connect"' in page.text
    assert nord.world.sessions == {}
    assert nord.events() == []


def test_a_refusal_at_dailymotion_is_no_fault(nord, browser):
    page = browser.arrive(CAFE, decision="deny")
    assert (page.status_code, heading(page)) == (200, "You did not allow it")
    assert nord.events() == []


@pytest.mark.parametrize("error", ["access_denied", "server_error", "invalid_scope", "<b>odd</b>"])
def test_no_answer_repeats_what_came_in_the_query(browser, error):
    state = query_of(browser.set_out())["state"]
    words = "<script>alert(1)</script>"
    page = browser.get("/connect/return", query_string={"state": state, "error": error, "error_description": words})
    assert "<h1>" in page.text
    for reflected in ("alert", "script", "odd", state):
        assert reflected not in page.text


def test_the_networks_own_parent_account_is_told_to_log_in_as_another(nord, browser):
    page = browser.arrive(PARENT)
    assert (page.status_code, heading(page)) == (403, "This account can&#39;t join now")
    assert "own parent account" in page.text
    assert nord.world.sessions == {}


def test_a_return_without_the_cookie_or_with_another_browsers_state_goes_nowhere(nord, browser):
    back = browser.consent(browser.set_out())
    assert heading(nord.browser().get(back)) == "This sign-in can&#39;t go on"
    stranger = nord.browser()
    stranger.set_out()
    assert stranger.get(back).status_code == 400
    assert nord.calls("POST", "/oauth/token") == []
    assert heading(browser.get(back)) == "You are signed in as Cafecourts (@cafecourts)"


def test_a_return_works_once(nord, browser):
    back = browser.consent(browser.set_out())
    browser.get(back)
    page = browser.get(back)
    assert (page.status_code, heading(page)) == (400, "This sign-in can&#39;t go on")
    assert nord.calls("POST", "/oauth/token") == [200]


def test_a_code_that_was_used_before_is_explained(nord, browser):
    authorize = browser.set_out()
    code = query_of(browser.consent(authorize))["code"]
    nord.world.codes[code].expires_s = 0
    page = browser.get("/connect/return", query_string={"state": query_of(authorize)["state"], "code": code})
    assert (page.status_code, heading(page)) == (400, "Dailymotion no longer takes this sign-in")
    assert code not in page.text


def test_ten_minutes_are_the_most_between_setting_out_and_coming_back(nord, browser, monkeypatch):
    back = browser.consent(browser.set_out())
    with browser.client.session_transaction(base_url=nord.url) as session:
        session["departure"] = {**session["departure"], "at": session["departure"]["at"] - 601}
    assert heading(browser.get(back)) == "This sign-in can&#39;t go on"
    assert nord.calls("POST", "/oauth/token") == []


@pytest.mark.parametrize(
    "words",
    ["hang seconds=5", "huge", "not-json", "empty", "drop-after", "server-error", "slow seconds=20"],
)
def test_a_token_answer_that_is_none_leads_to_a_page_within_its_time(tmp_path, words):
    with network(tmp_path, bounded=short) as nord:
        nord.fault(f"{words} path=/oauth/token")
        page = nord.browser().arrive(CAFE)
        assert (page.status_code, heading(page)) == (502, "Dailymotion gave no usable answer")
        assert 'href="/connect"' in page.text
        assert nord.events() == []


def test_an_adoption_whose_answer_was_lost_is_looked_up_and_recorded(nord, browser):
    page = browser.arrive(CAFE)
    nord.fault(f"drop-after method=POST path=/me/parents/{PARENT}")
    assert heading(browser.say_yes(page)) == "Welcome to Nord Clips"
    assert nord.events() == [("adopted", CAFE)]


def test_an_adoption_that_dailymotion_did_not_do_can_be_tried_again_without_logging_in(nord, browser):
    page = browser.arrive(CAFE)
    nord.fault(f"server-error method=POST path=/me/parents/{PARENT}")
    page = browser.say_yes(page)
    assert (page.status_code, heading(page)) == (502, "Dailymotion gave no usable answer")
    assert 'href="/connect/confirm"' in page.text
    assert nord.events() == []
    assert heading(browser.say_yes(browser.get("/connect/confirm"))) == "Welcome to Nord Clips"


def test_what_can_not_be_recorded_is_not_begun(nord, browser):
    page = browser.arrive(CAFE)
    (nord.site.state / "journal").write_text("in the way")
    page = browser.say_yes(page)
    assert (page.status_code, heading(page)) == (503, "We can&#39;t write anything down now")
    assert nord.calls("POST", f"/me/parents/{PARENT}") == []


def test_a_parent_that_nobody_has_checked_adopts_nobody_and_the_log_says_what_to_do(nord, browser, caplog):
    (nord.site.state / "parent.json").unlink()
    page = browser.arrive(CAFE)
    assert (page.status_code, heading(page)) == (503, "The network has not finished its set-up")
    assert "doctor" not in page.text
    assert "Run `feeds doctor` here." in caplog.text
    assert nord.world.sessions == {}


def test_a_parent_that_dailymotion_does_not_know_is_seen_before_anybody_says_yes(nord, browser, caplog):
    nord.site.network(parent_id="x1wrong")
    page = browser.arrive(OPEN)
    assert (page.status_code, heading(page)) == (503, "The network has not finished its set-up")
    assert "Dailymotion knows no account x1wrong: check network.parent_id" in caplog.text


def test_an_api_key_without_the_role_is_no_fault_of_the_partner(tmp_path):
    with network(tmp_path, key="sandbox-no-role") as nord:
        nord.site.user(CAFE)
        page = nord.browser().connect(CAFE)
        assert (page.status_code, heading(page)) == (502, "Dailymotion did not let us do this")
        assert nord.events() == []
        assert nord.world.sessions == {}


def test_a_form_that_another_site_sends_does_nothing(nord, browser):
    page = browser.arrive(CAFE)
    for path in ("/connect/confirm", "/connect/leave"):
        forged = browser.post(path, consent=fields(page, "/connect/confirm")["consent"])
        assert (forged.status_code, heading(forged)) == (400, "This page was open for too long")
    assert nord.events() == []
    assert heading(browser.say_yes(page)) == "Welcome to Nord Clips"


def test_a_catalog_that_is_broken_shows_a_page_and_not_its_insides(nord, browser, caplog):
    nord.site.write("catalog.yaml", "network: {")
    page = browser.get("/")
    assert (page.status_code, heading(page)) == (503, "The network&#39;s pages don&#39;t work at the moment")
    assert "catalog.yaml has faults" in caplog.text


def invited(nord, days=14):
    invitation, event = invite("Anna, contract 881", days=days, by="cli:anna", now=datetime.now(UTC))
    nord.site.journal(line("invited", invitation=invitation.id, label=invitation.label, until=event.fields["until"]))
    return invitation, Links((KEY,)).render(invitation)


def test_an_invitation_approves_its_bearer_once_and_its_token_goes_no_further(nord, browser):
    invitation, token = invited(nord)
    page = browser.get("/", query_string={"invitation": token})
    assert "You are invited." in page.text
    assert token not in page.text
    assert token not in browser.set_out()
    assert heading(browser.connect(OPEN)) == "Welcome to Nord Clips"
    assert nord.site.journalled()[-1]["invitation"] == invitation.id
    other = nord.browser()
    page = other.get("/", query_string={"invitation": token})
    assert "This invitation has been used." in page.text
    assert "Ask to join Nord Clips?" in other.arrive(SMALL).text


def test_whoever_was_rejected_and_comes_by_their_old_link_is_told_and_stays_out(nord, browser):
    _, token = invited(nord)
    browser.get("/", query_string={"invitation": token})
    browser.connect(OPEN)
    nord.site.journal(line("rejected", "2126-11-20T10:00:00.000Z", user=OPEN, parent=PARENT, by="cli:anna"))
    other = nord.browser()
    with other.client.session_transaction(base_url=nord.url) as session:
        session["invitation"] = token
    page = other.arrive(OPEN)
    assert (page.status_code, heading(page)) == (403, "This account can&#39;t join now")
    assert "This invitation has been used." in page.text
    assert heading(other.arrive(OPEN)) == "Nord Clips can&#39;t take this account in"


def test_an_invitation_that_is_over_or_unknown_is_said_to_be_and_opens_nothing(nord, browser):
    _, token = invited(nord, days=-1)
    assert "This invitation is over." in browser.get("/", query_string={"invitation": token}).text
    assert "none of this network" in browser.get("/", query_string={"invitation": f"{token}x"}).text
    assert "Ask to join Nord Clips?" in browser.arrive(OPEN).text


def test_an_invitation_that_another_uses_meanwhile_is_refused_with_a_reason(nord, browser):
    _, token = invited(nord)
    first, second = browser, nord.browser()
    for each in (first, second):
        each.get("/", query_string={"invitation": token})
    page = second.arrive(SMALL)
    assert heading(first.connect(OPEN)) == "Welcome to Nord Clips"
    page = second.say_yes(page)
    assert (page.status_code, heading(page)) == (403, "This account can&#39;t join now")
    assert "used by another account" in page.text
    assert nord.events()[-1] == ("adopted", OPEN)
    assert "Ask to join" in second.arrive(SMALL).text


def test_a_popup_tells_its_outcome_to_the_networks_own_origin_alone(nord, browser):
    nord.site.network(site="https://Nord.Example:443/partners?x#y")
    browser.get("/?display=popup")
    assert query_of(browser.set_out())["display"] == "popup"
    page = browser.connect(CAFE)
    assert 'data-origin="https://nord.example" data-outcome="adopted"' in page.text
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    browser.get("/")
    page = browser.connect(CAFE)
    assert "<script" not in page.text
    assert "script-src" not in page.headers["Content-Security-Policy"]
