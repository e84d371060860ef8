"""When two guids are the same: case and Unicode form make no difference, for no system on the way must keep them."""

import unicodedata
from hashlib import blake2b


def canonical_guid(guid: str) -> str:
    """Return the form by which two guids are the same: case and Unicode form make no difference."""
    if guid.isascii():
        return guid.lower()
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", guid).casefold())


def guid_key(guid: str) -> int:
    """Return a 64-bit key of a guid's canonical form, signed so that a database can hold it."""
    return int.from_bytes(blake2b(canonical_guid(guid).encode(), digest_size=8).digest(), "big", signed=True)
