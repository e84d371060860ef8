"""A report as it is kept: one line a user, YAML for people and JSON behind the dash for programs, as results are.

    - {"at": "2026-11-25T07:30:00.000Z", "event": "revenue-total", "user": "x2anna", ..., "all": "1.20"}

Money is text with its exact digits; what wasn't known is null.
"""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal, InvalidOperation

from feeds.core.events import Event
from feeds.core.report_comparison import Earlier
from feeds.core.reports import Cell, Column, Kind, Report
from feeds.formats import results_yaml
from feeds.formats.report_words import exact


def render(report: Report) -> bytes:
    """Render the lines of the first table, in order of id: so Git shows who has changed."""
    table = report.tables[0]
    return b"".join(
        results_yaml.render(
            Event(
                report.at,
                report.name,
                {
                    "user": row.key,
                    "username": row.name,
                    **{column.name: exact(cell) for column, cell in zip(table.columns, row.cells, strict=True)},
                },
            )
        )
        for row in sorted(table.rows, key=lambda row: row.key)
    )


def parse(text: bytes, columns: tuple[Column, ...]) -> tuple[datetime, Earlier]:
    """Return when it was taken, and what it told of each user. Raises ValueError where it is none, with the reason."""
    told: dict[str, tuple[str, dict[str, Cell]]] = {}
    at: datetime | None = None
    for event in _events(text):
        user = event.text("user")
        if user is None:
            raise ValueError("a line names no user")
        at = event.at if at is None else max(at, event.at)
        cells = {column.name: _cell(column, event.fields.get(column.name)) for column in columns}
        told[user] = (event.text("username") or user, cells)
    if at is None:
        raise ValueError("it has no lines")
    return at, told


def _events(text: bytes) -> Iterator[Event]:
    for each in results_yaml.parse(text):
        if not isinstance(each, Event):
            raise ValueError(f"line {each.number}: {each.what}")  # noqa: TRY004 - the text is wrong, no type is
        yield each


def _cell(column: Column, value: object) -> Cell:
    if value is None:
        return None
    if column.kind is Kind.MONEY:
        try:
            amount = Decimal(value) if isinstance(value, str) else None
        except InvalidOperation:
            amount = None
        if amount is None or not amount.is_finite():
            raise ValueError(f'"{column.name}" is no amount of money: {value!a}')
        return amount
    if isinstance(value, int if column.kind is Kind.COUNT else str) and not isinstance(value, bool):
        return value
    raise ValueError(f'"{column.name}" is not as it was written: {value!a}')
