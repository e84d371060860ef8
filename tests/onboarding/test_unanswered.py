"""`feeds doctor` before a site that gives no answer: it says which of many reasons it is, and what to do about it."""

import json
import socket

import pytest

from feeds.core.catalog import UserList
from feeds.core.errors import UsageError
from feeds.fetching.authorities import own_authorities
from feeds.onboarding.published import PublishedSite, about_site
from tests.certificates import DAY, Authority, serving

NAME = "feeds.nord.example"
VOUCHES = "nobody who is trusted vouches for its certificate"


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path)


@pytest.fixture
def site(tmp_path):
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "users.json").write_text("[]")
    return folder


def said(url, *, base=f"https://{NAME}/", authorities=None):
    """Return the doctor's verdict on the site, what it is, and its remedy."""
    with PublishedSite(base, served_at=url, authorities=authorities and str(authorities)) as site:
        (answer,) = about_site(site, UserList())
    return answer.verdict, answer.what.removeprefix(f"{url}users.json "), answer.remedy


def test_a_certificate_of_an_authority_that_is_not_known_is_told_and_how_to_have_it_known(site, authority):
    with serving(site, authority.signs(NAME)) as url:
        verdict, what, remedy = said(url)
        assert (verdict, what) == ("fault", f"can't be read: {VOUCHES} (unable to get local issuer certificate)")
        assert "fullchain.pem" in remedy
        assert "SSL_CERT_FILE" in remedy
        assert said(url, authorities=authority.path)[:2] == ("ok", f"{url}users.json: 0 users")


@pytest.mark.parametrize("by_its_address", [False, True])
@pytest.mark.parametrize(
    ("made", "what", "remedy"),
    [
        ({"begins": -2 * DAY, "ends": -DAY}, "its certificate has expired", "Renew it, and reload the web server"),
        ({"begins": DAY / 2}, "its certificate isn't valid yet", "are set by NTP"),
        ({"name": "other.example"}, "its certificate is of another name", "Get one of this name"),
        ({"name": "127.0.0.9"}, "its certificate is of another name", "Get one of this name"),
    ],
    ids=["expired", "early", "another name", "another address"],
)
def test_what_is_wrong_with_a_certificate_is_told(site, authority, made, what, remedy, by_its_address):
    name = "127.0.0.1" if by_its_address else NAME
    with serving(site, authority.signs(**{"name": name, **made})) as url:
        found = said(url, base=url if by_its_address else f"https://{NAME}/", authorities=authority.path)
        assert found[:2] == ("fault", f"can't be read: {what}")
        assert remedy in found[2]


def test_http_where_https_is_asked_for_is_told(site):
    with serving(site, None) as url:
        verdict, what, remedy = said(url)
    assert (verdict, what.partition(" (")[0]) == ("fault", "can't be read: no TLS that is understood is spoken there")
    assert "Have the web server speak TLS at this port" in remedy


def test_a_server_that_is_stopped_is_told():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
    verdict, what, remedy = said(url)
    assert (verdict, what) == ("fault", "can't be read: the connection is refused")
    assert "Start the web server" in remedy


def test_a_name_that_leads_nowhere_is_told():
    # Longer than a name can be, so that no name server is asked.
    url = f"https://{'.'.join(['nowhere' * 8] * 6)}.example/"
    verdict, what, remedy = said(url, base=url)
    assert (verdict, what) == ("fault", "can't be read: its name leads to no address")
    assert "Enter the name at your name server" in remedy


def test_a_server_that_is_stuck_is_told(monkeypatch):
    monkeypatch.setattr("feeds.onboarding.published.TIMEOUT_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        for scheme in ("http", "https"):
            verdict, what, remedy = said(f"{scheme}://127.0.0.1:{listener.getsockname()[1]}/")
            assert (verdict, what) == ("fault", "can't be read: it took too long")
            assert "isn't stuck" in remedy


@pytest.mark.parametrize(
    ("address", "what", "remedy"),
    [
        ("REFUSED", "can't be read: the connection is refused", "Start the web server"),
        ("https://[nord/feeds/bo.xml", "is no address that can be asked", "Mend network.base_url"),
    ],
)
def test_a_feed_that_can_not_be_read_is_told_with_the_same_reasons(site, authority, address, what, remedy):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = address.replace("REFUSED", f"http://127.0.0.1:{listener.getsockname()[1]}/feeds/bo.xml")
    (site / "users.json").write_text(json.dumps([{"id": "bo", "username": "bo", "feed_url": address}]))
    with (
        serving(site, authority.signs(NAME)) as url,
        PublishedSite(f"https://{NAME}/", served_at=url, authorities=str(authority.path)) as its,
    ):
        feed = list(about_site(its, UserList()))[-1]
    assert (feed.verdict, feed.what) == ("fault", f"{address} {what}")
    assert feed.remedy.startswith(remedy)


def test_own_authorities_are_those_of_the_environment_and_the_narrower_setting_is_heeded_first(authority, tmp_path):
    assert own_authorities({}) is None
    assert own_authorities({"SSL_CERT_FILE": "", "REQUESTS_CA_BUNDLE": ""}) is None
    its = str(authority.path)
    assert own_authorities({"SSL_CERT_FILE": its}) == its
    assert own_authorities({"SSL_CERT_FILE": "/nowhere", "REQUESTS_CA_BUNDLE": its}) == its
    (tmp_path / "folder").mkdir()
    assert own_authorities({"SSL_CERT_FILE": str(tmp_path / "folder")}) == str(tmp_path / "folder")


def test_a_file_of_authorities_that_is_none_is_refused_with_the_setting_s_name(tmp_path):
    for text, why in ((None, "No such file or directory"), ("", "it holds no certificate"), ("x", None)):
        path = tmp_path / "authorities.pem"
        if text is not None:
            path.write_text(text)
        with pytest.raises(UsageError) as refused:
            own_authorities({"SSL_CERT_FILE": str(path)})
        first, _, remedy = str(refused.value).partition("\n")
        assert first == f"SSL_CERT_FILE: {path} can't be read: {why or 'it holds no certificate'}."
        assert "ca-certificates.crt" in remedy
