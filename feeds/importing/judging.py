"""Which of a foreign source's videos the catalog can take, by the catalog's own rules, and what of each it can't."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any
from urllib.parse import unquote, urlsplit

from feeds.core.defaults import media_type
from feeds.core.rules import Fault
from feeds.formats import catalog_yaml
from feeds.formats.foreign import HELD, Foreign

# Without these a video is none; what else has a fault is left out, and noted.
_REQUIRED = ("guid", "title", "media", "category")
# Faults in one video: each round takes all out that the rules find, and taking out uncovers few others.
_ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the editor asked for: a category for videos without one, and how to make guids where there are none."""

    category: str | None = None
    guid_prefix: str | None = None


def fit(foreign: Foreign, user: Mapping[str, Any], wishes: Wishes) -> str | None:
    """Make the video one that the catalog takes beside the user's defaults; return why it can't be one, or None.

    What is left out is noted in `foreign`.
    """
    if foreign.refusal:
        return foreign.refusal
    video = foreign.video
    if "media" not in video:
        return "no media: the item names no file"
    if "guid" not in video:
        if wishes.guid_prefix is None:
            return "no guid: a video needs one that never changes; --guid-prefix NAME- makes them of the media's names"
        video["guid"] = made_guid(wishes.guid_prefix, video["media"])
    defaults = user.get("defaults") if isinstance(user.get("defaults"), dict) else {}
    default = defaults.get("category") if isinstance(defaults, dict) else None
    if "category" not in video and wishes.category and wishes.category != default:
        video["category"] = wishes.category
    for _ in range(_ROUNDS):
        tree = {"id": "x", "username": "x", "defaults": defaults, "videos": [video]}
        faults = [each for each in catalog_yaml.user_of(tree).faults if each.path[:2] == ("videos", 0)]
        if not faults:
            return None
        for fault in faults:
            if refusal := _without(foreign, fault):
                return refusal
    return "it has too many faults"


def _without(foreign: Foreign, fault: Fault) -> str | None:
    """Take out what has the fault, and note it; return why the video can't do without."""
    video, key = foreign.video, str(fault.path[2]) if len(fault.path) > 2 else ""
    if key == "category" and fault.rule == "required":
        return "no category: choose one with --category, or in the user's defaults"
    if key in _REQUIRED or key not in video:
        return f"{key}: {fault.what}. {fault.remedy}"
    foreign.note(key, fault.what)
    part = fault.path[3] if len(fault.path) > 3 else None
    if key == "rights":
        del video[key]
        video["hold"] = HELD
    elif key == "tags" and isinstance(part, int):
        video[key] = [tag for number, tag in enumerate(video[key]) if number != part]
    elif key == "captions" and part is not None:
        video[key] = {language: url for language, url in video[key].items() if language != part}
    else:
        del video[key]
    if key in video and not video[key]:
        del video[key]
    return None


def made_guid(prefix: str, media: str) -> str:
    """Return a guid that the media's address alone decides: its name, and a digest for those of one name.

    A query (which may be signed anew each day) counts only where the path doesn't name a film.
    """
    place = urlsplit(media) if media_type(media) is None else urlsplit(media)._replace(query="", fragment="")
    name = unquote(place.path.rpartition("/")[2])
    stem = re.sub(r"[^\w-]+", "-", name.rpartition(".")[0] or name).strip("-")[:80]
    digest = blake2b(place._replace(scheme="").geturl().encode("utf-8", "replace"), digest_size=4).hexdigest()
    return f"{prefix}{stem or 'video'}-{digest}"
