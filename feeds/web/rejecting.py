"""The page that ends an adoption: it says what will happen, asks once more, and needs the parent account's login.

https://developers.dailymotion.com/mcn (user rejection). The login is one that the person has just made as the parent,
or the server's own; without either the page offers to make one, and names the command that rejects.
"""

from datetime import UTC, datetime
from typing import Literal

from flask import Blueprint, request
from werkzeug import Response as AnyResponse

from feeds.core.errors import FeedsError
from feeds.dailymotion.client import Client
from feeds.dailymotion.errors import DailymotionError, Expired
from feeds.dailymotion.parent import parent_client
from feeds.onboarding.deciding import CAN_BE_REJECTED, Deciding
from feeds.web.admins import PATH, Admins
from feeds.web.partners import (
    REASON_CHARACTERS,
    Desk,
    Notice,
    Partners,
    admin,
    path_of,
    reason,
    reason_fault,
    settled,
)
from feeds.web.room import Room
from feeds.web.security import need_host
from feeds.web.settings import WebSettings

Source = Literal["parent", "server", "none"]


class Rejecting:
    """Asks, and rejects; one serves all threads."""

    def __init__(self, web: WebSettings, deciding: Deciding, partners: Partners, admins: Admins, desk: Desk) -> None:
        self._web, self._deciding, self._partners, self._admins, self._desk = web, deciding, partners, admins, desk

    def ask(self, user_id: str, status: int = 200, *, fault: str = "", trouble: str = "") -> AnyResponse:
        """Show what a rejection does, and ask for a reason; who isn't adopted is shown as they are."""
        row = self._partners.row(user_id)
        if row.partner.state not in CAN_BE_REJECTED:
            return self._desk.go(path_of(user_id), Notice(f"{row.username} is not adopted (any more).", is_good=False))
        return self._desk.render(
            "reject.html",
            status,
            row=row,
            source=self._source(),
            parent_id=self._deciding.parent_id,
            fault=fault,
            trouble=trouble,
            why=request.form.get("why", ""),
            limit=REASON_CHARACTERS,
        )

    def reject(self, user_id: str) -> AnyResponse:
        """End the adoption at Dailymotion, and record it."""
        row = self._partners.row(user_id)
        if (fault := reason_fault()) is not None:
            return self.ask(user_id, 400, fault=fault)
        if self._source() == "none":
            return self.ask(user_id, 403, trouble="The parent account's login is over. Nothing was done.")

        def work() -> Notice:
            with self._parent() as parent:
                self._deciding.reject(user_id, parent, by=admin().name, why=reason(), now=datetime.now(UTC))
            return Notice(f"{row.username} is rejected. Dailymotion writes to them; the next build unlists them.")

        try:
            return self._desk.go(path_of(user_id), settled(self._desk, work))
        except DailymotionError as error:
            words = f"{error} Nothing was recorded here. Rejecting again finds out how things are, and does no harm."
            response = self.ask(user_id, 502, trouble=words)
            if isinstance(error, Expired):
                self._admins.forget_parent(response)
            return response

    def set_out(self, user_id: str) -> AnyResponse:
        """Send the browser to Dailymotion for the parent account's login."""
        return self._admins.set_out_as_parent(self._partners.row(user_id).id)

    def _source(self) -> Source:
        if self._admins.parent_login() is not None:
            return "parent"
        given = self._web.credentials
        return "server" if given.as_application or (given.username and given.password) else "none"

    def _parent(self) -> Client:
        if (login := self._admins.parent_login()) is not None:
            return Client(self._web.dailymotion, login.token, adapter=self._web.bounded())
        settings, credentials = self._web.dailymotion, self._web.credentials
        return parent_client(settings, credentials, None, now=datetime.now(UTC), parent_id=self._deciding.parent_id)


def blueprint(rejecting: Rejecting, admins: Admins, web: WebSettings, room: Room) -> Blueprint:
    """Return the routes of a rejection."""
    routes = Blueprint("rejecting", __name__)
    routes.before_request(lambda: need_host(web))
    path = f"{PATH}/account/<user_id>/reject"

    @routes.get(path)
    @admins.only
    def ask(user_id: str) -> AnyResponse:
        return rejecting.ask(user_id)

    @routes.post(path)
    @admins.only
    @room.kept
    def reject(user_id: str) -> AnyResponse:
        return rejecting.reject(user_id)

    @routes.get(f"{path}/sign-in")
    @admins.only
    def sign_in(user_id: str) -> AnyResponse:
        return rejecting.set_out(user_id)

    routes.register_error_handler(FeedsError, admins.fail)
    return routes
