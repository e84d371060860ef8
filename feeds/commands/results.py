"""`feeds results`: what came back from Dailymotion, and what people know of it."""

import csv
import io
import json
from datetime import UTC, datetime

import click

from feeds.commands.options import catalog_option, folders_of
from feeds.core.errors import UsageError
from feeds.core.events import IMPORTED, RETRY, Event


@click.group("results", epilog="Example: feeds results list --format json")
def command() -> None:
    """Look at what came back from Dailymotion, and record what people know."""


@command.command("list", epilog="Example: feeds results list --format json")
@catalog_option
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to show it.")
def list_(catalog: str | None, form: str) -> None:
    """List every video that has a result: imported, failed, or imported twice."""
    from feeds.building.outcomes import all_results

    results = all_results(folders_of(catalog))
    rows = [
        {
            "guid": guid,
            "remote_id": result.remote_id,
            "failures": len(result.failures),
            "conflicts": list(result.conflicts),
        }
        for guid, result in results.videos.items()
    ]
    if form == "json":
        click.echo(json.dumps({"videos": rows, "unclear": len(results.unclear)}, ensure_ascii=False, indent=1))
        return
    width = max((len(guid) for guid in results.videos), default=0)
    for guid, result in results.videos.items():
        state = f"imported as {result.remote_id}" if result.remote_id else "not imported"
        if result.failures and not result.remote_id:
            state = f"failed {_times(len(result.failures))}: {result.failures[-1].status}"
        if result.conflicts:
            state += f"; again as {', '.join(result.conflicts)}: ask your content manager to delete the second"
        click.echo(f"{guid:<{width}}  {state}")
    imported = sum(result.remote_id is not None for result in results.videos.values())
    click.echo(f"{imported} imported, {len(results.failed)} failed, {len(results.unclear)} unclear.", err=True)


@command.command("failures", epilog="Example: feeds results failures > message.txt")
@catalog_option
def failures(catalog: str | None) -> None:
    """Print a message to the content manager for each failed import and unclear callback, with the full JSON.

    Dailymotion's guide asks for exactly this: https://developers.dailymotion.com/mcn (callbacks).
    """
    from feeds.building.outcomes import all_results

    results = all_results(folders_of(catalog))
    for failed in results.failed:
        latest = failed.events[-1]
        click.echo(f"Subject: Import failed: {failed.guid}\n")
        click.echo(
            f"The import of our video {failed.guid} has failed {_times(len(failed.events))}, "
            f"last on {latest.at:%Y-%m-%d at %H:%M} UTC\nwith status {latest.text('status') or 'unknown'}. "
            "Could you tell us why, and what to change? The full JSON:\n"
        )
        for event in failed.events:
            click.echo(_raw(event))
        click.echo("")
    for event in results.unclear:
        click.echo("Subject: A callback that we don't understand\n")
        why = event.text("why") or "unclear"
        click.echo(f"On {event.at:%Y-%m-%d at %H:%M} UTC we received this ({why}). What does it mean?\n")
        click.echo(_raw(event) + "\n")
    click.echo(f"{len(results.failed)} failed, {len(results.unclear)} unclear.", err=True)


@command.command("export", epilog="Example: feeds results export --format csv > map.csv")
@catalog_option
@click.option("--format", "form", type=click.Choice(["csv", "json"]), default="csv", help="How to write it.")
def export(catalog: str | None, form: str) -> None:
    """Write the map from guid to Dailymotion's video id, of every imported video."""
    from feeds.building.outcomes import all_results

    results = all_results(folders_of(catalog))
    imported = {guid: result.remote_id for guid, result in results.videos.items() if result.remote_id}
    if form == "json":
        click.echo(json.dumps(imported, ensure_ascii=False, indent=1))
        return
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["guid", "remote_id"])
    writer.writerows(imported.items())
    click.echo(text.getvalue(), nl=False)


@command.group("record", epilog='Example: feeds results record imported anna-0142 x23bz3t --why "told by e-mail"')
def record() -> None:
    """Record what a person knows and no callback has told."""


@record.command("imported", epilog='Example: feeds results record imported anna-0142 x23bz3t --why "told by e-mail"')
@click.argument("guid")
@click.argument("remote_id")
@click.option("--why", required=True, help="How you know; it stands in the event.")
@catalog_option
def record_imported(guid: str, remote_id: str, why: str, catalog: str | None) -> None:
    """Record that GUID was imported as Dailymotion's video REMOTE_ID: it leaves the feed."""
    for name in (guid, remote_id):
        if not name.strip() or not name.isprintable():
            raise UsageError(f"{name!a} is no name of a video: copy it as it stands in the catalog, or on Dailymotion.")
    _append(Event(datetime.now(UTC), IMPORTED, {"guid": guid, "remote_id": remote_id, "why": why}), catalog)
    click.echo(f"Recorded: {guid} was imported as {remote_id}. The next build takes it out of the feed.")


@command.command("retry", epilog='Example: feeds results retry anna-0142 --why "new file uploaded"')
@click.argument("guid")
@click.option("--why", required=True, help="What has changed; it stands in the event.")
@catalog_option
def retry(guid: str, why: str, catalog: str | None) -> None:
    """Forget the failures of GUID so far: the next build lists it again."""
    from feeds.building.outcomes import all_results

    result = all_results(folders_of(catalog)).videos.get(guid)
    if result is None or not result.failures:
        raise UsageError(f'"{guid}" has no open failure. `feeds results list` shows those that have.')
    _append(Event(datetime.now(UTC), RETRY, {"guid": guid, "why": why}), catalog)
    click.echo(f"Recorded: {guid} gets another try. The next build lists it.")


def _append(event: Event, catalog: str | None) -> None:
    from feeds.formats import results_yaml
    from feeds.storage.journal import Journal

    Journal(folders_of(catalog).state / "journal").append(results_yaml.render(event))


def _raw(event: Event) -> str:
    return event.text("raw") or event.text("raw_base64") or json.dumps(dict(event.fields), ensure_ascii=False)


def _times(number: int) -> str:
    return {1: "once", 2: "twice"}.get(number, f"{number} times")
