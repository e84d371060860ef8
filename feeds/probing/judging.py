"""What is wrong with a film, a picture or captions, by what was seen at their address; words for who edits the catalog.

That Dailymotion fetches without a login stands in its guide (https://developers.dailymotion.com/mcn); what else is held
against an answer is what any importer needs: a file of the right kind, whole, still there hours later.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from feeds.core.errors import Severity
from feeds.core.rules import Fault, Path
from feeds.probing.kinds import Kind
from feeds.probing.seen import Seen
from feeds.probing.signing import signed

THUMBNAIL_BYTES = 10 * 1024 * 1024
# An item waits for room in its feed, and for Dailymotion: an address must hold longer than that.
AHEAD = timedelta(days=7)


class Role(StrEnum):
    """What an address is for."""

    MEDIA = "media"
    THUMBNAIL = "thumbnail"
    CAPTIONS = "captions"


@dataclass(frozen=True, slots=True)
class Use:
    """One address in the catalog: what it is for, the path to it in its user's tree, and the `size:` beside it."""

    role: Role
    url: str
    path: Path
    size_bytes: int | None = None


_EXPECTED = {Role.MEDIA: Kind.FILM, Role.THUMBNAIL: Kind.PICTURE, Role.CAPTIONS: Kind.TEXT}
_TYPES = {Role.MEDIA: "video/...", Role.THUMBNAIL: "image/...", Role.CAPTIONS: "text/..."}
_FAMILIES = (("video/", Kind.FILM), ("image/", Kind.PICTURE), ("text/", Kind.TEXT))
_OTHERS = {
    "application/mxf": Kind.FILM,
    "application/ogg": Kind.FILM,
    "application/vnd.apple.mpegurl": Kind.PLAYLIST,
    "application/x-mpegurl": Kind.PLAYLIST,
    "application/dash+xml": Kind.PLAYLIST,
    "application/x-subrip": Kind.TEXT,
    "application/ttml+xml": Kind.TEXT,
    "application/xml": Kind.TEXT,
    "text/html": Kind.PAGE,
    "application/xhtml+xml": Kind.PAGE,
}
_UNSAID = {None, "application/octet-stream", "binary/octet-stream", "application/binary"}
_LOGIN = re.compile(r"log-?in|sign-?in|\bsso\b|\bauth|account|cas/|oauth|saml", re.IGNORECASE)


def faults_of_address(use: Use, at: datetime) -> Iterator[Fault]:
    """Yield what the address itself gives away, without asking anybody."""
    its = signed(use.url)
    if its is None:
        return
    remedy = "Give an address without a signature, or one that is signed for months: the import may start much later."
    if its.until is None:
        what = f'the address holds a signature ("{its.name}" in its query) that may expire before the import'
        yield _fault(use, "media-expires", what, remedy, "warning")
    elif its.until <= at + AHEAD:
        words = "expired on" if its.until <= at else "expires on"
        what = f'the address {words} {its.until:%Y-%m-%d %H:%M} UTC ("{its.name}" in its query)'
        yield _fault(use, "media-expires", what, remedy)


def faults_of_answer(use: Use, seen: Seen) -> Iterator[Fault]:
    """Yield what is wrong with what stands at the address."""
    if seen.trouble is not None:
        remedy = "Open it in a private window of a browser; mend the address, or the server."
        if seen.barred:
            remedy = "Name an address on the public internet: Dailymotion reaches no other."
        yield _fault(use, "media-unreachable", seen.trouble, remedy)
    elif seen.status not in (200, 206):
        yield _refused(use, seen.status)
    elif _declared(seen) is Kind.PAGE or seen.kind is Kind.PAGE:
        yield _page(use, seen)
    elif seen.size_bytes == 0 or seen.kind is Kind.NOTHING:
        yield _fault(use, "media-size", "the file is empty", "Upload it anew.")
    else:
        yield from _wrong_type(use, seen)
        yield from _wrong_size(use, seen)


