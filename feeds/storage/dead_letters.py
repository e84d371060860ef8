"""Dead letters: bodies that came with the right secret and are no callback, kept whole for a person to read.

One letter is one line in the results' line format, in a journal of its own, which is capped: whoever knows the
secret may fill that much of the disk and no more.
"""

import base64
import threading
from datetime import datetime
from pathlib import Path

from feeds.core.events import Event
from feeds.formats import results_yaml
from feeds.storage.journal import Journal

CAP_BYTES = 64 * 1024 * 1024
DEAD_LETTER = "dead_letter"


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


def _raw(body: bytes) -> dict[str, str]:
    try:
        return {"raw": body.decode()}
    except UnicodeDecodeError:
        return {"raw_base64": base64.b64encode(body).decode()}
