"""The version of the code that builds: an index that other code has written is not believed."""

from hashlib import blake2b
from pathlib import Path

_PACKAGE = Path(__file__).parents[1]
_ROOMS = ("core", "formats", "building", "storage")


def code_version() -> str:
    """Return a digest of what the bytes of a feed depend on beside the catalog and the results.

    Names, sizes and times of the files serve: reading them all would cost every command more than it saves.
    """
    files = [path for room in _ROOMS for path in sorted((_PACKAGE / room).glob("*.[pr][yn]*"))]
    files.append(_PACKAGE.parent / "templates" / "mrss.xml")
    digest = blake2b(digest_size=12)
    for path in files:
        status = path.stat()
        digest.update(f"{path} {status.st_size} {status.st_mtime_ns}\n".encode())
    return digest.hexdigest()
