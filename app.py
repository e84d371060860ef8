"""The app: wiring only. `gunicorn app:app` serves it, with the settings of the environment."""

import os
import sys
from datetime import UTC, datetime
from typing import Any, Literal

from flask import Flask, Response, current_app, jsonify, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from feeds.core.errors import UsageError
from feeds.onboarding.deciding import Deciding
from feeds.onboarding.joining import Joining
from feeds.onboarding.register import Register
from feeds.settings import AppSettings, Folders, app_settings
from feeds.storage.dead_letters import DeadLetters
from feeds.storage.journal import Journal
from feeds.web import admins, callback, connect, health, inviting, outcomes, pages, partners, rejecting, security
from feeds.web.departures import Purpose
from feeds.web.masking import Masking
from feeds.web.room import Room
from feeds.web.settings import WebSettings, web_settings

# Gunicorn takes this exit code as "the app can't be loaded" and ends, rather than trying again and again:
# https://github.com/benoitc/gunicorn/blob/master/gunicorn/arbiter.py (APP_LOAD_ERROR)
_CANNOT_LOAD = 4

_SENTENCES = {
    400: "The request could not be read to its end.",
    404: "There is nothing here.",
    405: "This address takes another method.",
    413: f"The body is larger than {callback.BODY_LIMIT_BYTES:,} bytes.",
}
_FAILED = "The app failed; its log says more."
# What programs ask for, and are answered in JSON; all else is for people.
_FOR_PROGRAMS = ("/callback/", "/healthz", "/readyz")


def create_app(settings: AppSettings | None = None, web: WebSettings | None = None) -> Flask:
    """Wire the app; without settings, with those of the environment, or end the process with all their faults.

    Without `web` there are no pages for partners.
    """
    if settings is None:
        settings, web = _settings_of_environment()
    app = Flask("feeds", static_folder=None)
    app.url_map.merge_slashes = False  # its redirect would repeat the address, and with it the secret
    app.logger.addFilter(Masking())
    security.install_headers(app, web)

    state = settings.folders.state
    journal, dead_letters = Journal(state / "journal"), DeadLetters(state / "dead-letters")
    callbacks = callback.blueprint(journal, dead_letters, secrets=settings.callback_secrets)
    app.register_blueprint(callbacks)
    app.register_blueprint(health.blueprint(journal))
    if web is None:
        app.logger.warning("FEEDS_PUBLIC_URL is not set: callbacks are taken, but there are no pages for partners.")
    else:
        security.install_session(app, web).exempt(callbacks)
        _serve_people(app, settings.folders, web, journal)

    for status in _SENTENCES:
        app.register_error_handler(status, _refused)
    app.register_error_handler(Exception, _failed)
    return app


def _serve_people(app: Flask, folders: Folders, web: WebSettings, journal: Journal) -> None:
    """Wire the pages on which partners join and the network's people decide."""
    register = Register(folders)
    shown = pages.install(app, register)
    joining = Joining(folders, register, journal, api=web.dailymotion.api)
    joining.waiting.sweep(datetime.now(UTC))
    connecting, signing = connect.Connecting(web, register, joining, shown), admins.Admins(web, register, shown)
    arrivals = {
        Purpose.PARTNERS: (signing.arrive, signing.fail),
        Purpose.REJECT: (signing.arrive_as_parent, signing.fail),
    }
    room = Room()
    app.register_blueprint(connect.blueprint(connecting, web, room, arrivals))
    deciding, desk = Deciding(folders, register, journal), partners.Desk(web, register, shown)
    listing = partners.Partners(web, register, deciding, joining.waiting, desk)
    app.register_blueprint(partners.blueprint(listing, signing, web, room))
    ending = rejecting.Rejecting(web, deciding, listing, signing, desk)
    app.register_blueprint(rejecting.blueprint(ending, signing, web, room))
    app.register_blueprint(inviting.blueprint(inviting.Inviting(web, register, journal, desk), signing, web))


def _refused(error: HTTPException) -> Response:
    status = error.get_response().status_code
    shown = _pages()
    if shown is None:
        answer = jsonify(error=_SENTENCES[status])
        answer.status_code = status
    else:
        again: Literal["/connect", "/partners"] = "/partners" if request.path.startswith("/partners/") else "/connect"
        told = outcomes.stale_form(again) if isinstance(error, CSRFError) else outcomes.nothing_here(status)
        answer = shown.outcome(told)
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        answer.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return answer


def _failed(error: Exception) -> Response:
    # Flask's own line would name the address, and with it the secret.
    current_app.logger.error("The app failed:", exc_info=error)
    shown = _pages()
    if shown is not None:
        return shown.outcome(outcomes.broken())
    answer = jsonify(error=_FAILED)
    answer.status_code = 500
    return answer


def _pages() -> pages.Pages | None:
    """Return what renders an error for people, if the request is theirs."""
    shown: pages.Pages | None = current_app.extensions.get("pages")
    return None if request.path.startswith(_FOR_PROGRAMS) else shown


def _settings_of_environment() -> tuple[AppSettings, WebSettings | None]:
    faults: list[str] = []
    settings, web = None, None
    try:
        settings = app_settings(os.environ)
    except UsageError as error:
        faults.append(str(error))
    try:
        web = web_settings(os.environ)
    except UsageError as error:
        faults.append(str(error))
    if settings is None or faults:
        print("\n".join(faults), file=sys.stderr, flush=True)
        raise SystemExit(_CANNOT_LOAD)
    return settings, web


def __getattr__(name: str) -> Any:
    if name == "app":
        return create_app()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
