# ruff: noqa: N999 - the verb is a keyword, and only the command line loads the module, by its name
"""`feeds import`: videos from a foreign feed or table."""

import click

from feeds.commands.options import catalog_option, folders_of


@click.command("import", epilog="Example: feeds import https://cdn.example/anna.xml --user x2anna --dry-run")
@click.argument("source")
@click.option("--user", "user_id", required=True, metavar="ID", help="Whose videos they are: Dailymotion's id.")
@catalog_option
@click.option("--category", metavar="NAME", help="Of videos whose own category Dailymotion doesn't have.")
@click.option("--guid-prefix", metavar="NAME-", help="Make guids of the media's names where the source has none.")
@click.option("--dry-run", is_flag=True, help="Show what would be written, and write nothing.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to report.")
def command(
    source: str, user_id: str, catalog: str | None, category: str | None, guid_prefix: str | None, dry_run: bool,
    form: str,
) -> int:  # fmt: skip
    """Append the videos of SOURCE to a user's file: a feed (Media RSS, RSS, Atom), a CSV or JSON file, or its address.

    What people wrote stays byte for byte. A guid that the catalog has is skipped; what changed there is listed, and
    never overwritten; so is what had no place in the catalog, and why. Exit code 1: some can't be taken.
    """
    from feeds.core.errors import UsageError
    from feeds.core.user_ids import is_user_id
    from feeds.core.values import CATEGORIES, did_you_mean
    from feeds.formats.foreign_report import render
    from feeds.importing.importing import import_videos, read_source
    from feeds.importing.judging import Wishes

    if not is_user_id(user_id):
        raise UsageError(f'"{user_id}" can\'t be a user id: copy it from Dailymotion (it looks like x1fz4ii).')
    if category is not None and category not in CATEGORIES:
        hint = did_you_mean(category, CATEGORIES)
        raise UsageError(
            f'"{category}" is not a category of Dailymotion{hint or "."}\nThere are {", ".join(CATEGORIES)}.'
        )
    folders = folders_of(catalog)
    found = read_source(source)
    report = import_videos(folders, found, user_id, Wishes(category, guid_prefix), is_trial=dry_run)
    click.echo(render(report, form), nl=False)
    return 1 if report.refused else 0
