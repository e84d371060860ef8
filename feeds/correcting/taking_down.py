"""Take down what is still live on Dailymotion and should not be, and note each video as soon as it is done.

A video that is gone there already counts as taken down, so whatever was interrupted is simply called again.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from feeds.core.events import TAKEN_DOWN, Event
from feeds.core.live import StillLive
from feeds.dailymotion.client import Client
from feeds.dailymotion.errors import DailymotionError, Expired, NotFound, Throttled
from feeds.formats import results_yaml
from feeds.storage.journal import Journal

DELETE, UNPUBLISH, GONE = "delete", "unpublish", "gone"
_PUBLISHED = "published"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one video there: how it was taken down, or in words why not."""

    video: StillLive
    remote_id: str
    how: str | None = None
    trouble: str | None = None


def reason_of(video: StillLive) -> str:
    """Return in words why a video is to be taken down."""
    return f"{video.ground.value}: {video.why}" if video.why else video.ground.value


def take_down(
    queue: Iterable[StillLive], client: Client, journal: Journal, *, how: str, by: str, now: Callable[[], datetime]
) -> Iterator[Outcome]:
    """Take down each video of the queue, and yield what became of it once that is on the disk.

    After a trouble the rest goes on; only where Dailymotion takes the login or further calls no longer it ends there.
    Raises StorageError where the journal can't be written.
    """
    for video in queue:
        for remote_id in video.remote_ids:
            try:
                done = _take_down(client, remote_id, how)
            except DailymotionError as error:
                yield Outcome(video, remote_id, trouble=str(error))
                if isinstance(error, Expired | Throttled):
                    return
                continue
            fields = {"guid": video.guid, "remote_id": remote_id, "how": done, "by": by, "why": reason_of(video)}
            journal.append(results_yaml.render(Event(now(), TAKEN_DOWN, fields)))
            yield Outcome(video, remote_id, how=done)


def _take_down(client: Client, remote_id: str, how: str) -> str:
    if how == DELETE:
        return DELETE if client.delete_video(remote_id) else GONE
    try:
        client.edit_video(remote_id, {_PUBLISHED: "false"}, is_done=lambda: _is_unpublished(client, remote_id))
    except NotFound:
        if client.is_gone(remote_id):
            return GONE
        raise
    return UNPUBLISH


def _is_unpublished(client: Client, remote_id: str) -> bool:
    return client.video(remote_id, (_PUBLISHED,)).get(_PUBLISHED) is False
