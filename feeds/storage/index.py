"""The index: what was read and built before, so that only what has changed is read and built again.

It is a cache in the state folder: it may be deleted at any time, and a build without it gives the same bytes. It holds
no truth of its own but one convenience, the last good text of each user, by which a broken file freezes its user.
SQLite keeps it whole when a build is killed (https://www.sqlite.org/atomiccommit.html).
"""

import json
import sqlite3
from array import array
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, Self

from feeds.core.errors import FeedsError, StorageError
from feeds.core.events import Event

_TABLES = """
CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE file(
  number INTEGER PRIMARY KEY, path TEXT UNIQUE, signature TEXT, settled INTEGER, size INTEGER, digest BLOB,
  faults TEXT);
CREATE TABLE event(subject TEXT, file INTEGER, body TEXT);
CREATE INDEX event_subject ON event(subject);
CREATE INDEX event_file ON event(file);
CREATE TABLE source(
  number INTEGER PRIMARY KEY, source TEXT UNIQUE,
  signature TEXT DEFAULT '', settled INTEGER DEFAULT 0, digest BLOB DEFAULT x'', stale INTEGER DEFAULT 0,
  faulty INTEGER DEFAULT 0, form TEXT, good BLOB, user_id TEXT, username TEXT, enabled INTEGER DEFAULT 1,
  state TEXT DEFAULT '', in_list INTEGER DEFAULT 0, frozen INTEGER DEFAULT 0, listed INTEGER DEFAULT 0,
  held TEXT DEFAULT '{}', valid_from TEXT DEFAULT '', valid_until TEXT DEFAULT '',
  feed_digest BLOB DEFAULT x'', feed_signature TEXT DEFAULT '', feed_settled INTEGER DEFAULT 0, noted TEXT DEFAULT '');
CREATE INDEX source_user ON source(user_id);
CREATE TABLE fresh(source TEXT PRIMARY KEY, form TEXT, good BLOB) WITHOUT ROWID;
CREATE TABLE guid(key INTEGER, source INTEGER);
CREATE INDEX guid_key ON guid(key);
CREATE INDEX guid_source ON guid(source);
"""


@dataclass(frozen=True, slots=True)
class FileRow:
    """A results file as it was read: how much of it, and the digest of that much."""

    number: int
    signature: str
    settled: bool
    size: int
    digest: bytes
    faults: str = "[]"


class Scanned(NamedTuple):
    """What a source's last build left to compare with. A named tuple: every build makes one for each user."""

    signature: str
    settled: int
    stale: int
    user_id: str | None
    valid_from: str
    valid_until: str
    feed_signature: str
    feed_settled: int
    in_list: int
    noted: str
    digest: bytes
    feed_digest: bytes


@dataclass(frozen=True, slots=True)
class SourceRow:
    """What one user's text came to when it was last built. Times are RFC 3339; `held` counts videos by reason."""

    source: str
    signature: str = ""
    settled: bool = False
    digest: bytes = b""
    stale: bool = False
    faulty: bool = False
    form: str | None = None
    good: bytes | None = None
    user_id: str | None = None
    username: str | None = None
    enabled: bool = True
    state: str = ""
    in_list: bool = False
    frozen: bool = False
    listed: int = 0
    held: str = "{}"
    valid_from: str = ""
    valid_until: str = ""
    feed_digest: bytes = b""
    feed_signature: str = ""
    feed_settled: bool = False
    noted: str = ""


# All that is unclear has one subject, so to look for one among them would be to look at all of them.
_UNCLEAR = "?"
_COLUMNS = tuple(SourceRow.__slots__)
_WITHOUT_TEXT = ", ".join("NULL" if column == "good" else column for column in _COLUMNS)
_BOOLEANS = frozenset({"settled", "stale", "faulty", "enabled", "in_list", "frozen", "feed_settled"})


class IndexBroken(FeedsError):
    """The index can't be read: whoever deletes it and asks again gets the same answer later."""


