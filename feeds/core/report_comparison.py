"""A report against an earlier one of the same kind: what has become of each number. What wasn't known stays unknown."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from feeds.core.reports import Cell, Column, Kind, Row, Table, totals

# What an earlier report told of each user: the username, and the cells by the names of their columns.
Earlier = Mapping[str, tuple[str, Mapping[str, Cell]]]

NEW, MISSING = "not in the earlier report", "in the earlier report alone"


def compare(now: Table, then: Earlier, *, taken: datetime) -> Table:
    """Return how much each number has grown, beside what the main column was and is; one line for each user of both."""
    numbers = [(index, column) for index, column in enumerate(now.columns) if column.kind in (Kind.MONEY, Kind.COUNT)]
    main = now.columns[now.column(now.main)]
    columns = (
        Column("then", f"{main.title} then", main.kind),
        Column("now", f"{main.title} now", main.kind),
        *(Column(column.name, f"± {column.title}", column.kind, signed=True) for _, column in numbers),
    )
    rows = []
    for row in now.rows:
        before = then[row.key][1] if row.key in then else {}
        cells = [
            before.get(now.main),
            row.cells[now.column(now.main)],
            *(_difference(row.cells[index], before.get(column.name)) for index, column in numbers),
        ]
        rows.append(replace(row, cells=tuple(cells), remark=row.remark or ("" if row.key in then else NEW)))
    here = {row.key for row in now.rows}
    for user in sorted(then.keys() - here):
        name, before = then[user]
        rows.append(Row(user, name, (before.get(now.main), *([None] * (1 + len(numbers)))), MISSING))
    at = len(columns) - len(numbers) + [column.name for _, column in numbers].index(now.main)
    rows.sort(key=lambda row: _order(row.cells[at]))
    caption = f"Since {taken:%Y-%m-%d %H:%M} UTC"
    return Table(caption, now.of, columns, tuple(rows), totals(columns, rows), now.main)


def _difference(now: Cell, then: Cell) -> Cell:
    if isinstance(now, Decimal) and isinstance(then, Decimal):
        return now - then
    if isinstance(now, int) and isinstance(then, int):
        return now - then
    return None


def _order(cell: Cell) -> tuple[bool, Decimal | int]:
    """Order by the difference, the largest first and the unknown last; others stay as they stand."""
    return (False, -cell) if isinstance(cell, Decimal | int) else (True, 0)
