"""What a pass of `feeds sync` costs in a small and in a large network, and how soon a callback is in the feed.

Real clones and a real remote, on this disk. A pass is timed whole, as a process, with ten events that wait.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import network
from benchmarks.measure import Candidate, interleaved, seconds
from feeds.core.events import IMPORTED, Event
from feeds.formats import results_yaml
from feeds.storage.journal import Journal

ROOT = Path(__file__).parent.parent
VIDEOS = 100
EVENTS = 10

Figure = tuple[str, str, float, str]


def sync_rows(scratch: Path, users: tuple[int, int], *, rounds: int, appends: int) -> Iterator[Figure]:
    """Yield (name, figure, its number, goal): a pass in two sizes, and append to feed in the large one."""
    sites = [_Site(scratch / str(each), each) for each in users]
    small, large = (
        seconds(runs)
        for runs in interleaved(
            *(Candidate(site.pass_(), before=site.happens, folder=ROOT) for site in sites), rounds=rounds
        )
    )
    videos = [each * VIDEOS for each in users]
    name = f"a pass of feeds sync with {EVENTS} events, {videos[1]:,} videos against {videos[0]:,}"
    yield name, f"{large / small:.2f} ({large:.2f} s; {small:.2f} s)", large / small, "<= 1.2"
    waits = sorted(_waits(sites[1], appends))
    median, last = statistics.median(waits), waits[max(0, round(len(waits) * 0.99) - 1)]
    name = f"from append to the feed without the video, {videos[1]:,} videos, --watch --every 1s"
    yield f"{name}, p50", f"{median:.2f} s", median, ""
    yield f"{name}, p99 of {len(waits)}", f"{last:.2f} s", last, "<= 2"


class _Site:
    """A remote, a clone that has been synced until it rests, and events for it."""

    def __init__(self, folder: Path, users: int) -> None:
        self.users, self._next = users, 0
        self.catalog, self.out, self.state = folder / "catalog", folder / "out", folder / "state"
        network.write_network(self.catalog, users, VIDEOS)
        remote = folder / "remote.git"
        _git("init", "--quiet", "--bare", "--initial-branch=main", str(remote))
        _git("-C", str(self.catalog), "init", "--quiet", "--initial-branch=main")
        _git("-C", str(self.catalog), "add", "--all")
        _git("-C", str(self.catalog), "commit", "--quiet", "-m", "Begin")
        _git("-C", str(self.catalog), "remote", "add", "origin", str(remote))
        _git("-C", str(self.catalog), "push", "--quiet", "origin", "main")
        self._journal = Journal(self.state / "journal")
        for _ in range(3):
            subprocess.run(self.pass_(), cwd=ROOT, check=True, stdout=subprocess.DEVNULL)

    def pass_(self, *options: str) -> list[str | Path]:
        """Return the command line of a pass."""
        environ: list[str | Path] = ["env", f"FEEDS_STATE={self.state}"]
        feeds: list[str | Path] = [
            sys.executable,
            "-m",
            "feeds",
            "sync",
            "--catalog",
            self.catalog,
            "--out",
            self.out,
            "--jobs",
            "2",
        ]
        return environ + feeds + list(options)

    def happens(self) -> None:
        """Append events, each of another user where there are enough."""
        for _ in range(EVENTS):
            self.append()

    def append(self) -> tuple[Path, bytes]:
        """Append one import; return the feed that it leaves and the guid as the feed has it."""
        user, video = self._next % self.users + 1, self._next // self.users + 1
        self._next += 1
        guid = network.guid(user, video)
        fields = {"guid": guid, "remote_id": f"x{self._next:06x}", "timestamp_ms": 1407770138078, "raw": json.dumps({})}
        self._journal.append(results_yaml.render(Event(datetime.now(UTC), IMPORTED, fields)))
        return self.out / "feeds" / f"{network.user_id(user)}.xml", f">{guid}<".encode()


def _waits(site: _Site, appends: int) -> Iterator[float]:
    with _watching(site):
        time.sleep(3)
        for number in range(appends):
            feed, guid = site.append()
            start = time.monotonic()
            while guid in feed.read_bytes():
                time.sleep(0.005)
            yield time.monotonic() - start
            time.sleep(number * 0.37 % 1)  # at another moment of the second each time


@contextmanager
def _watching(site: _Site) -> Iterator[None]:
    with subprocess.Popen(site.pass_("--watch", "--every", "1s"), cwd=ROOT, stdout=subprocess.DEVNULL) as program:
        try:
            yield
        finally:
            program.terminate()


def _git(*arguments: str) -> None:
    who = {f"GIT_{role}_{what}": "bench@nord.example" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    environ = {"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", **who}
    subprocess.run(["git", *arguments], check=True, env=environ)
