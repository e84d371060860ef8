"""Where a site is published to: the few things that a folder and object storage do alike, and the names that are ours.

Below a target lie `users.json` and `feeds/<user id>.xml`, and `published.txt` where the site says which commits it is
of; or all of it below a segment for each secret of the site's addresses. Nothing else there is ours: it is never read,
written or deleted.
"""

import hashlib
import re
from collections.abc import Iterator
from typing import NamedTuple, Protocol

from feeds.core.errors import FeedsError
from feeds.core.user_ids import USER_ID
from feeds.formats.origins import NAME as ORIGINS

USER_LIST = "users.json"
# Types by the ending; RSS has none that is registered, and this is what readers know.
TYPES = {
    ".json": "application/json",
    ".xml": "application/rss+xml; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
}

_OURS = re.compile(rf"(?:([^/]+)/)?(users\.json|{re.escape(ORIGINS)}|feeds/({USER_ID})\.xml)")


class NotPublished(FeedsError):
    """The target did not take all of the site. What lies there is whole all the same, and the next run goes on."""

    exit_code = 3


class Ours(NamedTuple):
    """A file of a site at a target: below which segment (empty without one), under which name, whose feed."""

    segment: str
    name: str
    user_id: str | None


class Target(Protocol):
    """A place that takes files whole: readers see the former bytes or these. Every method raises NotPublished.

    `name` is how people know it, `identity` what else tells it from others, and `at_once` how many writes it takes.
    One that `may_be_unmounted` is empty then, and no other.
    """

    name: str
    identity: str
    at_once: int
    may_be_unmounted: bool

    def listing(self) -> Iterator[tuple[str, str]]:
        """Yield the key and the tag of everything there: of a file of ours it tells the content, as `write` does."""

    def read(self, key: str) -> bytes | None:
        """Return a file's bytes, None where there is none."""

    def write(self, key: str, text: bytes) -> str:
        """Put a file there, whole, and return its tag."""

    def settle(self) -> None:
        """Have what was written last, before anything names it."""

    def delete(self, key: str) -> None:
        """Take a file away; one that is gone already is fine."""


def ours(key: str) -> Ours | None:
    """Return what a key is of ours, None where it is somebody else's."""
    found = _OURS.fullmatch(key)
    return Ours(found[1] or "", found[2], found[3]) if found else None


def key_of(segment: str, name: str) -> str:
    """Return the key of a name of ours below a segment."""
    return f"{segment}/{name}" if segment else name


def tag_of(text: bytes) -> str:
    """Return the tag that most object storage gives these bytes: their MD5. It guards against nobody's malice."""
    return hashlib.md5(text, usedforsecurity=False).hexdigest()
