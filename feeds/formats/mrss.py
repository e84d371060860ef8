"""The feed of one user: RSS 2.0 with Media RSS, as Dailymotion's importer reads it.

The feed's own shape stands in templates/mrss.xml, what is allowed in it in mrss.rng; here are the values' forms
and the way back. Sources: https://developers.dailymotion.com/docs/mass-upload-mrss (the importer),
https://www.rssboard.org/rss-specification , https://www.rssboard.org/media-rss and, for the rights window,
https://www.dublincore.org/specifications/dublin-core/dcmi-period/ . Left out on purpose: lastBuildDate, media:group,
and dm elements, of which only the namespace is documented.
"""

import functools
import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from feeds.core.errors import FeedsError
from feeds.core.item import Channel, Item, MrssTags

if TYPE_CHECKING:
    import jinja2
    from lxml import etree

_TEMPLATES = Path(__file__).parents[2] / "templates"
_SCHEMA = Path(__file__).with_name("mrss.rng")

_MEDIA = "{http://search.yahoo.com/mrss/}"
_DCTERMS = "{http://purl.org/dc/terms/}"
_ATOM = "{http://www.w3.org/2005/Atom}"

# RFC 822, 5.1: the names are English whatever the machine's locale, so strftime won't do.
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

# Dailymotion documents SRT only; the other types are for readers of Media RSS at large.
_CAPTION_TYPES = {"srt": "application/x-subrip", "vtt": "text/vtt", "ttml": "application/ttml+xml"}

_SECOND = timedelta(seconds=1)
_TAG_SEPARATOR = ", "
_GUID = re.compile(rb'<guid isPermaLink="false">([^<]*)</guid>')
_FAULTS_SHOWN = 5

# What the schema leaves to us: tag, attribute (or None for the text), form. A form comes from the template and one
# function for all items alike, so looking at the first of each kind is enough.
_TIME = "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z"
_DATE = f"({'|'.join(_DAYS)}), [0-9]{{2}} ({'|'.join(_MONTHS)}) [0-9]{{4}} [0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}} [+]0000"
_FORMS = (
    (f"{_MEDIA}content", "url", re.compile("[a-z]+://[!-~]+")),
    (f"{_MEDIA}restriction", None, re.compile("[a-z]{2}( [a-z]{2})*")),
    (f"{_DCTERMS}valid", None, re.compile(f"(start={_TIME};)?(end={_TIME};)?(?<=;)scheme=W3C-DTF")),
    ("pubDate", None, re.compile(_DATE)),
)


class BadFeed(FeedsError):
    """These bytes are not a feed of ours: they must not be published, and nothing can be concluded from them."""


def render(channel: Channel, items: Iterable[Item], tags: MrssTags = MrssTags()) -> bytes:  # noqa: B008 (frozen)
    """Render a user's feed with its items in the order given; the same values give the same bytes.

    Fractions of a second are dropped. Raises BadFeed for text that UTF-8 can't hold; `verify` finds all else.
    """
    text = _template().render(channel=channel, items=items, show=tags)
    try:
        # A bare carriage return would be read back as a line feed: https://www.w3.org/TR/xml/#sec-line-ends
        return text.replace("\r", "&#13;").encode()
    except UnicodeEncodeError as error:
        raise BadFeed(f"The feed of {channel.title!a} holds a lone surrogate, which is no text.") from error


def parse(text: bytes) -> tuple[Channel, list[Item]]:
    """Return what a feed of ours says: its channel, and its items in order.

    What the wire doesn't carry comes back as the item's default. Raises BadFeed.
    """
    channel = _read(text)[0]
    link = channel.find(f"{_ATOM}link")
    self_url = "" if link is None else link.get("href", "")
    described = Channel(_text(channel, "title"), _text(channel, "link"), _text(channel, "description"), self_url)
    return described, [_item(element) for element in channel.iterfind("item")]


def verify(text: bytes, guids: Sequence[str]) -> None:
    """Raise BadFeed unless the bytes are a feed of ours with exactly these items in this order.

    Called on every feed before it is published, so that one bad title never makes a user's feed unreadable.
    """
    found = [element.text for element in _read(text).iter("guid")]
    if found == list(guids):
        return
    wanted, seen = set(guids), set(found)
    if missing := [guid for guid in guids if guid not in seen]:
        raise BadFeed(f"The feed lacks {_some(missing)}.")
    if extra := [guid for guid in found if guid not in wanted]:
        raise BadFeed(f"The feed has {_some(extra)}, which nobody asked for.")
    if len(found) != len(guids):
        raise BadFeed(f"The feed has {len(found)} items instead of {len(guids)}: a guid is used twice.")
    raise BadFeed("The feed has its items in another order than they were given.")


def guids(text: bytes) -> list[str]:
    """Return the guids of a feed of ours, in order, without reading the rest.

    Exact for what `render` writes, where each "<" of a value is escaped. Raises BadFeed where the feed is cut short or
    has an item without its guid.
    """
    found = _GUID.findall(text)
    if len(found) != text.count(b"<item>") or not text.endswith(b"</rss>\n"):
        raise BadFeed("This is not a whole feed of ours: its guids can't be told.")
    return [_unescape(guid.decode()) for guid in found]


def _escape(value: object) -> str:
    text = value if type(value) is str else str(value)
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


def _unescape(text: str) -> str:
    text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"').replace("&#13;", "\r")
    return text.replace("&amp;", "&")


