"""The values that stand in a catalog: the rule of each, and what an editor is told where it is broken.

A large catalog has millions of values and few faults. So pydantic checks each rule natively, by a pattern or a bound,
and a function here puts a fault into words only once there is one: what was found and expected, and the next action.
"""

import difflib
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Annotated, Any, NoReturn

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    GetCoreSchemaHandler,
    WithJsonSchema,
)
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from feeds.core.access import Way
from feeds.core.countries import COUNTRIES
from feeds.core.status import Need
from feeds.core.user_ids import USER_ID, is_user_id

# The categories of the current reference: https://developers.dailymotion.com/v0/reference/video-categories
CATEGORIES = (
    "animals auto creation fun lifestyle music news people school sport tech travel tv videogames webcam".split()
)
# Ids of the older reference (https://developers.dailymotion.com/api/platform-api/reference/) with our advice.
FORMER_CATEGORIES = {
    "kids": "Choose what the video is about (fun, school, tv ...), and set `for_kids: true`.",
    "shortfilms": "Short films stand under `tv` or `creation` today.",
}

# Upper bounds of Dailymotion's API (reference above; title and tags as a public v2 client has them).
TITLE_CHARACTERS = 255
DESCRIPTION_CHARACTERS = 5000
DESCRIPTION_CHARACTERS_OF_ANY_ACCOUNT = 3000
TAGS = 150
TAG_CHARACTERS = 150
# Our own bound: a guid is a key in every system it passes, and 255 bytes is the least that all of them take.
GUID_CHARACTERS = 255

# The transports of Dailymotion's importer: https://developers.dailymotion.com/docs/mass-upload-mrss
# A host is ASCII, as DNS has it; behind it, blanks and letters of all kinds are percent-encoded later.
_ADDRESS = r"(?:https?|ftps?|sftp)://[A-Za-z0-9._-]+(?::[0-9]+)?(?:[/?#][^\s]*(?: [^\s]+)*)?"
# A path below media_base: no way out of the folder, and an ending, so that `null` is not taken for a file.
_PATH = r"(?:[^./\\:?#\s][^/\\:?#]*/)*[^./\\:?#\s][^/\\:?#]*\.[A-Za-z0-9]{1,8}(?:\?[^\s]*)?"
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_LOGIN = re.compile(r"//[^/?#]*@|//[^/?#:]*:(?![0-9]*(?:[/?#]|$)).*@")
_HOST = re.compile(r"[a-z]+://([^/?#:\s]+)")
_RELATIVE = re.compile(_PATH)
_GUID = r"[^\s\p{C}](?:[^\p{C}]*[^\s\p{C}])?"
_LANGUAGE = r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*"
_MEDIA_TYPE = r"(?:video|application)/[A-Za-z0-9_.+-]+"
_WHOLE = re.compile(r"-?[0-9]{1,15}")
_CLOCK = re.compile(r"(?:([0-9]{1,3}):)?([0-9]{1,2}):([0-9]{2})")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SPAN = re.compile(r"([0-9]{1,4})([dh]?)")
# What other readers of YAML take for nothing, and for no; here it is text.
NOTHING = frozenset({"null", "Null", "NULL", "~"})

Explanation = tuple[str, str]


def fault(rule: str, what: str, remedy: str) -> PydanticCustomError:
    """Return a fault for a validator to raise: what was found and expected, and the next action."""
    return PydanticCustomError(rule, "{what}", {"what": what, "remedy": remedy})


_EXPLANATIONS: dict[str, Callable[[Any], Explanation]] = {}


class _Explained:
    """Marks a type whose rule pydantic checks natively, and whose faults `explain` puts into words afterwards.

    A large catalog has millions of values and few faults: the check must be cheap, the words may take their time.
    """

    def __init__(self, rule: str, explain: Callable[[Any], Explanation]) -> None:
        self._rule = rule
        _EXPLANATIONS[rule] = explain

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.custom_error_schema(
            handler(source), custom_error_type=self._rule, custom_error_message=self._rule
        )


def explain(rule: str, value: Any) -> Explanation | None:
    """Return what is wrong with the value and what to do, or None where the rule has no words here."""
    words = _EXPLANATIONS.get(rule)
    return words(value) if words else None


def _in_text(words: Callable[[str], Explanation]) -> Callable[[Any], Explanation]:
    """Let `words` explain a text; what is no text at all is told first."""

    def explained(value: Any) -> Explanation:
        if not isinstance(value, str):
            return f"expected text, found {kind_of(value)}", "Write one text behind the colon."
        if not value or value.isspace():
            return "nothing stands here", "Write a text, or take the line out."
        return words(value)

    return explained


