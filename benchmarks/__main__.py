"""The table of goals and figures: `python -m benchmarks [--quick] [--only NAME]... [--markdown]`.

Ratios come from commands that took turns in this one run; what counts is the ratio, the seconds belong to the
machine. A goal that isn't met is a figure, not a failure: only outputs that differ or commands that fail end with 1.
"""

import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import click

from benchmarks import callback, plan, repository, rows, shards, sync
from benchmarks.measure import CommandError
from benchmarks.rows import QUICK, OutputsDifferError, Row, Size


def callbacks(size: Size, scratch: Path) -> Iterator[Row]:
    """Yield the rows about the callback: how many a second are durable, and what a long history costs."""
    if size is QUICK:
        yield Row("durable callbacks a second", "", "not run: it takes more than a minute", None)
    else:
        for name, figure, goal in callback.callback_rows():
            yield Row(name, goal, figure, float(figure) >= float(goal.removeprefix(">= ")) if goal else None)
    yield from rows.callback_cost(size, scratch)


def syncs(size: Size, scratch: Path) -> Iterator[Row]:
    """Yield the rows about the sync: what a large network costs a pass, and how soon a callback is in feed and Git."""
    users, rates, duration_s = ((2, 20), (5,), 4.0) if size is QUICK else ((10, 1_000), (1, 10, 100), 60.0)
    found = sync.sync_rows(scratch, users, rounds=size.rounds, rates=rates, duration_s=duration_s)
    for name, figure, number, goal in found:
        met = number <= float(goal.removeprefix("<= ")) if goal else None
        yield Row(name, goal, figure, met)


def repositories(size: Size, scratch: Path) -> Iterator[Row]:
    """Yield the rows about what years of events weigh in Git; they have no goal."""
    histories = ((2_000, 10),) if size is QUICK else ((100_000, 10), (1_000_000, 100))
    for name, figure in repository.repository_rows(scratch, histories):
        yield Row(name, "", figure, None)


GROUPS: dict[str, Callable[[Size, Path], Iterable[Row]]] = {
    "full": rows.full_build,
    "incremental": rows.incremental,
    "growth": rows.growth,
    "reading": rows.reading,
    "shards": shards.in_shards,
    "callback": callbacks,
    "sync": syncs,
    "plan": plan.one_user_changed,
    "repository": repositories,
    "start": rows.start,
}


@click.command()
@click.option("--quick", is_flag=True, help="Small networks, in under a minute: a trial of the benchmark itself.")
@click.option("--only", multiple=True, type=click.Choice(list(GROUPS)), help="Only these rows; can be given again.")
@click.option("--markdown", is_flag=True, help="Print the table as Markdown.")
def main(*, quick: bool, only: tuple[str, ...], markdown: bool) -> None:
    """Measure the build and the callback side by side with what people use today."""
    size = QUICK if quick else Size()
    table: list[Row] = []
    failed = False
    with tempfile.TemporaryDirectory(prefix="feeds-benchmarks-") as folder:
        machine = _machine(Path(folder))
        for name in only or GROUPS:
            scratch = Path(folder) / name
            scratch.mkdir()
            print(f"measuring {name} ...", file=sys.stderr, flush=True)
            try:
                table.extend(GROUPS[name](size, scratch))
            except (CommandError, OutputsDifferError) as error:
                failed = True
                table.append(Row(name, "", f"failed: {error}", None))
            shutil.rmtree(scratch)
    print(machine)
    if quick:
        print("A quick run: the networks are so small that the start of Python is most of what is measured.")
    print()
    print("\n".join(_markdown(table) if markdown else _text(table)))
    raise SystemExit(1 if failed else 0)


def _text(table: list[Row]) -> Iterator[str]:
    cells = [("goal", "", "figure", "met?"), *((row.name, row.goal, row.figure, _verdict(row)) for row in table)]
    widths = [max(len(line[column]) for line in cells) for column in range(4)]
    for line in cells:
        yield "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()


def _markdown(table: list[Row]) -> Iterator[str]:
    yield "| goal | figure | met? |"
    yield "|---|---|---|"
    for row in table:
        yield f"| {row.name}: {row.goal} | {row.figure} | {_verdict(row)} |"


def _verdict(row: Row) -> str:
    return "" if row.met is None else "yes" if row.met else "no"


def _machine(scratch: Path) -> str:
    processor = platform.processor() or platform.machine()
    for line in Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else ():
        if line.startswith("model name"):
            processor = line.partition(":")[2].strip()
            break
    return ", ".join(
        (
            f"{datetime.now(UTC):%Y-%m-%d}: {os.cpu_count()} cores of {processor}",
            f"{platform.system()} {platform.release()} on {_output('stat', '-f', '-c', '%T', str(scratch))}",
            f"Python {platform.python_version()}",
            f"PyYAML {version('pyyaml')}",
            f"feedgen {_version('feedgen')}",
            f"Hugo {_hugo()}",
        )
    )


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "missing"


def _hugo() -> str:
    return _output("hugo", "version").removeprefix("hugo v").partition("+")[0].partition("-")[0]


def _output(*command: str) -> str:
    if not shutil.which(command[0]):
        return "missing"
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


if __name__ == "__main__":
    main()
