"""Any foreign source to its videos: which of the formats it is, its first character tells."""

from feeds.formats import foreign_table, foreign_xml
from feeds.formats.foreign import Foreign, ForeignFault

_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


def parse(content: bytes, *, url: str | None = None, charset: str | None = None) -> list[Foreign]:
    """Return the videos of a feed, a JSON or a CSV file, in its order. Raises ForeignFault."""
    head = content[:1000]
    for mark in _MARKS:
        head = head.removeprefix(mark)
    first = head.replace(b"\0", b"").lstrip()[:1]
    if not first:
        raise ForeignFault("The file is empty.")
    if first == b"<":
        return foreign_xml.parse(content, url=url, charset=charset)
    if first in (b"[", b"{"):
        return foreign_table.parse_json(content, charset=charset)
    return foreign_table.parse_csv(content, charset=charset)
