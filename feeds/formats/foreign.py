"""What a foreign source says of one video, in the catalog's own keys and words, and what of it had none.

Values are texts, lists and mappings as a catalog's reader gives them; whether they keep the catalog's rules is judged
later. A value that can't be told for sure (a date without zone) is left out and noted. A rule about who may see the
video that can't be told holds the video: it must not be shown to more people than its source allows.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from feeds.core.errors import FeedsError
from feeds.core.values import CATEGORIES, start_of
from feeds.core.xml_characters import forbidden_character

# Our own bound for what is read in one go: a feed of Dailymotion's has 100 items, a whole archive some thousands.
ITEMS = 10_000
# Notes on one video.
_NOTES = 100
HELD = "the source restricts who may see it, in a way that the import doesn't understand"

_CLOCK = re.compile(r"(?:(\d{1,3}):)?(\d{1,2}):(\d{2})(?:\.\d+)?")
_SECONDS = re.compile(r"\d{1,9}(?:\.\d+)?")
# https://www.w3.org/TR/xmlschema-2/#duration , as far as videos use it.
_ISO = re.compile(r"P(?:T(?=\d)(?:(\d{1,3})H)?(?:(\d{1,4})M)?(?:(\d{1,6})(?:\.\d+)?S)?)")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_YES = frozenset({"true", "yes", "1", "y", "explicit", "adult"})
_NO = frozenset({"false", "no", "0", "n", "clean", "nonadult"})


class ForeignFault(FeedsError):
    """The source as a whole can't be read; the sentence says where and why."""


@dataclass(frozen=True, slots=True)
class Note:
    """Something that was left out or chosen: the catalog's key, and the sentence's rest."""

    key: str
    what: str


@dataclass(slots=True)
class Foreign:
    """One video of the source: where it stands there, its keys, what had none, and why it can't be taken at all."""

    where: str
    video: dict[str, Any] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    refusal: str | None = None

    def note(self, key: str, what: str) -> None:
        """Note what was left out or chosen, once; a source that is all faults needs no more than many notes."""
        if len(self.notes) < _NOTES and (note := Note(key, what)) not in self.notes:
            self.notes.append(note)

    def hold(self, what: str) -> None:
        """Hold the video, for a rule about who may see it was not understood."""
        self.note("rights", what)
        self.video["hold"] = HELD

    def put_text(self, key: str, text: str | None) -> None:
        """Set a text, without the characters that no feed can hold."""
        if text is None:
            return
        text = text.strip()
        if found := forbidden_character(text):
            self.note(key, f"character U+{ord(found[1]):04X} can stand in no feed: taken out")
            while found := forbidden_character(text):
                text = text.replace(found[1], "")
            text = text.strip()
        if text:
            self.video[key] = text

    def put_tags(self, tags: Iterable[str]) -> None:
        """Set the tags, each once."""
        if own := list(dict.fromkeys(" ".join(tag.split()) for tag in tags if tag.strip())):
            self.video["tags"] = own

    def put_category(self, named: Iterable[str]) -> None:
        """Set the first category that Dailymotion has, too; note the others where it has none of them."""
        words = [word.strip() for word in named if word.strip()]
        for word in words:
            if word.lower() in CATEGORIES:
                self.video["category"] = word.lower()
                return
        for word in dict.fromkeys(words):
            self.note("category", f'"{_short(word)}" is none of Dailymotion\'s')

    def put_date(self, text: str | None) -> None:
        """Set the date of publication, where its moment is certain."""
        if text and text.strip():
            self.video.update(self._moment("date", "date", text))

    def put_window(self, first: str | None, last: str | None) -> None:
        """Set the days or moments between which the video may be seen; what can't be told holds it."""
        for key, text in (("from", first), ("until", last)):
            if text and text.strip():
                found = self._moment(key, "rights", text)
                self.video.setdefault("rights", {}).update(found)
                if not found:
                    self.video["hold"] = HELD
        if not self.video.get("rights", True):
            del self.video["rights"]

    def put_countries(self, key: str, countries: Iterable[str]) -> None:
        """Set the countries of `allow` or `deny`."""
        self.video.setdefault("rights", {})[key] = [country.strip().lower() for country in countries if country.strip()]

    def put_duration(self, text: str | None) -> None:
        """Set the duration from seconds, a clock's form or PT1H2M3S; nothing and 0 mean that it isn't known."""
        if not text or not text.strip() or not text.strip("0:. "):
            return
        seconds = seconds_of(text.strip())
        if seconds is None or seconds < 1:
            self.note("duration", f'"{_short(text)}" is no duration')
            return
        minutes, rest = divmod(seconds, 60)
        hours, minutes = divmod(minutes, 60)
        clock = f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
        self.video["duration"] = clock if hours < 1000 else str(seconds)

    def put_size(self, text: str | None) -> None:
        """Set the bytes; nothing and 0 mean that they aren't known."""
        size = (text or "").strip().replace("\u202f", "")
        if size.strip("0"):
            if size.isascii() and size.isdigit():
                self.video["size"] = size.lstrip("0")
            else:
                self.note("size", f'"{_short(size)}" is no number of bytes')

    def put_flag(self, key: str, text: str | None) -> None:
        """Set true or false from the words that people and podcasts use."""
        word = (text or "").strip().lower()
        if word in _YES or word in _NO:
            self.video[key] = "true" if word in _YES else "false"
        elif word:
            self.note(key, f'"{_short(word)}" is neither true nor false')

    def _moment(self, key: str, of: str, text: str) -> dict[str, str]:
        moment = moment_of(text.strip())
        if isinstance(moment, str):
            return {key: moment}
        why = "has no zone: add Z or +01:00 there" if moment is False else "is no date"
        self.note(of, f'"{_short(text.strip())}" {why}')
        return {}


def seconds_of(text: str) -> int | None:
    """Return a duration in seconds, or None where it is none."""
    if _SECONDS.fullmatch(text):
        return round(float(text))
    if found := _CLOCK.fullmatch(text):
        hours, minutes, seconds = (int(part or 0) for part in found.groups())
        return hours * 3600 + minutes * 60 + seconds if seconds < 60 else None
    if found := _ISO.fullmatch(text):
        hours, minutes, seconds = (int(part or 0) for part in found.groups())
        return hours * 3600 + minutes * 60 + seconds
    return None


def moment_of(text: str) -> str | bool | None:
    """Return a date, or a time with its zone, as the catalog has it; False where the zone is missing, None for neither.

    Read are RFC 822 (as in RSS) and ISO 8601 (as in Atom and Dublin Core); a zone that is only named, but for GMT and
    those of the United States in RFC 822, is none.
    """
    if _DAY.fullmatch(text):
        return text if start_of(text) else None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        try:
            moment = parsedate_to_datetime(text)
        except (ValueError, TypeError, IndexError, OverflowError):
            return None
        if text.endswith("-0000"):  # RFC 5322, 3.3: a time in UTC whose place isn't told
            moment = moment.replace(tzinfo=UTC)
    if moment.tzinfo is None:
        return False
    iso = moment.replace(microsecond=0).isoformat().replace("+00:00", "Z")
    return iso if start_of(iso) else None


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."
