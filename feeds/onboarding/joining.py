"""An account joins the network, or asks to: the same for the web's confirm page and the command line.

https://developers.dailymotion.com/mcn (onboarding process): whether a partner is adopted at once or needs an approval
is our own matter; on Dailymotion's side both are one call with the child's login.
"""

from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime

from feeds.core.errors import FeedsError, StorageError
from feeds.core.events import ADOPTED, ASKED_TO_JOIN, INVITED, Event
from feeds.core.partners import Invitation, Partner, PartnerState, Welcome, bearers, welcome
from feeds.core.user_ids import is_user_id
from feeds.dailymotion.client import Client
from feeds.dailymotion.values import PARTNER_SCOPES, Token
from feeds.formats import results_yaml
from feeds.onboarding import parent_check
from feeds.onboarding.register import Register
from feeds.onboarding.turns import turn
from feeds.onboarding.waiting import Contact, Waiting
from feeds.settings import Folders
from feeds.storage.journal import Journal

# Far more than Dailymotion lets anybody have.
_NAME_CHARACTERS = 120


class CannotJoin(FeedsError):
    """An account can't join as things are; the message is for its holder."""


class InvitationSpent(CannotJoin):
    """The link has been used, its time is over, or a decision has come after it."""


class NotAgreed(FeedsError):
    """What the account's holder has said yes to is no longer what would be done: nothing was done."""


@dataclass(frozen=True, slots=True)
class Account:
    """Whose login it is: what Dailymotion's /me tells. `email` is None where it wasn't granted or isn't told."""

    id: str
    username: str
    screenname: str
    email: str | None = None


def account_of(client: Client, token: Token) -> Account:
    """Read whose login it is. Raises a DailymotionError, and CannotJoin for an id that can be none."""
    private = () if token.lacks({"email"}) else ("email",)
    told = client.me(("id", "username", "screenname", *private))
    given = {
        name: value for name in ("id", "username", "screenname", "email") if isinstance(value := told.get(name), str)
    }
    user_id = given.get("id", "")
    if not is_user_id(user_id):
        raise CannotJoin("Dailymotion names this account in a way that we can't store. Please tell the network.")
    username = one_line(given.get("username", "")) or user_id
    return Account(user_id, username, one_line(given.get("screenname", "")) or username, given.get("email"))


