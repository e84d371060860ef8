"""`feeds build`: render the site."""

import os
from datetime import UTC, datetime
from pathlib import Path

import click

from feeds.commands._previous import bring_previous, previous_option
from feeds.commands._shards import Fraction, build_one, join_option, joined, shard_option
from feeds.commands.options import Moment, catalog_option, folders_of


@click.command("build", epilog="Example: feeds build --catalog ~/nord --out /srv/feeds --record")
@catalog_option
@click.option("--out", metavar="DIR", help="Folder to publish into (default: static_out in the catalog's folder).")
@click.option("--at", type=Moment(), metavar="TIME", help="Build as of this moment (default: now).")
@click.option(
    "--jobs", type=click.IntRange(1, 64), default=os.cpu_count() or 1, help="Processes (default: one a core)."
)
@click.option("--full", is_flag=True, help="Build everything anew; the bytes are the same.")
@click.option("--record", is_flag=True, help="Note in the journal what is listed: for the site that Dailymotion reads.")
@click.option("--allow-removals", type=click.IntRange(0), default=0, metavar="N", help="Let edits remove N videos.")
@previous_option
@shard_option
@join_option
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to report.")
def command(
    catalog: str | None,
    out: str | None,
    at: datetime | None,
    jobs: int,
    full: bool,
    record: bool,
    allow_removals: int,
    previous: str | None,
    shard: Fraction | None,
    join: tuple[str, ...],
    form: str,
) -> int:
    """Render users.json and the feeds into a folder that any web server or CDN can serve.

    What hasn't changed is neither parsed nor rendered nor written. A user whose file has a fault keeps their last
    good version; everyone else is built, and the exit code is 1.
    """
    from feeds.access_settings import secret_path

    if shard:
        return build_one(shard, catalog, out=out, at=at, jobs=jobs)
    from contextlib import ExitStack

    from feeds.building.report import keep_report, render_text
    from feeds.building.site import Wish, build
    from feeds.formats import findings

    folders = folders_of(catalog)
    into = Path(out) if out else folders.catalog / "static_out"
    with ExitStack() as stack:
        shards = stack.enter_context(joined(join, at)) if join else None
        report = build(
            Wish(
                folders=folders,
                out=into,
                at=shards.at if shards else at or datetime.now(UTC).replace(microsecond=0),
                jobs=jobs,
                full=full,
                record=record,
                allow_removals=allow_removals,
                secret_path=secret_path(os.environ),
                by_events=bring_previous(previous, into, os.environ),
            ),
            shards,
        )
    as_json = keep_report(report, folders.state)
    click.echo(findings.render(report.findings), nl=False, err=True)
    click.echo(as_json if form == "json" else render_text(report), nl=False)
    return 0 if report.good else 1
