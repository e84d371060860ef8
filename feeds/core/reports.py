"""A report as a value: tables of users or months, with totals that say how much of them is known.

What isn't known is None in a cell, shown as such, and in no sum.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

Cell = Decimal | int | timedelta | str | None


class Kind(StrEnum):
    """What the cells of a column are: Decimal (USD), int, timedelta, str."""

    MONEY = "money"
    COUNT = "count"
    SPAN = "span"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name for programs, its title for people; a `signed` one has differences."""

    name: str
    title: str
    kind: Kind
    signed: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One line: a user's id and username, or a month as both; `remark` says what is the matter, if anything is."""

    key: str
    name: str
    cells: tuple[Cell, ...]
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Total:
    """What a column comes to: of so many lines that are known, while so many are not."""

    value: Cell
    known: int
    unknown: int


@dataclass(frozen=True, slots=True)
class Table:
    """Lines about users or months (`of`), with a total for each column that has one.

    `main` names the column that tells most: a chart shows it. Of months, which have an order, it shows the last ones.
    """

    caption: str
    of: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    totals: tuple[Total | None, ...]
    main: str

    def column(self, name: str) -> int:
        """Return the number of the column with this name."""
        return next(number for number, column in enumerate(self.columns) if column.name == name)


@dataclass(frozen=True, slots=True)
class Report:
    """A network's report as of a moment; `notes` are sentences for people about what it does not tell."""

    name: str
    title: str
    network: str
    at: datetime
    tables: tuple[Table, ...]
    notes: tuple[str, ...] = ()


def totals(columns: Sequence[Column], rows: Iterable[Row]) -> tuple[Total | None, ...]:
    """Sum each column over the lines that are known; a column of text or spans has no sum."""
    lines = list(rows)
    return tuple(_sum(column, [row.cells[number] for row in lines]) for number, column in enumerate(columns))


def _sum(column: Column, cells: Sequence[Cell]) -> Total | None:
    if column.kind not in (Kind.MONEY, Kind.COUNT):
        return None
    known = [cell for cell in cells if isinstance(cell, Decimal | int)]
    value: Cell = None
    if known:
        value = sum(known, Decimal(0)) if column.kind is Kind.MONEY else int(sum(known))
    return Total(value, len(known), len(cells) - len(known))
