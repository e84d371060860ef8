"""An element of a foreign feed, without what XML adds to it: name, attributes, text, and what is in it."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Node:
    """An element of the feed: names with known prefixes, `text` with that of all it holds, `base` of its xml:base."""

    name: str
    attributes: dict[str, str]
    text: str
    children: tuple["Node", ...] = ()
    base: str | None = None

    def get(self, name: str) -> str:
        """Return an attribute, without blanks around it; empty where there is none."""
        return self.attributes.get(name, "").strip()

    def all(self, *names: str) -> Iterator["Node"]:
        """Yield the children of these names."""
        return (child for child in self.children if child.name in names)
