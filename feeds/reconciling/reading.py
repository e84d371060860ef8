"""Read what is on Dailymotion, an account after the other: its list, and by its id what events name and no list has.

A call is one request of the API: one for each hundred videos of an account, at least one, and one for each video that
events name and its account's list doesn't have. Whoever isn't in a list is asked for before it counts as gone.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from feeds.core.errors import FeedsError
from feeds.core.online import Absent, Compared, Expected, Remote
from feeds.core.reconciliation import compare
from feeds.dailymotion.client import Client
from feeds.dailymotion.errors import Broken, DailymotionError, Expired, NotFound, Refused, Throttled
from feeds.dailymotion.videos import pages_of
from feeds.reconciling.memory import Memory, Seen

FIELDS = ("id", "created_time", "owner", "title", "status", "duration", "published", "private")
# Where so many accounts in a row get no usable answer, the others won't either.
TROUBLES = 3


class Spent(FeedsError):
    """As many calls were made as were allowed: call again to go on."""

    exit_code = 3


@dataclass(slots=True)
class Budget:
    """How many calls may still be made, and how many were."""

    left: int
    made: int = 0

    def spend(self) -> None:
        """Count a call. Raises Spent where none is left."""
        if not self.left:
            raise Spent(f"{self.made:,} calls were made, as many as --max-calls allows.")
        self.left, self.made = self.left - 1, self.made + 1


@dataclass(frozen=True, slots=True)
class Read:
    """What became of one account: the comparison, or in words why it was not read."""

    user: str
    compared: Compared | None = None
    trouble: str | None = None


def reconcile(
    expected: Mapping[str, Collection[Expected]], known: Collection[str], client: Client, memory: Memory,
    budget: Budget, *, now: datetime, max_age: timedelta,
) -> Iterator[Read]:  # fmt: skip
    """Read each of these accounts and compare it with what is expected of it; yield what came of it.

    It ends early where no login or no call is taken any more, or Dailymotion is down; what was read until then is
    kept. Raises StorageError.
    """
    broken = 0
    for user, its in expected.items():
        try:
            there = read_account(user, its, client, memory, budget, now=now, max_age=max_age)
        except (DailymotionError, Spent) as error:
            yield Read(user, trouble=str(error))
            broken = broken + 1 if isinstance(error, Broken) else 0
            if isinstance(error, Expired | Throttled | Spent) or broken == TROUBLES:
                return
            continue
        broken = 0
        yield Read(user, compare(user, its, there, known))


def read_account(
    user: str, expected: Collection[Expected], client: Client, memory: Memory, budget: Budget,
    *, now: datetime, max_age: timedelta,
) -> dict[str, Remote | Absent]:  # fmt: skip
    """Return an account's videos, and what was found of others that events name, by id.

    Raises a DailymotionError, or Spent; what was read until then is kept, and read no more the next time.
    """
    seen = memory.read(user, now, max_age) or Seen(now)
    before = budget.made
    try:
        pages = pages_of(client, user, FIELDS, before=seen.before)
        while not seen.done:
            budget.spend()
            page = next(pages)
            seen.videos |= {row["id"]: remote_of(row, user) for row in page.rows}
            seen.done, seen.before = not page.has_more, page.before
        for each in expected:
            for remote_id in (each.result.remote_id, *each.result.conflicts):
                if remote_id is not None and remote_id not in seen.videos and remote_id not in seen.asked:
                    budget.spend()
                    seen.asked[remote_id] = look(client, remote_id)
    finally:
        if budget.made > before:
            memory.write(user, seen)
    return {**seen.asked, **seen.videos}


def look(client: Client, remote_id: str) -> Remote | Absent:
    """Ask for one video by its id. Raises a DailymotionError where nobody can say whether it is there."""
    try:
        row = client.video(remote_id, FIELDS)
    except NotFound:
        return Absent()
    except Refused as error:
        return Absent(str(error))
    if not isinstance(row.get("owner"), str) or not isinstance(row.get("created_time"), int):
        raise Broken(f"Dailymotion told of the video {remote_id} without its owner. Try again later.")
    return remote_of({**row, "id": remote_id}, "")


def remote_of(row: Mapping[str, Any], user: str) -> Remote:
    """Return a video of the API's answer; one of a user's list is theirs where it doesn't say."""

    def known(name: str, kind: type) -> Any:
        return value if isinstance(value := row.get(name), kind) else None

    try:
        created = datetime.fromtimestamp(row["created_time"], UTC)
    except (OverflowError, OSError, ValueError) as error:
        raise Broken(f"Dailymotion told of the video {row['id']} with a time that is none. Try again later.") from error
    return Remote(
        row["id"], known("owner", str) or user, created, known("title", str) or "", known("status", str),
        known("duration", int), known("published", bool), known("private", bool),
    )  # fmt: skip
