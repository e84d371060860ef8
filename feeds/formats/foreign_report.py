"""What an import came to, for people and for programs."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from feeds.core.values import shortened
from feeds.formats.terminal import visible

# Of the items that one sentence is true of, so many are named.
_NAMED = 3


@dataclass(frozen=True, slots=True)
class Change:
    """A key that says something else at the source than in the catalog."""

    guid: str
    key: str
    here: str
    there: str


@dataclass(frozen=True, slots=True)
class Remark:
    """A sentence about one item of the source; `key` is the catalog's, `name` the title or the guid, where known."""

    where: str
    name: str | None
    key: str
    what: str


@dataclass(slots=True)
class Report:
    """What an import came to: the videos to add, how many were there, what changed, and what had no place."""

    file: str
    is_new: bool
    is_trial: bool
    added: list[Mapping[str, Any]] = field(default_factory=list)
    there: int = 0
    changes: list[Change] = field(default_factory=list)
    refused: list[Remark] = field(default_factory=list)
    notes: list[Remark] = field(default_factory=list)
    lines: str = ""


def render(report: Report, form: str) -> str:
    """Render the report as text or as one JSON object."""
    text = _json(report) if form == "json" else "".join(f"{visible(line)}\n" for line in _text(report))
    return text.encode("utf-8", "backslashreplace").decode()


def _json(report: Report) -> str:
    record = {
        "file": report.file,
        "new_file": report.is_new,
        "written": bool(report.added) and not report.is_trial,
        "added": report.added,
        "already_there": report.there,
        "changed": [
            {"guid": each.guid, "key": each.key, "here": each.here, "there": each.there} for each in report.changes
        ],
        "refused": [{"item": each.where, "name": each.name, "why": each.what} for each in report.refused],
        "notes": [{"item": each.where, "name": each.name, "key": each.key, "what": each.what} for each in report.notes],
    }
    return json.dumps(record, ensure_ascii=False, indent=1) + "\n"


def _text(report: Report) -> Iterator[str]:
    would = "would be " if report.is_trial else ""
    numbers = [f"{_count(len(report.added))} {would}added", f"{report.there:,} there already"]
    changed = len({each.guid for each in report.changes})
    numbers += [f"{changed:,} of them changed at the source"] * bool(changed)
    numbers += [f"{len(report.refused):,} can't be taken"] * bool(report.refused)
    yield f"{report.file}{' (a new file)' if report.is_new and report.added else ''}: {', '.join(numbers)}."
    if report.is_trial:
        yield from (f"  + {line}" for line in report.lines.splitlines())
    else:
        yield from (f"  + {each['guid']}  {shortened(each['title'])}" for each in report.added)
    if report.refused:
        yield "Not taken:"
        yield from _grouped((f"{each.what}", each) for each in report.refused)
    if report.changes:
        yield "Changed at the source, and left here as it is:"
        for each in report.changes:
            yield f'  {each.guid} {each.key}: here "{shortened(each.here)}", there "{shortened(each.there)}"'
    if report.notes:
        yield "Left out, or chosen:"
        yield from _grouped((f"{each.key}: {each.what}", each) for each in report.notes)


def _grouped(remarks: Iterable[tuple[str, Remark]]) -> Iterator[str]:
    """Yield each sentence once, with the first of the items that it is true of."""
    groups: dict[str, list[Remark]] = {}
    for sentence, remark in remarks:
        groups.setdefault(sentence, []).append(remark)
    for sentence, its in groups.items():
        names = [f'{each.where}, "{shortened(each.name)}"' if each.name else each.where for each in its[:_NAMED]]
        more = f" and {len(its) - _NAMED:,} more" if len(its) > _NAMED else ""
        yield f"  {sentence}"
        yield f"    {'; '.join(names)}{more}"


def _count(number: int) -> str:
    return f"{number:,} video" + ("" if number == 1 else "s")
