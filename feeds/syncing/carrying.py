"""Carry whole lines from the journal into results files. Doing it twice changes nothing."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from feeds.core.events import Event
from feeds.formats import results_yaml


def whole_lines(text: bytes) -> list[bytes]:
    """Return the complete lines of a text, without what follows the last newline."""
    complete, newline, _ = text.rpartition(b"\n")
    return [line for line in complete.split(b"\n") if line.strip()] if newline else []


def carried(
    lines: Iterable[bytes], existing: Mapping[str, bytes], *, folder: str, now: datetime
) -> dict[str, list[bytes]]:
    """Return which lines are to be added to which results file, by path.

    `existing` has the files as they are. A line goes to the file of its event's day (UTC), once.
    """
    additions: dict[str, dict[bytes, None]] = {}
    for line in lines:
        additions.setdefault(path_of(line, folder=folder, now=now), {})[line] = None
    new = {}
    for path, its in additions.items():
        known = set(whole_lines(existing.get(path, b"")))
        if missing := [line for line in its if line not in known]:
            new[path] = missing
    return new


def path_of(line: bytes, *, folder: str, now: datetime) -> str:
    """Return the results file that a line belongs to: its event's day, or today's for what is no event."""
    parsed = results_yaml.parse_line(line.strip())
    day = parsed.at if isinstance(parsed, Event) else now
    return f"{folder}/{day:%Y-%m-%d}.yaml"


def put_back(ours: Mapping[str, bytes], theirs: Mapping[str, bytes]) -> dict[str, list[bytes]]:
    """Return the events of our files that theirs have lost, by path.

    What is no event they may have taken out: a line that can't be read is theirs to mend.
    """
    lost = {}
    for path in sorted(ours):
        known = set(whole_lines(theirs.get(path, b"")))
        gone = [line for line in dict.fromkeys(whole_lines(ours[path])) if line not in known and _is_event(line)]
        if gone:
            lost[path] = gone
    return lost


def with_lines(text: bytes, lines: Iterable[bytes]) -> bytes:
    """Return a text with whole lines at its end."""
    if text and not text.endswith(b"\n"):
        text += b"\n"
    return text + b"".join(line + b"\n" for line in lines)


def _is_event(line: bytes) -> bool:
    return isinstance(results_yaml.parse_line(line.strip()), Event)
