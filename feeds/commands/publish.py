"""`feeds publish`: bring the built site to a folder or to object storage."""

import os
from pathlib import Path

import click

from feeds.commands.options import catalog_option


@click.command("publish", epilog="Example: feeds publish s3://nord-feeds/site --catalog ~/nord --dry-run")
@click.argument("target", metavar="TARGET", envvar="FEEDS_PUBLISH", required=False)
@catalog_option
@click.option("--out", metavar="DIR", help="Folder that was built into (default: static_out in the catalog's folder).")
@click.option("--dry-run", is_flag=True, help="Show what would be written and deleted; change nothing.")
@click.option("--full", is_flag=True, help="Write all of it again: mends types and lifetimes, which no listing shows.")
@click.option("--take-over", is_flag=True, help="Let a site go that lies there and was not published from here.")
def command(
    target: str | None, catalog: str | None, out: str | None, dry_run: bool, full: bool, take_over: bool
) -> int:
    """Bring the built site to TARGET: a folder, or s3://bucket/prefix.

    What is there already, by its content, is left alone. Feeds are written first, users.json then, and what has left
    the site is deleted last. Anything else there is never touched. FEEDS_PUBLISH names the target where none is given.
    """
    from feeds.commands._publishing import ended_at_once, publish_to, words
    from feeds.core.errors import UsageError
    from feeds.settings import folders

    if target is None:
        raise UsageError("Where to? Name a TARGET, a folder or s3://bucket/prefix, or set FEEDS_PUBLISH to it.")
    its = folders(os.environ, catalog=catalog)
    into = Path(out) if out else its.catalog / "static_out"
    with ended_at_once():
        done = publish_to(target, its, into, os.environ, full=full, dry_run=dry_run, take_over=take_over)
    click.echo(words(done, target, dry_run=dry_run), nl=False)
    return 0
