"""The settings that a deployment gives by environment variables; README's table lists them all.

Values that an editor decides stand in catalog.yaml instead, and nothing stands in both.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from feeds.core.errors import UsageError

# A secret of 128 bits is 32 hexadecimal digits or 22 base64 characters: 22 is the least that can hold them.
SECRET_CHARACTERS = 22


@dataclass(frozen=True, slots=True)
class Folders:
    """Where the catalog is read and where the journal, the dead letters and the caches live."""

    catalog: Path
    state: Path


def folders(environ: Mapping[str, str], *, catalog: str | None = None) -> Folders:
    """Return the folders: `catalog` (or FEEDS_CATALOG, or the current folder), and FEEDS_STATE or its .feeds."""
    root = Path(catalog or environ.get("FEEDS_CATALOG") or ".")
    return Folders(root, Path(environ.get("FEEDS_STATE") or root / ".feeds"))


def instance(environ: Mapping[str, str]) -> str:
    """Return FEEDS_INSTANCE, the name of this machine's folder below results/. Raises UsageError."""
    name = environ.get("FEEDS_INSTANCE") or "main"
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}", name):
        raise UsageError(f'FEEDS_INSTANCE is "{name}": it names a folder, so use letters, digits, - and _, 40 at most.')
    return name


@dataclass(frozen=True, slots=True)
class AppSettings:
    """What the app needs to run: its folders and the callback's secrets, newest first."""

    folders: Folders
    callback_secrets: tuple[str, ...]


def app_settings(environ: Mapping[str, str]) -> AppSettings:
    """Read the app's settings.

    Raises UsageError with *all* that is missing or weak, so that one restart mends them.
    """
    faults = []
    secrets = tuple(part.strip() for part in environ.get("FEEDS_CALLBACK_SECRET", "").split(",") if part.strip())
    if not secrets:
        faults.append(
            "FEEDS_CALLBACK_SECRET is missing. Make one: python -c 'import secrets; print(secrets.token_urlsafe(24))'"
        )
    if len(secrets) > 2:
        faults.append(
            f"FEEDS_CALLBACK_SECRET holds {len(secrets)} secrets. Keep the new one and, while rotating, one old."
        )
    for number, secret in enumerate(secrets, start=1):
        if weakness := _weakness(secret):
            faults.append(f"FEEDS_CALLBACK_SECRET: secret {number} {weakness}. Use 128 random bits or more.")
    if faults:
        raise UsageError("The app can't start:\n" + "\n".join(f"  - {fault}" for fault in faults))
    return AppSettings(folders(environ), secrets)


def _weakness(secret: str) -> str | None:
    if not all(character.isascii() and (character.isalnum() or character in "-_.~") for character in secret):
        return "has characters that don't stand in a URL path as they are"
    if len(secret) < SECRET_CHARACTERS:
        return f"has {len(secret)} characters, fewer than {SECRET_CHARACTERS}"
    if len(set(secret)) < 8:
        return "repeats the same few characters"
    return None
