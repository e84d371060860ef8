"""The app: wiring only. `gunicorn app:app` serves it, with the settings of the environment."""

import os
import sys
from typing import Any

from flask import Flask, Response, current_app, jsonify
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from feeds.core.errors import UsageError
from feeds.settings import AppSettings, app_settings
from feeds.storage.dead_letters import DeadLetters
from feeds.storage.journal import Journal
from feeds.web import callback, health

# Gunicorn takes this exit code as "the app can't be loaded" and ends, rather than trying again and again:
# https://github.com/benoitc/gunicorn/blob/master/gunicorn/arbiter.py (APP_LOAD_ERROR)
_CANNOT_LOAD = 4

_SENTENCES = {
    400: "The request could not be read to its end.",
    404: "There is nothing here.",
    405: "This address takes another method.",
    413: f"The body is larger than {callback.BODY_LIMIT_BYTES:,} bytes.",
}


def create_app(settings: AppSettings | None = None) -> Flask:
    """Wire the app; without settings, with those of the environment, or end the process with all their faults."""
    settings = settings or _settings_of_environment()
    app = Flask("feeds", static_folder=None)
    app.url_map.merge_slashes = False  # its redirect would repeat the address, and with it the secret

    state = settings.folders.state
    journal, dead_letters = Journal(state / "journal"), DeadLetters(state / "dead-letters")
    app.register_blueprint(callback.blueprint(journal, dead_letters, secrets=settings.callback_secrets))
    app.register_blueprint(health.blueprint(journal))

    for status in _SENTENCES:
        app.register_error_handler(status, _refused)
    app.register_error_handler(Exception, _failed)
    return app


def _refused(error: HTTPException) -> Response:
    page = jsonify(error=_SENTENCES[error.get_response().status_code])
    page.status_code = error.get_response().status_code
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        page.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return page


def _failed(error: Exception) -> Response:
    # Flask's own line would name the address, and with it the secret.
    current_app.logger.error("The app failed:", exc_info=error)
    page = jsonify(error="The app failed; its log says more.")
    page.status_code = 500
    return page


def _settings_of_environment() -> AppSettings:
    try:
        return app_settings(os.environ)
    except UsageError as error:
        print(error, file=sys.stderr, flush=True)
        raise SystemExit(_CANNOT_LOAD) from error


def __getattr__(name: str) -> Any:
    if name == "app":
        return create_app()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
