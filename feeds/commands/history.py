"""`feeds history`: who changed what of a video or a user, and when."""

import json

import click

from feeds.commands.options import catalog_option, folders_of
from feeds.formats.terminal import visible


@click.command("history", epilog="Example: feeds history anna-0142 --format json")
@click.argument("name", metavar="GUID|USER")
@catalog_option
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to show it.")
def command(name: str, catalog: str | None, form: str) -> None:
    """Show what happened to a video, or to a user and the videos in the feed, oldest first, times in UTC.

    From the events and, where the catalog is in Git, from the commits that changed what it says. Imports and failures
    are followed by their id, by which `feeds results undo` takes them back; commits by their hash.
    """
    from feeds.building.history import whole_history
    from feeds.formats.results_yaml import render_time

    entries = whole_history(folders_of(catalog), name)
    if form == "json":
        rows = [
            {"at": render_time(each.at), "who": each.who, "what": each.what, "event": each.event, "commit": each.commit}
            for each in entries
        ]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    width = max((len(each.who) for each in entries), default=0)
    for each in entries:
        mark = each.event or (each.commit or "")[:10]
        line = f"{each.at:%Y-%m-%d %H:%M}  {each.who:<{width}}  {each.what}" + (f"  [{mark}]" if mark else "")
        click.echo(visible(line))
    if not entries:
        click.echo(visible(f'Nothing is known of "{name}": it must be written as in the catalog.'), err=True)
