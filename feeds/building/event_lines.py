"""The events of journal and results where few of them will be asked for: found by name, and parsed when asked.

A shard needs those of its own users alone, and to index all, as the build does, would take it longer than its feeds. So
only the names in the lines are looked at: a line is noted under the hash of each. What is found so may be too much, and
is then passed over once it is parsed; it is never too little, for a line whose names aren't plain is parsed at once.
"""

import re
import zlib
from array import array
from collections.abc import Iterable, Iterator
from pathlib import Path

from feeds.building.results import by_subject, lines_digest, result_files
from feeds.core.errors import StorageError
from feeds.core.events import Event
from feeds.formats import results_yaml

_KEY = re.compile(rb'"(?:guid|user)"\s*:')
_NAMED = re.compile(rb'"(?:guid|user)"\s*:\s*"([^"\\]*)"')
_BUCKETS = 1 << 16


class EventLines:
    """All events of a catalog and a state folder as they lay there when this was made. Raises OSError."""

    def __init__(self, catalog: Path, state: Path) -> None:
        self.digests: dict[str, str] = {}
        self._paths: list[Path] = []
        self._newest = (
            array("i", [-1]) * _BUCKETS
        )  # the entry that was noted last in each bucket, and below, the one before
        self._before, self._hash = array("i"), array("q")
        self._file, self._start, self._size, self._check = array("i"), array("q"), array("i"), array("I")
        for name, path in result_files(catalog, state):
            try:
                text = path.read_bytes()
            except FileNotFoundError:  # moved since we looked: its lines are in a file that follows
                continue
            self._paths.append(path)
            end = text.rfind(b"\n") + 1
            if end:
                self.digests[name] = f"{end} {lines_digest(text[:end])}"
            self._note_lines(text[:end])

    def close(self) -> None:
        """Do nothing: no file is held."""

    def events(self, subjects: Iterable[str]) -> dict[str, list[Event]]:
        """Return the events of these subjects, as the index does; a subject without any is not among the keys.

        Raises StorageError where a file is no longer as it was.
        """
        wanted = set(subjects)
        entries = {entry for each in wanted for entry in self._entries(_hashed(each[2:]))}
        found: dict[str, list[Event]] = {}
        for line in self._lines(sorted(entries)):
            event = results_yaml.parse_line(line)
            if isinstance(event, Event):
                for subject, its in by_subject(event):
                    if subject in wanted:
                        found.setdefault(subject, []).append(its)
        return found

    def _note_lines(self, text: bytes) -> None:
        start = 0
        for line in text.split(b"\n"):
            stripped = line.strip()
            if stripped and not stripped.startswith(b"#"):
                check = zlib.crc32(line)
                for name in set(_names(stripped)):
                    self._note(hash(name), start, len(line), check)
            start += len(line) + 1

    def _note(self, hashed: int, start: int, size: int, check: int) -> None:
        bucket = hashed % _BUCKETS
        self._before.append(self._newest[bucket])
        self._newest[bucket] = len(self._hash)
        self._hash.append(hashed)
        self._file.append(len(self._paths) - 1)
        self._start.append(start)
        self._size.append(size)
        self._check.append(check)

    def _entries(self, hashed: int) -> Iterator[int]:
        entry = self._newest[hashed % _BUCKETS]
        while entry >= 0:
            if self._hash[entry] == hashed:
                yield entry
            entry = self._before[entry]

    def _lines(self, entries: Iterable[int]) -> Iterator[bytes]:
        """Yield the lines of these entries, each once though it may have been noted under several names."""
        seen: set[tuple[int, int]] = set()
        for entry in entries:
            place = self._file[entry], self._start[entry]
            if place in seen:
                continue
            seen.add(place)
            path = self._paths[place[0]]
            try:
                with path.open("rb") as file:
                    file.seek(place[1])
                    line = file.read(self._size[entry])
            except OSError as error:
                raise StorageError(f"{path} can't be read: {error.strerror}. {_ANEW}") from error
            if zlib.crc32(line) != self._check[entry]:
                raise StorageError(f"{path} was changed while the shard was built. {_ANEW}")
            yield line.strip()


_ANEW = "Build it anew, with nothing else at work in this folder."


def _hashed(name: str) -> int:
    return hash(name.encode("utf-8", "surrogatepass"))


def _names(line: bytes) -> Iterable[bytes]:
    """Return the names in a line: of guids and users, and of all that a `listed` event has."""
    if b"\\u" not in line and b'"listed"' not in line:
        found = _NAMED.findall(line)
        if len(found) == len(_KEY.findall(line)) > 0:
            return found
    event = results_yaml.parse_line(line)
    if not isinstance(event, Event):
        return ()
    return [subject[2:].encode("utf-8", "surrogatepass") for subject, _ in by_subject(event)]
