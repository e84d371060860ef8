"""Read a published site where it is served, to compare with.

The address is the operator's own, by an option or the environment, and no stranger's: so any host may be asked, a
server of their own network as well. It is asked within limits, verified by TLS, and followed nowhere: a login must not
go where somebody else leads.
"""

import base64
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from email.utils import parsedate_to_datetime
from urllib.parse import quote, urlsplit

from feeds.building.previous import Published
from feeds.building.publishing import USER_LIST
from feeds.core.errors import UsageError
from feeds.fetching.http import Answer, Limits, ask
from feeds.fetching.public import Unreachable
from feeds.settings import is_loopback

# A feed of 10,000 videos has about 20 MB.
LIMITS = Limits(body_bytes=64 * 1024 * 1024)
ATTEMPTS = 2
_NOTHING_THERE = frozenset({404, 410})
_LOGIN = frozenset({401, 403, 407})


class Address:
    """A site at an address. Raises UsageError where that is none, or where a login would go there unencrypted.

    What stands behind the host may be a secret, so no message repeats it.
    """

    def __init__(self, url: str, login: str | None, authorities: str | None = None) -> None:
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port
        except ValueError as error:
            raise UsageError(f"--previous: this is no address. {_EXPECTED}") from error
        if parts.username is not None or parts.password is not None:
            raise UsageError("--previous: the address holds a login. Put it into FEEDS_SITE_LOGIN=user:password.")
        if parts.scheme not in {"http", "https"} or not host or parts.query or parts.fragment:
            raise UsageError(f"--previous: this is no address of a site. {_EXPECTED}")
        if login is not None and parts.scheme == "http" and not is_loopback(host):
            raise UsageError(f"FEEDS_SITE_LOGIN would go to {host} unencrypted: name an https address.")
        self.name = f"{host}:{port}" if port else host
        self._authorities = authorities
        self._root = url.rstrip("/").removesuffix("/users.json")
        self._headers = {"Cache-Control": "no-cache"}
        if login is not None:
            self._headers["Authorization"] = f"Basic {base64.b64encode(login.encode()).decode()}"

    def read(self, path: str) -> Published | None:
        """Return a file of the site, None where there is none. Raises UsageError, Unreachable, NotAllowed."""
        answer = self._asked(path)
        if answer.status in _NOTHING_THERE:
            return None
        if answer.status in _LOGIN:
            raise UsageError(
                f"{self.name} refuses to show {path} (status {answer.status}), and nothing was built.\n"
                "Set FEEDS_SITE_LOGIN=user:password to a login that may read the site. A host that answers so for "
                "what isn't there has no site yet: --previous none"
            )
        if answer.status != 200:
            raise Unreachable(f"{self.name} answers status {answer.status} for {path}, so nothing was built. {_LATER}")
        return Published(answer.body, _written(answer.headers))

    def _asked(self, path: str) -> Answer:
        url = f"{self._root}/{quote(path)}"
        for attempt in range(ATTEMPTS):
            last = attempt + 1 == ATTEMPTS
            try:
                answer = ask(
                    url, headers=self._headers, limits=LIMITS, redirects=0, rule=lambda _: True,
                    authorities=self._authorities,
                )  # fmt: skip
            except Unreachable as error:
                if last:
                    raise Unreachable(f"{path}: {error} Nothing was built.") from error
                continue
            if answer.status < 500 or last:
                return answer
        raise AssertionError("the last attempt returns or raises")


def found(url: str, login: str | None, secret_paths: Sequence[str], authorities: str | None = None) -> Address:
    """Return the site at an address: below the first of the secrets where one is, else at the address itself.

    While secrets rotate, or just before the first one comes, what is online has other addresses than what is built.
    Raises UsageError, Unreachable, NotAllowed.
    """
    for secret in secret_paths:
        site = Address(f"{url.rstrip('/').removesuffix('/users.json')}/{secret}", login, authorities)
        with suppress(UsageError):  # some hosts answer 403 for what isn't there
            if site.read(USER_LIST) is not None:
                return site
    return Address(url, login, authorities)


_EXPECTED = "Write https://feeds.example.com, where users.json and feeds/ are served."
_LATER = "Try again later."


def _written(headers: Mapping[str, str]) -> datetime | None:
    try:
        written = parsedate_to_datetime(headers["last-modified"])
    except (KeyError, ValueError, TypeError):
        return None
    return written if written.tzinfo else None
