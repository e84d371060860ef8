"""Read the queue "still live on Dailymotion": what was imported and should be online no more, from files alone.

Whoever tells of it, or takes something down, asks here; feeds/core/live.py judges.
"""

from collections.abc import Container, Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from feeds.building.catalog_users import guids_of, read_archives, read_users
from feeds.building.results import built_from
from feeds.building.sources import CatalogText
from feeds.building.status_events import Happened, read_events
from feeds.core.catalog import Rights
from feeds.core.defaults import merged_rights
from feeds.core.errors import UsageError
from feeds.core.events import LISTED, Event, VideoResult, fold_video
from feeds.core.live import Standing, StillLive, still_live
from feeds.core.partners import PartnerState, fold_partner
from feeds.formats.catalog_yaml import ReadNetwork, ReadUser
from feeds.settings import Folders


def read_still_live(folders: Folders, at: datetime) -> list[StillLive]:
    """Return what is to be taken down, in order of guid.

    Raises UsageError where catalog.yaml is missing or broken, StorageError where a file can't be read.
    """
    catalog = built_from(folders)
    text = CatalogText(catalog)
    if not isinstance(text.read, ReadNetwork):
        raise UsageError(f"{text.path} has faults, so nobody can say what should be online. See `feeds check`.")
    happened = read_events(Folders(catalog, folders.state))
    results = {guid: fold_video(events) for guid, events in happened.guids.items()}
    reads = (read for _, read in read_users(text, catalog))
    archives = (read for _, read in read_archives(text, catalog))
    return queue(reads, results, happened, archives=archives, parent_id=text.network.network.parent_id, at=at)


def queue(
    reads: Iterable[ReadUser],
    results: Mapping[str, VideoResult],
    happened: Happened,
    *,
    archives: Iterable[ReadUser] = (),
    parent_id: str,
    at: datetime,
) -> list[StillLive]:
    """Return what is to be taken down, of a catalog whose users were read and of all that has happened."""
    standings = Standings(live_guids(results))
    for read in reads:
        standings.add(read)
    for read in archives:
        standings.add_archive(read)
    return queue_of(standings, results, happened, parent_id=parent_id, at=at)


def queue_of(
    standings: "Standings", results: Mapping[str, VideoResult], happened: Happened, *, parent_id: str, at: datetime
) -> list[StillLive]:
    """Return what is to be taken down; the standings must be those of all that is live."""
    its = standings.all()
    owners = {standing.user for standing in its.values()}
    return still_live(
        {guid: result for guid, result in results.items() if result.live},
        its,
        {user: state_of(happened.users.get(user, ()), parent_id) for user in owners},
        {guid: owner for guid in results if (owner := last_owner(happened.guids.get(guid, ())))},
        complete=standings.whole,
        at=at,
    )


def live_guids(results: Mapping[str, VideoResult]) -> set[str]:
    """Return the guids of what is on Dailymotion."""
    return {guid for guid, result in results.items() if result.live}


class _Said(NamedTuple):
    """What one text says of a video; a text that isn't `sound` says whose it is alone."""

    user: str
    withdraw: str | None = None
    rights: Rights | None = None
    sound: bool = False


class Standings:
    """What the catalog says of videos, gathered text by text, so that no text need be kept.

    `wanted` are the guids that are asked for, all where it is None; `whole` says that the guids of each text are known.
    """

    def __init__(self, wanted: Container[str] | None = None) -> None:
        self.whole = True
        self._wanted = wanted
        self._rights: dict[str, Rights | None] = {}
        self._of_users: dict[str, _Said] = {}
        self._of_archives: dict[str, _Said] = {}

    def add(self, read: ReadUser) -> None:
        """Add a user's text; of one with faults no more is known than that it has its guids."""
        if read.user:
            self._rights[read.user.id] = read.user.defaults.rights
        self._add(read, self._of_users)

    def add_archive(self, read: ReadUser) -> None:
        """Add an archive: what stands in it has the defaults of its user's own file, which has the last word."""
        self._add(read, self._of_archives)

    def _add(self, read: ReadUser, into: dict[str, _Said]) -> None:
        self.whole = self.whole and is_whole([read])
        if read.user is None:
            found = {guid: _Said(read.claimed_id or "") for guid in guids_of(read)}
        else:
            user = read.user
            found = {video.guid: _Said(user.id, video.withdraw, video.rights, sound=True) for video in user.videos}
        wanted = self._wanted
        into |= found if wanted is None else {guid: its for guid, its in found.items() if guid in wanted}

    def all(self) -> dict[str, Standing]:
        """Return what is said of each video, by guid."""
        found = {}
        for guid, said in (self._of_archives | self._of_users).items():
            ends = merged_rights(said.rights, self._rights.get(said.user)).until if said.sound else None
            found[guid] = Standing(said.user, said.withdraw, ends)
        return found


def standings_of(reads: Iterable[ReadUser], archives: Iterable[ReadUser] = ()) -> dict[str, Standing]:
    """Return what the catalog says of each video."""
    standings = Standings()
    for read in reads:
        standings.add(read)
    for read in archives:
        standings.add_archive(read)
    return standings.all()


def is_whole(reads: Iterable[ReadUser]) -> bool:
    """Return whether every text could be read so far that its guids are known."""
    return not any(read.refused and read.tree is None for read in reads)


def state_of(events: Iterable[Event], parent_id: str) -> PartnerState:
    """Return where an account stands."""
    return fold_partner(events, parent_id).state


def last_owner(events: Iterable[Event]) -> str | None:
    """Return the user for whom a guid was listed last, None where it never was; of the guid's own events."""
    listed = [(event.at, owner) for event in events if event.event == LISTED and (owner := event.text("user"))]
    return max(listed)[1] if listed else None
