"""Join shards: a build of the whole site that takes from them the feeds which it would else have to render.

A shard is believed only where it was built from what lies here: the same software, catalog.yaml, address and moment,
and of each user the same text and events. All else is the whole build's own, so the site is the same byte for byte.
"""

import os
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, NamedTuple

from feeds.building.feed import build_feed, compared, read_text
from feeds.building.results import by_subject, lines_digest
from feeds.building.shard import ENDING, shard_of
from feeds.building.sources import is_archive
from feeds.building.work import Context, Job, Outcome
from feeds.core.errors import BuildRefused, StorageError, UsageError
from feeds.core.events import Event
from feeds.core.shards import Inputs, Piece, Rendered, ShardHead
from feeds.formats import results_yaml, shard
from feeds.formats.shard import BadShard
from feeds.storage.index import Index

_ANEW = "Build the shards anew, all of one commit, with one --at."


class _Where(NamedTuple):
    """Where a piece lies: the number of its shard, where its line begins and how long it is, and the feed behind it."""

    shard: int
    start: int
    line: int
    text: int


class Shards:
    """The shards in some folders, all of them, each read once to its end and kept open."""

    def __init__(self, folders: Sequence[Path]) -> None:
        """Open them. Raises UsageError for a folder that isn't there, BuildRefused unless they are one whole."""
        self._paths: dict[int, Path] = {}
        self._files: dict[int, int] = {}
        self._open_files: list[int] = []
        self._later: set[str] = set()
        self._pieces: dict[str, _Where] = {}
        self._head: ShardHead | None = None
        try:
            self._open_all(folders)
        except BaseException:
            self.close()
            raise

    def _open_all(self, folders: Sequence[Path]) -> None:
        for path in _found(folders):
            self._open(path)
        if self._head is None:
            raise BuildRefused(f"No shard lies in {_names(folders)}, and nothing was built. They end in {ENDING}.")
        self.at: datetime = self._head.at
        self.count: int = self._head.count
        if missing := sorted(set(range(1, self.count + 1)) - self._paths.keys()):
            lacking = ", ".join(map(str, missing[:5])) + (f" and {len(missing) - 5} more" if len(missing) > 5 else "")
            raise BuildRefused(
                f"Of {self.count} shards these are missing in {_names(folders)}: {lacking}. "
                "Nothing was built.\n"
                "Look why they failed, and build them: none may be left out, or its users would leave the site."
            )

    def _open(self, path: Path) -> None:
        try:
            file = os.open(path, os.O_RDONLY)
            self._open_files.append(file)
            with os.fdopen(os.dup(file), "rb") as reading:
                head, pieces = _scanned(path, reading)
        except OSError as error:
            raise StorageError(f"{path} can't be read: {error.strerror}. Nothing was built.") from error
        if head.number in self._paths:
            raise BuildRefused(
                f"Shard {head.number} of {head.count} is there twice: {self._paths[head.number]} and {path}. "
                "Nothing was built.\nTake one away, or clear the folder and bring the shards of one run."
            )
        first = self._head = self._head or head
        if (head.count, head.at) != (first.count, first.at):
            raise BuildRefused(
                f"{path} is shard {head.number} of {head.count} as of {head.at.isoformat()}, others are of "
                f"{first.count} as of {first.at.isoformat()}. Nothing was built.\n{_ANEW}"
            )
        refuse_others(head.inputs, first.inputs, path)
        self._paths[head.number], self._files[head.number] = path, file
        for source, where in pieces:
            if where.shard != shard_of(source, head.count) or source in self._pieces:
                raise BuildRefused(_unreadable(path, f"{source} does not belong into it"))
            self._pieces[source] = where

    def close(self) -> None:
        """Let go of the files."""
        while self._open_files:
            os.close(self._open_files.pop())

    def compare(self, here: Inputs, files: Iterable[tuple[str, Path]]) -> None:
        """Compare what the shards were built from with what lies here; `files` has each file of events by its name.

        Events may have come since: whom they concern is built here. Raises BuildRefused for any other difference.
        """
        assert self._head is not None  # noqa: S101 - or it would not have been made
        path, there = self._paths[self._head.number], dict(self._head.inputs.events)
        refuse_others(replace(self._head.inputs, events=here.events), here, path)
        for name, file in files:
            known = there.pop(name, None)
            if known != here.events.get(name):
                self._later |= _came_since(name, file, known, path)
        if there:
            raise BuildRefused(_other_events(path, sorted(there)))

    def outcome(self, job: Job, context: Context, index: Index) -> Outcome:
        """Return what a job comes to: by its piece, or where the shard has left it, by building it here.

        Raises BuildRefused where no piece is of this text, StorageError.
        """
        where = self._pieces.get(job.source)
        if where is None:
            raise BuildRefused(f"Nothing was published: no shard has {job.source}: it came later.\n{_ANEW}")
        piece = self._read(where)
        if piece.left:
            return build_feed(job, context, index)
        try:
            text, outcome = read_text(job)
        except OSError:  # which is a fault to be told
            return build_feed(job, context, index)
        if outcome.digest != piece.digest:
            path = self._paths[where.shard]
            raise BuildRefused(
                f"Nothing was published: {job.source} is not the text that {path} was built from.\n{_ANEW}"
            )
        if piece.feed and self._concerns(piece.feed):
            return build_feed(job, context, index)
        good = zlib.compress(text, 1)
        if piece.feed is None:
            return replace(outcome, keys=piece.keys, form="archive", good=good)
        return replace(
            outcome,
            claimed_id=piece.feed.user_id,
            keys=piece.keys,
            form="yaml" if job.tree_text is None else "json",
            good=good,
            feed=compared(piece.feed, context, index),
        )

    def _concerns(self, feed: Rendered) -> bool:
        """Return whether events tell of this user that the shards don't know: each video is listed, or has a reason."""
        names = (f"u:{feed.user_id}", *(f"g:{guid}" for guid in (*feed.now.guids, *feed.now.reasons)))
        return bool(self._later) and not self._later.isdisjoint(names)

    def _read(self, where: _Where) -> Piece:
        path, file = self._paths[where.shard], self._files[where.shard]
        try:
            both = os.pread(file, where.line + where.text, where.start)  # processes share the file's own position
        except OSError as error:
            raise StorageError(f"{path} can't be read: {error.strerror}. Nothing was published.") from error
        try:
            piece = shard.parse_piece(both[: where.line], both[where.line :])
        except BadShard as error:
            raise BuildRefused(_unreadable(path, str(error))) from error
        if not piece.left and (piece.feed is None) != is_archive(piece.source):
            raise BuildRefused(_unreadable(path, f"{piece.source} is of another kind there"))
        return piece


