"""What is new since the network was last told, and what is over: one status against the memory of what was said.

Whoever reads the notices sees a case as open from when it was told until it is told to be over. What is absent for a
moment was therefore never over, and its return is no news.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TypeVar

from feeds.core.status import Case, Need, Status

_Value = TypeVar("_Value")

# So long a case must be absent before it counts as over: longer than an editor's slip, a retry or a rewound branch.
SETTLED = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Told:
    """A case that was told: its name, and since when it is absent (None while it is there)."""

    name: str
    gone: datetime | None = None


@dataclass(frozen=True, slots=True)
class Memory:
    """What was told and isn't over, by need and key; the network's name and wishes as they were known last."""

    network: str | None = None
    notify: frozenset[Need] = frozenset(Need)
    told: Mapping[Need, Mapping[str, Told]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Notice:
    """One message. `new` and `over` have the names of the cases, empty where one has none; `counts` all there are."""

    at: datetime
    network: str | None
    new: Mapping[Need, Sequence[str]]
    over: Mapping[Need, Sequence[str]]
    counts: Mapping[Need, int]


def compare(status: Status, memory: Memory) -> tuple[Notice | None, Memory]:
    """Return what is to be told now, or None, and the memory to keep once it was told.

    A notice is due when there is a new case, or when all cases of a need are over; single ones that are over come
    along with it. A need that the network no longer wants to be told of is forgotten.
    """
    notify = memory.notify if status.notify is None else status.notify
    known = replace(memory, network=status.name or memory.network, notify=notify)
    judged = {need: _judge(need, status, memory.told.get(need, {})) for need in Need if need in notify}
    if not any(each.new or (each.over and not each.kept) for each in judged.values()):
        told = {need: {**each.kept, **each.over} for need, each in judged.items()}
        return None, replace(known, told=_filled(told))
    notice = Notice(
        at=status.at,
        network=known.network,
        new=_filled({need: [case.name for case in each.new.values()] for need, each in judged.items()}),
        over=_filled({need: [case.name for case in each.over.values()] for need, each in judged.items()}),
        counts={need: len(status.cases.get(need, ())) for need in judged},
    )
    told = {
        need: {**each.kept, **{key: Told(case.name) for key, case in each.new.items()}} for need, each in judged.items()
    }
    return notice, replace(known, told=_filled(told))


@dataclass(frozen=True, slots=True)
class _Judged:
    """The cases of one need by key: those never told, those told and open, and those told and over."""

    new: Mapping[str, Case]
    kept: Mapping[str, Told]
    over: Mapping[str, Told]


def _judge(need: Need, status: Status, told: Mapping[str, Told]) -> _Judged:
    cases = status.cases.get(need, ())
    here = {case.key: case for case in cases if case.key is not None}
    doubtful = {case.name for case in cases if case.key is None}
    names = {case.name for case in cases if case.name}
    kept: dict[str, Told] = {}
    over: dict[str, Told] = {}
    for key, each in told.items():
        if key in here or each.name in doubtful:
            kept[key] = Told(each.name)
        elif need in status.partial:
            kept[key] = each
        elif (gone := each.gone or status.at) > status.at - SETTLED:
            kept[key] = Told(each.name, gone)
        elif each.name not in names:  # else it is open still, for another reason, which is told
            over[key] = Told(each.name, gone)
    return _Judged({key: case for key, case in here.items() if key not in told}, kept, over)


def _filled(by_need: Mapping[Need, _Value]) -> dict[Need, _Value]:
    return {need: value for need, value in by_need.items() if value}
