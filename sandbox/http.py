"""The importer's HTTP: short, bounded, and never led anywhere else.

Proxies and .netrc are ignored; redirects and compressed answers are refused, since nothing says that
Dailymotion accepts them; an answer is read up to a size and a time.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import requests
from urllib3.exceptions import HTTPError

# Seconds to connect, seconds between two reads, and seconds for a whole answer.
CONNECT_S, READ_S, ANSWER_S = 5.0, 10.0, 60.0
MAX_ANSWER_BYTES = 16 * 1024 * 1024

_LIMITS: dict[str, Any] = {"stream": True, "allow_redirects": False, "timeout": (CONNECT_S, READ_S)}


class FetchError(Exception):
    """A document that could not be fetched, with its URL and the reason."""


@dataclass(frozen=True, slots=True)
class Mapping:
    """Where to look instead: every URL at or below `public` is fetched below `local`."""

    public: str
    local: str


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


def fetch(url: str, *, max_bytes: int = MAX_ANSWER_BYTES, answer_s: float = ANSWER_S) -> bytes:
    """Fetch one document.

    Raises FetchError for anything but a plain 200 of at most `max_bytes` within `answer_s` seconds.
    """
    deadline = time.monotonic() + answer_s
    try:
        with _session() as session, session.get(url, **_LIMITS) as response:
            if response.status_code != requests.codes.ok:
                raise FetchError(f"{url}: status {response.status_code} instead of 200")
            if response.headers.get("Content-Encoding", "identity") != "identity":
                raise FetchError(f"{url}: a compressed answer, though none was asked for")
            return _bounded(response, url, max_bytes=max_bytes, deadline=deadline)
    except (requests.RequestException, HTTPError, ValueError) as error:
        raise FetchError(f"{url}: {_reason(error)}") from error


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
            raise FetchError(f"{url}: more than {max_bytes} bytes")
        if time.monotonic() > deadline:
            raise FetchError(f"{url}: not read to its end in time")
    return bytes(body)


def _reason(error: Exception) -> str:
    if isinstance(error, requests.Timeout | TimeoutError):
        return "no answer in time"
    if isinstance(error, requests.ConnectionError | HTTPError):
        return "no connection, or one that broke"
    return str(error)
