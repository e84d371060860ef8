"""A part of a build that another machine has done: feeds as they should be, and of what they were built."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from feeds.core.partners import PartnerState

if TYPE_CHECKING:  # brings pydantic along, and a build that has nothing to do must not wait for it
    from feeds.core.listing import Listing, Places

# Each shard is a file that is held open while they are joined.
MOST = 256


@dataclass(frozen=True, slots=True)
class Rendered:
    """A user's feed as it should be: `text` is empty where it should not be published.

    `listed` has each item's digest where that was asked for; `was_child` says that the user was adopted once.
    """

    user_id: str
    username: str
    enabled: bool
    state: PartnerState
    was_child: bool
    text: bytes
    now: "Listing | Places"
    listed: Mapping[str, str] | None

    @property
    def in_list(self) -> bool:
        """Return whether the user belongs into the user list."""
        return self.state is PartnerState.ADOPTED and self.enabled


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a shard was built from beside the users' own texts, as digests.

    `events` has each file of events by name; `address` is where the site will be reached, which may hold a secret.
    """

    code: str
    catalog: str
    address: str
    events: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ShardHead:
    """Which part of how many a shard is, as of when, and of what it was built."""

    number: int
    count: int
    at: datetime
    inputs: Inputs


@dataclass(frozen=True, slots=True)
class Piece:
    """One user's text in a shard: its digest, its guids' keys, and the feed; an archive has none.

    `left` says that the text has faults, and is left to whoever joins the shards, who may know what was good.
    """

    source: str
    digest: bytes = b""
    keys: bytes = b""
    feed: Rendered | None = None
    left: bool = False
