"""Who may decide about partners: whoever shows at Dailymotion that they are the parent, or one of network.admins.

The sign-in is a signed cookie with the account's id and a time, nothing else. Each request holds the id against the
catalog, so whoever is taken out of it is out at once.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import wraps
from typing import ParamSpec

from flask import Response, current_app, g, redirect, request, session
from itsdangerous import BadData, URLSafeTimedSerializer
from werkzeug import Response as AnyResponse

from feeds.core.errors import FeedsError
from feeds.dailymotion.client import Client
from feeds.dailymotion.errors import DailymotionError, Declined, StrayReturn
from feeds.dailymotion.transport import Bounded
from feeds.dailymotion.values import PARENT_SCOPES, Token
from feeds.onboarding.joining import Account
from feeds.onboarding.register import Register
from feeds.web import departures
from feeds.web.connect import account_of_login
from feeds.web.cookies import Login, LoginCookie
from feeds.web.departures import Purpose
from feeds.web.outcomes import Outcome, failure
from feeds.web.pages import Pages
from feeds.web.settings import WebSettings

PATH = "/partners"
SIGNED_IN_S = 8 * 3600
_FAREWELL_S = 3.0
_NAME, _REJECTING = "admin", "rejecting"

Given = ParamSpec("Given")


@dataclass(frozen=True, slots=True)
class Admin:
    """One of the network's people who has signed in; `name` is for people and events."""

    id: str
    name: str


class AdminCookie:
    """Writes and reads who has signed in; `keys` are the app's, newest first."""

    def __init__(self, keys: Sequence[str], *, is_secure: bool) -> None:
        self._signer = URLSafeTimedSerializer(list(reversed(keys)), salt="feeds partners sign-in")
        self._is_secure = is_secure
        self.name = "__Secure-feeds-partners" if is_secure else "feeds-partners"

    def keep(self, response: AnyResponse, user_id: str) -> None:
        """Have the browser keep who has signed in."""
        response.set_cookie(
            self.name, str(self._signer.dumps(user_id)), max_age=SIGNED_IN_S, path=PATH, secure=self._is_secure,
            httponly=True, samesite="Lax",
        )  # fmt: skip

    def read(self, cookies: Mapping[str, str]) -> str | None:
        """Return the account's id; None without one, when it is over, or not of our making."""
        with suppress(BadData, KeyError):
            return str(self._signer.loads(cookies[self.name], max_age=SIGNED_IN_S))
        return None

    def forget(self, response: AnyResponse) -> None:
        """Have the browser delete the cookie."""
        response.delete_cookie(self.name, path=PATH, secure=self._is_secure, httponly=True, samesite="Lax")


