"""What a commit of ours brings: the journal's lines in their files, what others have lost, and a message."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from feeds.core.errors import FeedsError
from feeds.core.events import Event
from feeds.formats.results_yaml import parse_line
from feeds.onboarding.register import Register
from feeds.storage.journal import Journal
from feeds.syncing.carrying import parts_of, path_of, placed, whole_lines, with_lines
from feeds.syncing.machine import MARK, mark_of, refuse_unless_ours
from feeds.syncing.plan import Ground
from feeds.syncing.starting import invited, starters

Lines = Mapping[str, Sequence[bytes]]


@dataclass(frozen=True, slots=True)
class Change:
    """The files that have to change, how many new events that brings, and where each line then stands, by path.

    `begun` are those of the files that editors are to fill: partners who joined by invitation.
    """

    files: Mapping[str, bytes]
    count: int
    places: Lines
    begun: Mapping[str, bytes]


def lines_of(segments: Sequence[Path]) -> list[bytes]:
    """Return the whole lines of the journal's segments."""
    return [line for segment in segments for line in whole_lines(segment.read_bytes())]


def drop(journal: Journal, segments: Sequence[Path]) -> None:
    """Let go of segments."""
    for segment in segments:
        journal.drop(segment)


def change_of(ground: Ground, head: str | None, lines: list[bytes], lost: Lines) -> Change:
    """Return what has to change on top of `head`. Raises UsageError where the folder is another machine's."""
    folder = ground.plan.results
    days = {path_of(line, folder=folder, now=ground.now) for line in lines}
    blobs = ground.repository.files(head, "results") if head else {}
    mark = f"{folder}/{MARK}"
    wanted = {part for day in days for part in parts_of(day, blobs).values()}
    texts = ground.memory.texts(head, wanted | lost.keys() | {mark}) if head else {}
    restored = {path: with_lines(texts.get(path, b""), its) for path, its in lost.items()}
    mended = {path: text for path, text in {**texts, **restored}.items() if path != mark}
    standing, new = placed(lines, mended, folder=folder, now=ground.now)
    files = restored | {path: with_lines(mended.get(path, b""), its) for path, its in new.items()}
    mine = "" if ground.plan.previous else mark_of(ground.plan.folders.state)
    if not ground.plan.take_over:
        refuse_unless_ours(folder, texts.get(mark, b""), mine)
    if (files or ground.plan.take_over) and texts.get(mark, b"\n") != (text := f"{mine}\n".encode()):
        files[mark] = text
    places = {path: [*standing.get(path, ()), *new.get(path, ())] for path in standing | new}
    begun = _begun(ground, head, [line for its in new.values() for line in its])
    return Change(files | begun, sum(map(len, new.values())), places, begun)


def _begun(ground: Ground, head: str | None, new: Sequence[bytes]) -> dict[str, bytes]:
    """Return the files for editors to fill of those whose adoption by invitation comes into Git now."""
    if not (adoptions := invited(new)):
        return {}
    names = ", ".join(sorted(event.text("user") or "" for event in adoptions))
    if ground.plan.results_branch:  # no place for what editors write
        ground.done.notes.append(f"Begin the files of those who joined by invitation: {names}.")
        return {}
    register = Register(ground.plan.folders)
    try:
        known, include = register.usernames(), register.include()
    except FeedsError as error:
        ground.done.troubles.append(f"{error}\nBegin the files of those who joined by invitation: {names}.")
        return {}
    paths = ground.repository.files(head, "users") if head else {}
    begun = starters(adoptions, include=include, known=known, paths=paths)
    ground.done.notes.extend(f"{path} is begun, for editors to fill." for path in begun)
    return begun


def message(ground: Ground, lines: list[bytes], count: int) -> str:
    """Return what a commit says to people, and to machines."""
    kinds: dict[str, int] = {}
    for line in dict.fromkeys(lines):
        parsed = parse_line(line.strip())
        kind = parsed.event.replace("_", " ") if isinstance(parsed, Event) else "unreadable"
        kinds[kind] = kinds.get(kind, 0) + 1
    what = "Record " + ", ".join(f"{number} {kind}" for kind, number in sorted(kinds.items()))
    if not count:
        what = f"Put {ground.plan.results} right"
    return f"{what}\n\nFeeds-Instance: {ground.plan.instance}\nFeeds-Events: {count}\n"


def say_lost(ground: Ground, lost: Lines, where: str) -> None:
    """Tell the person in charge that events had gone."""
    if lost:
        count = sum(map(len, lost.values()))
        ground.done.troubles.append(
            f"{count} event{'s' if count != 1 else ''} had gone from {', '.join(lost)} on {where}, by a force-push "
            "or an edit, and have been put back. Programs alone write below results/."
        )
