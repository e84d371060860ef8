"""The settings by which the published site is closed: the secret in its addresses, and who may log in.

What is asked for stands in the catalog (`network.access`); secrets stand here alone.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from feeds.core.access import Way
from feeds.core.errors import UsageError
from feeds.formats import htpasswd
from feeds.settings import secret_of, secrets_of

_PATH, _USERS, _LOGIN = "FEEDS_SITE_PATH", "FEEDS_SITE_USERS", "FEEDS_SITE_LOGIN"

MAKE_PATH = (
    f"{_PATH} is missing, the secret in the site's addresses. "
    "Make one: python -c 'import secrets; print(secrets.token_urlsafe(24))'"
)
MAKE_USERS = f"{_USERS} is missing, a line `name:hash` for each login. Make one: feeds edge hash dailymotion-1"


@dataclass(frozen=True, slots=True)
class AccessSettings:
    """The segments that the site's addresses may have, and the logins that open it; the newest of each comes first."""

    paths: tuple[str, ...] = field(default=(), repr=False)
    users: tuple[htpasswd.SiteUser, ...] = ()


def secret_path(environ: Mapping[str, str]) -> str | None:
    """Return the newest secret for the site's addresses, None where none is set.

    Raises UsageError with all that is weak, and repeats no secret.
    """
    return next(iter(secret_paths(environ)), None)


def secret_paths(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the secrets of the site's addresses, newest first, whatever the catalog wants.

    Raises UsageError with all that is weak, and repeats no secret.
    """
    faults: list[str] = []
    paths = secrets_of(environ, _PATH, faults)
    _refuse(faults)
    return paths


def access_settings(environ: Mapping[str, str], ways: Collection[str]) -> AccessSettings:
    """Read what these ways of closing the site need: FEEDS_SITE_PATH, FEEDS_SITE_USERS, or either with _FILE.

    What no way needs is empty. Raises UsageError with *all* that is missing or weak; no message repeats a secret or a
    hash.
    """
    faults: list[str] = []
    paths: tuple[str, ...] = ()
    users: tuple[htpasswd.SiteUser, ...] = ()
    if Way.SECRET_PATH in ways:
        paths = secrets_of(environ, _PATH, faults)
        if not paths and not faults:
            faults.append(MAKE_PATH)
    if Way.BASIC_AUTH in ways:
        users = _users(environ, faults)
    _refuse(faults)
    return AccessSettings(paths, users)


def site_login(environ: Mapping[str, str]) -> str | None:
    """Return the `user:password` by which we read the closed site ourselves, of FEEDS_SITE_LOGIN; None without one.

    Raises UsageError, and repeats no password.
    """
    faults: list[str] = []
    login = secret_of(environ, _LOGIN, faults)
    if login and (":" not in login or not login.isprintable()):
        faults.append(f"{_LOGIN} is no login: write user:password, in one line.")
    _refuse(faults, "The site can't be read:")
    return login or None


def _users(environ: Mapping[str, str], faults: list[str]) -> tuple[htpasswd.SiteUser, ...]:
    own: list[str] = []
    users, wrong = htpasswd.parse(secret_of(environ, _USERS, own))
    own += [f"{_USERS}: {fault}" for fault in wrong]
    if not users and not own:
        own.append(MAKE_USERS)
    faults += own
    return users


def _refuse(faults: list[str], head: str = "The site can't be closed as it should be:") -> None:
    if faults:
        raise UsageError("\n".join([head, *(f"  - {fault}" for fault in faults)]))
