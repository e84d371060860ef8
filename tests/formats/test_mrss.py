"""The feed's bytes, the way back, and what is refused before publication."""

import dataclasses
import os
import shutil
import subprocess
import sys
import warnings
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.core.item import Channel, Item, MrssTags
from feeds.core.xml_characters import forbidden_character
from feeds.formats import mrss
from feeds.formats.mrss import BadFeed

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "data"

CHANNEL = Channel(
    "Anna cooks", "https://nord.example/", "Videos of Anna", "https://feeds.nord.example/feeds/x2anna.xml"
)
FULL = Item(
    guid="anna-0142",
    title='Tarte <aux> pommes & "poires" ]]>',
    category="lifestyle",
    media_url="https://cdn.nord.example/anna/0142.mp4?a=1&b=2",
    media_type="video/mp4",
    description="Sans sucre.\nAvec cannelle.",
    tags=("tarte", "dessert"),
    language="fr",
    duration_s=754,
    size_bytes=1048576,
    thumbnail_url="https://cdn.nord.example/anna/0142.jpg",
    page_url="https://nord.example/v/0142",
    published=datetime(2026, 11, 20, tzinfo=UTC),
    valid_from=datetime(2026, 11, 20, tzinfo=UTC),
    valid_until=datetime(2028, 1, 1, tzinfo=UTC),
    allow=("be", "fr"),
    captions=(("en", "https://cdn.nord.example/anna/0142.en.vtt"), ("fr", "https://cdn.nord.example/anna/0142.fr.srt")),
    explicit=False,
)
BARE = Item("anna-0143", "Crème", "lifestyle", "sftp://media.nord.example:22/0143.mov")
DENIED = Item("anna-0144", "نهاية 🎬", "tv", "https://cdn.nord.example/0144", deny=("us",), explicit=True)
ITEMS = [FULL, BARE, DENIED]
GUIDS = [item.guid for item in ITEMS]
FEED = mrss.render(CHANNEL, ITEMS)


