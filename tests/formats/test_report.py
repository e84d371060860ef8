"""A report in its four forms, and as it is kept: the same numbers, and nothing foreign gets out of its place."""

import csv
import io
import json
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from lxml import html

from feeds.core.reports import Column, Kind, Report, Row, Table, Total, totals
from feeds.formats import report_csv, report_html, report_json, report_snapshot, report_table
from feeds.formats.report_words import exact, span_words

AT = datetime(2026, 11, 25, 7, 30, tzinfo=UTC)
COLUMNS = (
    Column("video", "videos", Kind.MONEY),
    Column("all", "in all", Kind.MONEY),
)
ROWS = (
    Row("x2anna", "annacooks", (Decimal("1234.500000"), Decimal("1234.567000"))),
    Row("x3bo", "bluenote", (Decimal("-0.100000"), None)),
    Row("x4cleo", "cleo", (None, None), "no child at Dailymotion any more"),
)
NASTY = "=cmd|\"'<script>alert(1)</script>&\n\ud800\u202e"


def report(rows=ROWS, columns=COLUMNS, notes=("A note.",), name="Nord Clips"):
    table = Table("By user", "user", columns, tuple(rows), totals(columns, rows), columns[-1].name)
    return Report("revenue-total", "Revenues in total, USD", name, AT, (table,), notes)


def test_the_table_for_people_says_what_is_unknown_and_of_how_many_the_totals_are():
    assert report_table.render(report()) == (
        "Nord Clips: Revenues in total, USD, 2026-11-25 07:30 UTC\n"
        "\n"
        "user                  videos    in all\n"
        "--------------------------------------\n"
        "annacooks (x2anna)  1,234.50  1,234.57\n"
        "bluenote (x3bo)        -0.10   unknown\n"
        "cleo (x4cleo)        unknown   unknown  no child at Dailymotion any more\n"
        "--------------------------------------\n"
        "total               1,234.40  1,234.57\n"
        "videos  of 2 users; 1 unknown\n"
        "in all  of 1 user; 2 unknown\n"
        "\n"
        "note: A note.\n"
    )


def test_csv_is_exact_and_safe_for_spreadsheets():
    assert report_csv.render(report().tables[0]) == (
        "user,username,video,all,remark\n"
        "x2anna,annacooks,1234.50,1234.567,\n"
        "x3bo,bluenote,-0.10,unknown,\n"
        "x4cleo,cleo,unknown,unknown,no child at Dailymotion any more\n"
    )


@pytest.mark.parametrize("start", list("=+-@\t\r\n"))
def test_no_text_of_a_csv_begins_as_a_formula_does(start):
    columns = (Column("status", "status", Kind.TEXT), COLUMNS[1])
    text = report_csv.render(
        report([Row("x1", f"{start}1+1", (f"{start}2", Decimal(-3)), f"{start}3")], columns).tables[0]
    )
    [_, cells] = csv.reader(io.StringIO(text))
    assert [cell[0] for cell in cells] == ["x", "'", "'", "-", "'"]
    assert cells[3] == "-3.00"


def test_json_has_money_as_text_and_null_where_nothing_is_known():
    record = json.loads(report_json.render(report()))
    assert record == {
        "report": "revenue-total",
        "network": "Nord Clips",
        "at": "2026-11-25T07:30:00.000Z",
        "currency": "USD",
        "notes": ["A note."],
        "tables": [
            {
                "of": "user",
                "caption": "By user",
                "rows": [
                    {"user": "x2anna", "username": "annacooks", "video": "1234.50", "all": "1234.567", "remark": None},
                    {"user": "x3bo", "username": "bluenote", "video": "-0.10", "all": None, "remark": None},
                    {"user": "x4cleo", "username": "cleo", "video": None, "all": None,
                     "remark": "no child at Dailymotion any more"},
                ],
                "totals": {
                    "video": {"value": "1234.40", "known": 2, "unknown": 1},
                    "all": {"value": "1234.567", "known": 1, "unknown": 2},
                },
            }
        ],
    }  # fmt: skip


