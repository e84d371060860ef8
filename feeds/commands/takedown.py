"""`feeds takedown`: take down what is still live on Dailymotion and should not be."""

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from feeds.commands._parent import me, now, parent_of
from feeds.commands.options import catalog_option, folders_of
from feeds.core.errors import UsageError
from feeds.formats.terminal import visible

if TYPE_CHECKING:
    from feeds.core.live import StillLive
    from feeds.correcting.taking_down import Outcome
    from feeds.settings import Folders

_DONE = {"delete": "deleted", "unpublish": "unpublished", "gone": "gone already"}


@click.command("takedown", epilog="Example: feeds takedown --dry-run")
@click.argument("guids", metavar="[GUID]...", nargs=-1)
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@click.option("--yes", is_flag=True, help="Don't ask.")
@click.option(
    "--how",
    type=click.Choice(["delete", "unpublish"]),
    default="delete",
    show_default=True,
    help="Delete for good, or only unpublish.",
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to show it.")
@catalog_option
def command(guids: tuple[str, ...], dry_run: bool, yes: bool, how: str, form: str, catalog: str | None) -> int:
    """Take down videos that were imported and that should be online no more: all of them, or only those given.

    They are withdrawn, gone from the catalog, of a partner who was rejected, or their rights are over. Needs the parent
    account's login: `feeds login`, or the settings of a server.
    """
    folders = folders_of(catalog)
    queue = list(_queue(folders, guids))
    count = sum(len(each.remote_ids) for each in queue)
    if form == "text" or not (dry_run or yes):
        _show(queue, err=form == "json")
    if dry_run or not count:
        if form == "json":
            click.echo(_json([_record(each, name) for each in queue for name in each.remote_ids]))
        click.echo(f"{_videos(count)} would be taken down." if count else "Nothing is to be taken down.", err=True)
        return 0
    if not yes:
        _confirm(count, how)
        # Whoever has thought about it for an hour must not delete what was put right meanwhile.
        wanted = {each.guid: each for each in queue}
        queue = [each for each in _queue(folders, ()) if each == wanted.get(each.guid)]
        count = sum(len(each.remote_ids) for each in queue)
    outcomes = _take_down(queue, folders, how, form)
    if form == "json":
        click.echo(_json([_record(each.video, each.remote_id, each) for each in outcomes]))
    return _sum_up(outcomes, count)


def _queue(folders: "Folders", guids: Sequence[str]) -> "Iterator[StillLive]":
    """Yield what is to be taken down; with guids those alone. Raises UsageError for one that has no place there."""
    from feeds.building.live import read_still_live

    queue = {each.guid: each for each in read_still_live(folders, now())}
    if not guids:
        yield from queue.values()
        return
    refused = []
    if missing := [guid for guid in dict.fromkeys(guids) if guid not in queue]:
        from feeds.correcting.known import read_known

        known = read_known(folders, now())
        for guid in missing:
            result = known.result(guid)
            if result.taken_down and not result.live:
                click.echo(visible(f"{guid}: taken down already."), err=True)
            else:
                refused.append(f"{guid!a} {known.standing(guid)}.")
    if refused:
        raise UsageError(
            "\n".join([*refused, "Nothing was done: `feeds takedown --dry-run` shows what is to be done."])
        )
    yield from (queue[guid] for guid in dict.fromkeys(guids) if guid in queue)


def _take_down(queue: "Sequence[StillLive]", folders: "Folders", how: str, form: str) -> "list[Outcome]":
    from feeds.building.results import built_from
    from feeds.building.sources import CatalogText
    from feeds.correcting.taking_down import take_down
    from feeds.storage.journal import Journal

    count = sum(len(each.remote_ids) for each in queue)
    outcomes: list[Outcome] = []
    if not count:
        return outcomes
    parent_id = CatalogText(built_from(folders)).network.network.parent_id
    with parent_of(parent_id) as client:
        for each in take_down(queue, client, Journal(folders.state / "journal"), how=how, by=me(), now=now):
            outcomes.append(each)
            what = _DONE[each.how] if each.how else f"trouble: {each.trouble}"
            click.echo(
                visible(f"{len(outcomes)}/{count}  {each.video.guid}  {each.remote_id}  {what}"), err=form == "json"
            )
    return outcomes


def _show(queue: "Sequence[StillLive]", *, err: bool) -> None:
    from feeds.correcting.taking_down import reason_of

    rows = [(each.guid, ", ".join(each.remote_ids), each.user or "-", reason_of(each)) for each in queue]
    widths = [max((len(row[number]) for row in rows), default=0) for number in range(3)]
    for row in rows:
        cells = [f"{cell:<{width}}" for cell, width in zip(row, widths, strict=False)]
        click.echo(visible("  ".join([*cells, row[3]])), err=err)


def _confirm(count: int, how: str) -> None:
    what = "Delete" if how == "delete" else "Unpublish"
    more = ", for good" if how == "delete" else ""
    question = f"{what} {_videos(count)} on Dailymotion{more}? Type {count}, or y"
    typed = click.prompt(question, default="", show_default=False, err=True).strip().lower()
    if typed not in {str(count), "y", "yes"}:
        click.echo("Nothing was done.", err=True)
        raise click.Abort


def _record(video: "StillLive", remote_id: str, outcome: "Outcome | None" = None) -> dict[str, str | None]:
    return {
        "guid": video.guid,
        "remote_id": remote_id,
        "user": video.user,
        "ground": video.ground.value,
        "why": video.why or None,
        "how": outcome.how if outcome else None,
        "trouble": outcome.trouble if outcome else None,
    }


def _json(rows: list[dict[str, str | None]]) -> str:
    return json.dumps({"videos": rows}, ensure_ascii=False, indent=1)


def _sum_up(outcomes: "Sequence[Outcome]", count: int) -> int:
    done = [each.how for each in outcomes if each.how]
    gone, troubled = done.count("gone"), len(outcomes) - len(done)
    words = f"{_videos(len(done))} taken down"
    words += f", {gone} of them gone already" if gone else ""
    words += f"; {troubled} with trouble" if troubled else ""
    left = count - len(done)
    click.echo(f"{words}." + (f" {left} left: call this again." if left else ""), err=True)
    return 3 if troubled else 0


def _videos(count: int) -> str:
    return f"{count} video{'' if count == 1 else 's'}"
