"""Take an answer in: its first bytes, and what its headers say of the whole. Nothing in them is trusted to be short."""

import http.client
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from feeds.probing.kinds import Kind, kind_of
from feeds.probing.seen import Seen

FIRST_BYTES = 4096
_TOTAL = re.compile(r"bytes (?:[0-9]+-[0-9]+|\*)/([0-9]{1,15})")
_NUMBER = re.compile(r"[0-9]{1,15}")
_LONGEST = 200  # characters of a header that are kept


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: the address that gave it, its headers with names in small letters, and its first bytes."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes


def spoken(
    connection: http.client.HTTPConnection, url: str, method: str, headers: Mapping[str, str]
) -> tuple[Reply, bool]:
    """Return an answer with its first bytes, and whether that was all of it, so that the connection can be used on."""
    split = urlsplit(url)
    path = (split.path or "/") + (f"?{split.query}" if split.query else "")
    ours = {"User-Agent": "feeds", "Accept-Encoding": "identity", "Accept": "*/*"}
    connection.request(method, path, headers={**ours, **headers})
    response = connection.getresponse()
    names = {name.lower(): value for name, value in response.getheaders()}
    body = bytearray()
    while len(body) < FIRST_BYTES and (chunk := response.read1(FIRST_BYTES - len(body))):
        body += chunk
    whole = response.isclosed() or response.length == 0
    if len(body) < FIRST_BYTES and response.length:
        raise http.client.IncompleteRead(bytes(body), response.length)
    reply = Reply(url, response.status, names, bytes(body))
    kept = whole and names.get("connection", "").lower() != "close" and response.version >= 11
    response.close()
    return reply, kept


def seen_of(url: str, head: Reply | None, reply: Reply) -> Seen:
    """Return the facts of an answer to GET; HEAD's may say how long the file is where that does not."""
    headers = reply.headers
    encoded = headers.get("content-encoding", "identity").lower() != "identity"
    size = None if encoded else _size(reply) if reply.status in (200, 206, 416) else None
    if size is None and head is not None and head.status == 200 and not encoded:
        size = _number(head.headers.get("content-length"))
    status = 200 if reply.status == 416 and size == 0 else reply.status
    kind = Kind.UNKNOWN if encoded else Kind.NOTHING if size == 0 else kind_of(reply.body)
    mime = headers.get("content-type", "").partition(";")[0].strip().lower()[:_LONGEST] or None
    split = urlsplit(reply.url)
    led_to = f"{split.netloc}{split.path}"[:_LONGEST] if reply.url != url else None
    return Seen(None, status, mime, size, kind, led_to, mark_of(headers))


def _size(reply: Reply) -> int | None:
    if reply.status in (206, 416):
        found = _TOTAL.fullmatch(reply.headers.get("content-range", ""))
        return int(found[1]) if found else None
    return _number(reply.headers.get("content-length"))


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and _NUMBER.fullmatch(text) else None


def mark_of(headers: Mapping[str, str]) -> str | None:
    """Return by what a file is known again: its ETag, or the time of its last change."""
    mark = headers.get("etag") or headers.get("last-modified") or ""
    return mark if 0 < len(mark) <= _LONGEST else None
