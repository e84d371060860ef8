"""YAML as people type it: every scalar is text, and nothing stands for something else.

YAML 1.1 (https://yaml.org/spec/1.1/) turns `0123` into 83, `no` into False and `12:30` into 750, hides a key that
is written twice, and lets aliases and merge keys multiply. So we take libyaml's *events* alone and build the tree
ourselves: mappings, lists and text. A key with nothing behind it counts as absent. Aliases, anchors, tags, merge
keys, keys that are no text and keys written twice are faults; each is found with its line and column.

`parse` is the fast way and knows no positions. Where it meets anything that it doesn't take, `examine` reads the
same text again, with positions, and lists every fault.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from yaml import YAMLError
from yaml._yaml import CParser
from yaml.error import MarkedYAMLError
from yaml.events import (
    AliasEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)
from yaml.reader import ReaderError

Path = tuple[str | int, ...]
Tree = dict[str, Any] | list[Any] | str | None

# Our deepest catalog nests 8 levels; what nests deeper is not one, and must not exhaust the stack.
DEPTH = 20


class Refused(Exception):
    """The text holds something that a catalog must not hold; `examine` says what and where."""


@dataclass(frozen=True, slots=True)
class TextFault:
    """One thing that a catalog must not hold; line and column count from 1."""

    rule: str
    line: int
    column: int
    path: Path
    what: str
    remedy: str


@dataclass(slots=True)
class Examined:
    """A tree as far as it could be built, where each of its parts stands, and every fault of the text.

    `keys` has the place of a mapping's key, `values` that of a value or a list's element.
    """

    tree: Tree = None
    keys: dict[Path, tuple[int, int]] = field(default_factory=dict)
    values: dict[Path, tuple[int, int]] = field(default_factory=dict)
    faults: list[TextFault] = field(default_factory=list)
    spans: dict[Path, tuple[int, int, int]] = field(default_factory=dict)


def parse(text: bytes) -> Tree:
    """Build the tree of one document. Raises Refused where `examine` has a fault to tell."""
    try:
        following = CParser(text).get_event
        following()  # the stream's start
        following()  # the document's start, or the stream's end
        first = following()
        if first is None:
            raise Refused
        tree = _build(first, following)
        following()  # the document's end
        if following().__class__ is not StreamEndEvent:
            raise Refused
    except (YAMLError, RecursionError, ValueError, AttributeError) as error:
        raise Refused from error
    return tree


def _build(event: Any, following: Any) -> Tree:
    # This loop is where a large build spends its time: class identity instead of isinstance, no calls it can spare.
    kind = event.__class__
    if kind is ScalarEvent:
        if event.anchor or event.tag:
            raise Refused
        return event.value or (event.value if event.style else None)
    if event.anchor or kind is AliasEvent or event.tag:
        raise Refused
    if kind is MappingStartEvent:
        mapping: dict[str, Any] = {}
        empty: tuple[str, ...] = ()
        while (event := following()).__class__ is not MappingEndEvent:
            if event.__class__ is not ScalarEvent or event.anchor or event.tag:
                raise Refused
            key = event.value
            if key in mapping or key == "<<" or key in empty:
                raise Refused
            event = following()
            if event.__class__ is ScalarEvent and not event.anchor and not event.tag:
                value: Tree = event.value or (event.value if event.style else None)
            else:
                value = _build(event, following)
            if value is None:
                empty += (key,)
            else:
                mapping[key] = value
        return mapping
    elements = []
    while (event := following()).__class__ is not SequenceEndEvent:
        elements.append(_build(event, following))
    return elements


def examine(text: bytes) -> Examined:
    """Read the text slowly: the tree as far as it goes, the place of everything in it, and every fault."""
    examined = Examined()
    try:
        events = _Events(text)
        _skip_to_document(events)
        if isinstance(events.ahead, StreamEndEvent):
            examined.faults.append(TextFault("empty-file", 1, 1, (), "the file is empty", "Write its first key."))
            return examined
        examined.tree = _examine(events, (), examined)
        events.next()
        if not isinstance(events.ahead, StreamEndEvent):
            _note(examined, events.ahead, (), "yaml", "a second document begins here", "Keep one document in a file.")
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = " ".join(part for part in (error.problem, error.context) if part) or "this is not YAML"
        examined.faults.append(_syntax(mark, what))
    except ReaderError as error:
        examined.faults.append(_unreadable(text, error))
    except _TooDeepError as error:
        _note(
            examined, error.event, error.path, "yaml", f"more than {DEPTH} levels", "Indent less; see README's catalog."
        )
    return examined


class _TooDeepError(Exception):
    def __init__(self, event: Event, path: Path) -> None:
        super().__init__()
        self.event, self.path = event, path


class _Events:
    """The parser's events with one ahead."""

    def __init__(self, text: bytes) -> None:
        self._parser = CParser(text)
        self.ahead: Any = self._parser.get_event()

    def next(self) -> Any:
        event = self.ahead
        self.ahead = self._parser.get_event()
        return event


