"""What one callback costs a network with a long history, against one that has just begun.

Both apps run at once and are asked in turns over one kept-alive connection each; the idle one costs nothing.
"""

import http.client
import json
import os
import secrets
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks import network

ROOT = Path(__file__).parent.parent
TURNS = 9
REQUESTS_A_TURN = 100


def write_history(folder: Path, *, users: int, videos_per_user: int, results: int) -> None:
    """Write a network together with the results that its years have left."""
    network.write_network(folder, users, videos_per_user)
    network.write_results(folder, results)


def seconds_a_callback(catalogs: list[Path]) -> list[float]:
    """Return for each catalog the median seconds of a callback, from the request to its answer."""
    with ExitStack() as stack:
        apps = [stack.enter_context(_app(catalog)) for catalog in catalogs]
        times: list[list[float]] = [[] for _ in apps]
        for turn in range(TURNS + 1):
            for (connection, address), its_times in zip(apps, times, strict=True):
                taken = [_post(connection, address, turn * REQUESTS_A_TURN + at) for at in range(REQUESTS_A_TURN)]
                if turn:  # the first turn warms both up
                    its_times.append(statistics.median(taken))
    return [statistics.median(its_times) for its_times in times]


def _post(connection: http.client.HTTPConnection, address: str, number: int) -> float:
    data = {
        "status": "ready",
        "uid": network.guid(1 + number % 10, 1 + number // 10),
        "remote_id": f"x{number}",
        "item_id": f"{number:024x}",
    }
    body = json.dumps([{"timestamp": 1407770138078 + number, "type": "injector.item.ready", "data": data}])
    start = time.perf_counter()
    connection.request("POST", address, body)
    answer = connection.getresponse()
    said = answer.read()
    took = time.perf_counter() - start
    if answer.status != 200 or json.loads(said)["recorded"] != 1:
        raise RuntimeError(f"the app answered {answer.status}: {said!r}")
    return took


@contextmanager
def _app(catalog: Path) -> Iterator[tuple[http.client.HTTPConnection, str]]:
    secret = secrets.token_urlsafe(24)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        # Gunicorn sets it too, but too late for a connection that waits: each answer would then take 40 ms more.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        port = listener.getsockname()[1]
        environ = os.environ | {"FEEDS_CATALOG": str(catalog), "FEEDS_CALLBACK_SECRET": secret}
        environ.pop("FEEDS_STATE", None)
        server = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "--bind", f"fd://{listener.fileno()}", "--log-level", "error"],
            cwd=ROOT,
            env=environ,
            pass_fds=[listener.fileno()],
        )
    # The socket listens already: the first request waits in it until the app is up.
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        yield connection, f"/callback/{secret}"
    finally:
        connection.close()
        server.terminate()
        server.wait()
