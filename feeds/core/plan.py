"""What an edit of the catalog would do: each user's feed as it is and as it would be, and what of that is dangerous.

Both feeds are judged at one moment and with the same results, so whatever differs is the edit's doing. Why a video
isn't listed is feeds/core/listing.py's answer, what a removal needs is feeds/core/removals.py's.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from feeds.core.catalog import UserEntry
from feeds.core.corrections import is_changed_since_import, live_digests
from feeds.core.defaults import item_of
from feeds.core.errors import Finding
from feeds.core.events import NOTHING_YET, VideoResult
from feeds.core.item import Item, digest
from feeds.core.listing import Listing, Reason

DELETED, ARCHIVED = "deleted from the catalog", "moved to the archive"


class Danger(StrEnum):
    """What of an edit needs a second look, the worst first."""

    CATALOG = "broken catalog"
    ARCHIVE = "broken archive"
    REMOVALS = "refused removals"
    FROZEN = "user frozen"
    USER_REMOVED = "user removed"
    MOVED = "guid moved"
    RENAMED = "guid renamed"
    LIVE = "still live on Dailymotion"


# The publication of a push waits for these, wholly or for one user.
BLOCKING = frozenset({Danger.CATALOG, Danger.ARCHIVE, Danger.REMOVALS, Danger.FROZEN})


@dataclass(frozen=True, slots=True)
class Warned:
    """One dangerous line: of whose videos, which one (where it is one), what happens, and what to do."""

    danger: Danger
    user: str | None
    guid: str | None
    what: str
    do: str


@dataclass(frozen=True, slots=True)
class Noted:
    """A video and what is said of it: why it isn't listed, or what of it has changed."""

    guid: str
    why: str


@dataclass(frozen=True, slots=True)
class Former:
    """A user's feed before the edit.

    `listed` are its guids in order. `digests` has every video of the catalog as far as it is known as what, `items`
    those whose keys can be compared; `reasons` why the others were not listed, which is known if it is `whole`.
    """

    username: str = ""
    listed: tuple[str, ...] = ()
    digests: Mapping[str, str] = field(default_factory=dict)
    items: Mapping[str, Item] = field(default_factory=dict)
    reasons: Mapping[str, Reason] = field(default_factory=dict)
    whole: bool = True


@dataclass(frozen=True, slots=True)
class UserPlan:
    """What the edit does to one user.

    `waiting` are videos that come into the catalog, or stand in it for another reason than before, and aren't listed;
    `corrected` those that were imported already, so that the edit doesn't reach Dailymotion. Where there is anything
    `blocked`, the feed goes on from the last good version, and the rest is empty.
    """

    id: str
    username: str
    listed: tuple[str, ...] = ()
    gone: tuple[Noted, ...] = ()
    changed: tuple[Noted, ...] = ()
    waiting: tuple[Noted, ...] = ()
    corrected: tuple[str, ...] = ()
    blocked: tuple[Finding, ...] = ()

    @property
    def empty(self) -> bool:
        """Return whether the user's feed stays as it is, and nothing is to be said."""
        return not (self.listed or self.gone or self.changed or self.waiting or self.corrected or self.blocked)


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole edit at a moment. `against` says in words what it is compared with; `users` are those that it touches.

    `removals` is the number that a push has to allow by its trailer, 0 where it needs none.
    """

    at: datetime
    against: str
    users: Sequence[UserPlan]
    warned: Sequence[Warned]
    removals: int = 0
    notes: Sequence[str] = ()

    @property
    def blocks(self) -> bool:
        """Return whether a push of this would be refused, or leave users frozen."""
        return any(each.danger in BLOCKING for each in self.warned)


def entries(user: UserEntry) -> dict[str, Item]:
    """Return every video of a user that has no fault, as an item."""
    return {video.guid: item_of(video, user) for video in user.videos}


def compared(
    user: UserEntry, username: str, former: Former, now: Listing, results: Mapping[str, VideoResult]
) -> UserPlan:
    """Return what becomes of a user's feed."""
    items = entries(user)
    before, listed = set(former.listed), {item.guid for item in now.items}
    changed, corrected = [], []
    for guid, item in items.items():
        known = former.digests.get(guid)
        if known is None or known == digest(item):
            continue
        if guid in before and guid in listed:
            changed.append(Noted(guid, difference(former.items.get(guid), item)))
        elif now.reasons.get(guid) is Reason.IMPORTED and _stays_unread(item, results.get(guid, NOTHING_YET)):
            corrected.append(guid)
    return UserPlan(
        user.id,
        username,
        listed=tuple(item.guid for item in now.items if item.guid not in before),
        gone=tuple(Noted(guid, now.reasons.get(guid, DELETED)) for guid in former.listed if guid not in listed),
        changed=tuple(changed),
        waiting=tuple(
            Noted(guid, reason)
            for guid, reason in now.reasons.items()
            if former.whole and guid not in before and former.reasons.get(guid) is not reason
        ),
        corrected=tuple(corrected),
    )


def with_archived(its: UserPlan, archived: Collection[str]) -> UserPlan:
    """Return the same with those videos told apart that left their user's text for the archive."""
    gone = (Noted(each.guid, ARCHIVED if each.guid in archived else each.why) for each in its.gone)
    return replace(its, gone=tuple(gone))


def _stays_unread(item: Item, result: VideoResult) -> bool:
    known = any(live_digests(result).values())
    return is_changed_since_import(item, result) or (bool(result.live) and not known)


_WORDS = {
    "media_url": "media",
    "duration_s": "duration",
    "size_bytes": "size",
    "thumbnail_url": "thumbnail",
    "page_url": "page",
    "published": "date",
    "valid_from": "rights",
    "valid_until": "rights",
    "allow": "rights",
    "deny": "rights",
}


def difference(before: Item | None, now: Item) -> str:
    """Return the keys by which two items differ, in an editor's words; empty where the former isn't known."""
    if before is None:
        return ""
    names = [name for name in Item._fields if getattr(before, name) != getattr(now, name)]
    return ", ".join(dict.fromkeys(_WORDS.get(name, name) for name in names))


def renamed_and_moved(
    before: Mapping[str, Former], now: Mapping[str, UserEntry], results: Mapping[str, VideoResult]
) -> Iterator[Warned]:
    """Yield each guid that was shown to Dailymotion and has become another one, or another user's."""
    owners = {video.guid: user.id for user in now.values() for video in user.videos}
    known = {guid for former in before.values() for guid in former.digests}
    media = {
        _media(digest(item)): (guid, user.id)
        for user in now.values()
        for guid, item in entries(user).items()
        if guid not in known
    }
    for user_id, former in before.items():
        for guid, its in former.digests.items():
            if guid not in former.listed and not _told(results.get(guid, NOTHING_YET)):
                continue
            owner = owners.get(guid)
            if owner is not None and owner != user_id:
                yield Warned(
                    Danger.MOVED, owner, guid, f"it was {user_id}'s, and would stand with {owner}",
                    f"Dailymotion has it with {user_id}: give it back, or give this video a guid of its own.",
                )  # fmt: skip
            elif owner is None and (found := media.get(_media(its))):
                yield Warned(
                    Danger.RENAMED, found[1], guid, f'it would be called "{found[0]}"',
                    f'A guid never changes: write "{guid}" again, or Dailymotion imports this video twice.',
                )  # fmt: skip


def _media(its: str) -> str:
    return its.split(".")[1] if "." in its else its


def _told(result: VideoResult) -> bool:
    return result.remote_id is not None or bool(result.failures or result.listings)
