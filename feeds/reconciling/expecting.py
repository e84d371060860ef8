"""What catalog and events say of each user's videos, as it is held against Dailymotion."""

from collections.abc import Iterable
from datetime import datetime
from itertools import chain

from feeds.building.live import last_owner, queue, standings_of
from feeds.core.catalog import UserEntry, VideoEntry
from feeds.core.events import IMPORTED, event_id
from feeds.core.online import Expected
from feeds.core.status import listed_since
from feeds.correcting.known import Known
from feeds.correcting.taking_down import reason_of


def expectations(known: Known, users: Iterable[str]) -> dict[str, list[Expected]]:
    """Return what is expected of these users' videos, by user, in the order given.

    A guid is its catalog's user's; one that the catalog no longer has, of whom it was listed for last.
    """
    standings = standings_of(known.reads, known.archives)
    live = queue(
        known.reads, known.results, known.happened,
        archives=known.archives, parent_id=known.network.parent_id, at=known.at,
    )  # fmt: skip
    ended = {each.guid: reason_of(each) for each in live}
    entries = {video.guid: video for read in (*known.archives, *known.reads) if read.user for video in read.user.videos}
    expected: dict[str, list[Expected]] = {user: [] for user in users}
    files = {read.user.id: read.user for read in known.reads if read.user}
    overdue = {user: _overdue(known, files.get(user)) for user in expected}
    for guid, result in known.results.items():
        events = known.happened.guids[guid]
        user = standings[guid].user if guid in standings else last_owner(events)
        if user not in expected:
            continue
        ids: dict[str, set[str]] = {}
        for event in events:
            if event.event == IMPORTED and (remote_id := event.text("remote_id")):
                ids.setdefault(remote_id, set()).add(event_id(event))
        video: VideoEntry | None = entries.get(guid)
        expected[user].append(
            Expected(
                guid,
                result,
                video.title if video else None,
                video.duration if video else None,
                ended.get(guid, ""),
                overdue[user].get(guid),
                {name: sorted(each) for name, each in ids.items()},
            )
        )
    return expected


def known_ids(known: Known) -> set[str]:
    """Return the id of each video there that any event names, also of an import that was taken back."""
    told = chain(known.happened.guids.values(), known.happened.users.values())
    return {name for events in told for each in events if (name := each.text("remote_id"))}


def _overdue(known: Known, user: UserEntry | None) -> dict[str, datetime]:
    if user is None:
        return {}
    listed = {item.guid for item in known.listing(user).items}
    return {
        guid: since
        for guid, since in listed_since(known.happened.listed.get(user.id, ())).items()
        if guid in listed and known.result(guid).remote_id is None and known.at - since > known.network.overdue
    }
