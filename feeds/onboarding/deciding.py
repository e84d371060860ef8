"""What the network's people decide about a partner: approve, refuse, reject; each is an event with who and why.

https://developers.dailymotion.com/mcn (user rejection): only a rejection is told to Dailymotion, with the parent's
login; it writes an e-mail to the user.
"""

import re
from datetime import datetime

from feeds.core.errors import StorageError, UsageError
from feeds.core.events import ADOPTED, APPROVED, LEFT, REFUSED, REJECTED, Event
from feeds.core.partners import Partner, PartnerState
from feeds.dailymotion.client import Client
from feeds.formats import results_yaml
from feeds.onboarding.register import Register, refuse_unknown
from feeds.onboarding.turns import turn
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

_EMAIL = re.compile(r"\S@\S+\.\w")

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


class Changed(UsageError):
    """Somebody else has decided, or the account has moved, since the person who decides now has looked."""


class Deciding:
    """Records decisions, those about one account one after the other; one serves all threads.

    `seen` is the state in which whoever decides has seen the account: Changed is raised if it is another by now.
    """

    def __init__(self, folders: Folders, register: Register, journal: Journal) -> None:
        self._state, self._register, self._journal = folders.state, register, journal
        self._waiting = Waiting(folders.state)

    @property
    def parent_id(self) -> str:
        """Return the parent account's id."""
        return self._register.network().parent_id

    def asked_about(self, user_id: str, states: frozenset[PartnerState], seen: PartnerState | None = None) -> str:
        """Return how people know an account, if it is in one of these states. Raises UsageError and Changed."""
        partners, usernames = self._register.partners(), self._register.usernames()
        refuse_unknown(user_id, {**usernames, **partners})
        partner = partners.get(user_id, Partner())
        name = f"{partner.username or usernames.get(user_id, user_id)} ({user_id})"
        if partner.state not in states:
            raise UsageError(f"{name} {_SAYS[partner.state]}.")
        if seen not in (None, partner.state):
            raise Changed(f"{name} is in another state than you have seen: {partner.state}.")
        return name

    def approve(self, user_id: str, *, by: str, why: str, now: datetime, seen: PartnerState | None = None) -> None:
        """Let an account join: its holder connects once more, and is adopted at once. Raises UsageError."""
        _refuse_reason(why)
        with turn(self._state, user_id):
            self.asked_about(user_id, CAN_BE_APPROVED, seen)
            self._record(APPROVED, user_id, by, why, now)

    def refuse(self, user_id: str, *, by: str, why: str, now: datetime, seen: PartnerState | None = None) -> None:
        """Tell an account that asked, or was approved, that it can't join. Raises UsageError."""
        _refuse_reason(why)
        with turn(self._state, user_id):
            self.asked_about(user_id, CAN_BE_REFUSED, seen)
            self._record(REFUSED, user_id, by, why, now)

    def reject(self, user_id: str, parent: Client, *, by: str, why: str, now: datetime) -> None:
        """End an adoption; `parent` has the parent account's login. Raises UsageError and a DailymotionError."""
        _refuse_reason(why)
        with turn(self._state, user_id):
            name = self.asked_about(user_id, CAN_BE_REJECTED)
            self._journal.check(free_bytes=0)
            parent.reject(user_id, parent_id=self.parent_id)
            try:
                self._record(REJECTED, user_id, by, why, now)
            except StorageError as error:
                words = f"{name} is rejected at Dailymotion, but it is not on record: {error}"
                raise StorageError(f"{words}\nReject once more to record it.") from error

    def record(self, event: str, user_id: str, *, username: str | None, by: str, why: str, now: datetime) -> None:
        """Record what happened elsewhere: `adopted`, `rejected` or `left`. Raises UsageError and StorageError."""
        _refuse_reason(why)
        if event not in (ADOPTED, REJECTED, LEFT):
            raise ValueError(f"{event} is no word for what happened elsewhere")
        self._record(event, user_id, by, why, now, username)

    def _record(self, event: str, user_id: str, by: str, why: str, now: datetime, username: str | None = None) -> None:
        username = username or self._register.partner(user_id).username or self._register.usernames().get(user_id)
        fields = {
            "user": user_id,
            **({"username": username} if username else {}),
            "parent": self.parent_id,
            "by": by,
            **({"why": why} if why else {}),
        }
        at = self._register.moment_after(user_id, now)
        self._journal.append(results_yaml.render(Event(at, event, fields)))
        self._waiting.forget(user_id)


def _refuse_reason(why: str) -> None:
    if not why.isprintable():
        raise UsageError("Write the reason in one line: it is kept with the decision.")
    if _EMAIL.search(why):
        raise UsageError("The reason is kept in Git, where no e-mail address should be. Leave it out.")
