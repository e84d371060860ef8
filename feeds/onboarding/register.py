"""The register of partners: what the catalog and the events say of every account, read from the files when asked.

The app keeps one for its lifetime. What was read before is read again only where it has changed, and only the lines
that tell of partners are parsed, so that a page hardly gets slower with the videos that were imported.
"""

import mmap
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import MAXYEAR, datetime, timedelta
from pathlib import Path
from threading import Lock

from feeds.building.results import built_from, result_files
from feeds.building.sources import CatalogText, included
from feeds.core.catalog import Network
from feeds.core.errors import FeedsError, UsageError
from feeds.core.events import INVITED, PARTNER_EVENTS, Event
from feeds.core.partners import Invitation, Partner, fold_invitations, fold_partner
from feeds.formats import catalog_yaml, results_yaml
from feeds.formats.catalog_yaml import ReadNetwork
from feeds.settings import Folders
from feeds.storage.signature import settled, signature

# Programs write an event's name second (feeds/formats/results_yaml.py); a person may have set spaces.
_PARTNER_LINE = re.compile(
    rb'^- \{[^\n]*"event" *: *"(?:%s)"[^\n]*$' % "|".join(sorted({*PARTNER_EVENTS, INVITED})).encode(), re.MULTILINE
)
# A user's own keys stand before the videos in nearly every file, and thousands of videos needn't be read for them.
_VIDEOS = re.compile(rb"^videos:", re.MULTILINE)


class CatalogBroken(FeedsError):
    """catalog.yaml has faults: nobody can tell what the network is."""


@dataclass(slots=True)
class _Read:
    """A file of events as it was read last: how it looked then, and what it said of partners."""

    signature: str
    settled: bool
    events: list[Event] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Head:
    """A user file as it was read last: how it looked then, and whom it names."""

    signature: str
    settled: bool
    user_id: str | None
    username: str


class Register:
    """All accounts that the catalog or an event names. Safe to share between threads."""

    def __init__(self, folders: Folders) -> None:
        self._folders = folders
        self._lock = Lock()
        self._files: dict[Path, _Read] = {}
        self._heads: dict[Path, _Head] = {}
        self._catalog: tuple[bytes, ReadNetwork] | None = None

    def network(self) -> Network:
        """Return the network's settings. Raises CatalogBroken, and UsageError where there is no catalog."""
        with self._lock:
            return self._read_catalog().network

    def include(self) -> tuple[str, ...]:
        """Return the patterns by which the catalog reads user files."""
        with self._lock:
            return self._read_catalog().include

    def events(self) -> list[Event]:
        """Return every event that tells of a partner or an invitation."""
        with self._lock:
            return list(self._read_events())

    def partners(self) -> dict[str, Partner]:
        """Return every account that an event names, by id."""
        with self._lock:
            parent = self._read_catalog().network.parent_id
            by_user: dict[str, list[Event]] = {}
            for event in self._read_events():
                if user := event.text("user"):
                    by_user.setdefault(user, []).append(event)
        return {user: fold_partner(events, parent) for user, events in sorted(by_user.items())}

    def partner(self, user_id: str) -> Partner:
        """Return where one account stands."""
        parent_id = self.network().parent_id
        return fold_partner((event for event in self.events() if event.text("user") == user_id), parent_id)

    def moment_after(self, user_id: str, now: datetime) -> datetime:
        """Return now; where an event of this account is later, the millisecond after it.

        Whoever had to wait has looked at the clock before, and another machine's clock may be ahead: the state comes
        from the latest event, which must be the one that answers the others.
        """
        latest = max((event.at for event in self.events() if event.text("user") == user_id), default=None)
        shown = now.replace(microsecond=now.microsecond // 1000 * 1000)  # as an event's line has it
        if latest is None or latest < shown or latest.year == MAXYEAR:
            return now
        return latest + timedelta(milliseconds=1)

    def invitations(self) -> list[Invitation]:
        """Return the invitations that were made, oldest first."""
        return fold_invitations(self.events())

    def usernames(self) -> dict[str, str]:
        """Return the users that the catalog lists: their usernames, by id. Files that name nobody are passed over."""
        with self._lock:
            return dict(self._read_users())

    def _read_catalog(self) -> ReadNetwork:
        text = CatalogText(built_from(self._folders))
        if self._catalog is None or self._catalog[0] != text.digest:
            if not isinstance(text.read, ReadNetwork):
                raise CatalogBroken(f"{text.path} has faults. `feeds check` lists them.")
            self._catalog = (text.digest, text.read)
        return self._catalog[1]

    def _read_events(self) -> Iterator[Event]:
        found: dict[Path, _Read] = {}
        for _, path in result_files(built_from(self._folders), self._folders.state):
            try:
                found[path] = _newer(path, self._files.get(path))
            except FileNotFoundError:  # moved since we looked: its lines are in a file that follows
                continue
            yield from found[path].events
        self._files = found

    def _read_users(self) -> Iterator[tuple[str, str]]:
        read, catalog = self._read_catalog(), built_from(self._folders)
        for tree in read.users:
            if named := _named(tree):
                yield named
        heads: dict[Path, _Head] = {}
        for source in included(catalog, list(read.include)):
            path = catalog / source.name
            try:
                heads[path] = _head(path, self._heads.get(path))
            except OSError:  # `feeds check` tells why
                continue
            if (user_id := heads[path].user_id) is not None:
                yield user_id, heads[path].username
        self._heads = heads


def refuse_unknown(user_id: str, known: Mapping[str, object]) -> None:
    """Raise UsageError for an account that neither catalog nor events name."""
    if user_id not in known:
        raise UsageError(f"{user_id!a} is nobody that the catalog or an event names. `feeds partners list` shows all.")


def _newer(path: Path, known: _Read | None) -> _Read:
    """Return what a file of events says of partners, read again unless it is surely the same."""
    with path.open("rb") as file:
        status = os.fstat(file.fileno())
        now = signature(status)
        if known is not None and known.settled and known.signature == now:
            return known
        if not status.st_size:
            return _Read(now, settled(status))
        with mmap.mmap(file.fileno(), status.st_size, access=mmap.ACCESS_READ) as text:
            end = text.rfind(b"\n") + 1
            lines = [found[0] for found in _PARTNER_LINE.finditer(text, 0, end)]
    return _Read(now, settled(status), list(_events(lines)))


def _events(lines: Iterable[bytes]) -> Iterator[Event]:
    for line in lines:
        event = results_yaml.parse_line(line.strip())
        if isinstance(event, Event) and event.event in {*PARTNER_EVENTS, INVITED}:
            yield event


def _head(path: Path, known: _Head | None) -> _Head:
    with path.open("rb") as file:
        status = os.fstat(file.fileno())
        now = signature(status)
        if known is not None and known.settled and known.signature == now:
            return known
        text = file.read()
    found = _VIDEOS.search(text)
    named = _named(catalog_yaml.parse_user(text[: found.start()] if found else text).tree)
    named = named or _named(catalog_yaml.parse_user(text).tree)
    return _Head(now, settled(status), *(named or (None, "")))


def _named(tree: object) -> tuple[str, str] | None:
    if not isinstance(tree, dict) or not isinstance(user_id := tree.get("id"), str):
        return None
    username = tree.get("username")
    return user_id, username if isinstance(username, str) else user_id
