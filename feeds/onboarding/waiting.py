"""How to reach those who wait for an answer: in the state folder alone, for as long as it is needed.

An e-mail address is nobody's business but that of whoever decides, so it is in no event, no commit and no log. It goes
with the decision, and after 30 days in any case.
"""

import json
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from feeds.core.errors import StorageError
from feeds.core.user_ids import is_user_id
from feeds.formats.results_yaml import render_time
from feeds.storage.static_dir import publish, stage, sync_folder

KEPT = timedelta(days=30)
# Whoever asks right now may not have been among those who wait when these were counted.
_ARRIVING = timedelta(minutes=1)
# Longer ones can't be delivered: https://www.rfc-editor.org/errata/eid1690
_EMAIL_CHARACTERS = 254


@dataclass(frozen=True, slots=True)
class Contact:
    """How to reach an account's holder, and since when we know."""

    user: str
    email: str
    at: datetime


class Waiting:
    """The contacts of those who wait, one file each, readable by the app's own user alone."""

    def __init__(self, state: Path) -> None:
        self._folder = state / "waiting"

    def keep(self, contact: Contact) -> None:
        """Keep how to reach somebody; what was known before is replaced. Raises StorageError."""
        if not is_user_id(contact.user) or not _is_address(contact.email):
            return
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(f"{self._folder} can't be made: {error.strerror}.") from error
        path = self._path(contact.user)
        text = json.dumps({"email": contact.email, "at": render_time(contact.at)})
        publish(stage(path, text.encode()), path)
        sync_folder(self._folder)

    def contacts(self, waiting: Collection[str], now: datetime) -> dict[str, Contact]:
        """Return the contacts of those who still wait, by user; all others, and what is too old, are deleted."""
        found = {}
        for path in sorted(self._folder.glob("*.json")):
            contact = _read(path)
            if contact is not None and contact.user in waiting and now - contact.at <= KEPT:
                found[contact.user] = contact
            elif contact is None or now - contact.at > _ARRIVING:
                path.unlink(missing_ok=True)
        return found

    def sweep(self, now: datetime) -> None:
        """Delete what is too old, whoever still waits, and what a killed process has left half written.

        What can't be deleted stays until the next time: nobody's joining, and no callback, depends on it.
        """
        for path in self._folder.glob("*.json"):
            contact = _read(path)
            if contact is None or now - contact.at > KEPT:
                with suppress(OSError):
                    path.unlink()
        for path in self._folder.glob(".*.tmp"):
            with suppress(OSError):
                if now.timestamp() - path.stat().st_mtime > KEPT.total_seconds():
                    path.unlink()

    def forget(self, user: str) -> None:
        """Delete a contact, if there is one."""
        if is_user_id(user):
            self._path(user).unlink(missing_ok=True)

    def _path(self, user: str) -> Path:
        return self._folder / f"{user}.json"


def _read(path: Path) -> Contact | None:
    with suppress(OSError, ValueError, TypeError, KeyError):
        record = json.loads(path.read_bytes())
        moment = datetime.fromisoformat(record["at"])
        if moment.tzinfo is not None and isinstance(record["email"], str):
            return Contact(path.stem, record["email"], moment)
    return None


def _is_address(email: str) -> bool:
    name, _, host = email.rpartition("@")
    return bool(name and host) and email.isprintable() and " " not in email and len(email) <= _EMAIL_CHARACTERS
