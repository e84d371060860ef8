"""A web server of one page, to which Dailymotion sends a browser back after a login from the terminal.

https://www.rfc-editor.org/rfc/rfc8252#section-7.3 : a literal loopback address, and never one that others can reach.
"""

import hmac
import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from feeds.core.errors import UsageError

HOST = "127.0.0.1"
_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>feeds</title>
<p>{sentence}</p></html>
"""


class Return:
    """Waits for the browser that brings back this login's state; whatever else comes is sent away."""

    def __init__(self, port: int) -> None:
        self.uri = f"http://{HOST}:{port}/"
        self.state: str | None = None
        self.came: queue.Queue[dict[str, str]] = queue.Queue()

    def wait(self, seconds: float) -> dict[str, str] | None:
        """Return the query that came, or None if none did in time."""
        try:
            return self.came.get(timeout=seconds)
        except queue.Empty:
            return None

    def answer(self, target: str) -> tuple[int, str, dict[str, str] | None]:
        """Return the status and the sentence for a request, and what it has brought if it is the return."""
        parts = urlsplit(target)
        if parts.path != "/":
            return 404, "Nothing is here.", None
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if not self.state or not hmac.compare_digest(query.get("state", "").encode(), self.state.encode()):
            return 400, "This belongs to no login that was started on this machine.", None
        self.state = None  # each is good for one return
        return 200, "Dailymotion has answered. The terminal says what came of it; this page can be closed.", query


@contextmanager
def returning(port: int) -> Iterator[Return]:
    """Listen on this machine alone, until the block ends. Raises UsageError where the port is taken."""
    back = Return(port)

    class Handler(BaseHTTPRequestHandler):
        timeout = 10  # a browser may open connections that it then doesn't use

        def do_GET(self) -> None:
            status, sentence, brought = back.answer(self.path)
            try:
                self._show(status, _PAGE.format(sentence=sentence).encode())
            finally:  # not before the page is out: the program may end at once, and this thread with it
                if brought is not None:
                    back.came.put(brought)

        def _show(self, status: int, page: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(page)))
            self.send_header("Cache-Control", "no-store")
            self.send_header("Referrer-Policy", "no-referrer")
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing: the address holds the code."""

    try:
        server = ThreadingHTTPServer((HOST, port), Handler)
    except OSError as error:
        raise UsageError(
            f"Port {port} of this machine can't be used: {error.strerror}. End what uses it, or take another with "
            "--port; the callback URL of the API key must name the same."
        ) from error
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield back
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
