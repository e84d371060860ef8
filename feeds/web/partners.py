"""The pages on which the network's people see who is in the network and who asks to be, and decide about them.

The words and rules of a decision are those of feeds/onboarding/deciding.py, as on the command line. After each form the
browser is sent on to a page; what that shall say travels in a sealed cookie, for it may hold an address or a link.
"""

import re
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from flask import Blueprint, Response, abort, g, redirect, request
from werkzeug import Response as AnyResponse

from feeds.core.errors import FeedsError, UsageError
from feeds.core.events import PARTNER_EVENTS, Event
from feeds.core.partners import PartnerState
from feeds.core.user_ids import is_user_id
from feeds.onboarding.deciding import CAN_BE_APPROVED, CAN_BE_REFUSED, CAN_BE_REJECTED, Deciding
from feeds.onboarding.register import Register
from feeds.onboarding.waiting import Waiting
from feeds.web import letters, roster
from feeds.web.admins import PATH, Admin, Admins
from feeds.web.cookies import SealedCookie
from feeds.web.letters import Letter
from feeds.web.once import Once
from feeds.web.pages import Pages
from feeds.web.room import Room
from feeds.web.roster import Row
from feeds.web.security import need_host
from feeds.web.settings import WebSettings

REASON_CHARACTERS = 300
_EMAIL = re.compile(r"\S@\S+\.\w")


@dataclass(frozen=True, slots=True)
class Notice:
    """What the next page says; `email` and `link` are shown with it this once. `about` is an account, if one is."""

    text: str
    is_good: bool = True
    about: str | None = None
    email: str | None = None
    link: str | None = None


class Desk:
    """What all these pages share: who is signed in, notices, and that a form does its work once."""

    def __init__(self, web: WebSettings, register: Register, pages: Pages) -> None:
        self._register, self._pages, self._once = register, pages, Once[Notice]()
        self._cookie = SealedCookie(web.links.keys, what="notice", path=PATH, is_secure=web.is_secure)

    def render(self, template: str, status: int = 200, **values: object) -> Response:
        """Render a page, with the notice that is due; a form on it carries a word of its own."""
        notice = self.notice()
        shown = {"admin": admin(), "notice": notice, "once": secrets.token_hex(8), **values}
        response = self._pages.render(template, status, **shown)
        if notice is not None:
            self._cookie.forget(response)
        return response

    def notice(self) -> Notice | None:
        """Return the notice that is due."""
        plain = self._cookie.read(request.cookies)
        with suppress(TypeError):  # none is due, or it is of an older version of this program
            return Notice(**plain)
        return None

    def once(self, work: Callable[[], Notice]) -> Notice:
        """Do what a form asks for, once however often it is sent."""
        return self._once.do(f"{admin().id} {request.path} {request.form.get('once') or secrets.token_hex(8)}", work)

    def go(self, path: str, notice: Notice) -> AnyResponse:
        """Send the browser on to a page that shows the notice."""
        response = redirect(path, 303)
        self._cookie.keep(response, asdict(notice))
        return response


