"""`feeds report`: revenues and numbers of the partners' accounts, and what became of what was listed."""

from datetime import UTC, datetime
from pathlib import Path

import click

from feeds.commands._report import asked, kept_options, shared_options, show
from feeds.commands.options import folders_of
from feeds.core.revenue import PERIODS


@click.group("report", epilog="Example: feeds report revenue --format html --out revenue.html")
def command() -> None:
    """Report revenues, numbers of the partners' accounts, and imports: to read, for a spreadsheet, as a page."""


@command.command("revenue", epilog="Example: feeds report revenue --period last_month --format csv --out month.csv")
@shared_options
@kept_options
@click.option(
    "--period", type=click.Choice(PERIODS), default="total", show_default=True, help="What time the revenues are of."
)
def revenue(
    users: tuple[str, ...], period: str, form: str, out: Path | None, save: bool, since: str | None, catalog: str | None
) -> int:
    """Report the revenues of all children, or of the users named (by id or username): net, in USD.

    What Dailymotion doesn't tell is unknown, and in no sum. Needs the parent account's login: `feeds login`, or the
    settings of a server. Exits with 3 where not everybody could be read.
    """
    from feeds.core.account_report import revenues

    return asked(revenues(period), folders_of(catalog), users, form=form, out=out, save=save, since=since)


@command.command("users", epilog="Example: feeds report users --save")
@shared_options
@kept_options
def users(
    users: tuple[str, ...], form: str, out: Path | None, save: bool, since: str | None, catalog: str | None
) -> int:
    """Report the status of all children's accounts, or of the users named, and their videos, views and followers.

    Needs the parent account's login. Exits with 3 where not everybody could be read.
    """
    from feeds.core.account_report import USERS

    return asked(USERS, folders_of(catalog), users, form=form, out=out, save=save, since=since)


@command.command("imports", epilog="Example: feeds report imports --format html --out imports.html")
@shared_options
@click.option("--by", type=click.Choice(["user", "month"]), help="One of the two tables alone (CSV: user).")
def imports(users: tuple[str, ...], by: str | None, form: str, out: Path | None, catalog: str | None) -> None:
    """Report how many videos were listed, imported and failed, by user and by month, and how long imports took.

    From the events alone: nobody is asked, and no login is needed.
    """
    import gc
    from dataclasses import replace

    from feeds.reporting.imports import import_report

    gc.disable()
    report = import_report(folders_of(catalog), users, at=datetime.now(UTC).replace(microsecond=0))
    if by is not None or form == "csv":
        report = replace(report, tables=tuple(each for each in report.tables if each.of == (by or "user")))
    show(report, form, out)
