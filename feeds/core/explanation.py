"""Why a video is or isn't in the feed, and where a user stands, in people's words: the values, and the words.

The reason itself is feeds/core/listing.py's answer; here it is only put into a sentence, with what to do next.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from feeds.core.catalog import VideoEntry
from feeds.core.corrections import is_changed_since_import, live_digests
from feeds.core.errors import Place
from feeds.core.events import VideoResult
from feeds.core.item import Item
from feeds.core.listing import Reason
from feeds.core.live import Ground, StillLive
from feeds.core.partners import Partner, PartnerState
from feeds.core.relisting import OPEN_FOR, is_open

VIDEO_URL = "https://www.dailymotion.com/video/"


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that is so: what it is about, the words, where it stands, and the event or commit that says it.

    `commit` is a commit's hash, its author and subject.
    """

    about: str
    words: str
    place: Place | None = None
    event: str | None = None
    commit: tuple[str, str, str] | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """What is known of a video or a user: the verdict first, then the facts, and what to do next.

    `name` is the guid or the user's id, `title` the video's title or the username. `listed` is None for a user;
    `counts` and `first` are a user's videos by reason, as numbers and the first names of each.
    """

    at: datetime
    name: str
    title: str
    verdict: Fact
    facts: Sequence[Fact]
    next: Sequence[str]
    listed: bool | None = None
    user: str | None = None
    counts: Mapping[str, int] | None = None
    first: Mapping[str, Sequence[str]] | None = None


def reason_words(
    reason: Reason | None,
    video: VideoEntry,
    item: Item,
    result: VideoResult,
    *,
    turn: tuple[int, int, int],
    max_failures: int,
) -> str:
    """Return a sentence for the listing's answer. `turn` is the video's place, of how many, and the feed's limit."""
    place, of, limit = turn
    match reason:
        case None:
            return f"listed: number {place:,} of {min(of, limit):,} in the feed"
        case Reason.IMPORTED:
            return "not listed: imported, Dailymotion has it"
        case Reason.FAILED:
            return f"not listed: failed {len(result.failures):,} times as it is now, and {max_failures:,} are the limit"
        case Reason.HELD:
            return f"not listed: held: {video.hold}"
        case Reason.WITHDRAWN:
            return f"not listed: withdrawn: {video.withdraw}"
        case Reason.BEFORE_WINDOW:
            return f"not listed: its rights begin at {moment_words(item.valid_from)}"
        case Reason.AFTER_WINDOW:
            return f"not listed: its rights ended at {moment_words(item.valid_until)}"
        case Reason.OVER_LIMIT:
            return f"not listed: number {place:,} of {of:,} that wait, and the feed takes {limit:,}"
        case _:
            return f"not listed: {reason.value}"


def moment_words(moment: datetime | None) -> str:
    """Return a moment to the minute, in UTC."""
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment else "no moment"


def partner_fact(partner: Partner, user_id: str) -> Fact:
    """Return where an account stands, since when, by whom and why."""
    words = f"{user_id} is {partner.state.value}"
    if partner.state is PartnerState.UNKNOWN:
        words = f"no event tells of {user_id} as a partner"
    words += f" since {moment_words(partner.since)}" if partner.since else ""
    words += f", by {partner.by}" if partner.by else ""
    return Fact("user", words + (f": {partner.why}" if partner.why else ""))


def relist_words(relist: datetime, result: VideoResult, at: datetime) -> str:
    """Return whether a word to list the video once more holds, and until when."""
    until = moment_words(relist + OPEN_FOR)
    if at < relist:
        return f"begins at {moment_words(relist)}"
    if result.remote_id is None:
        return "has nothing to do: the video was never imported"
    if is_open(relist, result, at):
        return f"open: listed once more until it is imported anew, or until {until}"
    if at >= relist + OPEN_FOR:
        return f"over since {until}: a later date is a new word"
    return "done: it was imported since; a later date is a new word"


def correction_words(item: Item, result: VideoResult) -> str | None:
    """Return what is to say of changes since the import; None where there are none, or nothing is online."""
    if not result.live:
        return None
    if not any(live_digests(result).values()):
        return "not known: nobody noted what was listed when it was imported (feeds build --record does)"
    return "yes: Dailymotion shows it as it was before" if is_changed_since_import(item, result) else None


def next_for_video(
    reason: Reason | None, guid: str, *, live: StillLive | None, changed: bool, at: datetime
) -> list[str]:
    """Return what a person does next about a video; nothing to do is said, too."""
    if live is not None:
        what = f"Take it down ({live.ground.value}), as leaving a feed deletes nothing: feeds takedown {guid}"
        undo = {Ground.WITHDRAWN: "take `withdraw` out", Ground.ENDED: "give it a later `until`"}.get(live.ground)
        return [what, f"If it is to stay, {undo}."] if undo else [what]
    today = f"{at:%Y-%m-%d}"
    match reason:
        case None:
            return [
                "Nothing: Dailymotion reads it with one of its next visits. feeds status names it if that takes long."
            ]
        case Reason.IMPORTED if changed:
            return [
                f"To have Dailymotion read it again as it is now, write `relist: {today}` below it.",
                f"Title, description, tags and category alone can be sent at once: feeds push {guid}",
            ]
        case Reason.IMPORTED:
            return ["Nothing: it is where it should be."]
        case Reason.FAILED:
            return [
                "feeds results failures has the message for your content manager.",
                f"Mend the item, or list it once more as it is: feeds results retry {guid} --why ...",
            ]
        case Reason.HELD:
            return ["When it may go, take the line `hold` out."]
        case Reason.WITHDRAWN:
            return ["Nothing. If it may be listed after all, take the line `withdraw` out."]
        case Reason.BEFORE_WINDOW:
            return ["Nothing: it is listed once its rights begin."]
        case Reason.AFTER_WINDOW:
            return ["If the rights were renewed, write the new `until`. Else nothing."]
        case Reason.OVER_LIMIT:
            return ["Wait, give it a higher `priority`, or raise network.feed_limit."]
        case _:
            return next_for_user(reason)


_USERS_NEXT = {
    Reason.USER_DISABLED: "To list the user again, take `enabled: false` out.",
    Reason.USER_REJECTED: "feeds partners approve lets the account connect once more, if you want it back.",
    Reason.USER_LEFT: "If they are to come back, they connect once more: feeds partners invite makes the link.",
    Reason.USER_NOT_ADOPTED: "Another parent adopted them. See whether network.parent_id is right: feeds doctor",
    Reason.USER_UNKNOWN: "They connect once (feeds partners invite); who is a child already: feeds partners verify.",
    Reason.USER_ASKED: "Decide: feeds partners approve, or refuse.",
    Reason.USER_APPROVED: "They connect once more, and are adopted.",
    Reason.USER_REFUSED: "feeds partners approve lets the account in, if you have changed your mind.",
}


def next_for_user(reason: Reason | None) -> list[str]:
    """Return what a person does next about a user whose state keeps all videos from the feed."""
    return [_USERS_NEXT[reason]] if reason in _USERS_NEXT else []
