"""What must hold whoever asks, and whatever they send: headers, hosts, cookies, logs, and no token left behind."""

import itertools
import json
import os
import re
import runpy
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
import requests
from itsdangerous import URLSafeTimedSerializer

from app import create_app
from feeds.dailymotion.values import Token
from feeds.onboarding.invitations import Links, invite
from feeds.onboarding.joining import Account
from feeds.web.cookies import Login, LoginCookie
from feeds.web.masking import mask
from feeds.web.room import PLACES
from tests.serving import ROOT, SECRET
from tests.web.walking import (
    CAFE,
    KEY,
    OPEN,
    PARENT,
    SCOPES,
    SMALL,
    Network,
    fields,
    heading,
    network,
    query_of,
    served,
)

SILENT = "x2silent"
OTHER_KEY = "another-web-secret-key-Yx7W6v5U"
THREADS = runpy.run_path(str(ROOT / "gunicorn.conf.py"))["threads"]
# Where no page has a script, none could run.
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


@pytest.fixture
def nord(tmp_path):
    with network(tmp_path) as made:
        made.site.user(CAFE)
        yield made


def test_every_answer_has_its_headers(nord):
    browser = nord.browser()
    for page in (browser.get("/"), browser.arrive(CAFE), browser.get("/connect/return"), browser.get("/nowhere")):
        assert page.mimetype == "text/html"
        assert page.headers["Content-Security-Policy"] == POLICY
        assert page.headers["Cache-Control"] == "no-store"
    answers = (browser.get("/connect"), browser.get("/healthz"), browser.post(f"/callback/{SECRET}"), browser.get("/"))
    for answer in answers:
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


def test_without_pages_the_answers_for_programs_are_protected_too(nord):
    answer = create_app(nord.settings).test_client().get("/healthz")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "Strict-Transport-Security" not in answer.headers


def test_no_page_has_a_script_or_a_style_of_its_own_or_anything_from_elsewhere(nord):
    browser = nord.browser()
    browser.get("/?display=popup")
    for page in (browser.get("/"), browser.arrive(CAFE), browser.connect(CAFE)):
        assert not re.search(r"<style|style=|\son\w+=|<script(?![^>]* src=)", page.text)
        assert re.findall(r'(?:src|<link[^>]* href)="([^"]+)"', page.text)
        for address in re.findall(r'(?:src|<link[^>]* href)="([^"]+)"', page.text):
            assert re.fullmatch(r"/assets/[0-9a-f]{12}/[a-z]+\.[a-z]+", address)


def test_stylesheet_and_script_are_kept_by_browsers_until_their_bytes_change(nord):
    browser = nord.browser()
    [address] = re.findall(r'<link rel="stylesheet" href="([^"]+)"', browser.get("/").text)
    answer = browser.get(address)
    assert (answer.status_code, answer.mimetype) == (200, "text/css")
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "Cache-Control" not in browser.get("/assets/000000000000/style.css").headers
    assert "Set-Cookie" not in answer.headers


def test_cookies_are_for_the_server_alone_and_the_login_for_the_pages_that_need_it(nord):
    browser = nord.browser()
    back = browser.consent(browser.set_out())
    cookies = {each.split("=")[0]: each for each in browser.get(back).headers.getlist("Set-Cookie")}
    assert cookies.keys() == {"__Host-feeds", "__Secure-feeds-login"}
    assert all("; Secure; HttpOnly" in each and "SameSite=Lax" in each for each in cookies.values())
    assert "Path=/;" in f"{cookies['__Host-feeds']};"
    assert "Domain" not in str(cookies)
    assert "Max-Age=600" in cookies["__Secure-feeds-login"]
    assert cookies["__Secure-feeds-login"].endswith("Path=/connect; SameSite=Lax")


