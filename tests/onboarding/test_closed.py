"""`feeds doctor` before a site on loopback: rightly closed, or open, closed otherwise, listed, each by mistake."""

import base64
import ssl
import subprocess

import pytest

from feeds.core.access import Way
from feeds.core.catalog import UserList
from feeds.onboarding.closed import about_closed
from feeds.onboarding.published import PublishedSite, about_site
from tests.closed_site import serving
from tests.sites import Site, adopted

NEW, OLD = "CANARY-new-0123456789-abcd", "CANARY-old-0123456789-abcd"
LOGIN, FORMER = "nord-2:CANARY-pass:wörd", "nord-1:CANARY-before"
ALL = tuple(Way)
BOTH = (Way.BASIC_AUTH, Way.SECRET_PATH)
BASE = "https://feeds.nord.example/"


@pytest.fixture
def served(tmp_path):
    """Serve a built site, closed by both secrets and both logins; the first of each are the newest."""
    site = Site(tmp_path)
    site.network(access=list(BOTH))
    site.user("bo", "b1", "b2")
    site.happened(adopted("bo"))
    site.build(record=True, secret_path=NEW)
    with serving(site.out, paths=[NEW, OLD], logins=[LOGIN, FORMER]) as server:
        server.built = site
        yield server


def examine(server, ways=BOTH, paths=(NEW, OLD), login=LOGIN, served_at=None):
    """Return what is said, a line each, and that no secret of it is."""
    with PublishedSite(BASE, served_at=served_at or server.url, ways=ways, paths=paths, login=login) as site:

        def answers():
            feed = yield from about_site(site, UserList())
            yield from about_closed(site, feed)

        found = list(answers())
    said = [f"{each.verdict} {each.about} {each.what.replace(server.url, 'SITE/')}" for each in found]
    remedies = [each.remedy for each in found if each.verdict != "ok"]
    assert all(remedies)
    assert "CANARY" not in "".join([*said, *remedies])
    return said


def faults(said):
    return [each.removeprefix("fault ") for each in said if each.startswith("fault ")]


def test_a_site_that_is_rightly_closed_is_found_so(served):
    served.paths, served.logins = (NEW,), served.logins[:1]
    assert examine(served, paths=(NEW,)) == [
        "ok site SITE/<site secret>/users.json: 1 users",
        "ok feed SITE/<site secret>/feeds/bo.xml: 2 videos",
        "ok closed without the login it answers 401",
        "ok closed without the secret there is nothing to read",
        "ok closed no folder is listed",
    ]


def test_while_a_secret_rotates_both_must_answer(served):
    assert "look closed the old secret of FEEDS_SITE_PATH still works, as does the new one" in examine(served)
    served.paths = (NEW,)
    old = "with the old secret of FEEDS_SITE_PATH it answers 404, and Dailymotion may still read there"
    assert faults(examine(served)) == [f"closed {old}"]


def test_addresses_are_told_as_seen_from_this_machine(served):
    said = examine(served, ways=ALL)
    assert said[-1] == "look closed this machine's address gets 200, though it is none of Dailymotion's"
    assert faults(said) == []
    served.refuses = True
    assert examine(served, ways=ALL) == [
        "look site SITE/<site secret>/users.json answers 403, where 200 is expected",
        "look closed this machine's address is refused (403), as all should be but Dailymotion's",
    ]


def test_an_open_site_is_asked_for_no_more_than_its_list_and_feeds(served):
    served.built.network()
    served.built.build(record=True)
    served.paths = served.logins = ()
    assert examine(served, ways=(), paths=(), login=None) == [
        "ok site SITE/users.json: 1 users",
        "ok feed SITE/feeds/bo.xml: 2 videos",
    ]
    assert served.asked == [("/users.json", None), ("/feeds/bo.xml", None)]


def spoiled(**its):
    return lambda server: [setattr(server, name, value) for name, value in its.items()]


def redirects(server):
    server.answers["/users.json"] = (301, {"Location": f"/{NEW}/users.json"})


def broken(server):
    server.answers[f"/{NEW}/feeds/bo.xml"] = (500, {})


