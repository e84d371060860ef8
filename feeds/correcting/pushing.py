"""Send what a video's entry says by now to Dailymotion, where the video was imported before: texts and category.

https://developers.dailymotion.com/api/platform-api/reference/#video names the fields. Nothing else is sent: the film,
rights, captions and pictures are the importer's, which reads the item anew after `relist:`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from feeds.core.corrections import live_digests
from feeds.core.events import PUSHED, Event, VideoResult
from feeds.core.item import Item, digest
from feeds.dailymotion.client import Client
from feeds.dailymotion.errors import DailymotionError, Expired, Throttled
from feeds.formats import results_yaml
from feeds.storage.journal import Journal

# The catalog's word for each, and the API's.
FIELDS = {"title": "title", "description": "description", "tags": "tags", "category": "channel"}


@dataclass(frozen=True, slots=True)
class Difference:
    """What a video shows there and what the catalog says, as text, by the catalog's word for the field.

    `beside` says whether something else has changed since the import, which isn't sent; None where that isn't known.
    """

    item: Item
    remote_id: str
    fields: Mapping[str, tuple[str, str]]
    beside: bool | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one video there: the difference as it was found, or in words what went wrong."""

    guid: str
    remote_id: str
    difference: Difference | None = None
    trouble: str | None = None


def push(
    wanted: Iterable[tuple[Item, VideoResult]],
    client: Client,
    journal: Journal,
    *,
    by: str,
    now: Callable[[], datetime],
    dry_run: bool = False,
) -> Iterator[Outcome]:
    """Make each video show there what its item says; yield the difference that there was once that is on the disk.

    Ends as `take_down` does. Raises StorageError where the journal can't be written.
    """
    for item, result in wanted:
        for remote_id, known in live_digests(result).items():
            try:
                found = difference(item, remote_id, known, client)
                if found.fields and not dry_run:
                    _send(found, client)
            except DailymotionError as error:
                yield Outcome(item.guid, remote_id, trouble=str(error))
                if isinstance(error, Expired | Throttled):
                    return
                continue
            if found.fields and not dry_run:
                its = _plain(item)
                fields = {"guid": item.guid, "remote_id": remote_id, "fields": [*found.fields], "digest": its, "by": by}
                journal.append(results_yaml.render(Event(now(), PUSHED, fields)))
            yield Outcome(item.guid, remote_id, found)


def difference(item: Item, remote_id: str, known: str | None, client: Client) -> Difference:
    """Look up what a video shows there; `known` is the digest of the item that it was made of. Raises NotFound."""
    shown, wanted = _shown(client, remote_id), _wanted(item)
    fields = {name: (shown[name], wanted[name]) for name in FIELDS if _differs(name, shown[name], wanted[name])}
    before = item._replace(**{name: _value(name, shown[name]) for name in fields})
    return Difference(item, remote_id, fields, None if known is None else _plain(before) != known)


def _send(found: Difference, client: Client) -> None:
    form = {FIELDS[name]: after for name, (_, after) in found.fields.items()}

    def is_done() -> bool:
        shown = _shown(client, found.remote_id)
        return not any(_differs(name, shown[name], after) for name, (_, after) in found.fields.items())

    client.edit_video(found.remote_id, form, is_done=is_done)


def _shown(client: Client, remote_id: str) -> dict[str, str]:
    told = client.video(remote_id, FIELDS.values())
    return {name: _text(told.get(field)) for name, field in FIELDS.items()}


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(each for each in value if isinstance(each, str))
    return value if isinstance(value, str) else ""


def _wanted(item: Item) -> dict[str, str]:
    return {
        "title": item.title,
        "description": item.description or "",
        "tags": ",".join(item.tags),
        "category": item.category,
    }


def _differs(name: str, shown: str, wanted: str) -> bool:
    if name == "tags":
        return set(shown.split(",")) != set(wanted.split(","))
    # Nobody sees blanks around a text, and who stores it may drop them.
    return shown.replace("\r\n", "\n").strip() != wanted.strip()


def _value(name: str, shown: str) -> Any:
    if name == "tags":
        return tuple(shown.split(",")) if shown else ()
    return shown or None if name == "description" else shown


def _plain(item: Item) -> str:
    return digest(item._replace(relist=None))
