"""`feeds children`: the fields of a partner's account, shown and written with the parent account's login."""

from collections.abc import Mapping

import click

from feeds.commands._parent import now, parent_of
from feeds.commands.options import catalog_option, folders_of
from feeds.formats.terminal import visible

_SHOWN = 200  # characters of a description


@click.group("children", epilog="Example: feeds children show annacooks")
def command() -> None:
    """Look at the fields of a partner's account, and write them."""


@command.command("show", epilog="Example: feeds children show annacooks")
@click.argument("user")
@catalog_option
def show(user: str, catalog: str | None) -> None:
    """Show what can be written of the account of USER, an id or a username, and what stands there now."""
    from feeds.correcting.accounts import shown

    user_id, username, parent_id = _named(catalog, user)
    with parent_of(parent_id) as client:
        values = shown(client, user_id)
    click.echo(visible(f"{username} ({user_id})"))
    for name, value in values.items():
        click.echo(visible(f"  {name:<12}{_short(value)}"))


@command.command("set", epilog='Example: feeds children set annacooks "description=Tarts and more" country=fr')
@click.argument("user")
@click.argument("fields", metavar="FIELD=VALUE...", nargs=-1, required=True)
@click.option("--dry-run", is_flag=True, help="Show what would be written, and write nothing.")
@click.option("--yes", is_flag=True, help="Don't ask.")
@catalog_option
def set_(user: str, fields: tuple[str, ...], dry_run: bool, yes: bool, catalog: str | None) -> int:
    """Write fields of the account of USER, an id or a username: only what differs, and after a question."""
    from feeds.core.account_fields import parse
    from feeds.correcting.accounts import differing, shown, write

    wanted = parse(fields)
    user_id, username, parent_id = _named(catalog, user)
    with parent_of(parent_id) as client:
        before = shown(client, user_id)
        changes = differing(before, wanted)
        if not changes:
            click.echo(visible(f"{username} ({user_id}) shows all of this already."))
            return 0
        click.echo(visible(f"{username} ({user_id})"))
        _tell(before, changes)
        if dry_run:
            click.echo("Nothing was written.", err=True)
            return 0
        if not yes and not click.confirm("Write this on Dailymotion?", err=True):
            click.echo("Nothing was written.", err=True)
            return 1
        left = write(client, user_id, changes)
    for name in left:
        click.echo(f"{name} was taken, and isn't shown yet: look again with `feeds children show {user_id}`.", err=True)
    click.echo(f"{len(changes) - len(left)} of {len(changes)} written, as looked up since.", err=True)
    return 1 if left else 0


def _named(catalog: str | None, user: str) -> tuple[str, str, str]:
    """Return the id and username of an adopted account, and its parent's id. Raises UsageError."""
    from feeds.correcting.accounts import account_named, adopted_accounts
    from feeds.correcting.known import read_known

    known = read_known(folders_of(catalog), now())
    adopted = adopted_accounts(known)
    user_id = account_named(adopted, user)
    return user_id, adopted[user_id], known.network.parent_id


def _tell(before: Mapping[str, str], changes: Mapping[str, str]) -> None:
    for name, value in changes.items():
        click.echo(visible(f"  {name:<12}was {_short(before[name])}"))
        click.echo(visible(f"  {'':<12}now {_short(value)}"))


def _short(text: str) -> str:
    words = " ".join(text.split())
    return f'"{words[:_SHOWN]}{"..." if len(words) > _SHOWN else ""}"' if words else "nothing"
