"""Carry whole lines from the journal into results files. Doing it twice changes nothing."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from feeds.core.events import Event
from feeds.formats import results_yaml


def whole_lines(text: bytes) -> list[bytes]:
    """Return the complete lines of a text, without what follows the last newline."""
    complete, newline, _ = text.rpartition(b"\n")
    return [line for line in complete.split(b"\n") if line.strip()] if newline else []


def carried(lines: Iterable[bytes], existing: Mapping[str, bytes], *, folder: str, now: datetime) -> dict[str, bytes]:
    """Return the results files that change when these lines are added, whole, by path.

    `existing` has the files as they are. A line goes to the file of its event's day (UTC), at its end, once.
    """
    additions: dict[str, list[bytes]] = {}
    for line in lines:
        additions.setdefault(path_of(line, folder=folder, now=now), []).append(line)
    changed = {}
    for path, its in additions.items():
        text = existing.get(path, b"")
        if text and not text.endswith(b"\n"):
            text += b"\n"
        known = set(whole_lines(text))
        new = [line for line in dict.fromkeys(its) if line not in known]
        if new:
            changed[path] = text + b"\n".join(new) + b"\n"
    return changed


def path_of(line: bytes, *, folder: str, now: datetime) -> str:
    """Return the results file that a line belongs to: its event's day, or today's for what is no event."""
    parsed = results_yaml.parse_line(line.strip())
    day = parsed.at if isinstance(parsed, Event) else now
    return f"{folder}/{day:%Y-%m-%d}.yaml"


def put_back(ours: Mapping[str, bytes], theirs: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return their files with the lines that they have lost, at the end; only the files that have lost some."""
    restored = {}
    for path in sorted(ours):
        text = theirs.get(path, b"")
        known = set(whole_lines(text))
        lost = [line for line in whole_lines(ours[path]) if line not in known]
        if lost:
            head = text if not text or text.endswith(b"\n") else text + b"\n"
            restored[path] = head + b"\n".join(lost) + b"\n"
    return restored
