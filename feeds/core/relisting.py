"""Listing an imported video again: a person's word, `relist: 2026-11-24`, has the corrected item read once more.

Dailymotion's importer updates what is online when an item with the same guid is in the feed again
(https://www.dailymotion.com/dmrss: it reads periodically and merges the changes). The word is good until an import has
been told that came after the item was listed with it, or for two weeks; a later date is a new word.
"""

from datetime import datetime, timedelta

from feeds.core.events import VideoResult
from feeds.core.item import relist_mark

OPEN_FOR = timedelta(days=14)


def is_open(relist: datetime, result: VideoResult, at: datetime) -> bool:
    """Return whether an imported video is to be listed for this word at this moment."""
    if not relist <= at < relist + OPEN_FOR:
        return False
    if result.latest_import is None:
        return True
    mark = relist_mark(relist)
    if listed := [moment for moment, digest in result.listings if digest.endswith(mark)]:
        return result.latest_import <= listed[0]
    # Not listed with it yet, or nobody notes what is listed. A day's import may have been before the word was given.
    return result.latest_import < (relist + timedelta(days=1) if relist.time() == datetime.min.time() else relist)


def bounds(relist: datetime | None) -> tuple[datetime, ...]:
    """Return the moments at which a word begins to hold and ends."""
    return () if relist is None else (relist, relist + OPEN_FOR)
