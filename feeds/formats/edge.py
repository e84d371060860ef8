"""The configuration of a web server or a host at the edge: it serves the site, closed as the catalog wants it.

What is written, and where each directive is documented, stands in templates/edge/. No value can leave its place there:
addresses, folders and secrets of other letters than those that are known to be harmless are refused, and `_checked`
looks once more at all that goes into a template.
"""

import ipaddress
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

from feeds.core.access import CRAWLER_RANGES, MAX_AGE_S, REALM, SECRET_CHARACTERS, Way
from feeds.core.errors import UsageError
from feeds.formats.htpasswd import SiteUser
from feeds.formats.own_templates import template

_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?")
_PATH = re.compile(r"/(?:[A-Za-z0-9._~-]+/)*")
_FOLDER = re.compile(r"/[^\x00-\x1f\x7f\"'`\\{};#$<>]*")
_UPSTREAM = re.compile(r"(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]):[0-9]{1,5}")
# What ends a word, a string or a block in one of the languages that are written here. `$` is nginx's alone.
_HARMFUL = re.compile(r"[\x00-\x1f\x7f\"'`\\{};#]")

# What a site consists of, as the pattern of a path below it: the list, the feeds, and what it was built from, which
# only a publisher that keeps nothing writes and reads (feeds/formats/origins.py).
DOCUMENTS = "users[.]json|published[.]txt|feeds/[A-Za-z0-9_-]+[.]xml"
# JSON is UTF-8 by definition, https://www.rfc-editor.org/rfc/rfc8259#section-8.1 ; with the others it is said.
_TYPES = {"json": "application/json", "txt": "text/plain", "xml": "application/rss+xml"}

# Stands in the first line of all that is written, so that nothing of others is written over.
MARK = "Written by `feeds edge"

# The longest segment of an address that can't hold a secret whole.
SHORT_SEGMENT = SECRET_CHARACTERS - 1


@dataclass(frozen=True, slots=True)
class Address:
    """Where something is reached: scheme, host, the port if it is not the scheme's own, and a path of /.../ ."""

    scheme: str
    host: str
    port: int | None
    path: str

    @property
    def origin(self) -> str:
        """The address without its path."""
        return f"{self.scheme}://{self.host}{f':{self.port}' if self.port else ''}"

    def __str__(self) -> str:
        return f"{self.origin}{self.path}"


@dataclass(frozen=True, slots=True)
class Site:
    """The static site: its address, its folder, and who may read it.

    `paths` are the secret segments and `users` the logins, newest first: empty where nothing of it is written, because
    no way needs it or the server has it from elsewhere. `ranges` are the networks that `addresses` lets in.
    """

    address: Address
    folder: str
    ways: frozenset[str]
    paths: tuple[str, ...] = field(default=(), repr=False)
    users: tuple[SiteUser, ...] = ()
    ranges: tuple[str, ...] = ()

    @property
    def prefixes(self) -> tuple[str, ...]:
        """The paths that documents stand below, as regular expressions, newest first. Raises UsageError without any."""
        if not self.has_secrets:
            return (pattern(self.address.path),)
        if not self.paths:  # a server without a secret would be open
            raise UsageError("network.access wants a secret path, and there is none to write.")
        return tuple(pattern(f"{self.address.path}{path}/") for path in self.paths)

    @property
    def cache(self) -> str:
        """What readers may do with a document: only they themselves may keep it where not everybody may read it."""
        is_private = self.has_logins or self.has_ranges
        return f"{'private' if is_private else 'public'}, max-age={MAX_AGE_S}"

    @property
    def has_secrets(self) -> bool:
        """Whether the addresses hold a secret, which belongs into no log."""
        return Way.SECRET_PATH in self.ways

    @property
    def has_logins(self) -> bool:
        """Whether it asks for a login."""
        return Way.BASIC_AUTH in self.ways

    @property
    def has_ranges(self) -> bool:
        """Whether it looks where a reader comes from."""
        return Way.ADDRESSES in self.ways


