"""`feeds push`: send a corrected entry's texts and category to Dailymotion, for a video that was imported before."""

from typing import TYPE_CHECKING

import click

from feeds.commands._parent import me, now, parent_of
from feeds.commands.options import catalog_option, folders_of
from feeds.core.errors import UsageError
from feeds.formats.terminal import visible

if TYPE_CHECKING:
    from feeds.core.events import VideoResult
    from feeds.core.item import Item
    from feeds.correcting.known import Known
    from feeds.correcting.pushing import Outcome

_SHOWN = 200  # characters of a description


@click.command("push", epilog="Example: feeds push anna-0142 --dry-run")
@click.argument("guids", metavar="GUID...", nargs=-1, required=True)
@click.option("--dry-run", is_flag=True, help="Show what would be sent, and send nothing.")
@catalog_option
def command(guids: tuple[str, ...], dry_run: bool, catalog: str | None) -> int:
    """Have imported videos show title, description, tags and category as the catalog says them now.

    Nothing else is sent: `relist:` in an entry has the film, rights, captions and pictures read again. Needs the parent
    account's login: `feeds login`, or the settings of a server.
    """
    from feeds.correcting.known import read_known
    from feeds.correcting.pushing import push
    from feeds.storage.journal import Journal

    folders = folders_of(catalog)
    known = read_known(folders, now())
    wanted = _wanted(known, guids)
    outcomes: list[Outcome] = []
    journal = Journal(folders.state / "journal")
    with parent_of(known.network.parent_id) as client:
        for each in push(wanted, client, journal, by=me(), now=now, dry_run=dry_run):
            outcomes.append(each)
            for line in _told(each, dry_run=dry_run):
                click.echo(visible(line))
    count = sum(len(result.live) for _, result in wanted)
    sent = sum(bool(each.difference and each.difference.fields) for each in outcomes)
    troubled = sum(each.trouble is not None for each in outcomes)
    words = (
        f"{sent} video{'' if sent == 1 else 's'} {'would be' if dry_run else 'were' if sent != 1 else 'was'} corrected"
    )
    words += f", {troubled} with trouble" if troubled else ""
    words += f", {count - len(outcomes)} not tried: call this again" if count > len(outcomes) else ""
    click.echo(f"{words}.", err=True)
    return 3 if troubled else 0


def _wanted(known: "Known", guids: tuple[str, ...]) -> "list[tuple[Item, VideoResult]]":
    """Return the items to send. Raises UsageError naming all that can't be sent."""
    from feeds.building.live import queue
    from feeds.core.defaults import item_of

    network, happened = known.network, known.happened
    unwanted = queue(
        known.reads, known.results, happened, archives=known.archives, parent_id=network.parent_id, at=known.at
    )
    ends = {each.guid: each.ground for each in unwanted}
    wanted, refused = [], []
    for guid in dict.fromkeys(guids):
        found, result = known.entry(guid), known.result(guid)
        if guid in ends:
            refused.append(f"{guid!a} is to be taken down ({ends[guid].value}): `feeds takedown {guid}` does it.")
        elif found is None or result.remote_id is None:
            refused.append(f"{guid!a} {known.standing(guid)}.")
        elif not result.live:
            refused.append(
                f"{guid!a} was taken down: `relist: {known.at:%Y-%m-%d}` in its entry has it imported again."
            )
        else:
            user, video = found
            wanted.append((item_of(video, user), result))
    if refused:
        raise UsageError("\n".join([*refused, "Nothing was sent."]))
    return wanted


def _told(outcome: "Outcome", *, dry_run: bool) -> list[str]:
    head = f"{outcome.guid}  {outcome.remote_id}"
    found = outcome.difference
    if found is None:
        return [f"{head}  trouble: {outcome.trouble}"]
    relist = f"`relist: {now():%Y-%m-%d}` in its entry has all of it read again"
    if not found.fields:
        beside = f": what else has changed since the import can't be sent, {relist}" if found.beside else ""
        return [f"{head}  shows what the catalog says{beside}."]
    lines = [f"{head}  {'would be corrected' if dry_run else 'corrected'}"]
    for name, (before, after) in found.fields.items():
        lines += [f"  {name:<11}  was {_short(before)}", f"  {'':<11}  now {_short(after)}"]
    if found.beside:
        lines.append(f"  Something else may have changed since the import, and can't be sent: {relist}.")
    return lines


def _short(text: str) -> str:
    shown = " ".join(text.split())
    return f'"{shown[:_SHOWN]}{"..." if len(shown) > _SHOWN else ""}"' if shown else "nothing"
