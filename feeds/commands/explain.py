"""`feeds explain`: why a video is or isn't in the feed, and what to do next."""

from datetime import UTC, datetime

import click

from feeds.commands.options import Moment, catalog_option, folders_of


@click.command("explain", epilog="Example: feeds explain anna-0142")
@click.argument("name", metavar="GUID|USER")
@catalog_option
@click.option("--at", type=Moment(), metavar="TIME", help="Judge as of this moment (default: now).")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to show it.")
def command(name: str, catalog: str | None, at: datetime | None, form: str) -> int:
    """Say why a video is or isn't in the feed, with the line that decides and the event or commit behind it.

    Of a user: where they stand, and their videos by reason. Files are read and nothing is changed. Exit code 1: nothing
    is known of that name.
    """
    import gc

    from feeds.building.explaining import explain
    from feeds.formats import explain_json, explain_text
    from feeds.formats.terminal import visible

    gc.disable()
    found = explain(folders_of(catalog), name, at or datetime.now(UTC).replace(microsecond=0))
    if found is None:
        click.echo(visible(f'Nothing is known of "{name}": it must be written as in the catalog.'), err=True)
        return 1
    text = explain_json.render(found) if form == "json" else explain_text.render(found)
    click.echo(text.encode("utf-8", "backslashreplace"), nl=False)
    return 0