def test_the_pages_answer_to_their_own_name_alone_callbacks_and_health_to_any(nord):
    client = nord.app.test_client()
    for host in ("evil.example", "partners.nord.example.evil.example", "127.0.0.1:8001", "[", ""):
        for path in ("/", "/connect", "/connect/return", "/connect/confirm"):
            page = client.get(path, headers={"Host": host})
            assert page.status_code == 400
            assert "evil" not in page.text
        assert client.get("/healthz", headers={"Host": host}).status_code == 200
    for host in ("evil.example", "127.0.0.1:8001", "feeds"):
        answer = client.post(f"/callback/{SECRET}", data=b"[]", headers={"Host": host})
        assert answer.status_code == 200
    for host in ("partners.nord.example", "PARTNERS.nord.example:443"):
        assert client.get("/", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(("proxies", "status"), [(0, 400), (1, 200)])
def test_headers_of_proxies_are_believed_only_where_they_were_stated(tmp_path, proxies, status):
    with network(tmp_path, proxies=proxies) as nord:
        headers = {"Host": "127.0.0.1:8001", "X-Forwarded-Host": "partners.nord.example"}
        assert nord.app.test_client().get("/", headers=headers).status_code == status


def test_unknown_addresses_and_methods_are_told_to_people_in_a_page_and_to_programs_in_json(nord):
    browser = nord.browser()
    assert heading(browser.get("/next=//evil.example")) == "There is nothing here"
    page = browser.post("/connect")
    assert (page.status_code, page.headers["Allow"]) == (405, "GET, HEAD, OPTIONS")
    assert browser.get("/callback/wrong").json == {"error": "There is nothing here."}
    assert browser.post("/healthz").json == {"error": "This address takes another method."}


def test_a_form_larger_than_any_of_ours_is_refused_and_a_callback_of_that_size_is_not(nord):
    browser = nord.browser()
    browser.get("/")
    assert browser.post("/connect/confirm", consent="x" * 70_000).status_code == 413
    body = json.dumps([{"type": "x" * 70_000}]).encode()
    assert nord.app.test_client().post(f"/callback/{SECRET}", data=body).status_code == 200


def test_a_failure_of_ours_is_a_page_without_internals_and_its_log_line_names_no_code(nord, caplog):
    @nord.app.get("/broken")
    def broken():
        raise RuntimeError("at /connect/return?code=c0dec0de&state=5tate5tate with invitation=1nvitation")

    page = nord.browser().get("/broken")
    assert (page.status_code, heading(page)) == (500, "Something broke on our side")
    assert "RuntimeError: at /connect/return?code=***&state=*** with invitation=***" in caplog.text
    for canary in ("c0dec0de", "5tate5tate", "1nvitation"):
        assert canary not in page.text + caplog.text


def test_an_api_that_hangs_holds_up_no_callback_however_many_people_connect(tmp_path):
    with served(tmp_path) as (nord, _):
        nord.fault("hang path=/oauth/token count=99 seconds=60")
        sessions = [requests.Session() for _ in range(THREADS)]
        backs = []
        for session in sessions:
            authorize = session.get(f"{nord.url}/connect", allow_redirects=False, timeout=30).headers["Location"]
            backs.append(nord.url + nord.browser().consent(authorize))
        with ThreadPoolExecutor(THREADS) as threads:
            pages = [threads.submit(s.get, back, timeout=60) for s, back in zip(sessions, backs, strict=True)]
            turned_away = list(itertools.islice(as_completed(pages), THREADS - PLACES))
            assert {page.result().status_code for page in turned_away} == {503}
            assert "Many people are connecting" in turned_away[0].result().text
            one_of_ours = requests.Session()
            sign_in = one_of_ours.get(f"{nord.url}/partners/sign-in", allow_redirects=False, timeout=30)
            back = nord.browser().consent(sign_in.headers["Location"], PARENT, scopes=["userinfo"])
            assert "To the partners" in one_of_ours.get(nord.url + back, timeout=30).text
            answer = requests.post(f"{nord.url}/callback/{SECRET}", data=b"[]", timeout=30)
            assert answer.status_code == 200
            nord.dailymotion.extensions["faults"].clear()
            assert [page.result().status_code for page in pages].count(200) == PLACES


def test_masking_leaves_the_rest_of_a_line_as_it_is():
    line = 'GET /connect/return?state=a%2Fb&code=c&display=popup HTTP/1.1" 200 "http://x/callback/s?code=d"'
    assert mask(line) == (
        'GET /connect/return?state=***&code=***&display=popup HTTP/1.1" 200 "http://x/callback/***?code=***"'
    )


def test_masking_hides_the_secret_of_the_site_s_addresses_and_leaves_other_folders():
    secret = "aZ09-_.~bY18cX27dW36eV"
    for name in ("users.json", "published.txt", "feeds/x2anna.xml"):
        assert mask(f'"GET /{secret}/{name} HTTP/1.1" 404 "https://x/{secret}/{name}"') == (
            f'"GET /***/{name} HTTP/1.1" 404 "https://x/***/{name}"'
        )
    for line in ("GET /a-short-folder/users.json", "GET /assets/0123456789abcdef0123456789.css"):
        assert mask(line) == line


LOGIN = Login(Account(CAFE, "cafecourts", "Café", None), Token("the-access-token", frozenset(SCOPES), "the-refresh"))


@contextmanager
def kept(cookie, login, app):
    with app.test_request_context():
        response = app.response_class()
        cookie.keep(response, login)
        yield response.headers["Set-Cookie"].split(";")[0].partition("=")[::2]


def test_a_login_comes_back_as_it_was_kept_but_for_what_could_renew_it(nord):
    cookie = LoginCookie([KEY], is_secure=True)
    with kept(cookie, LOGIN, nord.app) as (name, value):
        again = cookie.read({name: value})
    assert again.account == LOGIN.account
    assert again.nonce == LOGIN.nonce
    assert (again.token.access_token, again.token.refresh_token) == ("the-access-token", None)


def test_a_login_is_read_with_the_old_key_while_keys_are_rotated_and_with_no_other(nord):
    with kept(LoginCookie([KEY], is_secure=True), LOGIN, nord.app) as (name, value):
        assert LoginCookie([OTHER_KEY, KEY], is_secure=True).read({name: value}) is not None
        assert LoginCookie([OTHER_KEY], is_secure=True).read({name: value}) is None
        assert LoginCookie([KEY], is_secure=True).read({name: value[:-3] + "abc"}) is None
        assert LoginCookie([KEY], is_secure=True).read({}) is None


def test_a_login_is_good_for_ten_minutes(nord, monkeypatch):
    cookie = LoginCookie([KEY], is_secure=True)
    with kept(cookie, LOGIN, nord.app) as (name, value):
        now = time.time()
        monkeypatch.setattr("time.time", lambda: now + 599)
        assert cookie.read({name: value}) is not None
        monkeypatch.setattr("time.time", lambda: now + 601)
        assert cookie.read({name: value}) is None


def test_a_session_outlives_a_rotation_of_keys(tmp_path):
    with network(tmp_path) as nord:
        browser = nord.browser()
        back = browser.consent(browser.set_out())
        rotated = Network(tmp_path, nord.web.dailymotion.api, nord.dailymotion, keys=(OTHER_KEY, KEY))
        browser.client.application = rotated.app
        assert heading(browser.get(back)) == "You are signed in as Cafecourts (@cafecourts)"


def test_a_login_too_long_for_a_cookie_is_said_to_be(nord, monkeypatch):
    browser = nord.browser()
    authorize = browser.set_out()
    monkeypatch.setattr("sandbox.oauth.secrets.token_urlsafe", lambda _: "x" * 4000)
    page = browser.get(browser.consent(authorize))
    assert (page.status_code, heading(page)) == (502, "Dailymotion gave no usable answer")


def test_no_secret_is_left_anywhere_after_the_whole_walk(tmp_path):
    with served(tmp_path, options=["--access-logfile", "-", "--log-level", "debug"]) as (made, gunicorn):
        made.site.user(CAFE)
        made.site.user(SILENT)
        states, seen = walk(made)
        log = gunicorn.stop()
        issued = set(made.world.issued)
        assert sync(made, tmp_path) == 0
    assert made.events() == []  # they are in Git by now
    git = ["git", "-C", str(made.site.catalog), "log", "--all", "--patch", "--format=fuller"]
    history = subprocess.run(git, check=True, capture_output=True, text=True).stdout
    for words in (
        f'"adopted", "user": "{CAFE}"',
        f'"asked_to_join", "user": "{OPEN}"',
        f'"adopted", "user": "{SMALL}"',
    ):
        assert words in history
    files = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()).decode(errors="replace")
    # A code, an access and a refresh token for each login but the one that was not allowed.
    assert len(issued) >= 12
    assert len(states) == 5
    for canary in (*issued, *states, KEY, "sandbox-secret", SECRET):
        assert canary not in files + history + log
        assert canary in states or canary not in seen
    assert "@sandbox.example" not in history + log
    assert re.search(r"GET /connect/return\?(code=\*\*\*&state=\*\*\*|state=\*\*\*&code=\*\*\*)", log)


