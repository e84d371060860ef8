"""What foreign feeds and tables say comes over in the catalog's words, and what can't be told for sure is noted."""

import json
from dataclasses import asdict
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.core.defaults import item_of
from feeds.core.item import Channel
from feeds.formats import catalog_yaml, foreign_source, mrss
from feeds.formats.foreign import HELD, Foreign, ForeignFault, moment_of, seconds_of
from feeds.formats.foreign_html import text_of
from feeds.formats.foreign_media import Content, best

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "tests" / "data" / "foreign"


def parse(text, **options):
    return foreign_source.parse(text if isinstance(text, bytes) else text.encode(), **options)


def item(inside, *, namespace="http://search.yahoo.com/mrss/"):
    """Return what the one item of a feed comes to."""
    head = f'<rss version="2.0" xmlns:media="{namespace}" xmlns:dcterms="http://purl.org/dc/terms/"'
    head += ' xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd">'
    return parse(f"{head}<channel><item>{inside}</item></channel></rss>")[0]


@pytest.mark.parametrize("sample", sorted(each.name for each in SAMPLES.iterdir() if each.suffix != ".golden"))
def test_a_sample_in_the_style_of_a_real_source_comes_over_as_golden(sample):
    found = [asdict(each) for each in parse((SAMPLES / sample).read_bytes())]
    golden = (SAMPLES / f"{sample}.golden").read_text()
    assert json.dumps(found, ensure_ascii=False, indent=1) + "\n" == golden


@pytest.mark.parametrize("user", ["cafecourts", "openmovies", "smallscreen"])
def test_the_feed_that_this_program_writes_comes_back_as_it_was(user):
    read = catalog_yaml.parse_user((ROOT / "users" / f"{user}.yaml").read_bytes()).user
    items = [item_of(video, read) for video in read.videos]
    feed = mrss.render(Channel("A", "https://nord.example/", "A", "https://nord.example/a.xml"), items)
    found = parse(feed)
    assert [each.refusal for each in found] == [None] * len(items)
    back = catalog_yaml.user_of({"id": "x", "username": "x", "videos": [each.video for each in found]})
    assert back.faults == ()
    for before, video in zip(items, back.user.videos, strict=True):
        after = item_of(video, back.user)
        assert after._replace(language=before.language) == before


@pytest.mark.parametrize(
    "namespace",
    ["http://search.yahoo.com/mrss/", "http://search.yahoo.com/mrss", "https://search.yahoo.com/mrss/",
     "http://video.search.yahoo.com/mrss", "http://www.rssboard.org/media-rss", "HTTP://SEARCH.YAHOO.COM/MRSS"],
)  # fmt: skip
def test_media_rss_is_known_by_all_its_names(namespace):
    assert item('<media:content url="https://h.example/a.mp4"/>', namespace=namespace).video["media"]


@pytest.mark.parametrize(
    ("inside", "reason"),
    [
        ("<title>A</title>", "no media: the item names no file"),
        (
            '<media:content><media:player url="https://h.example/p/1"/></media:content>',
            "no media: the item names a player",
        ),
        ('<media:group><media:embed url="https://h.example/p/1"/></media:group>', "no media: the item names a player"),
        (
            '<media:content url="https://h.example/a.m3u8"/>',
            "no media: https://h.example/a.m3u8 is a stream, and no file",
        ),
        ('<media:content url="a.mp4"/>', 'no media: "a.mp4" is relative, and nothing says to what'),
        (
            '<media:content url="https://h.example/a.mp4"/><media:status state="blocked"/>',
            "the source says that it is bl",
        ),
    ],
)
def test_an_item_without_a_file_to_import_says_what_it_has_instead(inside, reason):
    assert item(inside).refusal.startswith(reason)