class Index:
    """The index of one catalog and one output folder. `version` names the code that wrote it: another's is dropped."""

    def __init__(self, path: Path, version: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        try:
            self._db = self._open(version)
        except sqlite3.DatabaseError:
            self.erase(path)
            self._db = self._open(version)

    @classmethod
    @contextmanager
    def opened(cls, path: Path, version: str) -> Iterator[Self]:
        """Open the index for a while; what wasn't committed by then is forgotten. Raises IndexBroken, StorageError."""
        try:
            index = cls(path, version)
            try:
                yield index
            finally:
                index.close()
        except sqlite3.OperationalError as error:
            raise StorageError(
                f"{path} can't be used: {error}. Free space or mend the disk, and build again."
            ) from error
        except sqlite3.DatabaseError as error:
            raise IndexBroken(f"{path} is broken: {error}. It is a cache: delete it.") from error

    @staticmethod
    def erase(path: Path) -> None:
        """Forget everything."""
        for each in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
            each.unlink(missing_ok=True)

    @classmethod
    def reader(cls, path: Path) -> Self:
        """Open an index that another process has made, for reading alone."""
        index = cls.__new__(cls)
        index._path = path
        index._db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
        return index

    def _open(self, version: str) -> sqlite3.Connection:
        db = sqlite3.connect(self._path)
        db.execute("PRAGMA journal_mode=WAL")
        # A power cut may cost the last build's rows, never the file: they are a cache.
        db.execute("PRAGMA synchronous=OFF")
        known = db.execute("SELECT count(*) FROM sqlite_master WHERE name = 'meta'").fetchone()[0]
        found = db.execute("SELECT value FROM meta WHERE key = 'version'").fetchone() if known else None
        if found is None or found[0] != version:
            db.close()
            self.erase(self._path)
            db = sqlite3.connect(self._path)
            db.execute("PRAGMA journal_mode=WAL")
            db.execute("PRAGMA synchronous=OFF")
            db.executescript(_TABLES)
            db.execute("INSERT INTO meta VALUES ('version', ?)", (version,))
            db.commit()
        return db

    def commit(self) -> None:
        """Keep all that was said since the last commit, at once."""
        self._db.commit()

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def note(self, key: str) -> str | None:
        """Return a remembered text."""
        found = self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return str(found[0]) if found else None

    def remember(self, key: str, value: str) -> None:
        """Remember a text."""
        self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    # -- results and journal: files of events, by subject ("g:" and a guid, "u:" and a user)

    def files(self) -> dict[str, FileRow]:
        """Return the files of events that are known, by path."""
        rows = self._db.execute("SELECT path, number, signature, settled, size, digest, faults FROM file")
        return {row[0]: FileRow(row[1], row[2], bool(row[3]), *row[4:]) for row in rows}

    def put_file(self, path: str, row: FileRow) -> None:
        """Remember how much of a file was read; its number stays."""
        self._db.execute(
            "INSERT INTO file(number, path, signature, settled, size, digest, faults) VALUES (?, ?, ?, ?, ?, ?, ?) "
            "ON CONFLICT(path) DO UPDATE SET signature = excluded.signature, settled = excluded.settled, "
            "size = excluded.size, digest = excluded.digest, faults = excluded.faults",
            (row.number, path, row.signature, row.settled, row.size, row.digest, row.faults),
        )

    def forget_files(self) -> None:
        """Forget all files of events, and the events."""
        self._db.execute("DELETE FROM event")
        self._db.execute("DELETE FROM file")

    def next_file(self) -> int:
        """Return a number for a file that isn't known yet."""
        return int(self._db.execute("SELECT coalesce(max(number), 0) + 1 FROM file").fetchone()[0])

    def drop_file(self, number: int) -> set[str]:
        """Forget a file and its events; return the subjects of those that no other file has."""
        rows = self._db.execute(
            "SELECT DISTINCT subject FROM event AS its WHERE file = ? AND (subject = ? OR NOT EXISTS (SELECT 1 FROM "
            "event AS other WHERE other.subject = its.subject AND other.body = its.body AND other.file != its.file))",
            (number, _UNCLEAR),
        )
        subjects = {row[0] for row in rows}
        self._db.execute("DELETE FROM event WHERE file = ?", (number,))
        self._db.execute("DELETE FROM file WHERE number = ?", (number,))
        return subjects

    def put_events(self, number: int, events: Iterable[tuple[str, Event]], *, compare: bool) -> set[str]:
        """Add events of a file, each under its subject; return the subjects of those that no file had.

        Without `compare` all are taken for new, which is faster where most are.
        """
        rows = [
            (subject, number, json.dumps([event.at.timestamp(), event.event, event.fields], ensure_ascii=True))
            for subject, event in events
        ]
        new = {subject for subject, _, body in rows if not (compare and self._has(subject, body))}
        self._db.executemany("INSERT INTO event VALUES (?, ?, ?)", rows)
        return new

    def _has(self, subject: str, body: str) -> bool:
        query = "SELECT 1 FROM event WHERE subject = ? AND body = ? LIMIT 1"
        return subject != _UNCLEAR and self._db.execute(query, (subject, body)).fetchone() is not None

    def events(self, subjects: Iterable[str]) -> dict[str, list[Event]]:
        """Return the events of these subjects; a subject without any is not among the keys."""
        found: dict[str, list[Event]] = {}
        wanted = list(subjects)
        for start in range(0, len(wanted), 500):
            part = wanted[start : start + 500]
            marks = ",".join("?" * len(part))
            rows = self._db.execute(f"SELECT subject, body FROM event WHERE subject IN ({marks})", part)  # noqa: S608
            for subject, body in rows:
                found.setdefault(subject, []).append(_event(body))
        return found

    def subjects(self, kind: str) -> Iterator[str]:
        """Yield each subject of a kind ("g:" or "u:") that has events."""
        rows = self._db.execute(
            "SELECT DISTINCT subject FROM event WHERE subject >= ? AND subject < ? ORDER BY subject",
            (kind, kind[:-1] + chr(ord(kind[-1]) + 1)),
        )
        for row in rows:
            yield row[0]

    # -- sources: one user's text each

    def scan(self) -> dict[str, Scanned]:
        """Return what tells of each source whether it must be looked at; cheap, as every build asks for all of them."""
        rows = self._db.execute(
            "SELECT source, signature, settled, stale OR faulty, user_id, valid_from, valid_until, "
            "feed_signature, feed_settled, in_list, noted, digest, feed_digest FROM source"
        )
        return {row[0]: Scanned(*row[1:]) for row in rows}

    def rows(self, sources: Iterable[str]) -> dict[str, SourceRow]:
        """Return the rows of these sources, without their texts."""
        wanted = list(sources)
        if len(wanted) > 500:
            names = set(wanted)
            return {row.source: row for row in self.everyone() if row.source in names}
        query = f"SELECT {_WITHOUT_TEXT} FROM source WHERE source = ?"  # noqa: S608
        found = (self._db.execute(query, (source,)).fetchone() for source in wanted)
        return {row[0]: _source(row) for row in found if row}

    def listed_users(self) -> list[tuple[str, str]]:
        """Return (id, username) of each user that belongs into the user list, in order of id."""
        return self._db.execute("SELECT user_id, username FROM source WHERE in_list ORDER BY user_id").fetchall()

    def user_ids(self) -> set[str]:
        """Return the ids of all users that are known."""
        return {row[0] for row in self._db.execute("SELECT user_id FROM source WHERE user_id IS NOT NULL")}

    def total_listed(self) -> int:
        """Return how many videos all feeds list together."""
        return int(self._db.execute("SELECT coalesce(sum(listed), 0) FROM source").fetchone()[0])

    def good(self, source: str) -> tuple[str, bytes] | None:
        """Return the form and the last good text of a source."""
        row = self._db.execute("SELECT form, good FROM source WHERE source = ?", (source,)).fetchone()
        return (row[0], row[1]) if row and row[1] is not None else None

    def standings(self) -> list[tuple[str, str, str, int, int, int, int, str]]:
        """Return (id, username, state, enabled, in_list, frozen, listed, held) of each but archives, in order of id."""
        return self._db.execute(
            "SELECT coalesce(user_id, source), coalesce(username, user_id, source), state, enabled, in_list, frozen, "
            "listed, held FROM source WHERE source NOT LIKE '%.archive.yaml' ORDER BY user_id, source"
        ).fetchall()

    def everyone(self) -> list[SourceRow]:
        """Return all rows without their texts, in order of the user's id."""
        query = f"SELECT {_WITHOUT_TEXT} FROM source ORDER BY user_id, source"  # noqa: S608
        return [_source(row) for row in self._db.execute(query)]

    def shared_guids(self, sources: Sequence[str]) -> dict[int, set[str]]:
        """Return each guid key that these sources share, with another or within one, and all its sources."""
        if len(sources) > 500:
            keys = [row[0] for row in self._db.execute("SELECT key FROM guid GROUP BY key HAVING count(*) > 1")]
        else:
            marks = ",".join("?" * len(sources))
            rows = self._db.execute(
                "SELECT key FROM guid WHERE key IN (SELECT key FROM guid JOIN source ON guid.source = source.number "  # noqa: S608
                f"WHERE source.source IN ({marks})) GROUP BY key HAVING count(*) > 1",
                list(sources),
            )
            keys = [row[0] for row in rows]
        return self.sources_of_guids(keys)

    def put_sources(self, rows: Sequence[SourceRow]) -> None:
        """Put rows in the place of what was known of their sources; a last good text stays until there is a newer."""
        values = [[getattr(row, column) for column in _COLUMNS] for row in rows]
        updates = ", ".join(
            f"{column} = coalesce(excluded.{column}, {column})"
            if column in ("good", "form")
            else f"{column} = excluded.{column}"
            for column in _COLUMNS[1:]
        )
        self._db.executemany(
            f"INSERT INTO source({', '.join(_COLUMNS)}) VALUES ({','.join('?' * len(_COLUMNS))}) "  # noqa: S608
            f"ON CONFLICT(source) DO UPDATE SET {updates}",
            values,
        )

    def stow(self, texts: Iterable[tuple[str, str | None, bytes | None]]) -> None:
        """Put by (source, form, good text), until it is known which sources are frozen."""
        self._db.executemany("INSERT OR REPLACE INTO fresh VALUES (?, ?, ?)", texts)

    def accept_stowed(self) -> None:
        """Take what was put by for the last good text of each source that isn't frozen, and forget the rest."""
        self._db.execute(
            "UPDATE source SET form = fresh.form, good = fresh.good FROM fresh "
            "WHERE fresh.source = source.source AND NOT source.frozen"
        )
        self._db.execute("DELETE FROM fresh")

    def put_feed_signature(self, source: str, signature: str, settled: bool) -> None:
        """Remember the status of a feed as it was published."""
        self._db.execute(
            "UPDATE source SET feed_signature = ?, feed_settled = ? WHERE source = ?", (signature, settled, source)
        )

    def put_guids(self, keys: Iterable[tuple[str, bytes]]) -> None:
        """Put each source's guid keys (as many 64-bit integers) in the place of its former ones."""
        for source, packed in keys:
            its = array("q", packed)
            found = self._db.execute("SELECT number FROM source WHERE source = ?", (source,)).fetchone()
            if found:
                number = found[0]
            else:
                number = self._db.execute("INSERT INTO source(source) VALUES (?)", (source,)).lastrowid
            self._db.execute("DELETE FROM guid WHERE source = ?", (number,))
            self._db.executemany("INSERT INTO guid VALUES (?, ?)", [(key, number) for key in its])

    def drop_sources(self, sources: Iterable[str]) -> None:
        """Forget sources and their guids."""
        for source in sources:
            self._db.execute("DELETE FROM guid WHERE source = (SELECT number FROM source WHERE source = ?)", (source,))
            self._db.execute("DELETE FROM source WHERE source = ?", (source,))

    def sources_of_guids(self, keys: Iterable[int]) -> dict[int, set[str]]:
        """Return the sources that hold each of these guid keys."""
        found: dict[int, set[str]] = {}
        wanted = list(keys)
        for start in range(0, len(wanted), 500):
            part = wanted[start : start + 500]
            marks = ",".join("?" * len(part))
            rows = self._db.execute(
                f"SELECT key, source.source FROM guid JOIN source ON guid.source = source.number "  # noqa: S608
                f"WHERE key IN ({marks})",
                part,
            )
            for key, source in rows:
                found.setdefault(key, set()).add(source)
        return found

    def make_all_stale(self) -> None:
        """Have every source built again."""
        self._db.execute("UPDATE source SET stale = 1")

    def make_stale(self, sources: Iterable[str], users: Iterable[str]) -> None:
        """Have these sources, and these users' sources, built again."""
        self._db.executemany("UPDATE source SET stale = 1 WHERE source = ?", [(each,) for each in sources])
        self._db.executemany("UPDATE source SET stale = 1 WHERE user_id = ?", [(each,) for each in users])


def _source(row: Sequence[Any]) -> SourceRow:
    named = zip(_COLUMNS, row, strict=True)
    values: list[Any] = [bool(value) if column in _BOOLEANS else value for column, value in named]
    return SourceRow(*values)


def _event(body: str) -> Event:
    at, event, fields = json.loads(body)
    return Event(datetime.fromtimestamp(at, UTC), event, fields)