class Admins:
    """Signs the network's people in and out, and keeps the parent's login for a rejection; one serves all threads."""

    def __init__(self, web: WebSettings, register: Register, pages: Pages) -> None:
        self._web, self._register, self._pages = web, register, pages
        self._cookie = AdminCookie(web.links.keys, is_secure=web.is_secure)
        self._parent = LoginCookie(web.links.keys, is_secure=web.is_secure, what="parent", path=PATH)

    def only(self, view: Callable[Given, AnyResponse]) -> Callable[Given, AnyResponse]:
        """Return the view as one for those who have signed in; anybody else is asked to, and sees nothing of it."""

        @wraps(view)
        def guarded(*args: Given.args, **kwargs: Given.kwargs) -> AnyResponse:
            g.admin = self._signed_in()
            if g.admin is None:
                lost = request.method not in {"GET", "HEAD"}
                return self._pages.render("partners_sign_in.html", 403 if lost else 200, lost=lost)
            return view(*args, **kwargs)

        return guarded

    def set_out(self) -> AnyResponse:
        """Send somebody to Dailymotion to show who they are."""
        departures.note_display(None)
        return departures.set_out(self._web, Purpose.PARTNERS, now=datetime.now(UTC))

    def set_out_as_parent(self, user_id: str) -> AnyResponse:
        """Send somebody to Dailymotion for the parent's login, to reject an account with."""
        departures.note_display(None)
        session[_REJECTING] = user_id
        return departures.set_out(self._web, Purpose.REJECT, now=datetime.now(UTC))

    def arrive(self, token: Token) -> AnyResponse:
        """Sign in whoever is one of the network's people; the login itself is of no more use, and ended."""
        try:
            with self._client(token) as client:
                account = account_of_login(client, token)
        finally:
            self.end(token)
        if not self._is_admin(account.id):
            return self._pages.outcome(_stranger(account))
        response = redirect(PATH, 303)
        session[_NAME] = [account.id, account.username]
        self._cookie.keep(response, account.id)
        return response

    def arrive_as_parent(self, token: Token) -> AnyResponse:
        """Keep the parent's login for ten minutes, in this browser alone."""
        try:
            with self._client(token) as client:
                account = account_of_login(client, token)
            if account.id != self._register.network().parent_id or token.lacks(PARENT_SCOPES):
                self.end(token)
                return self._pages.outcome(_no_parent(account, self._register.network().parent_id))
            user_id = session.pop(_REJECTING, None)
            response = redirect(f"{PATH}/account/{user_id}/reject" if user_id else PATH, 303)
            self._parent.keep(response, Login(account, token))
        except FeedsError:
            self.end(token)
            raise
        return response

    def sign_out(self) -> Response:
        """Forget who had signed in, and end the parent's login if there is one."""
        if (login := self.parent_login()) is not None:
            self.end(login.token)
        session.pop(_NAME, None)
        response = self._pages.outcome(
            Outcome("You are signed out", ("Dailymotion may still know your browser.",), tone="wait", again="/partners")
        )
        self._cookie.forget(response)
        self._parent.forget(response)
        return response

    def parent_login(self) -> Login | None:
        """Return the parent's login that this browser has brought along."""
        login = self._parent.read(request.cookies)
        is_parents = login is not None and login.account.id == self._register.network().parent_id
        return login if is_parents else None

    def forget_parent(self, response: AnyResponse) -> None:
        """Have the browser delete the parent's login."""
        self._parent.forget(response)

    def fail(self, error: FeedsError) -> Response:
        """Show what went wrong: in full to the network's people, in a few words to anybody else."""
        if not isinstance(error, StrayReturn | Declined):
            current_app.logger.warning("A page of the partners failed: %s", error)
        outcome = failure(error)
        if g.get("admin") is not None:
            words = tuple(str(error).splitlines())
            outcome = Outcome("That didn't work", (*words, "Nothing was recorded."), status=outcome.status)
        elif isinstance(error, Declined):
            outcome = Outcome("You did not allow it", ("So we can't tell who you are.",), tone="wait")
        return self._pages.outcome(
            Outcome(outcome.heading, outcome.paragraphs, status=outcome.status, tone=outcome.tone, again="/partners")
        )

    def end(self, token: Token) -> None:
        """End a login at Dailymotion; a courtesy, for which nobody should wait."""
        adapter = Bounded(read_s=_FAREWELL_S, answer_s=_FAREWELL_S)
        with suppress(DailymotionError), Client(self._web.dailymotion, token, adapter=adapter) as client:
            client.log_out()

    def _signed_in(self) -> Admin | None:
        user_id = self._cookie.read(request.cookies)
        if user_id is None or not self._is_admin(user_id):
            return None
        known_id, username = session.get(_NAME) or (None, None)
        is_named = known_id == user_id and username != user_id
        return Admin(user_id, f"{username} ({user_id})" if is_named else user_id)

    def _is_admin(self, user_id: str) -> bool:
        network = self._register.network()
        return user_id == network.parent_id or user_id in network.admins

    def _client(self, token: Token) -> Client:
        return Client(self._web.dailymotion, token, adapter=self._web.bounded())


def _stranger(account: Account) -> Outcome:
    return Outcome(
        "These pages are not for this account",
        (
            f"You are signed in at Dailymotion as {account.screenname} (@{account.username}, {account.id}).",
            "To use another account, log out at dailymotion.com first (or use a private window).",
        ),
        status=403,
        again="/partners",
    )


def _no_parent(account: Account, parent_id: str) -> Outcome:
    return Outcome(
        "This login can't reject anybody",
        (
            f"You have signed in as {account.screenname} (@{account.username}, {account.id}).",
            f"A rejection needs the parent account, {parent_id}, with every right ticked on Dailymotion's page.",
            "Nothing was recorded. To use another account, log out at dailymotion.com first (or use a private window).",
        ),
        status=403,
        again="/partners",
    )