@dataclass(frozen=True, slots=True)
class App:
    """The app, where people and Dailymotion's callbacks reach it, and where it listens."""

    address: Address
    upstream: str


def parse_address(text: str, name: str) -> Address:
    """Return the parts of an address; `name` is what it stands behind. Raises UsageError for what can't be written."""
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port, parts = "", None, urlsplit("")
    path = parts.path if parts.path.endswith("/") else f"{parts.path}/"
    # urlsplit drops the ends of lines, of which the caller may know nothing.
    is_plain = text.isprintable() and parts.scheme in {"http", "https"} and not (parts.query or parts.fragment)
    if not is_plain or not _HOST.fullmatch(host):
        raise UsageError(f'{name} is "{text}", which no web server has: it must be http or https, without ? and #.')
    if not _PATH.fullmatch(path) or "/./" in path or "/../" in path:
        raise UsageError(
            f'{name} has a path that can\'t be written for all servers: "{path}".\n'
            "Choose one of letters, digits and . _ ~ - alone."
        )
    return Address(parts.scheme, host, None if port == {"http": 80, "https": 443}[parts.scheme] else port, path)


def site_of(
    base_url: str,
    folder: str,
    ways: Collection[str],
    *,
    paths: Sequence[str] = (),
    users: Sequence[SiteUser] = (),
    allowed: Iterable[str] = (),
) -> Site:
    """Return the site as it is to be served. `allowed` are networks beside Dailymotion's. Raises UsageError."""
    if not _FOLDER.fullmatch(folder):
        raise UsageError(
            f"the site's folder has a name that can't be written for all servers: {folder!r}.\n"
            "Choose one without quotes, braces and other signs."
        )
    more = [_range(text) for text in allowed]
    if more and Way.ADDRESSES not in ways:
        raise UsageError("--allow adds to the addresses that may read the site, and network.access names no addresses.")
    ranges = (*CRAWLER_RANGES, *more) if Way.ADDRESSES in ways else ()
    address = parse_address(base_url, "network.base_url")
    return Site(address, folder, frozenset(ways), tuple(paths), tuple(users), ranges)


def app_of(public_url: str, upstream: str) -> App:
    """Return the app as it is to be reached. Raises UsageError."""
    if not _UPSTREAM.fullmatch(upstream) or int(upstream.rpartition(":")[2]) not in range(1, 65536):
        raise UsageError(f'--app is "{upstream}": write where the app listens, such as 127.0.0.1:8001.')
    return App(parse_address(public_url, "FEEDS_PUBLIC_URL"), upstream)


def _range(text: str) -> str:
    try:
        # Without the zone of a link's own address, which may have any letters.
        return str(ipaddress.ip_network("" if "%" in text else text))
    except ValueError as error:
        raise UsageError(f'--allow is "{text}": write a network such as 192.0.2.0/24, or an address.') from error


def masked(site: Site) -> Site:
    """Return the site as it may be shown: without its secrets and hashes."""
    return replace(
        site,
        paths=tuple(f"<secret-{number}>" for number, _ in enumerate(site.paths, start=1)),
        users=tuple(SiteUser(user.name, f"<hash-of-{user.name}>", user.kind) for user in site.users),
    )


def render(name: str, *, dollars: bool = False, **values: Any) -> str:
    """Render a template of templates/edge. `dollars`: whether a value may hold a $, as hashes do."""

    def checked(value: Any) -> Any:
        text = str(value)
        if _HARMFUL.search(text) or ("$" in text and not dollars):
            raise UsageError(f"{name}: a value can't be written, for it has a sign that ends a string or a line.")
        return value

    known = {"realm": REALM, "short": SHORT_SEGMENT, "documents": DOCUMENTS, "types": _TYPES}
    return template(f"edge/{name}", escaped=False, finalize=checked).render(known | values)


def pattern(text: str) -> str:
    """Return the regular expression of a path or a secret: of their signs a dot alone stands for more than itself."""
    return text.replace(".", "[.]")
