"""A user's defaults applied to their videos: what an editor left out is filled in, and addresses are made whole."""

import re
from urllib.parse import quote

from feeds.core.catalog import Rights, UserEntry, VideoEntry
from feeds.core.item import Item

# Fixed here, not read from the machine: the same catalog must give the same bytes everywhere.
# https://www.iana.org/assignments/media-types/media-types.xhtml#video, and the usual names of what isn't registered.
MEDIA_TYPES = {
    "3gp": "video/3gpp",
    "avi": "video/x-msvideo",
    "flv": "video/x-flv",
    "m4v": "video/x-m4v",
    "mkv": "video/x-matroska",
    "mov": "video/quicktime",
    "mp4": "video/mp4",
    "mpeg": "video/mpeg",
    "mpg": "video/mpeg",
    "mts": "video/mp2t",
    "mxf": "application/mxf",
    "ogv": "video/ogg",
    "ts": "video/mp2t",
    "webm": "video/webm",
    "wmv": "video/x-ms-wmv",
}

_WHOLE_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_NEEDS_ENCODING = re.compile(r"[^A-Za-z0-9:/?#@!$&'()*+,;=%._~-]|%(?![0-9A-Fa-f]{2})|#.*#")


def item_of(video: VideoEntry, user: UserEntry) -> Item:
    """Return the item that the video is with its user's defaults.

    The video must have no fault: a category, and a media_base where its media is a path.
    """
    defaults = user.defaults
    base = defaults.media_base
    rights = merged_rights(video.rights, defaults.rights)
    media_url = absolute(video.media, base)
    tags = video.tags
    if defaults.tags:
        tags = tuple(dict.fromkeys(tags + defaults.tags))
    return Item(
        guid=video.guid,
        title=video.title,
        category=video.category or defaults.category or "",
        media_url=media_url,
        media_type=video.media_type or media_type(media_url),
        description=video.description,
        tags=tags,
        language=defaults.language,
        duration_s=video.duration,
        size_bytes=video.size,
        thumbnail_url=absolute(video.thumbnail, base) if video.thumbnail else None,
        page_url=absolute(video.page, None) if video.page else None,
        published=video.date,
        valid_from=rights.from_,
        valid_until=rights.until,
        allow=rights.allow or (),
        deny=rights.deny or (),
        captions=tuple((language, absolute(video.captions[language], base)) for language in sorted(video.captions))
        if video.captions
        else (),
        explicit=video.explicit,
        relist=video.relist,
    )


_NO_RIGHTS = Rights()


def merged_rights(own: Rights | None, default: Rights | None) -> Rights:
    """Return the rights that hold: the video's own word wins key by key, and its territory as a whole."""
    if own is None or default is None:
        return own or default or _NO_RIGHTS
    territory = own if own.allow is not None or own.deny is not None else default
    return Rights.model_construct(
        from_=own.from_ or default.from_,
        until=own.until or default.until,
        allow=territory.allow,
        deny=territory.deny,
    )


def absolute(location: str, base: str | None) -> str:
    """Return the whole, percent-encoded address of a location; what is already encoded stays."""
    url = location if base is None or _WHOLE_URL.match(location) else base + location
    if _NEEDS_ENCODING.search(url):
        url = quote(re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", url), safe=":/?#@!$&'()*+,;=%~")
        head, mark, fragment = url.partition("#")
        url = head + mark + fragment.replace("#", "%23")
    return url


def media_type(url: str) -> str | None:
    """Return the MIME type by the address's ending, or None where the ending says nothing."""
    path = url.partition("?")[0].partition("#")[0]
    return MEDIA_TYPES.get(path.rpartition(".")[2].lower())
