"""`feeds archive`: put imported videos out of the editors' sight."""

from datetime import datetime
from typing import TYPE_CHECKING

import click

from feeds.commands._parent import now
from feeds.commands.options import Moment, catalog_option, folders_of
from feeds.core.errors import UsageError
from feeds.formats.terminal import visible

if TYPE_CHECKING:
    from feeds.correcting.archiving import Archived
    from feeds.correcting.known import Known

_NAMES_SHOWN = 5


@click.command("archive", epilog="Example: feeds archive x2anna --before 2026-01-01")
@click.argument("users", metavar="[USER]...", nargs=-1)
@click.option("--before", type=Moment(), metavar="TIME", help="Only what was imported before this moment.")
@click.option("--dry-run", is_flag=True, help="Say what would move, and move nothing.")
@catalog_option
def command(users: tuple[str, ...], before: datetime | None, dry_run: bool, catalog: str | None) -> int:
    """Move imported videos out of users' files into users/<id>.archive.yaml, with the comments above them.

    They are never listed again, but stay known: nobody else gets their guids, and `withdraw:` there has them taken
    down. What was changed since its import, is to be listed again or to be taken down stays. Commit what this changes.
    """
    from feeds.correcting.archiving import archive
    from feeds.correcting.known import read_known

    folders = folders_of(catalog)
    known = read_known(folders, now(), as_built=False)
    ids = _ids(known, users)
    moved = refused = 0
    for each in archive(folders.catalog, known, ids, before=before, dry_run=dry_run):
        moved, refused = moved + len(each.guids), refused + (each.trouble is not None)
        click.echo(visible(_told(each)), err=each.trouble is not None)
    verb = "would be" if dry_run else "was" if moved == 1 else "were"
    words = f"{moved} video{'' if moved == 1 else 's'} {verb} archived"
    click.echo(f"{words}{f'; {refused} refused' if refused else ''}.", err=True)
    return 1 if refused else 0


def _ids(known: "Known", users: tuple[str, ...]) -> set[str]:
    """Return the ids of users given by id or username. Raises UsageError naming all that the catalog doesn't have."""
    ids = {user_id for each in known.reads if (user_id := each.user.id if each.user else each.claimed_id)}
    by_name = {each.user.username: each.user.id for each in known.reads if each.user}
    if unknown := [user for user in users if user not in ids and user not in by_name]:
        raise UsageError(
            f"{', '.join(f'{each!a}' for each in unknown)}: no user of the catalog has this id or username."
        )
    return {user if user in ids else by_name[user] for user in users}


def _told(its: "Archived") -> str:
    name = f"{its.username} ({its.user_id})" if its.username else its.user_id
    if its.trouble:
        return f"{name}: {its.trouble}"
    more = len(its.guids) - _NAMES_SHOWN
    names = ", ".join(its.guids[:_NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")
    return f"{name}: {len(its.guids)} into {its.archive}, {its.left} left: {names}"
