"""The units of a build: a job is one user's text, an outcome what it came to. Plain values, for any process."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # these bring pydantic along, and a build that finds nothing to do must not wait for it
    from feeds.core.catalog import Network
    from feeds.core.events import Event
    from feeds.core.partners import PartnerState
    from feeds.core.removals import Removals
    from feeds.core.rules import Fault


@dataclass(frozen=True, slots=True)
class Context:
    """What all feeds of a build share. `since` is the moment of the build before, None where it isn't known.

    `by_events`: nothing is published in the folder yet, so that events alone tell what was listed before, elsewhere.
    `address` is where users.json and feeds/ are reached, with a slash at its end.
    """

    out: Path
    index: Path
    network: "Network"
    at: datetime
    since: datetime | None
    record: bool
    by_events: bool = False
    address: str = ""


@dataclass(frozen=True, slots=True)
class Job:
    """One user's text to build from: a file, a tree's text from catalog.yaml, or none (known by events alone).

    `user_id` is who it was when it was last built. `known_digest` is the digest with which the feed on disk was built:
    the same text needs no work. `freeze` says to build from the last good text, which the index has, whatever the text.
    """

    source: str
    path: Path | None = None
    tree_text: bytes | None = None
    user_id: str | None = None
    known_digest: bytes | None = None
    freeze: bool = False


@dataclass(frozen=True, slots=True)
class Feed:
    """A user's feed, built; `staged` is None where the published bytes are the same, or none are wanted.

    `listed` has each item's digest where the build is to be recorded.
    """

    user_id: str
    username: str
    enabled: bool
    state: "PartnerState"
    in_list: bool
    count: int
    held: Mapping[str, int]
    valid_from: str
    valid_until: str
    digest: bytes
    staged: Path | None
    removals: "Removals"
    listed: Mapping[str, str] | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one job came to. `feed` is None where nobody can tell whose text it is."""

    source: str
    signature: str
    settled: bool
    digest: bytes
    same: bool = False
    claimed_id: str | None = None
    refused: bool = False
    faults: tuple["Fault", ...] = ()
    form: str | None = None
    good: bytes | None = None
    keys: bytes = b""
    frozen: bool = False
    feed: Feed | None = None


class Events(Protocol):
    """Where the events of a subject are found: the index, or the lines themselves."""

    def events(self, subjects: Iterable[str]) -> "dict[str, list[Event]]":
        """Return the events of these subjects."""

    def close(self) -> None:
        """Let go of it."""


def text_digest(text: bytes) -> bytes:
    """Return the digest by which a text is known again."""
    return blake2b(text, digest_size=16).digest()
