"""--previous: what a build on an empty machine compares with."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from feeds.building.previous import Site
    from feeds.syncing.online import Previous

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
    from feeds.building.previous import bring

    if not previous:
        return None
    site = _site_of(previous, out, environ)
    if site is None:
        return previous == EVENTS
    bring(site, out)
    return None


def bring_with_origins(previous: str | None, out: Path, environ: Mapping[str, str]) -> "Previous | None":
    """Do the same, and return what is known of what is online, with the commits it was built from.

    Raises UsageError, BuildRefused, Unreachable, StorageError: then nothing may be built.
    """
    if not previous:
        return None
    from feeds.building.previous import bring
    from feeds.syncing.online import Previous, read_origins

    site = _site_of(previous, out, environ)
    if site is None:
        return Previous(by_events=previous == EVENTS)
    origins = read_origins(site)
    bring(site, out)
    return Previous(said=True, origins=origins)


def _site_of(previous: str, out: Path, environ: Mapping[str, str]) -> "Site | None":
    from feeds.access_settings import secret_paths, site_login
    from feeds.building.previous import Folder
    from feeds.building.previous_address import found
    from feeds.core.errors import UsageError
    from feeds.fetching.authorities import own_authorities

    if previous in (EVENTS, NONE):
        return None
    if "://" in previous:
        return found(previous, site_login(environ), secret_paths(environ), own_authorities(environ))
    if not Path(previous).is_dir():
        raise UsageError(f'--previous: "{previous}" is no address, no folder, and neither "events" nor "none".')
    if Path(previous).resolve() == out.resolve():
        raise UsageError(f"--previous: {previous} is the folder that is built into, so it is compared with anyway.")
    return Folder(Path(previous))
