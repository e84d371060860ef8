"""Events: what happened, one fact each, and the fold that judges them.

An event says only what can be known from itself. Whether a guid is known, a second remote_id contradicts the
first, or a failure still counts is judged here, over all events of one video or one user, in any order.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

IMPORTED = "imported"
IMPORT_FAILED = "import_failed"
UNCLEAR = "unclear"
RETRY = "retry"
LISTED = "listed"
ADOPTED = "adopted"
REJECTED = "rejected"
LEFT = "left"

PARTNER_EVENTS = frozenset({ADOPTED, REJECTED, LEFT})


@dataclass(frozen=True, slots=True)
class Event:
    """One fact.

    `at` is when we learned of it (aware, UTC, whole milliseconds). `fields` is all else that its line says, in the
    line's order; unknown events and unknown fields are kept and ignored.
    """

    at: datetime
    event: str
    fields: Mapping[str, Any] = field(default_factory=dict)

    def text(self, name: str) -> str | None:
        """Return the field as text, or None where it is missing or not text."""
        value = self.fields.get(name)
        return value if isinstance(value, str) else None
