"""Which videos a feed lists, and for each other one the reason why not. Everything that explains reads this answer."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from feeds.core.catalog import UserEntry, VideoEntry
from feeds.core.defaults import item_of
from feeds.core.events import NOTHING_YET, VideoResult
from feeds.core.item import Item, digest
from feeds.core.partners import PartnerState
from feeds.core.relisting import bounds, is_open


class Reason(StrEnum):
    """Why a video isn't listed."""

    IMPORTED = "imported"
    FAILED = "failed too often"
    USER_DISABLED = "user disabled"
    USER_REJECTED = "user rejected"
    USER_LEFT = "user left"
    USER_NOT_ADOPTED = "user not adopted"
    USER_UNKNOWN = "user unknown"
    USER_ASKED = "user asked to join"
    USER_APPROVED = "user approved, not connected yet"
    USER_REFUSED = "user refused"
    WITHDRAWN = "withdrawn"
    HELD = "held"
    BEFORE_WINDOW = "before its rights window"
    AFTER_WINDOW = "after its rights window"
    OVER_LIMIT = "over the limit"


_USER_REASONS = {
    PartnerState.REJECTED: Reason.USER_REJECTED,
    PartnerState.LEFT: Reason.USER_LEFT,
    PartnerState.ELSEWHERE: Reason.USER_NOT_ADOPTED,
    PartnerState.ASKED: Reason.USER_ASKED,
    PartnerState.APPROVED: Reason.USER_APPROVED,
    PartnerState.REFUSED: Reason.USER_REFUSED,
    PartnerState.UNKNOWN: Reason.USER_UNKNOWN,
}

ALWAYS = datetime.min.replace(tzinfo=UTC)
FOREVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Limits:
    """The network's numbers that decide about listing."""

    feed_limit: int
    max_failures: int


@dataclass(frozen=True, slots=True)
class Listing:
    """A user's feed at a moment: the items in their order, and why each other video isn't among them.

    The answer is the same for every moment in [valid_from, valid_until). `ended` has the end of the rights window of
    each video whose window is over.
    """

    items: tuple[Item, ...]
    reasons: Mapping[str, Reason]
    valid_from: datetime = ALWAYS
    valid_until: datetime = FOREVER
    ended: Mapping[str, datetime] | None = None

    @property
    def guids(self) -> tuple[str, ...]:
        """Return the guids of the items, in their order."""
        return tuple(item.guid for item in self.items)


@dataclass(frozen=True, slots=True)
class Places:
    """What a listing comes to by guid alone, which is all that another process needs of it."""

    guids: tuple[str, ...]
    reasons: Mapping[str, Reason]
    valid_from: datetime = ALWAYS
    valid_until: datetime = FOREVER
    ended: Mapping[str, datetime] | None = None


def places(of: Listing) -> Places:
    """Return the places of a listing."""
    return Places(of.guids, of.reasons, of.valid_from, of.valid_until, of.ended)


def user_reason(user: UserEntry, state: PartnerState) -> Reason | None:
    """Return why none of the user's videos is listed, or None."""
    return Reason.USER_DISABLED if not user.enabled else _USER_REASONS.get(state)


def listing(
    user: UserEntry, results: Mapping[str, VideoResult], *, state: PartnerState, limits: Limits, at: datetime
) -> Listing:
    """Give each of the user's videos its place in the feed, or its reason.

    The order is by priority, then the oldest first; videos without a date follow, in the catalog's order.
    """
    of_user = user_reason(user, state)
    reasons: dict[str, Reason] = {}
    ended: dict[str, datetime] = {}
    waiting: list[tuple[int, datetime, int, Item]] = []
    valid_from, valid_until = ALWAYS, FOREVER
    for position, video in enumerate(user.videos):
        result = results.get(video.guid, NOTHING_YET)
        if video.withdraw is not None:
            reasons[video.guid] = Reason.WITHDRAWN
            continue
        if result.remote_id is not None and (video.relist is None or not is_open(video.relist, result, at)):
            reasons[video.guid] = Reason.IMPORTED
            if video.relist is None:
                continue
        item = item_of(video, user)
        for moment in (item.valid_from, item.valid_until, *bounds(video.relist)):
            if moment is not None:
                if moment <= at:
                    valid_from = max(valid_from, moment)
                else:
                    valid_until = min(valid_until, moment)
        reason = reasons.get(video.guid) or of_user or _video_reason(video, item, result, limits, at)
        if reason is None:
            waiting.append((-video.priority, item.published or FOREVER, position, item))
        else:
            reasons[video.guid] = reason
            if reason is Reason.AFTER_WINDOW and item.valid_until is not None:
                ended[video.guid] = item.valid_until
    waiting.sort(key=lambda each: each[:3])
    for each in waiting[limits.feed_limit :]:
        reasons[each[3].guid] = Reason.OVER_LIMIT
    items = tuple(each[3] for each in waiting[: limits.feed_limit])
    return Listing(items, reasons, valid_from, valid_until, ended)


def _video_reason(video: VideoEntry, item: Item, result: VideoResult, limits: Limits, at: datetime) -> Reason | None:
    if len(result.failures) >= limits.max_failures and result.failures_of(digest(item)) >= limits.max_failures:
        return Reason.FAILED
    if video.hold is not None:
        return Reason.HELD
    if item.valid_from is not None and at < item.valid_from:
        return Reason.BEFORE_WINDOW
    if item.valid_until is not None and at >= item.valid_until:
        return Reason.AFTER_WINDOW
    return None


def counts(reasons: Iterable[Reason]) -> dict[str, int]:
    """Count the reasons, in the order in which Reason names them."""
    listed: Sequence[Reason] = list(reasons)
    return {reason.value: listed.count(reason) for reason in Reason if reason in listed}
