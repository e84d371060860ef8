"""--previous: what a build on an empty machine compares with."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

EVENTS, NONE = "events", "none"


def previous_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a verb --previous."""
    return click.option(
        "--previous",
        metavar="URL|DIR|events|none",
        envvar="FEEDS_PREVIOUS",
        show_envvar=True,
        help="What is online, for a folder that is new each time: the published site, a copy of it, what the `listed` "
        "events tell, or nothing yet. URL: FEEDS_SITE_LOGIN=user:password logs in.",
    )(command)


def bring_previous(previous: str | None, out: Path, environ: Mapping[str, str]) -> bool | None:
    """Have `out` hold what is online; return whether events are to tell that, None where nobody has said.

    Raises UsageError, BuildRefused, Unreachable, StorageError: then nothing may be built.
    """
    from feeds.access_settings import site_login
    from feeds.building.previous import Folder, Site, bring
    from feeds.building.previous_address import Address
    from feeds.core.errors import UsageError

    if not previous:
        return None
    if previous in (EVENTS, NONE):
        return previous == EVENTS
    if "://" in previous:
        site: Site = Address(previous, site_login(environ))
    elif Path(previous).is_dir():
        if Path(previous).resolve() == out.resolve():
            raise UsageError(f"--previous: {previous} is the folder that is built into, so it is compared with anyway.")
        site = Folder(Path(previous))
    else:
        raise UsageError(f'--previous: "{previous}" is no address, no folder, and neither "events" nor "none".')
    bring(site, out)
    return None
