"""The plain part of YAML that nearly every catalog keeps to, read several times as fast as libyaml's events allow.

Plain is: one `key: value` a line, and lists of such mappings or of single texts. There each line means the same to
every reader of YAML, whatever stands around it (https://yaml.org/spec/1.1/, chapters 8 and 9). Of the values, unquoted
text, quoted text without escapes and `[one, two]` are read here; other pieces that stand for themselves (brackets,
braces and quotes that close in their line, and blocks after | or >) go to libyaml, piece by piece. `parse` takes only
what it is sure of and raises NotPlain for all else (text that goes on without a mark, anchors, tabs, whatever is
wrong), which the strict reader then reads from the start. What it does take it must read exactly as the strict reader
does: tests compare the two over random and over mutated catalogs.
"""

import re
from collections.abc import Callable
from typing import Any

# Our deepest catalog nests 8 levels; what is deeper is for the strict reader to judge, whose limit is higher.
DEPTH = 12


class NotPlain(Exception):
    """The text may be a catalog, but not one that can be read line by line."""


# What some YAML reader breaks lines at, refuses, or takes for more than a character; tabs, because they only confuse.
_ODD = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
# A line: its indentation, a dash, a key, then a value that is surely all plain text, or any other value.
_LINE = re.compile(
    r"( *)(- +)?(?:([A-Za-z_][A-Za-z0-9_-]{0,63}):(?: +|$))?"
    r"(?:([^\W_][^:#]*(?::[^\s:#][^:#]*)*(?<! )$)|(.*))"
)
_QUOTED = re.compile(r""""([^"\\]*)"|'([^']*)'""")
_HEADER = re.compile(r"[|>][-+]?(?: +#.*)? *")
_WORD = r"[^\W_][^\[\]{},:#\"'&*!|>%@`?]*"
_WORDS = re.compile(rf"\[ *({_WORD}(?:, *{_WORD})*)\] *")
# Characters that begin plain text beside letters and digits; YAML's indicators are not among them.
_BEGINS = frozenset("/.($+_")


def parse(text: bytes, piece: Callable[[str], Any]) -> dict[str, Any]:
    """Build the tree of a plain document. `piece` reads a part that stands for itself. Raises NotPlain."""
    try:
        decoded = text.decode()
    except UnicodeDecodeError as error:
        raise NotPlain from error
    if _ODD.search(decoded):
        raise NotPlain
    return _read(decoded.split("\n"), piece)


def _read(lines: list[str], piece: Callable[[str], Any]) -> dict[str, Any]:
    # One long loop on purpose: it runs for every line of every catalog, and a call costs as much as the work.
    root: dict[str, Any] = {}
    indent = 0
    container: Any = root  # the innermost open mapping or list, and its column
    outer: list[tuple[int, Any]] = []  # those around it
    waiting: str | None = None  # the last key, if nothing stands behind it: its value may follow
    empty: set[tuple[int, str]] = set()  # keys with nothing at all, by their mapping
    match = _LINE.match
    position, count = 0, len(lines)
    while position < count:
        line = lines[position]
        position += 1
        spaces, dash, key, surely, value = match(line).groups()  # type: ignore[union-attr]  # it matches any line
        if not key and not dash and not surely and (not value or value[0] == "#"):
            continue
        column = len(spaces)
        if waiting is not None:
            if column > indent or (dash and column == indent):
                child: Any = [] if dash else {}
                container[waiting] = child
                outer.append((indent, container))
                indent, container = column, child
                if len(outer) > DEPTH:
                    raise NotPlain
            else:
                empty.add((id(container), waiting))
            waiting = None
        while column < indent or (column == indent and not dash and container.__class__ is list):
            if not outer:
                raise NotPlain
            indent, container = outer.pop()
        if column != indent or (container.__class__ is list) != (dash is not None):
            raise NotPlain  # text that goes on, or a mistake
        if dash:
            if not key:
                container.append(surely or _scalar(value, piece))
                continue
            entry: dict[str, Any] = {}
            container.append(entry)
            outer.append((indent, container))
            indent, container = column + len(dash), entry
        elif not key:
            raise NotPlain
        if key in container or (empty and (id(container), key) in empty):
            raise NotPlain  # written twice
        if surely:
            container[key] = surely
        elif not value or value[0] == "#":
            waiting = key
        elif value[0] in "|>":
            end = _end_of_block(lines, position, indent)
            container[key] = _block(value, lines[position:end], end < count, piece)
            position = end
        else:
            container[key] = _scalar(value, piece)
    if not root:
        raise NotPlain
    return root


def _scalar(value: str, piece: Callable[[str], Any]) -> Any:
    first = value[0] if value else "#"
    if first.isalnum() or first in _BEGINS or (first == "-" and value[1:2].isalnum()):
        if " #" in value:
            value = value.partition(" #")[0]
        if value[-1] == " ":
            value = value.rstrip(" ")
        if ": " in value or value[-1] == ":":
            raise NotPlain
        return value
    if first == "[":
        if found := _WORDS.fullmatch(value):
            return [word.strip(" ") for word in found[1].split(",")]
        return piece(value)
    if first == "{":
        return piece(value)
    if (quoted := _QUOTED.fullmatch(value)) is not None:
        return quoted[1] if quoted[1] is not None else quoted[2]
    if first in "\"'":
        return piece(value)
    raise NotPlain


def _end_of_block(lines: list[str], position: int, indent: int) -> int:
    """Return where the block that begins here ends: at the first line that is neither blank nor indented more."""
    while position < len(lines):
        line = lines[position]
        if line.strip(" ") and len(line) - len(line.lstrip(" ")) <= indent:
            break
        position += 1
    return position


def _block(header: str, lines: list[str], more: bool, piece: Callable[[str], Any]) -> Any:
    """Read a block of text by itself. How deep it is indented is its own first line's matter, not its key's."""
    if not _HEADER.fullmatch(header):
        raise NotPlain
    text = "\n".join([f"text: {header}", *lines]) + ("\n" if more else "")
    return piece(text)["text"]
