"""The file that remembers what the network was told; the caller holds its folder.

The next memory is on the disk, under a temporary name, before anything is told, and only renamed afterwards: a full
disk shows before, and between telling and remembering there is no more than a rename.
"""

from collections.abc import Callable
from pathlib import Path

from feeds.core.errors import StorageError
from feeds.core.notices import Memory
from feeds.formats import told_json
from feeds.storage.static_dir import publish, stage, sync_folder

FILE = "told.json"


def read_told(folder: Path) -> Memory:
    """Return the memory in the folder, an empty one where there is none. Raises StorageError."""
    path = folder / FILE
    try:
        return told_json.parse(path.read_bytes())
    except FileNotFoundError:
        return Memory()
    except OSError as error:
        raise StorageError(f"{path} can't be read: {error.strerror}. Mend its permissions.") from error
    except ValueError as error:
        raise StorageError(
            f"{path} can't be understood: {error}.\nDelete it: all that needs a person now is told once more."
        ) from error


def remember(folder: Path, memory: Memory, tell: Callable[[], None]) -> None:
    """Put the memory in the place of the former one once `tell` has returned; if it raises, nothing is remembered.

    Raises StorageError: before telling, but for a rename or a flush of the folder that fails.
    """
    path = folder / FILE
    staged = stage(path, told_json.render(memory))
    try:
        tell()
    except BaseException:
        staged.unlink(missing_ok=True)
        raise
    publish(staged, path)
    sync_folder(folder)
