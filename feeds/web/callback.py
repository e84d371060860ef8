"""The callback's address: POST /callback/<secret>.

Dailymotion's guide tells of no signature, so the secret in the address is what tells Dailymotion from others:
without it there is nothing here, and nothing is written. The answer 200 means that the records are on disk.
"""

import hmac
import json
from collections.abc import Sequence
from datetime import UTC, datetime

from flask import Blueprint, Response, abort, current_app, jsonify, request
from werkzeug.exceptions import BadRequest, MethodNotAllowed

from feeds.core.errors import CallbackRejected, StorageError
from feeds.core.events import UNCLEAR
from feeds.formats import callback, results_yaml
from feeds.storage.dead_letters import DeadLetters
from feeds.storage.journal import Journal

BODY_LIMIT_BYTES = 8 * 1024 * 1024
RETRY_AFTER_S = 30
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_CONTENT_TYPE_CHARACTERS = 200


def blueprint(journal: Journal, dead_letters: DeadLetters, *, secrets: Sequence[str]) -> Blueprint:
    """Return the routes that take callbacks with one of the secrets into the journal."""
    routes = Blueprint("callback", __name__)
    known = [secret.encode() for secret in secrets]

    # Every method comes here, so that without the secret none of them shows that there is something.
    @routes.route("/callback/<secret>", methods=_METHODS, provide_automatic_options=False)
    def receive(secret: str) -> Response:
        if not _is_known(secret, known):
            abort(404)
        if request.method != "POST":
            raise MethodNotAllowed(["POST"])
        body, at = _body(), datetime.now(UTC)
        try:
            events = callback.parse(body, at)
            journal.append(b"".join(map(results_yaml.render, events)))
        except CallbackRejected as rejected:
            return _rejected(body, str(rejected), dead_letters, at)
        unclear = sum(event.event == UNCLEAR for event in events)
        counts = {"received": len(events), "recorded": len(events), "unclear": unclear}
        return Response(f"{json.dumps(counts)}\n", mimetype="application/json")

    @routes.errorhandler(StorageError)
    def not_stored(error: StorageError) -> Response:
        current_app.logger.error("A callback was answered 503: %s", error)
        return _try_again()

    @routes.errorhandler(Exception)
    def not_understood(error: Exception) -> Response:
        current_app.logger.error("A callback was answered 503, which is a fault of this program:", exc_info=error)
        return _try_again()

    return routes


def _is_known(secret: str, known: Sequence[bytes]) -> bool:
    """Compare in a time that depends neither on how much of a secret was guessed nor on which one it is."""
    given = secret.encode(errors="replace")
    return any([hmac.compare_digest(given, each) for each in known])  # noqa: C419 - all are compared


def _body() -> bytes:
    # Werkzeug cuts a chunked body at its limit without a word: one byte more than ours tells the difference.
    request.max_content_length = BODY_LIMIT_BYTES + 1
    try:
        body = request.get_data(cache=False)
    except OSError as error:
        raise BadRequest from error  # the sender left, or its chunks don't add up
    if len(body) > BODY_LIMIT_BYTES:
        abort(413)
    return body


def _rejected(body: bytes, why: str, dead_letters: DeadLetters, at: datetime) -> Response:
    content_type = (request.content_type or "")[:_CONTENT_TYPE_CHARACTERS]
    kept = dead_letters.keep(body, why=why, content_type=content_type, at=at)
    fate = "The body was kept for a person to read." if kept else "The body was not kept: too many such bodies were."
    current_app.logger.warning("A callback was answered 400: %s %s", why, fate)
    response = jsonify(error=f"{why} {fate}")
    response.status_code = 400
    return response


def _try_again() -> Response:
    response = jsonify(error="Nothing was stored. Please send the same callback again later.")
    response.status_code = 503
    response.headers["Retry-After"] = str(RETRY_AFTER_S)
    return response
