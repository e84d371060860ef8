"""`feeds results`: what came back from Dailymotion, and what people know of it."""

import csv
import io
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from feeds.commands._late_callbacks import ingest, letters
from feeds.commands.options import catalog_option, folders_of
from feeds.core.errors import UsageError
from feeds.core.events import IMPORTED, RETRY, UNDONE, Event, VideoResult
from feeds.core.history import said
from feeds.formats.terminal import visible

if TYPE_CHECKING:
    from feeds.building.outcomes import Told


@click.group("results", epilog="Example: feeds results list --format json")
def command() -> None:
    """Look at what came back from Dailymotion, and record what people know."""


command.add_command(ingest)
command.add_command(letters)


@command.command("list", epilog="Example: feeds results list --format json")
@catalog_option
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to show it.")
@click.option("--ids", is_flag=True, help="Show what was told of each, with the ids by which `undo` takes it back.")
def list_(catalog: str | None, form: str, ids: bool) -> None:
    """List every video that has a result: imported, failed, or imported twice."""
    from feeds.building.outcomes import all_results

    results = all_results(folders_of(catalog))
    if form == "json":
        rows = [
            {
                "guid": guid,
                "remote_id": result.remote_id,
                "failures": len(result.failures),
                "conflicts": list(result.conflicts),
                **({"events": [_record(each) for each in results.told[guid]]} if ids else {}),
            }
            for guid, result in results.videos.items()
        ]
        click.echo(json.dumps({"videos": rows, "unclear": len(results.unclear)}, ensure_ascii=False, indent=1))
        return
    width = max((len(guid) for guid in results.videos), default=0)
    for guid, result in results.videos.items():
        click.echo(visible(f"{guid:<{width}}  {_state(result)}"))
        for told in results.told[guid] if ids else ():
            taken_back = f", taken back: {told.undone.text('why')}" if told.undone else ""
            click.echo(visible(f"    {told.id}  {told.event.at:%Y-%m-%d %H:%M}  {said(told.event)}{taken_back}"))
    imported = sum(result.remote_id is not None for result in results.videos.values())
    click.echo(f"{imported} imported, {len(results.failed)} failed, {len(results.unclear)} unclear.", err=True)


def _state(result: VideoResult) -> str:
    state = f"imported as {result.remote_id}" if result.remote_id else "not imported"
    if result.failures and not result.remote_id:
        state = f"failed {_times(len(result.failures))}: {result.failures[-1].status}"
    if result.conflicts:
        state += f"; again as {', '.join(result.conflicts)}: ask your content manager to delete the second"
    return state


def _record(told: "Told") -> dict[str, str | None]:
    from feeds.formats.results_yaml import render_time

    return {
        "id": told.id,
        "at": render_time(told.event.at),
        "event": told.event.event,
        "remote_id": told.event.text("remote_id"),
        "status": told.event.text("status"),
        "undone": told.undone.text("why") if told.undone else None,
    }


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
    _append([Event(datetime.now(UTC), IMPORTED, {"guid": guid, "remote_id": remote_id, "why": why})], catalog)
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
    _append([Event(datetime.now(UTC), RETRY, {"guid": guid, "why": why})], catalog)
    click.echo(f"Recorded: {guid} gets another try. The next build lists it.")


@command.command("undo", epilog='Example: feeds results undo 4f1c0a9b2e --why "that video is not ours"')
@click.argument("events", metavar="EVENT...", nargs=-1, required=True)
@click.option("--why", required=True, help="What is false about it; it stands in the event.")
@catalog_option
def undo(events: tuple[str, ...], why: str, catalog: str | None) -> None:
    """Take back an import or a failure that is false: EVENT is its id, as `feeds results list --ids` shows it.

    The same callback stays taken back however often it comes. If that was a mistake, `feeds results record` says so.
    """
    from feeds.building.outcomes import all_results

    told = {each.id: (guid, each) for guid, its in all_results(folders_of(catalog)).told.items() for each in its}
    if unknown := [name for name in events if name not in told]:
        raise UsageError(
            f"{', '.join(f'{name!a}' for name in unknown)}: no import or failure has this id. "
            "`feeds results list --ids` shows them all, `feeds history GUID` those of one video."
        )
    now = datetime.now(UTC)
    new = [name for name in dict.fromkeys(events) if told[name][1].undone is None]
    _append([Event(now, UNDONE, {"undoes": name, "guid": told[name][0], "why": why}) for name in new], catalog)
    for name in dict.fromkeys(events):
        guid, its = told[name]
        done = "Taken back" if name in new else "Taken back before"
        click.echo(visible(f"{done}: {guid}, {said(its.event)}."))
    click.echo("The next build judges without it.")


def _append(events: Iterable[Event], catalog: str | None) -> None:
    from feeds.formats import results_yaml
    from feeds.storage.journal import Journal

    if lines := b"".join(map(results_yaml.render, events)):
        Journal(folders_of(catalog).state / "journal").append(lines)


def _raw(event: Event) -> str:
    return event.text("raw") or event.text("raw_base64") or json.dumps(dict(event.fields), ensure_ascii=False)


def _times(number: int) -> str:
    return {1: "once", 2: "twice"}.get(number, f"{number} times")
