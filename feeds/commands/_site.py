"""Serve the built site on a socket that is given, for rehearsals and for looking at it; the CDN does it for real.

`python -m feeds.commands._site FOLDER DESCRIPTOR [WAY...]`; only files, with the types that the two documents have, and
to those alone who satisfy each way of closing it, by the settings that a web server has for that, too.
"""

import base64
import binascii
import functools
import hmac
import os
import socket
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from feeds.access_settings import AccessSettings, access_settings
from feeds.commands._closing import is_let_in, is_of
from feeds.core.access import REALM, Way
from feeds.formats.htpasswd import SiteUser


class _Files(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30  # seconds for which a silent connection keeps its thread
    extensions_map = {  # noqa: RUF012 - an attribute of the standard library's class
        "": "application/octet-stream",
        ".json": "application/json",
        ".xml": "application/rss+xml; charset=utf-8",
    }

    def handle(self) -> None:
        with suppress(ConnectionError):  # a reader who leaves early is no fault of the site
            super().handle()

    def list_directory(self, path: Any) -> None:  # noqa: ARG002
        self.send_error(404)

    def log_message(self, format: str, *args: Any) -> None:
        pass


class _ClosedFiles(_Files):
    """Files for whoever satisfies all ways. The address is looked at first, then the login, then the secret."""

    def __init__(self, *given: Any, ways: Sequence[str], access: AccessSettings, **more: Any) -> None:
        self._ways, self._access = ways, access
        super().__init__(*given, **more)  # which answers what comes

    def send_head(self) -> Any:
        """Look who asks before any file is."""
        if Way.ADDRESSES in self._ways and not is_let_in(self.client_address[0]):
            self.send_error(403)
        elif Way.BASIC_AUTH in self._ways and not _logs_in(self.headers.get("Authorization", ""), self._access.users):
            self.send_error(401)
        elif not self._is_file():
            self.send_error(404)
        else:
            return super().send_head()
        return None

    def _is_file(self) -> bool:
        """Return whether there is such a file, behind the secret: a folder would lead on to its listing."""
        has_secret = Way.SECRET_PATH not in self._ways or self._has_secret()
        return has_secret and Path(self.translate_path(self.path)).is_file()

    def _has_secret(self) -> bool:
        """Take the secret off the path, and return whether it was there."""
        first, _, rest = self.path.removeprefix("/").partition("/")
        self.path = f"/{rest}"
        return any(hmac.compare_digest(first.encode(), path.encode()) for path in self._access.paths)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer without a page that could repeat the address."""
        del explain
        self.send_response(code, message)
        self.send_header("Content-Length", "0")
        if code == 401:
            self.send_header("WWW-Authenticate", f'Basic realm="{REALM}"')
        self.end_headers()


@functools.lru_cache(maxsize=64)
def _logs_in(authorization: str, users: tuple[SiteUser, ...]) -> bool:
    kind, _, words = authorization.partition(" ")
    try:
        login = base64.b64decode(words, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return False
    return kind.lower() == "basic" and any(is_of(user, login) for user in users)


def main(folder: Path, descriptor: int, *ways: str) -> None:
    """Serve the folder on the bound socket until the process is ended. Raises UsageError where a setting is missing."""
    handler: Callable[..., _Files] = functools.partial(_Files, directory=str(folder))
    if ways:
        access = access_settings(os.environ, ways)
        handler = functools.partial(_ClosedFiles, directory=str(folder), ways=ways, access=access)
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler, bind_and_activate=False)
    server.socket.close()
    server.socket = socket.socket(fileno=descriptor)
    server.server_activate()
    server.serve_forever()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:])
