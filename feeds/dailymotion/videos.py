"""All videos of an account, however many: a page of its list at a time, the newest first.

https://developers.dailymotion.com/v0/reference/api-list-my-videos (GET /user/<id>/videos, its filters and fields). One
query tells of no more than 1,000 videos; beyond, one asks by windows of time:
https://developers.dailymotion.com/v0/docs/browse-large-video-catalog. With the parent's login, videos that aren't
public are meant to be in it; that is inferred from https://developers.dailymotion.com/mcn, so whoever misses one asks
for it by its id. Whether the list is by `created_time` isn't said either: it is checked where it matters.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from feeds.dailymotion.client import PAGE_ROWS, QUERY_ROWS, Client, segment
from feeds.dailymotion.errors import Broken

# A hundred thousand videos; an account with more is read in several goes, by `Page.before`.
MAX_CALLS = 1000
_LAST_PAGE = QUERY_ROWS // PAGE_ROWS


@dataclass(frozen=True, slots=True)
class Page:
    """One page of videos, in Dailymotion's order, that no page before it had.

    `has_more`: others follow; who wants to read them another time asks for them with `before`.
    """

    rows: tuple[Mapping[str, Any], ...]
    has_more: bool
    before: int | None


def videos_of(
    client: Client,
    user_id: str,
    fields: Iterable[str],
    *,
    after: int | None = None,
    before: int | None = None,
    max_calls: int = MAX_CALLS,
) -> tuple[Mapping[str, Any], ...]:
    """Return an account's videos with these fields, `id` and `created_time`, each once, the newest first.

    `after` and `before` are seconds (Unix) between which a video was created. Raises a DailymotionError; Broken where
    more than `max_calls` calls would be needed.
    """
    rows: list[Mapping[str, Any]] = []
    for number, page in enumerate(pages_of(client, user_id, fields, after=after, before=before), start=1):
        rows += page.rows
        if page.has_more and number >= max_calls:
            raise Broken(f"{user_id} has more videos than {max_calls:,} calls show: {len(rows):,} so far.")
    return tuple(rows)


def pages_of(
    client: Client, user_id: str, fields: Iterable[str], *, after: int | None = None, before: int | None = None
) -> Iterator[Page]:
    """Yield an account's videos a page at a time, one call each; whoever stops may go on later with `Page.before`.

    A video that comes or goes meanwhile moves the others to other pages: each is told of once, and one that was there
    all the while may be missed only where another was deleted. Raises a DailymotionError.
    """
    names = ",".join(dict.fromkeys(("id", "created_time", *fields)))
    # Without it videos for adults may be missing: https://developers.dailymotion.com/api/platform-api/reference/
    query = {"fields": names, "limit": str(PAGE_ROWS), "sort": "recent", "family_filter": "false"}
    if after is not None:
        query["created_after"] = str(after)
    seen: set[str] = set()
    number, oldest, ordered = 1, before, True
    while True:
        window = {} if before is None else {"created_before": str(before)}
        told = client.get(f"/user/{segment(user_id)}/videos", {**query, **window, "page": str(number)})
        rows = _rows(told, user_id)
        # What the thousandth says of others isn't said: it may speak of the query alone.
        has_more = told.get("has_more") is True or (number == _LAST_PAGE and len(rows) == PAGE_ROWS)
        fresh = {row["id"]: row for row in rows if row["id"] not in seen}
        seen.update(fresh)
        times = [row["created_time"] for row in fresh.values()]
        if times:
            ordered &= times == sorted(times, reverse=True) and (oldest is None or times[0] <= oldest)
            oldest = min(times) if oldest is None else min(*times, oldest)
        number += 1
        if has_more and number > _LAST_PAGE:
            # The second of the oldest is asked for again: that `created_before` leaves it out isn't said.
            if not ordered or oldest is None or (before is not None and oldest + 1 >= before):
                raise Broken(_cannot_go_on(user_id, len(seen), ordered=ordered))
            before, number = oldest + 1, 1
        yield Page(tuple(fresh.values()), has_more, oldest + 1 if ordered and oldest is not None else before)
        if not has_more:
            return


def _rows(told: Mapping[str, Any], user_id: str) -> list[Mapping[str, Any]]:
    listed = told.get("list")
    if not isinstance(listed, list) or not all(
        isinstance(row, dict) and isinstance(row.get("id"), str) and _is_seconds(row.get("created_time"))
        for row in listed
    ):
        raise Broken(f"Dailymotion answered GET /user/{user_id}/videos with no list of videos. Try again later.")
    if not listed and told.get("has_more") is True:
        raise Broken(f"Dailymotion says that {user_id} has more videos, and shows none. Try again later.")
    return listed


def _is_seconds(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _cannot_go_on(user_id: str, count: int, *, ordered: bool) -> str:
    why = "more than a query shows are of one second" if ordered else "they don't come in the order of their creation"
    return f"{count:,} videos of {user_id} were read, and the others can't be asked for: {why}."
