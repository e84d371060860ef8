"""Which of several files of one video is the one to import.

Media RSS (https://www.rssboard.org/media-rss) lets an item hold many media:content: renditions of one film, its audio,
its pictures, a player, a stream. Dailymotion imports one file, and encodes it anew: so the best one is wanted.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from feeds.core.defaults import MEDIA_TYPES, media_type

_STREAMS = re.compile(r"mpegurl|dash\+xml|vnd\.ms-sstr|x-fms|f4m", re.IGNORECASE)
_STREAM_ENDINGS = re.compile(r"\.(?:m3u8?|mpd|f4m|ism|ismc|smil)(?:/manifest)?(?:[?#]|$)", re.IGNORECASE)
_PICTURE = re.compile(r"\.(?:jpe?g|png|gif|webp)(?:[?#]|$)", re.IGNORECASE)
_SOUND = re.compile(r"\.(?:mp3|m4a|aac|ogg|oga|wav|flac)(?:[?#]|$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Content:
    """One file that an item offers; attributes as in Media RSS, numbers where they are some."""

    url: str
    type: str = ""
    medium: str = ""
    expression: str = ""
    is_default: bool = False
    height: float | None = None
    bitrate: float | None = None
    size: str | None = None
    duration: str | None = None

    def unfit(self) -> str | None:
        """Return why this is no film to import, or None."""
        kind = self.type.lower().partition(";")[0].strip()
        if _STREAMS.search(kind) or _STREAM_ENDINGS.search(self.url):
            return "a stream, and no file"
        if self.expression.lower() == "sample":
            return "only an excerpt (expression sample)"
        if self.expression.lower() == "nonstop":
            return "a live stream (expression nonstop)"
        if self.medium and self.medium.lower() != "video":
            return f"of medium {self.medium}"
        if kind == "application/x-shockwave-flash" or kind.startswith("text/"):
            return f"a player or a page ({kind})"
        if kind.startswith(("audio/", "image/")):
            return f"no video ({kind})"
        if not kind and not self.medium and (_PICTURE.search(self.url) or _SOUND.search(self.url)):
            return "no video, by its ending"
        return None

    def words(self) -> str:
        """Return what tells this one from others."""
        kind = self.type.partition("/")[2] or (media_type(self.url) or "").partition("/")[2]
        parts = [f"{self.height:g} lines" if self.height else "", f"{self.bitrate:g} kbit/s" if self.bitrate else ""]
        return ", ".join(part for part in (*parts, kind, self.shown()) if part)

    def shown(self) -> str:
        """Return the address as people may read it: without a login, and not too much of it."""
        url = re.sub(r"//[^/?#]*@", "//...@", self.url)
        return url if len(url) <= 100 else url[:97] + "..."

    def catalog_type(self) -> str | None:
        """Return the type that the catalog has to name, for the address's ending tells none or another."""
        kind = self.type.lower().partition(";")[0].strip()
        if kind.startswith("video/") and kind != media_type(self.url):
            return kind
        return None

    def is_mp4(self) -> bool:
        """Return whether this is the format that every importer takes."""
        return self.type.lower().startswith("video/mp4") or (not self.type and media_type(self.url) == "video/mp4")

    def is_surely_video(self) -> bool:
        """Return whether anything says that this is a film."""
        kind = self.type.lower()
        return kind.startswith("video/") or kind in MEDIA_TYPES.values() or self.medium == "video" or self.is_film()

    def is_film(self) -> bool:
        """Return whether the address ends like a film's."""
        return media_type(self.url) is not None


def best(contents: Sequence[Content]) -> Content | None:
    """Return the film to import, or None where there is none.

    What is surely a video goes before what may be one, MP4 before all else; then decides the height, or the bitrate,
    or the size, whichever all that are left give and differ in; then isDefault, then the order.
    """
    left = [each for each in contents if each.unfit() is None]
    for wanted in (Content.is_surely_video, Content.is_mp4):
        left = [each for each in left if wanted(each)] or left
    for measured in (_height, _bitrate, _size):
        numbers = [measured(each) for each in left]
        known = [number for number in numbers if number is not None]
        if known and len(known) == len(numbers):
            left = [each for each, number in zip(left, numbers, strict=True) if number == max(known)]
    return next((each for each in left if each.is_default), left[0] if left else None)


def _height(content: Content) -> float | None:
    return content.height


def _bitrate(content: Content) -> float | None:
    return content.bitrate


def _size(content: Content) -> float | None:
    return float(content.size) if content.size and content.size.isdigit() and content.size.strip("0") else None
