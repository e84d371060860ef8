"""New videos into a text that people wrote: appended to `videos:` as text, and every other byte stays as it is.

libyaml's events tell where things stand, and nothing is ever written from a tree. What was written is read back: the
tree must be the old one with the new videos at its end, or nothing is done.
"""

import codecs
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from yaml import YAMLError
from yaml._yaml import CParser
from yaml.events import (
    CollectionStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from feeds.core.errors import FeedsError
from feeds.formats import strict_yaml
from feeds.importing import video_yaml

_ENDS = (MappingEndEvent, SequenceEndEvent)
_BREAK = re.compile(r"\r\n|\r|\n")
Video = Mapping[str, Any]


class NotAppendable(FeedsError):
    """The text is written in a way that videos can't be appended to; the sentence says how to change it."""


@dataclass(slots=True)
class _Part:
    """A part of the text: `begin` and `end` count characters; `end` is that of the last thing in it that is no comment.

    `children` are the elements of a list, or keys and values in turn.
    """

    event: Any
    begin: int
    end: int
    children: "list[_Part]"

    def is_flow(self) -> bool:
        return isinstance(self.event, CollectionStartEvent) and bool(self.event.flow_style)

    def is_list(self) -> bool:
        return isinstance(self.event, SequenceStartEvent)

    def get(self, key: str) -> "tuple[_Part, _Part] | None":
        """Return the key and its value, in a mapping."""
        pairs = zip(self.children[::2], self.children[1::2], strict=True)
        return next((pair for pair in pairs if getattr(pair[0].event, "value", None) == key), None)


def append(text: bytes, videos: Sequence[Video], *, path: Sequence[str | int] = ()) -> bytes:
    """Return the text with the videos at the end of those of the user at `path`. Raises NotAppendable.

    The text must be one that the strict reader takes.
    """
    if not videos:
        return text
    mark = codecs.BOM_UTF8 if text.startswith(codecs.BOM_UTF8) else b""
    whole = text[len(mark) :].decode()
    user = _root(text)
    for part in path:
        found = user.children[part] if isinstance(part, int) else (user.get(part) or (user, user))[1]
        user = found
    if not isinstance(user.event, MappingStartEvent):
        raise NotAppendable("The user is no list of keys.")
    for spaced in (True, False):  # an empty line behind a block that keeps its line breaks would be one of them
        begin, end, added = _edit(whole, user, videos, spaced=spaced)
        new = mark + (whole[:begin] + added + whole[end:]).encode()
        if _says_the_same(text, new, videos, path):
            return new
    raise NotAppendable(
        "Videos can't be appended here without changing what stands there: write each video on lines of its own, and"
        " end the file with a line break."
    )


def _root(text: bytes) -> _Part:
    try:
        parser = CParser(text)
        parser.get_event()
        parser.get_event()
        return _part(parser)
    except YAMLError as error:
        raise NotAppendable("The text is no YAML.") from error


def _part(parser: Any) -> _Part:
    event = parser.get_event()
    part = _Part(event, event.start_mark.index, event.end_mark.index, [])
    if isinstance(event, CollectionStartEvent):
        while not parser.check_event(*_ENDS):
            part.children.append(_part(parser))
        closing = parser.get_event()
        part.end = closing.end_mark.index if part.is_flow() else part.children[-1].end if part.children else part.end
    return part


def _edit(text: str, user: _Part, videos: Sequence[Video], *, spaced: bool) -> tuple[int, int, str]:
    """Return which characters to replace, and by what; `spaced` lets an empty line part videos as it does there."""
    pair = user.get("videos")
    if pair is None:
        if user.is_flow():
            raise NotAppendable("The user is written in braces, without videos: write `videos: []` into it first.")
        column = _column(text, user.begin)
        at = _after(text, user.end, column + 1)
        head = " " * column + "videos:"
        return at, at, _lines(text, at, [head, *_blocks(videos, column + 2)])
    key, value = pair
    if isinstance(value.event, ScalarEvent) and not value.event.value and not value.event.style and not user.is_flow():
        column = _column(text, key.begin)
        at = _after(text, value.end, column + 1)
        return at, at, _lines(text, at, _blocks(videos, column + 2))
    if not value.is_list():
        raise NotAppendable("`videos` is no list: mend it first; feeds check says how.")
    if not value.is_flow():
        return _into_block(text, value, videos, spaced=spaced)
    if not value.children and not user.is_flow():
        return _for_brackets(text, key, value, videos)
    return _into_flow(text, value, videos)


def _into_block(text: str, value: _Part, videos: Sequence[Video], *, spaced: bool) -> tuple[int, int, str]:
    last = value.children[-1]
    indent = _column(text, value.begin)  # of the first dash, and so of all
    dash = _line_begin(text, last.begin) + indent
    offset = last.begin - dash
    if "\t" in text[dash : last.begin] or not 2 <= offset <= 10 or "#" in text[dash : last.begin]:
        offset = 2
    at = _after(text, last.end, indent + 1)
    before = value.children[-2].end if len(value.children) > 1 else None
    apart = spaced and before is not None and re.search(r"\n[ \t\r]*\n", text[before : last.begin]) is not None
    return at, at, _lines(text, at, _blocks(videos, indent, offset, apart=apart), apart=apart)


def _for_brackets(text: str, key: _Part, value: _Part, videos: Sequence[Video]) -> tuple[int, int, str]:
    """Put a list of lines in the place of `[]`; a comment behind it stays behind the key."""
    inside = text[value.begin + 1 : value.end - 1]
    if inside.strip():
        return _into_flow(text, value, videos)
    column = _column(text, key.begin)
    line = _line_end(text, value.end)
    rest = text[value.end : line]
    newline = _newline(text)
    lines = newline.join(_blocks(videos, column + 2))
    begin = value.begin
    while text[begin - 1] == " ":
        begin -= 1
    return begin, line, rest.rstrip() + newline + lines


def _into_flow(text: str, value: _Part, videos: Sequence[Video]) -> tuple[int, int, str]:
    new = [video_yaml.render_flow(video) for video in videos]
    if not value.children:
        return value.begin + 1, value.begin + 1, ", ".join(new)
    last = value.children[-1]
    lead = text[_line_begin(text, last.begin) : last.begin]
    between = ", " if lead.strip() else f",{_newline(text)}{lead}"
    return last.end, last.end, "".join(between + each for each in new)


def _blocks(videos: Sequence[Video], indent: int, offset: int = 2, *, apart: bool = False) -> list[str]:
    lines: list[str] = []
    for video in videos:
        lines += [""] * (apart and bool(lines)) + video_yaml.render(video, indent=indent, offset=offset)
    return lines


def _lines(text: str, at: int, lines: list[str], *, apart: bool = False) -> str:
    """Return lines to insert at a line's beginning, or at the end of a text whose last line has no break."""
    newline = _newline(text)
    begins = at == 0 or text[at - 1] in "\r\n"
    lead = newline * (not begins)
    blank = newline * (apart and not _ends_blank(text, at))
    return lead + blank + newline.join(lines) + newline * begins


def _ends_blank(text: str, at: int) -> bool:
    """Return whether the last whole line before `at` has nothing in it."""
    end = at - (2 if text[at - 2 : at] == "\r\n" else 1)
    return end >= 0 and text[at - 1] in "\r\n" and not text[_line_begin(text, end) : end].strip()


def _after(text: str, end: int, least: int) -> int:
    """Return where to go on behind what ends there: past its line, and the comments right below that belong to it.

    Those are indented by `least` at least; an empty line parts them from what follows.
    """
    begin = _line_begin(text, end)
    at = begin if begin and not text[begin:end].strip() else _next_line(text, end)
    while at < len(text):
        line = text[at : _line_end(text, at)]
        indent = len(line) - len(line.lstrip(" "))
        if not line.lstrip(" ").startswith("#") or indent < least:
            break
        at = _next_line(text, at)
    return at


def _line_begin(text: str, at: int) -> int:
    return max(text.rfind("\n", 0, at), text.rfind("\r", 0, at)) + 1


def _line_end(text: str, at: int) -> int:
    found = _BREAK.search(text, at)
    return found.start() if found else len(text)


def _next_line(text: str, at: int) -> int:
    found = _BREAK.search(text, at)
    return found.end() if found else len(text)


def _column(text: str, at: int) -> int:
    return at - _line_begin(text, at)


def _newline(text: str) -> str:
    found = _BREAK.search(text)
    return found[0] if found else "\n"


def _says_the_same(old: bytes, new: bytes, videos: Sequence[Video], path: Sequence[str | int]) -> bool:
    """Return whether the new text says what the old one said, and the videos, to the strict reader."""
    try:
        before, after = strict_yaml.parse_events(old), strict_yaml.parse(new)
    except strict_yaml.Refused:
        return False
    user: Any = before
    for part in path:
        user = user[part]
    user["videos"] = [*(user.get("videos") or ()), *({**video} for video in videos)]
    return before == after
