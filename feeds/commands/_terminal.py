"""Text from elsewhere, on a terminal."""


def printable(text: str) -> str:
    """Return the text with what a terminal would obey, rather than show, written out as escapes."""
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)
