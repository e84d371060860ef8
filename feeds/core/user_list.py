"""The user list: the one document from which Dailymotion learns which users there are and where their feeds lie."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ListedUser:
    """One entry of the list: an adopted user and the absolute URL of their feed."""

    id: str
    username: str
    feed_url: str


@dataclass(frozen=True, slots=True)
class UserListShape:
    """The words the list uses on the wire.

    `wrap` is the key of an object around the array, None for a bare array; `id`, `username` and `feed` name the keys of
    an entry. The MCN guide's sample of the list can't be read in any copy of it
    (https://developers.dailymotion.com/mcn), so the defaults are a proposal until a content manager at Dailymotion
    has confirmed them, and the network says so with `confirmed`.
    """

    wrap: str | None = None
    id: str = "id"
    username: str = "username"
    feed: str = "feed_url"
    confirmed: bool = False


def site_url(base_url: str, secret_path: str | None) -> str:
    """Return where the site is reached: at `base_url`, or below the one segment that only Dailymotion is told."""
    return f"{base_url}{secret_path}/" if secret_path else base_url


def feed_url(base_url: str, user_id: str) -> str:
    """Return the address of a user's feed below `base_url`, which ends in a slash.

    By id, because a username may change.
    """
    return f"{base_url}feeds/{user_id}.xml"
