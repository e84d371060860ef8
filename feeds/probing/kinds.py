"""What a file is, by its first bytes: servers say "octet-stream" of films, and "200" with a page that says "not found".

https://mimesniff.spec.whatwg.org/ knows pages, pictures and some films; the rest are the marks of the formats in
feeds/core/defaults.MEDIA_TYPES.
"""

from enum import StrEnum


class Kind(StrEnum):
    """What the first bytes look like."""

    FILM = "a film"
    PICTURE = "a picture"
    TEXT = "text"
    PAGE = "a web page"
    PLAYLIST = "a playlist"
    NOTHING = "nothing"
    UNKNOWN = "something else"


# https://www.garykessler.net/library/file_sigs.html
_FILMS = (
    b"\x1a\x45\xdf\xa3", b"FLV\x01", b"OggS", b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", b"\x00\x00\x01\xba",
    b"\x00\x00\x01\xb3", b"\x06\x0e\x2b\x34",
)  # fmt: skip
_BOXES = frozenset({b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"})
_PICTURE_BRANDS = frozenset({b"avif", b"avis", b"heic", b"heix", b"mif1"})
_PICTURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a", b"II*\x00", b"MM\x00*")
_PAGES = (b"<!doctype html", b"<html", b"<head", b"<body", b"<script", b"<title")


def kind_of(start: bytes) -> Kind:
    """Return what a file looks like that begins so."""
    if not start:
        return Kind.NOTHING
    if start[4:8] == b"ftyp" and start[8:12] in _PICTURE_BRANDS:
        return Kind.PICTURE
    if start.startswith(_FILMS) or start[4:8] in _BOXES or _is_transport_stream(start):
        return Kind.FILM
    if start.startswith(_PICTURES):
        return Kind.PICTURE
    if start.startswith(b"RIFF"):
        return {b"WEBP": Kind.PICTURE, b"AVI ": Kind.FILM}.get(start[8:12], Kind.UNKNOWN)
    return _of_text(start.removeprefix(b"\xef\xbb\xbf").lstrip().lower(), start)


def _is_transport_stream(start: bytes) -> bool:
    return any(start[at : at + 1] == start[at + step : at + step + 1] == b"G" for at, step in ((0, 188), (4, 192)))


def _of_text(words: bytes, start: bytes) -> Kind:
    if words.startswith(_PAGES):
        return Kind.PAGE
    if words.startswith(b"#extm3u") or b"<mpd" in words[:400]:
        return Kind.PLAYLIST
    if b"<svg" in words[:400]:
        return Kind.PICTURE
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):  # UTF-16, as some subtitle editors write it
        return Kind.TEXT
    control = sum(byte < 32 and byte not in b"\t\n\r\f" for byte in start)
    return Kind.UNKNOWN if control else Kind.TEXT
