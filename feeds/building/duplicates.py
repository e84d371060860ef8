"""Find what must be unique over the network and isn't: guids, and users' ids.

Dailymotion's callback names a video by its guid alone (https://developers.dailymotion.com/mcn, callbacks), and a feed
by its user's id.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from feeds.building.sources import is_archive
from feeds.core.errors import Finding, Place
from feeds.core.guids import canonical_guid
from feeds.formats.catalog_yaml import Located

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Text:
    """A user's text, and the path to the user in it. Its positions are found when a finding asks for them.

    `known` is the user's tree where it has been read already: only so can many texts be compared at little cost.
    """

    source: str
    located: Located
    prefix: Path
    known: Any = None

    def tree(self) -> Any:
        """Return the user's tree, or None."""
        if self.known is not None:
            return self.known
        tree = self.located.tree()
        for part in self.prefix:
            try:
                tree = tree[part]
            except (KeyError, IndexError, TypeError):
                return None
        return tree

    def user_id(self) -> str | None:
        """Return the user's id as far as the text gives one."""
        tree = self.tree()
        user_id = tree.get("id") if isinstance(tree, dict) else None
        return user_id if isinstance(user_id, str) else None

    def videos(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield each video that is a mapping, with its number."""
        tree = self.tree()
        videos = tree.get("videos") if isinstance(tree, dict) else None
        for number, video in enumerate(videos if isinstance(videos, list) else ()):
            if isinstance(video, dict):
                yield number, video

    def guids(self) -> Iterator[tuple[int, str]]:
        """Yield the number and the guid of each video that has one."""
        for number, video in self.videos():
            if isinstance(guid := video.get("guid"), str):
                yield number, guid

    def place(self, *path: str | int) -> Place:
        """Return where something of the user stands."""
        return self.located.place((*self.prefix, *path))

    def finding(self, rule: str, path: Path, what: str, remedy: str) -> Finding:
        """Return an error at a place in the user's text."""
        whole = (*self.prefix, *path)
        return Finding(self.located.place(whole), "error", rule, self.located.trail(whole), what, remedy)


def duplicate_guids(texts: Iterable[Text], only: frozenset[str] | None = None) -> Iterator[tuple[str, str, Finding]]:
    """Yield (source, source of the first, finding) for each guid that was used before, in the texts' order.

    `only` are the canonical guids to look at; all where it is None.
    """
    first: dict[str, tuple[Text, int, str]] = {}
    for text in texts:
        for number, guid in text.guids():
            canonical = canonical_guid(guid)
            if only is not None and canonical not in only:
                continue
            before, its_number, other = first.setdefault(canonical, (text, number, guid))
            if before is text and its_number == number:
                continue
            path = ("videos", number, "guid")
            where = _spot(before.place("videos", its_number, "guid"), text.place(*path))
            what = f'guid "{guid}" is already used at {where}'
            if guid != other:
                what = f'guid "{guid}" is the same as "{other}" at {where}: case and Unicode form make no difference'
            remedy = "Give this video a guid of its own: Dailymotion's callback names a video by guid alone."
            if is_archive(text.source) and not is_archive(before.source) and text.user_id() == before.user_id():
                remedy = f"`feeds archive {text.user_id()}` takes it out of the user's file if both say the same."
            yield text.source, before.source, text.finding("guid-duplicate", path, what, remedy)


def duplicate_users(texts: Iterable[Text]) -> Iterator[tuple[str, str, Finding]]:
    """Yield (source, source of the first, finding) for each user whose id was used before, in the texts' order."""
    first: dict[str, tuple[Text, str]] = {}
    for text in texts:
        user_id = text.user_id()
        if user_id is None or is_archive(text.source):
            continue
        before, other = first.setdefault(user_id.lower(), (text, user_id))
        if before is text:
            continue
        where = _spot(before.place("id"), text.place("id"))
        what = f'user id "{user_id}" is already used at {where}'
        if user_id != other:
            what = f'user id "{user_id}" is the same file name as "{other}" at {where}'
        remedy = "Keep one of the two: a user has one feed, named by the id."
        yield text.source, before.source, text.finding("user-duplicate", ("id",), what, remedy)


def _spot(place: Place, seen_from: Place) -> str:
    return f"line {place.line}" if place.file == seen_from.file else f"{place.file}:{place.line}"
