"""users.json: the user list of the MCN guide, https://developers.dailymotion.com/mcn .

The guide says what the list is for, one feed for each user and both of the user's names, but its sample is lost in
every copy that can be read. So the words on the wire are the network's to set (core/user_list.py), and changing them
changes no feed. Left out on purpose: anything about a user that the guide doesn't ask for.
"""

import json
import re
from collections.abc import Iterable
from operator import attrgetter

from feeds.core.errors import FeedsError
from feeds.core.user_ids import USER_ID, is_user_id
from feeds.core.user_list import ListedUser, UserListShape

_FEED = re.compile(rf"[^?#]*/feeds/({USER_ID})\.xml")


class BadUserList(FeedsError):
    """These bytes are not a user list of the given shape: nothing can be concluded from them."""


def render(users: Iterable[ListedUser], shape: UserListShape = UserListShape()) -> bytes:  # noqa: B008 (frozen)
    """Render the list, one user a line in order of id; nobody is `[]`, which is a valid list."""
    entries = [
        json.dumps({shape.id: user.id, shape.username: user.username, shape.feed: user.feed_url}, ensure_ascii=False)
        for user in sorted(users, key=attrgetter("id"))
    ]
    array = "[\n  " + ",\n  ".join(entries) + "\n]" if entries else "[]"
    text = array if shape.wrap is None else f"{{{json.dumps(shape.wrap, ensure_ascii=False)}: {array}}}"
    return f"{text}\n".encode()


def parse(text: bytes, shape: UserListShape = UserListShape()) -> list[ListedUser]:  # noqa: B008 (frozen)
    """Return the users of a list of this shape, in its order. Raises BadUserList."""
    try:
        document = json.loads(text)
        entries = document if shape.wrap is None else document[shape.wrap]
        users = [ListedUser(entry[shape.id], entry[shape.username], entry[shape.feed]) for entry in entries]
    except (ValueError, RecursionError) as error:
        raise BadUserList(f"The user list is not JSON ({error}).") from error
    except (KeyError, TypeError) as error:
        raise BadUserList(f"The user list is not of the shape that the network has set ({error!r}).") from error
    if not all(isinstance(value, str) for user in users for value in (user.id, user.username, user.feed_url)):
        raise BadUserList("The user list holds a value that is not text.")
    return users


def feed_ids(text: bytes) -> list[str]:
    """Return whose feeds a list names, in its order, whatever its words: they may have changed since it was written.

    Raises BadUserList.
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadUserList("it is not JSON.") from error
    entries = next(iter(document.values()), None) if isinstance(document, dict) else document
    if not isinstance(entries, list):
        raise BadUserList("it is no list of users.")
    return [_feed_id(entry, number) for number, entry in enumerate(entries, start=1)]


def _feed_id(entry: object, number: int) -> str:
    values = entry.values() if isinstance(entry, dict) else ()
    ids = {match[1] for value in values if isinstance(value, str) and (match := _FEED.fullmatch(value))}
    if len(ids) != 1 or not is_user_id(*ids):
        raise BadUserList(f"entry {number} names no feed that is called as ours are, .../feeds/<user id>.xml.")
    return ids.pop()
