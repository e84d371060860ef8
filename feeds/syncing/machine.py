"""Whose results folder it is: a machine's mark, drawn once, in the state folder and in the results folder.

Who keeps nothing from pass to pass, such as CI, is no machine: it has no mark, and its folder no mark or an empty one.
"""

import secrets
from pathlib import Path

from feeds.core.errors import UsageError
from feeds.storage.static_dir import publish, stage, sync_folder

MARK = ".machine"


def mark_of(state: Path) -> str:
    """Return this machine's mark, and draw it if there is none yet. Raises StorageError."""
    path = state / "machine"
    if not path.exists():
        publish(stage(path, f"{secrets.token_hex(8)}\n".encode()), path)
        sync_folder(path.parent)
    return path.read_text().strip()


def refuse_unless_ours(folder: str, found: bytes, mine: str) -> None:
    """Raise UsageError where the mark in a results folder is another machine's; `mine` is empty for no machine."""
    other = found.decode("utf-8", "replace").strip()
    if other and not mine:
        raise UsageError(
            f"{folder} belongs to a machine ({other}), and what keeps nothing from pass to pass is none.\n"
            "Give it a name of its own in FEEDS_INSTANCE, such as ci. If that machine is gone, or the mark was\n"
            "CI's own, say so once: feeds sync --take-over"
        )
    if other and other != mine:
        raise UsageError(
            f"{folder} belongs to another machine ({other}; this one is {mine}).\n"
            "Give each machine a name of its own in FEEDS_INSTANCE. If this machine takes the other's place, "
            "say so once: feeds sync --take-over"
        )
