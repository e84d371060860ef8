"""What years of events weigh in Git: the repository, a clone, its check-out, and a new machine's index of them.

The history is written by `git fast-import`, with the lines, files and commits that `feeds sync` makes: each commit adds
some lines to the day's last part, of half a megabyte at most. What a shallow clone costs it can't tell: fast-import
keeps the newest version of a file as its difference from the one before, and a host's packing the other way round.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks import network
from benchmarks.measure import Candidate, run
from feeds.syncing.carrying import PART_BYTES

ROOT = Path(__file__).parent.parent
EVENTS_A_DAY = 10_000


def repository_rows(scratch: Path, histories: tuple[tuple[int, int], ...]) -> Iterator[tuple[str, str]]:
    """Yield (name, figure) for each history: so many events, so many of them in a commit."""
    for events, batch in histories:
        folder = scratch / f"{events}-{batch}"
        yield from _history_rows(folder, events, batch)
        shutil.rmtree(folder)


def _history_rows(folder: Path, events: int, batch: int) -> Iterator[tuple[str, str]]:
    remote, clone = folder / "remote.git", folder / "clone"
    _git("init", "--quiet", "--bare", "--initial-branch=main", str(remote))
    written = _import(remote, folder / "seed", events, batch)
    label = f"{events:,} events, {batch} a commit"
    yield f"{label}: bytes an event in results/", f"{written / events:.0f}"
    took = _timed("-C", str(remote), "gc", "--quiet")
    yield f"{label}: the repository, packed by git gc", f"{_size(remote) / 2**20:.0f} MiB (in {took:.0f} s)"
    # A path alone would be copied by hard links: by its URL it goes through the protocol, as from a host.
    took = _timed("clone", "--quiet", "--no-checkout", remote.as_uri(), str(clone))
    yield f"{label}: a clone", f"{took:.1f} s"
    yield f"{label}: its check-out", f"{_timed('-C', str(clone), 'checkout', '--quiet', 'main'):.1f} s"
    state, out = folder / "state", folder / "out"
    command: list[str | Path] = [sys.executable, "-m", "feeds", "build", "--catalog", clone, "--out", out]
    first = run(Candidate(command, folder=ROOT, environ={"FEEDS_STATE": str(state)}, memory=True))
    yield f"{label}: the first build, which indexes them", f"{first.seconds:.1f} s, {first.together_mib:.0f} MiB"
    index = sum(path.stat().st_size for path in (state / "cache").rglob("*") if path.is_file())
    yield f"{label}: the index", f"{index / 2**20:.0f} MiB"


def _import(remote: Path, seed: Path, events: int, batch: int) -> int:
    """Write the history into the remote; return how many bytes the results have in the end."""
    network.write_network(seed, 10, 10)
    written, made, part, path = 0, 0, b"", ""
    with subprocess.Popen(["git", "-C", remote, "fast-import", "--quiet"], stdin=subprocess.PIPE) as importing:
        pipe = importing.stdin
        assert pipe is not None
        files = {str(each.relative_to(seed)): each.read_bytes() for each in seed.rglob("*") if each.is_file()}
        pipe.write(_commit(files))
        while made < events:
            day, within = divmod(made, EVENTS_A_DAY)
            if not within or len(part) >= PART_BYTES:
                part, path = b"", f"results/main/day-{day}-{within}.yaml"
            lines = network.import_lines(made, min(batch, events - made))
            part += lines
            pipe.write(_commit({path: part}))
            written, made = written + len(lines), made + batch
        pipe.close()
    if importing.returncode:
        raise RuntimeError("git fast-import failed")
    return written


def _commit(files: dict[str, bytes]) -> bytes:
    who, message = b"committer feeds <feeds@nord.example> 1700000000 +0000\n", b"Record"
    head = b"commit refs/heads/main\n" + who + b"data %d\n" % len(message) + message + b"\n"
    return head + b"".join(
        b"M 100644 inline %s\ndata %d\n%s\n" % (path.encode(), len(text), text) for path, text in files.items()
    )


def _timed(*arguments: str) -> float:
    os.sync()
    start = time.perf_counter()
    _git(*arguments)
    return time.perf_counter() - start


def _git(*arguments: str) -> None:
    environ = {"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    subprocess.run(["git", *arguments], check=True, env=environ)


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
