"""HTML from a foreign feed to plain text, which is all that a catalog holds."""

import re
from html.parser import HTMLParser

# What stands behind is cut: a description holds 5,000 characters, and its markup rarely three times as much.
CHARACTERS = 30_000

_BREAKS = frozenset(
    "p div br li ul ol tr table h1 h2 h3 h4 h5 h6 blockquote section article hr dd dt pre figure".split()
)
_SILENT = frozenset({"script", "style", "head", "template", "iframe", "object", "svg"})
# An element that feeds use, whole: "<3" and "a < b > c" are no markup.
_TAG = re.compile(
    r"</?(?:p|div|br|li|ul|ol|h[1-6]|a|b|i|u|s|em|strong|span|img|blockquote|table|tr|td|font|small|sup|sub|hr|code"
    r"|script|style|iframe|figure|pre)(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        if tag in _SILENT:
            self._silent += 1
        self._break(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        self._break(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT and self._silent:
            self._silent -= 1
        self._break(tag)

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.parts.append(re.sub(r"\s+", " ", data))

    def _break(self, tag: str) -> None:
        if tag in _BREAKS:
            self.parts.append("\n\n" if tag == "p" else "\n")


def has_markup(text: str) -> bool:
    """Return whether a text that nobody calls HTML holds an element of HTML all the same."""
    return _TAG.search(text) is not None


def text_of(html: str) -> str:
    """Return what people read of the HTML: its entities decoded, a line for each block, no script."""
    parser = _Text()
    parser.feed(html[:CHARACTERS])
    parser.close()
    return lines_of("".join(parser.parts))


def lines_of(text: str) -> str:
    """Return a text of many lines without blanks around them, and with one empty line between two at most."""
    lines = (line.replace("\t", " ").strip() for line in re.split(r"\r\n|\r|\n", text))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def line_of(text: str) -> str:
    """Return a text as one line."""
    return " ".join(text.split())