def _refused(use: Use, status: int) -> Fault:
    if status in (401, 407):
        what = f"the server asks for a login (status {status})"
        return _fault(use, "media-login", what, "Let the file be fetched without one: Dailymotion has none.")
    if status == 403:
        what = "the server refuses it to strangers (status 403)"
        return _fault(use, "media-unreachable", what, "Let the file be fetched by everybody, from everywhere.")
    if status in (404, 410):
        what = f"nothing is there (status {status})"
        return _fault(use, "media-unreachable", what, "Upload the file, or mend the address.")
    if 300 <= status < 400:
        what = f"the server leads elsewhere without saying where (status {status})"
        return _fault(use, "media-unreachable", what, "Name the final address.")
    what = f"the server answers with status {status}, and 200 is expected"
    return _fault(use, "media-unreachable", what, "Mend the server, or try again later if it is busy.")


def _page(use: Use, seen: Seen) -> Fault:
    if seen.led_to and _LOGIN.search(seen.led_to):
        what = f"it leads to a page that asks for a login: {seen.led_to}"
        return _fault(use, "media-login", what, "Let the file be fetched without one: Dailymotion has none.")
    where = f" at {seen.led_to}" if seen.led_to else ""
    what = f"expected {_EXPECTED[use.role]}, found a web page{where}"
    remedy = "Give the address of the file itself; that of a player, or of a page to download from, is none."
    return _fault(use, "media-html", what, remedy)


def _wrong_type(use: Use, seen: Seen) -> Iterator[Fault]:
    expected, declared = _EXPECTED[use.role], _declared(seen)
    said = f'"{seen.type}"' if seen.type else "nothing of its type"
    remedy = f"Have the server send it with Content-Type: {_TYPES[use.role]}"
    if Kind.PLAYLIST in (declared, seen.kind) and use.role is not Role.CAPTIONS:
        what = f"expected {expected}, found a playlist"
        yield _fault(use, "media-type", what, "Give the address of one whole file, such as an MP4.")
    elif seen.type in _UNSAID:
        if seen.kind is expected:
            yield _fault(use, "media-type", f"the server says {said}, though it is {expected}", f"{remedy}.", "warning")
        else:
            what = f"expected {expected}, found {seen.kind}, of which the server says {said}"
            yield _fault(use, "media-type", what, "Look at what you have uploaded there.")
    elif declared is not expected:
        what = f'expected {expected} ({_TYPES[use.role]}), found "{seen.type}"'
        yield _fault(use, "media-type", what, f"Name another file; if it is the right one: {_lower(remedy)}.")
    elif seen.kind not in (expected, Kind.UNKNOWN):
        what = f"the server says {said}, but it begins like {seen.kind}"
        yield _fault(use, "media-type", what, "Look at what you have uploaded there.")


def _wrong_size(use: Use, seen: Seen) -> Iterator[Fault]:
    size = seen.size_bytes
    if size is None:
        return
    if use.role is Role.THUMBNAIL and size > THUMBNAIL_BYTES:
        what = f"the picture has {size:,} bytes, more than {THUMBNAIL_BYTES:,}"
        yield _fault(use, "media-size", what, "Save it smaller: 1920 by 1080 pixels as JPEG are enough.")
    if use.size_bytes is not None and use.size_bytes != size:
        what = f"the file has {size:,} bytes, and `size` says {use.size_bytes:,}"
        remedy = f"Write `size: {size}` if the file is the right one; else upload it anew, perhaps it was cut off."
        yield Fault((*use.path[:-1], "size"), "media-size", what, remedy)


def _declared(seen: Seen) -> Kind:
    if seen.type in _OTHERS:
        return _OTHERS[seen.type]
    return next((kind for start, kind in _FAMILIES if (seen.type or "").startswith(start)), Kind.UNKNOWN)


def _fault(use: Use, rule: str, what: str, remedy: str, severity: Severity = "error") -> Fault:
    return Fault(use.path, rule, what, remedy, severity)


def _lower(words: str) -> str:
    return words[0].lower() + words[1:]
