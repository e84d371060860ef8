"""What a build in shards costs against the whole in one: a shard of sixteen, and the join of all."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks import network
from benchmarks.measure import Candidate, cpu_seconds, interleaved, run, seconds
from benchmarks.rows import ROOT, OutputsDifferError, Row, Size

SHARDS = 16
AT = "2026-11-24"


def in_shards(size: Size, scratch: Path) -> Iterator[Row]:
    """Yield the rows of a network without a history, and of one with so many imports behind it."""
    users, videos = size.full
    catalog = scratch / "catalog"
    network.write_network(catalog, users, videos)
    yield from _rows(catalog, scratch, size, f"{users:,} users x {videos}")
    imports = users * videos * 2
    network.write_results(catalog, imports)
    yield from _rows(catalog, scratch, size, f"{users:,} users x {videos}, {imports:,} imports before")


def _rows(catalog: Path, scratch: Path, size: Size, label: str) -> Iterator[Row]:
    whole, site, shards, one = (scratch / name for name in ("whole", "site", "shards", "one"))
    states = {name: scratch / f"state-{name}" for name in ("whole", "shard", "join")}
    build: list[str | Path] = [sys.executable, "-m", "feeds", "build", "--catalog", catalog, "--jobs", "2"]

    def forget() -> None:
        for folder in (whole, site, one, *states.values()):
            shutil.rmtree(folder, ignore_errors=True)

    def command(name: str, *words: str | Path) -> Candidate:
        return Candidate([*build, *words], before=forget, folder=ROOT, environ={"FEEDS_STATE": str(states[name])})

    forget()
    shutil.rmtree(shards, ignore_errors=True)
    for number in range(1, SHARDS + 1):
        run(command("shard", "--shard", f"{number}/{SHARDS}", "--at", AT, "--out", shards))
    run(command("whole", "--at", AT, "--out", whole))
    run(command("join", "--join", shards, "--out", site))
    _same(whole, site)
    runs = interleaved(
        command("whole", "--at", AT, "--out", whole),
        command("shard", "--shard", f"1/{SHARDS}", "--at", AT, "--out", one),
        command("join", "--join", shards, "--out", site),
        rounds=size.rounds,
    )
    built, shard, joined = ((cpu_seconds(its), seconds(its)) for its in runs)
    for name, (cpu_s, wall_s) in ((f"one shard of {SHARDS}", shard), (f"the join of {SHARDS}", joined)):
        figure = (
            f"{cpu_s / built[0]:.0%} of its CPU ({cpu_s:.1f} s; {built[0]:.1f} s), "
            f"{wall_s / built[1]:.0%} of its time ({wall_s:.1f} s; {built[1]:.1f} s)"
        )
        yield Row(f"{name}, {label}, against the whole build", "", figure, None)


def _same(whole: Path, site: Path) -> None:
    trees = [
        {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}
        for root in (whole, site)
    ]
    if trees[0] != trees[1] or len(trees[0]) < 2:
        raise OutputsDifferError("the whole build and the joined shards differ")
