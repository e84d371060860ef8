"""A table of videos to the catalog's keys: CSV (RFC 4180, and what spreadsheets make of it) or JSON (RFC 8259).

Columns and keys are named as the catalog's own, or by a word that people use for it; README lists them.
"""

import csv
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from feeds.core.catalog import VideoEntry
from feeds.formats.foreign import ITEMS, Foreign, ForeignFault
from feeds.formats.foreign_text import decode

SYNONYMS = {
    "guid": "id video_id",
    "title": "name headline",
    "description": "desc summary",
    "category": "genre",
    "tags": "keywords",
    "media": "media_url video video_url url file src",
    "media_type": "type mime mime_type",
    "duration": "length seconds",
    "size": "bytes file_size filesize",
    "thumbnail": "thumbnail_url thumb image poster",
    "page": "link page_url",
    "date": "published published_at publish_date pub_date pubdate",
    "rights.from": "from available_from",
    "rights.until": "until available_until expires",
    "rights.allow": "allow countries",
    "rights.deny": "deny",
    "explicit": "adult",
    "for_kids": "kids made_for_kids",
}
_KEYS = {name: key for key, names in SYNONYMS.items() for name in (key, *names.split())}
# What a person decides here, and no table from elsewhere.
_OURS = frozenset({"relist", "withdraw"})
_KEYS |= {name: name for name in VideoEntry.model_fields if name not in {"rights", "captions", *_OURS}}
_CAPTIONS = re.compile(r"(?:captions|subtitles)[._ ]([A-Za-z]{2,3}(?:[-_][A-Za-z0-9]+)*)")
_LINES = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+$")
_COLUMNS, _BREAKS = 1_000, 1_000_000
_DELIMITERS = ",;\t"


def parse_csv(content: bytes, *, charset: str | None = None) -> list[Foreign]:
    """Return the videos of a CSV file: a header, then one video a row. Raises ForeignFault."""
    text = decode(content, charset=charset)
    lines = (line[0] for line in _LINES.finditer(text))
    if "\0" in text:
        raise ForeignFault("The file holds a NUL: this is no CSV.")
    if text.count("\n") + text.count("\r") > _BREAKS:
        raise ForeignFault(f"More than {_BREAKS:,} line breaks: split the file.")
    rows = csv.reader(lines, delimiter=_delimiter(text), strict=True)
    found: list[Foreign] = []
    try:
        header = [cell.strip() for cell in next(rows)]
        keys = _header(header)
        before = rows.line_num
        for row in rows:
            line, before = before + 1, rows.line_num
            if any(cell.strip() for cell in row):
                found.append(_of_row(keys, header, row, f"line {line}"))
                _within(found)
    except csv.Error as error:
        raise ForeignFault(f"Line {rows.line_num} is no CSV: {error}.") from error
    return found


def _delimiter(text: str) -> str:
    """Return what parts the header's cells: by which of the three most of them are known."""
    first = next((line[0] for line in _LINES.finditer(text)), "")

    def known(delimiter: str) -> int:
        cells = next(csv.reader([first], delimiter=delimiter), [])
        return sum(_key(cell) is not None for cell in cells)

    return max(_DELIMITERS, key=known)


def _header(header: list[str]) -> list[str | None]:
    if len(header) > _COLUMNS:
        raise ForeignFault(f"More than {_COLUMNS:,} columns: take out what is no video's.")
    keys = [_key(cell) for cell in header]
    for number, key in enumerate(keys):
        if key is not None and key in keys[:number]:
            other = header[keys.index(key)]
            raise ForeignFault(f'The columns "{other}" and "{header[number]}" are both {key}: keep one of them.')
    if not any(keys):
        raise ForeignFault(f"No column is known: the first line has to name them, such as {', '.join(SYNONYMS)}.")
    return keys


def _key(name: str) -> str | None:
    word = name.strip().lower()
    if found := _CAPTIONS.fullmatch(name.strip()):
        return f"captions.{found[1].replace('_', '-')}"
    return _KEYS.get(re.sub(r"[\s-]+", "_", word))


