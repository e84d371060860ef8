"""A published folder on loopback that asks for a login and a secret segment, or fails to: what a web server may do."""

import base64
import contextlib
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

TYPES = {".json": "application/json", ".xml": "application/rss+xml; charset=utf-8"}


def basic(login):
    return f"Basic {base64.b64encode(login.encode()).decode()}"


class ClosedSite(ThreadingHTTPServer):
    """Serves `folder` rightly closed; each attribute below spoils one thing of it.

    `answers` are statuses, headers, bodies by path, and how often one more byte comes, before all else; `open` are
    endings of paths that need no login; `asked` are (path, Authorization), `hosts` the names asked for.
    """

    daemon_threads = True

    def __init__(self, folder, *, paths=(), logins=()):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.folder, self.paths, self.logins = Path(folder), tuple(paths), tuple(map(basic, logins))
        self.url = f"http://127.0.0.1:{self.server_port}/"
        self.login, self.login_page = next(iter(logins), None), b""
        self.lists = self.bare = self.any_folder = self.any_login = self.refuses = False
        self.challenge, self.open, self.answers, self.asked, self.hosts = 'Basic realm="feeds"', (), {}, [], []


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        its, login = self.server, self.headers["Authorization"]
        its.asked.append((self.path, login))
        its.hosts.append(self.headers["Host"])
        if self.path in its.answers:
            self._answer(*its.answers[self.path])
        elif its.refuses:
            self._answer(403)
        elif its.login_page and login != basic(its.login):
            self._answer(200, {"Content-Type": "text/html"}, its.login_page)
        elif its.logins and not (its.any_login and login) and login not in its.logins and not self._is_open():
            self._answer(401, {"WWW-Authenticate": its.challenge} if its.challenge else {})
        elif (name := self._name()) is None:
            self._answer(404)
        else:
            self._show(its.folder / name)

    def _is_open(self):
        return any(self.path.endswith(end) for end in self.server.open)

    def _name(self):
        its, name = self.server, self.path.lstrip("/")
        first, slash, rest = name.partition("/")
        if not its.paths or (its.bare and (its.folder / name).exists()):
            return name
        if slash and (first in its.paths or (its.any_folder and first != "feeds")):
            return rest
        return name if its.lists and not name else None

    def _show(self, path):
        if path.is_file():
            self._answer(200, {"Content-Type": TYPES.get(path.suffix, "text/html")}, path.read_bytes())
        elif path.is_dir() and self.server.lists:
            names = [each.name for each in path.iterdir()]
            if self.server.paths and self.path == "/":  # as on a disk where the site lies below its secrets
                names = self.server.paths
            self._answer(200, {"Content-Type": "text/html"}, "".join(f'<a href="{each}">' for each in names).encode())
        else:
            self._answer(404)

    def _answer(self, status, headers=None, body=b"", every_s=None):
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        with contextlib.suppress(OSError):  # the reader has had enough
            self.wfile.write(body)
            while every_s:
                time.sleep(every_s)
                self.wfile.write(b" ")

    def log_message(self, *args):
        pass


@contextlib.contextmanager
def serving(folder, **closed):
    site = ClosedSite(folder, **closed)
    thread = threading.Thread(target=site.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield site
    finally:
        site.shutdown()
        thread.join()
        site.server_close()
