"""`feeds reconcile`: catalog and events against what really is on Dailymotion."""

import sys
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from feeds.commands._parent import me, now, parent_of
from feeds.commands.options import Age, catalog_option, folders_of
from feeds.core.errors import UsageError
from feeds.formats.terminal import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from feeds.core.online import Difference
    from feeds.correcting.known import Known
    from feeds.dailymotion.client import Client
    from feeds.formats.reconcile_text import Found
    from feeds.reconciling.reading import Read
    from feeds.settings import Folders

MAX_CALLS = 5000


@click.command("reconcile", epilog="Example: feeds reconcile; feeds reconcile annacooks --record")
@click.argument("users", nargs=-1, metavar="[USER]...")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to show it.")
@click.option("--max-calls", type=click.IntRange(1), default=MAX_CALLS, show_default=True, help="Calls of the API.")
@click.option(
    "--max-age", type=Age(), default="1h", show_default=True, metavar="AGE",
    help="How long what was read isn't read again: days, hours (36h), or 0.",
)  # fmt: skip
@click.option("--record", is_flag=True, help="Ask for each import without a callback, and record it.")
@click.option("--yes", is_flag=True, help="With --record: don't ask, and record those that leave no doubt.")
@catalog_option
def command(
    users: tuple[str, ...], form: str, max_calls: int, max_age: timedelta, record: bool, yes: bool, catalog: str | None
) -> int:
    """Compare catalog and events with what really is on Dailymotion, for all adopted users or those named.

    What is gone, hidden, still there, doubled, another account's, or was imported without a callback is listed with its
    next step. Exits with 0 where all agree, 1 with differences, 3 where not everybody could be read. ^C shows what was
    read by then, and the next call goes on. Needs the parent account's login: `feeds login`, or a server's settings.
    """
    from feeds.correcting.accounts import account_named, adopted_accounts
    from feeds.correcting.known import read_known
    from feeds.formats.reconcile_text import render, render_json

    if yes and not record:
        raise UsageError("--yes answers what --record asks: give both, or neither.")
    folders = folders_of(catalog)
    known = read_known(folders, now())
    adopted = adopted_accounts(known)
    wanted = {each: adopted[each] for each in (account_named(adopted, name) for name in users)} if users else adopted
    with parent_of(known.network.parent_id) as client:
        found, interrupted = _read(known, wanted, client, folders, max_calls, max_age)
        click.echo(render(found) if form == "text" else render_json(found), nl=False)
        if interrupted:
            return 130
        recorded, troubled = _record(found.differences, client, folders, yes=yes) if record else (0, False)
    if found.unread or troubled:
        return 3
    return 1 if len(found.differences) > recorded else 0


def _read(
    known: "Known", wanted: dict[str, str], client: "Client", folders: "Folders", max_calls: int, max_age: timedelta
) -> tuple["Found", bool]:
    """Return what was found, and whether ^C ended it before everybody was read."""
    import os

    from feeds.formats.reconcile_text import Found
    from feeds.reconciling.expecting import expectations, known_ids
    from feeds.reconciling.memory import Memory
    from feeds.reconciling.reading import Budget, reconcile
    from feeds.settings import dailymotion_settings

    memory, budget = Memory(folders.state, dailymotion_settings(os.environ)[0].api), Budget(max_calls)
    done, troubles = {}, {}
    expected = expectations(known, wanted)
    reading = reconcile(expected, known_ids(known), client, memory, budget, now=known.at, max_age=max_age)
    interrupted = False
    with _progress(reading, len(wanted)) as shown:
        try:
            for each in shown:
                if each.compared is not None:
                    done[each.user] = each.compared
                if each.trouble is not None:
                    troubles[each.user] = each.trouble
        except KeyboardInterrupt:
            interrupted = True
    if len(done) == len(wanted):
        # Whoever mends something and looks again sees it at once. An unfinished reading must get to its end first.
        memory.forget(user for user, its in done.items() if its.differences)
    found = Found(
        known.network.name,
        known.at,
        wanted,
        frozenset(done),
        [each for its in done.values() for each in its.differences],
        sum(its.videos for its in done.values()),
        sum(its.unknown for its in done.values()),
        budget.made,
        troubles,
    )
    return found, interrupted


def _progress(reading: "Iterator[Read]", accounts: int) -> "AbstractContextManager[Iterable[Read]]":
    """Show on a terminal how many accounts are read: two thousand take a quarter of a minute, with many videos more."""
    hidden = not sys.stderr.isatty()
    return click.progressbar(reading, length=accounts, label="Reading accounts", file=sys.stderr, hidden=hidden)


def _record(
    differences: "Sequence[Difference]", client: "Client", folders: "Folders", *, yes: bool
) -> tuple[int, bool]:
    """Ask about each import without a callback and record it; return how many, and whether Dailymotion failed us."""
    from feeds.core.online import Rule
    from feeds.correcting.known import read_known
    from feeds.reconciling.recording import record
    from feeds.storage.journal import Journal

    found = [each for each in differences if each.rule is Rule.NO_CALLBACK and (each.sure or not yes)]
    wanted = [each for each in found if yes or click.confirm(visible(_question(each)), err=True)]
    done, troubled = 0, False
    if wanted:
        journal = Journal(folders.state / "journal")
        for each in record(wanted, read_known(folders, now()), client, journal, by=me(), now=now):
            done, troubled = done + (not each.refusal), troubled or each.trouble
            what = f"not recorded: {each.refusal}" if each.refusal else "recorded as imported"
            click.echo(visible(f"{each.difference.guid}  {each.difference.remote_ids[0]}  {what}"), err=True)
    click.echo(f"{done} import{'' if done == 1 else 's'} recorded.", err=True)
    return done, troubled


def _question(its: "Difference") -> str:
    return f"{its.guid}: {its.what}. Record that it was imported as {its.remote_ids[0]}?"
