"""`feeds plan`: what an edit of the catalog will do, before it is pushed."""

from datetime import UTC, datetime

import click

from feeds.commands.options import Moment, catalog_option, folders_of


@click.command("plan", epilog="Example: feeds plan --against origin/main --format markdown")
@catalog_option
@click.option("--against", metavar="REF", help="Commit to compare with (default: where the branch left its upstream).")
@click.option("--at", type=Moment(), metavar="TIME", help="Judge both as of this moment (default: now).")
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "markdown"]), default="text", help="How to show it."
)
def command(catalog: str | None, against: str | None, at: datetime | None, form: str) -> int:
    """Show what the catalog as it stands will do to each feed, and what of it is dangerous.

    Both catalogs are judged at one moment and with the same results; without Git it is compared with what was published
    last. Exit code 1: something blocks, a fault or removals that need a person's word. Nothing is written.
    """
    import gc

    from feeds.building.planning import plan
    from feeds.formats import plan_json, plan_markdown, plan_text

    gc.disable()
    found = plan(folders_of(catalog), against, at or datetime.now(UTC).replace(microsecond=0))
    render = {"text": plan_text.render, "json": plan_json.render, "markdown": plan_markdown.render}[form]
    click.echo(render(found).encode("utf-8", "backslashreplace"), nl=False)
    return 1 if found.blocks else 0
