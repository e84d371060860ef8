"""What a chart of a report shows: the largest users, or the last months, and what all others come to."""

from dataclasses import dataclass
from decimal import Decimal

from feeds.core.reports import Column, Table

Number = Decimal | int
BARS = 10


@dataclass(frozen=True, slots=True)
class Bar:
    """One line of a chart; `part` is its length, from 0 to 1, where the longest has 1."""

    name: str
    value: Number
    part: float


@dataclass(frozen=True, slots=True)
class Chart:
    """The bars of a table's main column and how many lines are not shown; what both come to; how many are not known.

    `share` is how much of the whole the bars make, from 0 to 1; None where there is no whole: with negative numbers.
    """

    column: Column
    bars: tuple[Bar, ...]
    others: int
    value: Number
    others_value: Number
    unknown: int
    share: float | None


def chart(table: Table, *, bars: int = BARS) -> Chart | None:
    """Return what a chart of the table shows; None where nothing above zero is known."""
    number = table.column(table.main)
    known = [(row.name, cell) for row in table.rows if isinstance(cell := row.cells[number], Decimal | int)]
    if not any(value > 0 for _, value in known):
        return None
    shown = known[-bars:] if table.of == "month" else sorted(known, key=lambda each: -each[1])[:bars]
    longest = max(value for _, value in shown)
    whole, of_shown = sum(value for _, value in known), sum(value for _, value in shown)
    return Chart(
        table.columns[number],
        tuple(Bar(name, value, max(0.0, float(value / longest)) if longest > 0 else 0.0) for name, value in shown),
        len(known) - len(shown),
        of_shown,
        whole - of_shown,
        len(table.rows) - len(known),
        float(of_shown / whole) if whole > 0 and all(value >= 0 for _, value in known) else None,
    )
