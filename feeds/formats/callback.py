"""The callback: what Dailymotion's injector posts when it is done with videos.

Documented once, in the MCN guide (https://developers.dailymotion.com/mcn): an array of events such as
`{"timestamp": 1407770138078, "type": "injector.item.ready", "data": {"status": "ready", "uid": "...",
"remote_id": "x23bz3t", ...}}`. `uid` is our guid, and only this module calls it so. Left out on purpose:
`user_id`, `feed_id` and `item_id`, which are the injector's own; they stay readable in `raw`.

The guide names no content type, so the body decides: JSON in any of JSON's encodings, or a form of one field
that holds it. Python's reader is more lenient than JSON (NaN, Infinity), which harms nothing here.
"""

import base64
import json
import re
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import unquote_to_bytes

from feeds.core.errors import CallbackRejected
from feeds.core.events import IMPORT_FAILED, IMPORTED, UNCLEAR, Event

# The largest body that the app takes has room for 40,000 events of the guide's size; more are a mistake.
EVENTS_LIMIT = 50_000
# The end of year 9999, the last that a date can hold.
_TIMESTAMP_MS_LIMIT = 253_402_300_800_000

_SPACE = re.compile(r"[ \t\n\r]*")
# A string that is never closed takes all that follows, so that each character is looked at once.
_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL)
_FORM = re.compile(rb"[\w.\[\]-]{1,64}=([^&]*)")
_SURROGATE = re.compile("[\ud800-\udfff]")


class _Element(NamedTuple):
    """One element of the array: its exact text, and its value or why there is none."""

    text: str
    value: Any
    fault: str | None = None


_TWICE = object()


def parse(body: bytes, at: datetime) -> list[Event]:
    """Return one event for each element, in the array's order; `at` is when the body came.

    Each is judged by itself alone: `imported`, `import_failed`, or `unclear` with a `why`. An imported event
    without a usable timestamp carries none, and `at` stands in for it wherever times are compared.

    Raises CallbackRejected if the body isn't an array of events, or one event: then nothing of it was read.
    """
    try:
        elements = _elements(_text(body))
    except CallbackRejected:
        form = _FORM.fullmatch(body)
        if form is None:
            raise
        elements = _elements(_text(unquote_to_bytes(form[1].replace(b"+", b" "))))
    return [_judge(element, at) for element in elements]


def parse_file(text: bytes, at: datetime) -> list[Event]:
    """Return the events of a file that a person was sent: one body, or one on each line.

    Raises CallbackRejected, with the line, unless all of it is understood.
    """
    try:
        return parse(text, at)
    except CallbackRejected:
        lines = [(number, line) for number, line in enumerate(text.split(b"\n"), start=1) if line.strip()]
        if len(lines) < 2 or not _is_callback(lines[0][1], at):
            raise
    events = []
    for number, line in lines:
        try:
            events += parse(line, at)
        except CallbackRejected as error:
            raise CallbackRejected(f"Line {number}: {error}") from error
    return events


def _is_callback(body: bytes, at: datetime) -> bool:
    try:
        parse(body, at)
    except CallbackRejected:
        return False
    return True


def _text(body: bytes) -> str:
    """Decode the body; a byte that isn't UTF-8 spoils only the element in which it stands."""
    encoding = json.detect_encoding(body)
    if encoding.startswith("utf-8"):
        return body.decode(encoding, "surrogateescape")
    try:
        return body.decode(encoding)
    except UnicodeDecodeError as error:
        raise CallbackRejected(f"The body looks like {encoding.upper()} and isn't.") from error


def _elements(text: str) -> list[_Element]:
    start = _skip_space(text, 0)
    if text[start : start + 1] == "{":
        element, end = _element(text, start)
        elements = [element]
    elif text[start : start + 1] == "[":
        elements, end = _array(text, start)
    else:
        raise CallbackRejected("The body is neither a JSON array of events nor one event.")
    end = _skip_space(text, end)
    if end != len(text):
        raise CallbackRejected(f"Something follows the JSON, at {_spot(text, end)}.")
    return elements


