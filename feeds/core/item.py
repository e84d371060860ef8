"""An item as Dailymotion will read it: a video of the catalog with its user's defaults applied."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Channel:
    """What a feed says of itself: its user's channel."""

    title: str
    link: str
    description: str
    self_url: str


@dataclass(frozen=True, slots=True)
class Item:
    """One video, ready for the feed.

    URLs are absolute and percent-encoded; times are aware and UTC, and the window is [valid_from, valid_until);
    countries are lower-case ISO 3166-1 codes, of which at most one of `allow` and `deny` is not empty; captions
    are (language, URL) pairs in order of language. `explicit` is None where nobody has said.
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
