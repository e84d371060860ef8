"""What is remembered of an upload, so that after a kill or a lost answer the same upload makes no second video.

One folder each below uploads/ in the state folder, named by what is uploaded; it is held while the upload lasts, and
its file is written before each call after which something may have been made.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any

from feeds.core.errors import FeedsError, StorageError
from feeds.storage.locked import locked
from feeds.storage.static_dir import clear_leftovers, publish, stage, sync_folder

_FILE = "attempt.json"
_MOMENTS = ("begun", "asked", "made", "ended")


class UnderWay(FeedsError):
    """Another program uploads the very same at this moment."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One upload, as far as it came.

    `film` names what is sent. `before` are the videos of that title that the account had when it began. `asked` is when
    the video was asked for; `remote_id` and `made`, the moment of its event, are known once there is one; `status` and
    `ended` once its encoding has failed. `over`: nothing of it is left to do.
    """

    user: str
    title: str
    film: str
    by: str
    begun: datetime
    guid: str | None = None
    before: tuple[str, ...] = ()
    asked: datetime | None = None
    remote_id: str | None = None
    made: datetime | None = None
    status: str | None = None
    ended: datetime | None = None
    over: bool = False


class Memory:
    """The file of one upload, held by this program alone."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self) -> Attempt | None:
        """Return what was noted last, None if nothing was. Raises StorageError."""
        path = self._folder / _FILE
        try:
            return _parse(path.read_bytes())
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StorageError(f"{path} can't be read: {error.strerror}. Mend its permissions.") from error
        except (ValueError, TypeError, KeyError) as error:
            raise StorageError(
                f"{path} can't be understood. See on Dailymotion whether the video is there, then delete this file."
            ) from error

    def note(self, attempt: Attempt) -> Attempt:
        """Note it on the disk, in the place of what was noted before, and return it. Raises StorageError."""
        path = self._folder / _FILE
        publish(stage(path, _render(attempt)), path)
        sync_folder(self._folder)
        return attempt


@contextmanager
def held(state: Path, *names: str) -> Iterator[Memory]:
    """Hold the memory of what the names name. Raises UnderWay while another program does, and StorageError."""
    folder = folder_of(state, *names)
    with locked(folder, again="upload", wait=False) as lock:
        if lock is None:
            raise UnderWay("Another `feeds upload` of the very same is under way. Wait for its end.")
        clear_leftovers(folder)
        sync_folder(folder.parent)
        yield Memory(folder)


def folder_of(state: Path, *names: str) -> Path:
    """Return the folder of what the names name."""
    return state / "uploads" / blake2b(json.dumps(names).encode(), digest_size=10).hexdigest()


def _render(attempt: Attempt) -> bytes:
    plain = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in _fields(attempt)}
    return f"{json.dumps(plain, ensure_ascii=False, indent=1)}\n".encode("utf-8", "surrogatepass")


def _fields(attempt: Attempt) -> Iterator[tuple[str, Any]]:
    yield from asdict(attempt).items()


def _parse(text: bytes) -> Attempt:
    plain = json.loads(text.decode("utf-8", "surrogatepass"))
    moments = {name: datetime.fromisoformat(plain[name]) if plain[name] else None for name in _MOMENTS}
    return Attempt(**{**plain, **moments, "before": tuple(plain["before"])})
