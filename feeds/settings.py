"""The settings that a deployment gives by environment variables; README's table lists them all.

Values that an editor decides stand in catalog.yaml instead, and nothing stands in both.
"""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from feeds.core.access import SECRET_CHARACTERS
from feeds.core.errors import UsageError
from feeds.dailymotion.values import Credentials, Settings

# What stands for each secret in .env.example.
PLACEHOLDER = "change-me"


@dataclass(frozen=True, slots=True)
class Folders:
    """Where the catalog is read and where the journal, the dead letters and the caches live."""

    catalog: Path
    state: Path


def folders(environ: Mapping[str, str], *, catalog: str | None = None) -> Folders:
    """Return the folders: `catalog` (or FEEDS_CATALOG, or the current folder), and FEEDS_STATE or its .feeds."""
    root = Path(catalog or environ.get("FEEDS_CATALOG") or ".")
    return Folders(root, Path(environ.get("FEEDS_STATE") or root / ".feeds"))


def login_file(environ: Mapping[str, str]) -> Path:
    """Return where the login of the person at the terminal is kept, in their state folder.

    https://specifications.freedesktop.org/basedir-spec/latest/ : a relative XDG_STATE_HOME doesn't count.
    """
    state = Path(environ.get("XDG_STATE_HOME", ""))
    return (state if state.is_absolute() else Path.home() / ".local" / "state") / "feeds" / "login.json"


def instance(environ: Mapping[str, str]) -> str:
    """Return FEEDS_INSTANCE, the name of this machine's folder below results/. Raises UsageError."""
    name = environ.get("FEEDS_INSTANCE") or "main"
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}", name):
        raise UsageError(f'FEEDS_INSTANCE is "{name}": it names a folder, so use letters, digits, - and _, 40 at most.')
    return name


def notify_url(environ: Mapping[str, str]) -> str:
    """Return FEEDS_NOTIFY_URL (or FEEDS_NOTIFY_URL_FILE), the webhook that is told.

    Raises UsageError, without repeating it: it is a secret.
    """
    faults: list[str] = []
    url = secret_of(environ, "FEEDS_NOTIFY_URL", faults)
    if faults:
        raise UsageError("\n".join(faults))
    if not url:
        raise UsageError("FEEDS_NOTIFY_URL is missing: put the webhook's address there, or look with --dry-run.")
    if not re.fullmatch(r"https?://[!-~]+", url):
        raise UsageError("FEEDS_NOTIFY_URL is no address: it begins with https:// or http://, and has no blanks.")
    return url


@dataclass(frozen=True, slots=True)
class AppSettings:
    """What the app needs to run: its folders and the callback's secrets, newest first."""

    folders: Folders
    callback_secrets: tuple[str, ...]


def app_settings(environ: Mapping[str, str]) -> AppSettings:
    """Read the app's settings: FEEDS_CALLBACK_SECRET (or FEEDS_CALLBACK_SECRET_FILE), and the folders.

    Raises UsageError with *all* that is missing or weak, so that one restart mends them.
    """
    faults: list[str] = []
    secrets = secrets_of(environ, "FEEDS_CALLBACK_SECRET", faults)
    if not secrets and not faults:
        faults.append(
            "FEEDS_CALLBACK_SECRET is missing. Make one: python -c 'import secrets; print(secrets.token_urlsafe(24))'"
        )
    if faults:
        raise UsageError("The app can't start:\n" + "\n".join(f"  - {fault}" for fault in faults))
    return AppSettings(folders(environ), secrets)


def secrets_of(environ: Mapping[str, str], name: str, faults: list[str]) -> tuple[str, ...]:
    """Return the secrets of a variable or its file that stand in a URL's path, newest first; faults are added."""
    secrets = tuple(part.strip() for part in secret_of(environ, name, faults).split(",") if part.strip())
    if len(secrets) > 2:
        faults.append(f"{name} holds {len(secrets)} secrets. Keep the new one and, while rotating, one old.")
    faults += [
        f"{name}: secret {number} {fault}. Use 128 random bits or more."
        for number, secret in enumerate(secrets, start=1)
        if (fault := _weakness(secret))
    ]
    return secrets


def is_secret(text: str) -> bool:
    """Return whether a segment of a path could be one of our secrets, by its form."""
    return _weakness(text) is None


def _weakness(secret: str) -> str | None:
    if not all(character.isascii() and (character.isalnum() or character in "-_.~") for character in secret):
        return "has characters that don't stand in a URL path as they are"
    if len(secret) < SECRET_CHARACTERS:
        return f"has {len(secret)} characters, fewer than {SECRET_CHARACTERS}"
    if len(set(secret)) < 8:
        return "repeats the same few characters"
    return None


