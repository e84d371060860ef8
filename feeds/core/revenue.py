"""Revenues as Dailymotion tells them: which there are, over which time, and what is an amount of money.

https://developers.dailymotion.com/api/platform-api/reference/#user (revenues_<source>_<period>: net, in USD), of which
https://developers.dailymotion.com/mcn (Managing data of your children accounts) reads those in total.
"""

from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from feeds.core.reports import Cell, Column, Kind

PERIODS = ("last_day", "last_week", "last_month", "total")
SOURCES = ("video", "website", "claim", "paidcontent")
_TITLES = {"video": "videos", "website": "websites", "claim": "claims", "paidcontent": "paid content"}

# The sum of a user's sources; known where each of them is.
ALL = "all"
COLUMNS = (
    Column(ALL, "in all", Kind.MONEY),
    *(Column(source, _TITLES[source], Kind.MONEY) for source in SOURCES),
)

# Whatever is smaller than this is noise of a float somewhere; whatever has more digits is no revenue.
SMALLEST, _DIGITS = Decimal("0.000001"), 12


def fields(period: str) -> tuple[str, ...]:
    """Return the names of the fields that hold the revenues of a period."""
    return tuple(f"revenues_{source}_{period}" for source in SOURCES)


def money(value: object) -> Decimal | None:
    """Return an amount of USD, to a millionth; None where it is null, missing, or none that there can be."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    amount = Decimal(value) if isinstance(value, Decimal) or abs(value) < 10**_DIGITS else None
    if amount is None or not amount.is_finite() or amount.adjusted() >= _DIGITS:
        return None
    return amount.quantize(SMALLEST, ROUND_HALF_EVEN)


def cells(told: Mapping[str, Any], period: str) -> tuple[Cell, ...]:
    """Return an account's revenues in all, which is unknown as soon as one of them is, and by source."""
    amounts = [money(told.get(name)) for name in fields(period)]
    known = [amount for amount in amounts if amount is not None]
    return (sum(known, Decimal(0)) if len(known) == len(amounts) else None, *amounts)
