"""What was found well is not asked again for a while: a file of the state folder, which may be deleted at any time.

An address is kept as its digest, for its query may hold a token. What had a fault is never kept: it is asked anew each
time, so that mending shows at once.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from pathlib import Path

from feeds.probing.kinds import Kind
from feeds.probing.seen import Seen
from feeds.storage.static_dir import publish, stage

FILE = "media.json"
_VERSION = 1
# What nobody has asked for so long is forgotten: the video was imported long ago.
_KEPT = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class Remembered:
    """What was seen, and when."""

    at: datetime
    seen: Seen


def digest_of(url: str) -> str:
    """Return the name by which an address is remembered."""
    return blake2b(url.encode(), digest_size=12).hexdigest()


def read(folder: Path) -> dict[str, Remembered]:
    """Return what is remembered, by digest; nothing where there is no file, or none that can be understood."""
    try:
        tree = json.loads((folder / FILE).read_bytes())
        if tree["version"] != _VERSION:
            return {}
        return {digest: _remembered(*fields) for digest, fields in tree["seen"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _remembered(at: str, status: int, kind: str, *rest: object) -> Remembered:
    mime, size, led_to, mark = rest
    texts = [each if isinstance(each, str) else None for each in (mime, led_to, mark)]
    seen = Seen(None, int(status), texts[0], size if isinstance(size, int) else None, Kind(kind), texts[1], texts[2])
    moment = datetime.fromisoformat(at)
    if moment.tzinfo is None:
        raise ValueError(at)
    return Remembered(moment, seen)


def write(folder: Path, remembered: Mapping[str, Remembered], now: datetime) -> None:
    """Put the memory in the place of the former one. Raises StorageError."""
    seen = {
        digest: [its.at.isoformat(), its.seen.status, its.seen.kind, its.seen.type, its.seen.size_bytes,
                 its.seen.led_to, its.seen.mark]
        for digest, its in sorted(remembered.items())
        if now - its.at < _KEPT
    }  # fmt: skip
    text = json.dumps({"version": _VERSION, "seen": seen}, indent=0) + "\n"
    path = folder / FILE
    publish(stage(path, text.encode()), path)
