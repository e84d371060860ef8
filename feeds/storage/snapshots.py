"""Reports as they were on a day: reports/<name>/<day>.yaml in the catalog's folder, for its people to commit.

A later one of the same day takes the place of the earlier.
"""

import re
from datetime import date
from pathlib import Path

from feeds.core.errors import StorageError
from feeds.storage.static_dir import publish, stage, sync_folder

FOLDER = "reports"
_FILE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})\.yaml")


def write(catalog: Path, name: str, day: date, text: bytes) -> Path:
    """Keep a report durably, and return where. Raises StorageError; then the earlier one of the day is still there."""
    folder = catalog / FOLDER / name
    made = [each for each in (folder.parent, folder) if not each.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"{folder} can't be made: {error.strerror}. Mend its permissions.") from error
    path = folder / f"{day:%Y-%m-%d}.yaml"
    publish(stage(path, text), path)
    for each in (folder, *(each.parent for each in made)):
        sync_folder(each)
    return path


def days(catalog: Path, name: str) -> list[str]:
    """Return the days of which a report is kept, in order."""
    folder = catalog / FOLDER / name
    return sorted(found[1] for path in folder.glob("*.yaml") if (found := _FILE.fullmatch(path.name)))


def read(catalog: Path, name: str, day: str) -> tuple[Path, bytes]:
    """Return the report of a day, and where it stands. Raises StorageError."""
    path = catalog / FOLDER / name / f"{day}.yaml"
    try:
        return path, path.read_bytes()
    except OSError as error:
        raise StorageError(f"{path} can't be read: {error.strerror}. Mend its permissions.") from error
