"""What is to be uploaded, and whether it may be: judged by the catalog and by all that has happened.

https://developers.dailymotion.com/api/platform-api/reference/#video names the fields that a video is made with.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from feeds.building.listed import last_noted
from feeds.building.live import state_of
from feeds.core.catalog import UserEntry, VideoEntry
from feeds.core.defaults import item_of
from feeds.core.errors import FeedsError, UsageError
from feeds.core.explanation import moment_words, next_for_user
from feeds.core.item import Item
from feeds.core.listing import Reason, user_reason
from feeds.core.partners import fold_partner
from feeds.correcting.known import Known
from feeds.formats import catalog_yaml

# A hold that begins so keeps a video out of the feed for us: any other says that it must wait.
HOLD_WORD = "upload"
# What stands for the film in an entry that is made of words: it is never fetched, nor sent.
_NO_MEDIA = "https://media.invalid/film.mp4"


class UploadRefused(FeedsError):
    """As things stand it can't be uploaded: nothing was sent."""


@dataclass(frozen=True, slots=True)
class Words:
    """What the command line says of a video; None and () where it says nothing."""

    title: str | None = None
    category: str | None = None
    description: str | None = None
    tags: tuple[str, ...] = ()
    for_kids: bool | None = None
    explicit: bool = False
    private: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """A video to be made: whose, of which item, with which fields but for its `url`.

    `notes` are to be read; with `doubts` it is made only by a person's word.
    """

    user: UserEntry
    guid: str | None
    item: Item
    form: Mapping[str, str]
    notes: tuple[str, ...] = field(default=())
    doubts: tuple[str, ...] = field(default=())


def user_of(known: Known, name: str) -> UserEntry:
    """Return the adopted user of this id or username. Raises UsageError, and UploadRefused with the next step."""
    users = [read.user for read in known.reads if read.user]
    found = [each for each in users if each.id == name] or [each for each in users if each.username == name]
    if len(found) > 1:
        raise UsageError(f"{name!a} is the username of {' and '.join(each.id for each in found)}: give the id.")
    user = found[0] if found else _known_by_events(known, name)
    if user is None:
        if any(read.claimed_id == name for read in known.reads):
            raise UploadRefused(f"The file of {name} has faults: `feeds check` names them.")
        raise UsageError(f"{name!a} is no user: neither the catalog nor an event has this id or username.")
    state = state_of(known.happened.users.get(user.id, ()), known.network.parent_id)
    if (reason := user_reason(user.model_copy(update={"enabled": True}), state)) is not None:
        steps = " ".join(next_for_user(reason))
        raise UploadRefused(f"{_name(user)}: {reason.value}. Only for a child may one upload. {steps}".rstrip())
    return user


def of_entry(known: Known, user: UserEntry, guid: str, words: Words) -> Wanted:
    """Return the video of a catalog's entry. Raises UsageError, and UploadRefused with what is in the way."""
    found = known.entry(guid)
    if found is None:
        raise UsageError(f"{guid!a} {known.standing(guid)}.")
    owner, video = found
    if owner.id != user.id:
        raise UsageError(f"{guid!a} is a video of {_name(owner)}, not of {_name(user)}.")
    if words.title or words.category or words.description or words.tags or words.explicit:
        raise UsageError(
            f"Title, category, description, tags and explicit of {guid!a} come from its entry: correct them there."
        )
    item = item_of(video, owner)
    if hindrance := _hindrance(known, video, item):
        raise UploadRefused(f"{guid!a} {hindrance}")
    if words.for_kids is not None and video.for_kids not in (None, words.for_kids):
        raise UsageError(f"The entry of {guid!a} says `for_kids: {_yes(video.for_kids)}`: correct it there.")
    for_kids = words.for_kids if video.for_kids is None else video.for_kids
    if for_kids is None:
        raise UploadRefused(
            f"Dailymotion must be told whether {guid!a} is made for children: write `for_kids: false`, or true, into "
            "its entry, or give --not-for-kids or --for-kids."
        )
    notes = [f"Captions are not sent: {guid} has {len(item.captions)}."] if item.captions else []
    form = form_of(item, for_kids=for_kids, private=words.private)
    return Wanted(owner, guid, item, form, tuple(notes), tuple(_doubts(known, owner, video)))


