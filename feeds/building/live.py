"""Read the queue "still live on Dailymotion": what was imported and should be online no more, from files alone.

Whoever tells of it, or takes something down, asks here; feeds/core/live.py judges.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from feeds.building.catalog_users import guids_of, read_archives, read_users
from feeds.building.results import built_from
from feeds.building.sources import CatalogText
from feeds.building.status_events import Happened, read_events
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
    reads = [read for _, read in read_users(text, catalog)]
    happened = read_events(Folders(catalog, folders.state))
    results = {guid: fold_video(events) for guid, events in happened.guids.items()}
    archives = [read for _, read in read_archives(text, catalog)]
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
    reads, archives = list(reads), list(archives)
    standings = standings_of(reads, archives)
    owners = {standing.user for standing in standings.values()}
    return still_live(
        {guid: result for guid, result in results.items() if result.live},
        standings,
        {user: state_of(happened.users.get(user, ()), parent_id) for user in owners},
        {guid: owner for guid in results if (owner := last_owner(happened.guids.get(guid, ())))},
        complete=is_whole([*reads, *archives]),
        at=at,
    )


def standings_of(reads: Iterable[ReadUser], archives: Iterable[ReadUser] = ()) -> dict[str, Standing]:
    """Return what the catalog says of each video; of a file with faults no more than that it has the guid.

    What stands in an archive has the defaults of its user's own file.
    """
    standings: dict[str, Standing] = {}
    reads = list(reads)
    rights = {read.user.id: read.user.defaults.rights for read in reads if read.user}
    for read in (*archives, *reads):
        if read.user is None:
            standings |= {guid: Standing(read.claimed_id or "") for guid in guids_of(read)}
            continue
        default = rights.get(read.user.id)
        for video in read.user.videos:
            ends = merged_rights(video.rights, default).until
            standings[video.guid] = Standing(read.user.id, video.withdraw, ends)
    return standings


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