def test_the_page_holds_nothing_from_elsewhere_and_tables_that_are_read_aloud():
    rows = [Row(f"x{each}", f"user{each}", (Decimal(each), Decimal(each))) for each in range(1, 13)]
    text = report_html.render(report([*rows, *ROWS], notes=("See `feeds verify`.",)))
    page = html.fromstring(text)
    assert not page.xpath(
        "//script | //link | //img | //iframe | //*[@src] | //*[@href] | //*[starts-with(name(@*), 'on')]"
    )
    assert "url(" not in text
    assert "@import" not in text
    assert page.xpath("string(//caption)") == "By user"
    assert {each.get("scope") for each in page.xpath("//thead//th")} == {"col"}
    assert {each.get("scope") for each in page.xpath("//tbody//th | //tfoot//th")} == {"row"}
    assert len(page.xpath("//tbody/tr")) == 15
    assert page.xpath("normalize-space(//tfoot//td[1])") == "1,312.40 of 14 users; 1 unknown"
    # What the bars show stands beside them as text; whoever can't see them misses nothing.
    assert len(page.xpath("//ol[@class='bars']/li[svg[@aria-hidden='true']]")) == 10
    assert page.xpath("normalize-space(//ol[@class='bars']/li[1])") == "annacooks 1,234.57"
    assert page.xpath("normalize-space(//figcaption/small)") == (
        "Together 1,306.57, 99.5 % of what is known. 3 others: 6.00. 2 unknown."
    )
    assert page.xpath("string(//li/code)") == "feeds verify"
    assert "prefers-color-scheme: dark" in text
    assert "@media print" in text


@pytest.mark.parametrize("form", [report_table, report_json, report_html], ids=lambda each: each.__name__)
def test_what_is_foreign_stays_in_its_place(form):
    def text(words):
        columns = (Column("status", "status", Kind.TEXT), COLUMNS[1])
        return form.render(report([Row("x1", words, (words, None), words)], columns, notes=(words,), name=words))

    assert len(text(NASTY).splitlines()) == len(text("harmless").splitlines())
    assert not re.search("[\u202e\ud800]", text(NASTY))
    if form is report_html:
        assert "<script" not in text(NASTY)
        assert "&lt;script&gt;" in text(NASTY)


def test_a_kept_report_is_read_back_as_it_was():
    columns = (*COLUMNS, Column("status", "status", Kind.TEXT), Column("views", "views", Kind.COUNT))
    rows = [
        Row("x2", NASTY, (Decimal("0.123456"), None, NASTY, 7)),
        Row("x1", "a", (Decimal(-1), Decimal(10), None, None)),
    ]
    text = report_snapshot.render(report(rows, columns))
    assert [line[:6] for line in text.splitlines()] == [b'- {"at', b'- {"at']
    assert text.index(b'"x1"') < text.index(b'"x2"')
    at, told = report_snapshot.parse(text, columns)
    assert at == AT
    assert told == {
        row.key: (row.name, dict(zip([each.name for each in columns], row.cells, strict=True))) for row in rows
    }


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"", "it has no lines"),
        (b"- no\n", "line 1: it does not start with"),
        (b'- {"at": "2026-11-25T07:30:00.000Z", "event": "e"}\n', "a line names no user"),
        (b'- {"at": "2026-11-25T07:30:00.000Z", "event": "e", "user": "x", "video": 1.5}\n', '"video" is no amount'),
        (b'- {"at": "2026-11-25T07:30:00.000Z", "event": "e", "user": "x", "video": "NaN"}\n', '"video" is no amount'),
    ],
)
def test_what_is_no_kept_report_is_refused_with_the_reason(text, why):
    with pytest.raises(ValueError, match=re.escape(why)):
        report_snapshot.parse(text, COLUMNS)


def test_spans_are_told_in_their_two_largest_units():
    spans = [timedelta(days=2, hours=3, minutes=9), timedelta(hours=5, minutes=12), timedelta(seconds=61), timedelta(0)]
    assert [span_words(span) for span in spans] == ["2 d 3 h", "5 h 12 min", "1 min", "0 s"]
    assert exact(spans[2]) == 61


def test_months_tell_of_how_many_videos_the_median_is_and_nothing_else():
    columns = (Column("imported", "imported", Kind.COUNT), Column("median_s", "median time", Kind.SPAN))
    table = Table("By month", "month", columns, (Row("2026-11", "2026-11", (3, timedelta(hours=2))),),
                  (Total(3, 1, 0), Total(timedelta(hours=2), 2, 1)), "imported")  # fmt: skip
    text = report_table.render(Report("imports", "Imports", "Nord Clips", AT, (table,)))
    assert text.endswith("total           3          2 h\nmedian time  of 2 videos; 1 unknown\n")