def of_words(known: Known, user: UserEntry, words: Words) -> Wanted:
    """Return a video that stands in no catalog, held to the same rules. Raises UsageError with all faults."""
    faults = [] if words.title else ["Give --title, or --guid for a video of the catalog."]
    if words.for_kids is None:
        faults.append("Dailymotion must be told whether it is made for children: give --not-for-kids or --for-kids.")
    tree: Any = next((read.tree for read in known.reads if read.user and read.user.id == user.id), {})
    video: dict[str, Any] = {"guid": "film", "title": words.title or "-", "media": _NO_MEDIA, "tags": [*words.tags]}
    video |= {"description": words.description} if words.description else {}
    video |= {"category": words.category} if words.category else {}
    video |= {"explicit": "true"} if words.explicit else {}
    its = {"id": user.id, "username": user.username, "defaults": tree.get("defaults") or {}, "videos": [video]}
    read = catalog_yaml.user_of(its)
    faults += [
        "Give --category, for no default is known."
        if each.rule == "category-missing"
        else f"{each.what}. {each.remedy}"
        for each in read.faults
        if each.severity == "error"
    ]
    if faults or read.user is None:
        raise UsageError("\n".join([*faults, "Nothing was sent."]))
    item = item_of(read.user.videos[0], read.user)
    if outside := _outside(item, known.at):
        raise UploadRefused(f"By the defaults of {_name(user)} it {outside}")
    form = form_of(item, for_kids=bool(words.for_kids), private=words.private)
    return Wanted(user, None, item, form, (), tuple(_user_doubts(user)))


def form_of(item: Item, *, for_kids: bool, private: bool) -> dict[str, str]:
    """Return the fields that a video is made with, but for its `url`; whether it is for children is always among them.

    Its territory and the end of its rights go along: without them it would be seen where and when it must not. A
    private video has no end, since a window of time makes it public there; and nothing is deleted by itself.
    """
    form = {
        "title": item.title,
        "channel": item.category,
        "published": "true",
        "private": _yes(private),
        "is_created_for_kids": _yes(for_kids),
    }
    form |= {"tags": ",".join(item.tags)} if item.tags else {}
    form |= {"description": item.description} if item.description else {}
    form |= {"language": item.language} if item.language else {}
    form |= {"explicit": _yes(item.explicit)} if item.explicit is not None else {}
    if item.thumbnail_url and item.thumbnail_url.startswith(("https://", "http://")):
        form["thumbnail_url"] = item.thumbnail_url
    for word, countries in (("allow", item.allow), ("deny", item.deny)):
        form |= {"geoblocking": ",".join((word, *countries))} if countries else {}
    if item.valid_until and not private:
        form |= {"expiry_date": str(int(item.valid_until.timestamp())), "expiry_date_deletion": "false"}
    return form


def _hindrance(known: Known, video: VideoEntry, item: Item) -> str | None:
    """Return what is in the way of an upload, whatever anybody says."""
    result = known.result(video.guid)
    if result.live:
        return f"is on Dailymotion as {', '.join(result.live)}: nothing is to be uploaded."
    if result.remote_id is not None:
        relist = f"`relist: {known.at:%Y-%m-%d}` in its entry has it imported again."
        return f"was imported as {result.remote_id} and taken down: {relist}"
    if video.withdraw is not None:
        return f"is withdrawn: {video.withdraw}"
    if video.hold is not None and not video.hold.lower().startswith(HOLD_WORD):
        return f"is held: {video.hold}\nTake the line out, or write `hold: {HOLD_WORD}` if it only waits for you."
    return _outside(item, known.at)


def _outside(item: Item, at: datetime) -> str | None:
    if item.valid_from is not None and at < item.valid_from:
        return f"is before its rights window: it begins at {moment_words(item.valid_from)}."
    if item.valid_until is not None and at >= item.valid_until:
        return f"is after its rights window: it ended at {moment_words(item.valid_until)}."
    return None


def _doubts(known: Known, user: UserEntry, video: VideoEntry) -> list[str]:
    doubts = _user_doubts(user)
    reason = known.listing(user).reasons.get(video.guid)
    is_noted = video.guid in last_noted(known.happened.listed.get(user.id, ()))
    # Over the limit it waits in no feed; else whatever is or may be listed can be imported at any moment.
    if reason is None or (is_noted and reason is not Reason.OVER_LIMIT):
        doubts.append(
            f"{video.guid} is listed in the feed of {user.id}: Dailymotion may be importing it, and would then have it "
            f"twice. Write `hold: {HOLD_WORD}` into its entry, publish, and upload it then."
        )
    return doubts


def _user_doubts(user: UserEntry) -> list[str]:
    return [] if user.enabled else [f"{_name(user)} has `enabled: false` in the catalog."]


def _known_by_events(known: Known, name: str) -> UserEntry | None:
    """Return an account that only events know, as a user without a video."""
    for user_id, events in known.happened.users.items():
        username = fold_partner(events, known.network.parent_id).username
        if name in (user_id, username):
            return UserEntry.model_construct(id=user_id, username=username or user_id)
    return None


def _name(user: UserEntry) -> str:
    return f"{user.username} ({user.id})"


def _yes(value: bool) -> str:
    return "true" if value else "false"
