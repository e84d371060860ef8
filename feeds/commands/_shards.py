"""--shard and --join: a build in parts, on several machines."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from feeds.core.shards import MOST

if TYPE_CHECKING:  # brings pydantic along, and --help must not wait for it
    from feeds.building.joining import Shards


class Fraction(NamedTuple):
    """Which part of how many."""

    number: int
    of: int


class _Fraction(click.ParamType[Fraction]):
    name = "part"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Fraction:
        """Return the part, and of how many."""
        if isinstance(value, Fraction):
            return value
        found = re.fullmatch(r"([0-9]{1,3})/([0-9]{1,3})", value)
        part = Fraction(int(found[1]), int(found[2])) if found else Fraction(0, 0)
        if not 1 <= part.number <= part.of <= MOST:
            self.fail(f'"{value}" is no part: write 3/16 for the third of sixteen, of {MOST} at most.', param, ctx)
        return part


def shard_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a verb --shard."""
    return click.option(
        "--shard",
        type=_Fraction(),
        metavar="K/N",
        help="Render one part of the users into a file in --out, as of --at; nothing is published.",
    )(command)


def join_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a verb --join."""
    return click.option(
        "--join",
        multiple=True,
        metavar="DIR",
        help="Build the site from the shards in DIR, all of them, as of their time.",
    )(command)


@contextmanager
def joined(folders: Sequence[str], at: datetime | None) -> "Iterator[Shards]":
    """Open the shards in these folders for a while. Raises UsageError, BuildRefused, StorageError."""
    from feeds.building.joining import Shards
    from feeds.core.errors import UsageError

    if at is not None:
        raise UsageError("--at goes with --shard: shards are joined as of the time that all of them were built for.")
    with closing(Shards([Path(folder) for folder in folders])) as shards:
        yield shards


# What is judged where the shards are joined, or says nothing of a part.
_OF_THE_WHOLE = {
    "full": "--full",
    "record": "--record",
    "allow_removals": "--allow-removals",
    "previous": "--previous",
    "join": "--join",
    "form": "--format",
}


def build_one(shard: Fraction, catalog: str | None, *, out: str | None, at: datetime | None, jobs: int) -> int:
    """Build one shard, say where it is, and return the exit code. Raises UsageError, StorageError."""
    import os

    from feeds.access_settings import secret_path
    from feeds.building.shard import ShardWish, build_shard
    from feeds.commands.options import folders_of
    from feeds.core.errors import UsageError
    from feeds.formats import findings

    context = click.get_current_context()
    given = [
        option
        for name, option in _OF_THE_WHOLE.items()
        if context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE
    ]
    if given:
        raise UsageError(f"{given[0]} goes with the whole site, not with --shard: give it to feeds build --join.")
    if at is None:
        raise UsageError(
            "--shard wants --at TIME, the same for all shards, or their rights windows would differ.\n"
            'Take it once, before the first: at="$(date -u +%Y-%m-%dT%H:%M:%SZ)"'
        )
    if out is None:
        raise UsageError("--shard wants --out DIR, a folder for the shard's file, which nobody may take for a site.")
    wish = ShardWish(folders_of(catalog), Path(out), shard.number, shard.of, at, jobs, secret_path(os.environ))
    report = build_shard(wish)
    if report.path is None:
        click.echo(findings.render(report.findings), nl=False, err=True)
        return 1
    users = f"{report.users:,} user{'s' if report.users != 1 else ''}"
    left = f", {report.left:,} with faults, which the join judges" if report.left else ""
    click.echo(f"Shard {shard.number} of {shard.of}: {users}{left}; {report.path}.")
    click.echo("Nothing is published. Bring all shards into one folder, and join them: feeds build --join DIR")
    return 0
