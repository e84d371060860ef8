"""catalog.yaml and its user files: text to values, and every fault with its file, line and column.

Reading has a fast way for what is well and a slow way for what is not: only a text with a fault is read again for the
positions that its findings need.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pydantic import ValidationError

from feeds.core import rules
from feeds.core.catalog import ArchiveEntry, CatalogFile, Network, UserEntry
from feeds.core.errors import Finding, Place
from feeds.core.rules import Fault, Path
from feeds.core.values import shortened, shown
from feeds.formats import strict_yaml

# Escapes of double-quoted text that can stand for characters which neither YAML nor XML takes as they are.
_SPELLED = re.compile(rb"\\[0abefvxuU]")


@dataclass(frozen=True, slots=True)
class ReadUser:
    """One user's text, read: the user where it has no fault, and the faults where it has.

    `refused` says that the text isn't a tree at all; `examine` has the faults then. `claimed_id` is the id as far as
    the text gives one, and `tree` the tree.
    """

    user: UserEntry | None
    faults: tuple[Fault, ...] = ()
    refused: bool = False
    claimed_id: str | None = None
    tree: Any = None


@dataclass(frozen=True, slots=True)
class ReadNetwork:
    """catalog.yaml, read: the network, the patterns of user files, and the trees of the users in it."""

    network: Network
    include: tuple[str, ...]
    users: tuple[Any, ...]


def parse_user(text: bytes) -> ReadUser:
    """Read a user file."""
    try:
        tree = strict_yaml.parse(text)
    except strict_yaml.Refused:
        tree = strict_yaml.examine(text).tree
        return ReadUser(None, refused=True, claimed_id=_claimed(tree), tree=tree)
    return user_of(tree, escapes=spells_characters(text))


# What an archive's entries may take from the user's own file: there it was judged.
_FROM_USER = {"category": "tv", "media_base": "https://media.invalid/"}


def parse_archive(text: bytes) -> ReadUser:
    """Read an archive: the user that comes back has an id and videos, and nothing else."""
    try:
        tree = strict_yaml.parse(text)
    except strict_yaml.Refused:
        tree = strict_yaml.examine(text).tree
        return ReadUser(None, refused=True, claimed_id=_claimed(tree), tree=tree)
    return archive_of(tree, escapes=spells_characters(text))


def archive_of(tree: Any, *, escapes: bool = True) -> ReadUser:
    """Judge an archive's tree."""
    whole = {**tree, "defaults": _FROM_USER} if isinstance(tree, dict) else tree
    faults = list(rules.faults_between_keys(whole, escapes=escapes))
    user = None
    try:
        archive = ArchiveEntry.model_validate(tree)
        user = UserEntry.model_construct(id=archive.id, username=archive.id, videos=archive.videos)
    except ValidationError as error:
        faults += rules.faults_of_values(error, ArchiveEntry)
    return ReadUser(None if faults else user, tuple(faults), claimed_id=_claimed(tree), tree=tree)


def spells_characters(text: bytes) -> bool:
    """Return whether a text may hold characters, spelled out, that YAML refuses as they are."""
    return _SPELLED.search(text) is not None


def user_of(tree: Any, *, escapes: bool = True) -> ReadUser:
    """Judge one user's tree."""
    faults = list(rules.faults_between_keys(tree, escapes=escapes))
    user = None
    try:
        user = UserEntry.model_validate(tree)
    except ValidationError as error:
        faults += rules.faults_of_values(error, UserEntry)
    return ReadUser(None if faults else user, tuple(faults), claimed_id=_claimed(tree), tree=tree)


def _claimed(tree: Any) -> str | None:
    claimed = tree.get("id") if isinstance(tree, dict) else None
    return claimed if isinstance(claimed, str) else None


