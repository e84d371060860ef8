"""The reports that Dailymotion is asked for: revenues, and what there is of an account.

https://developers.dailymotion.com/api/platform-api/reference/#user has the fields.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from feeds.core import revenue
from feeds.core.report_accounts import Answers, Wanted, notes, rows
from feeds.core.reports import Cell, Column, Kind, Report, Table, totals

_SPANS = {"last_day": "of the last day", "last_week": "of the last week", "last_month": "of the last month"}
_STATUS, _COUNTS = "status", ("videos_total", "views_total", "followers_total")
# No count of anything has so many digits.
_DIGITS = 15
_UNKNOWN = (
    "Nothing is known of anybody's revenues: the login may lack the scope read_insights. "
    "Log in again with `feeds login`, and allow it."
)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of each account, and what is made of it; `name` is also that of the folder of its snapshots."""

    name: str
    title: str
    fields: tuple[str, ...]
    columns: tuple[Column, ...]
    main: str
    cells: Callable[[Mapping[str, Any]], tuple[Cell, ...]]


def revenues(period: str) -> Question:
    """Ask for the revenues of a period, one of revenue.PERIODS."""
    return Question(
        f"revenue-{period}",
        f"Revenues {_SPANS.get(period, 'in total')}, USD",
        revenue.fields(period),
        revenue.COLUMNS,
        revenue.ALL,
        lambda told: revenue.cells(told, period),
    )


USERS = Question(
    "users",
    "Users",
    (_STATUS, *_COUNTS),
    (
        Column(_STATUS, "status", Kind.TEXT),
        *(Column(name, name.removesuffix("_total"), Kind.COUNT) for name in _COUNTS),
    ),
    "views_total",
    lambda told: (_text(told.get(_STATUS)), *(count(told.get(name)) for name in _COUNTS)),
)


def account_report(question: Question, wanted: Wanted, answers: Answers, *, network: str, at: datetime) -> Report:
    """Return the report of what was told so far."""
    main = next(number for number, column in enumerate(question.columns) if column.name == question.main)
    lines = rows(wanted, answers, question.cells, main=main)
    sums = totals(question.columns, lines)
    told = notes(wanted, answers)
    if answers.children and question is not USERS and not any(each and each.known for each in sums):
        told += (_UNKNOWN,)
    table = Table("By user", "user", question.columns, lines, sums, question.main)
    return Report(question.name, question.title, network, at, (table,), told)


def count(value: object) -> int | None:
    """Return a number of things; None where it is null, missing, or none."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 10**_DIGITS:
        return None
    return value


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
