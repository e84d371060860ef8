"""Put what `feeds edge` writes where it is to lie: never over a file of others, and for those who read it alone."""

import stat
from collections.abc import Sequence
from pathlib import Path

from feeds.core.errors import UsageError
from feeds.formats.edge import MARK
from feeds.storage import shared_file

# Whom nginx's workers belong to: nginx.org's packages, Arch's, Debian's. The last is there without nginx, too.
NGINX_GROUPS = ("nginx", "http", "www-data")
CADDY_GROUPS = ("caddy",)


def refuse_others(*paths: Path) -> None:
    """Raise UsageError where a file is there that we haven't written."""
    for path in paths:
        try:
            if not stat.S_ISREG(path.stat().st_mode):  # reading a terminal or a pipe would wait for somebody to write
                raise UsageError(f"{path} is no file. Write to a file with --out, or leave it out to see it.")
            with path.open(errors="replace") as file:
                is_ours = MARK in file.readline()
        except FileNotFoundError:
            continue
        except OSError as error:
            raise UsageError(f"{path} can't be read: {error.strerror}.") from error
        if not is_ours:
            raise UsageError(
                f"{path} was not written by feeds edge, and stays as it is.\n"
                "Move it away, or write elsewhere with --out."
            )


def write(path: Path, text: str, *, groups: Sequence[str] | None) -> list[str]:
    """Write a file, and return what is left to a person. None for `groups` gives it to all. Raises StorageError."""
    if shared_file.write(path, text, groups=groups) is None and groups:
        return [f"{path} is yours alone: let the server read it, say by chgrp {groups[-1]} and chmod 640."]
    return []


def write_all(folder: Path, files: dict[str, str]) -> None:
    """Write files without secrets below a folder. Raises UsageError and StorageError."""
    refuse_others(*(folder / name for name in files))
    for name, text in files.items():
        try:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError(f"{(folder / name).parent} can't be made: {error.strerror}.") from error
        write(folder / name, text, groups=None)