def content(ending, **attributes):
    return Content(url=f"https://h.example/{ending}", **attributes)


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        ([content("a.mp4", height=360), content("b.mp4", height=1080), content("c.mp4", height=720)], "b.mp4"),
        ([content("a.webm", height=2160), content("b.mp4", height=360)], "b.mp4"),
        ([content("a.mp4", bitrate=800), content("b.mp4", bitrate=2400)], "b.mp4"),
        ([content("a.mp4", height=720, bitrate=800), content("b.mp4", height=720, bitrate=900)], "b.mp4"),
        ([content("a.mp4", size="5"), content("b.mp4", size="50")], "b.mp4"),
        ([content("a.mp4", height=360), content("b.mp4", is_default=True)], "b.mp4"),
        ([content("a.mp4"), content("b.mp4")], "a.mp4"),
        ([content("watch"), content("b.mkv")], "b.mkv"),
        ([content("a.mp4", type="audio/mp4"), content("b.mp4")], "b.mp4"),
        ([content("a.mp4", medium="image"), content("b.mp4")], "b.mp4"),
        ([content("a.mp4", expression="sample", height=999), content("b.mp4")], "b.mp4"),
        ([content("a.m3u8"), content("b.mpd"), content("c.ism/manifest"), content("d.jpg"), content("e.mp3")], None),
        ([content("f", type="application/dash+xml"), content("g", type="text/html")], None),
        ([], None),
    ],
)  # fmt: skip
def test_the_best_file_is_the_one_that_is_taken(offered, chosen):
    found = best(offered)
    assert (found.url if found else None) == (f"https://h.example/{chosen}" if chosen else None)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("754", 754), ("754.6", 755), ("12:34", 754), ("1:02:03", 3723), ("00:00:09.500", 9), ("90:00", 5400),
     ("PT1H2M3S", 3723), ("PT45.5S", 45), ("PT5M", 300), ("P1D", None), ("PT", None), ("12:60", None), ("-5", None),
     ("1e3", None), ("", None)],
)  # fmt: skip
def test_a_duration_is_read_in_all_its_forms_and_no_other(text, seconds):
    assert seconds_of(text) == seconds


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-20", "2026-11-20"),
        ("2026-11-20T10:00:00+01:00", "2026-11-20T10:00:00+01:00"),
        ("2026-11-20T10:00:00.123Z", "2026-11-20T10:00:00Z"),
        ("Fri, 20 Nov 2026 10:00:00 GMT", "2026-11-20T10:00:00Z"),
        ("Fri, 20 Nov 2026 10:00:00 EST", "2026-11-20T10:00:00-05:00"),
        ("20 Nov 2026 10:00 +0130", "2026-11-20T10:00:00+01:30"),
        ("Fri, 20 Nov 2026 10:00:00 -0000", "2026-11-20T10:00:00Z"),
        ("Fri, 20 Nov 2026 10:00:00 CET", False),
        ("2026-11-20 10:00", False),
        ("2026-02-30", None),
        ("yesterday", None),
        ("0001-01-01T00:00:00+14:00", None),
    ],
)
def test_a_date_counts_where_its_moment_is_certain(text, moment):
    assert moment_of(text) == moment


@pytest.mark.parametrize(
    ("inside", "title"),
    [
        ("<title>Fish &amp;amp; chips</title>", "Fish &amp; chips"),
        ("<title>1 &lt; 2 &amp; 3 &gt; 2 &lt;3</title>", "1 < 2 & 3 > 2 <3"),
        ("<title><![CDATA[<b>Fish</b> &amp; chips]]></title>", "Fish & chips"),
        ("<media:title>A &lt;b&gt; &amp;amp;</media:title>", "A <b> &amp;"),
        ('<media:title type="html">A &lt;b&gt;b&lt;/b&gt; &amp;amp;</media:title>', "A b &"),
        ('<title type="text">&lt;b&gt;</title>', "<b>"),
        ("<title>\n  Two\n  lines </title>", "Two lines"),
        ("<title> </title><media:title>Other</media:title>", "Other"),
    ],
)
def test_html_becomes_plain_text_and_entities_are_decoded_again_only_where_the_feed_says_html(inside, title):
    assert item(inside).video["title"] == title


