"""An account joins the network, or asks to: the same for the web's confirm page and the command line.

https://developers.dailymotion.com/mcn (onboarding process): whether a partner is adopted at once or needs an approval
is our own matter; on Dailymotion's side both are one call with the child's login.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from feeds.core.errors import FeedsError, StorageError
from feeds.core.events import ADOPTED, ASKED_TO_JOIN, Event
from feeds.core.partners import Invitation, PartnerState, Welcome, bearers, welcome
from feeds.core.user_ids import is_user_id
from feeds.dailymotion.client import Client
from feeds.dailymotion.values import ADOPTION_SCOPE, Token
from feeds.formats import results_yaml
from feeds.onboarding import parent_check
from feeds.onboarding.register import Register
from feeds.onboarding.waiting import Contact, Waiting
from feeds.settings import Folders
from feeds.storage.journal import Journal


class CannotJoin(FeedsError):
    """An account can't join as things are; the message is for its holder."""


class InvitationSpent(CannotJoin):
    """The link has been used, or its time is over."""


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
    username = given.get("username") or user_id
    return Account(user_id, username, given.get("screenname") or username, given.get("email"))


class Joining:
    """What it takes for accounts to join: the register, the journal and the state folder. One serves all threads."""

    def __init__(self, folders: Folders, register: Register, journal: Journal) -> None:
        self._state, self._register, self._journal = folders.state, register, journal
        self.waiting = Waiting(folders.state)

    def foresee(self, account: Account, invitation: Invitation | None, now: datetime) -> Welcome:
        """Return what would meet the account, for a page that says so. Raises CannotJoin and NotChecked."""
        network = self._register.network()
        if account.id == network.parent_id:
            raise CannotJoin("This is the network's own parent account. Log in as the account that is to join it.")
        if invitation is not None:
            self.refuse_spent(invitation, account.id, now)
        state = self._register.partner(account.id).state
        listed = account.id in self._register.usernames()
        expected = welcome(state, listed=listed, invited=invitation is not None)
        if expected is Welcome.ADOPT:
            parent_check.passed(self._state, network.parent_id)
        return expected

    def join(
        self, account: Account, client: Client, token: Token, *, invitation: Invitation | None = None, now: datetime
    ) -> Welcome:
        """Adopt the account, or note that it asks; return which. Its holder must have said yes to exactly this.

        Adopted again it is recorded again, so that a record that was lost comes back. Raises CannotJoin, NotChecked,
        StorageError before anything is done if nothing could be recorded, and a DailymotionError.
        """
        self.waiting.sweep(now)
        with self._one_bearer(invitation):
            expected = self.foresee(account, invitation, now)
            parent_id = self._register.network().parent_id
            if expected is Welcome.ADOPT:
                if token.lacks({ADOPTION_SCOPE}):
                    raise CannotJoin(
                        f"Dailymotion did not grant {ADOPTION_SCOPE}, without which nobody can be adopted."
                    )
                self._journal.check(free_bytes=0)
                client.adopt(parent_id)
                self._record(ADOPTED, account, parent_id, now, _adoption(token, invitation))
                self.waiting.forget(account.id)
            elif expected is Welcome.ASK:
                self._ask(account, parent_id, now)
        return expected

    def refuse_spent(self, invitation: Invitation, user_id: str | None, now: datetime) -> None:
        """Raise InvitationSpent if it is of no more use to this account, or to one that isn't known yet."""
        if now >= invitation.until:
            raise InvitationSpent("This invitation is over. Ask the network for a new one.")
        bearer = bearers(self._register.events()).get(invitation.id, user_id)
        if bearer != user_id:
            whom = "" if user_id is None else " by another account"
            raise InvitationSpent(f"This invitation has been used{whom}. Ask the network for a new one.")

    def _ask(self, account: Account, parent_id: str, now: datetime) -> None:
        # Once is enough: whoever clicks on and on must not fill the journal.
        if self._register.partner(account.id).state is not PartnerState.ASKED:
            self._record(ASKED_TO_JOIN, account, parent_id, now, {})
        if account.email:
            self.waiting.keep(Contact(account.id, account.email, now))

    def _record(self, event: str, account: Account, parent_id: str, now: datetime, more: dict[str, object]) -> None:
        fields = {"user": account.id, "username": account.username, "parent": parent_id, **more}
        self._journal.append(results_yaml.render(Event(now, event, fields)))

    @contextmanager
    def _one_bearer(self, invitation: Invitation | None) -> Iterator[None]:
        """Let two who bear the same invitation go one after the other."""
        if invitation is None:
            yield
            return
        folder = self._state / "invitations"
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            fd = os.open(_lock_of(folder, invitation), os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise StorageError(f"{folder} can't be written: {error.strerror}.") from error
        try:
            fcntl.flock(fd, fcntl.LOCK_EX)
            yield
        finally:
            os.close(fd)


def _lock_of(folder: Path, invitation: Invitation) -> Path:
    return folder / f"{invitation.id}.lock"


def _adoption(token: Token, invitation: Invitation | None) -> dict[str, object]:
    fields: dict[str, object] = {"scopes": sorted(token.scopes)}
    if invitation is not None:
        fields["invitation"] = invitation.id
    return fields
