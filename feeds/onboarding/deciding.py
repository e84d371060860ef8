"""What the network's people decide about a partner: approve, refuse, reject; each is an event with who and why.

https://developers.dailymotion.com/mcn (user rejection): only a rejection is told to Dailymotion, with the parent's
login; it writes an e-mail to the user.
"""

from datetime import datetime

from feeds.core.errors import UsageError
from feeds.core.events import APPROVED, REFUSED, REJECTED, Event
from feeds.core.partners import Partner, PartnerState
from feeds.dailymotion.client import Client
from feeds.formats import results_yaml
from feeds.onboarding.register import Register, refuse_unknown
from feeds.onboarding.waiting import Waiting
from feeds.settings import Folders
from feeds.storage.journal import Journal

# From which states each decision can be made.
CAN_BE_APPROVED = frozenset(
    {PartnerState.ASKED, PartnerState.REFUSED, PartnerState.REJECTED, PartnerState.LEFT, PartnerState.UNKNOWN,
     PartnerState.ELSEWHERE}
)  # fmt: skip
CAN_BE_REFUSED = frozenset({PartnerState.ASKED, PartnerState.APPROVED, PartnerState.UNKNOWN, PartnerState.ELSEWHERE})
CAN_BE_REJECTED = frozenset({PartnerState.ADOPTED})

_SAYS = {
    PartnerState.ADOPTED: "is adopted: `feeds partners reject` ends that",
    PartnerState.APPROVED: "is approved already",
    PartnerState.REFUSED: "is refused already",
    PartnerState.REJECTED: "is rejected already",
    PartnerState.LEFT: "has left",
    PartnerState.ASKED: "has only asked to join: `feeds partners refuse` says no",
    PartnerState.UNKNOWN: "was never adopted",
    PartnerState.ELSEWHERE: "was not adopted by this parent",
}


class Deciding:
    """Records decisions; one serves all threads."""

    def __init__(self, folders: Folders, register: Register, journal: Journal) -> None:
        self._register, self._journal = register, journal
        self._waiting = Waiting(folders.state)

    def approve(self, user_id: str, *, by: str, why: str, now: datetime) -> None:
        """Let an account join: its holder connects once more, and is adopted at once. Raises UsageError."""
        self._may(user_id, CAN_BE_APPROVED)
        self._record(APPROVED, user_id, by, why, now)

    def refuse(self, user_id: str, *, by: str, why: str, now: datetime) -> None:
        """Tell an account that asked, or was approved, that it can't join. Raises UsageError."""
        self._may(user_id, CAN_BE_REFUSED)
        self._record(REFUSED, user_id, by, why, now)

    def reject(self, user_id: str, parent: Client, *, by: str, why: str, now: datetime) -> None:
        """End an adoption; `parent` has the parent account's login. Raises UsageError and a DailymotionError."""
        self._may(user_id, CAN_BE_REJECTED)
        self._journal.check(free_bytes=0)
        parent.reject(user_id, parent_id=self._register.network().parent_id)
        self._record(REJECTED, user_id, by, why, now)

    def _may(self, user_id: str, states: frozenset[PartnerState]) -> Partner:
        partners = self._register.partners()
        refuse_unknown(user_id, {**self._register.usernames(), **partners})
        partner = partners.get(user_id, Partner())
        if partner.state not in states:
            raise UsageError(f"{partner.username or user_id} ({user_id}) {_SAYS[partner.state]}.")
        return partner

    def _record(self, event: str, user_id: str, by: str, why: str, now: datetime) -> None:
        partner = self._register.partner(user_id)
        username = partner.username or self._register.usernames().get(user_id)
        fields = {
            "user": user_id,
            **({"username": username} if username else {}),
            "parent": self._register.network().parent_id,
            "by": by,
            **({"why": why} if why else {}),
        }
        self._journal.append(results_yaml.render(Event(now, event, fields)))
        self._waiting.forget(user_id)
