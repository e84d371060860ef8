"""The importer's HTTP: short, bounded, and never led anywhere else.

Proxies and .netrc are ignored; redirects and compressed answers are refused, since nothing says that
Dailymotion accepts them; an answer is read up to a size and a time. A login is for one site and goes nowhere else.
"""

import base64
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError

# Seconds to connect, seconds between two reads, and seconds for a whole answer.
CONNECT_S, READ_S, ANSWER_S = 5.0, 10.0, 60.0
MAX_ANSWER_BYTES = 16 * 1024 * 1024

# 128 random bits take 22 characters in a URL, at least.
_SECRET_FOLDER = re.compile(r"/[^/?#\s]{22,}(?=/)")

_LIMITS: dict[str, Any] = {"stream": True, "allow_redirects": False, "timeout": (CONNECT_S, READ_S)}


class FetchError(Exception):
    """A document that could not be fetched, with its URL and the reason."""


@dataclass(frozen=True, slots=True)
class Mapping:
    """Where to look instead: every URL at or below `public` is fetched below `local`."""

    public: str
    local: str


@dataclass(frozen=True, slots=True)
class Login:
    """The login of one site, as "Feed and media may each need login/password" (https://www.dailymotion.com/dmrss).

    ASSUMED: it is sent as Basic (RFC 7617), at once, to the site of the user list alone: scheme, host and port.
    """

    site: str
    words: str = field(repr=False)

    @classmethod
    def of(cls, url: str, words: str) -> "Login":
        """Return the login `user:password` for the site that the URL stands on."""
        return cls(_origin(url), words)

    def headers_for(self, url: str) -> dict[str, str]:
        """Return the header that logs in, or none where the URL is another site's."""
        if _origin(url) != self.site:
            return {}
        return {"Authorization": f"Basic {base64.b64encode(self.words.encode()).decode()}"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What the callback's receiver answered: a status, or None and the reason why there was no answer."""

    status: int | None
    text: str


def locate(url: str, mappings: Sequence[Mapping]) -> str:
    """Return the URL to fetch instead of `url`, which is `url` itself where no mapping fits."""
    for mapping in mappings:
        if url == mapping.public or url.startswith(mapping.public + "/"):
            return mapping.local + url[len(mapping.public) :]
    return url


def fetch(
    url: str, login: Login | None = None, *, max_bytes: int = MAX_ANSWER_BYTES, answer_s: float = ANSWER_S
) -> bytes:
    """Fetch one document.

    Raises FetchError for anything but a plain 200 of at most `max_bytes` within `answer_s` seconds.
    """
    deadline = time.monotonic() + answer_s
    headers = login.headers_for(url) if login is not None else {}
    try:
        with _session() as session, session.get(url, headers=headers, **_LIMITS) as response:
            if response.status_code != requests.codes.ok:
                raise _failed(url, f"status {response.status_code} instead of 200{_hint(response, headers)}")
            if response.headers.get("Content-Encoding", "identity") != "identity":
                raise _failed(url, "a compressed answer, though none was asked for")
            return _bounded(response, url, max_bytes=max_bytes, deadline=deadline)
    except (requests.RequestException, HTTPError, ValueError) as error:
        raise _failed(url, _reason(error)) from error


def post(url: str, events: Sequence[dict[str, Any]], *, headers: dict[str, str] | None = None) -> Answer:
    """POST one callback, once: whether Dailymotion tries again is not documented.

    The answer never holds the URL, whose path is the receiver's secret.
    """
    try:
        with _session() as session, session.post(url, json=list(events), headers=headers, **_LIMITS) as response:
            text = response.raw.read(4096, decode_content=False)
            return Answer(response.status_code, text.decode("utf-8", "replace"))
    except (requests.RequestException, HTTPError, ValueError) as error:
        return Answer(None, type(error).__name__)


def _session() -> requests.Session:
    # One for each request: requests would keep a connection that the other end has closed, and a callback that
    # breaks on it must not look like one that nobody took.
    session = requests.Session()
    session.trust_env = False
    session.headers.update({"User-Agent": "dailymotion-sandbox", "Accept-Encoding": "identity", "Connection": "close"})
    return session


def _bounded(response: requests.Response, url: str, *, max_bytes: int, deadline: float) -> bytes:
    body = bytearray()
    # read1 returns what has come: an answer that trickles can't hold the loop past its deadline.
    while chunk := response.raw.read1(64 * 1024, decode_content=False):
        body += chunk
        if len(body) > max_bytes:
            raise _failed(url, f"more than {max_bytes} bytes")
        if time.monotonic() > deadline:
            raise _failed(url, "not read to its end in time")
    return bytes(body)


def shown(text: str) -> str:
    """Return a text with its URLs as they may be shown: a folder as long as a secret is reads as an ellipsis."""
    return _SECRET_FOLDER.sub("/\N{HORIZONTAL ELLIPSIS}", text)


def _failed(url: str, why: str) -> FetchError:
    return FetchError(shown(f"{url}: {why}"))


def _hint(response: requests.Response, sent: dict[str, str]) -> str:
    """Return what a refusal asks for, behind a colon; nothing where it doesn't tell."""
    if response.status_code == requests.codes.unauthorized:
        return ": it doesn't take this login" if sent else ": it wants a login, which this site was given none of"
    if response.status_code == requests.codes.forbidden:
        return ": it doesn't let this machine in"
    if response.status_code in (requests.codes.not_found, requests.codes.gone):
        return ": nothing is there; an address with a secret in it is needed whole"
    return ""


def _origin(url: str) -> str:
    """Return scheme, host and port of a URL, as a login is good for (RFC 6454)."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:  # no URL at all: fetching it says so
        return ""
    return f"{parts.scheme}://{parts.hostname}:{port}"


def _reason(error: Exception) -> str:
    if isinstance(error, requests.Timeout | TimeoutError):
        return "no answer in time"
    if isinstance(error, requests.ConnectionError | HTTPError):
        return "no connection, or one that broke"
    return str(error)