def _array(text: str, start: int) -> tuple[list[_Element], int]:
    elements: list[_Element] = []
    position = _skip_space(text, start + 1)
    if text[position : position + 1] == "]":
        return elements, position + 1
    while len(elements) < EVENTS_LIMIT:
        element, position = _element(text, position)
        elements.append(element)
        position = _skip_space(text, position)
        separator = text[position : position + 1]
        if separator == "]":
            return elements, position + 1
        if separator != ",":
            raise CallbackRejected(f"The body is not JSON: a comma or ] is missing at {_spot(text, position)}.")
        position = _skip_space(text, position + 1)
    raise CallbackRejected(f"The body holds more than {EVENTS_LIMIT:,} events.")


def _element(text: str, start: int) -> tuple[_Element, int]:
    try:
        value, end = _DECODER.raw_decode(text, start)
    except json.JSONDecodeError as error:
        raise CallbackRejected(f"The body is not JSON: {error.msg} at {_spot(text, error.pos)}.") from error
    except RecursionError:
        end = _matching_end(text, start)
        return _Element(text[start:end], None, "it is nested too deeply"), end
    return _Element(text[start:end], value), end


def _matching_end(text: str, start: int) -> int:
    """Return where the brackets opened at `start` are closed, without looking at what they hold."""
    depth = 0
    for token in _TOKEN.finditer(text, start):
        if token[0] in "[{":
            depth += 1
        elif token[0] in "]}":
            depth -= 1
            if depth == 0:
                return token.end()
    raise CallbackRejected("The body is not JSON: it ends within an event.")


def _judge(element: _Element, at: datetime) -> Event:
    value, raw = element.value, _raw(element.text)
    if element.fault or not isinstance(value, dict):
        return _unclear(element.fault or "it is not an object", raw, at)
    kind, data = value.get("type"), value.get("data")
    if not isinstance(kind, str) or not kind.startswith("injector."):
        return _unclear("its type is not injector.*", raw, at)
    if not isinstance(data, dict):
        return _unclear("its data is not an object", raw, at)
    for name in ("status", "uid"):
        if fault := _fault(data, name):
            return _unclear(fault, raw, at)
    fields: dict[str, Any] = {"guid": data["uid"]}
    if data["status"] == "ready":
        if fault := _fault(data, "remote_id"):
            return _unclear(fault, raw, at)
        event, fields["remote_id"] = IMPORTED, data["remote_id"]
    else:
        event, fields["status"] = IMPORT_FAILED, data["status"]
    timestamp = value.get("timestamp")
    if type(timestamp) is int and 0 < timestamp < _TIMESTAMP_MS_LIMIT:
        fields["timestamp_ms"] = timestamp
    return Event(at, event, fields | raw)


def _fault(data: dict[str, Any], name: str) -> str | None:
    """Say why the field isn't usable; a number isn't turned into text, since 1.0, 1 and 01 name different videos."""
    value = data.get(name)
    if value is _TWICE:
        return f"{name} is given twice"
    if not isinstance(value, str):
        return f"{name} is not text" if name in data else f"{name} is missing"
    if not value.strip():
        return f"{name} is empty"
    return f"{name} is not valid Unicode" if _SURROGATE.search(value) else None


def _unclear(why: str, raw: dict[str, str], at: datetime) -> Event:
    return Event(at, UNCLEAR, {"why": why, **raw})


def _raw(text: str) -> dict[str, str]:
    """Keep the element as it came; what was not UTF-8 can't be text, so its bytes are kept instead."""
    if _SURROGATE.search(text):
        return {"raw_base64": base64.b64encode(text.encode("utf-8", "surrogateescape")).decode()}
    return {"raw": text}


def _spot(text: str, position: int) -> str:
    line, start = text.count("\n", 0, position) + 1, text.rfind("\n", 0, position) + 1
    return f"character {position - start + 1}" + (f" of line {line}" if line > 1 else "")


def _skip_space(text: str, position: int) -> int:
    found = _SPACE.match(text, position)
    return found.end() if found else position


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Build an object in which a key that stands twice has no value, rather than the last one."""
    built = dict(pairs)
    if len(built) != len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                built[name] = _TWICE
            seen.add(name)
    return built


def _integer(digits: str) -> int | None:
    # int() refuses more than 4,300 digits, and no timestamp has more than 16.
    return int(digits) if len(digits) <= 16 else None


_DECODER = json.JSONDecoder(object_pairs_hook=_pairs, parse_int=_integer)