def kind_of(value: Any) -> str:
    """Return what something that isn't text is, in an editor's words."""
    return "a list" if isinstance(value, list) else "key: value pairs" if isinstance(value, dict) else "nothing"


def shown(value: Any) -> str:
    """Return a value as a message shows it: text in quotes and not too much of it, or what it is instead."""
    return f'"{shortened(value)}"' if isinstance(value, str) else kind_of(value)


def shortened(text: str) -> str:
    """Return the beginning of a long text: a message must stay one that people read."""
    return text if len(text) <= 80 else text[:77] + "..."


def is_relative(value: str) -> bool:
    """Return whether this is a path that may stand below a media_base."""
    return _RELATIVE.fullmatch(value) is not None


def _too_long(characters: int) -> Callable[[str], Explanation]:
    def words(value: str) -> Explanation:
        return (
            f"{len(value):,} characters, and {characters:,} is the most",
            f"Shorten it by {len(value) - characters:,}.",
        )

    return words


def _explain_user_id(value: str) -> Explanation:
    return (
        f"{shown(value)} can't be a user id: it names a file, so letters, digits, - and _ only, 64 at most",
        "Copy the id from Dailymotion (it looks like x1fz4ii); it is not the username.",
    )


def _explain_guid(value: str) -> Explanation:
    if len(value) > GUID_CHARACTERS:
        return _too_long(GUID_CHARACTERS)(value)
    return (
        f"{shown(value)} can't be a guid: it has blanks around it, or characters that can't be seen",
        "Dailymotion sends it back letter by letter: use characters that one can see.",
    )


def _explain_category(value: str) -> Explanation:
    if value in FORMER_CATEGORIES:
        return f'"{value}" is no longer a category of Dailymotion', FORMER_CATEGORIES[value]
    return (
        f"{shown(value)} is not a category of Dailymotion{did_you_mean(value, CATEGORIES)}",
        f"Choose one of {', '.join(CATEGORIES)}.",
    )


def _explain_need(value: str) -> Explanation:
    return (
        f"{shown(value)} is nothing that the network can be told of{did_you_mean(value, Need)}",
        f"Choose from {', '.join(Need)}, or take `notify` out to be told of all.",
    )


def _explain_way(value: str) -> Explanation:
    return (
        f"{shown(value)} is no way to close the site{did_you_mean(value, Way)}",
        f"Choose from {', '.join(Way)}, or take `access` out to leave the site open.",
    )


def did_you_mean(value: str, known: Iterable[str]) -> str:
    """Return `: did you mean X?` for the nearest known word, or nothing."""
    near = difflib.get_close_matches(value.lower(), list(known), n=1)
    return f": did you mean {near[0]}?" if near else ""


def _explain_address(value: str) -> Explanation:
    if _LOGIN.search(value):  # first of all, because the words for all else show the value
        return (
            "the address holds a login, and the feed would show it to everyone",
            "Take it out, and give the login to your content manager.",
        )
    scheme = _SCHEME.match(value)
    if scheme and scheme[0].lower() not in ("http:", "https:", "ftp:", "ftps:", "sftp:"):
        return (
            f"an address that begins with {scheme[0]} is nothing that Dailymotion can fetch",
            "Write a whole address that begins with https://, http://, ftps://, ftp:// or sftp://.",
        )
    if scheme and scheme[0] != scheme[0].lower():
        return f"{shown(value)} begins with capital letters", f"Write {scheme[0].lower()} in small letters."
    host = _HOST.match(value)
    if host and not host[1].isascii():
        return f"the host of {shown(value)} has letters beyond a to z", f"Write it as {_host_in_ascii(host[1])}."
    return f"{shown(value)} is not a whole address", "Write it as https://host/path."


def _host_in_ascii(host: str) -> str:
    try:
        return host.encode("idna").decode()
    except UnicodeError:
        return "browsers do: xn--..."


def _explain_location(value: str) -> Explanation:
    if value in NOTHING:
        return f"{value} is text here, and no file", "Take the line out."
    if _SCHEME.match(value):
        return _explain_address(value)
    if value.startswith(("/", ".")) or "\\" in value or "/." in value:
        return (
            f"{shown(value)} leaves the folder of media_base, or names a hidden file",
            "Write a path below media_base such as films/0142.mp4, or a whole address.",
        )
    return (
        f"{shown(value)} is neither a whole address nor a file below media_base",
        "Write it as 0142.mp4 or https://host/0142.mp4.",
    )


