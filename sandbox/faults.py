"""Faults on demand: what can go wrong between a client and Dailymotion, each for chosen calls.

It stands in front of the whole application, so that also an answer that is lost after the work was done can be had.
A fault waits for calls of one method (or `*`) to a path (with `*` as in a shell): the `nth` next one and `count - 1`
after it.
"""

import contextlib
import socket
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from fnmatch import fnmatchcase
from typing import Any, NoReturn
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from werkzeug.wrappers import Response

from sandbox import errors
from sandbox.world import World

CALLS_KEPT = 1000
_CHUNK_BYTES = 64 * 1024

# What each kind does; the words are shown to who asks for another one.
KINDS = {
    "expired-token": "the call's access token expires just before it",
    "role-missing": "403, as for an API key without can-adopt-users",
    "scope-missing": "403, as for a token without delegate_account_management",
    "throttled": "403, as for too many calls in the older way",
    "too-many": "429 with Retry-After",
    "server-error": "an error of theirs, with `status`",
    "hang": "nothing happens for `seconds`, then all as usual",
    "slow": "the answer trickles over `seconds`",
    "drop-before": "the connection is closed, and nothing was done",
    "drop-after": "the connection is closed after all was done",
    "huge": "the answer is JSON, but of `bytes`",
    "not-json": "200, a page of HTML that claims to be JSON",
    "wrong-type": "the right answer as text/html",
    "empty": "200 without a body, after all was done",
}


@dataclass
class Fault:
    """One fault; `seen` counts the calls that it fits."""

    kind: str
    method: str = "*"
    path: str = "*"
    nth: int = 1
    count: int = 1
    status: int = 503
    retry_after_s: int = 30
    seconds: float = 5.0
    bytes: int = 64 * 1024 * 1024
    seen: int = 0

    def is_due(self, method: str, path: str) -> bool:
        """Count a call that fits, and tell whether this one is to fail."""
        if self.method.upper() not in {"*", method} or not fnmatchcase(path, self.path):
            return False
        self.seen += 1
        return self.nth <= self.seen < self.nth + self.count


def fault(wanted: Any) -> Fault:
    """Return the fault that an object of JSON, or words like `kind=hang method=GET`, ask for.

    Raises ValueError with what is wrong and what would be right.
    """
    if isinstance(wanted, str):
        parts = [part.partition("=") for part in wanted.split()]
        wanted = {name if equals else "kind": value if equals else name for name, equals, value in parts}
    if not isinstance(wanted, dict) or wanted.get("kind") not in KINDS:
        raise ValueError(f"a fault has a kind: {', '.join(KINDS)}")
    types: dict[str, Any] = {one.name: one.type for one in fields(Fault) if one.name != "seen"}
    if strange := sorted(wanted.keys() - types.keys()):
        raise ValueError(f"a fault has no {strange[0]}, but {', '.join(types)}")
    try:
        return Fault(**{name: types[name](value) for name, value in wanted.items()})
    except (TypeError, ValueError) as error:
        raise ValueError(f"a fault's numbers are numbers: {error}") from error


class Faults:
    """A WSGI application in front of the one that works, and the faults to come."""

    def __init__(self, app: WSGIApplication, world: World, to_come: Iterable[Fault] = ()) -> None:
        self.app = app
        self.world = world
        self.to_come = list(to_come)
        self.calls: deque[dict[str, Any]] = deque(maxlen=CALLS_KEPT)
        self._over = threading.Event()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a call, by the first fault that is due or as usual."""
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        if path.startswith("/_sandbox/"):
            return self.app(environ, start_response)
        with self.world.lock:
            due = [one for one in self.to_come if one.is_due(method, path)]
            call = {"method": method, "path": path, "fault": due[0].kind if due else None, "status": None}
            self.calls.append(call)

        def noted(status: str, headers: Any, exc_info: Any = None) -> Any:
            call["status"] = int(status[:3])
            return start_response(status, headers, exc_info)

        return self._answer(due[0], environ, noted) if due else self.app(environ, noted)

    def clear(self) -> None:
        """Forget all faults; who hangs or trickles goes on at once."""
        with self.world.lock:
            self.to_come.clear()
            self._over.set()
            self._over = threading.Event()

    def _answer(self, due: Fault, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if refusal := _refusal(due):
            return errors.answer(refusal)(environ, start_response)
        if due.kind == "drop-before":
            _drop(environ)
        if due.kind == "hang":
            self._over.wait(due.seconds)
        if due.kind == "expired-token":
            self._expire(environ)
        response = Response.from_app(self.app, environ, buffered=True)
        if due.kind == "drop-after":
            _drop(environ)
        self._spoil(due, response)
        return response(environ, start_response)

    def _spoil(self, due: Fault, response: Response) -> None:
        if due.kind == "slow":
            response.response = self._trickle(response.get_data(), due.seconds, self._over)
        elif due.kind == "huge":
            response.response = _padding(due.bytes)
            response.headers.pop("Content-Length", None)
        elif due.kind == "not-json":
            response.status_code = 200
            response.set_data("<!doctype html><title>Sandbox</title><p>Down for maintenance.")
        elif due.kind == "wrong-type":
            response.content_type = "text/html; charset=utf-8"
        elif due.kind == "empty":
            response.status_code = 200
            response.set_data(b"")

    def _trickle(self, body: bytes, seconds: float, over: threading.Event) -> Iterator[bytes]:
        for byte in body:
            over.wait(seconds / len(body))
            yield bytes([byte])

    def _expire(self, environ: WSGIEnvironment) -> None:
        value = environ.get("HTTP_AUTHORIZATION", "").rpartition(" ")[2]
        with self.world.lock:
            if value in self.world.tokens:
                self.world.tokens[value].expires_s = 0


def _refusal(due: Fault) -> errors.ApiError | None:
    match due.kind:
        case "role-missing":
            return errors.role_missing("can-adopt-users")
        case "scope-missing":
            return errors.scope_missing("delegate_account_management")
        case "throttled":
            return errors.ApiError(403, "access_forbidden", "Too many calls: the limit is reached.")
        case "too-many":
            return errors.too_many(due.retry_after_s)
        case "server-error":
            return errors.ApiError(due.status, "server_error", "Something broke on our side.")
    return None


def _padding(size: int) -> Iterator[bytes]:
    yield b'{"padding": "'
    for _ in range(0, size, _CHUNK_BYTES):
        yield b"x" * _CHUNK_BYTES
    yield b'"}'


def _drop(environ: WSGIEnvironment) -> NoReturn:
    # The server's socket is in the environment of werkzeug alone: `sandbox serve` runs under nothing else.
    with contextlib.suppress(OSError, KeyError):
        environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
    raise ConnectionAbortedError("dropped, as asked for")