def read(text):
    """Read a feed with feedparser, whose own deprecations are not ours to mend."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=DeprecationWarning, module=r"feedparser(\..*)?")
        import feedparser

        return feedparser.parse(text)


def test_a_feed_is_these_bytes_today_and_next_year():
    assert (DATA / "feed.xml").read_bytes() == FEED


def test_a_feed_without_items_is_valid_and_has_these_bytes():
    feed = mrss.render(CHANNEL, [])
    assert feed == (DATA / "feed-empty.xml").read_bytes()
    mrss.verify(feed, [])
    assert mrss.parse(feed) == (CHANNEL, [])
    assert not read(feed).bozo


def test_the_namespaces_are_exactly_these_four():
    declared = [word for word in FEED.decode().split("<channel>")[0].replace(">", " ").split() if "xmlns" in word]
    assert declared == [
        'xmlns:media="http://search.yahoo.com/mrss/"',
        'xmlns:dcterms="http://purl.org/dc/terms/"',
        'xmlns:dm="http://www.dailymotion.com/dmrss/"',
        'xmlns:atom="http://www.w3.org/2005/Atom"',
    ]


def test_a_feed_says_nothing_of_when_it_was_built():
    assert b"lastBuildDate" not in FEED


def test_lines_end_with_a_line_feed_and_the_text_is_utf_8():
    assert FEED.endswith(b"</rss>\n")
    assert b"\r" not in FEED
    assert FEED.startswith(b'<?xml version="1.0" encoding="UTF-8"?>\n')
    assert "نهاية 🎬".encode() in FEED


def test_a_feed_reads_back_to_the_values_it_was_made_of():
    assert mrss.parse(FEED) == (CHANNEL, ITEMS)


def test_another_reader_of_feeds_finds_everything_where_it_belongs():
    feed = read(FEED)
    assert not feed.bozo
    entry, bare, denied = feed.entries
    assert entry.title == FULL.title
    assert entry.id == "anna-0142"
    assert entry.guidislink is False
    assert entry.link == "https://nord.example/v/0142"
    assert entry.media_content == [
        {
            "url": "https://cdn.nord.example/anna/0142.mp4?a=1&b=2",
            "filesize": "1048576",
            "type": "video/mp4",
            "medium": "video",
            "duration": "754",
            "lang": "fr",
        }
    ]
    assert entry.media_thumbnail == [{"url": "https://cdn.nord.example/anna/0142.jpg"}]
    assert entry.media_keywords == "tarte, dessert"
    assert entry.media_restriction == {"relationship": "allow", "type": "country", "content": ["be", "fr"]}
    assert entry.published == "Fri, 20 Nov 2026 00:00:00 +0000"
    assert entry.validity_start == "2026-11-20T00:00:00Z"
    assert entry.validity_end == "2027-12-31T23:59:59Z"
    assert entry.media_rating == {"scheme": "urn:simple", "content": "nonadult"}
    assert [tag.term for tag in entry.tags] == ["lifestyle", "lifestyle", "tarte", "dessert"]
    assert bare.media_content == [{"url": "sftp://media.nord.example:22/0143.mov", "medium": "video"}]
    assert denied.title == "نهاية 🎬"
    assert denied.media_restriction["relationship"] == "deny"
    assert denied.media_rating["content"] == "adult"


@pytest.mark.parametrize(
    ("switch", "element"),
    [
        ("self_link", b"<atom:link"),
        ("thumbnail", b"<media:thumbnail"),
        ("keywords", b"<media:keywords"),
        ("valid", b"<dcterms:valid"),
        ("restriction", b"<media:restriction"),
        ("rating", b"<media:rating"),
        ("subtitle", b"<media:subTitle"),
    ],
)
def test_each_inferred_tag_can_be_switched_off_and_the_feed_stays_valid(switch, element):
    without = mrss.render(CHANNEL, ITEMS, MrssTags(**{switch: False}))
    assert element in FEED
    assert element not in without
    mrss.verify(without, GUIDS)


def test_every_switch_is_covered_by_the_test_above():
    [mark] = test_each_inferred_tag_can_be_switched_off_and_the_feed_stays_valid.pytestmark
    assert [switch for switch, _ in mark.args[1]] == [field.name for field in dataclasses.fields(MrssTags)]


def test_a_caption_of_a_type_we_do_not_know_has_no_type():
    item = BARE._replace(captions=(("en", "https://cdn.nord.example/a.sub"),))
    assert b'<media:subTitle lang="en" href="https://cdn.nord.example/a.sub"/>' in mrss.render(CHANNEL, [item])


@pytest.mark.parametrize(
    ("start", "until", "written"),
    [
        (datetime(2026, 11, 20, tzinfo=UTC), None, b"start=2026-11-20T00:00:00Z;scheme=W3C-DTF"),
        (None, datetime(2026, 3, 1, tzinfo=UTC), b"end=2026-02-28T23:59:59Z;scheme=W3C-DTF"),
    ],
)
def test_a_window_may_be_open_on_either_side(start, until, written):
    item = BARE._replace(valid_from=start, valid_until=until)
    feed = mrss.render(CHANNEL, [item])
    assert b"<dcterms:valid>" + written + b"</dcterms:valid>" in feed
    mrss.verify(feed, ["anna-0143"])
    assert mrss.parse(feed)[1] == [item]


@pytest.mark.parametrize("month", range(1, 13))
def test_dates_carry_the_english_names_of_their_day_and_month(month):
    moment = datetime(2026, month, month, 1, 2, 3, tzinfo=UTC)
    feed = mrss.render(CHANNEL, [BARE._replace(published=moment)])
    name = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()[month - 1]
    day = "Thu Mon Tue Sat Tue Sat Tue Sat Wed Sat Wed Sat".split()[month - 1]
    assert f"<pubDate>{day}, {month:02d} {name} 2026 01:02:03 +0000</pubDate>".encode() in feed


def test_the_machine_s_locale_changes_no_byte(tmp_path):
    if not shutil.which("localedef"):
        if os.environ.get("FEEDS_TEST_ALL"):
            pytest.fail("localedef is missing")
        pytest.skip("localedef is missing")
    subprocess.run(["localedef", "-i", "fr_FR", "-f", "UTF-8", tmp_path / "fr_FR.UTF-8"], check=True)
    code = (
        "import locale, sys, time; locale.setlocale(locale.LC_ALL, '');"
        "assert time.strftime('%B', (2026, 2, 1, 0, 0, 0, 0, 1, 0)) == 'février';"
        "from tests.formats import test_mrss as t; sys.stdout.buffer.write(t.mrss.render(t.CHANNEL, t.ITEMS))"
    )
    environment = {**os.environ, "LOCPATH": str(tmp_path), "LC_ALL": "fr_FR.UTF-8", "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, check=True)
    assert done.stdout == FEED


def test_a_feed_without_one_of_its_items_is_refused_and_the_item_named():
    with pytest.raises(BadFeed, match=r"^The feed lacks anna-0144\.$"):
        mrss.verify(mrss.render(CHANNEL, ITEMS[:2]), GUIDS)


def test_a_feed_with_an_item_nobody_asked_for_is_refused():
    with pytest.raises(BadFeed, match=r"^The feed has anna-0144, which nobody asked for\.$"):
        mrss.verify(FEED, GUIDS[:2])


def test_a_feed_with_an_item_twice_is_refused():
    with pytest.raises(BadFeed, match=r"^The feed has 4 items instead of 3: a guid is used twice\.$"):
        mrss.verify(mrss.render(CHANNEL, [*ITEMS, FULL]), GUIDS)


def test_a_feed_in_another_order_is_refused():
    with pytest.raises(BadFeed, match=r"^The feed has its items in another order"):
        mrss.verify(mrss.render(CHANNEL, [BARE, FULL, DENIED]), GUIDS)


@pytest.mark.parametrize("end", [0, 1, 100, len(FEED) // 2, len(FEED) - 2])
def test_a_feed_cut_short_is_refused_wherever_it_is_cut(end):
    with pytest.raises(BadFeed, match="not well-formed"):
        mrss.verify(FEED[:end], GUIDS)
    with pytest.raises(BadFeed, match="not a whole feed"):
        mrss.guids(FEED[:end])


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (b"<link>", b"<url/><link>", "Did not expect element url"),
        (b' isPermaLink="false"', b"", "guid"),
        (b"<title>Cr\xc3\xa8me</title>", b"", "Did not expect element guid"),
        (b"<title>Cr\xc3\xa8me</title>", b"<title/>", "title"),
        (b"http://search.yahoo.com/mrss/", b"http://search.yahoo.com/mrss", "Did not expect element category"),
        (b'duration="754"', b'duration="12:34"', "Invalid attribute duration"),
        (b'fileSize="1048576"', b'fileSize="1 MB"', "Invalid attribute fileSize"),
        (b"<category>tv</category>", b"<category>tv set</category>", "NCName"),
        (b'relationship="deny"', b'relationship="block"', "restriction"),
        (b">be fr<", b">be, fr<", "be, fr"),
        (b"Fri, 20 Nov", b"2026-11-20", "2026-11-20"),
        (b"start=2026-11-20T00:00:00Z;", b"start=2026-11-20T00:00:00Z; ", "; end"),
        (b"start=2026-11-20T00:00:00Z;end=2027-12-31T23:59:59Z;", b"", "scheme"),
        (b"0142.mp4?", b"0142 .mp4?", "0142 .mp4"),
        (b"<rss", b'<!DOCTYPE rss [<!ENTITY a "b">]><rss', "DTD"),
        (b"Sans sucre", b"Sans &sucre;", "not well-formed|not of our form"),
        (b"Sans sucre", b"Sans \x0b sucre", "not well-formed"),
        (b"Sans sucre", b"Sans \xff sucre", "not well-formed"),
    ],
)
def test_whatever_is_not_of_our_form_is_refused(old, new, message):
    broken = FEED.replace(old, new)
    assert broken != FEED
    with pytest.raises(BadFeed, match=message):
        mrss.verify(broken, GUIDS)
    with pytest.raises(BadFeed):
        mrss.parse(broken)


def test_a_feed_in_utf_16_cannot_hide_a_dtd():
    with pytest.raises(BadFeed, match="not well-formed"):
        mrss.verify(FEED.decode().replace("<rss", "<!DOCTYPE rss><rss").encode("utf-16"), GUIDS)


def test_a_lone_surrogate_is_refused_rather_than_written():
    with pytest.raises(BadFeed, match="lone surrogate"):
        mrss.render(CHANNEL, [BARE._replace(title="\ud800")])


def test_the_guids_alone_are_told_without_the_rest():
    odd = [BARE._replace(guid=guid) for guid in ("a<b", "&amp;", "日本", '"')]
    assert mrss.guids(FEED) == GUIDS
    assert mrss.guids(mrss.render(CHANNEL, odd)) == ["a<b", "&amp;", "日本", '"']


def test_a_guid_in_a_title_is_not_taken_for_one():
    item = BARE._replace(title='<item><guid isPermaLink="false">x</guid>')
    assert mrss.guids(mrss.render(CHANNEL, [item])) == ["anna-0143"]


def test_a_feed_may_be_larger_than_any_text_within_it():
    items = [BARE._replace(guid=f"g{number}", description="x" * 5000) for number in range(2500)]
    feed = mrss.render(CHANNEL, items)
    assert len(feed) > 12_000_000
    mrss.verify(feed, [item.guid for item in items])


@pytest.mark.parametrize(
    "code", [*range(0x20), 0x7F, 0x85, 0xD7FF, 0xD800, 0xDFFF, 0xE000, 0xFFFD, 0xFFFE, 0xFFFF, 0x1FFFE]
)
def test_a_character_is_forbidden_exactly_when_an_xml_reader_refuses_it(code):
    title = f"a{chr(code)}b"
    try:
        mrss.verify(mrss.render(CHANNEL, [BARE._replace(title=title)]), ["anna-0143"])
        refused = None
    except BadFeed:
        refused = (1, chr(code))
    assert forbidden_character(title) == refused


# What XML can hold; a carriage return is worth its own share, since readers turn a bare one into a line feed.
characters = st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff") | st.sampled_from(
    "\t\n\r<>&\"'\u200f\x7f\x85"
)
texts = st.text(characters, min_size=1)
urls = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1).map("https://cdn.example/".__add__)
words = st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=8)
languages = st.from_regex(r"[a-z]{2}(-[A-Z]{2})?", fullmatch=True)
countries = st.lists(st.from_regex(r"[a-z]{2}", fullmatch=True), max_size=3).map(tuple)
moments = st.datetimes(min_value=datetime(1, 1, 2), timezones=st.just(UTC)).map(lambda t: t.replace(microsecond=0))
counts = st.integers(0, 2**32 - 1)


@st.composite
def items(draw):
    allow = draw(countries)
    return Item(
        guid=draw(texts),
        title=draw(texts),
        category=draw(words),
        media_url=draw(urls),
        media_type=draw(st.none() | st.sampled_from(["video/mp4", "video/webm"])),
        description=draw(st.none() | texts),
        tags=tuple(draw(st.lists(texts.filter(lambda tag: "," not in tag), max_size=3))),
        language=draw(st.none() | languages),
        duration_s=draw(st.none() | counts),
        size_bytes=draw(st.none() | counts),
        thumbnail_url=draw(st.none() | urls),
        page_url=draw(st.none() | urls),
        published=draw(st.none() | moments),
        valid_from=draw(st.none() | moments),
        valid_until=draw(st.none() | moments),
        allow=allow,
        deny=() if allow else draw(countries),
        captions=tuple(draw(st.lists(st.tuples(languages, urls), max_size=2))),
        explicit=draw(st.none() | st.booleans()),
    )


@settings(deadline=None)
@given(st.lists(items(), max_size=4), texts)
def test_any_items_survive_the_way_to_the_feed_and_back(items, title):
    channel = dataclasses.replace(CHANNEL, title=title)
    feed = mrss.render(channel, items)
    mrss.verify(feed, [item.guid for item in items])
    assert mrss.parse(feed) == (channel, items)
    assert mrss.guids(feed) == [item.guid for item in items]


@settings(deadline=None)
@given(items(), items())
def test_no_value_of_one_item_can_reach_into_another(one, other):
    together = mrss.parse(mrss.render(CHANNEL, [one, other]))[1]
    assert together == [*mrss.parse(mrss.render(CHANNEL, [one]))[1], *mrss.parse(mrss.render(CHANNEL, [other]))[1]]