def dailymotion_settings(environ: Mapping[str, str]) -> tuple[Settings, Credentials]:
    """Read where Dailymotion is, our API key, and how the parent account logs in without a browser.

    FEEDS_DAILYMOTION_API, _AUTHORIZE, _TOKEN, _REJECTION, _KEY, _SECRET, _PKCE; _USERNAME, _PASSWORD, _AS_APPLICATION.
    _SECRET_FILE and _PASSWORD_FILE name files that hold the value instead. Raises UsageError with all faults at once.
    """
    faults: list[str] = []
    given = {name: environ.get(f"FEEDS_DAILYMOTION_{name}", "").strip() for name in _DAILYMOTION}
    given |= {name: secret_of(environ, f"FEEDS_DAILYMOTION_{name}", faults) for name in ("SECRET", "PASSWORD")}
    faults += [
        f"FEEDS_DAILYMOTION_{name} {fault}"
        for name in ("API", "AUTHORIZE", "TOKEN")
        if given[name] and (fault := _address_fault(given[name]))
    ]
    faults += [
        f"FEEDS_DAILYMOTION_{one} is set without FEEDS_DAILYMOTION_{other}. Set both, or neither."
        for first, second in (("KEY", "SECRET"), ("USERNAME", "PASSWORD"))
        for one, other in ((first, second), (second, first))
        if given[one] and not given[other]
    ]
    if given["REJECTION"] and not re.fullmatch(
        r"/[^?#{}]*\{child\}[^?#{}]*", given["REJECTION"].replace("{parent}", "")
    ):
        faults.append("FEEDS_DAILYMOTION_REJECTION is no path such as /me/children/{child}.")
    faults += [
        f'FEEDS_DAILYMOTION_{name} is "{given[name]}". Set it to 1, or leave it out.'
        for name in ("PKCE", "AS_APPLICATION")
        if given[name] not in {"", "0", "1"}
    ]
    if faults:
        raise UsageError("The settings of Dailymotion don't hold:\n" + "\n".join(f"  - {fault}" for fault in faults))
    addresses = {field: given[name].rstrip("/") for name, field in _ADDRESSES.items() if given[name]}
    if api := addresses.get("api"):  # a secret must not go to Dailymotion because one address of another is missing
        addresses = {"authorize": f"{api}/oauth/authorize", "token": f"{api}/oauth/token"} | addresses
    settings = Settings(
        **addresses, key=given["KEY"] or None, secret=given["SECRET"] or None, pkce=given["PKCE"] == "1"
    )
    return settings, Credentials(
        given["USERNAME"] or None, given["PASSWORD"] or None, as_application=given["AS_APPLICATION"] == "1"
    )


_ADDRESSES = {"API": "api", "AUTHORIZE": "authorize", "TOKEN": "token", "REJECTION": "rejection"}
_DAILYMOTION = (*_ADDRESSES, "KEY", "USERNAME", "PKCE", "AS_APPLICATION")


def secret_of(environ: Mapping[str, str], name: str, faults: list[str]) -> str:
    """Return the value of a variable, or of the file that the variable with _FILE names; faults are added."""
    value, file = environ.get(name, ""), environ.get(f"{name}_FILE", "")
    if value and file:
        faults.append(f"{name} and {name}_FILE are both set. Keep one.")
    if file:
        name = f"{name}_FILE"
        try:
            value = Path(file).read_text().strip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            faults.append(f"{name}: {file} can't be read: {getattr(error, 'strerror', None) or 'it is no text'}.")
            return ""
        if not value:
            faults.append(f"{name}: {file} is empty.")
    if value.strip() == PLACEHOLDER:
        faults.append(f"{name} still has the placeholder of .env.example. Put your own secret there.")
        return ""
    return value


def _address_fault(address: str) -> str | None:
    """Return what keeps us from sending a login there: it must be https, or on this machine."""
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return f'is "{address}", which is no address.'
    if parts.username is not None or parts.password is not None:
        return "holds a user or a password: an address has none."
    if parts.scheme not in {"http", "https"} or not host or parts.query or parts.fragment or not address.isprintable():
        return f'is "{address}": write an address such as https://api.dailymotion.com, without ? and #.'
    if parts.scheme == "http" and not is_loopback(host):
        return f'is "{address}": a login would go there unencrypted. Use https; http is for this machine alone.'
    return None


def is_loopback(host: str) -> bool:
    """Return whether a host's name stands for this machine alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
