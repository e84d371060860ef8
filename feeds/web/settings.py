"""The settings of the pages for partners: where they are reached, with which keys, and behind how many proxies.

Without FEEDS_PUBLIC_URL there are no pages, and the other settings here aren't looked at.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from feeds.core.access import SECRET_CHARACTERS
from feeds.core.errors import UsageError
from feeds.dailymotion.transport import Bounded
from feeds.dailymotion.values import Credentials, Settings
from feeds.settings import dailymotion_settings, is_loopback, secret_of

MOST_PROXIES = 9


@dataclass(frozen=True, slots=True)
class LinkSettings:
    """What an invitation's link is made of: the app's origin, and its keys, newest first."""

    public_url: str
    keys: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class WebSettings:
    """What the pages need: their links, how many proxies stand before them, and Dailymotion with our API key.

    `bounded` makes what limits each call to Dailymotion while a person waits for a page. `credentials` are the
    parent's, where the server has them for rejections.
    """

    links: LinkSettings
    dailymotion: Settings
    proxies: int = 0
    bounded: Callable[[], Bounded] = Bounded
    credentials: Credentials = field(default_factory=Credentials)

    @property
    def host(self) -> str:
        """Return the host's name under which the pages are reached."""
        return urlsplit(self.links.public_url).hostname or ""

    @property
    def is_secure(self) -> bool:
        """Return whether browsers reach the pages encrypted."""
        return self.links.public_url.startswith("https:")

    @property
    def return_url(self) -> str:
        """Return where Dailymotion sends browsers back to: the API key's callback URL."""
        return f"{self.links.public_url}/connect/return"


def web_settings(environ: Mapping[str, str]) -> WebSettings | None:
    """Read the settings of the pages; None without FEEDS_PUBLIC_URL.

    FEEDS_PUBLIC_URL, FEEDS_SECRET_KEY (or FEEDS_SECRET_KEY_FILE), FEEDS_PROXIES, and those of Dailymotion with key
    and secret. Raises UsageError with *all* that is missing or weak.
    """
    if not environ.get("FEEDS_PUBLIC_URL", "").strip():
        return None
    faults: list[str] = []
    links = _links(environ, faults)
    proxies = environ.get("FEEDS_PROXIES", "").strip() or "0"
    if not re.fullmatch("[0-9]", proxies):
        faults.append(
            f'FEEDS_PROXIES is "{proxies}": write how many proxies stand before the app, 0 to {MOST_PROXIES}.'
        )
    dailymotion, credentials = Settings(), Credentials()
    try:
        dailymotion, credentials = dailymotion_settings(environ)
        if not dailymotion.key or not dailymotion.secret:
            faults.append(
                "FEEDS_DAILYMOTION_KEY and FEEDS_DAILYMOTION_SECRET are missing: partners can't log in without them."
            )
    except UsageError as error:
        faults += [line.removeprefix("  - ") for line in str(error).splitlines()[1:]]
    _raise(faults, "The pages for partners can't be served:")
    return WebSettings(links, dailymotion, int(proxies), credentials=credentials)


def public_url(environ: Mapping[str, str]) -> str | None:
    """Return FEEDS_PUBLIC_URL, None without it. Raises UsageError where it is no origin."""
    url = environ.get("FEEDS_PUBLIC_URL", "").strip().rstrip("/")
    if url and (fault := _origin_fault(url)):
        raise UsageError(f"FEEDS_PUBLIC_URL {fault}")
    return url.lower() or None


def link_settings(environ: Mapping[str, str]) -> LinkSettings:
    """Read what a link of an invitation is made of. Raises UsageError with *all* that is missing or weak."""
    faults: list[str] = []
    links = _links(environ, faults)
    _raise(faults, "A link can't be made:")
    return links


def _links(environ: Mapping[str, str], faults: list[str]) -> LinkSettings:
    url = environ.get("FEEDS_PUBLIC_URL", "").strip().rstrip("/")
    if fault := _origin_fault(url):
        faults.append(f"FEEDS_PUBLIC_URL {fault}")
    text = secret_of(environ, "FEEDS_SECRET_KEY", faults)
    keys = tuple(part.strip() for part in text.split(",") if part.strip())
    if not keys and not any("FEEDS_SECRET_KEY" in fault for fault in faults):
        faults.append(
            "FEEDS_SECRET_KEY is missing. Make one: python -c 'import secrets; print(secrets.token_urlsafe(32))'"
        )
    if len(keys) > 2:
        faults.append(f"FEEDS_SECRET_KEY holds {len(keys)} keys. Keep the new one first and, while rotating, one old.")
    faults += [
        f"FEEDS_SECRET_KEY: key {number} is too easy to guess. Use 128 random bits or more."
        for number, key in enumerate(keys, start=1)
        if len(key) < SECRET_CHARACTERS or len(set(key)) < 8
    ]
    return LinkSettings(url.lower(), keys)


def _origin_fault(url: str) -> str | None:
    """Return what keeps a text from being the origin under which browsers reach us."""
    example = "write the app's own origin, such as https://partners.nord.example"
    if not url:
        return f"is missing: {example}."
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return f'is "{url}", which is no address: {example}.'
    is_origin = url.lower() == f"{parts.scheme}://{parts.netloc}".lower() and "@" not in parts.netloc
    if parts.scheme not in {"http", "https"} or not is_origin or not re.fullmatch(r"[A-Za-z0-9.:-]+", host):
        return f"is no origin in ASCII, without path and user: {example}."
    if parts.scheme == "http" and not is_loopback(host):
        return f'is "{url}": logins would travel unencrypted. Use https; http is for this machine alone.'
    return None


def _raise(faults: list[str], heading: str) -> None:
    if faults:
        raise UsageError(heading + "\n" + "\n".join(f"  - {fault}" for fault in faults))
