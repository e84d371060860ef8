"""Dead letters: bodies that came with the right secret and are no callback, kept whole for a person to read.

One letter is one line in the results' line format, in a journal of its own, which is capped: whoever knows the
secret may fill that much of the disk and no more.
"""

import base64
import binascii
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from feeds.core.errors import StorageError
from feeds.core.events import Event, event_id
from feeds.formats import results_yaml
from feeds.storage.journal import Journal

CAP_BYTES = 64 * 1024 * 1024
DEAD_LETTER = "dead_letter"
JUDGED = "judged"


@dataclass(frozen=True, slots=True)
class Letter:
    """A body as it came, and why it was no callback then; `judged` where it has become one since."""

    id: str
    at: datetime
    why: str
    content_type: str
    body: bytes
    judged: bool


class DeadLetters:
    """Keep letters durably, up to a number of bytes in total; a second process may overrun it by one letter."""

    def __init__(self, folder: Path, *, cap_bytes: int = CAP_BYTES) -> None:
        self._journal = Journal(folder)
        self._cap_bytes = cap_bytes
        self._one_at_a_time = threading.Lock()

    def keep(self, body: bytes, *, why: str, content_type: str, at: datetime) -> bool:
        """Keep the letter and return True when it is durable; return False if it would exceed the cap.

        Raises StorageError if it could not be stored.
        """
        fields = {"why": why, "content_type": content_type, **_raw(body)}
        line = results_yaml.render(Event(at, DEAD_LETTER, fields))
        with self._one_at_a_time:
            kept_bytes = sum(segment.stat().st_size for segment in self._journal.segments())
            if kept_bytes + len(line) > self._cap_bytes:
                return False
            self._journal.append(line)
            return True

    def letters(self) -> list[Letter]:
        """Return the letters, oldest first. Equal bodies have one id, and are judged together. Raises StorageError."""
        events = list(self._events())
        judged = {event.text("letter") for event in events if event.event == JUDGED}
        return [
            Letter(
                name := event_id(event),
                event.at,
                event.text("why") or "",
                event.text("content_type") or "",
                _body(event),
                name in judged,
            )
            for event in events
            if event.event == DEAD_LETTER
        ]

    def mark_judged(self, letter: Letter, *, at: datetime) -> None:
        """Note durably that what the letter says is in the journal. Raises StorageError.

        The cap doesn't count here: what the note is about was kept already.
        """
        self._journal.append(results_yaml.render(Event(at, JUDGED, {"letter": letter.id})))

    def _events(self) -> Iterator[Event]:
        for segment in self._journal.segments():
            try:
                text = segment.read_bytes()
            except OSError as error:
                raise StorageError(f"{segment} can't be read: {error.strerror}. Mend its permissions.") from error
            yield from (each for each in results_yaml.parse(text) if isinstance(each, Event))


def _body(event: Event) -> bytes:
    if (raw := event.text("raw")) is not None:
        return raw.encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(event.text("raw_base64") or "")
    except binascii.Error:  # a line that a person has changed
        return b""


def _raw(body: bytes) -> dict[str, str]:
    try:
        return {"raw": body.decode()}
    except UnicodeDecodeError:
        return {"raw_base64": base64.b64encode(body).decode()}
