"""Carry whole lines from the journal into results files. Doing it twice changes nothing."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path

from feeds.core.events import LISTED, Event
from feeds.formats import results_yaml

# A commit costs what the files weigh that it changes, so a day of many events goes on in another file.
PART_BYTES = 512 * 1024


def whole_lines(text: bytes) -> list[bytes]:
    """Return the complete lines of a text, without what follows the last newline."""
    complete, newline, _ = text.rpartition(b"\n")
    return [line for line in complete.split(b"\n") if line.strip()] if newline else []


def carried(
    lines: Iterable[bytes], existing: Mapping[str, bytes], *, folder: str, now: datetime, part_bytes: int = PART_BYTES
) -> dict[str, list[bytes]]:
    """Return which lines are to be added to which results file, by path.

    `existing` has the files as they are, with all parts of each day. A line goes to its day's last part, once.
    """
    return placed(lines, existing, folder=folder, now=now, part_bytes=part_bytes)[1]


def placed(
    lines: Iterable[bytes], existing: Mapping[str, bytes], *, folder: str, now: datetime, part_bytes: int = PART_BYTES
) -> tuple[dict[str, list[bytes]], dict[str, list[bytes]]]:
    """Return where these lines stand already, and which are to be added to which file, both by path.

    More lines behind the same ones leave those where they were: what a killed pass has written is found again.
    """
    days: dict[str, dict[bytes, None]] = {}
    for line in lines:
        days.setdefault(path_of(line, folder=folder, now=now), {})[line] = None
    standing: dict[str, list[bytes]] = {}
    new: dict[str, list[bytes]] = {}
    for day, its in days.items():
        parts = parts_of(day, existing)
        for part in parts.values():
            if here := [line for line in whole_lines(existing[part]) if line in its]:
                standing[part] = list(dict.fromkeys(here))
        known = {line for part in parts.values() for line in standing.get(part, ())}
        number = max(parts, default=1)
        size = len(existing[parts[number]]) if parts else 0
        for line in its:
            if line in known:
                continue
            if size >= part_bytes:
                number, size = number + 1, 0
            new.setdefault(_part(day, number), []).append(line)
            size += len(line) + 1
    return standing, new


def path_of(line: bytes, *, folder: str, now: datetime) -> str:
    """Return the results file that a line belongs to: its event's day, or today's for what is no event."""
    parsed = results_yaml.parse_line(line.strip())
    day = parsed.at if isinstance(parsed, Event) else now
    return f"{folder}/{day:%Y-%m-%d}.yaml"


def parts_of(day: str, paths: Iterable[str]) -> dict[int, str]:
    """Return which of these paths are parts of a day's file, by number: 2026-11-25.yaml, 2026-11-25-2.yaml, ..."""
    stem = day.removesuffix(".yaml")
    form = re.compile(rf"{re.escape(stem)}(?:-([1-9][0-9]{{0,8}}))?\.yaml")
    return {int(match[1] or 1): path for path in sorted(paths) if (match := form.fullmatch(path))}


def _part(day: str, number: int) -> str:
    return day if number == 1 else f"{day.removesuffix('.yaml')}-{number}.yaml"


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


def ends_of(segments: Iterable[Path]) -> dict[Path, int]:
    """Return how long each segment is now, in bytes."""
    return {segment: segment.stat().st_size for segment in segments}


def lines_since(segments: Iterable[Path], ends: Mapping[Path, int]) -> Iterator[bytes]:
    """Yield the lines that have come since the segments ended there; one that was being written then is among them."""
    for segment in segments:
        text = segment.read_bytes()
        yield from whole_lines(text[text.rfind(b"\n", 0, ends.get(segment, 0)) + 1 :])


def matters(line: bytes) -> bool:
    """Return whether a line may change the site: what a build has just noted of its own feeds doesn't."""
    event = results_yaml.parse_line(line.strip())
    return not isinstance(event, Event) or event.event != LISTED


def _is_event(line: bytes) -> bool:
    return isinstance(results_yaml.parse_line(line.strip()), Event)
