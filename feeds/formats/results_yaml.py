r"""The line format of journal and results: YAML for people, JSON behind the dash for programs.

One event is one line: `- {"at": "2026-11-24T21:15:38.078Z", "event": "imported", "guid": "anna-0142", ...}`.
A YAML reader and a JSON reader see the same value: what YAML 1.1 would refuse or change is escaped as \uXXXX
(https://yaml.org/spec/1.1/#c-printable), astral characters stay literal because YAML doesn't pair surrogate
escapes, and a raw callback stands in the line as a JSON *string*, since nested JSON does not read back equal
in YAML (1e22, NaN, keys of more than 1,024 characters).
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from feeds.core.events import Event

# DEL, C1 controls, NEL, the two line separators, the byte order mark, non-characters and lone surrogates.
_NOT_YAML = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
_JSON = json.JSONEncoder(ensure_ascii=False, allow_nan=False)


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that is no event, with its number in the text (from 1) and what is wrong with it."""

    number: int
    what: str


def render(event: Event) -> bytes:
    """Render one event as its line, with the newline."""
    record: dict[str, Any] = {"at": render_time(event.at), "event": event.event, **event.fields}
    return f"- {_NOT_YAML.sub(_escape, _JSON.encode(record))}\n".encode()


def parse(text: bytes) -> Iterator[Event | BadLine]:
    """Yield each complete line's event, in order; what follows the last newline is still being written.

    Empty lines and comments are passed over, so that a person may annotate a results file.
    """
    complete, _, _ = text.rpartition(b"\n")
    for number, line in enumerate(complete.split(b"\n"), start=1):
        stripped = line.strip()
        if stripped and not stripped.startswith(b"#"):
            yield parse_line(stripped, number)


def parse_line(line: bytes, number: int = 1) -> Event | BadLine:
    """Return the event of one line, or what is wrong with it."""
    if not line.startswith(b"- {"):
        return BadLine(number, "it does not start with `- {`")
    try:
        record = json.loads(line[2:])
    except (ValueError, RecursionError) as error:
        return BadLine(number, f"what follows the dash is not JSON ({error})")
    at, event = record.pop("at", None), record.pop("event", None)
    if not isinstance(at, str) or not isinstance(event, str):
        return BadLine(number, "it lacks `at` or `event` as text")
    try:
        moment = datetime.fromisoformat(at)
        if moment.tzinfo is None:
            return BadLine(number, f'`at` is "{at}", a time without a zone')
        moment = moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return BadLine(number, f'`at` is "{at}", not a time such as 2026-11-24T21:15:38.078Z')
    return Event(moment.replace(microsecond=moment.microsecond // 1000 * 1000), event, record)


def render_time(moment: datetime) -> str:
    """Render an aware time as RFC 3339 in UTC with milliseconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def _escape(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"
