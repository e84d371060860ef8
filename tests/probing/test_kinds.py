"""What a file is, is told by its first bytes alone."""

import pytest

from feeds.probing.kinds import Kind, kind_of


@pytest.mark.parametrize(
    ("start", "kind"),
    [
        (b"", Kind.NOTHING),
        (b"\0\0\0\x20ftypisom", Kind.FILM),
        (b"\0\0\0\x08wide\0\0\0\0mdat", Kind.FILM),
        (b"\x1a\x45\xdf\xa3", Kind.FILM),
        (b"RIFF\0\0\0\0AVI LIST", Kind.FILM),
        (b"G" + b"\0" * 187 + b"G", Kind.FILM),
        (b"\0\0\0\0G" + b"\0" * 191 + b"G", Kind.FILM),
        (b"\x06\x0e\x2b\x34\x02", Kind.FILM),
        (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", Kind.FILM),
        (b"\0\0\0\x1cftypavif", Kind.PICTURE),
        (b"\x89PNG\r\n\x1a\n\0", Kind.PICTURE),
        (b"RIFF\0\0\0\0WEBPVP8 ", Kind.PICTURE),
        (b"RIFF\0\0\0\0WAVEfmt ", Kind.UNKNOWN),
        (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg">', Kind.PICTURE),
        (b"\xef\xbb\xbf\r\n <!doctype HTML>", Kind.PAGE),
        (b"<html lang=en>", Kind.PAGE),
        (b"#EXTM3U\n#EXT-X-VERSION:3", Kind.PLAYLIST),
        (b'<?xml version="1.0"?><MPD>', Kind.PLAYLIST),
        (b"WEBVTT\n\n", Kind.TEXT),
        ("1\r\n00:00:01,000 --> 00:00:02,000\r\nGr\xfc\xdfe".encode("latin-1"), Kind.TEXT),
        ("\ufeff1\n".encode("utf-16-le"), Kind.TEXT),
        (b"GG", Kind.TEXT),
        (b"ID3\x04\0\0", Kind.UNKNOWN),
    ],
)
def test_the_beginning_tells_the_kind(start, kind):
    assert kind_of(start) is kind
