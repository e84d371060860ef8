"""`feeds notify`: tell the network's people, by their webhook, what is new."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from feeds.commands.options import Moment, catalog_option, folders_of

if TYPE_CHECKING:
    from feeds.core.notices import Notice
    from feeds.settings import Folders


@click.command("notify", epilog="Example: feeds notify --catalog ~/nord --dry-run")
@catalog_option
@click.option("--dry-run", is_flag=True, help="Show what would be told; tell and remember nothing.")
@click.option("--at", type=Moment(), metavar="TIME", help="Judge as of this moment (with --dry-run; default: now).")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to show what is told.")
def command(catalog: str | None, dry_run: bool, at: datetime | None, form: str) -> int:
    """POST what newly needs a person to the webhook in FEEDS_NOTIFY_URL, as one message.

    What was told before is not told again. If the webhook doesn't take it, the exit code is 3, and the next run tells
    it. One run at a time; `feeds sync --watch` starts it by itself.
    """
    from feeds.commands._webhook import send
    from feeds.core.errors import UsageError
    from feeds.formats import notice as notice_format
    from feeds.settings import folders, notify_url

    if at and not dry_run:
        raise UsageError("--at goes with --dry-run: what is told, is told as of now.")
    its = folders(os.environ, catalog=catalog)
    if not (its.state / "checkout" / "catalog.yaml").exists():  # what `feeds sync` publishes, whatever the clone has
        folders_of(catalog)
    if dry_run:
        notice = _would_be_told(its, at or datetime.now(UTC).replace(microsecond=0))
    else:
        url = notify_url(os.environ)
        notice = tell(its, datetime.now(UTC).replace(microsecond=0), lambda body: send(url, body))
    if form == "json":
        click.echo(notice_format.render(notice) if notice else b"null\n", nl=False)
    else:
        click.echo((notice_format.render_text(notice) if notice else "Nothing is new.").encode())
    return 0


def tell(folders: "Folders", at: datetime, send: Callable[[bytes], None]) -> "Notice | None":
    """Send what is new, remember that it was told, and return it; None where nothing is, or another run is at work.

    What `send` raises is passed on, and nothing is remembered. Whoever is killed in between tells it once more.
    """
    from feeds.building.status import read_status
    from feeds.core.notices import compare
    from feeds.formats import notice as notice_format
    from feeds.storage import told
    from feeds.storage.locked import locked
    from feeds.storage.static_dir import clear_leftovers

    folder = folders.state / "notices"
    with locked(folder, again="notify", wait=False) as lock:
        if lock is None:
            click.echo("Another `feeds notify` is at work here.", err=True)
            return None
        clear_leftovers(folder)
        before = told.read_told(folder)
        notice, after = compare(read_status(folders, at), before)
        if after != before:
            told.remember(folder, after, lambda: send(notice_format.render(notice)) if notice else None)
        return notice


def _would_be_told(folders: "Folders", at: datetime) -> "Notice | None":
    from feeds.building.status import read_status
    from feeds.core.notices import compare
    from feeds.storage.told import read_told

    return compare(read_status(folders, at), read_told(folders.state / "notices"))[0]
