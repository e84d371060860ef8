"""What a pass of `feeds sync` costs in a small and in a large network.

Real clones and a real remote, on this disk. A pass is timed whole, as a process, with ten events that wait.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import network
from benchmarks.latency import Figure, latency_rows
from benchmarks.measure import Candidate, interleaved, seconds
from feeds.core.events import IMPORTED, Event
from feeds.formats import results_yaml
from feeds.storage.journal import Journal

ROOT = Path(__file__).parent.parent
VIDEOS = 100
EVENTS = 10


def sync_rows(
    scratch: Path, users: tuple[int, int], *, rounds: int, rates: Sequence[int], duration_s: float
) -> Iterator[Figure]:
    """Yield (name, figure, its number, goal): a pass in two sizes, and callback to feed and commit in the large one."""
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
    yield from latency_rows(sites[1], videos[1], rates, duration_s=duration_s)


class _Site:
    """A remote, a clone that has been synced until it rests, and events for it."""

    def __init__(self, folder: Path, users: int) -> None:
        self.users, self._next = users, 0
        self.catalog, self.out, self.state = folder / "catalog", folder / "out", folder / "state"
        network.write_network(self.catalog, users, VIDEOS)
        self.remote = remote = folder / "remote.git"
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

    def append(self) -> None:
        """Append one import."""
        _, guid = self.next_video()
        fields = {"guid": guid, "remote_id": f"x{self._next:06x}", "timestamp_ms": 1407770138078, "raw": json.dumps({})}
        self._journal.append(results_yaml.render(Event(datetime.now(UTC), IMPORTED, fields)))

    def next_video(self) -> tuple[Path, str]:
        """Return the feed and the guid of a video that is still listed: the next user's next one."""
        user, video = self._next % self.users + 1, self._next // self.users + 1
        self._next += 1
        return self.out / "feeds" / f"{network.user_id(user)}.xml", network.guid(user, video)


def _git(*arguments: str) -> None:
    who = {f"GIT_{role}_{what}": "bench@nord.example" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    environ = {"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", **who}
    subprocess.run(["git", *arguments], check=True, env=environ)
