"""catalog.yaml and its user files: text to values, and every fault with its file, line and column.

Reading has a fast way for what is well and a slow way for what is not: only a text with a fault is read again for the
positions that its findings need.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pydantic import ValidationError

from feeds.core import rules
from feeds.core.catalog import CatalogFile, Network, UserEntry
from feeds.core.errors import Finding, Place
from feeds.core.rules import Fault, Path
from feeds.formats import strict_yaml

# Escapes of double-quoted text that can stand for characters which neither YAML nor XML takes as they are.
_SPELLED = re.compile(rb"\\[0abefvxuU]")


@dataclass(frozen=True, slots=True)
class ReadUser:
    """One user's text, read: the user where it has no fault, and the faults where it has.

    `refused` says that the text isn't a tree at all; `examine` has the faults then. `claimed_id` is the id as far as
    the text gives one.
    """

    user: UserEntry | None
    faults: tuple[Fault, ...] = ()
    refused: bool = False
    claimed_id: str | None = None


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
        return ReadUser(None, refused=True, claimed_id=_claimed(tree))
    return user_of(tree, escapes=_SPELLED.search(text) is not None)


def user_of(tree: Any, *, escapes: bool = True) -> ReadUser:
    """Judge one user's tree."""
    faults = list(rules.faults_between_keys(tree, escapes=escapes))
    user = None
    try:
        user = UserEntry.model_validate(tree)
    except ValidationError as error:
        faults += rules.faults_of_values(error, UserEntry)
    else:
        faults += rules.faults_of_windows(user)
    if faults:
        return ReadUser(None, tuple(faults), claimed_id=_claimed(tree))
    return ReadUser(user, claimed_id=_claimed(tree))


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
    """A file's text with the place of everything in it: turns faults into findings."""

    def __init__(self, file: str, text: bytes) -> None:
        self._file, self._text = file, text

    @cached_property
    def _examined(self) -> strict_yaml.Examined:
        return strict_yaml.examine(self._text)

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

    def users(self) -> list[Any]:
        """Return the trees of the users in a catalog.yaml, as far as they could be built."""
        tree = self._examined.tree
        users = tree.get("users") if isinstance(tree, dict) else None
        return users if isinstance(users, list) else []

    def tree(self) -> Any:
        """Return the tree as far as it could be built."""
        return self._examined.tree

    def findings(self, faults: Iterable[Fault], prefix: Path = ()) -> list[Finding]:
        """Return the faults of what stands below the prefix as findings."""
        return [
            Finding(
                self.place((*prefix, *each.path), key=each.rule == "unknown-key"),
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
        tables = (self._examined.keys, self._examined.values) if key else (self._examined.values,)
        while path:
            for table in tables:
                if path in table:
                    return Place(self._file, *table[path])
            path = path[:-1]
        return Place(self._file)

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
            words.append(str(part) if isinstance(part, str) else _name_of(tree) or f"number {part + 1}")
        return tuple(words)


def _name_of(tree: Any) -> str | None:
    if not isinstance(tree, Mapping):
        return None
    for key in ("username", "id"):
        if isinstance(tree.get(key), str):
            return str(tree[key])
    for key in ("title", "guid"):
        if isinstance(tree.get(key), str):
            return f'"{tree[key]}"'
    return None