SECRET = "SITE/<site secret>"
ANYBODY = "anybody can read it"
FILES, STRANGERS = ("users.json", "feeds/bo.xml"), ("without a login", "by a made-up login")


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (spoiled(logins=()), [
            f"closed {SECRET}/{name} answers 200 {how}: {ANYBODY}" for name in FILES for how in STRANGERS
        ]),
        (spoiled(open=("feeds/bo.xml",)), [
            f"closed {SECRET}/feeds/bo.xml answers 200 {how}: {ANYBODY}" for how in STRANGERS
        ]),
        (spoiled(any_login=True), [
            f"closed {SECRET}/{name} answers 200 by a made-up login: {ANYBODY}" for name in FILES
        ]),
        (spoiled(challenge="Bearer"), [
            f"closed {SECRET}/{name} answers 401 {how}, where 401 and Basic are expected"
            for name in FILES for how in STRANGERS
        ]),
        (spoiled(bare=True), [
            f"closed SITE/{name} answers 200, without the secret: {ANYBODY}" for name in FILES
        ]),
        (spoiled(any_folder=True), [
            f"closed SITE/<made up>/{name} answers 200, below any folder: {ANYBODY}"
            for name in FILES
        ]),
        (redirects, ["closed SITE/users.json leads to the secret address, which tells it to all"]),
        (broken, ["feed SITE/<site secret>/feeds/bo.xml answers 500, where 200 is expected"]),
        (spoiled(lists=True), [
            "closed SITE/ lists what is in the folder, <site secret> among it",
            f"closed {SECRET}/ lists what is in the folder",
            f"closed {SECRET}/feeds/ lists what is in the folder",
        ]),
        (spoiled(paths=(OLD,)), [f"site {SECRET}/users.json answers 404, where 200 is expected"]),
        (spoiled(paths=("CANARY-other-0123456789-abc",)), [
            f"site {SECRET}/users.json answers 404, where 200 is expected"
        ]),
        (spoiled(logins=("another",)), [f"site {SECRET}/users.json answers 401, where 200 is expected"]),
        (spoiled(paths=("CANARY-other-0123456789-abc",), bare=True), [
            f"site {SECRET}/users.json answers 404, where 200 is expected",
            f"closed SITE/users.json answers 200, without the secret: {ANYBODY}",
        ]),
    ],
    ids=[
        "asks for no login", "asks at the list alone", "takes any login", "asks for another kind", "also without",
        "below any segment", "a redirect tells it", "a broken feed", "lists", "the old secret alone", "another secret",
        "another login", "another secret, and open",
    ],
)  # fmt: skip
def test_each_mistake_is_found_and_no_other(served, spoil, expected):
    spoil(served)
    assert faults(examine(served)) == expected


def test_without_our_login_it_says_which_setting_is_missing(served):
    with PublishedSite(BASE, served_at=served.url, ways=BOTH, paths=(NEW,)) as site:
        (answer,) = about_site(site, UserList())
        assert "Set FEEDS_SITE_LOGIN=user:password" in answer.remedy
        assert list(about_closed(site, None)) == []
    with PublishedSite(BASE, served_at=served.url, ways=BOTH, paths=(NEW,), login="x:y") as site:
        (answer,) = about_site(site, UserList())
        assert "It doesn't take FEEDS_SITE_LOGIN" in answer.remedy


def test_a_site_that_was_published_with_another_secret_is_told(served):
    served.built.build(record=True, secret_path=OLD)
    said = "feed SITE/<site secret>/users.json names feeds at addresses without the secret of FEEDS_SITE_PATH"
    assert faults(examine(served))[:1] == [said]
    assert faults(examine(served, paths=(NEW,)))[:1] == [said]


def test_without_the_secret_nothing_is_read_that_could_hold_it_and_an_open_site_is_found_all_the_same(served):
    unread = "site the site isn't read, as its address has a secret that is not set here"
    assert examine(served, paths=()) == [f"fault {unread}"]
    served.bare = True
    assert faults(examine(served, paths=())) == [
        unread, f"closed SITE/users.json answers 200, without the secret: {ANYBODY}"
    ]  # fmt: skip


def test_the_login_goes_to_the_site_alone_and_no_redirect_is_followed(served, tmp_path):
    with serving(tmp_path) as elsewhere:
        served.answers[f"/{NEW}/users.json"] = (302, {"Location": f"{elsewhere.url}users.json"})
        said = examine(served)
        assert faults(said)[0] == "site SITE/<site secret>/users.json answers 302, where 200 is expected"
        assert elsewhere.asked == []
        with PublishedSite(BASE, served_at=served.url, ways=BOTH, paths=(NEW,), login=LOGIN) as site:
            site.see(f"{elsewhere.url}users.json")
        assert elsewhere.asked == [("/users.json", None)]


def test_the_address_of_the_letter_serves_as_site_too(served):
    assert examine(served, served_at=f"{served.url}{NEW}/") == examine(served)


def test_nobody_there_is_one_fault_and_no_verdict_on_strangers(served):
    served.server_close()
    said = examine(served)
    (fault,) = faults(said)
    assert fault.startswith("site SITE/<site secret>/users.json can't be read: ")
    assert said[1:] == ["look closed it could not be seen whether strangers are kept out"]