def refuse_others(one: Inputs, other: Inputs, path: Path) -> None:
    """Raise BuildRefused where two were not built from the same; `path` is the shard that the first is of."""
    if one == other:
        return
    if one.code != other.code:
        what, remedy = "another version of this software", "Let all run the same commit of it."
    elif one.catalog != other.catalog:
        what, remedy = "another catalog.yaml", _ANEW
    elif one.address != other.address:
        what, remedy = "another address of the site", "Give all the same FEEDS_SITE_PATH."
    else:
        raise BuildRefused(_other_events(path, sorted({name for name, _ in one.events.items() ^ other.events.items()})))
    raise BuildRefused(f"{path} was built from {what}, so nothing was published.\n{remedy}")


def _other_events(path: Path, names: Sequence[str]) -> str:
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return (
        f"{path} was built from other events ({names[0]}{more}), so nothing was published.\n"
        f"Bring this clone to the commit that the shards are of, or a later one. {_ANEW}"
    )


def _came_since(name: str, file: Path, known: str | None, path: Path) -> set[str]:
    """Return the subjects of a file's events behind those that a shard knew. Raises BuildRefused if these changed."""
    size, _, digest = (known or "0 ").partition(" ")
    try:
        text = file.read_bytes()
    except FileNotFoundError:
        text = b""
    if known and lines_digest(text[: int(size)]) != digest:
        raise BuildRefused(_other_events(path, [name]))
    events = (each for each in results_yaml.parse(text[int(size) :]) if isinstance(each, Event))
    return {subject for event in events for subject, _ in by_subject(event)}


def _found(folders: Sequence[Path]) -> list[Path]:
    """Return the shards in these folders and in folders below them, in order of name. Raises UsageError."""
    found: list[Path] = []
    for folder in folders:
        if not folder.is_dir():
            raise UsageError(f"{folder} is no folder. Name the one that holds the shards, or several: --join DIR.")
        found += sorted(folder.rglob(f"*{ENDING}"))
    # As resolve(), but for a link that leads to itself, which can't be opened then.
    return list(dict.fromkeys(Path(os.path.realpath(path)) for path in found))


def _scanned(path: Path, file: BinaryIO) -> tuple[ShardHead, list[tuple[str, _Where]]]:
    """Read a shard to its end. Raises BuildRefused unless it is whole and as it was written, OSError."""
    digest, pieces = shard.new_digest(), []
    try:
        line = file.readline(shard.LONGEST)
        head = shard.parse_head(line)
        while True:
            digest.update(line)
            start = file.tell()
            line = file.readline(shard.LONGEST)
            said, source, size = shard.parse_line(line)
            if source is None:
                break
            digest.update(line)
            line = file.read(size)
            pieces.append((source, _Where(head.number, start, file.tell() - start - len(line), size)))
        whole = shard.parse_end(said) == (len(pieces), digest.hexdigest()) and not file.read(1)
    except BadShard as error:
        raise BuildRefused(_unreadable(path, str(error))) from error
    if not whole:
        raise BuildRefused(_unreadable(path, "it isn't as it was written"))
    return head, pieces


def _names(folders: Sequence[Path]) -> str:
    return ", ".join(map(str, folders))


def _unreadable(path: Path, what: str) -> str:
    return f"{path} can't be believed: {what}. Nothing was published.\nBuild this shard anew, and bring it whole."