class Partners:
    """The list, an account's page, and the two decisions that are ours alone; one serves all threads."""

    def __init__(self, web: WebSettings, register: Register, deciding: Deciding, waiting: Waiting, desk: Desk) -> None:
        self._web, self._register, self._deciding, self._waiting = web, register, deciding, waiting
        self._desk = desk

    def everybody(self) -> AnyResponse:
        """Show everybody by state, or those that a search or a state leaves."""
        words, state = request.args.get("q", "").strip(), request.args.get("state", "")
        known = self._rows()
        found = roster.matching(known, words)
        page = request.args.get("page", 1, type=int)
        return self._desk.render(
            "partners.html",
            sections=roster.sections(found, state=state, page=page, is_search=bool(words)),
            counts=roster.counts(known),
            words=words,
            state=state,
        )

    def account(self, user_id: str) -> AnyResponse:
        """Show all that is known of one account, and what can be decided about it."""
        return self._account_page(user_id)

    def approve(self, user_id: str) -> AnyResponse:
        """Approve an account."""

        def work(why: str, seen: PartnerState | None) -> Notice:
            row = self.row(user_id)
            self._deciding.approve(user_id, by=admin().name, why=why, now=datetime.now(UTC), seen=seen)
            words = f"{row.username} is approved, and has to connect once more. Write to them: the message is below."
            return Notice(words, about=user_id, email=row.email)

        return self._decide(user_id, "approve", work)

    def refuse(self, user_id: str) -> AnyResponse:
        """Refuse an account."""

        def work(why: str, seen: PartnerState | None) -> Notice:
            row = self.row(user_id)
            self._deciding.refuse(user_id, by=admin().name, why=why, now=datetime.now(UTC), seen=seen)
            return Notice(f"{row.username} is refused. They are told so when they connect again; nobody wrote to them.")

        return self._decide(user_id, "refuse", work)

    def row(self, user_id: str) -> Row:
        """Return what is known of an account; there is nothing here for one that nothing names."""
        found = next((row for row in self._rows() if row.id == user_id), None)
        if found is None or not is_user_id(user_id):
            abort(404)
        return found

    def _decide(self, user_id: str, what: str, work: Callable[[str, PartnerState | None], Notice]) -> AnyResponse:
        self.row(user_id)
        if (fault := reason_fault()) is not None:
            return self._account_page(user_id, 400, what=what, fault=fault)
        return self._desk.go(path_of(user_id), settled(self._desk, lambda: work(reason(), seen())))

    def _account_page(self, user_id: str, status: int = 200, *, what: str = "", fault: str = "") -> AnyResponse:
        row, notice = self.row(user_id), self._desk.notice()
        email = notice.email if notice is not None and notice.about == user_id else row.email
        events = [event for event in self._register.events() if event.text("user") == user_id]
        state = row.partner.state
        return self._desk.render(
            "partner.html",
            status,
            row=row,
            heading=roster.STATES[state][1],
            history=sorted(filter(_is_partner_event, events), key=lambda event: event.at, reverse=True),
            letter=self._letter(row),
            email=email,
            can_approve=state in CAN_BE_APPROVED,
            can_refuse=state in CAN_BE_REFUSED,
            can_reject=state in CAN_BE_REJECTED,
            what=what,
            fault=fault,
            why=request.form.get("why", ""),
            limit=REASON_CHARACTERS,
        )

    def _letter(self, row: Row) -> Letter | None:
        network, url = self._register.network().name, self._web.links.public_url
        if row.partner.state is PartnerState.APPROVED:
            return letters.come_back(network, row.username, url)
        if row.partner.state is PartnerState.UNKNOWN:
            return letters.connect(network, row.username, url)
        return None

    def _rows(self) -> list[Row]:
        partners = self._register.partners()
        asked = {user for user, partner in partners.items() if partner.state is PartnerState.ASKED}
        contacts = self._waiting.contacts(asked, datetime.now(UTC))
        emails = {user: contact.email for user, contact in contacts.items()}
        return roster.rows(partners, self._register.usernames(), emails)


def blueprint(partners: Partners, admins: Admins, web: WebSettings, room: Room) -> Blueprint:
    """Return the routes of the list, the decisions, and signing in and out."""
    routes = Blueprint("partners", __name__)
    routes.before_request(lambda: need_host(web))
    routes.add_url_rule(PATH, "everybody", admins.only(partners.everybody))
    routes.add_url_rule(f"{PATH}/account/<user_id>", "account", admins.only(partners.account))
    for name, view in (("approve", partners.approve), ("refuse", partners.refuse)):
        # A decision waits for one about the same account, and that may be a rejection that waits for Dailymotion.
        routes.add_url_rule(f"{PATH}/account/<user_id>/{name}", name, admins.only(room.kept(view)), methods=["POST"])
    routes.add_url_rule(f"{PATH}/sign-in", "sign_in", admins.set_out)
    routes.add_url_rule(f"{PATH}/sign-out", "sign_out", admins.sign_out, methods=["POST"])
    routes.register_error_handler(FeedsError, admins.fail)
    return routes


def admin() -> Admin:
    """Return who has signed in, on a page for those alone."""
    signed_in: Admin = g.admin
    return signed_in


def path_of(user_id: str) -> str:
    """Return the path of an account's page."""
    return f"{PATH}/account/{user_id}"


def settled(desk: Desk, work: Callable[[], Notice]) -> Notice:
    """Return what came of a decision; one that makes no sense, or no more, is told in the words of the rule."""
    try:
        return desk.once(work)
    except UsageError as error:
        return Notice(f"{error} Nothing was done.", is_good=False)


def reason() -> str:
    """Return the reason that was typed."""
    return request.form.get("why", "").strip()


def reason_fault() -> str | None:
    """Return what is wrong with the reason that was typed: it stands in Git for good."""
    why = reason()
    if not why:
        return "Write a reason: it is kept with the decision, for whoever asks later."
    if len(why) > REASON_CHARACTERS or not why.isprintable():
        return f"Write the reason in one line of {REASON_CHARACTERS} characters at most."
    if _EMAIL.search(why):
        return "The reason is kept in Git, where no e-mail address should be. Leave it out."
    return None


def seen() -> PartnerState | None:
    """Return the state in which the page has shown the account."""
    try:
        return PartnerState(request.form.get("seen", ""))
    except ValueError:
        return None


def _is_partner_event(event: Event) -> bool:
    return event.event in PARTNER_EVENTS
