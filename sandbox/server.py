"""The stand-in for Dailymotion's API as one application, and a server for it."""

import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

from flask import Flask, request
from werkzeug.exceptions import HTTPException
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from sandbox import control, errors, oauth, uploads, users, videos
from sandbox.faults import Fault, Faults
from sandbox.world import World


class Sandbox(Flask):
    """The application; one request at a time sees the world, but for uploads, which guard themselves."""

    def dispatch_request(self) -> Any:
        """Answer under the world's lock, and keep what has changed."""
        world: World = self.extensions["sandbox"]
        if request.endpoint in UNGUARDED:
            return super().dispatch_request()
        if request.blueprint == "control":
            request.max_content_length = _CONTROL_BYTES
        # A body that trickles in must not hold the lock.
        request.get_data(parse_form_data=True)
        with world.lock:
            answer = super().dispatch_request()
            if request.method not in {"GET", "HEAD"} or request.endpoint == "users.logout":
                world.save()
            return answer


# These never wait for the lock: an upload lasts, and its progress is asked for meanwhile.
UNGUARDED = frozenset({"uploads.receive", "uploads.progress"})
# Forms are small, and a file goes another way; a crawl may have imported a lot.
_FORM_BYTES, _CONTROL_BYTES = 1024 * 1024, 256 * 1024 * 1024


def create_app(
    world: World,
    *,
    faults: Iterable[Fault] = (),
    control_token: str | None = None,
    not_a_child: Literal["empty", "404"] = "empty",
    double_bearer: bool = False,
) -> Sandbox:
    """Return the application.

    `not_a_child`: how GET /me/parents/<id> says no. `double_bearer`: take `Bearer Bearer <token>`, which Dailymotion's
    Python package sends after a refresh. With `control_token` there is /_sandbox/.
    """
    app = Sandbox("sandbox", template_folder="templates")
    app.config.update(CONTROL_TOKEN=control_token, NOT_A_CHILD=not_a_child, DOUBLE_BEARER=double_bearer)
    app.config["MAX_CONTENT_LENGTH"] = _FORM_BYTES
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.extensions["sandbox"] = world
    for blueprint in (oauth.blueprint, users.blueprint, videos.blueprint, uploads.blueprint):
        app.register_blueprint(blueprint)
    if control_token is not None:
        app.register_blueprint(control.blueprint)
    app.register_error_handler(errors.ApiError, errors.answer)
    app.register_error_handler(errors.OAuthError, errors.oauth_answer)
    app.register_error_handler(HTTPException, errors.http_answer)
    app.extensions["faults"] = Faults(app.wsgi_app, world, faults)
    app.wsgi_app = app.extensions["faults"]  # type: ignore[method-assign]
    return app


def server(
    app: Sandbox, *, host: str = "127.0.0.1", port: int = 0, log: Callable[[str], None] | None = None
) -> BaseWSGIServer:
    """Return a threaded server that listens already; `log` is given a line for each call, without query or token.

    Raises OSError where the port can't be had.
    """

    class Handler(WSGIRequestHandler):
        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:  # noqa: ARG002 - as it is called
            if log is not None:
                log(f"{self.command} {self.path.partition('?')[0]} {int(code)}")

        def log(self, type: str, message: str, *args: Any) -> None:
            if log is not None:
                log(f"{type}: {message % args}")

    # Bound here, since werkzeug ends the program where a port is taken.
    with socket.create_server((host, port)) as listener:
        return make_server(host, port, app, threaded=True, request_handler=Handler, fd=listener.fileno())


@contextmanager
def listening(app: Sandbox) -> Iterator[str]:
    """Serve on a free port of loopback while the block runs, and give its URL."""
    running = server(app)
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{running.port}"
    finally:
        app.extensions["faults"].clear()
        running.shutdown()
        thread.join()
        running.server_close()
