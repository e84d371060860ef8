"""Still live on Dailymotion: videos that were imported and that the network doesn't want there any more.

Taking a video out of a feed deletes nothing there (https://www.dailymotion.com/dmrss names no deletion). Whatever ends
a video's right to be online has to be followed by a takedown, and all ways into that queue are judged here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from feeds.core.events import VideoResult
from feeds.core.partners import PartnerState


class Ground(StrEnum):
    """Why a video should be online no more."""

    WITHDRAWN = "withdrawn"
    DELETED = "deleted from the catalog"
    REJECTED = "partner rejected"
    ENDED = "rights ended"


@dataclass(frozen=True, slots=True)
class Standing:
    """What the catalog says of a video: whose it is, why it is withdrawn, and when its rights end."""

    user: str
    withdraw: str | None = None
    ends: datetime | None = None


@dataclass(frozen=True, slots=True)
class StillLive:
    """One video to take down: every id that it has there; `why` is a person's reason, or the moment."""

    guid: str
    user: str | None
    remote_ids: tuple[str, ...]
    ground: Ground
    why: str = ""


def still_live(
    results: Mapping[str, VideoResult],
    standings: Mapping[str, Standing],
    states: Mapping[str, PartnerState],
    owners: Mapping[str, str],
    *,
    complete: bool,
    at: datetime,
) -> list[StillLive]:
    """Return what is to be taken down, in order of guid.

    `standings` are the catalog's videos by guid, those of archives among them, and `owners` the users for whom a guid
    was ever listed. Only what was ours can have been deleted: a result for a guid that we never listed is a riddle, not
    a deletion. While the catalog is not `complete`, because a file can't be read, nothing counts as deleted.
    """
    found = []
    for guid in sorted(results):
        if not (remote_ids := results[guid].live):
            continue
        standing = standings.get(guid)
        if standing is None:
            if complete and guid in owners:
                found.append(StillLive(guid, owners[guid], remote_ids, Ground.DELETED))
        elif ground := _ground(standing, states, at):
            found.append(StillLive(guid, standing.user, remote_ids, *ground))
    return found


def _ground(standing: Standing, states: Mapping[str, PartnerState], at: datetime) -> tuple[Ground, str] | None:
    if standing.withdraw is not None:
        return Ground.WITHDRAWN, standing.withdraw
    if states.get(standing.user) is PartnerState.REJECTED:
        return Ground.REJECTED, ""
    if standing.ends is not None and standing.ends <= at:
        return Ground.ENDED, f"{standing.ends:%Y-%m-%d %H:%M} UTC"
    return None
