"""What was read of an account, kept for a while: a file a user in the state folder, which may be deleted at any time.

So a call that was interrupted, or that met a trouble, goes on where it was. What a stand-in told is never taken for
Dailymotion's word: the address is kept with it.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from feeds.core.errors import StorageError
from feeds.core.online import Absent, Remote
from feeds.storage.static_dir import publish, stage

FOLDER = "reconcile"
_VERSION = 1


@dataclass(slots=True)
class Seen:
    """What was read of an account since `at`: its videos and those asked for by their ids.

    `done`: the list was read to its end; else it goes on with what was created before `before` (Unix seconds).
    """

    at: datetime
    videos: dict[str, Remote] = field(default_factory=dict)
    asked: dict[str, Remote | Absent] = field(default_factory=dict)
    done: bool = False
    before: int | None = None


class Memory:
    """What was read of the accounts at one address of Dailymotion, by id."""

    def __init__(self, state: Path, api: str) -> None:
        self._folder, self._api = state / FOLDER, api

    def read(self, user: str, now: datetime, max_age: timedelta) -> Seen | None:
        """Return what is kept of an account and not too old; None where there is nothing that can be understood."""
        try:
            tree = json.loads(self._path(user).read_bytes())
            at = datetime.fromisoformat(tree["at"])
            if tree["version"] != _VERSION or tree["api"] != self._api or not now - max_age < at <= now:
                return None
            asked = {name: _remote(row) if row else Absent() for name, row in tree["asked"].items()}
            videos = {remote.id: remote for remote in map(_remote, tree["videos"])}
            before = tree["before"] if isinstance(tree["before"], int) else None
            return Seen(at, videos, asked, tree["done"] is True, before)
        except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError):
            return None

    def write(self, user: str, seen: Seen) -> None:
        """Keep it in the place of what was kept. A refusal isn't kept: it is asked again. Raises StorageError."""
        tree = {
            "version": _VERSION,
            "api": self._api,
            "at": seen.at.isoformat(),
            "done": seen.done,
            "before": seen.before,
            "asked": {
                name: _row(each) if isinstance(each, Remote) else None
                for name, each in sorted(seen.asked.items())
                if isinstance(each, Remote) or not each.refusal
            },
            "videos": [_row(each) for _, each in sorted(seen.videos.items())],
        }
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(f"{self._folder} can't be made: {error.strerror}.") from error
        path = self._path(user)
        publish(stage(path, (json.dumps(tree, indent=0) + "\n").encode()), path)

    def forget(self, users: Iterable[str]) -> None:
        """Have these accounts read anew the next time."""
        for user in users:
            self._path(user).unlink(missing_ok=True)

    def _path(self, user: str) -> Path:
        return self._folder / f"{user}.json"


def _row(remote: Remote) -> list[Any]:
    return [remote.id, remote.owner, remote.created.isoformat(), remote.title, remote.status, remote.duration_s,
            remote.published, remote.private]  # fmt: skip


def _remote(row: list[Any]) -> Remote:
    name, owner, created, *rest = row
    moment = datetime.fromisoformat(created)
    if moment.tzinfo is None or not isinstance(name, str) or not isinstance(owner, str):
        raise ValueError(name)
    return Remote(name, owner, moment, *rest)
