"""Find what is known of a guid or a user: the events of journal and results, and the commits of the catalog in Git.

Of a user's file, every commit that touched it; of a guid, or a user in catalog.yaml, the commits that added or took
away the line of its name, and those that changed the lines which are its own today.
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from feeds.building.outcomes import all_events
from feeds.building.sources import CATALOG
from feeds.core import rules
from feeds.core.history import Commit, Entry, history
from feeds.formats.catalog_yaml import Located
from feeds.settings import Folders
from feeds.storage.repository import GitFailed, Repository

_YAML = (".yaml", ".yml")
_FORM = "--format=%x01%H%x00%aI%x00%an%x00%s%x00"
# No program that the repository's attributes name has a say in what has changed.
_PLAIN = ("--encoding=UTF-8", "--no-show-signature", "--no-ext-diff", "--no-textconv")


def whole_history(folders: Folders, name: str) -> list[Entry]:
    """Return all that is known of a guid or a user, oldest first. Raises GitFailed."""
    return history(name, all_events(folders), _commits(folders.catalog, name))


def _commits(catalog: Path, name: str) -> list[Commit]:
    """Return the commits that changed what the catalog says of a name; none where it is not in Git."""
    repository = Repository.at(catalog)
    if repository is None or repository.commit_of("HEAD") is None:
        return []
    top = repository.run("ls-tree", "-z", "--name-only", "HEAD").decode("utf-8", "surrogateescape").split("\0")
    # A user's file, and its folder, may be gone today.
    places = sorted({CATALOG, "users", *(each for each in top if each and each[0] != "." and each != "results")})
    found = log_of(repository, "--name-only", f"-G{_line_of(name)}", "HEAD", "--", *places)
    for path, text in _holders(repository, places, name):
        for lines in _own_lines(Located(path, text), text.split(b"\n"), name, whole=path != CATALOG):
            where = ("HEAD", "--", path) if lines is None else (f"-L{lines[0]},{lines[1]}:{path}", "HEAD")
            found |= log_of(repository, "--no-patch", *where)
    return list(found.values())


def _line_of(name: str) -> str:
    """Return the pattern of the line in which a guid or an id is given (POSIX, extended: git log -G)."""
    escaped = "".join(each if each.isalnum() or not each.isascii() else rf"\{each}" for each in name)
    return rf"(guid|id)[\"']?[[:space:]]*:[[:space:]]*[\"']?{escaped}[\"']?[[:space:]]*([],}}#]|$)"


def log_of(repository: Repository, *words: str) -> dict[str, Commit]:
    """Return the commits that git log names, by hash; where it names files too, at least one must be YAML."""
    found = {}
    for text in repository.run("log", _FORM, *_PLAIN, *words).decode("utf-8", "replace").split("\1")[1:]:
        name, at, author, subject, files = text.split("\0", 4)
        if not files.strip() or any(file.strip('"').endswith(_YAML) for file in files.split("\n")):
            found[name] = Commit(name, datetime.fromisoformat(at).astimezone(UTC), author, subject)
    return found


def _holders(repository: Repository, places: Iterable[str], name: str) -> Iterator[tuple[str, bytes]]:
    """Yield the YAML files, as they are committed, that hold the name as it stands."""
    wanted = name.encode("utf-8", "surrogateescape")
    for place in places:
        root = repository.folder / place
        for path in [root] if root.is_file() else sorted(root.rglob("*")):
            if not path.name.endswith(_YAML) or not path.is_file() or wanted not in path.read_bytes():
                continue
            relative = path.relative_to(repository.folder).as_posix()
            with suppress(GitFailed):  # not committed yet
                yield relative, repository.run("cat-file", "blob", f"HEAD:{relative}")


def _own_lines(located: Located, lines: list[bytes], name: str, *, whole: bool) -> Iterator[tuple[int, int] | None]:
    """Yield the first and last line of what has the name, a user or a video; None for a whole file, a user's."""
    tree = located.tree()
    if not isinstance(tree, dict):
        return
    users: list[tuple[rules.Path, dict[str, Any]]] = [((), tree)]
    if not whole:
        users = [(("users", number), user) for number, user in _listed(tree, "users")]
    for path, user in users:
        if user.get("id") == name:
            yield None if whole else _block(lines, located.place(path).line)
        for number, video in _listed(user, "videos"):
            if video.get("guid") == name:
                yield _block(lines, located.place((*path, "videos", number)).line)


def _listed(tree: dict[str, Any], key: str) -> Iterator[tuple[int, dict[str, Any]]]:
    entries = tree.get(key)
    for number, entry in enumerate(entries if isinstance(entries, list) else ()):
        if isinstance(entry, dict):
            yield number, entry


def _block(lines: list[bytes], first: int) -> tuple[int, int]:
    """Return the first and last line (from 1) of an entry: all that follows and stands further in."""
    head = lines[first - 1]
    indent = len(head) - len(head.lstrip())
    last = first
    for number in range(first, len(lines)):
        text = lines[number].lstrip()
        if text and len(lines[number]) - len(text) <= indent:
            break
        last = number + 1 if text else last
    return first, last
