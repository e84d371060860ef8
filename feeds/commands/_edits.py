"""An editor's change that is safe and seen with any catalog: a title corrected, a video added, all else byte for byte.

Each edit is put in at the place where the strict reader found something, and counts only if the text then reads as
the same tree with just this change in it, and its user has no fault. What can't be edited so is left to the next.
"""

import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from feeds.building.sources import CATALOG, CatalogText, included
from feeds.commands._scratch import files_of
from feeds.core.defaults import item_of
from feeds.formats import catalog_yaml, strict_yaml

MARK = "(corrected) "
NEW_TITLE = "A film for the rehearsal"
VIDEOS_TRIED = 3  # of one user, whose titles may all be written in a way that an insertion would break
OPEN_FOR = timedelta(hours=1)

# What libyaml takes for the end of a line.
_LINE = re.compile("[^\r\n\x85\u2028\u2029]*(?:\r\n|[\r\n\x85\u2028\u2029]|$)")
_NOTHING_MORE = re.compile(r"\s*(#.*\s*)?")

Tree = Any
Trail = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """One video as the feed must show it after the edit: whose, its guid, and its title."""

    user_id: str
    guid: str
    title: str


@dataclass(frozen=True, slots=True)
class Edit:
    """What the editor writes: the new bytes of each file by path, and what is to be seen of it."""

    files: Mapping[str, bytes]
    corrected: Change | None
    added: Change | None


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A user who is in the list and has no fault: the file, and the way to the user in it."""

    name: str
    prefix: Trail
    user_id: str


def choose(
    catalog: Path, users: Container[str], shows: Callable[[str], Mapping[str, str]], *, feed_limit: int, at: datetime
) -> Edit:
    """Choose a title to correct and a place for a new video, where the catalog has them.

    `users` are those with a feed that is built from what is written now, and `shows` tells what it shows: the titles
    by guid. A new video needs a feed with room in it, and no window of its user's defaults in the way.
    """
    files: dict[str, bytes] = {}
    guid = _free_guid(catalog)
    corrected = added = None
    for candidate in _candidates(catalog, users):
        shown = shows(candidate.user_id)
        text = files.get(candidate.name) or (catalog / candidate.name).read_bytes()
        if corrected is None and (done := _correct(text, candidate, shown)):
            text, corrected = done
            files[candidate.name] = text
        if added is None and len(shown) < feed_limit and (done := _add(text, candidate, guid, at)):
            files[candidate.name], added = done
        if corrected and added:
            break
    return Edit(files, corrected, added)


def _candidates(catalog: Path, users: Container[str]) -> Iterator[_Candidate]:
    network = CatalogText(catalog).network
    for source in included(catalog, list(network.include)):
        read = catalog_yaml.parse_user((catalog / source.name).read_bytes())
        if read.user is not None and read.user.id in users:
            yield _Candidate(source.name, (), read.user.id)
    for number, tree in enumerate(network.users):
        user = catalog_yaml.user_of(tree).user
        if user is not None and user.id in users:
            yield _Candidate(CATALOG, ("users", number), user.id)


def _free_guid(catalog: Path) -> str:
    texts = [text.lower() for text in files_of(catalog).values()]
    number = 1
    while any(f"rehearsal-{number:04}".encode() in text for text in texts):
        number += 1
    return f"rehearsal-{number:04}"


def _correct(text: bytes, candidate: _Candidate, shown: Mapping[str, str]) -> tuple[bytes, Change] | None:
    examined = strict_yaml.examine(text)
    videos = _at(examined.tree, (*candidate.prefix, "videos")) or []
    listed = [number for number, video in enumerate(videos) if video["guid"] in shown]
    for number in listed[:VIDEOS_TRIED]:
        path = (*candidate.prefix, "videos", number, "title")
        wanted = deepcopy(examined.tree)
        guid, title = videos[number]["guid"], f"{MARK}{videos[number]['title']}"
        _at(wanted, path[:-1])["title"] = title
        for skipped in (0, 1):  # a quotation mark
            new = _inserted(text, examined.values[path], MARK, skip=skipped)
            if _reads_as(new, wanted, candidate):
                return new, Change(candidate.user_id, guid, f"{MARK}{shown[guid]}")
    return None


def _add(text: bytes, candidate: _Candidate, guid: str, at: datetime) -> tuple[bytes, Change] | None:
    examined = strict_yaml.examine(text)
    video = {"guid": guid, "title": NEW_TITLE, "category": "tv", "media": "https://rehearsal.invalid/film.mp4"}
    wanted = deepcopy(examined.tree)
    user = _at(wanted, candidate.prefix)
    user["videos"] = [video, *(user.get("videos") or [])]
    written = "{" + ", ".join(f"{key}: {value}" for key, value in video.items()) + "}"
    for new in _additions(text, examined, candidate.prefix, written):
        if _reads_as(new, wanted, candidate):
            entry = catalog_yaml.user_of(_at(wanted, candidate.prefix)).user
            item = item_of(entry.videos[0], entry) if entry else None
            if item is None or (item.valid_from and item.valid_from > at):
                return None
            if item.valid_until and item.valid_until < at + OPEN_FOR:
                return None
            return new, Change(candidate.user_id, guid, NEW_TITLE)
    return None


def _additions(text: bytes, examined: strict_yaml.Examined, prefix: Trail, video: str) -> Iterator[bytes]:
    """Yield the text with the video put in, in each way that may fit how the user's videos are written."""
    videos = (*prefix, "videos")
    if videos in examined.keys:
        (key_line, key_column), first = examined.keys[videos], examined.values.get((*videos, 0))
        yield _inserted(text, examined.values[videos], f"{video}, " if first else video, skip=1)  # behind [
        indent = _before(text, first) if first else " " * (key_column + 1) + "- "
        if _NOTHING_MORE.fullmatch(_behind_key(text, key_line, key_column)) and not indent.strip(" -"):
            # Behind the key, not before the first video: a comment there speaks of that one.
            yield _inserted(text, (key_line + 1, 1), f"{indent}{video}{_ending(text)}")
        return
    for (*above, _), place in examined.keys.items():
        # Before another key of the user that has its line for itself.
        if tuple(above) == prefix and not (indent := _before(text, place)).strip():
            yield _inserted(text, (place[0], 1), f"{indent}videos: [{video}]{_ending(text)}")


def _reads_as(text: bytes, wanted: Tree, candidate: _Candidate) -> bool:
    try:
        tree = strict_yaml.parse(text)
    except strict_yaml.Refused:
        return False
    return bool(tree == wanted) and catalog_yaml.user_of(_at(tree, candidate.prefix)).user is not None


def _at(tree: Tree, path: Iterable[str | int]) -> Tree:
    for part in path:
        tree = tree.get(part) if isinstance(part, str) else tree[part]
    return tree


def _inserted(text: bytes, place: tuple[int, int], words: str, *, skip: int = 0) -> bytes:
    """Return the text with words at a line and column, both counted from 1, in characters."""
    line, column = place
    lines = _lines(text)
    offset = sum(map(len, lines[: line - 1])) + column - 1 + skip
    whole = "".join(lines)
    return (whole[:offset] + words + whole[offset:]).encode()


def _lines(text: bytes) -> list[str]:
    return _LINE.findall(text.decode())


def _before(text: bytes, place: tuple[int, int]) -> str:
    return _lines(text)[place[0] - 1][: place[1] - 1]


def _behind_key(text: bytes, line: int, column: int) -> str:
    return _lines(text)[line - 1][column - 1 :].partition(":")[2]


def _ending(text: bytes) -> str:
    return "\r\n" if b"\r\n" in text else "\n"
