"""Two answers for whoever watches the app: /healthz, the process answers; /readyz, a callback could be stored.

Anybody may ask: an answer names no path and no number. Asking is cheap, and adds nothing to the journal.
"""

from flask import Blueprint, Response, current_app, jsonify

from feeds.core.errors import StorageError
from feeds.storage.journal import Journal
from feeds.storage.space import FREE_BYTES


def blueprint(journal: Journal) -> Blueprint:
    """Return the routes that tell how the app is; all of why it isn't ready stands in the log, not in the answer."""
    routes = Blueprint("health", __name__)
    told = ""

    @routes.get("/healthz")
    def healthy() -> Response:
        return _answer(200, up=True)

    @routes.get("/readyz")
    def ready() -> Response:
        nonlocal told
        said, told_before = "", told
        try:
            journal.check(free_bytes=FREE_BYTES)
        except StorageError as error:
            said = str(error)
            why = error.__cause__.strerror if isinstance(error.__cause__, OSError) else None
            answer = _answer(503, ready=False, why=f"The journal can't be written: {why or 'the log says more'}.")
        else:
            answer = _answer(200, ready=True)
        told = said
        if said != told_before:  # a probe asks every few seconds, and the log needs to know once
            current_app.logger.warning("Not ready: %s", said) if said else current_app.logger.warning("Ready again.")
        return answer

    return routes


def _answer(status: int, **words: object) -> Response:
    response = jsonify(**words)
    response.status_code = status
    response.headers["Cache-Control"] = "no-store"
    return response