def _of_row(keys: list[str | None], header: list[str], row: list[str], where: str) -> Foreign:
    foreign = Foreign(where)
    if len(row) > len(keys) and any(cell.strip() for cell in row[len(keys) :]):
        foreign.refusal = f"{len(row)} cells, and the header names {len(keys)}: quote what holds the separator"
    for key, name, cell in zip(keys, header, row, strict=False):
        if key is not None:
            _put(foreign, key, cell)
        elif cell.strip():
            foreign.note("columns", f'"{name[:60]}" is no column that is known')
    return foreign


def parse_json(content: bytes, *, charset: str | None = None) -> list[Foreign]:
    """Return the videos of a JSON file: an array of objects, or {"videos": [...]}. Raises ForeignFault."""
    try:
        tree = json.loads(decode(content, charset=charset), parse_int=str, parse_float=str, parse_constant=str)
    except RecursionError as error:
        raise ForeignFault("The file nests too deep: a video is an object of texts, numbers and lists.") from error
    except ValueError as error:
        raise ForeignFault(f"This is no JSON: {error}.") from error
    if isinstance(tree, dict):
        tree = tree.get("videos")
    if not isinstance(tree, list):
        raise ForeignFault('Expected an array of objects, or {"videos": [...]}.')
    found: list[Foreign] = []
    for number, each in enumerate(tree, 1):
        foreign = Foreign(f"video {number}")
        if isinstance(each, dict):
            _put_object(foreign, each)
        else:
            foreign.refusal = "an object is expected here"
        found.append(foreign)
        _within(found)
    return found


def _within(found: list[Foreign]) -> None:
    if len(found) > ITEMS:
        raise ForeignFault(f"More than {ITEMS:,} videos: split the file.")


def _put_object(foreign: Foreign, video: Mapping[str, Any], prefix: str = "") -> None:
    seen: set[str] = set()
    for name, value in video.items():
        if not prefix and name in ("rights", "captions", "subtitles") and isinstance(value, dict):
            _put_object(foreign, value, "rights." if name == "rights" else "captions.")
            continue
        key = _key(prefix + name)
        if value is None:
            continue
        if key is None:
            foreign.note("keys", f'"{(prefix + name)[:60]}" is no key that is known')
        elif key in seen:
            foreign.note(key, f'"{name[:60]}" says it a second time: the first is taken')
        else:
            seen.add(key)
            _put(foreign, key, value)


def _put(foreign: Foreign, key: str, value: Any) -> None:
    """Set a key from what stands in a cell or an object."""
    if key in ("tags", "rights.allow", "rights.deny"):
        words = list(_words(value, ",;|" if key == "tags" else ",;| \t\n"))
        if key == "tags":
            foreign.put_tags(words)
        elif words:
            foreign.put_countries(key.removeprefix("rights."), words)
        return
    text = {True: "true", False: "false"}.get(value) if isinstance(value, bool) else value
    if not isinstance(text, str):
        foreign.note(key, "a text is expected, and a list or an object stands there")
        return
    _put_text(foreign, key, text)


def _put_text(foreign: Foreign, key: str, text: str) -> None:
    match key:
        case "category":
            foreign.put_category([text])
        case "date":
            foreign.put_date(text)
        case "duration":
            foreign.put_duration(text)
        case "size":
            foreign.put_size(text)
        case "explicit" | "for_kids":
            foreign.put_flag(key, text)
        case "rights.from":
            foreign.put_window(text, None)
        case "rights.until":
            foreign.put_window(None, text)
        case "description":
            foreign.put_text(key, text.replace("\r\n", "\n").replace("\r", "\n"))
        case _ if key.startswith("captions."):
            if text.strip():
                foreign.video.setdefault("captions", {})[key.removeprefix("captions.")] = text.strip()
        case _:
            foreign.put_text(key, " ".join(text.split()) if key == "title" else text)


def _words(value: Any, separators: str) -> Iterator[str]:
    parts: Iterable[Any] = value if isinstance(value, list) else [value]
    for part in parts:
        if isinstance(part, str):
            yield from (word for word in re.split(f"[{re.escape(separators)}]", part) if word.strip())
