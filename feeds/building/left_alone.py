"""What stays in a published feed whose text can't be read, with no last good version at hand: it can only lose items.

Nobody can say what the feed should list, so it stays as it is, but for what needs no text to be judged: an item that
was imported, whatever `relist` may have said, and one whose rights window, which the feed itself tells, is over.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from feeds.core.events import NOTHING_YET, VideoResult
from feeds.core.item import MrssTags
from feeds.core.removals import Cause
from feeds.formats import mrss


def remaining(
    text: bytes, results: Mapping[str, VideoResult], at: datetime, *, self_url: str, tags: MrssTags
) -> tuple[bytes, dict[str, Cause]]:
    """Return what stays of a published feed at a moment, and what leaves it by which cause.

    Where nothing leaves, the bytes stay the same. Raises BadFeed.
    """
    channel, items = mrss.parse(text)
    causes: dict[str, Cause] = {}
    for item in items:
        if results.get(item.guid, NOTHING_YET).remote_id is not None:
            causes[item.guid] = Cause.RESULT
        elif item.valid_until is not None and item.valid_until <= at:
            causes[item.guid] = Cause.TIME
    if causes:
        kept = [item for item in items if item.guid not in causes]
        text = mrss.render(replace(channel, self_url=self_url), kept, tags)
        mrss.verify(text, [item.guid for item in kept])
    return text, causes
