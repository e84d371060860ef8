"""The published site as Dailymotion meets it: whether the user list answers, and the feeds that it names."""

import base64
import json
import time
from collections.abc import Generator, Sequence
from ipaddress import ip_address
from typing import Any, Self
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError

from feeds.core.access import Way
from feeds.core.catalog import UserList
from feeds.formats import mrss
from feeds.onboarding.answered import Seen, Unfit, unfit
from feeds.onboarding.examining import Answer, Verdict
from feeds.settings import is_loopback

# Seconds to connect and between two reads, and for a whole document.
TIMEOUT_S, WHOLE_S = 10.0, 60.0
MAX_BYTES = 64 * 1024 * 1024
FEEDS_TRIED = 3
USER_LIST = "users.json"

FAULT: Verdict = "fault"
LOOK: Verdict = "look"

# What stands for the secret in whatever is said of an address.
MASK = "<site secret>"


class _Named(requests.adapters.HTTPAdapter):
    """Speaks TLS with whatever address, as with this name, and wants its certificate."""

    def __init__(self, name: str) -> None:
        self._name = name
        super().__init__()

    def init_poolmanager(self, *given: Any, **more: Any) -> None:
        """Have each connection ask for the name."""
        super().init_poolmanager(*given, server_hostname=self._name, assert_hostname=self._name, **more)


class PublishedSite:
    """Where the site is served, and what opens it: `ways` of network.access, the secrets of its addresses, a login.

    `base_url` is what the list's addresses begin with, before the secret. No redirect is followed, and the login goes
    nowhere but below the site's own address. `authorities` are those to trust instead of the public ones.
    """

    def __init__(
        self,
        base_url: str,
        *,
        served_at: str | None = None,
        ways: Sequence[str] = (),
        paths: Sequence[str] = (),
        login: str | None = None,
        authorities: str | None = None,
    ) -> None:
        self.ways, self.paths = tuple(ways), tuple(paths)
        self.root = f"{(served_at or base_url).rstrip('/')}/"
        for path in self.paths:  # who copies the address from the letter has the secret in it
            self.root = self.root.removesuffix(f"{path}/")
        # A web server tells its sites apart by the name, which the address of a machine hasn't.
        self._host = urlsplit(base_url).netloc if served_at and _is_address(served_at) else None
        self._named = f"{base_url.rstrip('/')}/{self._folder}"
        self.has_login, self._login = login is not None, login
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.verify = authorities or True
        if self._host and (name := urlsplit(base_url).hostname):
            self._session.mount("https://", _Named(name))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    @property
    def _folder(self) -> str:
        return f"{self.paths[0]}/" if self.paths else ""

    @property
    def is_plain(self) -> bool:
        """Return whether a secret would travel there unencrypted, and not only within this machine."""
        parts = urlsplit(self.root)
        return parts.scheme == "http" and not is_loopback(parts.hostname or "")

    def at(self, name: str) -> str:
        """Return where a file of the site is served, with the newest secret."""
        return f"{self.root}{self._folder}{name}"

    def served(self, address: str) -> str | None:
        """Return where the address of the list is served, None where it lies outside of the site."""
        return self.at(address.removeprefix(self._named)) if address.startswith(self._named) else None

    def shown(self, text: str) -> str:
        """Return a text with what stands for the secrets."""
        for path in self.paths:
            text = text.replace(path, MASK)
        return text

    def see(self, url: str, *, logs_in: bool = True, login: str | None = None, most: int = MAX_BYTES) -> Seen:
        """Ask an address of the site, by our login, by another, or by none. Raises Unfit where nothing answers."""
        words = login if login is not None else self._login if logs_in else None
        headers = {"Host": self._host} if self._host else {}
        if not url.startswith(self.root):
            headers = {}
        elif words is not None:
            headers["Authorization"] = f"Basic {base64.b64encode(words.encode()).decode()}"
        try:
            with self._session.get(
                url, headers=headers, timeout=TIMEOUT_S, allow_redirects=False, stream=True
            ) as answer:
                names = answer.headers
                kind = names.get("Content-Type", "").partition(";")[0].strip().lower()
                body = _body(answer, most + 1)
                status, challenge = answer.status_code, names.get("WWW-Authenticate", "")
                return Seen(status, kind, names.get("Location", ""), challenge, body)
        except (requests.RequestException, HTTPError, ValueError, OSError) as error:
            raise unfit(error) from error

    def read(self, url: str, kind: str) -> bytes:
        """Return a document of the site, which must be of this type. Raises Unfit."""
        seen = self.see(url)
        if seen.status != requests.codes.ok:
            raise Unfit(f"answers {seen.status}, where 200 is expected", seen.status)
        if seen.kind not in (kind, kind.replace("rss+", ""), "text/xml" if "xml" in kind else kind):
            raise Unfit(f"is served as {seen.kind or 'nothing'}, where {kind} is expected", seen.status)
        if len(seen.body) > MAX_BYTES:
            raise Unfit(f"is larger than {MAX_BYTES:,} bytes", seen.status)
        return seen.body


