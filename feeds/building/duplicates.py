"""Find what must be unique over the network and isn't: guids, and users' ids.

Dailymotion's callback names a video by its guid alone (https://developers.dailymotion.com/mcn, callbacks), and a feed
by its user's id.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from feeds.core.errors import Finding, Place
from feeds.core.guids import canonical_guid
from feeds.formats.catalog_yaml import Located


@dataclass(frozen=True, slots=True)
class Text:
    """A user's text with its positions, and the path to the user in it."""

    source: str
    located: Located
    prefix: tuple[str | int, ...]

    def tree(self) -> Any:
        """Return the user's tree, or None."""
        tree = self.located.tree()
        for part in self.prefix:
            try:
                tree = tree[part]
            except (KeyError, IndexError, TypeError):
                return None
        return tree


def duplicate_guids(texts: Iterable[Text], only: frozenset[str] | None = None) -> Iterator[tuple[str, str, Finding]]:
    """Yield (source, source of the first, finding) for each guid that was used before, in the texts' order.

    `only` are the canonical guids to look at; all where it is None.
    """
    first: dict[str, tuple[str, str, Place]] = {}
    for text in texts:
        tree = text.tree()
        videos = tree.get("videos") if isinstance(tree, dict) else None
        for number, video in enumerate(videos if isinstance(videos, list) else ()):
            guid = video.get("guid") if isinstance(video, dict) else None
            if not isinstance(guid, str):
                continue
            canonical = canonical_guid(guid)
            if only is not None and canonical not in only:
                continue
            path = (*text.prefix, "videos", number, "guid")
            place = text.located.place(path)
            if canonical not in first:
                first[canonical] = (text.source, guid, place)
                continue
            source, other, where = first[canonical]
            yield (
                text.source,
                source,
                Finding(
                    place,
                    "error",
                    "guid-duplicate",
                    text.located.trail(path),
                    _already(guid, other, place, where),
                    _REMEDY,
                ),
            )


_REMEDY = "Give this video a guid of its own: Dailymotion's callback names a video by guid alone."


def _already(guid: str, other: str, place: Place, where: Place) -> str:
    spot = f"line {where.line}" if where.file == place.file else f"{where.file}:{where.line}"
    if guid == other:
        return f'guid "{guid}" is already used at {spot}'
    return f'guid "{guid}" is the same as "{other}" at {spot}: case and Unicode form make no difference'


def duplicate_users(texts: Iterable[Text]) -> Iterator[tuple[str, str, Finding]]:
    """Yield (source, source of the first, finding) for each user whose id was used before, in the texts' order."""
    first: dict[str, tuple[str, str, Place]] = {}
    for text in texts:
        tree = text.tree()
        user_id = tree.get("id") if isinstance(tree, dict) else None
        if not isinstance(user_id, str):
            continue
        path = (*text.prefix, "id")
        place = text.located.place(path)
        if user_id.lower() not in first:
            first[user_id.lower()] = (text.source, user_id, place)
            continue
        source, other, where = first[user_id.lower()]
        spot = f"line {where.line}" if where.file == place.file else f"{where.file}:{where.line}"
        same = f'user id "{user_id}" is already used at {spot}'
        if user_id != other:
            same = f'user id "{user_id}" is the same file name as "{other}" at {spot}'
        remedy = "Keep one of the two: a user has one feed, named by the id."
        yield text.source, source, Finding(place, "error", "user-duplicate", text.located.trail(path), same, remedy)