def _explain_language(value: str) -> Explanation:
    return f"{shown(value)} is not a language code", "Write it as fr, en or pt-BR."


def _explain_tag(value: str) -> Explanation:
    if "," in value:
        return f"the tag {shown(value)} holds a comma, which would split it in the feed", "Make it two tags."
    return _too_long(TAG_CHARACTERS)(value)


def _explain_media_type(value: str) -> Explanation:
    return f"{shown(value)} is not the type of a video", "Write it as video/mp4, or take the line out."


def _country(value: str) -> str:
    code = value.lower()
    if code not in COUNTRIES:
        hint = " (the United Kingdom is gb)" if code == "uk" else ""
        raise fault(
            "country",
            f"{shown(value)} is not a country code{hint}",
            "Write the two letters of ISO 3166-1, such as fr, be or us.",
        )
    return code


def _folder_url(value: str) -> str:
    if "?" in value or "#" in value:
        raise fault("url", f"{shown(value)} is no folder: it has a ? or a #", "Write it as https://host/folder/.")
    return value if value.endswith("/") else value + "/"


def _no_device(value: str) -> str:
    if not is_user_id(value):
        what = f"{shown(value)} can't be a user id: Windows keeps this name for a device"
        raise fault("user-id", what, _explain_user_id(value)[1])
    return value


def _whole(at_least: int, at_most: int) -> Callable[[Any], int]:
    def parse(value: Any) -> int:
        number = int(value) if isinstance(value, str) and _WHOLE.fullmatch(value) else None
        if number is None or not at_least <= number <= at_most:
            what = f"expected a whole number from {at_least:,} to {at_most:,}, found {shown(value)}"
            raise fault("number", what, "Write digits only.")
        return number

    return parse


def _yes_or_no(value: Any) -> bool:
    if value == "true":
        return True
    if value == "false":
        return False
    raise fault("yes-or-no", f"expected true or false, found {shown(value)}", "Write true or false.")


@lru_cache(maxsize=4096)
def _seconds(value: str) -> int | None:
    if _WHOLE.fullmatch(value):
        return int(value) if int(value) > 0 else None
    if found := _CLOCK.fullmatch(value):
        hours, minutes, seconds = (int(part or 0) for part in found.groups())
        if seconds < 60 and (minutes < 60 or found[1] is None) and hours + minutes + seconds:
            return hours * 3600 + minutes * 60 + seconds
    return None


def _duration(value: Any) -> int:
    seconds = _seconds(value) if isinstance(value, str) else None
    if seconds is None:
        what = f"expected a duration, found {shown(value)}"
        raise fault("duration", what, "Write it as 12:34, 1:02:03 or 754 (seconds).")
    return seconds


def _span(value: Any) -> timedelta:
    found = _SPAN.fullmatch(value) if isinstance(value, str) else None
    if found is None or int(found[1]) == 0:
        raise fault("span", f"expected a number of days or hours, found {shown(value)}", "Write it as 3d, or 36h.")
    return timedelta(hours=int(found[1])) if found[2] == "h" else timedelta(days=int(found[1]))


@lru_cache(maxsize=4096)
def _moment(value: str, end_of_day: bool) -> datetime | None:
    try:
        if _DATE.fullmatch(value):
            start = datetime.fromisoformat(value).replace(tzinfo=UTC)
            if value == "9999-12-31":  # people write it for "forever", and no day comes after it
                return start
            return start + timedelta(days=1) if end_of_day else start
        moment = datetime.fromisoformat(value)
        return moment.astimezone(UTC).replace(microsecond=0) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None


def start_of(value: Any) -> datetime | None:
    """Return the moment that a date or a time begins at, or None where it is neither."""
    return _moment(value, False) if isinstance(value, str) else None


def end_of(value: Any) -> datetime | None:
    """Return the first moment that is outside: a whole day named as the end still counts."""
    return _moment(value, True) if isinstance(value, str) else None


def _start(value: Any) -> datetime:
    return start_of(value) or _no_moment(value)


def _end(value: Any) -> datetime:
    return end_of(value) or _no_moment(value)


def _no_moment(value: Any) -> NoReturn:
    time = isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.]+", value)
    raise fault(
        "date",
        f"{shown(value)} has no zone" if time else f"expected a date, or a time with its zone, found {shown(value)}",
        "Write it as 2026-11-20, or 2026-11-20T18:30:00+01:00.",
    )


def _text_or_null(value: Any) -> str | None:
    if not isinstance(value, str) or value.isspace():
        raise fault("text", f"expected text or null, found {shown(value)}", "Write one word, or null for none.")
    return None if value in NOTHING else value


