"""An item as Dailymotion will read it: a video of the catalog with its user's defaults applied."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Channel:
    """What a feed says of itself: its user's channel."""

    title: str
    link: str
    description: str
    self_url: str


class Item(NamedTuple):
    """One video, ready for the feed. A named tuple, because a build makes millions and a tuple is made at once.

    URLs are absolute and percent-encoded; times are aware and UTC, and the window is [valid_from, valid_until);
    countries are lower-case ISO 3166-1 codes, of which at most one of `allow` and `deny` is not empty; captions
    are (language, URL) pairs in order of language; a tag holds no comma. `explicit` is None where nobody has said.
    """

    guid: str
    title: str
    category: str
    media_url: str
    media_type: str | None = None
    description: str | None = None
    tags: tuple[str, ...] = ()
    language: str | None = None
    duration_s: int | None = None
    size_bytes: int | None = None
    thumbnail_url: str | None = None
    page_url: str | None = None
    published: datetime | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()
    captions: tuple[tuple[str, str], ...] = ()
    explicit: bool | None = None
    relist: datetime | None = None


@dataclass(frozen=True, slots=True)
class MrssTags:
    """The tags whose use by Dailymotion's importer is inferred, not documented: each can be switched off."""

    self_link: bool = True
    thumbnail: bool = True
    keywords: bool = True
    valid: bool = True
    restriction: bool = True
    rating: bool = True
    subtitle: bool = True


def digest(item: Item) -> str:
    """Return a text that changes when the item does: 12 hexadecimal digits of all of it, ".", 8 of its media_url.

    Hashed is the list of guid, title, category and media_url, then of name and value for each further field that has
    not its default, in the order below: so a field added later changes the digest of no item that doesn't use it. Its
    members are joined by U+001F and the members of a member by U+001E, which no feed can hold. A word to list it again
    is not hashed: it follows as ".", and its moment, so that it is known in every later listing.
    """
    members = [item.guid, item.title, item.category, item.media_url]
    if item.media_type is not None:
        members += "media_type", item.media_type
    if item.description is not None:
        members += "description", item.description
    if item.tags:
        members += "tags", "\x1e".join(item.tags)
    if item.language is not None:
        members += "language", item.language
    if item.duration_s is not None:
        members += "duration_s", str(item.duration_s)
    if item.size_bytes is not None:
        members += "size_bytes", str(item.size_bytes)
    if item.thumbnail_url is not None:
        members += "thumbnail_url", item.thumbnail_url
    if item.page_url is not None:
        members += "page_url", item.page_url
    if item.published is not None:
        members += "published", item.published.isoformat()
    if item.valid_from is not None:
        members += "valid_from", item.valid_from.isoformat()
    if item.valid_until is not None:
        members += "valid_until", item.valid_until.isoformat()
    if item.allow:
        members += "allow", "\x1e".join(item.allow)
    if item.deny:
        members += "deny", "\x1e".join(item.deny)
    if item.captions:
        members += "captions", "\x1e".join([part for caption in item.captions for part in caption])
    if item.explicit is not None:
        members += "explicit", "true" if item.explicit else "false"
    whole = blake2b("\x1f".join(members).encode(), digest_size=6)
    media = blake2b(item.media_url.encode(), digest_size=4)
    return f"{whole.hexdigest()}.{media.hexdigest()}{relist_mark(item.relist) if item.relist else ''}"


def relist_mark(relist: datetime) -> str:
    """Return what the digest of an item ends with that is listed again by a person's word."""
    return f".{relist:%Y%m%d%H%M%S}"
