"""The way of a partner into the network: what it means, Dailymotion's page, "is this you?", and how it ended.

https://developers.dailymotion.com/mcn (onboarding process). Who may join, and what joining does, is said by
feeds/onboarding; here it is asked, and shown.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

from flask import Blueprint, Response, current_app, request, session
from werkzeug import Response as AnyResponse

from feeds.core.errors import FeedsError
from feeds.core.partners import Invitation, PartnerState, Welcome
from feeds.dailymotion.client import Client
from feeds.dailymotion.errors import Broken, DailymotionError, NotFound
from feeds.dailymotion.transport import Bounded
from feeds.dailymotion.values import PARTNER_SCOPES, Token
from feeds.onboarding.invitations import Links
from feeds.onboarding.joining import Account, InvitationSpent, Joining, NotAgreed, account_of
from feeds.onboarding.parent_check import NotChecked
from feeds.onboarding.register import Register
from feeds.web import departures, outcomes
from feeds.web.cookies import Login, LoginCookie
from feeds.web.departures import Purpose
from feeds.web.once import Once
from feeds.web.outcomes import Outcome
from feeds.web.pages import Pages
from feeds.web.room import Room
from feeds.web.security import need_host
from feeds.web.settings import WebSettings

# Ending a login is a courtesy: nobody should wait for it.
_FAREWELL_S = 3.0
_INVITATION, _LOGIN = "invitation", "login"

Arrival = Callable[[Token], AnyResponse]
Failure = Callable[[FeedsError], AnyResponse]


class Connecting:
    """What the pages of the way in share; one serves all threads."""

    def __init__(self, web: WebSettings, register: Register, joining: Joining, pages: Pages) -> None:
        self._web, self._register, self._joining, self._pages = web, register, joining, pages
        self._links, self._once = Links(web.links.keys), Once[Outcome]()
        self._cookie = LoginCookie(web.links.keys, is_secure=web.is_secure)

    def start(self) -> Response:
        """Show what connecting means, and to whom an invitation was given."""
        departures.note_display(request.args.get("display"))
        if _INVITATION in request.args:
            session[_INVITATION] = request.args[_INVITATION]
        invited, trouble = self._invited()
        return self._pages.render("connect.html", invited=invited, trouble=trouble, rights=outcomes.RIGHTS)

    def arrive(self, token: Token) -> Response:
        """Show whose login this is and what a yes would do, or why there is nothing to say yes to."""
        self._joining.waiting.sweep(datetime.now(UTC))
        with self._client(token) as client:
            try:
                if missing := token.lacks(PARTNER_SCOPES):
                    self._end(token)
                    return self._pages.outcome(outcomes.lacking(self._register.network().name, missing))
                login = Login(account_of_login(client, token), token)
                response = self._confirm_page(login, client)
                if response.status_code == 200:
                    session[_LOGIN] = login.nonce
                    self._cookie.keep(response, login)
            except FeedsError:
                self._end(token)
                raise
        return response

    def look_again(self) -> Response:
        """Show the question again, for as long as the login is good."""
        login = self._login()
        if login is None:
            return self._pages.outcome(outcomes.over())
        with self._client(login.token) as client:
            return self._confirm_page(login, client)

    def confirm(self) -> Response:
        """Do what the partner has said yes to, once."""
        login = self._login()
        if login is None:
            return self._pages.outcome(outcomes.over())
        with self._client(login.token) as client:
            agreed = request.form.get("consent", "")
            try:
                outcome = self._once.do(login.nonce, lambda: self._join(login, client, agreed))
            except NotAgreed:
                # The yes was to what the page said: another tab, an edit or a decision has changed that since.
                return self._confirm_page(login, client, changed=True)
        session.pop(_INVITATION, None)
        response = self._pages.outcome(outcome)
        self._cookie.forget(response)
        return response

    def leave(self) -> Response:
        """End the login of somebody who is another, or would rather not."""
        login = self._login()
        if login is not None:
            self._end(login.token)
        response = self._pages.outcome(outcomes.signed_out())
        self._cookie.forget(response)
        return response

    def fail(self, error: FeedsError) -> Response:
        """Show what went wrong, and end a login that is of no more use."""
        if not isinstance(error, outcomes.EVERYDAY):
            current_app.logger.warning("A partner could not connect: %s", error)
        if isinstance(error, InvitationSpent):
            session.pop(_INVITATION, None)
        outcome, login = outcomes.failure(error), self._login()
        if login is None and outcome.again:
            outcome = replace(outcome, again="/connect")
        response = self._pages.outcome(outcome)
        if login is not None and not outcome.keeps_login:
            self._end(login.token)
            self._cookie.forget(response)
        return response

    def _login(self) -> Login | None:
        """Return the login that this browser has made: a neighbouring site may have put another's in its place."""
        login = self._cookie.read(request.cookies)
        return login if login is not None and login.nonce == session.get(_LOGIN) else None

    def _client(self, token: Token) -> Client:
        return Client(self._web.dailymotion, token, adapter=self._web.bounded())

    def _invited(self) -> tuple[Invitation | None, str | None]:
        """Return the invitation that this browser has come with, and what is wrong with the one that it had."""
        if (text := session.get(_INVITATION)) is None:
            return None, None
        invitation = self._links.parse(text)
        if invitation is None:
            session.pop(_INVITATION)
            return None, "This invitation is none of this network's, or the link was cut off. Ask for a new one."
        try:
            self._joining.refuse_spent(invitation, None, datetime.now(UTC))
        except InvitationSpent as spent:
            session.pop(_INVITATION)
            return None, str(spent)
        return invitation, None

    def _invitation(self) -> Invitation | None:
        return self._links.parse(session.get(_INVITATION, ""))

    def _confirm_page(self, login: Login, client: Client, *, changed: bool = False) -> Response:
        account, network = login.account, self._register.network()
        expected = self._joining.foresee(account, self._invitation(), datetime.now(UTC))
        if expected is Welcome.REFUSE:
            self._end(login.token)
            response = self._pages.outcome(outcomes.refused(network.name, account))
            self._cookie.forget(response)
            return response
        return self._pages.render(
            "confirm.html",
            account=account,
            parent=_parent(client, network.parent_id),
            adopts=expected is Welcome.ADOPT,
            is_member=self._is_member(account),
            consent=self._joining.consent(account, self._invitation(), datetime.now(UTC)),
            changed=changed,
        )

    def _join(self, login: Login, client: Client, agreed: str) -> Outcome:
        account, now, invitation = login.account, datetime.now(UTC), self._invitation()
        network, was_member = self._register.network(), self._is_member(account)
        welcome = self._joining.join(account, client, login.token, invitation=invitation, now=now, agreed=agreed)
        self._end(login.token)
        if welcome is Welcome.ADOPT:
            return outcomes.adopted(network.name, account, was_member=was_member)
        return outcomes.asked(network.name, account)

    def _is_member(self, account: Account) -> bool:
        return self._register.partner(account.id).state is PartnerState.ADOPTED

    def _end(self, token: Token) -> None:
        adapter = Bounded(read_s=_FAREWELL_S, answer_s=_FAREWELL_S)
        with suppress(DailymotionError), Client(self._web.dailymotion, token, adapter=adapter) as client:
            client.log_out()


