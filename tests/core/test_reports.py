"""Numbers of a report: money to the last digit, what isn't known in no sum, and differences that know what they are."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.core.account_report import count
from feeds.core.events import Failure, VideoResult
from feeds.core.import_report import NEVER_LISTED, NOBODY, import_tables
from feeds.core.report_chart import chart
from feeds.core.report_comparison import MISSING, NEW, compare
from feeds.core.reports import Column, Kind, Row, Table, Total, totals
from feeds.core.revenue import cells, money

AT = datetime(2026, 11, 20, 10, tzinfo=UTC)
MONEY = Column("all", "in all", Kind.MONEY)
COLUMNS = (Column("status", "status", Kind.TEXT), Column("views", "views", Kind.COUNT), MONEY)


def table(*rows, columns=(MONEY,), of="user"):
    lines = tuple(Row(*row) for row in rows)
    return Table("By user", of, columns, lines, totals(columns, lines), columns[-1].name)


@pytest.mark.parametrize(
    ("told", "amount"),
    [
        (12, Decimal(12)),
        (Decimal("0.1"), Decimal("0.1")),
        (Decimal("-3.20"), Decimal("-3.2")),
        (Decimal("12.340000000000001"), Decimal("12.34")),
        (0, Decimal(0)),
        *((nothing, None) for nothing in (None, True, "12.30", [], {}, 12.5, Decimal("NaN"), Decimal("Infinity"))),
        *((absurd, None) for absurd in (10**12, -(10**400), Decimal("1e999999999"))),
        (Decimal("1e-999999999"), Decimal(0)),
    ],
    ids=str,
)
def test_money_is_a_decimal_or_unknown(told, amount):
    assert money(told) == amount
    assert amount is None or str(money(told)).partition(".")[2].__len__() == 6


def test_a_missing_source_leaves_the_sum_of_a_user_unknown():
    told = {f"revenues_{source}_last_day": Decimal("0.10") for source in ("video", "website", "claim")}
    assert cells(told, "last_day") == (None, *[Decimal("0.1")] * 3, None)
    assert cells({**told, "revenues_paidcontent_last_day": 0}, "last_day")[0] == Decimal("0.3")
    assert cells(told, "total") == (None,) * 5


@given(st.lists(st.none() | st.decimals(-(10**6), 10**6, places=6), max_size=50))
def test_a_total_is_exact_and_counts_what_it_leaves_out(amounts):
    [total] = totals((MONEY,), [Row(str(number), "", (amount,)) for number, amount in enumerate(amounts)])
    micros = [int(amount.scaleb(6)) for amount in amounts if amount is not None]
    assert (total.known, total.unknown) == (len(micros), len(amounts) - len(micros))
    assert total.value is None if not micros else int(total.value.scaleb(6)) == sum(micros)


def test_a_count_is_a_whole_number_or_unknown_and_text_has_no_total():
    assert [count(each) for each in (0, 7, None, True, -1, Decimal("1.5"), "7", 10**15)] == [0, 7, *[None] * 6]
    sums = totals(COLUMNS, [Row("a", "", ("active", 3, None)), Row("b", "", (None, None, Decimal(2)))])
    assert sums == (None, Total(3, 1, 1), Total(Decimal(2), 1, 1))


def test_a_comparison_tells_differences_and_leaves_unknown_what_was_or_is():
    now = table(
        ("grew", "Grew", (Decimal("5.5"),)), ("fell", "Fell", (Decimal(1),)), ("lost", "Lost", (None,)),
        ("was", "Was unknown", (Decimal(9),)), ("new", "New", (Decimal(4),)), ("odd", "Odd", (None,), "not read: x"),
    )  # fmt: skip
    then = {
        "grew": ("g", {"all": Decimal(5)}), "fell": ("f", {"all": Decimal(3)}), "lost": ("l", {"all": Decimal(2)}),
        "was": ("w", {"all": None}), "gone": ("Gone", {"all": Decimal(7)}), "odd": ("o", {"all": Decimal(1)}),
    }  # fmt: skip
    its = compare(now, then, taken=AT)
    assert {row.key: (*map(_number, row.cells), row.remark) for row in its.rows} == {
        "grew": (5, 5.5, 0.5, ""), "fell": (3, 1, -2, ""), "lost": (2, None, None, ""), "was": (None, 9, None, ""),
        "new": (None, 4, None, NEW), "gone": (7, None, None, MISSING), "odd": (1, None, None, "not read: x"),
    }  # fmt: skip
    assert [row.key for row in its.rows][:2] == ["grew", "fell"]
    assert its.totals == (Total(Decimal(18), 5, 2), Total(Decimal("19.5"), 4, 3), Total(Decimal("-1.5"), 2, 5))
    assert [column.signed for column in its.columns] == [False, False, True]


def _number(cell):
    return None if cell is None else float(cell)


def test_the_chart_shows_the_largest_and_what_the_others_come_to():
    its = chart(table(*((f"u{each}", f"u{each}", (Decimal(each),)) for each in range(1, 15)), ("x", "x", (None,))))
    assert [bar.name for bar in its.bars] == [f"u{each}" for each in range(14, 4, -1)]
    assert (its.bars[0].part, its.bars[-1].part) == (1.0, 5 / 14)
    assert (its.others, its.others_value, its.unknown) == (4, Decimal(10), 1)
    assert round(its.share, 4) == round(95 / 105, 4)
    assert chart(table(("a", "a", (None,)), ("b", "b", (Decimal(0),)))) is None
    falling = chart(table(("a", "a", (Decimal(4),)), ("b", "b", (Decimal(-2),))))
    assert ([bar.part for bar in falling.bars], falling.share) == ([1.0, 0.0], None)


def test_of_months_the_chart_shows_the_last_ones_in_their_order():
    months = [f"2026-{each:02}" for each in range(1, 13)]
    its = chart(table(*((each, each, (number,)) for number, each in enumerate(months)),
                      columns=(Column("imported", "imported", Kind.COUNT),), of="month"))  # fmt: skip
    assert [bar.name for bar in its.bars] == months[2:]


def result(*, listed=None, imported=None, failed=None):
    """Return a result, of days after AT."""
    moments = [None if each is None else AT + timedelta(days=each) for each in (listed, imported, failed)]
    return VideoResult(
        remote_id="x" if imported is not None else None,
        imported_at=moments[1],
        failures=(Failure(moments[2], "broken"),) if failed is not None else (),
        listings=((moments[0], "d.m"), (AT + timedelta(days=90), "e.m")) if listed is not None else (),
    )


def test_imports_are_counted_by_user_and_by_month_with_the_median_of_what_they_took():
    by_user, by_month = import_tables(
        [
            ("anna", result(listed=0, imported=1)),
            ("anna", result(listed=0, imported=3)),
            ("anna", result(listed=9, imported=14, failed=10)),
            ("bo", result(listed=1, failed=12)),
            ("bo", result(listed=5, imported=4)),
            (None, result(imported=2)),
        ],
        {"anna": "annacooks", "bo": "bluenote"},
        ["cleo"],
    )
    assert [(row.name, *row.cells, row.remark) for row in by_user.rows] == [
        ("annacooks", 3, 3, 0, timedelta(days=3), ""),
        ("bluenote", 2, 1, 1, None, ""),
        ("cleo", 0, 0, 0, None, ""),
        (NOBODY, 0, 1, 0, None, NEVER_LISTED),
    ]
    assert [(row.key, *row.cells) for row in by_month.rows] == [
        ("2026-11", 5, 4, 0, timedelta(days=2)),
        ("2026-12", 0, 1, 1, timedelta(days=5)),
    ]
    for its in (by_user, by_month):
        assert [total.value for total in its.totals] == [5, 5, 1, timedelta(days=3)]
        assert (its.totals[-1].known, its.totals[-1].unknown) == (3, 2)
