"""Bring what is online into the folder that is built into, so that a build on an empty machine compares with it.

Whoever builds in a folder that is new each time, CI say, has nothing there: the removal guard could miss nothing, and
a user with a broken file would drop out. With the published site in its place a build is what it is on a server that
published before: it judges removals by what Dailymotion has seen, and leaves alone what is as it was.
"""

import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from feeds.building.publishing import USER_LIST, published_feeds, remove_feeds
from feeds.core.errors import BuildRefused, StorageError
from feeds.formats import mrss, user_list
from feeds.storage.static_dir import clear_leftovers, only_one, publish, stage, sync_folder

# Feeds that are read at once: a site of 10,000 would else take minutes.
AT_ONCE = 16
# When a file was written that doesn't say so: before anything, for the guard asks what had ended by then.
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
SHOWN = 3


@dataclass(frozen=True, slots=True)
class Published:
    """A published file: its bytes, and when it was written, None where that isn't told."""

    text: bytes
    written: datetime | None


class Site(Protocol):
    """Where a site is read. `name` is how people know it; it holds no secret."""

    name: str

    def read(self, path: str) -> Published | None:
        """Return a file of the site, None where there is none."""


class Folder:
    """A site in a folder: a copy of what is online."""

    def __init__(self, folder: Path) -> None:
        self.name, self.folder = str(folder), folder

    def read(self, path: str) -> Published | None:
        """Return a file of the site, None where there is none. Raises StorageError."""
        try:
            with (self.folder / path).open("rb") as file:
                return Published(file.read(), datetime.fromtimestamp(os.fstat(file.fileno()).st_mtime, UTC))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StorageError(f"{self.folder / path} can't be read: {error.strerror}. Nothing was built.") from error


def bring(site: Site, out: Path) -> int:
    """Have `out` hold the site as it is online, each file with its time there; return how many feeds it has.

    Files that are the same already stay. Raises BuildRefused where the site isn't whole, StorageError, and whatever
    reading it raises; `out` is then as it was.
    """
    listing = site.read(USER_LIST)
    if listing is None:
        raise BuildRefused(
            f"{site.name} has no {USER_LIST}, so nobody knows what is online, and nothing was built.\n"
            "Name the site that Dailymotion reads, or say that nothing was published before: --previous none"
        )
    try:
        user_ids = user_list.feed_ids(listing.text)
    except user_list.BadUserList as error:
        raise BuildRefused(
            f"{USER_LIST} of {site.name} can't be read: {error}\n"
            "Nothing was built. See that the site is whole, or name another copy of it."
        ) from error
    try:
        (out / "feeds").mkdir(parents=True, exist_ok=True)
        with only_one(out):
            try:
                _replace(site, out, listing, user_ids)
            finally:
                clear_leftovers(out)
                clear_leftovers(out / "feeds")
    except OSError as error:
        raise StorageError(f"{error.filename or out}: {error.strerror}. Mend that, and build again.") from error
    return len(user_ids)


def _replace(site: Site, out: Path, listing: Published, user_ids: list[str]) -> None:
    names = {user_id: f"feeds/{user_id}.xml" for user_id in user_ids}

    def fetched(user_id: str) -> tuple[str, str | None, Path | None]:
        return user_id, *_staged_feed(site, out / names[user_id], names[user_id])

    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = list(pool.map(fetched, names))
    if faults := [f"{names[user_id]} {fault}" for user_id, fault, _ in found if fault]:
        raise BuildRefused(
            f"Of {len(names)} feeds that {USER_LIST} of {site.name} names, {len(faults)} can't be had: "
            f"{_some(faults)}.\n"
            "Nothing was built: what these users have online can't be compared with. Try again when the site is whole, "
            "or name another copy of it."
        )
    for user_id, _, staged in found:
        if staged:
            publish(staged, out / names[user_id])
    sync_folder(out / "feeds")
    if staged := _staged(out / USER_LIST, listing):
        publish(staged, out / USER_LIST)
        sync_folder(out)
    remove_feeds(out, sorted(published_feeds(out) - names.keys()))


def _staged_feed(site: Site, path: Path, name: str) -> tuple[str | None, Path | None]:
    """Return what is wrong with a feed of the site, if anything, and where it is staged, None where it is there."""
    feed = site.read(name)
    if feed is None:
        return "is missing", None
    try:
        mrss.guids(feed.text)
    except mrss.BadFeed:
        return "is no feed", None
    return None, _staged(path, feed)


def _staged(path: Path, its: Published) -> Path | None:
    if path.is_file() and path.read_bytes() == its.text:
        return None
    staged = stage(path, its.text)
    written = (its.written or LONG_AGO).timestamp()
    os.utime(staged, (written, written))
    return staged


def _some(words: Iterable[str]) -> str:
    shown = list(words)
    return ", ".join(shown[:SHOWN]) + (f" and {len(shown) - SHOWN} more" if len(shown) > SHOWN else "")
