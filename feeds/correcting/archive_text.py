"""Move entries from a user's text into an archive's, line by line: comments along with them, all else byte for byte.

An entry's own lines are those from its dash on, and the comment that stands directly above. Whatever comes of it counts
only if both texts then read as they should, so a text that is written in a way unknown here is left alone.
"""

import io
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from feeds.core.errors import FeedsError
from feeds.formats import catalog_yaml, strict_yaml

_HEAD = """\
# Imported videos of {id}, put here by `feeds archive`: they are in no feed, and Dailymotion has them.
# `withdraw: <a reason>` in an entry has it taken down; to list one again, move it back into the user's own file.
id: {id}
videos:
"""


class NotMovable(FeedsError):
    """The text is written in a way in which no entry can be taken out of it line by line."""


@dataclass(frozen=True, slots=True)
class Moved:
    """Both texts after the move."""

    user: bytes
    archive: bytes


@dataclass(frozen=True, slots=True)
class _Entries:
    """The lines of a text, and of which of them each of its entries consists: from, up to; and the dashes' column."""

    lines: list[bytes]
    spans: list[tuple[int, int]]
    column: int
    end: int


def move(user_text: bytes, archive_text: bytes | None, guids: Collection[str], user_id: str) -> Moved:
    """Move the entries with these guids; one that the archive has already, the same, only leaves the user's text.

    Raises NotMovable, with what is in the way.
    """
    tree = strict_yaml.parse(user_text)
    videos = tree["videos"] if isinstance(tree, dict) else []
    archive_text = _HEAD.format(id=user_id).encode() if archive_text is None else archive_text
    archive = strict_yaml.parse(archive_text)
    there = {video["guid"]: video for video in archive.get("videos", ())} if isinstance(archive, dict) else {}
    leaving = [number for number, video in enumerate(videos) if video["guid"] in guids]
    for number in leaving:
        guid = videos[number]["guid"]
        if there.get(guid, videos[number]) != videos[number]:
            raise NotMovable(f'"{guid}" stands in both, and not the same. Keep one of the two entries.')
    entries = _entries(user_text, len(videos))
    coming = [number for number in leaving if videos[number]["guid"] not in there]
    spans = [entries.spans[number] for number in leaving]
    stays = [line for at, line in enumerate(entries.lines) if not any(begin <= at < end for begin, end in spans)]
    parts = [_whole(b"".join(entries.lines[slice(*entries.spans[number])])) for number in coming]
    moved = Moved(b"".join(stays), _appended(archive_text, len(there), parts, entries.column))
    _check(moved, tree, archive, leaving, [videos[number] for number in coming])
    return moved


def _check(moved: Moved, tree: Any, archive: Any, leaving: list[int], coming: list[Any]) -> None:
    left = [video for number, video in enumerate(tree["videos"]) if number not in leaving]
    wanted, archived = _with_videos(tree, left), _with_videos(archive, [*archive.get("videos", ()), *coming])
    try:
        is_well = strict_yaml.parse(moved.user) == wanted and strict_yaml.parse(moved.archive) == archived
    except strict_yaml.Refused:
        is_well = False
    if not is_well or catalog_yaml.parse_archive(moved.archive).user is None:
        raise NotMovable(
            "Its entries can't be moved line by line. Write each as `- ` lines of its own, all indented alike."
        )


def _with_videos(tree: dict[str, Any], videos: list[Any]) -> dict[str, Any]:
    rest = {key: value for key, value in tree.items() if key != "videos"}
    return {**rest, "videos": videos} if videos else rest  # a key with nothing behind it counts as absent


def _entries(text: bytes, count: int) -> _Entries:
    examined, lines = strict_yaml.examine(text), list(io.BytesIO(text))
    if count == 0:
        return _Entries(lines, [], 0, len(lines))
    head = examined.keys[("videos",)][0]
    following = [line - 1 for path, (line, _) in examined.keys.items() if len(path) == 1 and line > head]
    end = min(following, default=len(lines))
    dashes = []
    for number in range(count):
        at = examined.values[("videos", number)][0] - 1
        while at >= head and not lines[at].lstrip().startswith(b"-"):
            at -= 1
        if at < head or at >= end or at in dashes:
            raise NotMovable("Its entries don't stand below `videos:`, each on lines of its own behind `- `.")
        dashes.append(at)
    column = _indent(lines[dashes[0]])
    return _Entries(lines, _spans(lines, dashes, column, end), column, end)


def _spans(lines: list[bytes], dashes: list[int], column: int, end: int) -> list[tuple[int, int]]:
    """Return where each entry begins, with the comment directly above it, and where it ends."""
    begins = []
    for at in dashes:
        begin = at
        while _is_comment(lines[begin - 1], column):
            begin -= 1
        begins.append(begin)
    spans = []
    for number, at in enumerate(dashes):
        limit = begins[number + 1] if number + 1 < len(dashes) else end
        last = limit
        while last > at + 1 and (not lines[last - 1].strip() or _is_comment(lines[last - 1], column)):
            last -= 1
        while number + 1 < len(dashes) and last < limit and not lines[last].strip():
            last += 1  # the blank lines between two entries; a comment that stands free stays
        spans.append((begins[number], last))
    return spans


def _appended(text: bytes, count: int, parts: list[bytes], column: int) -> bytes:
    if not parts:
        return text
    entries = _entries(text, count)
    if count and entries.column != column:
        raise NotMovable(
            f"Its entries stand {column} columns in, those of the archive {entries.column}. Indent them alike."
        )
    lines = [*entries.lines]
    if lines:
        lines[-1] = _whole(lines[-1])
    at = entries.spans[-1][1] if count else len(lines)
    while at < len(lines) and not lines[at].strip():
        at += 1
    return b"".join([*lines[:at], *parts, *lines[at:]])


def _is_comment(line: bytes, column: int) -> bool:
    """Return whether a line is a comment that is indented no further than the dashes: further in, it may be text."""
    return line.lstrip().startswith(b"#") and _indent(line) <= column


def _indent(line: bytes) -> int:
    return len(line) - len(line.lstrip(b" "))


def _whole(line: bytes) -> bytes:
    return line if line.endswith(b"\n") else line + b"\n"
