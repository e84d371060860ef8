"""The rows of the table: what is measured, against what, and how the outputs are proven to be the same.

A row that can't be run here (no Hugo, no feedgen) says so; outputs that differ end the benchmark instead.
"""

import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from lxml import etree

from benchmarks import history, network, peers
from benchmarks.measure import Candidate, Run, cpu_seconds, interleaved, seconds

ROOT = Path(__file__).parent.parent


class OutputsDifferError(Exception):
    """Two commands that should do the same work did not: their times can't be compared."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table; `met` is None where the figure was not measured."""

    name: str
    goal: str
    figure: str
    met: bool | None


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured: (users, videos per user) of each network, in `history` with its results too."""

    full: tuple[int, int] = (1_000, 100)
    incremental: tuple[int, int] = (10_000, 10)
    growth: tuple[tuple[int, int], tuple[int, int]] = ((1_000, 100), (10_000, 100))
    history: tuple[tuple[int, int, int], tuple[int, int, int]] = ((10, 100, 1_000), (1_000, 100, 1_000_000))
    rounds: int = 3
    start_rounds: int = 15


QUICK = Size(
    full=(40, 50),
    incremental=(300, 10),
    growth=((20, 50), (200, 50)),
    history=((10, 10, 100), (100, 10, 20_000)),
    rounds=1,
    start_rounds=3,
)


def full_build(size: Size, scratch: Path) -> Iterator[Row]:
    """Yield how a full build compares with CSafeLoader and feedgen, with CSafeLoader alone and with Hugo."""
    users, videos = size.full
    site = _Site(scratch, users, videos)
    python: list[str | Path] = [sys.executable, "-m", "benchmarks.peers"]
    commands = {"build": site.full_build()}
    commands["csafe"] = Candidate([*python, "csafe", site.catalog], folder=ROOT)
    if find_spec("feedgen"):
        out = scratch / "feedgen"
        command = [*python, "feedgen", site.catalog, out]
        commands["feedgen"] = Candidate(command, before=lambda: _remove(out), folder=ROOT)
    if hugo := shutil.which("hugo"):
        source = scratch / "hugo"
        peers.hugo_site(site.catalog, source)
        command = [hugo, "--quiet", "--cacheDir", scratch / "hugo-cache"]
        commands["hugo"] = Candidate(command, before=lambda: _remove(source / "public"), folder=source)
    measured = dict(zip(commands, interleaved(*commands.values(), rounds=size.rounds), strict=True))
    ours = _titles(site.out)
    _same("the generated network and the build", {network.user_id(n + 1): videos for n in range(users)}, _counts(ours))
    _same("CSafeLoader and the build", int(measured["csafe"][0].output), users * videos)
    for name, folder in (("feedgen", scratch / "feedgen"), ("hugo", scratch / "hugo" / "public")):
        if name in commands:
            _same(f"{name} and the build", _titles(folder), ours)
    label = f"full build, {users:,} users x {videos}"
    build = seconds(measured["build"])
    goals: tuple[tuple[str, str, str, Callable[[float], tuple[str, bool]]], ...] = (
        ("feedgen", "CSafeLoader + feedgen", ">= 8 x as fast", lambda other: _at_least(other / build, 8)),
        ("csafe", "CSafeLoader reading alone", "<= 0.5 of its time", lambda other: _at_most(build / other, 0.5)),
        ("hugo", "Hugo rendering the same", "<= 1.0 of its time", lambda other: _at_most(build / other, 1.0)),
    )
    for peer, title, goal, judge in goals:
        name = f"{label}, against {title}"
        if peer not in measured:
            yield Row(name, goal, f"not run: {peer} is not installed", None)
            continue
        other = seconds(measured[peer])
        figure, met = judge(other)
        yield Row(name, goal, f"{figure} ({build:.2f} s; {other:.2f} s)", met)


def incremental(size: Size, scratch: Path) -> Iterator[Row]:
    """Yield what a build costs when nothing changed, and when one user of all did."""
    users, videos = size.incremental
    site = _Site(scratch, users, videos)
    edition = iter(range(1, size.rounds + 1))
    stamps: list[dict[str, tuple[int, int]]] = []

    def edit() -> None:
        stamps.append(_stamps(site.out))
        network.write_user(site.catalog, users // 2, videos, edition=next(edition))

    full, nothing, one = interleaved(
        site.full_build(),
        Candidate(site.build, before=lambda: stamps.append(_stamps(site.out)), folder=ROOT),
        Candidate(site.build, before=edit, folder=ROOT),
        rounds=size.rounds,
    )
    unchanged, edited = stamps[-2:]
    _same("the site before and after a build of nothing new", unchanged, edited)
    final = _stamps(site.out)
    changed = {name for name in final.keys() | edited.keys() if final.get(name) != edited.get(name)}
    changed_user = network.user_id(users // 2)
    _same("the feeds written after one edit", changed, {f"feeds/{changed_user}.xml"})
    title = _feed_titles(site.out / "feeds" / f"{changed_user}.xml")[0][1]
    _same(f'the edition written and the one in "{title}"', f"1.{size.rounds}" in title, True)
    label = f"{users:,} users x {videos}, whole command"
    base = seconds(full)
    for name, goal, runs in (("nothing changed", 0.05, nothing), ("one user changed", 0.06, one)):
        figure, met = _at_most(seconds(runs) / base, goal, percent=True)
        text = f"{figure} ({seconds(runs):.2f} s; {base:.2f} s)"
        yield Row(f"{name}, {label}", f"<= {goal:.0%} of its full build", text, met)


def growth(size: Size, scratch: Path) -> Iterator[Row]:
    """Yield how time and memory grow from one network to one ten times as large."""
    sites = [_Site(scratch / str(users), users, videos) for users, videos in size.growth]
    small, large = interleaved(*(site.full_build(memory=True) for site in sites), rounds=size.rounds)
    for site, (users, videos) in zip(sites, size.growth, strict=True):
        _same("the items listed and the videos generated", _items(site.out), users * videos)
    counts = [users * videos for users, videos in size.growth]
    label = f"{counts[1]:,} videos against {counts[0]:,}"
    figure, met = _at_most(seconds(large) / seconds(small), 11)
    yield Row(f"time, {label}", "<= 11 x", f"{figure} ({seconds(large):.1f} s; {seconds(small):.1f} s)", met)
    memory: tuple[tuple[str, Callable[[Run], float | None]], ...] = (
        ("of the largest process", lambda run: run.largest_mib),
        ("of all processes", lambda run: run.together_mib),
    )
    for which, mib in memory:
        low, high = (max((mib(run) or 0) for run in runs) for runs in (small, large))
        name = f"peak memory {which}, {label}"
        if not low:
            yield Row(name, "<= 2 x", "not run: /proc doesn't tell", None)
            continue
        figure, met = _at_most(high / low, 2)
        yield Row(name, "<= 2 x", f"{figure} ({high:.0f} MiB; {low:.0f} MiB)", met)


def reading(size: Size, scratch: Path) -> Iterator[Row]:
    """Yield what the commands cost that read every text and every event anew; they have no goal."""
    for users, videos in size.growth:
        site = _Site(scratch / str(users), users, videos)
        for verb in ("status", "check"):
            command = [sys.executable, "-m", "feeds", verb, "--catalog", site.catalog]
            (runs,) = interleaved(Candidate(command, folder=ROOT, memory=True), rounds=size.rounds)
            figure = f"{cpu_seconds(runs):.1f} s of a processor; {max(run.together_mib or 0 for run in runs):.0f} MiB"
            yield Row(f"`feeds {verb}`, {users * videos:,} videos", "", figure, None)


def callback_cost(size: Size, scratch: Path) -> Iterator[Row]:
    """Yield what one callback costs an old, large network against a new, small one."""
    catalogs = [scratch / str(results) for _, _, results in size.history]
    for catalog, (users, videos, results) in zip(catalogs, size.history, strict=True):
        history.write_history(catalog, users=users, videos_per_user=videos, results=results)
    small, large = history.seconds_a_callback(catalogs)
    (few_users, few_videos, few), (users, videos, many) = size.history
    name = f"{many:,} results and {users * videos:,} videos against {few:,} and {few_users * few_videos:,}"
    figure, met = _at_most(large / small, 1.2)
    yield Row(f"one callback, {name}", "<= 1.2 x", f"{figure} ({large * 1000:.2f} ms; {small * 1000:.2f} ms)", met)


def start(size: Size, _scratch: Path) -> Iterator[Row]:
    """Yield how long the command line takes to say its help."""
    bare, ours = interleaved(
        Candidate([sys.executable, "-c", "pass"], folder=ROOT),
        Candidate([sys.executable, "-m", "feeds", "--help"], folder=ROOT),
        rounds=size.start_rounds,
    )
    if "build" not in ours[0].output:
        raise OutputsDifferError("`python -m feeds --help` does not name `build`")
    figure, met = _at_most(seconds(ours) / seconds(bare), 5)
    text = f"{figure} ({seconds(ours) * 1000:.0f} ms; {seconds(bare) * 1000:.0f} ms)"
    yield Row("`python -m feeds --help` against a bare Python start", "<= 5 x", text, met)


class _Site:
    """A generated network in a folder, and the commands that build it."""

    def __init__(self, folder: Path, users: int, videos: int) -> None:
        self.catalog, self.out = folder / "catalog", folder / "out"
        network.write_network(self.catalog, users, videos)
        feeds = [sys.executable, "-m", "feeds", "build"]
        self.build: list[str | Path] = [*feeds, "--catalog", self.catalog, "--out", self.out, "--jobs", "2"]

    def full_build(self, *, memory: bool = False) -> Candidate:
        """Return the first build of this network: no output, no caches."""
        return Candidate([*self.build, "--full"], before=self._forget, folder=ROOT, memory=memory)

    def _forget(self) -> None:
        _remove(self.out)
        _remove(self.catalog / ".feeds")


def _remove(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)


def _titles(site: Path) -> dict[str, list[tuple[str, str]]]:
    return {path.stem: _feed_titles(path) for path in sorted((site / "feeds").glob("*.xml"))}


def _feed_titles(feed: Path) -> list[tuple[str, str]]:
    return [(item.findtext("guid", ""), item.findtext("title", "")) for item in etree.parse(feed).iter("item")]


def _counts(titles: dict[str, list[tuple[str, str]]]) -> dict[str, int]:
    return {user: len(items) for user, items in titles.items()}


def _items(site: Path) -> int:
    return sum(path.read_bytes().count(b"<item>") for path in (site / "feeds").glob("*.xml"))


def _stamps(site: Path) -> dict[str, tuple[int, int]]:
    files = [path for path in site.rglob("*") if path.is_file()]
    return {str(path.relative_to(site)): (path.stat().st_ino, path.stat().st_mtime_ns) for path in files}


def _same(what: str, left: object, right: object) -> None:
    if left != right:
        raise OutputsDifferError(f"{what} differ")


def _at_least(ratio: float, goal: float) -> tuple[str, bool]:
    return f"{ratio:.2f} x", ratio >= goal


def _at_most(ratio: float, goal: float, *, percent: bool = False) -> tuple[str, bool]:
    return (f"{ratio:.1%}" if percent else f"{ratio:.2f} x"), ratio <= goal
