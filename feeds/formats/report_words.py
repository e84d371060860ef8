"""The numbers of a report in words for people, and exactly, for programs."""

from datetime import timedelta
from decimal import Decimal

from feeds.core.reports import Cell, Column, Kind, Row, Table, Total
from feeds.formats.terminal import visible

UNKNOWN = "unknown"
_CENT = Decimal("0.01")


def cell_words(column: Column, cell: Cell) -> str:
    """Return a cell for people: money to the cent, a span in its two largest units."""
    if cell is None:
        return UNKNOWN
    sign = "+" if column.signed else ""
    if isinstance(cell, Decimal):
        return format(cell.quantize(_CENT), f"{sign},.2f")
    if isinstance(cell, int):
        return format(cell, f"{sign},d")
    return span_words(cell) if isinstance(cell, timedelta) else visible(cell)


def exact(cell: Cell) -> str | int | None:
    """Return a cell for programs: money as text, with two digits behind the point or as many as it has; seconds."""
    if isinstance(cell, Decimal):
        digits = max(2, -int(cell.normalize().as_tuple().exponent))
        return format(cell, f".{digits}f")
    return round(cell.total_seconds()) if isinstance(cell, timedelta) else cell


def span_words(span: timedelta) -> str:
    """Return a span in its two largest units: 2 d 3 h, 5 h 12 min, 40 s."""
    seconds = round(span.total_seconds())
    units = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))
    for number, (size, unit) in enumerate(units):
        if seconds >= size:
            count, left = divmod(seconds, size)
            smaller, its = units[min(number + 1, 3)]
            rest = f" {left // smaller} {its}" if number < 2 and left >= smaller else ""
            return f"{count} {unit}{rest}"
    return "0 s"


def known_words(total: Total, table: Table, column: Column) -> str:
    """Return of how many a total is, `of 2,480 users; 20 unknown`; nothing for counts by month."""
    if table.of == "month" and column.kind is not Kind.SPAN:  # a month in which nothing happened has no line
        return ""
    of = "video" if column.kind is Kind.SPAN else table.of
    known = f"of {total.known:,} {of}{'' if total.known == 1 else 's'}"
    return known + (f"; {total.unknown:,} unknown" if total.unknown else "")


def known_once(table: Table) -> str:
    """Return of how many all totals of a table are, where that is the same for each; nothing where it isn't."""
    told = {known_words(each, table, column) for each, column in zip(table.totals, table.columns, strict=True) if each}
    return told.pop() if len(told) == 1 else ""


def in_code(text: str) -> list[tuple[str, bool]]:
    """Return the parts of a sentence, each with whether it stood between backticks and is code."""
    return [(part, number % 2 == 1) for number, part in enumerate(text.split("`")) if part]


def total_words(total: Total | None, column: Column) -> str:
    """Return a total for people, nothing where the column has none."""
    return "" if total is None else cell_words(column, total.value)


def row_words(row: Row, table: Table) -> str:
    """Return what a line is about: `annacooks (x2anna)`, or a month."""
    return visible(row.name if table.of != "user" or row.key in ("", row.name) else f"{row.name} ({row.key})")
