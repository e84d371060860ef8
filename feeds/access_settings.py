"""The settings by which the published site is closed: the secret in its addresses, and who may log in.

What is asked for stands in the catalog (`network.access`); secrets stand here alone. docs/access.md tells how both are
rotated.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from feeds.core.access import Way
from feeds.core.errors import UsageError
from feeds.formats import htpasswd
from feeds.settings import secret_of, weakness

PATH, USERS = "FEEDS_SITE_PATH", "FEEDS_SITE_USERS"
MOST_PATHS = 2

MAKE_PATH = (
    f"{PATH} is missing, the secret in the site's addresses. "
    "Make one: python -c 'import secrets; print(secrets.token_urlsafe(24))'"
)
MAKE_USERS = f"{USERS} is missing, a line `name:hash` for each login. Make one: feeds edge hash dailymotion-1"


@dataclass(frozen=True, slots=True)
class AccessSettings:
    """The segments that the site's addresses may have, and the logins that open it; the newest of each comes first."""

    paths: tuple[str, ...] = field(default=(), repr=False)
    users: tuple[htpasswd.SiteUser, ...] = field(default=(), repr=False)


def secret_path(environ: Mapping[str, str]) -> str | None:
    """Return the newest secret for the site's addresses, None where none is set. Raises UsageError where it is weak."""
    faults: list[str] = []
    paths = _paths(environ, faults)
    _raise(faults)
    return paths[0] if paths else None


def access_settings(environ: Mapping[str, str], ways: Collection[str]) -> AccessSettings:
    """Read what these ways of closing the site need: FEEDS_SITE_PATH, FEEDS_SITE_USERS, or either with _FILE.

    Raises UsageError with *all* that is missing or weak; no message repeats a secret or a hash.
    """
    faults: list[str] = []
    paths: tuple[str, ...] = ()
    users: tuple[htpasswd.SiteUser, ...] = ()
    if Way.SECRET_PATH in ways:
        paths = _paths(environ, faults)
        if not paths and not faults:
            faults.append(MAKE_PATH)
    if Way.BASIC_AUTH in ways:
        before = len(faults)
        text = secret_of(environ, USERS, faults)
        users, wrong = htpasswd.parse(text)
        faults += [f"{USERS}: {fault}" for fault in wrong]
        if not users and len(faults) == before:
            faults.append(MAKE_USERS)
    _raise(faults)
    return AccessSettings(paths, users)


def _paths(environ: Mapping[str, str], faults: list[str]) -> tuple[str, ...]:
    text = secret_of(environ, PATH, faults)
    paths = tuple(part.strip() for part in text.split(",") if part.strip())
    if len(paths) > MOST_PATHS:
        faults.append(f"{PATH} holds {len(paths)} secrets. Keep the new one first and, while rotating, one old.")
    faults += [
        f"{PATH}: secret {number} {fault}. Use 128 random bits or more."
        for number, path in enumerate(paths, start=1)
        if (fault := weakness(path))
    ]
    return paths


def _raise(faults: list[str]) -> None:
    if faults:
        raise UsageError("The site can't be closed as it should be:\n" + "\n".join(f"  - {fault}" for fault in faults))
