"""Serve the built site on a socket that is given, for rehearsals and for looking at it; the CDN does it for real.

`python -m feeds.commands._site FOLDER DESCRIPTOR`; only files, with the types that the two documents have.
"""

import socket
import sys
from contextlib import suppress
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


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


def main(folder: Path, descriptor: int) -> None:
    """Serve the folder on the bound socket until the process is ended."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Files, directory=str(folder)), bind_and_activate=False)
    server.socket.close()
    server.socket = socket.socket(fileno=descriptor)
    server.server_activate()
    server.serve_forever()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