def _skip_to_document(events: _Events) -> None:
    events.next()
    if not isinstance(events.ahead, StreamEndEvent):
        events.next()


def _examine(events: _Events, path: Path, into: Examined) -> Tree:
    event = events.next()
    into.values[path] = _place(event)
    if isinstance(event, AliasEvent):
        _note(into, event, path, "yaml-alias", f"*{event.anchor} stands for something else", "Write the thing itself.")
        return None
    if event.anchor:
        _note(
            into, event, path, "yaml-anchor", f"&{event.anchor} names this for later use", f"Take &{event.anchor} out."
        )
    if getattr(event, "tag", None):
        _note(
            into,
            event,
            path,
            "yaml-tag",
            f"the tag {event.tag} changes how this is read",
            "Take it out: text stays text.",
        )
    if isinstance(event, ScalarEvent):
        return event.value or (event.value if event.style else None)
    if len(path) >= DEPTH:
        raise _TooDeepError(event, path)
    if isinstance(event, SequenceStartEvent):
        elements: list[Any] = []
        while not isinstance(events.ahead, SequenceEndEvent):
            elements.append(_examine(events, (*path, len(elements)), into))
        events.next()
        return elements
    mapping: dict[str, Any] = {}
    seen: dict[str, int] = {}
    while not isinstance(events.ahead, MappingEndEvent):
        _examine_pair(events, path, into, mapping, seen)
    end = events.next()
    into.spans[path] = (event.start_mark.index, end.start_mark.index, event.start_mark.column)
    return mapping


def _examine_pair(events: _Events, path: Path, into: Examined, mapping: dict[str, Any], seen: dict[str, int]) -> None:
    key_event = events.ahead
    line, column = _place(key_event)
    key = _examine(events, (*path, "?"), into)
    if not isinstance(key, str):
        if not isinstance(key_event, AliasEvent):
            _note(into, key_event, path, "yaml-key", "a key is a plain word", "Write `key: value`.")
        _examine(events, (*path, "?"), into)
        return
    if key == "<<":
        _note(
            into, key_event, path, "yaml-merge", "<< merges another mapping into this one", "Write the keys themselves."
        )
    twice = key in seen
    if twice:
        what = f'"{key}" is written twice: first in line {seen[key]}'
        _note(into, key_event, (*path, key), "key-duplicate", what, "Keep one of the two.")
    seen.setdefault(key, line)
    # A second value is looked through for faults of its own, but the first one counts.
    place = (*path, key) if not twice else (*path, f"{key} (again)")
    into.keys[place] = (line, column)
    value = _examine(events, place, into)
    if value is not None and not twice and key != "<<":
        mapping[key] = value


def _place(event: Any) -> tuple[int, int]:
    return event.start_mark.line + 1, event.start_mark.column + 1


def _note(into: Examined, event: Event, path: Path, rule: str, what: str, remedy: str) -> None:
    line, column = _place(event)
    into.faults.append(TextFault(rule, line, column, path, what, remedy))


def _syntax(mark: Any, what: str) -> TextFault:
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    remedy = "Look at this line and the one above: indentation by blanks, a blank behind each colon, quotes closed."
    if "tab" in what or "cannot start any token" in what:
        remedy = "Indent with blanks, not with tabs, and put text that begins with @, ` or % in quotes."
    if "mapping values are not allowed" in what:
        remedy = 'Text with a colon and a blank in it goes in quotes: title: "Part 1: the sea".'
    return TextFault("yaml", line, column, (), what, remedy)


def _unreadable(text: bytes, error: ReaderError) -> TextFault:
    position = error.position if isinstance(error.position, int) else 0
    before = text[:position]
    line = before.count(b"\n") + 1
    column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8", "replace")) + 1
    if "control characters" in str(error.reason):
        code = error.character if isinstance(error.character, int) else ord(error.character)
        what = f"U+{code:04X} is a character that no feed may hold"
        return TextFault("character", line, column, (), what, "Delete it; it is invisible in most editors.")
    return TextFault("encoding", line, column, (), "this is not UTF-8", "Save the file as UTF-8.")


def texts(tree: Tree, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Yield each text of a tree with its path; a mapping's keys are not among them."""
    if isinstance(tree, str):
        yield path, tree
    elif isinstance(tree, dict):
        for key, value in tree.items():
            yield from texts(value, (*path, key))
    elif isinstance(tree, list):
        for number, value in enumerate(tree):
            yield from texts(value, (*path, number))