def parse_network(text: bytes) -> ReadNetwork | tuple[Fault, ...] | None:
    """Read catalog.yaml; its users are judged one by one, elsewhere.

    Returns the faults where it has any, and None where it isn't a tree at all (`Located` has the faults then).
    """
    try:
        tree = strict_yaml.parse(text)
    except strict_yaml.Refused:
        return None
    if faults := rules.network_faults(tree):
        return tuple(faults)
    assert isinstance(tree, dict)  # noqa: S101 - network_faults refuses all else
    users = tree.pop("users", [])
    file = CatalogFile.model_validate(tree)
    return ReadNetwork(file.network, file.include, tuple(users))


def tree_text(tree: Any) -> bytes:
    """Render a user's tree as one line of JSON, which the strict reader reads back to the same tree."""
    return json.dumps(tree, ensure_ascii=False).encode("utf-8", "surrogatepass")


class Located:
    """A file's text with the place of everything in it: turns faults into findings.

    Where the text is large and may never be needed, `text` is how to get it.
    """

    def __init__(self, file: str, text: bytes | Callable[[], bytes]) -> None:
        self._file, self._text = file, text

    @cached_property
    def _examined(self) -> strict_yaml.Examined:
        return strict_yaml.examine(self._text if isinstance(self._text, bytes) else self._text())

    def own_findings(self) -> list[Finding]:
        """Return what makes the text no catalog: syntax, aliases, keys written twice."""
        return [
            Finding(
                Place(self._file, each.line, each.column),
                "error",
                each.rule,
                self.trail(each.path),
                each.what,
                each.remedy,
            )
            for each in self._examined.faults
        ]

    def tree(self) -> Any:
        """Return the tree as far as it could be built."""
        return self._examined.tree

    def beside_own(self, faults: Iterable[Fault], prefix: Path = ()) -> list[Fault]:
        """Return the faults of values in a text that was refused, but for those that only follow from the refusal."""
        own = self._examined.faults
        aliased = {each.path for each in own if each.rule == "yaml-alias"}
        partly_read = {each.path for each in own if each.rule in ("yaml-merge", "yaml-key")}

        def follows(path: Path, rule: str) -> bool:
            around = {path[:length] for length in range(1, len(path) + 1)}
            return bool(around & aliased) or (rule == "required" and path[:-1] in partly_read)

        return [each for each in faults if not follows((*prefix, *each.path), each.rule)]

    def findings(self, faults: Iterable[Fault], prefix: Path = ()) -> list[Finding]:
        """Return the faults of what stands below the prefix as findings."""
        return [
            Finding(
                self.place((*prefix, *each.path), key=each.of_key),
                each.severity,
                each.rule,
                self.trail((*prefix, *each.path)),
                each.what,
                each.remedy,
            )
            for each in faults
        ]

    def place(self, path: Path, *, key: bool = False) -> Place:
        """Return where a value stands (its key, where `key` is true), or the nearest thing around it."""
        if key and path in self._examined.keys:
            return Place(self._file, *self._examined.keys[path])
        while path and path not in self._examined.values:
            path = path[:-1]
        return Place(self._file, *self._examined.values.get(path, (1, 1)))

    def trail(self, path: Path) -> tuple[str, ...]:
        """Return the way down to a path in the editor's own words: usernames and titles instead of numbers."""
        words: list[str] = []
        tree: Any = self._examined.tree
        if isinstance(tree, dict) and "network" not in tree and (name := _name_of(tree)):
            words.append(name)
        for part in path:
            try:
                tree = tree[part]
            except (KeyError, IndexError, TypeError):
                tree = None
            words.append(shortened(part) if isinstance(part, str) else _name_of(tree) or f"number {part + 1}")
        return tuple(words)


def _name_of(tree: Any) -> str | None:
    if not isinstance(tree, Mapping):
        return None
    for key in ("username", "id"):
        if isinstance(tree.get(key), str) and tree[key].strip():
            return shortened(tree[key])
    for key in ("title", "guid"):
        if isinstance(tree.get(key), str) and tree[key].strip():
            return shown(tree[key])
    return None
