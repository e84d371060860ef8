"""Two answers for whoever watches the app: /healthz, the process answers; /readyz, a callback could be stored."""

from flask import Blueprint, Response, current_app, jsonify

from feeds.core.errors import StorageError
from feeds.storage.journal import Journal

# Eight of the largest callbacks, escaped to twice their size.
FREE_BYTES = 128 * 1024 * 1024


def blueprint(journal: Journal) -> Blueprint:
    """Return the routes that tell how the app is; why it isn't ready stands in the log, not in the answer."""
    routes = Blueprint("health", __name__)

    @routes.get("/healthz")
    def healthy() -> Response:
        return jsonify(up=True)

    @routes.get("/readyz")
    def ready() -> Response:
        try:
            journal.check(free_bytes=FREE_BYTES)
        except StorageError as error:
            current_app.logger.warning("Not ready: %s", error)
            response = jsonify(ready=False, why="The journal can't be written; the app's log says more.")
            response.status_code = 503
            return response
        return jsonify(ready=True)

    return routes
