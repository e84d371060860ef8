"""The page that makes an invitation: a link that approves its bearer, shown once, to be copied."""

from datetime import UTC, datetime

from flask import Blueprint, Response, request
from werkzeug import Response as AnyResponse

from feeds.core.errors import FeedsError, UsageError
from feeds.core.partners import Invitation
from feeds.formats import results_yaml
from feeds.onboarding import invitations
from feeds.onboarding.register import Register
from feeds.storage.journal import Journal
from feeds.web import letters
from feeds.web.admins import PATH, Admins
from feeds.web.partners import Desk, Notice, admin
from feeds.web.security import need_host
from feeds.web.settings import WebSettings

LONGEST_DAYS = 365
# So many are listed; all stand in results/.
_SHOWN = 50


class Inviting:
    """Makes invitations; one serves all threads."""

    def __init__(self, web: WebSettings, register: Register, journal: Journal, desk: Desk) -> None:
        self._web, self._register, self._journal, self._desk = web, register, journal, desk
        self._links = invitations.Links(web.links.keys)

    def start(self) -> AnyResponse:
        """Show the form, and the link that was made just now."""
        return self._page()

    def _page(self, status: int = 200, fault: str = "") -> Response:
        notice, now = self._desk.notice(), datetime.now(UTC)
        letter = None
        if notice is not None and notice.link is not None:
            made = self._links.parse(notice.link.partition("=")[2])
            letter = letters.invitation(self._register.network().name, made, notice.link) if made else None
        return self._desk.render(
            "invite.html",
            status,
            letter=letter,
            made=[(each, _standing(each, now)) for each in reversed(self._register.invitations()[-_SHOWN:])],
            label=request.form.get("label", ""),
            days=request.form.get("days", str(invitations.DAYS)),
            most_days=LONGEST_DAYS,
            limit=invitations.LABEL_CHARACTERS,
            fault=fault,
        )

    def invite(self) -> AnyResponse:
        """Make an invitation, and show its link on the page that follows."""
        days = request.form.get("days", type=int) or 0
        if not 1 <= days <= LONGEST_DAYS:
            return self._page(400, f"Write for how many days it holds: 1 to {LONGEST_DAYS}.")

        def work() -> Notice:
            label = request.form.get("label", "")
            made, event = invitations.invite(label, days=days, by=admin().name, now=datetime.now(UTC))
            self._journal.append(results_yaml.render(event))
            link = f"{self._web.links.public_url}/?invitation={self._links.render(made)}"
            return Notice(f"The invitation for {made.label} is made. Copy the link now: it is shown once.", link=link)

        try:
            return self._desk.go(f"{PATH}/invite", self._desk.once(work))
        except UsageError as error:
            return self._page(400, str(error))


def blueprint(inviting: Inviting, admins: Admins, web: WebSettings) -> Blueprint:
    """Return the routes of invitations."""
    routes = Blueprint("inviting", __name__)
    routes.before_request(lambda: need_host(web))
    routes.add_url_rule(f"{PATH}/invite", "start", admins.only(inviting.start))
    routes.add_url_rule(f"{PATH}/invite", "invite", admins.only(inviting.invite), methods=["POST"])
    routes.register_error_handler(FeedsError, admins.fail)
    return routes


def _standing(made: Invitation, now: datetime) -> str:
    if made.user is not None:
        return f"used by {made.user}"
    return "over" if now >= made.until else "open"
