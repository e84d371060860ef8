"""The check of the parent account, without which nobody is adopted: a wrong id would give partners to strangers.

`feeds doctor` asks Dailymotion who the parent is, shows the name to a person, and notes here that it was right.
"""

import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from feeds.core.errors import FeedsError
from feeds.formats.results_yaml import render_time
from feeds.storage.static_dir import publish, stage, sync_folder


class NotChecked(FeedsError):
    """Nobody has confirmed yet which account the parent is."""


@dataclass(frozen=True, slots=True)
class ParentCheck:
    """Which account was found to be the parent: its id and name, when, and at which API.

    What was confirmed at a stand-in says nothing about Dailymotion.
    """

    parent: str
    name: str
    at: datetime
    api: str


def note(state: Path, check: ParentCheck) -> None:
    """Note that the check has passed. Raises StorageError."""
    path = state / "parent.json"
    state.mkdir(parents=True, exist_ok=True)
    record = {"parent": check.parent, "name": check.name, "at": render_time(check.at), "api": check.api}
    publish(stage(path, f"{json.dumps(record, ensure_ascii=False)}\n".encode()), path)
    sync_folder(state)


def passed(state: Path, parent_id: str, api: str) -> ParentCheck:
    """Return the check that this parent has passed at this API. Raises NotChecked."""
    with suppress(OSError, ValueError, TypeError, KeyError):
        record = json.loads((state / "parent.json").read_bytes())
        at = datetime.fromisoformat(record["at"])
        check = ParentCheck(str(record["parent"]), str(record["name"]), at, str(record["api"]))
        if (check.parent, check.api) == (parent_id, api):
            return check
    raise NotChecked(
        f"Nobody has confirmed yet, at {api}, that {parent_id} is the parent account. Run `feeds doctor` here."
    )
