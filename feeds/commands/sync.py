"""`feeds sync`: events into Git, edits onto the site."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from feeds.commands._previous import previous_option
from feeds.commands.options import catalog_option

if TYPE_CHECKING:
    from feeds.syncing.sync import Plan

# What the shell adds to a signal's number: 130 says that ^C ended it, 143 that SIGTERM did.
_ENDED_BY = 128


class _Every(click.ParamType[float]):
    """A span as people write it: 10s, 2m."""

    name = "span"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        text = str(value)
        number, unit = (text[:-1], text[-1]) if text[-1:] in "sm" else (text, "s")
        try:
            seconds = float(number) * (60 if unit == "m" else 1)
        except ValueError:
            seconds = 0
        if not 0 < seconds <= 86400:
            self.fail(f'"{value}" is no span: write 10s or 2m.', param, ctx)
        return seconds


class _PushBudget:
    """So many pushes a minute, evenly spaced: spent all at once, the next event would wait for most of the minute."""

    def __init__(self, pushes: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._apart_s, self._clock = 60 / pushes, clock
        self._next_s = float("-inf")

    def take(self) -> bool:
        """Return whether another push may be made now, and count it."""
        now = self._clock()
        if now < self._next_s:
            return False
        self._next_s = now + self._apart_s
        return True


@click.command("sync", epilog="Example: feeds sync --catalog ~/nord --out /srv/feeds --watch --every 10s")
@catalog_option
@click.option("--out", metavar="DIR", help="Folder to publish into (default: static_out in the catalog's folder).")
@click.option("--watch", is_flag=True, help="Go on until ^C, or SIGTERM.")
@click.option(
    "--every", type=_Every(), default="10s", show_default=True, metavar="SPAN", help="How often, with --watch."
)
@click.option(
    "--notify-every",
    type=_Every(),
    default="5m",
    show_default=True,
    metavar="SPAN",
    help="How often `feeds notify` is started beside it, with --watch, where FEEDS_NOTIFY_URL is set.",
)
@click.option(
    "--max-pushes",
    type=click.IntRange(1, 60),
    default=6,
    show_default=True,
    metavar="N",
    help="Pushes in a minute, at most.",
)
@click.option("--remote", default="origin", show_default=True, help="The remote to pull from and push to.")
@click.option("--branch", help="Its branch (default: the one that is checked out).")
@click.option(
    "--results-branch",
    metavar="BRANCH",
    help="A branch of their own for the results, where the catalog's is protected.",
)
@click.option(
    "--jobs", type=click.IntRange(1, 64), default=os.cpu_count() or 1, help="Processes (default: one a core)."
)
@click.option("--take-over", is_flag=True, help="Claim the results folder of a machine that is gone.")
@click.option(
    "--publish",
    "target",
    metavar="TARGET",
    envvar="FEEDS_PUBLISH",
    show_envvar=True,
    help="Then bring the site to a folder or to s3://bucket/prefix, as `feeds publish` does.",
)
@click.option("--no-site", is_flag=True, help="Build nothing: CI, or another machine, publishes.")
@previous_option
def command(
    catalog: str | None,
    out: str | None,
    watch: bool,
    every: float,
    notify_every: float,
    max_pushes: int,
    remote: str,
    branch: str | None,
    results_branch: str | None,
    jobs: int,
    take_over: bool,
    target: str | None,
    no_site: bool,
    previous: str | None,
) -> int:
    """Carry events from the journal into Git, take in what editors have pushed, and publish the site.

    The one program that writes the catalog's clone on the server. Without a remote it commits into the clone; without
    Git it only builds. Killed at any moment, the next run repairs what it left.
    """
    from feeds.access_settings import secret_path
    from feeds.commands._one_run import run_once
    from feeds.settings import folders, instance
    from feeds.syncing.sync import Plan

    _refuse_together(previous, target, watch=watch, no_site=no_site)
    # Not every branch that is checked out has a catalog, and the remote's head is what counts.
    its = folders(os.environ, catalog=catalog)
    plan = Plan(
        folders=its,
        out=Path(out) if out else its.catalog / "static_out",
        instance=instance(os.environ),
        remote=remote,
        branch=branch,
        results_branch=results_branch,
        jobs=jobs,
        take_over=take_over,
        secret_path=secret_path(os.environ),
        site=not no_site,
    )
    if previous:
        return run_once(plan, previous, target)
    return _go_on(plan, target, watch=watch, every=every, notify_every=notify_every, budget=_PushBudget(max_pushes))


def _refuse_together(previous: str | None, target: str | None, *, watch: bool, no_site: bool) -> None:
    """Raise UsageError for options that can't be had together, or a target that can't be one."""
    from feeds.commands._publishing import refuse_target
    from feeds.core.errors import UsageError

    if previous and (watch or no_site):
        raise UsageError(
            "--previous (or FEEDS_PREVIOUS) is for a pass that publishes, of who keeps nothing from pass to pass.\n"
            f"Leave out {'--watch' if watch else '--no-site'}, or --previous."
        )
    if target:
        refuse_target(target)
    if target and no_site:
        raise UsageError(
            "--no-site builds nothing that --publish (or FEEDS_PUBLISH) could bring: leave one of them out."
        )


def _go_on(
    plan: "Plan", target: str | None, *, watch: bool, every: float, notify_every: float, budget: _PushBudget
) -> int:
    """Do one pass, or with `watch` one after the other until a signal; return the exit code."""
    from contextlib import nullcontext

    from feeds.commands._one_run import code_of
    from feeds.commands._pass_words import Log
    from feeds.commands._publishing import Publishing, published_once
    from feeds.commands._stopping import Stop
    from feeds.commands._telling import Telling
    from feeds.syncing.sync import sync

    its = plan.folders
    stop = Stop() if watch else None
    log = Log(plan)
    told = stop and (os.environ.get("FEEDS_NOTIFY_URL") or os.environ.get("FEEDS_NOTIFY_URL_FILE"))
    with (
        Telling(its, os.environ, every_s=notify_every) if told else nullcontext() as telling,
        Publishing(target, its, plan.out, os.environ) if target and stop else nullcontext() as publishing,
    ):
        while True:
            done = sync(plan, may_push=budget.take)
            click.echo(log.new(done), nl=False)
            if stop is None:
                if target and not published_once(target, its, plan.out, os.environ):
                    return 3
                return code_of(done, plan)
            if telling:
                telling.go_on()
            if publishing:
                click.echo(publishing.go_on(), nl=False)
            if stop.wait(every):
                return _ENDED_BY + stop.number
