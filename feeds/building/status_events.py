"""All that has happened, as the status asks for it: every event of journal and results, by whom it is about."""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from feeds.building.results import by_subject, result_files
from feeds.core.errors import StorageError
from feeds.core.events import LISTED, UNCLEAR, Event, event_id
from feeds.formats import results_yaml
from feeds.settings import Folders


@dataclass(slots=True)
class Happened:
    """All events: by guid, by user, what was listed by user, what was unclear; and the lines in the journal."""

    guids: dict[str, list[Event]] = field(default_factory=dict)
    users: dict[str, list[Event]] = field(default_factory=dict)
    listed: dict[str, list[Event]] = field(default_factory=dict)
    unclear: set[str] = field(default_factory=set)
    backlog: int = 0
    waiting: datetime | None = None


def read_events(folders: Folders, *, published: datetime | None = None) -> Happened:
    """Return all events of the catalog's results and of the journal. Raises StorageError where a file can't be read.

    `waiting` is when the oldest of the journal came that the publication of this moment, if any, can't have heeded.
    """
    happened = Happened()
    kinds = {"g": happened.guids, "u": happened.users, "l": happened.listed}
    for name, path in result_files(folders.catalog, folders.state):
        text = read_text(path)
        in_journal = name.startswith("journal/")
        happened.backlog += text.count(b"\n") if in_journal else 0
        for each in results_yaml.parse(text):
            if not isinstance(each, Event):  # `feeds check` names these lines
                continue
            if each.event == UNCLEAR:  # one that arrived twice is one
                happened.unclear.add(event_id(each))
                continue
            if in_journal and each.event != LISTED and (published is None or each.at > published):
                happened.waiting = min(each.at, happened.waiting or each.at)
            for subject, event in by_subject(each):
                kinds[subject[0]].setdefault(subject[2:], []).append(event)
    return happened


def read_text(path: Path) -> bytes:
    """Return a file's bytes, none where it is gone. Raises StorageError."""
    try:
        return path.read_bytes()
    except FileNotFoundError:  # moved since we looked: its lines are in a file that follows
        return b""
    except OSError as error:
        raise StorageError(f"{path} can't be read: {error.strerror}. Mend its permissions.") from error