# JSON Schema sees YAML 1.2 values, where `2012` is a number: every text may be one of these in an editor's eyes.
_ANY_SCALAR: dict[str, Any] = {"type": ["string", "number", "boolean"]}
_ADDRESS_SCHEMA: dict[str, Any] = {"type": "string", "pattern": "^(https?|ftps?|sftp)://"}


def _native(rule: str, words: Callable[[str], Explanation], schema: dict[str, Any], **limits: Any) -> tuple[Any, ...]:
    """Return the marks of a text type: checked natively by the limits, explained by `words`, shown as `schema`."""
    return Field(strict=True, **limits), _Explained(rule, _in_text(words)), WithJsonSchema(schema)


def _whole_text(pattern: str) -> str:
    return f"^(?:{pattern})$"


_VISIBLE = r"\S"  # a text has something to read in it
Text = Annotated[str, *_native("text", _too_long(DESCRIPTION_CHARACTERS), _ANY_SCALAR, pattern=_VISIBLE)]
ShortText = Annotated[
    str,
    *_native("title", _too_long(TITLE_CHARACTERS), _ANY_SCALAR, pattern=_VISIBLE, max_length=TITLE_CHARACTERS),
]
LongText = Annotated[
    str,
    *_native(
        "description",
        _too_long(DESCRIPTION_CHARACTERS),
        _ANY_SCALAR,
        pattern=_VISIBLE,
        max_length=DESCRIPTION_CHARACTERS,
    ),
]
Guid = Annotated[
    str, *_native("guid", _explain_guid, _ANY_SCALAR, pattern=_whole_text(_GUID), max_length=GUID_CHARACTERS)
]
UserId = Annotated[
    str,
    *_native("user-id", _explain_user_id, _ANY_SCALAR, pattern=_whole_text(USER_ID)),
    AfterValidator(_no_device),
]
Category = Annotated[
    str,
    *_native("category", _explain_category, {"enum": list(CATEGORIES)}, pattern=_whole_text("|".join(CATEGORIES))),
]
NeedName = Annotated[
    str,
    *_native("notify", _explain_need, {"enum": list(Need)}, pattern=_whole_text("|".join(Need))),
]
WayName = Annotated[
    str,
    *_native("access", _explain_way, {"enum": list(Way)}, pattern=_whole_text("|".join(Way))),
]
Url = Annotated[str, *_native("url", _explain_address, _ADDRESS_SCHEMA, pattern=_whole_text(_ADDRESS))]
FolderUrl = Annotated[Url, AfterValidator(_folder_url)]
Location = Annotated[str, *_native("media", _explain_location, _ANY_SCALAR, pattern=_whole_text(f"{_ADDRESS}|{_PATH}"))]
Language = Annotated[str, *_native("language", _explain_language, {"type": "string"}, pattern=_whole_text(_LANGUAGE))]
Tag = Annotated[
    str, *_native("tag", _explain_tag, _ANY_SCALAR, pattern=r"^[^,]*[^,\s][^,]*$", max_length=TAG_CHARACTERS)
]
MediaType = Annotated[
    str,
    *_native("media-type", _explain_media_type, {"type": "string"}, pattern=_whole_text(_MEDIA_TYPE)),
]
Country = Annotated[
    str,
    *_native(
        "country",
        lambda value: (f"{shown(value)} is not a country code", "Write fr, be, us ..."),
        _ANY_SCALAR,
        pattern=_VISIBLE,
    ),
    AfterValidator(_country),
]
Bytes = Annotated[int, BeforeValidator(_whole(1, 10**13)), WithJsonSchema({"type": "integer", "minimum": 1})]
Count = Annotated[int, BeforeValidator(_whole(1, 100_000)), WithJsonSchema({"type": "integer", "minimum": 1})]
Priority = Annotated[int, BeforeValidator(_whole(-1000, 1000)), WithJsonSchema({"type": "integer"})]
YesOrNo = Annotated[bool, BeforeValidator(_yes_or_no), WithJsonSchema({"type": "boolean"})]
Seconds = Annotated[int, BeforeValidator(_duration), WithJsonSchema({"type": ["integer", "string"]})]
Span = Annotated[timedelta, BeforeValidator(_span), WithJsonSchema({"type": ["integer", "string"]})]
Start = Annotated[datetime, BeforeValidator(_start), WithJsonSchema({"type": "string"})]
End = Annotated[datetime, BeforeValidator(_end), WithJsonSchema({"type": "string"})]
MaybeText = Annotated[str | None, BeforeValidator(_text_or_null), WithJsonSchema({"type": ["string", "null"]})]
