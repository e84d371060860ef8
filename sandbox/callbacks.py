"""The callbacks: what became of each item, as the arrays that are POSTed, with faults on demand.

The one documented shape is the array of https://developer.dailymotion.com/guides/mcn ("Callbacks and catalog
syncing"): type `injector.item.ready`, status `ready`. ASSUMED: all about failures but that their status is
another one, that an update is reported like an import, and that callbacks may come twice, late or out of
order.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.importer import Import, digest

Event = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Faults:
    """How many callbacks go wrong in each way; which ones depends on the seed and their guids alone.

    `fail`: the import fails. `bare`: ready, but without a remote id. `twice`: sent again at the end.
    `late`: held back until all others are sent. `unknown`: additional, for a uid that no feed has.
    `shuffle`: out of order.
    """

    fail: int = 0
    bare: int = 0
    twice: int = 0
    late: int = 0
    unknown: int = 0
    shuffle: bool = False


def choose(guids: Iterable[str], count: int, *, seed: str, purpose: str) -> frozenset[str]:
    """Return `count` of the guids, or all where there are fewer: always the same ones."""
    return frozenset(sorted(guids, key=lambda guid: digest(seed, purpose, guid))[:count])


def arrays(imports: Sequence[Import], faults: Faults, *, seed: str, first_ms: int, batch: int) -> list[list[Event]]:
    """Return the arrays to POST, in order, with at most `batch` events in each.

    Their timestamps are one millisecond apart from `first_ms` on, in the order of `imports`, whatever order
    they are sent in. What is late or repeated follows in arrays of its own.
    """
    ready = [item.guid for item in imports if item.remote_id is not None]
    bare = choose(ready, faults.bare, seed=seed, purpose="bare")
    whole = [guid for guid in ready if guid not in bare]
    late = choose(whole, faults.late, seed=seed, purpose="late")
    twice = choose(whole, faults.twice, seed=seed, purpose="twice")
    strangers = [_stranger(number, seed) for number in range(faults.unknown)]
    events = [
        event(item, seed=seed, timestamp_ms=first_ms + number, bare=item.guid in bare)
        for number, item in enumerate([*imports, *strangers])
    ]
    if faults.shuffle:
        events.sort(key=lambda one: digest(seed, "order", one["data"]["item_id"]))
    prompt = [one for one in events if one["data"]["uid"] not in late]
    tail = [one for one in events if one["data"]["uid"] in late]
    again = [one for one in events if one["data"]["uid"] in twice]
    return [*_cut(prompt, batch), *_cut(tail, batch), *_cut(again, batch)]


def event(item: Import, *, seed: str, timestamp_ms: int, bare: bool = False) -> Event:
    """Return one event as the guide shows it; `bare` leaves the remote id out."""
    status = "error" if item.outcome == "failed" else "ready"
    data = {
        "status": status,
        "user_id": digest(seed, "user", item.account_id)[:24],
        "uid": item.guid,
        "remote_id": item.remote_id,
        "feed_id": digest(seed, "feed", item.feed_url)[:24],
        "item_id": digest(seed, "item", item.account_id, item.guid)[:24],
    }
    if bare or item.remote_id is None:
        del data["remote_id"]
    return {"timestamp": timestamp_ms, "type": f"injector.item.{status}", "data": data}


def outcome(event: Event) -> str:
    """Return in one word what an event tells: imported, failed, or bare, which is neither."""
    if event["data"]["status"] != "ready":
        return "failed"
    return "imported" if "remote_id" in event["data"] else "bare"


def _stranger(number: int, seed: str) -> Import:
    guid = f"stranger-{digest(seed, 'stranger', str(number))[:12]}"
    return Import("", "", guid, "imported", f"x9{digest(seed, 'strange video', guid)[:6]}")


def _cut(events: Sequence[Event], batch: int) -> list[list[Event]]:
    return [list(events[start : start + batch]) for start in range(0, len(events), batch)]