@functools.lru_cache(maxsize=8192)
def _rfc_822(moment: datetime) -> str:
    date = f"{_DAYS[moment.weekday()]}, {moment.day:02d} {_MONTHS[moment.month - 1]} {moment.year:04d}"
    return f"{date} {moment.isoformat()[11:19]} +0000"


def _parse_rfc_822(text: str) -> datetime:
    day, month, year, time = text[5:7], _MONTHS.index(text[8:11]) + 1, text[12:16], text[17:25]
    return datetime.fromisoformat(f"{year}-{month:02d}-{day}T{time}+00:00")


@functools.lru_cache(maxsize=8192)
def _period(start: datetime | None, end: datetime | None) -> str:
    """Render the window, whose end is exclusive, as a W3C-DTF period, whose end is part of it.

    Written without blanks: feedparser loses the end after "; ".
    """
    first = f"start={_w3c_dtf(start)};" if start else ""
    last = f"end={_w3c_dtf(end - _SECOND)};" if end else ""
    return f"{first}{last}scheme=W3C-DTF"


def _w3c_dtf(moment: datetime) -> str:
    return moment.isoformat()[:19] + "Z"


def _caption_type(url: str) -> str | None:
    return _CAPTION_TYPES.get(url.rpartition(".")[2].lower())


@functools.cache
def _template() -> "jinja2.Template":
    import jinja2

    # finalize escapes every value as autoescape would, which wraps each in a Markup object: twice the time.
    environment = jinja2.Environment(  # noqa: S701
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        finalize=_escape,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters |= {
        "rfc_822": _rfc_822,
        "period": _period,
        "caption_type": _caption_type,
        "comma_separated": _TAG_SEPARATOR.join,
        "space_separated": " ".join,
    }
    return environment.get_template("mrss.xml")


@functools.cache
def _schema() -> "etree.RelaxNG":
    from lxml import etree

    return etree.RelaxNG(etree.parse(_SCHEMA))


@functools.cache
def _parser() -> "etree.XMLParser":
    """Return a parser that knows UTF-8 and nothing beyond the bytes it is given: no DTD, entity or network.

    Without huge_tree a text of more than 10 MB is refused; a feed as a whole may be larger.
    """
    from lxml import etree

    # Nobody asks for elements by their id, and the table of ids takes a quarter of the time.
    return etree.XMLParser(
        encoding="utf-8", resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, collect_ids=False
    )


def _read(text: bytes) -> "etree._Element":
    """Return the `rss` element of a feed that obeys our schema."""
    from lxml import etree

    # As the parser takes the bytes for UTF-8, no other encoding can hide a DTD from this search.
    if b"<!DOCTYPE" in text:
        raise BadFeed("The feed has a DTD, which ours never have.")
    try:
        root = etree.fromstring(text, _parser())
    except etree.XMLSyntaxError as error:
        raise BadFeed(f"The feed is not well-formed XML: {error.msg}.") from error
    schema = _schema()
    if not schema.validate(root):
        faults = [f"line {fault.line}: {fault.message}" for fault in schema.error_log]
        raise BadFeed(f"The feed is not of our form: {_some(faults)}.")
    for tag, attribute, form in _FORMS:
        element = next(root.iter(tag), None)
        if element is not None:
            value = (element.get(attribute) if attribute else element.text) or ""
            if not form.fullmatch(value):
                raise BadFeed(f'The feed is not of our form: line {element.sourceline} has "{value}".')
    return root


def _item(element: "etree._Element") -> Item:
    content = element.find(f"{_MEDIA}content")
    assert content is not None  # noqa: S101 (the schema has seen it)
    size, duration = content.get("fileSize"), content.get("duration")
    thumbnail = element.find(f"{_MEDIA}thumbnail")
    keywords = element.findtext(f"{_MEDIA}keywords")
    published = element.findtext("pubDate")
    window = dict(part.split("=") for part in element.findtext(f"{_DCTERMS}valid", "").split(";") if part)
    start, end = window.get("start"), window.get("end")
    rating = element.findtext(f"{_MEDIA}rating")
    countries: dict[str | None, tuple[str, ...]] = {
        restriction.get("relationship"): tuple((restriction.text or "").split())
        for restriction in element.iterfind(f"{_MEDIA}restriction")
    }
    return Item(
        guid=_text(element, "guid"),
        title=_text(element, "title"),
        category=_text(element, "category"),
        media_url=content.get("url", ""),
        media_type=content.get("type"),
        description=element.findtext("description"),
        tags=tuple(keywords.split(_TAG_SEPARATOR)) if keywords else (),
        language=content.get("lang"),
        duration_s=None if duration is None else int(duration),
        size_bytes=None if size is None else int(size),
        thumbnail_url=None if thumbnail is None else thumbnail.get("url"),
        page_url=element.findtext("link"),
        published=_parse_rfc_822(published) if published else None,
        valid_from=datetime.fromisoformat(start) if start else None,
        valid_until=datetime.fromisoformat(end) + _SECOND if end else None,
        allow=countries.get("allow", ()),
        deny=countries.get("deny", ()),
        captions=tuple(
            (caption.get("lang", ""), caption.get("href", "")) for caption in element.iterfind(f"{_MEDIA}subTitle")
        ),
        explicit=None if rating is None else rating == "adult",
    )


def _text(element: "etree._Element", name: str) -> str:
    return element.findtext(name, "")


def _some(faults: Sequence[object]) -> str:
    more = f" and {len(faults) - _FAULTS_SHOWN} more" if len(faults) > _FAULTS_SHOWN else ""
    return ", ".join(map(str, faults[:_FAULTS_SHOWN])) + more
