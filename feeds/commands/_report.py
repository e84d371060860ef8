"""How a report is asked for, shown and kept: what the verbs of `feeds report` share."""

import re
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from feeds.commands._parent import now, parent_of
from feeds.commands.options import catalog_option
from feeds.core.errors import UsageError

if TYPE_CHECKING:
    from feeds.core.account_report import Question
    from feeds.core.report_comparison import Earlier
    from feeds.core.reports import Report
    from feeds.reporting.asking import Asking
    from feeds.settings import Folders

Command = Callable[..., Any]
FORMS = ("table", "csv", "json", "html")


def shared_options(command: Command) -> Command:
    """Give a verb what every report has: USER, --format, --out, --catalog."""
    for add in (
        catalog_option,
        click.option("--out", type=click.Path(path_type=Path), metavar="FILE", help="Write it there instead."),
        click.option("--format", "form", type=click.Choice(FORMS), default="table", help="How to show it."),
        click.argument("users", nargs=-1, metavar="[USER]..."),
    ):
        command = add(command)
    return command


def kept_options(command: Command) -> Command:
    """Give a verb --save and --since."""
    for add in (
        click.option(
            "--since", metavar="MONTH", help="Show what has changed since the last one saved by then: 2026-10."
        ),
        click.option("--save", is_flag=True, help="Keep it below reports/ in the catalog's folder, one a day."),
    ):
        command = add(command)
    return command


def asked(
    question: "Question", folders: "Folders", users: tuple[str, ...], *,
    form: str, out: Path | None, save: bool, since: str | None,
) -> int:  # fmt: skip
    """Ask Dailymotion, show what it told, and return the exit code; ^C shows what was told by then."""
    from feeds.core.account_report import account_report
    from feeds.core.report_accounts import unread
    from feeds.onboarding.register import Register
    from feeds.reporting.asking import Asking
    from feeds.reporting.wanted import read_wanted

    if save and users:
        raise UsageError("--save keeps the report about everybody: leave the users out, or --save.")
    since = since and _until(since)
    earlier = _earlier(question, folders, since) if since else None
    register = Register(folders)
    network, wanted = register.network(), read_wanted(register, users)
    with parent_of(network.parent_id) as client:
        asking = Asking(client, network.parent_id, question.fields, _wait)
        interrupted = _interrupted(lambda: asking.ask(wanted))
    report = account_report(question, wanted, asking.answers, network=network.name, at=now())
    left = unread(wanted, asking.answers)
    whole = not interrupted and (left == 0 or left < len(report.tables[0].rows))
    if save and whole:
        _save(report, folders)
    elif save:
        click.echo("Nothing was saved: what was read is too little.", err=True)
    show(_compared(report, earlier, wanted.named) if earlier else report, form, out)
    return _sum_up(asking, left, interrupted=interrupted)


def show(report: "Report", form: str, out: Path | None, *, table: int = 0) -> None:
    """Print a report, or write it to a file, which is old or new at any moment."""
    from feeds.formats import report_csv, report_html, report_json, report_table

    if form == "csv":
        text = report_csv.render(report.tables[table])
    else:
        text = {"table": report_table, "json": report_json, "html": report_html}[form].render(report)
    if out is None:
        click.echo(text.encode(), nl=False)
        return
    from feeds.storage.static_dir import publish, stage

    publish(stage(out, text.encode()), out)
    click.echo(f"Written: {out}", err=True)


def _interrupted(ask: Callable[[], None]) -> bool:
    try:
        ask()
    except KeyboardInterrupt:
        return True
    return False


def _wait(seconds: float) -> None:
    import time

    click.echo(f"Dailymotion wants fewer requests: waiting {seconds:g} s. ^C shows what was read so far.", err=True)
    time.sleep(seconds)


def _sum_up(asking: "Asking", left: int, *, interrupted: bool) -> int:
    calls, answers, count = asking.calls, asking.answers, len(asking.answers.children)
    words = f"{count:,} {'child' if count == 1 else 'children'} read in {calls:,} call{'' if calls == 1 else 's'}"
    click.echo(f"{words}; {left:,} not read." if left else f"{words}.", err=True)
    if interrupted:
        return 130
    if asking.first is not None:
        click.echo(f"error: {asking.first}", err=True)
    return 3 if left or answers.list_trouble is not None else 0


def _save(report: "Report", folders: "Folders") -> None:
    from feeds.formats import report_snapshot
    from feeds.storage import snapshots

    path = snapshots.write(folders.catalog, report.name, report.at.date(), report_snapshot.render(report))
    click.echo(f"Saved: {path}. Commit it as any edit.", err=True)


def _until(since: str) -> str:
    """Return the last day that counts, as files are named; any day for a month's last. Raises UsageError."""
    found = re.fullmatch(r"([0-9]{4}-[0-9]{2})(-[0-9]{2})?", since)
    try:
        date.fromisoformat(f"{found[1]}{found[2] or '-01'}" if found else "")
    except ValueError:
        raise UsageError(f'"{since}" is no month: write --since 2026-10, or a day, 2026-10-31.') from None
    return since if found and found[2] else f"{since}-31"


def _earlier(question: "Question", folders: "Folders", until: str) -> "tuple[datetime, Earlier]":
    from feeds.core.errors import StorageError
    from feeds.formats import report_snapshot
    from feeds.storage import snapshots

    kept = snapshots.days(folders.catalog, question.name)
    day = max((day for day in kept if day <= until), default=None)
    if day is None:
        there = f"the earliest there is of {kept[0]}" if kept else "there is none at all"
        raise UsageError(
            f"No such report was saved by then: {there}, in {folders.catalog / snapshots.FOLDER / question.name}.\n"
            "`--save` keeps one; call it once a month, or every day."
        )
    path, text = snapshots.read(folders.catalog, question.name, day)
    try:
        return report_snapshot.parse(text, question.columns)
    except ValueError as error:
        raise StorageError(f"{path} can't be understood: {error}. Bring it back as it was (git log -p).") from error


def _compared(report: "Report", earlier: "tuple[datetime, Earlier]", named: tuple[str, ...] | None) -> "Report":
    from dataclasses import replace

    from feeds.core.report_comparison import compare

    taken, then = earlier
    then = then if named is None else {user: its for user, its in then.items() if user in named}
    return replace(report, tables=(compare(report.tables[0], then, taken=taken),))