def blueprint(
    connecting: Connecting, web: WebSettings, room: Room, arrivals: Mapping[Purpose, tuple[Arrival, Failure]]
) -> Blueprint:
    """Return the routes; `arrivals` takes over from /connect/return whoever has set out for another purpose."""
    routes = Blueprint("connect", __name__)
    arrivals = {Purpose.CONNECT: (connecting.arrive, connecting.fail), **arrivals}
    routes.before_request(lambda: need_host(web))
    routes.add_url_rule("/", "start", connecting.start)
    routes.add_url_rule("/connect/confirm", "look_again", room.kept(connecting.look_again))
    routes.add_url_rule("/connect/confirm", "confirm", room.kept(connecting.confirm), methods=["POST"])
    routes.add_url_rule("/connect/leave", "leave", room.kept(connecting.leave), methods=["POST"])

    @routes.get("/connect")
    def set_out() -> AnyResponse:
        return departures.set_out(web, Purpose.CONNECT, now=datetime.now(UTC))

    @routes.get("/connect/return")
    def come_back() -> AnyResponse:
        departures.recall()
        return take_back()

    @room.kept
    def take_back() -> AnyResponse:
        purpose, token = departures.come_back(web, request.args, now=datetime.now(UTC))
        return arrivals[purpose][0](token)

    @routes.errorhandler(FeedsError)
    def fail(error: FeedsError) -> AnyResponse:
        return arrivals[departures.purpose()][1](error)

    return routes


def account_of_login(client: Client, token: Token) -> Account:
    """Read whose login it is. Raises Broken where two answers of Dailymotion differ, and what `account_of` raises."""
    account = account_of(client, token)
    if token.uid not in (None, account.id):
        raise Broken("Dailymotion named two accounts for one login. Try again later.")
    return account


def _parent(client: Client, parent_id: str) -> Mapping[str, str]:
    """Return the parent's names as Dailymotion has them: whoever says yes shall see to whom.

    Raises NotChecked where there is no such account.
    """
    try:
        told = client.user(parent_id, ("id", "username", "screenname"))
    except NotFound as error:
        raise NotChecked(
            f"Dailymotion knows no account {parent_id}: check network.parent_id, then run `feeds doctor`."
        ) from error
    username = str(told.get("username") or parent_id)
    return {"id": parent_id, "username": username, "name": str(told.get("screenname") or username)}
