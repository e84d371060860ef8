"""What was listed, imported and failed, by user and by month, and how long imports took: from the events alone.

A video is listed once, when it was listed first; imported when we learned of its first import; and failed where its
import has failed and was not done since. How long it took is known where both moments are.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from statistics import median

from feeds.core.events import VideoResult
from feeds.core.reports import Column, Kind, Row, Table, Total

NOBODY = "(not known whose)"
NEVER_LISTED = "never noted as listed"

COLUMNS = (
    Column("listed", "listed", Kind.COUNT),
    Column("imported", "imported", Kind.COUNT),
    Column("failed", "failed", Kind.COUNT),
    Column("median_s", "median time", Kind.SPAN),
)


@dataclass(slots=True)
class _Sums:
    listed: int = 0
    imported: int = 0
    failed: int = 0
    spans: list[timedelta] = field(default_factory=list)

    def cells(self) -> tuple[int, int, int, timedelta | None]:
        return self.listed, self.imported, self.failed, self.median()

    def median(self) -> timedelta | None:
        seconds = [span.total_seconds() for span in self.spans]
        return timedelta(seconds=round(median(seconds))) if seconds else None


def import_tables(
    videos: Iterable[tuple[str | None, VideoResult]], usernames: Mapping[str, str], users: Iterable[str] = ()
) -> tuple[Table, Table]:
    """Return the tables by user and by month, of each video's owner (None where not known) and result.

    `users` have a line also where nothing has happened.
    """
    by_user: dict[str, _Sums] = {user: _Sums() for user in users}
    by_month: dict[str, _Sums] = {}
    everything = _Sums()
    for owner, result in videos:
        first = result.listings[0][0] if result.listings else None
        failed = result.failures[-1].at if result.failures and result.remote_id is None else None
        for what, at in (("listed", first), ("imported", result.imported_at), ("failed", failed)):
            if at is None:
                continue
            span = at - first if what == "imported" and first is not None and first <= at else None
            for sums in (_of(by_user, owner or ""), _of(by_month, _month(at)), everything):
                setattr(sums, what, getattr(sums, what) + 1)
                if span is not None:
                    sums.spans.append(span)
    rows = [
        Row(user, usernames.get(user, user) if user else NOBODY, sums.cells(), "" if user else NEVER_LISTED)
        for user, sums in by_user.items()
    ]
    rows.sort(key=lambda row: (not row.key, row.name.lower(), row.key))
    months = [Row(month, month, by_month[month].cells()) for month in sorted(by_month)]
    return _table("By user", "user", rows, everything), _table("By month", "month", months, everything)


def _of(sums: dict[str, _Sums], key: str) -> _Sums:
    return sums.setdefault(key, _Sums())


def _month(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m}"


def _table(caption: str, of: str, rows: list[Row], whole: _Sums) -> Table:
    counts = [Total(value, len(rows), 0) for value in (whole.listed, whole.imported, whole.failed)]
    span = Total(whole.median(), len(whole.spans), whole.imported - len(whole.spans))
    return Table(caption, of, COLUMNS, tuple(rows), (*counts, span), "imported")
