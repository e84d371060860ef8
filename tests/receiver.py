"""A webhook's receiver on a real socket: it records what comes, and answers as a test wants, also badly or never."""

import json
import socket
import threading
import time
from contextlib import suppress
from dataclasses import dataclass

SECRET = "T00/B00/sesame-open-9dE1g"


@dataclass(frozen=True)
class Request:
    """One request, as it came."""

    line: str
    headers: dict
    body: bytes


class Receiver:
    """Takes every connection. `gate` holds the answers back while it is cleared; `arrived` tells that one came."""

    def __init__(self):
        self.answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
        self.then_endlessly, self.pause_s = b"", 0
        self.requests, self.gate, self.arrived = [], threading.Event(), threading.Event()
        self.gate.set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/services/{SECRET}"
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._serve)]

    def __enter__(self):
        self._threads[0].start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self.gate.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for each in self._threads:
            each.join(60)

    def messages(self):
        return [json.loads(each.body) for each in self.requests]

    def _serve(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._take, args=(connection,))
            self._threads.append(thread)
            thread.start()

    def _take(self, connection):
        with connection, suppress(OSError):
            connection.settimeout(60)
            with connection.makefile("rb") as file:
                if (request := self._read(file)) is None:
                    connection.sendall(self.answer)
                    return
                self.requests.append(request)
                self.arrived.set()
                self.gate.wait()
                connection.sendall(self.answer)
                while self.then_endlessly and not self._over.is_set():
                    connection.sendall(self.then_endlessly)
                    time.sleep(self.pause_s)

    def _read(self, file):
        first = file.readline()
        if not first.startswith(b"POST "):
            return None
        headers = {}
        while line := file.readline().strip():
            name, _, value = line.decode().partition(":")
            headers[name.lower()] = value.strip()
        return Request(first.decode().strip(), headers, file.read(int(headers["content-length"])))
