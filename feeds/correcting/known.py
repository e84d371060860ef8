"""What is known of a video whose guid a person gives: where the catalog has it, and what has happened to it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from feeds.building.catalog_users import guids_of, read_archives, read_users
from feeds.building.live import state_of
from feeds.building.results import built_from
from feeds.building.sources import CatalogText
from feeds.building.status_events import Happened, read_events
from feeds.core.catalog import Network, UserEntry, VideoEntry
from feeds.core.errors import UsageError
from feeds.core.events import NOTHING_YET, VideoResult, fold_video
from feeds.core.listing import Limits, Listing, Reason, listing
from feeds.formats.catalog_yaml import ReadNetwork, ReadUser
from feeds.settings import Folders


@dataclass(frozen=True, slots=True)
class Known:
    """A catalog with its archives, read, and all that has happened, at a moment."""

    network: Network
    reads: tuple[ReadUser, ...]
    archives: tuple[ReadUser, ...]
    happened: Happened
    results: Mapping[str, VideoResult]
    at: datetime

    def result(self, guid: str) -> VideoResult:
        """Return what came back of a video."""
        return self.results.get(guid, NOTHING_YET)

    def entry(self, guid: str) -> tuple[UserEntry, VideoEntry] | None:
        """Return the video and its user, where a file without a fault has them."""
        for read in self.reads:
            for video in read.user.videos if read.user else ():
                if read.user and video.guid == guid:
                    return read.user, video
        return None

    def listing(self, user: UserEntry) -> Listing:
        """Return the user's feed as it is to be."""
        return listing(
            user,
            {video.guid: self.results[video.guid] for video in user.videos if video.guid in self.results},
            state=state_of(self.happened.users.get(user.id, ()), self.network.parent_id),
            limits=Limits(self.network.feed_limit, self.network.max_failures),
            at=self.at,
        )

    def standing(self, guid: str) -> str:
        """Return in words where a video stands, without its guid."""
        found = self.entry(guid)
        if found is None:
            if any(video.guid == guid for each in self.archives if each.user for video in each.user.videos):
                return f"is archived, imported as {self.result(guid).remote_id}: `withdraw: <a reason>` takes it down"
            if any(guid in guids_of(read) for read in (*self.reads, *self.archives)):
                return "stands in a file with faults: `feeds check` names them"
            if guid in self.happened.guids:
                return "is not in the catalog, and nothing of it is on Dailymotion that we know of"
            return "is no guid of the catalog, and no event tells of it: copy it as it stands there"
        user, video = found
        remote_id, reason = self.result(guid).remote_id, self.listing(user).reasons.get(video.guid)
        if reason is Reason.IMPORTED:
            return f"is imported as {remote_id}, and wanted: `withdraw: <a reason>` in its entry says otherwise"
        if reason is None:
            return f"is listed in the feed of {user.id}" + (f", imported as {remote_id}" if remote_id else "")
        return f"is neither listed nor imported: {reason.value}"


def read_known(folders: Folders, at: datetime, *, as_built: bool = True) -> Known:
    """Read catalog and events: what the site is built from, else the work tree, which editors edit.

    Raises UsageError where catalog.yaml is missing or broken, StorageError.
    """
    if as_built:
        folders = replace(folders, catalog=built_from(folders))
    text = CatalogText(folders.catalog)
    if not isinstance(text.read, ReadNetwork):
        raise UsageError(f"{text.path} has faults: `feeds check` names them.")
    happened = read_events(folders)
    return Known(
        text.network.network,
        tuple(read for _, read in read_users(text, folders.catalog)),
        tuple(read for _, read in read_archives(text, folders.catalog)),
        happened,
        {guid: fold_video(events) for guid, events in happened.guids.items()},
        at,
    )
