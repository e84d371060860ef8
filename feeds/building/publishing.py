"""Put what a build has staged in its place: the feeds first, then the user list, then removals.

So the list never names a feed that isn't there, whenever a crawler comes and wherever a build is killed.
"""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from feeds.core.user_list import ListedUser, UserListShape
from feeds.formats import user_list
from feeds.storage.static_dir import publish, stage, sync_folder

USER_LIST = "users.json"


def publish_feeds(out: Path, staged: Sequence[tuple[str, Path]]) -> None:
    """Put each user's staged feed in its place, durably. Raises StorageError."""
    for user_id, temporary in staged:
        publish(temporary, out / "feeds" / f"{user_id}.xml")
    if staged:
        sync_folder(out / "feeds")


def publish_user_list(out: Path, users: Iterable[ListedUser], shape: UserListShape) -> bool:
    """Write the user list if it has changed, durably; return whether it has. Raises StorageError."""
    text = user_list.render(users, shape)
    path = out / USER_LIST
    if path.is_file() and path.read_bytes() == text:
        return False
    publish(stage(path, text), path)
    sync_folder(out)
    return True


def remove_feeds(out: Path, user_ids: Sequence[str]) -> None:
    """Remove the feeds of users who are in the list no more."""
    for user_id in user_ids:
        (out / "feeds" / f"{user_id}.xml").unlink(missing_ok=True)
    if user_ids:
        sync_folder(out / "feeds")


def published_feeds(out: Path) -> set[str]:
    """Return the ids of all users that have a published feed."""
    with os.scandir(out / "feeds") as entries:
        names = [entry.name for entry in entries]
    return {name.removesuffix(".xml") for name in names if name.endswith(".xml") and not name.startswith(".")}
