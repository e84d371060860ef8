"""Options that several verbs share."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import click

from feeds.settings import Folders

Command = Callable[..., Any]


def catalog_option(command: Command) -> Command:
    """Give a verb --catalog."""
    return click.option(
        "--catalog",
        metavar="DIR",
        envvar="FEEDS_CATALOG",
        show_envvar=True,
        help="Folder of catalog.yaml (default: the current one).",
    )(command)


def folders_of(catalog: str | None) -> Folders:
    """Return the folders for the --catalog that was given. Raises UsageError where there is no catalog.

    Every verb asks at once: one that records an event must not make a state folder in whatever folder it stands.
    """
    import os

    from feeds.core.errors import UsageError
    from feeds.settings import folders

    its = folders(os.environ, catalog=catalog)
    if not (its.catalog / "catalog.yaml").exists():
        raise UsageError(
            f"{its.catalog / 'catalog.yaml'} can't be read: No such file or directory.\n"
            "Name the catalog's folder with --catalog DIR or FEEDS_CATALOG; `feeds new DIR` starts one."
        )
    return its


class Moment(click.ParamType[datetime]):
    """A moment as people write it: a date (its midnight, UTC), or a time with its zone."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Return the moment, in UTC and whole seconds."""
        if isinstance(value, datetime):
            return value
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f'"{value}" is no time: write 2026-11-24, or 2026-11-24T21:00:00+01:00.', param, ctx)
        if moment.tzinfo is None:
            if len(value) > len("2026-11-24"):
                self.fail(f'"{value}" lacks its zone: add Z, or +01:00.', param, ctx)
            moment = moment.replace(tzinfo=UTC)
        return moment.astimezone(UTC).replace(microsecond=0)


class Age(click.ParamType[timedelta]):
    """An age: days, hours, or 0."""

    name = "age"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        """Return the span."""
        import re

        found = re.fullmatch(r"([0-9]{1,4})(d|h)", str(value))
        if found is None and value != "0":
            self.fail(f'"{value}" is no age: write 1d, 36h or 0.', param, ctx)
        number = int(found[1]) if found else 0
        return timedelta(hours=number) if found and found[2] == "h" else timedelta(days=number)
