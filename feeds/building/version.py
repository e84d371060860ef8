"""The version of the code that builds: an index that other code has written is not believed."""

from hashlib import blake2b
from pathlib import Path

_PACKAGE = Path(__file__).parents[1]
_ROOMS = ("core", "formats", "building", "storage")


def code_version() -> str:
    """Return a digest of what the bytes of a feed depend on beside the catalog and the results.

    Names, sizes and times of the files serve: reading them all would cost every command more than it saves.
    """
    digest = blake2b(digest_size=12)
    for path in _files():
        status = path.stat()
        digest.update(f"{path} {status.st_size} {status.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def code_digest() -> str:
    """Return a digest of the same that other machines come to as well: of what the files say."""
    digest = blake2b(digest_size=12)
    for path in _files():
        text = path.read_bytes()
        digest.update(f"{path.name} {len(text)}\n".encode() + text)
    return digest.hexdigest()


def _files() -> list[Path]:
    files = [path for room in _ROOMS for path in sorted((_PACKAGE / room).glob("*.[pr][yn]*"))]
    return [*files, _PACKAGE.parent / "templates" / "mrss.xml"]