def test_a_web_server_that_is_named_by_its_address_is_asked_by_the_site_s_name(served):
    examine(served)
    assert set(served.hosts) == {"feeds.nord.example"}
    served.hosts.clear()
    with PublishedSite(served.url, ways=(), paths=(NEW,)) as site:
        site.see(site.at("users.json"))
    assert served.hosts == [served.url.split("/")[2]]
    # A host's own name for the site is kept.
    for address, name in {"https://nord.netlify.example": None, "http://localhost:8000": "feeds.nord.example"}.items():
        with PublishedSite(BASE, served_at=address) as site:
            assert site._host == name


def test_its_certificate_must_be_the_site_s_however_the_server_is_named(tmp_path, need):
    need("openssl")
    with serving(tmp_path) as server:
        (tmp_path / "users.json").write_text("[]")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate(tmp_path, "feeds.nord.example"))
        names = []
        context.sni_callback = lambda connection, name, _: names.append(name)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        url = server.url.replace("http:", "https:")
        for base, verdict in ((BASE, "ok"), ("https://other.example/", "fault")):
            with PublishedSite(base, served_at=url) as site:
                site._session.verify = str(tmp_path / "chain.pem")
                assert next(about_site(site, UserList())).verdict == verdict
            with PublishedSite(base, served_at=url) as site:
                assert next(about_site(site, UserList())).verdict == "fault"  # nobody vouches for it
        assert set(names) == {"feeds.nord.example", "other.example"}


def certificate(folder, name):
    chain, key = folder / "chain.pem", folder / "key.pem"
    words = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    words += ["-days", "1", "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}"]
    subprocess.run([*words, "-keyout", key, "-out", chain], check=True, capture_output=True)
    return chain, key


@pytest.mark.parametrize("page", [b"", b"<!doctype html>Nothing is here."])
def test_an_answer_of_200_with_nothing_or_some_page_in_it_gives_nothing_away(served, page):
    served.answers["/users.json"] = served.answers["/feeds/bo.xml"] = (200, {}, page)
    assert faults(examine(served)) == []


def test_a_page_to_log_in_at_is_no_question_for_a_login(served):
    served.logins = ()
    served.login_page = b"<!doctype html>Please log in."
    assert faults(examine(served)) == [
        f"closed {SECRET}/{name} answers 200 {how}, where 401 and Basic are expected"
        for name in FILES for how in STRANGERS
    ]  # fmt: skip


def test_neither_proxy_nor_logins_of_the_environment_are_used(served, monkeypatch, tmp_path):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login nord password CANARY\n")
    (tmp_path / "netrc").chmod(0o600)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    examine(served, login=None)
    sent = {base64.b64decode(login.partition(" ")[2]).partition(b":")[0] for _, login in served.asked if login}
    assert sent == {b"stranger"}


def test_a_list_without_an_end_is_not_read_to_it(served, monkeypatch):
    monkeypatch.setattr("feeds.onboarding.published.MAX_BYTES", 40)
    assert faults(examine(served))[0] == "site SITE/<site secret>/users.json is larger than 40 bytes"


def test_a_document_that_trickles_is_given_up(served, monkeypatch):
    monkeypatch.setattr("feeds.onboarding.published.WHOLE_S", 0.1)
    served.answers[f"/{NEW}/users.json"] = (
        200,
        {"Content-Type": "application/json", "Content-Length": "99"},
        b"[",
        0.02,
    )
    assert faults(examine(served)) == ["site SITE/<site secret>/users.json takes too long"]


@pytest.mark.parametrize(
    ("headers", "why"),
    [
        ({"Content-Length": "99", "Connection": "close"}, "can't be read: no connection, or one that broke"),
        ({"Content-Encoding": "gzip"}, "is packed otherwise than it says"),
    ],
)
def test_a_document_that_breaks_off_or_is_not_packed_as_it_says_is_a_fault(served, headers, why):
    served.answers[f"/{NEW}/users.json"] = (200, {"Content-Type": "application/json", **headers}, b"[]")
    assert faults(examine(served)) == [f"site SITE/<site secret>/users.json {why}"]


def test_a_question_for_a_login_may_be_one_of_several(served):
    served.challenge = 'Negotiate, Basic realm="feeds"'
    assert faults(examine(served)) == []


@pytest.mark.parametrize(
    "rubbish",
    [b"[" * 90_000, b"\xff\xfe", b"{}", b"[1]", b'[{"feed_url": 7}]', b'[{"feed_url": "//["}]', b'[{"id": "x"}]'],
)
def test_rubbish_is_one_fault_and_no_trace(served, rubbish):
    served.answers[f"/{NEW}/users.json"] = (200, {"Content-Type": "application/json"}, rubbish)
    assert len([each for each in examine(served) if each.startswith("fault") and " closed " not in each]) == 1
