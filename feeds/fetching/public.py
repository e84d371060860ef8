"""Which hosts may be asked when a stranger wrote the address: those of the public internet, checked once and kept to.

A name is looked up once, every answer must be public, and the connection goes to the very address that was checked:
so no second answer of a name server (DNS rebinding) leads elsewhere. What is public stands in
https://www.iana.org/assignments/iana-ipv4-special-registry/ and iana-ipv6-special-registry/; Python's `is_global`
knows most of it, and what its releases miss is added here.
"""

import re
import socket
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any
from urllib.parse import urlsplit

from feeds.core.errors import FeedsError

Address = IPv4Address | IPv6Address
Rule = Callable[[Address], bool]
# As socket.getaddrinfo: (host, port) to tuples whose last member begins with the address.
LookUp = Callable[..., list[Any]]

# The anycast address of 6to4 relays, which are no more (RFC 7526).
_RELAYS = IPv4Network("192.88.99.0/24")
# All that is routed on the internet is in here, but for the translation of IPv4 (RFC 6052).
_UNICAST, _TRANSLATED = IPv6Network("2000::/3"), IPv6Network("64:ff9b::/96")
# 6to4, which may hide any IPv4 address, and what documents use (RFC 9637).
_NO_HOSTS = (IPv6Network("2002::/16"), IPv6Network("3fff::/20"))
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?\.?")


class Unreachable(FeedsError):
    """What stands at the address could not be had: it may be there later."""

    exit_code = 3


class NotAllowed(FeedsError):
    """The address, or what it leads to, is none that may be asked; nothing was sent there."""


@dataclass(frozen=True, slots=True)
class Target:
    """An address taken apart, with the host's addresses, which were checked; `host` is ASCII and in small letters."""

    secure: bool
    host: str
    port: int
    path: str
    addresses: tuple[str, ...]


def is_public(address: Address) -> bool:
    """Return whether the address is of a host on the public internet; what hides an IPv4 address is judged by that."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        if address in _TRANSLATED:
            return is_public(IPv4Address(int(address) & 0xFFFF_FFFF))
        return address in _UNICAST and address.is_global and not any(address in each for each in _NO_HOSTS)
    return address.is_global and not (address.is_multicast or address.is_reserved or address in _RELAYS)


def resolve(url: str, *, rule: Rule = is_public, look_up: LookUp = socket.getaddrinfo) -> Target:
    """Take an http or https address apart and look its host up, once.

    Raises NotAllowed where the address is none to ask, or where any answer breaks the rule; Unreachable where there
    is no answer. No message repeats a login.
    """
    secure, host, port, path = _parts(url)
    try:
        answers = look_up(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unreachable(f"{host} has no address: check how it is written, or try again later.") from error
    addresses = tuple(dict.fromkeys(str(answer[4][0]) for answer in answers))
    if not addresses:
        raise Unreachable(f"{host} has no address: check how it is written, or try again later.")
    for each in addresses:
        if not rule(ip_address(each)):
            raise NotAllowed(f"{host} is at {each}, which is no public address: nothing was sent there.")
    return Target(secure, host, port, path, addresses)


def _parts(url: str) -> tuple[bool, str, int, str]:
    if not url.isprintable() or " " in url or "\\" in url:
        raise NotAllowed("An address has no blanks, backslashes or invisible characters: encode them as %20 and so on.")
    try:
        split = urlsplit(url)
        port = split.port
    except ValueError as error:
        raise NotAllowed("This is no whole address: write it as https://host/path.") from error
    if split.scheme not in ("http", "https") or not split.hostname:
        raise NotAllowed("Only a whole address that begins with https:// or http:// can be fetched.")
    if "@" in split.netloc:
        raise NotAllowed("The address holds a login: fetch the file yourself, and name the file.")
    path = (split.path or "/") + (f"?{split.query}" if split.query else "")
    secure = split.scheme == "https"
    return secure, _ascii_host(split.hostname), port or (443 if secure else 80), _encoded(path)


def _ascii_host(host: str) -> str:
    if ":" in host:  # urlsplit takes the brackets off; a zone (fe80::1%eth0) is of this machine alone
        try:
            return str(IPv6Address(host.partition("%")[0])) if "%" not in host else _no_host(host)
        except ValueError as error:
            raise NotAllowed(f'"{host}" is no host.') from error
    try:
        name = host if host.isascii() else host.encode("idna").decode()
    except UnicodeError as error:
        raise NotAllowed(f'"{host}" is no host.') from error
    return name if _HOST.fullmatch(name) else _no_host(name)


def _no_host(host: str) -> str:
    raise NotAllowed(f'"{host}" is no host.')


def _encoded(path: str) -> str:
    return "".join(c if c.isascii() else "".join(f"%{byte:02X}" for byte in c.encode()) for c in path)
