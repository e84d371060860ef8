"""A rehearsal's site, closed as network.access says: secrets made for it alone, and what a stranger gets without them.

The file server that holds to it is `_site`. `addresses` close it to all but Dailymotion's and this machine's own:
whoever plays the stranger comes from another address of loopback, of which Linux has a whole network.
"""

import base64
import hmac
import http.client
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit

from feeds.core.access import CRAWLER_RANGES, Way
from feeds.formats.edge_hash import bcrypt_hash, is_password_of
from feeds.formats.htpasswd import SiteUser

NAME = "dailymotion"
HERE, ELSEWHERE = "127.0.0.1", "127.0.0.2"
FROM_ELSEWHERE = "from elsewhere"
CALL_S = 30.0


@dataclass(frozen=True, slots=True)
class Keys:
    """What opens a site that is closed so; nothing of it where the site is open."""

    ways: tuple[str, ...] = ()
    path: str | None = field(default=None, repr=False)
    login: str | None = field(default=None, repr=False)

    @property
    def folder(self) -> str:
        """Return what stands before the names of the site's files."""
        return f"{self.path}/" if self.path else ""

    @property
    def headers(self) -> dict[str, str]:
        """Return what logs in."""
        return basic(self.login) if self.login else {}

    @property
    def password(self) -> str | None:
        """Return the login's password."""
        return self.login.partition(":")[2] if self.login else None

    def settings(self) -> dict[str, str]:
        """Return the settings of those who publish, serve and read the site."""
        found = {}
        if self.path:
            found["FEEDS_SITE_PATH"] = self.path
        if self.login and self.password:
            found |= {
                "FEEDS_SITE_USERS": f"{NAME}:{bcrypt_hash(self.password, generated=True)}",
                "FEEDS_SITE_LOGIN": self.login,
            }
        return found


@dataclass(frozen=True, slots=True)
class Intrusion:
    """One way for a stranger to come: in words, what must be answered, for which file, by what, and whence."""

    how: str
    expected: int
    name: str
    path: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    whence: str = HERE


def make_keys(ways: Sequence[str]) -> Keys:
    """Make the secrets that these ways of closing a site need."""
    return Keys(
        tuple(ways),
        secrets.token_urlsafe(24) if Way.SECRET_PATH in ways else None,
        f"{NAME}:{secrets.token_urlsafe(24)}" if Way.BASIC_AUTH in ways else None,
    )


def is_of(user: SiteUser, login: str) -> bool:
    """Return whether `name:password` is this user's login, whose hash is bcrypt's."""
    name, _, password = login.partition(":")
    return hmac.compare_digest(name.encode(), user.name.encode()) and is_password_of(user.hash, password)


def is_let_in(address: str) -> bool:
    """Return whether `addresses` lets this one in: Dailymotion's, and for a rehearsal this machine's own."""
    return address == HERE or any(ip_address(address) in ip_network(each) for each in CRAWLER_RANGES)


def intrusions(keys: Keys, names: Sequence[str]) -> Iterator[Intrusion]:
    """Yield how a stranger may come for these files of the site, and for its folders."""
    for name in (*names, "", "feeds/"):
        path = f"/{keys.folder}{name}"
        if keys.login:
            yield Intrusion("without the login", 401, name, path, {})
            yield Intrusion("with a made-up login", 401, name, path, basic(f"{NAME}:{secrets.token_urlsafe(24)}"))
        if keys.path:
            yield Intrusion("without the secret", 404, name, f"/{name}", keys.headers)
            yield Intrusion("with a made-up secret", 404, name, f"/{secrets.token_urlsafe(24)}/{name}", keys.headers)
        if Way.ADDRESSES in keys.ways:
            yield Intrusion(FROM_ELSEWHERE, 403, name, path, keys.headers, ELSEWHERE)
        if keys.ways and name not in names:
            yield Intrusion("by its own name", 404, name, path, keys.headers)


def answer(url: str, path: str, headers: Mapping[str, str], whence: str) -> int:
    """Return the status that a GET is answered with, sent from this address of this machine. Raises OSError."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=CALL_S, source_address=(whence, 0))
    try:
        connection.request("GET", path, headers=dict(headers))
        response = connection.getresponse()
        response.read()
    except http.client.HTTPException as error:
        raise OSError(f"no answer that could be understood ({type(error).__name__})") from error
    else:
        return response.status
    finally:
        connection.close()


def basic(login: str) -> dict[str, str]:
    """Return the header that logs in by `name:password`."""
    return {"Authorization": f"Basic {base64.b64encode(login.encode()).decode()}"}
