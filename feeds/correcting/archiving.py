"""Put what is done with out of the editors' sight: imported videos move from a user's file into the user's archive.

The archive is written and on the disk before the user's file changes: a kill in between leaves entries in both, which
the next call takes out of the user's file.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from feeds.building.catalog_users import read_users
from feeds.building.live import queue
from feeds.building.sources import ARCHIVE, CatalogText
from feeds.core.catalog import UserEntry
from feeds.core.corrections import is_changed_since_import
from feeds.core.defaults import item_of
from feeds.core.errors import FeedsError, StorageError
from feeds.core.listing import Reason
from feeds.correcting.archive_text import NotMovable, move
from feeds.correcting.known import Known
from feeds.formats import catalog_yaml
from feeds.storage.static_dir import clear_leftovers, only_one, publish, stage, sync_folder


@dataclass(frozen=True, slots=True)
class Archived:
    """What moved, or would move, of one user; or in words why nothing can."""

    user_id: str
    username: str
    archive: str
    guids: tuple[str, ...] = ()
    left: int = 0
    trouble: str | None = None


def archive(
    catalog: Path, known: Known, users: Collection[str], *, before: datetime | None, dry_run: bool
) -> Iterator[Archived]:
    """Move what is done with of these users, all where none is named; yield each of whom anything moves, once it has.

    `before`: only what was imported before that moment. Raises StorageError.
    """
    text = CatalogText(catalog)
    taken_down = {
        each.guid
        for each in queue(
            known.reads,
            known.results,
            known.happened,
            archives=known.archives,
            parent_id=known.network.parent_id,
            at=known.at,
        )
    }
    for source, read in read_users(text, catalog):
        user_id = read.user.id if read.user else read.claimed_id
        if users and user_id not in users:
            continue
        if read.user is None:
            yield Archived(user_id or source.name, "", "", trouble="Its file has faults: `feeds check` names them.")
            continue
        guids = [guid for guid in done_with(read.user, known, before) if guid not in taken_down]
        if not guids:
            continue
        name = f"{read.user.id}{ARCHIVE}"
        its = Archived(read.user.id, read.user.username, name, tuple(guids), len(read.user.videos) - len(guids))
        if source.path is None:
            trouble = "It stands in catalog.yaml: give the user a file of its own first, users/<id>.yaml."
            yield Archived(its.user_id, its.username, name, trouble=trouble)
            continue
        try:
            _move(source.path.resolve(), its, dry_run=dry_run)
        except StorageError:
            raise
        except FeedsError as error:
            yield Archived(its.user_id, its.username, name, trouble=str(error))
            continue
        yield its


def done_with(user: UserEntry, known: Known, before: datetime | None) -> Iterator[str]:
    """Yield the guids with which nobody has anything to do: imported, not changed since, not to be listed again.

    What is withdrawn is done with when it was taken down.
    """
    reasons = known.listing(user).reasons
    for video in user.videos:
        result = known.result(video.guid)
        if result.latest_import is None or (before is not None and result.latest_import >= before):
            continue
        if reasons.get(video.guid) is Reason.WITHDRAWN and not result.live:
            yield video.guid
        elif reasons.get(video.guid) is Reason.IMPORTED:
            is_coming = video.relist is not None and video.relist > known.at
            if not is_coming and not is_changed_since_import(item_of(video, user), result):
                yield video.guid


def _move(file: Path, its: Archived, *, dry_run: bool) -> None:
    path = file.with_name(its.archive)
    with only_one(file.parent):
        user_text, archive_text = file.read_bytes(), path.read_bytes() if path.exists() else None
        if archive_text is not None:
            read = catalog_yaml.parse_archive(archive_text)
            if read.user is None or read.user.id != its.user_id:
                raise NotMovable(f"{path.name} has faults, or is another user's: `feeds check` names them.")
        moved = move(user_text, archive_text, set(its.guids), its.user_id)
        if dry_run:
            return
        clear_leftovers(file.parent)
        if moved.archive != archive_text:
            _replace(path, moved.archive, mode=file.stat().st_mode)
        if file.read_bytes() != user_text:
            raise NotMovable(f"{file.name} was changed by somebody just now. Call this again.")
        _replace(file, moved.user, mode=file.stat().st_mode)


def _replace(path: Path, text: bytes, *, mode: int) -> None:
    temporary = stage(path, text)
    temporary.chmod(mode & 0o777)
    publish(temporary, path)
    sync_folder(path.parent)
