"""Changed since import: Dailymotion shows an imported video as it was, and the catalog says something else by now.

An imported video is in no feed, so whatever is edited afterwards reaches nobody until a person has it listed once more
(feeds/core/relisting.py), or pushed: sent by the API, but for the film itself.
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
    """Return whether the item differs from what is live there. A word to list it again is no difference."""
    return any(known not in (None, _plain(digest(item))) for known in live_digests(result).values())


def live_digests(result: VideoResult) -> dict[str, str | None]:
    """Return the digest of the item that each video which is live there shows, by its remote_id; None: not known.

    That is the imported one, or one that was pushed since. A push can't change the film: one for another film than the
    imported one has not made it the item.
    """
    imported = imported_digest(result)
    known: dict[str, str | None] = dict.fromkeys(result.live, imported)
    for push in result.pushes:
        is_later = result.latest_import is None or push.at > result.latest_import
        if push.remote_id in known and is_later and (imported is None or _film(push.digest) == _film(imported)):
            known[push.remote_id] = _plain(push.digest)
    return known


def _plain(its: str) -> str:
    """Return a digest without the mark of a word to list the item again."""
    return ".".join(its.split(".")[:2])


def _film(its: str) -> str:
    return its.split(".")[1] if "." in its else ""