class Joining:
    """What it takes for accounts to join: the register, the journal and the state folder. One serves all threads.

    `api` is where they are adopted: the parent account must have been confirmed there.
    """

    def __init__(self, folders: Folders, register: Register, journal: Journal, *, api: str) -> None:
        self._state, self._register, self._journal, self._api = folders.state, register, journal, api
        self.waiting = Waiting(folders.state)

    def foresee(self, account: Account, invitation: Invitation | None, now: datetime) -> Welcome:
        """Return what would meet the account, for a page that says so. Raises CannotJoin and NotChecked."""
        return self._foresee(account, invitation, now, self._register.network().parent_id)

    def consent(self, account: Account, invitation: Invitation | None, now: datetime) -> str:
        """Return in a word what a yes would be said to: who, to whom, and what for. Raises as `foresee`."""
        parent_id = self._register.network().parent_id
        return _consent(account, parent_id, self._foresee(account, invitation, now, parent_id))

    def join(
        self,
        account: Account,
        client: Client,
        token: Token,
        *,
        invitation: Invitation | None = None,
        now: datetime,
        agreed: str | None = None,
    ) -> Welcome:
        """Adopt the account, or note that it asks; return which. Its holder must have said yes to exactly this.

        `agreed` is the `consent` that they have seen; NotAgreed is raised if it is another by now. Adopted again it is
        recorded again, so that a record that was lost comes back. Raises CannotJoin, NotChecked, StorageError before
        anything is done if nothing could be recorded, and a DailymotionError.
        """
        self.waiting.sweep(now)
        with ExitStack() as turns:
            turns.enter_context(turn(self._state, account.id))
            if invitation is not None:
                turns.enter_context(turn(self._state, f"invitation {invitation.id}"))
            parent_id = self._register.network().parent_id
            expected = self._foresee(account, invitation, now, parent_id)
            if agreed not in (None, _consent(account, parent_id, expected)):
                raise NotAgreed(f"What {account.id} was asked has changed meanwhile.")
            if expected is Welcome.ADOPT:
                if missing := token.lacks(PARTNER_SCOPES):
                    raise CannotJoin(f"Dailymotion did not grant {', '.join(sorted(missing))}: nobody joins without.")
                self._journal.check(free_bytes=0)
                client.adopt(parent_id)
                try:
                    self._record(ADOPTED, account, parent_id, now, _adoption(token, invitation))
                except StorageError as error:
                    words = (
                        f"{account.username} ({account.id}) is adopted at Dailymotion, but it is not on record: {error}"
                    )
                    raise StorageError(
                        f"{words}\nRun `feeds partners verify --record` once it can be written."
                    ) from error
                self.waiting.forget(account.id)
            elif expected is Welcome.ASK:
                self._ask(account, parent_id, now)
        return expected

    def refuse_spent(self, invitation: Invitation, user_id: str | None, now: datetime) -> None:
        """Raise InvitationSpent if it is of no more use to this account, or to one that isn't known yet."""
        if now >= invitation.until:
            raise InvitationSpent("This invitation is over. Ask the network for a new one.")
        events = self._register.events()
        bearer = bearers(events).get(invitation.id)
        if bearer not in (None, user_id):
            whom = "" if user_id is None else " by another account"
            raise InvitationSpent(f"This invitation has been used{whom}. Ask the network for a new one.")
        if user_id is None:
            return
        partner = self._register.partner(user_id)
        # Once adopted with it, and out again: it must not open the door to whom the network has shown it.
        if bearer is not None and partner.state is not PartnerState.ADOPTED:
            raise InvitationSpent("This invitation has been used. Ask the network for a new one.")
        if _is_outdone(invitation, partner, events):
            raise InvitationSpent("The network has decided about this account since it made this invitation.")

    def _foresee(self, account: Account, invitation: Invitation | None, now: datetime, parent_id: str) -> Welcome:
        if account.id == parent_id:
            raise CannotJoin("This is the network's own parent account. Log in as the account that is to join it.")
        if invitation is not None:
            self.refuse_spent(invitation, account.id, now)
        state = self._register.partner(account.id).state
        listed = account.id in self._register.usernames()
        expected = welcome(state, listed=listed, invited=invitation is not None)
        if expected is Welcome.ADOPT:
            parent_check.passed(self._state, parent_id, self._api)
        return expected

    def _ask(self, account: Account, parent_id: str, now: datetime) -> None:
        # Once is enough: whoever clicks on and on must not fill the journal.
        if self._register.partner(account.id).state is not PartnerState.ASKED:
            self._record(ASKED_TO_JOIN, account, parent_id, now, {})
        if account.email:
            self.waiting.keep(Contact(account.id, account.email, now))

    def _record(self, event: str, account: Account, parent_id: str, now: datetime, more: dict[str, object]) -> None:
        fields = {"user": account.id, "username": account.username, "parent": parent_id, **more}
        at = self._register.moment_after(account.id, now)
        self._journal.append(results_yaml.render(Event(at, event, fields)))


def one_line(name: str) -> str:
    """Return a name as it can stand in a sentence, a letter or an event: short, and turning round no text beside it."""
    shown = "".join(each if each.isprintable() else " " for each in name[:_NAME_CHARACTERS])
    return " ".join(shown.split())


def _consent(account: Account, parent_id: str, expected: Welcome) -> str:
    return f"{account.id} {parent_id} {expected}"


def _is_outdone(invitation: Invitation, partner: Partner, events: Iterable[Event]) -> bool:
    """Return whether a no was said to the account after the invitation was made, as far as is known here."""
    if partner.state not in (PartnerState.REFUSED, PartnerState.REJECTED) or partner.since is None:
        return False
    made = [event.at for event in events if event.event == INVITED and event.text("invitation") == invitation.id]
    return bool(made) and min(made) < partner.since


def _adoption(token: Token, invitation: Invitation | None) -> dict[str, object]:
    fields: dict[str, object] = {"scopes": sorted(token.scopes)}
    if invitation is not None:
        fields["invitation"] = invitation.id
    return fields
