"""`feeds partners verify` and `adopt`: what Dailymotion knows of our children, and one more child by its password."""

import json
import os
from typing import TYPE_CHECKING

import click

from feeds.commands._parent import me, now
from feeds.commands.options import catalog_option, folders_of
from feeds.core.errors import UsageError

if TYPE_CHECKING:
    from feeds.dailymotion.client import Client
    from feeds.onboarding.verifying import Account, Drift

# So many departures at once, and this share of all, are more likely a fault than the truth.
_MANY, _SHARE = 10, 0.30


@click.command("verify", epilog="Example: feeds partners verify --record")
@click.argument("user", required=False)
@click.option("--record", "wanted", is_flag=True, help="Record the adopted and left events that are missing.")
@click.option("--left", type=click.IntRange(0), help="How many may be recorded as left, where many have.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to show it.")
@catalog_option
def verify(user: str | None, wanted: bool, left: int | None, form: str, catalog: str | None) -> int:
    """Compare Dailymotion's list of our children with the events and the catalog; USER alone if named.

    No login is needed. Exits with 1 where they disagree and nothing was recorded. A network that has children already
    starts with --record.
    """
    from feeds.dailymotion.client import Client
    from feeds.formats import results_yaml
    from feeds.onboarding import verifying
    from feeds.onboarding.register import Register
    from feeds.settings import dailymotion_settings
    from feeds.storage.journal import Journal

    its = folders_of(catalog)
    register, settings = Register(its), dailymotion_settings(os.environ)[0]
    with Client(settings) as client:
        drift = verifying.verify(register, client, user)
    click.echo(_json(drift) if form == "json" else _text(drift))
    if drift.is_none or not wanted:
        return 0 if drift.is_none else 1
    _refuse_many(drift, left)
    events = drift.events(register.network().parent_id, by=me(), now=now())
    Journal(its.state / "journal").append(b"".join(map(results_yaml.render, events)))
    click.echo(f"Recorded: {len(drift.unrecorded)} adopted, {len(drift.gone)} left.", err=True)
    return 0


@click.command("adopt", epilog="Example: feeds partners adopt --as annacooks")
@click.option("--as", "username", required=True, metavar="USERNAME", help="The child account whose password we hold.")
@catalog_option
def adopt(username: str, catalog: str | None) -> None:
    """Adopt an account whose password we hold: log in as it, by the password grant, and join.

    The password is asked for, or read from standard input; it is never kept. The account must be in the catalog or
    approved. https://developers.dailymotion.com/mcn (Dailymotion Connect).
    """
    import sys
    from contextlib import ExitStack

    from feeds.core.partners import Welcome
    from feeds.dailymotion import oauth
    from feeds.dailymotion.client import Client
    from feeds.dailymotion.values import PARTNER_SCOPES
    from feeds.onboarding.joining import Joining, account_of
    from feeds.onboarding.register import Register
    from feeds.settings import dailymotion_settings
    from feeds.storage.journal import Journal

    its, (settings, _) = folders_of(catalog), dailymotion_settings(os.environ)
    if sys.stdin.isatty():
        password = click.prompt(f"Password of {username}", hide_input=True)
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise UsageError(f"No password was given for {username}.")
    token = oauth.by_password(settings, username, password, scopes=PARTNER_SCOPES)
    with Client(settings, token) as client, ExitStack() as farewell:
        farewell.callback(_end, client)
        account = account_of(client, token)
        joining = Joining(its, Register(its), Journal(its.state / "journal"), api=settings.api)
        if joining.foresee(account, None, now()) is not Welcome.ADOPT:
            raise UsageError(
                f"{account.username} ({account.id}) is neither in the catalog nor approved. "
                f"Approve it first: feeds partners approve {account.id} --why ..."
            )
        joining.join(account, client, token, now=now())
        click.echo(f"Adopted: {account.username} ({account.id}). The next build lists them.")


def _end(client: "Client") -> None:
    """End a login that is of no more use, if Dailymotion can be reached."""
    from contextlib import suppress

    from feeds.dailymotion.errors import DailymotionError

    with suppress(DailymotionError):
        client.log_out()


def _refuse_many(drift: "Drift", left: int | None) -> None:
    gone, before = len(drift.gone), len(drift.gone) + drift.agreed
    if gone >= _MANY and gone > _SHARE * before and (left or 0) < gone:
        raise UsageError(
            f"{gone} of {before} partners would be recorded as left, and all their videos would leave the feeds. "
            f"If that is true, say so: --left {gone}. Nothing was recorded."
        )


def _text(drift: "Drift") -> str:
    from feeds.formats.terminal import visible

    lines = [f"{drift.agreed} partners are children at Dailymotion, as the events say."]
    for accounts, words in (
        (drift.unrecorded, "children at Dailymotion, and no event says so (--record adds `adopted`)"),
        (drift.gone, "adopted by the events, and no children at Dailymotion (--record adds `left`)"),
        (drift.missing, "in the catalog, and no children at Dailymotion: they have not connected"),
        (drift.unlisted, "children at Dailymotion, and not in the catalog: they have empty feeds"),
    ):
        if accounts:
            lines += [f"{len(accounts)} {words}:", *(f"  {_name(account)}" for account in accounts)]
    if drift.renamed:
        lines.append(f"{len(drift.renamed)} with another username at Dailymotion than in the catalog:")
        lines += [f"  {_name(account)} is {theirs} there" for account, theirs in drift.renamed]
    if drift.unseen:
        lines.append("Dailymotion shows about 1,000 children and has more: those whom we don't know stay unseen.")
    return "\n".join(map(visible, lines))


def _name(account: "Account") -> str:
    return f"{account.username} ({account.id})"


def _json(drift: "Drift") -> str:
    def plain(accounts: "tuple[Account, ...]") -> list[dict[str, str]]:
        return [{"id": account.id, "username": account.username} for account in accounts]

    record = {
        "agreed": drift.agreed,
        "unrecorded": plain(drift.unrecorded),
        "gone": plain(drift.gone),
        "renamed": [{**plain((account,))[0], "there": theirs} for account, theirs in drift.renamed],
        "unlisted": plain(drift.unlisted),
        "missing": plain(drift.missing),
        "unseen": drift.unseen,
    }
    return json.dumps(record, ensure_ascii=False, indent=1)
