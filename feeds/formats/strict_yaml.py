"""YAML as people type it: every scalar is text, and nothing stands for something else.

YAML 1.1 (https://yaml.org/spec/1.1/) turns `0123` into 83, `no` into False and `12:30` into 750, hides a key that
is written twice, and lets aliases and merge keys multiply. So we take libyaml's *events* alone and build the tree
ourselves: mappings, lists and text. A key with nothing behind it counts as absent. Aliases, anchors, tags, merge
keys, keys that are no text and keys written twice are faults; each is found with its line and column.

`parse` is the fast way and knows no positions. Where it meets anything that it doesn't take, `examine` reads the
same text again, with positions, and lists every fault.
"""

from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from yaml import YAMLError
from yaml._yaml import CParser
from yaml.error import MarkedYAMLError
from yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)
from yaml.reader import ReaderError

from feeds.formats import plain_yaml
from feeds.formats.yaml_faults import DEPTH, Path, TextFault, encoding_fault, syntax_fault, unreadable_fault

Tree = dict[str, Any] | list[Any] | str | None

# The byte order marks of UTF-16, which libyaml would read, and other tools that look into the bytes would not.
_UTF_16 = (BOM_UTF16_LE, BOM_UTF16_BE)


class Refused(Exception):
    """The text holds something that a catalog must not hold; `examine` says what and where."""


@dataclass(slots=True)
class Examined:
    """A tree as far as it could be built, where each of its parts stands, and every fault of the text.

    `keys` has the place of a mapping's key, `values` that of a value or a list's element.
    """

    tree: Tree = None
    keys: dict[Path, tuple[int, int]] = field(default_factory=dict)
    values: dict[Path, tuple[int, int]] = field(default_factory=dict)
    faults: list[TextFault] = field(default_factory=list)


def parse(text: bytes) -> Tree:
    """Build the tree of one document. Raises Refused where `examine` has a fault to tell."""
    try:
        return plain_yaml.parse(text, _piece)
    except plain_yaml.NotPlain:
        return parse_events(text)


@lru_cache(maxsize=4096)
def _piece(text: str) -> Tree:
    """Read a part of a document that stands for itself; many videos share the same rights and tags."""
    try:
        tree = parse_events(text.encode())
    except Refused as error:
        raise plain_yaml.NotPlain from error
    if text[0] in "'\"" and not isinstance(tree, str):  # 'a': b, which stands for itself, and not behind a key
        raise plain_yaml.NotPlain
    return tree


def parse_events(text: bytes) -> Tree:
    """Build the tree of one document from libyaml's events, whatever its style. Raises Refused."""
    if text.startswith(_UTF_16):
        raise Refused
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


def _build(event: Any, following: Any, depth: int = 0) -> Tree:
    # This loop is where a large build spends its time: class identity instead of isinstance, no calls it can spare.
    kind = event.__class__
    if kind is ScalarEvent:
        if event.anchor or event.tag:
            raise Refused
        return event.value or (event.value if event.style else None)
    if event.anchor or kind is AliasEvent or event.tag or depth >= DEPTH:
        raise Refused
    if kind is MappingStartEvent:
        mapping: dict[str, Any] = {}
        empty: set[str] = set()
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
                value = _build(event, following, depth + 1)
            if value is None:
                empty.add(key)
            else:
                mapping[key] = value
        return mapping
    elements = []
    while (event := following()).__class__ is not SequenceEndEvent:
        elements.append(_build(event, following, depth + 1))
    return elements


def examine(text: bytes) -> Examined:
    """Read the text slowly: the tree as far as it goes, the place of everything in it, and every fault."""
    examined = Examined()
    if text.startswith(_UTF_16):
        examined.faults.append(encoding_fault(1, 1, "UTF-16"))
        return examined
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
        if "nesting depth" not in str(error.problem) or not examined.faults:
            examined.faults.append(syntax_fault(text, error))
    except ReaderError as error:
        examined.faults.append(unreadable_fault(text, error))
    return examined


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
        remedy = "Write the thing itself; text that begins with * goes in quotes."
        _note(
            into, event, path, "yaml-alias", f"*{event.anchor} stands for something that is written elsewhere", remedy
        )
        return None
    if event.anchor:
        remedy = f"Take &{event.anchor} out; text that begins with & goes in quotes."
        _note(into, event, path, "yaml-anchor", f"&{event.anchor} names this for later use", remedy)
    if getattr(event, "tag", None):
        tag = event.tag.replace("tag:yaml.org,2002:", "!!")
        remedy = "Take it out; text that begins with ! goes in quotes."
        _note(into, event, path, "yaml-tag", f"{tag} would change how this is read, and text stays text", remedy)
    if isinstance(event, ScalarEvent):
        return event.value or (event.value if event.style else None)
    if len(path) >= DEPTH:
        _note(into, event, path, "yaml", f"more than {DEPTH} levels", "Indent less, and close what [ and { open.")
        _skip_collection(events)
        return None
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
    events.next()
    return mapping


def _examine_pair(events: _Events, path: Path, into: Examined, mapping: dict[str, Any], seen: dict[str, int]) -> None:
    key_event = events.ahead
    line, column = _place(key_event)
    key = _examine(events, (*path, "?"), into)
    if isinstance(key_event, ScalarEvent):
        key = key_event.value
    else:
        if not isinstance(key_event, AliasEvent):
            remedy = "Write `key: value`; text that begins with [ or { goes in quotes."
            _note(into, key_event, path, "yaml-key", f"a key must be a word, and this one is {_kind(key)}", remedy)
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


def _kind(value: Tree) -> str:
    return "[...]" if isinstance(value, list) else "{...}"


def _skip_collection(events: _Events) -> None:
    depth = 1
    while depth:
        event = events.next()
        if isinstance(event, CollectionStartEvent):
            depth += 1
        elif isinstance(event, CollectionEndEvent):
            depth -= 1
