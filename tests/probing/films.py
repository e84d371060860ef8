"""A real HTTP server that keeps connections, and the beginnings of files."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

MP4 = b"\x00\x00\x00\x18ftypmp42" + b"\0" * 6000
JPEG = b"\xff\xd8\xff\xe0\0\x10JFIF" + b"\0" * 500
SRT = "1\n00:00:01,000 --> 00:00:02,000\nÇa va ?\n".encode()
PAGE = b"\n<!DOCTYPE html><title>Sign in</title>"


class _Listening(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        """Whoever asked has gone: that is what some tests are about."""


class Films:
    """Answers by path: `files` has (type, bytes), `special` a function of the handler. `log` is (method, path)."""

    def __init__(self, host="127.0.0.1"):
        self.files, self.special, self.log = {}, {}, []
        self.now, self.most, self.connections = 0, 0, 0
        self._lock, self.let_go = threading.Lock(), threading.Event()
        films = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self):
                films.connections += 1
                super().setup()

            def do_GET(self):
                films.log.append((self.command, self.path))
                path = self.path.partition("?")[0]
                if path in films.special:
                    films.special[path](self)
                elif path in films.files:
                    send(self, *films.files[path])
                else:
                    send(self, "text/plain", b"not found", status=404)

            do_HEAD = do_GET  # noqa: N815 - http.server looks for this name

            def log_message(self, *_):
                pass

        self._server = _Listening((host, 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def counting(self, answer, wait=lambda: None):
        """Return a handler that counts how many are in it at once, until its answer goes: who has it may ask again."""

        def handle(handler):
            with self._lock:
                self.now += 1
                self.most = max(self.most, self.now)
            wait()
            with self._lock:
                self.now -= 1
            answer(handler)

        return handle

    def url(self, path=""):
        host, port = self._server.server_address[:2]
        return f"http://{host}:{port}{path}"

    def methods(self, path):
        return [method for method, asked in self.log if asked == path]

    def close(self):
        self.let_go.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def send(handler, mime, body, *, status=200, length=True, ranges=True, **headers):
    """Send a file as a web server does: the range that was asked for, or all of it."""
    asked = handler.headers.get("Range")
    total = len(body)
    if asked and ranges and status == 200 and total:
        end = int(asked.partition("-")[2]) + 1
        body, status = body[:end], 206
        headers["Content-Range"] = f"bytes 0-{len(body) - 1}/{total}"
    handler.send_response(status)
    if mime is not None:
        handler.send_header("Content-Type", mime)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    if length:
        handler.send_header("Content-Length", str(len(body)))
    else:
        handler.send_header("Connection", "close")
    handler.end_headers()
    if handler.command == "GET":
        handler.wfile.write(body)


def redirect(location, status=302):
    return lambda handler: send(handler, None, b"", status=status, Location=location)
