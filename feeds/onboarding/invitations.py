"""Invitations: a signed link approves its bearer once. We know an e-mail address then, not yet an id.

The signature makes the link good on every machine that has the key, also before the event that it was made has got
there. Who may use it once more is told by the adoptions.
"""

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from itsdangerous import BadData, URLSafeSerializer

from feeds.core.errors import UsageError
from feeds.core.events import INVITED, Event
from feeds.core.partners import Invitation
from feeds.formats.results_yaml import render_time

LABEL_CHARACTERS = 120
DAYS = 14


def invite(label: str, *, days: int, by: str, now: datetime) -> tuple[Invitation, Event]:
    """Return a new invitation, and the event that tells of it. Raises UsageError for a label unfit for Git."""
    label = label.strip()
    if not label or not label.isprintable() or len(label) > LABEL_CHARACTERS:
        raise UsageError(
            f'An invitation needs a label of {LABEL_CHARACTERS} characters at most, like "Anna, contract 881".'
        )
    if "@" in label:
        raise UsageError("The label stands in Git, where no e-mail address should be. Write a name or a contract.")
    until = (now + timedelta(days=days)).replace(microsecond=0)
    made = Invitation(secrets.token_hex(8), label, until)
    fields = {"invitation": made.id, "label": label, "until": render_time(until), "by": by}
    return made, Event(now, INVITED, fields)


class Links:
    """Writes and reads the part of a link that stands for an invitation. `keys` are the app's, newest first."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._signer = URLSafeSerializer(list(reversed(keys)), salt="feeds invitation")

    def render(self, invitation: Invitation) -> str:
        """Return the text that stands for an invitation, fit for a URL."""
        return str(self._signer.dumps([invitation.id, int(invitation.until.timestamp()), invitation.label]))

    def parse(self, text: str) -> Invitation | None:
        """Return the invitation that a text of ours stands for; None for any other. It may be over or used."""
        try:
            name, until, label = self._signer.loads(text)
            return Invitation(name, label, datetime.fromtimestamp(until, UTC))
        except (BadData, ValueError, TypeError, OverflowError):
            return None
