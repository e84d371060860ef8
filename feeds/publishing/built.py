"""Read the built site, as it is to be published: the list as it stood at one moment, and each feed that it names.

The list is read while no build runs, and names feeds that are there then. Feeds are read later, one by one, so that a
slow target keeps no build waiting: a build replaces them whole, so what is read is old or new. One that has gone in
the meantime makes the list outdated, and all is read anew.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from feeds.building.addresses import address_of
from feeds.core.catalog import Network
from feeds.core.errors import BuildRefused, StorageError
from feeds.core.user_list import UserListShape, feed_url
from feeds.formats import mrss, user_list
from feeds.formats.origins import NAME as ORIGINS
from feeds.publishing.target import USER_LIST
from feeds.storage.static_dir import only_one

SHOWN = 3


class Rebuilt(Exception):
    """A feed that the list names has gone since the list was read: a build came in between."""


@dataclass(frozen=True, slots=True)
class Built:
    """A whole site: its list, whose feeds that names, and which commits it is of, where it says so."""

    out: Path
    listing: bytes = field(repr=False)
    user_ids: Sequence[str]
    origins: bytes | None = None

    def feed(self, user_id: str) -> bytes:
        """Return a feed as it is now. Raises Rebuilt, BuildRefused where it is no feed, StorageError."""
        path = self.out / "feeds" / f"{user_id}.xml"
        try:
            text = path.read_bytes()
        except FileNotFoundError as error:
            raise Rebuilt from error
        except OSError as error:
            raise StorageError(
                f"{path} can't be read: {error.strerror}. Nothing names what wasn't published."
            ) from error
        try:
            mrss.guids(text)
        except mrss.BadFeed as error:
            raise BuildRefused(f"{path} is no feed, and was not published.\n{_BUILD}") from error
        return text


def read_built(out: Path, network: Network, secret: str | None) -> Built:
    """Return the site in a folder, for the network that it was built of, and the newest secret of its addresses.

    Raises BuildRefused where it isn't whole or its addresses are others, StorageError where it can't be read.
    """
    path = out / USER_LIST
    try:
        with only_one(out):
            text = path.read_bytes()
            # Before any feed: what is of a later commit than it says harms nobody.
            origins = (out / ORIGINS).read_bytes() if (out / ORIGINS).is_file() else None
            shape = network.user_list
            fields = shape.fields
            users = user_list.parse(
                text, UserListShape(shape.wrap, fields.id, fields.username, fields.feed, shape.confirmed)
            )
            missing = [user.id for user in users if not (out / "feeds" / f"{user.id}.xml").is_file()]
    except (FileNotFoundError, NotADirectoryError) as error:
        raise BuildRefused(
            f"{out} holds no built site (no {USER_LIST}), so nothing was published.\n{_BUILD}"
        ) from error
    except user_list.BadUserList as error:
        raise BuildRefused(f"{path}: {error} Nothing was published.\n{_BUILD}") from error
    except OSError as error:
        raise StorageError(
            f"{error.filename or out} can't be read: {error.strerror}. Nothing was published."
        ) from error
    if missing:
        raise BuildRefused(
            f"{out} is not whole: {USER_LIST} names {len(missing)} feeds that are not there ({some(missing)}), so "
            f"nothing was published.\n{_BUILD}"
        )
    address = address_of(network, secret)
    if any(user.feed_url != feed_url(address, user.id) for user in users):
        # The addresses aren't shown: they may hold a secret.
        raise BuildRefused(
            f"{path} has other addresses than network.base_url and network.access give now, so nothing was published.\n"
            f"{_BUILD}"
        )
    return Built(out, text, tuple(user.id for user in users), origins)


_BUILD = "Build it with the same catalog and settings (feeds build, or feeds sync), or name its folder with --out."


def some(words: Sequence[str]) -> str:
    """Return the first of them, and how many there are beside."""
    return ", ".join(words[:SHOWN]) + (f" and {len(words) - SHOWN} more" if len(words) > SHOWN else "")
