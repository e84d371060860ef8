"""How soon a callback is in the feed and in Git: the app under gunicorn and `feeds sync --watch`, under steady load.

The clock starts when the app's 200 has arrived, and stops when the feed without the video, or the remote's new head
with the event, is there: both are looked at every 10 ms. Callbacks are sent by the clock, whatever the answers take.
"""

import http.client
import json
import math
import os
import re
import secrets
import signal
import statistics
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Protocol

from feeds.commands import _programs

ROOT = Path(__file__).parent.parent
SENDERS = 4
LOOK_EVERY_S = 0.01
# How long after the last callback all must be done; pushes are few a minute.
GIVE_UP_S = 180

Figure = tuple[str, str, float, str]


class Site(Protocol):
    """What is measured: a synced network with a bare remote, and videos that are still in their feeds."""

    out: Path
    state: Path
    remote: Path

    def pass_(self, *options: str) -> list[str | Path]:
        """Return the command line of a pass."""

    def next_video(self) -> tuple[Path, str]:
        """Return the feed and the guid of a video that is still listed."""


@dataclass(slots=True)
class _Seen:
    """When what was seen, by guid, in seconds of the monotonic clock; `heads` are the remote's, in order."""

    answered: dict[str, float] = field(default_factory=dict)
    left: dict[str, float] = field(default_factory=dict)
    heads: list[tuple[float, str]] = field(default_factory=list)


def latency_rows(site: Site, videos: int, rates: Sequence[int], *, duration_s: float) -> Iterator[Figure]:
    """Yield (name, figure, its number, goal) for each rate of callbacks a second, each of another user's video."""
    with _app(site.state) as (port, secret), _watching(site):
        for rate in rates:
            seen = _load(site, port, secret, rate, duration_s)
            ended = time.monotonic()
            pushed = _pushed(site.remote, seen.heads)
            load = f"{rate} callback{'s' if rate > 1 else ''} a second for {duration_s:.0f} s, {videos:,} videos"
            for what, goal, times in (
                ("to the feed without the video", "<= 2", seen.left),
                ("to the pushed commit", "", pushed),
            ):
                waits = sorted(times.get(guid, math.inf) - at for guid, at in seen.answered.items())
                last = waits[max(0, round(len(waits) * 0.99) - 1)]
                figure = f"{last:.2f} s (p50 {statistics.median(waits):.2f} s; {len(waits)} callbacks)"
                if missing := waits.count(math.inf):
                    figure += f"; {missing} not there {GIVE_UP_S} s after the last one"
                yield f"{load}, from the 200 {what}, p99", figure, last, goal
            commits, took_s = len(seen.heads) - 1, ended - seen.heads[0][0]
            figure = f"{commits * 3600 / took_s:.0f} ({commits} in {took_s:.0f} s; --max-pushes bounds it to 360)"
            yield f"{load}, commits an hour", figure, commits, ""


def _load(site: Site, port: int, secret: str, rate: int, duration_s: float) -> _Seen:
    seen = _Seen()
    work = [(number / rate, *site.next_video()) for number in range(round(rate * duration_s))]
    pending = {guid: feed for _, feed, guid in work}
    start = time.monotonic()
    senders = [
        threading.Thread(target=_send, args=(port, secret, work[first::SENDERS], start, seen.answered))
        for first in range(SENDERS)
    ]
    seen.heads.append((start, _head(site.remote)))
    for sender in senders:
        sender.start()
    stats: dict[str, tuple[int, int]] = {}
    deadline = start + duration_s + GIVE_UP_S
    in_journal = True
    while in_journal and time.monotonic() < deadline:
        _look_at_feeds(pending, stats, seen)
        in_journal = bool(pending) or _imports_wait(site.state)  # before the head: a segment goes when it is pushed
        if (head := _head(site.remote)) != seen.heads[-1][1]:
            seen.heads.append((time.monotonic(), head))
        time.sleep(LOOK_EVERY_S)
    for sender in senders:
        sender.join()
    return seen


def _send(
    port: int, secret: str, work: Sequence[tuple[float, Path, str]], start: float, answered: dict[str, float]
) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    for due, _, guid in work:
        time.sleep(max(0.0, start + due - time.monotonic()))
        connection.request("POST", f"/callback/{secret}", _body(guid), {"Content-Type": "application/json"})
        response = connection.getresponse()
        response.read()
        if response.status == http.client.OK:  # else it is missed in the end
            answered[guid] = time.monotonic()
    connection.close()


def _body(guid: str) -> bytes:
    data = {"status": "ready", "user_id": "0" * 24, "uid": guid, "remote_id": f"x{guid[-5:]}", "feed_id": "0" * 24}
    event = {"timestamp": 1407770138078, "type": "injector.item.ready", "data": {**data, "item_id": "0" * 24}}
    return json.dumps([event]).encode()


def _look_at_feeds(pending: dict[str, Path], stats: dict[str, tuple[int, int]], seen: _Seen) -> None:
    """Take out of `pending` what has left its feed; a feed is read only when it isn't the file that was read before."""
    texts: dict[Path, bytes] = {}
    for guid in [guid for guid in pending if guid in seen.answered]:
        feed = pending[guid]
        status = feed.stat()
        if stats.get(guid) == (status.st_ino, status.st_mtime_ns):
            continue
        stats[guid] = status.st_ino, status.st_mtime_ns
        if feed not in texts:
            texts[feed] = feed.read_bytes()
        if f">{guid}<".encode() not in texts[feed]:
            seen.left[guid] = time.monotonic()
            del pending[guid]


def _imports_wait(state: Path) -> bool:
    return any(b'"imported"' in segment.read_bytes() for segment in (state / "journal").glob("*.yaml"))


def _head(remote: Path) -> str:
    """Return the remote's head without starting git, which would take the time that is to be measured."""
    try:
        return (remote / "refs" / "heads" / "main").read_text().strip()
    except FileNotFoundError:  # packed by its own gc
        lines = (remote / "packed-refs").read_text().splitlines()
        return next(line.split()[0] for line in lines if line.endswith(" refs/heads/main"))


def _pushed(remote: Path, heads: Sequence[tuple[float, str]]) -> Mapping[str, float]:
    """Return when each event was on the remote, by guid."""
    found: dict[str, float] = {}
    for (_, before), (at, head) in pairwise(heads):
        command = ["git", "-C", str(remote), "diff", "--unified=0", before, head, "--", "results"]
        added = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        for guid in re.findall(r'^\+- .*"event": "imported", "guid": "([^"]*)"', added, re.MULTILINE):
            found.setdefault(guid, at)
    return found


@contextmanager
def _app(state: Path) -> Iterator[tuple[int, str]]:
    secret = secrets.token_urlsafe(24)
    listener = _programs.listen(0)
    port, url = listener.getsockname()[1], _programs.url_of(listener)
    environ = _programs.environment({"FEEDS_STATE": str(state), "FEEDS_CALLBACK_SECRET": secret})
    with _programs.Programs() as programs, Path(os.devnull).open("w") as log:
        app = programs.start_app(listener, environ, log=log)
        _programs.wait_until_answering(app, url, "/healthz")
        yield port, secret


@contextmanager
def _watching(site: Site) -> Iterator[None]:
    with subprocess.Popen(site.pass_("--watch", "--every", "1s"), cwd=ROOT, stdout=subprocess.DEVNULL) as program:
        try:
            yield
            if program.poll() is not None:
                raise RuntimeError(f"feeds sync ended with {program.returncode}")
        finally:
            program.send_signal(signal.SIGINT)
