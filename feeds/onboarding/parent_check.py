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
    """Which account was found to be the parent: its id and name, and when."""

    parent: str
    name: str
    at: datetime


def note(state: Path, check: ParentCheck) -> None:
    """Note that the check has passed. Raises StorageError."""
    path = state / "parent.json"
    state.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"parent": check.parent, "name": check.name, "at": render_time(check.at)}, ensure_ascii=False)
    publish(stage(path, f"{text}\n".encode()), path)
    sync_folder(state)


def passed(state: Path, parent_id: str) -> ParentCheck:
    """Return the check that this parent has passed. Raises NotChecked."""
    with suppress(OSError, ValueError, TypeError, KeyError):
        record = json.loads((state / "parent.json").read_bytes())
        check = ParentCheck(str(record["parent"]), str(record["name"]), datetime.fromisoformat(record["at"]))
        if check.parent == parent_id:
            return check
    raise NotChecked(
        f"Nobody has confirmed yet that {parent_id} is the network's parent account. Run `feeds doctor` here."
    )
