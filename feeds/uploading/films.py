"""The film that is uploaded: a file of this machine, or an address from which Dailymotion fetches it itself."""

import re
import stat
from dataclasses import dataclass
from hashlib import blake2b
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from feeds.core.defaults import media_type
from feeds.core.errors import UsageError

# Its ends tell one film from another of the same size and time; all of a big one would take as long as sending it.
_END_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Film:
    """A film: its address, or its file with size in bytes and time in ns; `mark` tells it from any other."""

    mark: str
    url: str | None = None
    path: Path | None = None
    size_bytes: int | None = None
    mtime_ns: int | None = None

    @property
    def name(self) -> str:
        """Return the name that it is sent under: what it is called on this machine is nobody else's business."""
        return f"film{self.path.suffix if self.path else ''}"

    @property
    def media_type(self) -> str:
        """Return its MIME type by its ending."""
        return media_type(self.name) or "application/octet-stream"

    def is_unchanged(self) -> bool:
        """Return whether the file is still what it was."""
        if self.path is None:
            return True
        status = self.path.stat()
        return (status.st_size, status.st_mtime_ns) == (self.size_bytes, self.mtime_ns)


def film_of(given: str) -> Film:
    """Return the film that a path or an address names. Raises UsageError where it is none that can be uploaded."""
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", given):
        _refuse_address(given)
        return Film(given, url=given)
    path = Path(given)
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise UsageError(f"{path} is no file: give the film itself, or its address.")
        if not status.st_size:
            raise UsageError(f"{path} is empty: give the film itself.")
        ends = _ends(path, status.st_size)
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror}. Give the film's file, or its address.") from error
    known = f"{status.st_size} bytes, {status.st_mtime_ns} ns, {ends}"
    return Film(known, path=path, size_bytes=status.st_size, mtime_ns=status.st_mtime_ns)


def _ends(path: Path, size: int) -> str:
    with path.open("rb") as file:
        read = blake2b(file.read(_END_BYTES), digest_size=10)
        file.seek(max(0, size - _END_BYTES))
        read.update(file.read(_END_BYTES))
    return read.hexdigest()


def _refuse_address(url: str) -> None:
    """Raise UsageError for an address that Dailymotion could not fetch, without asking for anything."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError as error:
        raise UsageError(f"{url!a} is no address.") from error
    if parts.scheme not in {"http", "https"} or not re.fullmatch(r"[!-~]+", url):
        raise UsageError(f"{url!a} is no address that Dailymotion can fetch: it begins with https:// or http://.")
    if parts.username is not None or parts.password is not None:
        raise UsageError("The address holds a login, which would stand in the event: give one that needs none.")
    if not _is_public(host):
        raise UsageError(f"{host or 'the address'} is no public host: Dailymotion could not fetch the film from there.")


def _is_public(host: str) -> bool:
    try:
        return ip_address(host).is_global
    except ValueError:
        return "." in host.strip(".") and not host.endswith((".local", ".internal", ".localhost"))