def test_html_keeps_its_lines_and_loses_its_scripts():
    html = "<h1>A</h1><ul><li>b</li><li>c &hellip;</li></ul><style>p{}</style><p>d<script>x()</script><p>e<br>f"
    assert text_of(html) == "A\n\nb\n\nc …\n\nd\n\ne\nf"
    assert text_of("<!--" * 9000).startswith("<!--")
    assert text_of("<" * 30_000).startswith("<<<")


@pytest.mark.parametrize(
    "inside",
    [
        '<media:restriction relationship="deny" type="uri">https://other.example/</media:restriction>',
        '<media:restriction relationship="allow" type="sharing">x</media:restriction>',
        '<media:restriction relationship="deny">all</media:restriction>',
        '<media:restriction relationship="allow" type="country">none</media:restriction>',
        '<media:restriction relationship="allow" type="country">fr</media:restriction>'
        '<media:restriction relationship="deny" type="country">be</media:restriction>',
        "<dcterms:valid>for ever</dcterms:valid>",
        "<dcterms:valid>start=2026-11-01 10:00; end=2026-12-01T00:00:00Z</dcterms:valid>",
    ],
)
def test_a_rule_about_who_may_see_it_that_is_not_understood_holds_the_video(inside):
    found = item(f'<media:content url="https://h.example/a.mp4"/>{inside}')
    assert found.video["hold"] == HELD
    assert [note.key for note in found.notes] == ["rights"]


BOMB = (
    '<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><rss><channel><item><title>&c;</title></item></channel></rss>'
)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (BOMB, "It has a DOCTYPE"),
        ('<!DOCTYPE rss SYSTEM "file:///etc/passwd"><rss/>', "It has a DOCTYPE"),
        ('\n<!-- <x> --><?pi?> <!doctype rss [<!ENTITY x SYSTEM "http://h/">]><rss a="&x;"/>', "It has a DOCTYPE"),
        (BOMB.encode("utf-16"), "It has a DOCTYPE"),
        ("<rss><title>&nbsp;</title></rss>", "Line 1 is no well-formed XML: Entity 'nbsp' not defined"),
        ("<rss>\n<channel></rss>", "Line 2 is no well-formed XML"),
        ("<rss>\n\0</rss>", "Line 2 holds a NUL"),
        ("<rss>\n<item>&#1;</item></rss>", "Line 2 is no well-formed XML"),
        ("<html><body/></html>", "This is neither RSS nor Atom: it begins with <html>"),
        ("<rss>" + "<a>" * 300 + "</a>" * 300 + "</rss>", "Line 1 is no well-formed XML: Excessive depth"),
        (b'<?xml version="1.0"?><rss>\n\xe9</rss>', "Line 2 is not utf-8, as it should be"),
        (b'<?xml version="1.0" encoding="utf-8"?><rss>\xe9</rss>', "Line 1 is not utf-8, as its first line says"),
        (b'<?xml version="1.0" encoding="utf-7"?><rss>+AGE-</rss>', '"utf-7" is no encoding'),
        (b'<?xml version="1.0" encoding="zlib_codec"?><rss/>', '"zlib_codec" is no encoding'),
        (b'<?xml version="1.0" encoding="no-such"?><rss/>', '"no-such" is no encoding'),
        (b"\xef\xbb\xbf<rss>\xff</rss>", "Line 1 is not utf-8, as its byte order mark says"),
        (b"\x1f\x8b\x08\x00\x00", "The file is compressed"),
        ("<rss><channel>" + "<item/>" * 10_001 + "</channel></rss>", "More than 10,000 items"),
        ("<rss>" + "<a/>" * 1_000_000 + "</rss>", "More than 1,000,000 tags"),
        ("<rss><item>" + "<a/>" * 5_000 + "</item></rss>", "Line 1: an item of more than 5,000 elements"),
        ("guid,title\n" + "\n" * 1_000_000, "More than 1,000,000 line breaks"),
        ("guid," + "x," * 1_000 + "\n", "More than 1,000 columns"),
        ("", "The file is empty"),
        (b"\xef\xbb\xbf \n", "The file is empty"),
        ("[" * 100_000, "The file nests too deep"),
        ('{"videos": 3}', "Expected an array"),
        ('[{"guid": 1,}]', "This is no JSON"),
        ("[" + "{}," * 10_001 + "{}]", "More than 10,000 videos"),
        ("a,b\n1,2\n", "No column is known"),
        ("guid,id\n1,2\n", 'The columns "guid" and "id" are both guid'),
        ('guid,title\n1,"open\n', "Line 2 is no CSV"),
        ("guid,title\n1,a\0b\n", "The file holds a NUL"),
        ("guid,title\n1," + "x" * 200_000, "Line 2 is no CSV: field larger than field limit"),
    ],
)  # fmt: skip
def test_a_hostile_or_broken_source_is_refused_with_a_sentence(content, message):
    with pytest.raises(ForeignFault) as refused:
        parse(content)
    assert str(refused.value).startswith(message)