def _body(answer: requests.Response, most: int) -> bytes:
    """Return so much of a body; one that trickles must not hold the terminal. Raises Unfit."""
    deadline, body = time.monotonic() + WHOLE_S, bytearray()
    while len(body) < most and (chunk := answer.raw.read1(min(most - len(body), 1 << 16), decode_content=True)):
        body += chunk
        if time.monotonic() > deadline:
            raise Unfit("takes too long", answer.status_code)
    return bytes(body)


def _is_address(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        ip_address(host)
    except ValueError:
        return host == "localhost"
    return True


def about_site(site: PublishedSite, shape: UserList) -> Generator[Answer, None, str | None]:
    """Tell how users.json and its first feeds answer to who has all that opens the site.

    Returns the name of a feed that could be read, None where there is none.
    """
    url, readable = site.at(USER_LIST), None
    if Way.SECRET_PATH in site.ways and not site.paths:  # what is read could hold a secret that isn't known as one
        what = "the site isn't read, as its address has a secret that is not set here"
        yield Answer("site", FAULT, what, "Set FEEDS_SITE_PATH to what the web server and the publisher have.")
        return None
    try:
        entries = _entries(site.read(url, "application/json"), shape)
    except Unfit as error:
        yield _unread(site, url, error)
        return None
    yield Answer("site", "ok", f"{site.shown(url)}: {len(entries)} users")
    for entry in entries[:FEEDS_TRIED]:
        named = str(entry.get(shape.fields.feed))
        address = site.served(named)
        if address is None and site.paths:
            what = f"{site.shown(url)} names feeds at addresses without the secret of FEEDS_SITE_PATH"
            yield Answer("feed", "fault", what, "Give the same FEEDS_SITE_PATH to who publishes (feeds sync).")
            return None
        address = address or named
        try:
            count = len(mrss.guids(site.read(address, "application/rss+xml")))
            readable = readable or address.removeprefix(site.at(""))
            yield Answer("feed", "ok", f"{site.shown(address)}: {count} videos")
        except (Unfit, mrss.BadFeed) as error:
            remedy = getattr(error, "remedy", "") or "Publish feeds/ beside users.json."
            yield Answer("feed", "fault", f"{site.shown(address)} {error}", remedy)
    return readable


def _unread(site: PublishedSite, url: str, error: Unfit) -> Answer:
    """Return what it means that the list can't be read, by how the site is closed."""
    remedy, verdict = error.remedy or "Publish static_out there, and see that it can be read.", FAULT
    if error.status == requests.codes.unauthorized:
        remedy = "Say in catalog.yaml how the site is closed: network.access."
        if Way.BASIC_AUTH in site.ways:
            remedy = "Set FEEDS_SITE_LOGIN=user:password, to a login that may read the site."
            if site.has_login:
                remedy = (
                    "It doesn't take FEEDS_SITE_LOGIN: see that FEEDS_SITE_USERS has it, and the web server has that."
                )
    elif error.status == requests.codes.not_found and site.paths:
        remedy = "Give the same FEEDS_SITE_PATH to the web server and to who publishes; it may be another one there."
    elif error.status == requests.codes.forbidden and Way.ADDRESSES in site.ways:
        # Only Dailymotion is to be let in, so this may well be right.
        remedy, verdict = "Run this on the web server, with --site, to see behind that.", LOOK
    return Answer("site", verdict, f"{site.shown(url)} {error}", remedy)


def _entries(text: bytes, shape: UserList) -> list[dict[str, Any]]:
    try:
        told = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Unfit("is no JSON") from error
    if shape.wrap is not None:
        told = told.get(shape.wrap) if isinstance(told, dict) else None
    if not isinstance(told, list) or not all(isinstance(entry, dict) for entry in told):
        raise Unfit("is no list of users in the shape that the catalog says")
    return told
