"""The characters that no XML 1.0 document can hold, not even escaped: https://www.w3.org/TR/xml/#charsets ."""

import re

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def forbidden_character(text: str) -> tuple[int, str] | None:
    """Return the first character that XML forbids with its position (from 0), or None; one makes a feed unreadable."""
    found = _FORBIDDEN.search(text)
    return (found.start(), found[0]) if found else None
