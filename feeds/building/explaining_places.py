"""Where in the catalog something stands that decides, and the commit that wrote it."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from feeds.building.history import log_of
from feeds.building.planning_edit import Entry, file_entry, inline_entries
from feeds.building.sources import CATALOG, CatalogText, archives, included, is_archive
from feeds.core.errors import Place
from feeds.core.rules import Path as TreePath
from feeds.formats import catalog_yaml
from feeds.formats.catalog_yaml import Located
from feeds.storage.repository import GitFailed, Repository

# A key of a video, or (None) of the user, and the way down to it.
Where = tuple[str | None, tuple[str, ...]]
Written = tuple[Place | None, tuple[str, str, str] | None]


def holders(text: CatalogText, catalog: Path, name: str) -> Iterator[Entry]:
    """Yield the users whose id is this name, or who have a video of that guid: at most one of each, if all is well.

    Archives, which may have such a video, come last.
    """
    for entry in inline_entries(text).values():
        if _has(entry, name):
            yield entry
    wanted = name.encode("utf-8", "surrogateescape")
    patterns = list(text.network.include)
    for source in (*included(catalog, patterns), *archives(catalog, patterns)):
        with suppress(OSError):  # `feeds check` tells why
            content = source.path.read_bytes() if source.path else b""
            if wanted in content or catalog_yaml.spells_characters(content):
                entry = file_entry(source)
                if _has(entry, name):
                    yield entry


def with_own_defaults(archive: Entry, text: CatalogText, catalog: Path) -> Entry:
    """Return an archive's entry with the defaults that its videos have from the user's own file."""
    user = archive.read.user
    own = next((each.read.user for each in holders(text, catalog, user.id) if each.read.user), None) if user else None
    if user is None or own is None:
        return archive
    return replace(archive, read=replace(archive.read, user=user.model_copy(update={"defaults": own.defaults})))


def _has(entry: Entry, name: str) -> bool:
    is_user = entry.user_id == name and not is_archive(entry.text.source)
    return is_user or any(guid == name for _, guid in entry.text.guids())


@dataclass(frozen=True, slots=True)
class Places:
    """The places in one user's text, and the commits behind them."""

    entry: Entry
    catalog: Path
    repository: Repository | None

    def of(self, guid: str | None, keys: tuple[str, ...]) -> Written:
        """Return where a key of the user, or of one of the videos, stands, and the commit that wrote it there."""
        entry = self.entry
        path = _path(entry.text.tree(), guid, keys)
        if path is None:
            return None, None
        file = entry.text.source if not entry.text.prefix else CATALOG
        place = entry.text.place(*path)
        return Place(file, place.line, place.column), self._commit(file, guid, keys)

    def of_network(self, text: CatalogText, key: str) -> Written:
        """Return where a setting of the network stands; nowhere if it is the default."""
        tree = text.located.tree()
        if not isinstance(tree, dict) or key not in tree.get("network", {}):
            return None, None
        place = text.located.place(("network", key))
        return Place(CATALOG, place.line, place.column), None

    def _commit(self, file: str, guid: str | None, keys: tuple[str, ...]) -> tuple[str, str, str] | None:
        """Return the latest commit of the line, as it is committed; None where it says something else by now."""
        if self.repository is None:
            return None
        try:
            committed = Located(file, self.repository.run("cat-file", "blob", f"HEAD:{file}"))
            prefix, tree = _user(committed.tree(), self.entry.user_id, whole=not self.entry.text.prefix)
            path = _path(tree, guid, keys)
            if path is None or _value(tree, path) != _value(self.entry.text.tree(), _path_now(self.entry, guid, keys)):
                return None
            line = committed.place((*prefix, *path)).line
            [commit] = log_of(
                self.repository, "--no-patch", "--max-count=1", f"-L{line},{line}:{file}", "HEAD"
            ).values()
        except (GitFailed, ValueError):
            return None
        return commit.hash, commit.author, commit.subject


def _path_now(entry: Entry, guid: str | None, keys: tuple[str, ...]) -> TreePath:
    return _path(entry.text.tree(), guid, keys) or ()


def _user(tree: Any, user_id: str | None, *, whole: bool) -> tuple[TreePath, Any]:
    if whole:
        return (), tree
    users = tree.get("users") if isinstance(tree, dict) else None
    for number, user in enumerate(users if isinstance(users, list) else ()):
        if isinstance(user, dict) and user.get("id") == user_id:
            return ("users", number), user
    return (), None


def _path(tree: Any, guid: str | None, keys: tuple[str, ...]) -> TreePath | None:
    """Return the path to a key in a user's tree, None where it isn't there."""
    path: TreePath = ()
    if guid is not None:
        videos = tree.get("videos") if isinstance(tree, dict) else None
        numbers = [
            number
            for number, video in enumerate(videos if isinstance(videos, list) else ())
            if isinstance(video, dict) and video.get("guid") == guid
        ]
        if not numbers:
            return None
        path = ("videos", numbers[0])
    path = (*path, *keys)
    return path if _value(tree, path) is not None else None


def _value(tree: Any, path: TreePath) -> Any:
    for part in path:
        try:
            tree = tree[part]
        except (KeyError, IndexError, TypeError):
            return None
    return tree