def sync(made, root):
    """Bring what was journalled into Git, as the server does; return the exit code."""
    git = ["git", "-C", str(made.site.catalog), "-c", "user.name=x", "-c", "user.email=x@nord.example"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "Begin"]):
        subprocess.run([*git, *words], check=True)
    command = [sys.executable, "-m", "feeds", "sync", "--catalog", str(made.site.catalog), "--out", str(root / "out")]
    return subprocess.run(
        command, cwd=ROOT, env=os.environ | {"FEEDS_STATE": str(made.site.state)}, check=False
    ).returncode


def walk(made):
    """Adopt, ask, be invited, refuse, fail and stray; return the states, and all that the browsers saw."""
    states, seen = set(), []
    invitation, _ = invite("Anna", days=1, by="cli:anna", now=datetime.now(UTC))
    link = f"/?invitation={Links((KEY,)).render(invitation)}"
    walks = (
        (CAFE, "allow", "/", ""),
        (OPEN, "allow", "/", ""),
        (SMALL, "allow", link, ""),
        (CAFE, "deny", "/", ""),
        (SILENT, "allow", "/", f"server-error method=POST path=/me/parents/{PARENT}"),
    )
    for account, decision, first, trouble in walks:
        browser = requests.Session()
        seen.append(browser.get(f"{made.url}{first}", timeout=30).text)
        authorize = browser.get(f"{made.url}/connect", allow_redirects=False, timeout=30).headers["Location"]
        form = {"account": account, "scope": SCOPES, "decision": decision}
        back = requests.post(authorize, data=form, allow_redirects=False, timeout=30).headers["Location"]
        page = browser.get(back, timeout=30)
        states.add(query_of(back)["state"])
        session = URLSafeTimedSerializer("").loads_unsafe(browser.cookies.get("feeds", ""))[1]
        seen += [page.text, str(page.headers), str(browser.cookies.get_dict()), str(session)]
        if trouble:
            made.fault(trouble)
        if decision == "allow":
            page = browser.post(f"{made.url}/connect/confirm", data=fields(page, "/connect/confirm"), timeout=30)
            assert page.status_code == (502 if trouble else 200)
        seen += [page.text, str(page.headers), browser.get(back, timeout=30).text]
        seen += [browser.get(f"{made.url}{path}", timeout=30).text for path in ("/nowhere", "/connect/confirm")]
    return states, "".join(seen)