@pytest.mark.parametrize("address", ["http://[", "//[", "http://h:x/", "", " ", "\t\n", "http://[::1]]/"])
@pytest.mark.parametrize("base", ["http://[", "https://h.example/", "x", "//["])
def test_addresses_that_are_none_make_no_reader_stumble(address, base):
    text = f'<rss xml:base="{base}"><item xml:base="{base}"><link>{address}</link><enclosure url="{address}" '
    text += f'type="video/mp4"/><guid>{address}</guid></item></rss>'
    for url in (None, "https://h.example/feed"):
        assert len(parse(text, url=url)) == 1


def test_a_video_that_is_all_faults_has_many_notes_and_no_more():
    found = parse(json.dumps([{f"key {number}": "" for number in range(10_000)}]))
    assert len(found[0].notes) == 100


def test_a_large_item_deep_in_elements_costs_no_more_than_a_flat_one():
    """Each level's text is joined once, and not for every level around it."""
    deep = "<a>" * 200 + "x" * 1_000_000 + "</a>" * 200
    assert item(f'{deep}<media:content url="https://h.example/a.mp4"/>').video["media"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1", "windows-1252", "shift_jis"])
def test_a_feed_is_read_in_the_encoding_that_it_names(encoding):
    letters = "ソ" if encoding == "shift_jis" else "é"
    head = f'<?xml version="1.0" encoding="{encoding.removesuffix("-sig")}"?>'
    text = f"{head}<rss><item><title>{letters}</title></item></rss>"
    assert parse(text.encode(encoding))[0].video["title"] == letters


def test_what_the_server_says_of_the_encoding_counts_where_the_feed_says_nothing():
    assert (
        parse("<rss><item><title>é</title></item></rss>".encode("latin-1"), charset="ISO-8859-1")[0].video["title"]
        == "é"
    )


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_spreadsheet_is_read_however_it_was_saved(delimiter, newline, mark):
    rows = [["Guid", "Title", "Media URL"], ["1", f'"a {delimiter}""b"", {newline}c"', "a.mp4"], ["2", "d", "b.mp4"]]
    text = mark + newline.join(delimiter.join(row) for row in rows)
    found = parse(text)
    assert [each.video for each in found] == [
        {"guid": "1", "title": " ".join(f'a {delimiter}"b", c'.split()), "media": "a.mp4"},
        {"guid": "2", "title": "d", "media": "b.mp4"},
    ]
    assert found[1].where == "line 4"


def test_numbers_of_json_stay_as_they_were_typed():
    found = parse('[{"guid": 12345678901234567890123, "title": 1.50, "media": "a.mp4"}, {"guid": NaN}]')
    assert [each.video["guid"] for each in found] == ["12345678901234567890123", "NaN"]
    assert found[0].video["title"] == "1.50"


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200) | st.text(alphabet='<>&;"[]{}:,?!\n\r\t ax=/\0é\u2028', max_size=80).map(str.encode))
def test_whatever_the_bytes_are_the_source_is_read_or_refused(content):
    try:
        found = foreign_source.parse(content)
    except ForeignFault:
        return
    assert all(isinstance(each, Foreign) for each in found)
