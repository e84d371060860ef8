"""Changed since import: Dailymotion shows an imported video as it was, and the catalog says something else by now.

An imported video is in no feed, so whatever is edited afterwards reaches nobody until a person has it listed once more
(feeds/core/relisting.py).
"""

from feeds.core.events import VideoResult
from feeds.core.item import Item, digest


def imported_digest(result: VideoResult) -> str | None:
    """Return the digest of the item that the latest import has read: the one listed last before it was told.

    None where there was no import, or where nobody had noted what was listed.
    """
    if result.remote_id is None or result.latest_import is None:
        return None
    shown = [each for at, each in result.listings if at <= result.latest_import]
    return _plain(shown[-1]) if shown else None


def is_changed_since_import(item: Item, result: VideoResult) -> bool:
    """Return whether the item differs from the imported one. A word to list it again is no difference."""
    known = imported_digest(result)
    return known is not None and known != _plain(digest(item))


def _plain(its: str) -> str:
    """Return a digest without the mark of a word to list the item again."""
    return ".".join(its.split(".")[:2])
