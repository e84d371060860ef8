"""Which accounts a report tells of: children, and who should be one, with what was told of each.

Nobody is left out in silence: who couldn't be read, is no child any more, or is known to no event has
a line that says so.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from feeds.core.reports import Cell, Row

UNRECORDED = "a child that no event knows"
GONE, NO_CHILD = "no child at Dailymotion any more", "no child at Dailymotion"
NOT_ASKED = "not asked"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whom to ask for: usernames by id, of everybody whom catalog or events name; who is adopted, by the events.

    `named` are those whom a person asked for; None where the report is about everybody.
    """

    usernames: Mapping[str, str]
    adopted: frozenset[str]
    named: tuple[str, ...] | None = None


@dataclass(slots=True)
class Answers:
    """What Dailymotion has told so far.

    `children` have the fields told of each; `others` were asked for and are no children; `troubles` say why somebody
    could not be read. `capped`: its list has more children than it shows. `list_trouble`: why that list broke off.
    `stopped`: why nobody else was asked for.
    """

    children: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    others: set[str] = field(default_factory=set)
    troubles: dict[str, str] = field(default_factory=dict)
    capped: bool = False
    list_trouble: str | None = None
    stopped: str | None = None


def rows(
    wanted: Wanted, answers: Answers, cells: Callable[[Mapping[str, Any]], tuple[Cell, ...]], *, main: int
) -> tuple[Row, ...]:
    """Return a line for each account, those with the largest cell in the column `main` first, the unknown last."""
    ids = _due(wanted, answers) | (answers.children.keys() if wanted.named is None else frozenset())
    lines = [_row(user_id, wanted, answers, cells) for user_id in sorted(ids)]
    return tuple(sorted(lines, key=lambda row: _order(row.cells[main], row)))


def unread(wanted: Wanted, answers: Answers) -> int:
    """Count the accounts that should have been read and were not."""
    return len(_due(wanted, answers) - answers.children.keys() - answers.others)


def notes(wanted: Wanted, answers: Answers) -> tuple[str, ...]:
    """Return what a reader of the report has to know."""
    told = []
    if answers.stopped is not None:
        told.append(f"Not everybody was asked for: {answers.stopped}")
    if answers.list_trouble is not None:
        told.append(
            "Children whom neither catalog nor events know may be missing, for Dailymotion's list of them broke off: "
            f"{answers.list_trouble}"
        )
    if answers.capped:
        told.append(
            "Dailymotion lists about 1,000 children and has more: one that neither catalog nor events know is not in "
            "this report."
        )
    if unrecorded := len(answers.children.keys() - wanted.adopted):
        who = "A child is" if unrecorded == 1 else f"{unrecorded:,} children are"
        told.append(f"{who} known to no event: see `feeds partners verify`.")
    if wanted.named is None:
        joined = wanted.adopted | answers.children.keys() | answers.troubles.keys()
        if waiting := len(wanted.usernames.keys() - joined):
            who = "a user of the catalog who has" if waiting == 1 else f"{waiting:,} users of the catalog who have"
            told.append(f"Not in this report: {who} not joined.")
    return tuple(told)


def _due(wanted: Wanted, answers: Answers) -> frozenset[str]:
    """Return whom the report has to tell of, children that turned up aside."""
    return frozenset(wanted.named) if wanted.named is not None else wanted.adopted | answers.troubles.keys()


def _row(user_id: str, wanted: Wanted, answers: Answers, cells: Callable[[Mapping[str, Any]], tuple[Cell, ...]]) -> Row:
    name = wanted.usernames.get(user_id, user_id)
    told = answers.children.get(user_id)
    if told is not None:
        username = told.get("username")
        name = username if isinstance(username, str) and username.strip() else name
        return Row(user_id, name, cells(told), "" if user_id in wanted.adopted else UNRECORDED)
    if user_id in answers.others:
        remark = GONE if user_id in wanted.adopted else NO_CHILD
    else:
        remark = answers.troubles.get(user_id, NOT_ASKED)
    return Row(user_id, name, cells({}), remark)


def _order(cell: Cell, row: Row) -> tuple[bool, Decimal | int, bool, str, str]:
    number = cell if isinstance(cell, Decimal | int) else None
    # Among the unknown a child stands before who is none.
    return number is None, -(number or 0), number is None and bool(row.remark), row.name.lower(), row.key
