"""How many callbacks a second are durable, over real sockets, against what the disk can do at most.

Run alone with `python -m benchmarks.callback`. Server, client and disk share one machine, as they do nowhere else.
"""

import os
import secrets
import select
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from flask import Flask

from feeds.storage.dead_letters import DeadLetters
from feeds.storage.journal import Journal
from feeds.web import callback

CONNECTIONS = 8
ROUND_S = 2.0
ROUNDS = 5
SLOW_FSYNC_S = 0.005
_LINE = b"x" * 380 + b"\n"
_EVENT = (
    b'[{"timestamp":1407770138078,"type":"injector.item.ready","data":{"status":"ready","user_id":"%024d",'
    b'"uid":"bench-%010d","remote_id":"x23bz3t","feed_id":"%024d","item_id":"%024d"}}]'
)

Row = tuple[str, str, str]


def callback_rows() -> list[Row]:
    """Measure and return (name, figure, goal); the ratios are the medians of rounds side by side."""
    with tempfile.TemporaryDirectory(dir=Path.cwd(), prefix=".benchmark-") as folder:
        return [*_plain_disk(Path(folder)), *_slow_disk(Path(folder))]


def slow_app(state: str, secret: str, together: bool) -> Flask:
    """Return an app on a disk that takes 5 ms for each fsync, with group commit or with an fsync per request."""
    journal = (Journal if together else _OneByOne)(Path(state) / "journal", disk=_SlowDisk())
    app = Flask("slow", static_folder=None)
    app.register_blueprint(callback.blueprint(journal, DeadLetters(Path(state) / "dead"), secrets=[secret]))
    return app


def _plain_disk(folder: Path) -> list[Row]:
    raw, stored, ratios = [], [], []
    with _Server(folder / "state", "app:app") as server:
        server.requests_a_second(ROUND_S / 2)
        for _ in range(ROUNDS):
            raw.append(_raw_appends_a_second(folder / "raw"))
            stored.append(server.requests_a_second(ROUND_S))
            ratios.append(stored[-1] / raw[-1])
    return [
        ("raw append + fdatasync", _rate(raw), ""),
        ("durable callbacks, one event each, 8 connections", _rate(stored), ""),
        ("durable callbacks / raw appends", f"{statistics.median(ratios):.2f}", ">= 0.40"),
    ]


def _slow_disk(folder: Path) -> list[Row]:
    together: list[float] = []
    one_by_one: list[float] = []
    for _ in range(ROUNDS // 2 + 1):
        for figures, grouped in ((together, True), (one_by_one, False)):
            state = folder / f"slow-{len(figures)}-{grouped}"
            with _Server(state, "benchmarks.callback:slow_app({state!r}, {secret!r}, " + f"{grouped})") as server:
                server.requests_a_second(ROUND_S / 4)
                figures.append(server.requests_a_second(ROUND_S))
    gain = statistics.median(together) / statistics.median(one_by_one)
    return [
        ("5 ms fsync: callbacks, group commit", _rate(together), ""),
        ("5 ms fsync: callbacks, one fsync each", _rate(one_by_one), ""),
        ("5 ms fsync: group commit / one fsync each", f"{gain:.1f}", ">= 3.0"),
    ]


def _rate(figures: list[float]) -> str:
    return f"{statistics.median(figures):,.0f}/s"


class _SlowDisk:
    write = staticmethod(os.write)
    ftruncate = staticmethod(os.ftruncate)

    def fsync(self, _fd: int, /) -> None:
        time.sleep(SLOW_FSYNC_S)


class _OneByOne(Journal):
    def __init__(self, folder: Path, *, disk: _SlowDisk) -> None:
        super().__init__(folder, disk=disk)
        self._one = threading.Lock()

    def append(self, lines: bytes) -> None:
        with self._one:
            super().append(lines)


class _Server:
    """Gunicorn as the project serves the app, on a free port, for as long as the block lasts."""

    def __init__(self, state: Path, wsgi_app: str) -> None:
        self._state = state
        self._secret = secrets.token_urlsafe(24)
        self._wsgi_app = wsgi_app.format(state=str(state), secret=self._secret)

    def __enter__(self) -> "_Server":
        listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._address = listener.getsockname()
        command = [sys.executable, "-m", "gunicorn", "--bind", f"fd://{listener.fileno()}", self._wsgi_app]
        environ = os.environ | {"FEEDS_STATE": str(self._state), "FEEDS_CALLBACK_SECRET": self._secret}
        # The socket listens before gunicorn does: the first request waits in its queue, and nobody polls.
        self._process = subprocess.Popen([*command, "--log-level", "error"], env=environ, pass_fds=[listener.fileno()])
        listener.close()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait()

    def requests_a_second(self, duration_s: float) -> float:
        """Post one event a request over kept-alive connections; each answer is checked."""
        connections = [socket.create_connection(self._address) for _ in range(CONNECTIONS)]
        poll = select.epoll()
        by_fd = {connection.fileno(): connection for connection in connections}
        answers = dict.fromkeys(by_fd, b"")
        for number, connection in enumerate(connections):
            poll.register(connection, select.EPOLLIN)
            connection.sendall(self._request(number))
        answered, sent, start = 0, len(connections), time.perf_counter()
        while time.perf_counter() - start < duration_s:
            for fd, _ in poll.poll():
                answers[fd] += by_fd[fd].recv(4096)
                if not answers[fd].endswith(b"}"):
                    continue  # gunicorn sends the head by itself
                if not answers[fd].endswith(b'{"received": 1, "recorded": 1, "unclear": 0}'):
                    raise RuntimeError(f"an unexpected answer: {answers[fd]!r}")
                answers[fd] = b""
                answered += 1
                by_fd[fd].sendall(self._request(sent))
                sent += 1
        duration_s = time.perf_counter() - start
        for connection in connections:
            connection.recv(4096)
            connection.close()
        poll.close()
        return answered / duration_s

    def _request(self, number: int) -> bytes:
        body = _EVENT % (number, number, number, number)
        head = f"POST /callback/{self._secret} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
        return head.encode() + body


def _raw_appends_a_second(path: Path) -> float:
    fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        count, start = 0, time.perf_counter()
        while time.perf_counter() - start < ROUND_S:
            os.write(fd, _LINE)
            os.fdatasync(fd)
            count += 1
        return count / (time.perf_counter() - start)
    finally:
        os.close(fd)


if __name__ == "__main__":
    for name, figure, goal in callback_rows():
        print(f"{name:<50} {figure:>10}  {goal}")
