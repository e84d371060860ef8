"""One upload, from the film to the video and its event; whatever was interrupted is called again and goes on.

A film may be sent twice, a video is made once. Before it is asked for, the moment is noted; after an answer that tells
nothing, this call or the next looks among the account's new videos before another is made.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from feeds.core.errors import FeedsError
from feeds.core.events import IMPORT_FAILED, IMPORTED, UNDONE, UPLOAD, UPLOADED, Event, event_id
from feeds.core.explanation import moment_words
from feeds.dailymotion import new_videos, uploads
from feeds.dailymotion.client import Client
from feeds.dailymotion.errors import Broken, DailymotionError
from feeds.dailymotion.new_videos import FAILED, State
from feeds.dailymotion.videos import videos_of
from feeds.formats import results_yaml
from feeds.storage.journal import Journal
from feeds.uploading.attempts import Attempt, Memory
from feeds.uploading.films import Film
from feeds.uploading.wanted import UploadRefused, Wanted

# So long a server that was asked for a video, and gave no answer, may take to make it nevertheless; an assumption.
SETTLES = timedelta(minutes=2)
# Dailymotion's clock and ours needn't agree.
CLOCKS_APART = timedelta(minutes=10)


class EncodingFailed(FeedsError):
    """The film arrived, and no video could be made of it."""


@dataclass(frozen=True, slots=True)
class Sending:
    """What an upload works with: the login, what is remembered, where events go, who asks, the clock, the progress."""

    client: Client
    memory: Memory
    journal: Journal
    by: str
    now: Callable[[], datetime]
    sent: Callable[[int], None] = lambda _: None


def upload(wanted: Wanted, film: Film, its: Sending) -> Attempt:
    """Send the film, make the video, and note the event; return the attempt, whose `remote_id` is the video's.

    Raises UploadRefused, a DailymotionError that says whether a video may have been made, and StorageError.
    """
    attempt = its.memory.read()
    if attempt is not None and attempt.over and attempt.status is None:
        raise UploadRefused(
            f"{attempt.title!a} was uploaded as {attempt.remote_id} at {moment_words(attempt.begun)} already."
        )
    if attempt is None or attempt.over:
        before = tuple(_of_title(its.client, wanted, None))
        attempt = Attempt(
            wanted.user.id, wanted.item.title, film.mark, its.by, its.now(), guid=wanted.guid, before=before
        )
        attempt = its.memory.note(attempt)
    if attempt.remote_id is None:
        attempt = _made_before(attempt, wanted, its) or _made_now(attempt, wanted, film, its)
    # Noted once more where the last call ended between the two: the same line again says nothing new.
    its.journal.append(results_yaml.render(_event(attempt)))
    return attempt


def settle(attempt: Attempt, state: State, its: Sending) -> None:
    """Note that there is nothing left to do.

    Raises EncodingFailed where no video came of it: then two events take the import back and say why.
    """
    if state.status not in FAILED:
        its.memory.note(replace(attempt, over=True))
        return
    attempt = its.memory.note(replace(attempt, status=state.status, ended=attempt.ended or its.now()))
    its.journal.append(b"".join(map(results_yaml.render, _failure(attempt))))
    its.memory.note(replace(attempt, over=True))
    step = "The next build lists it again. " if attempt.guid else ""
    raise EncodingFailed(
        f"Dailymotion could not use the film: {attempt.status}. {step}Delete {attempt.remote_id} there, and upload a "
        "better file."
    )


def _made_before(attempt: Attempt, wanted: Wanted, its: Sending) -> Attempt | None:
    """Return the attempt with the video that an earlier call has asked for, if there is one.

    Raises Broken while it may still come, UploadRefused where it can't be told which of several it is.
    """
    if attempt.asked is None:
        return None
    found = _found(attempt, wanted, its)
    if found is None and its.now() < attempt.asked + SETTLES:
        raise Broken(
            f"Whether Dailymotion has made the video {attempt.title!a} isn't known yet. "
            f"Call the same again after {moment_words(attempt.asked + SETTLES + timedelta(minutes=1))}."
        )
    return its.memory.note(replace(attempt, remote_id=found, made=its.now())) if found else None


def _made_now(attempt: Attempt, wanted: Wanted, film: Film, its: Sending) -> Attempt:
    url = film.url or _sent(film, its)
    attempt = its.memory.note(replace(attempt, asked=its.now()))
    try:
        remote_id = new_videos.create(its.client, wanted.user.id, {"url": url, **wanted.form})
    except Broken as trouble:
        with _told(trouble):
            found = _found(attempt, wanted, its)
        if found is None:
            raise Broken(f"{trouble}\n{_UNKNOWN}") from trouble
        remote_id = found
    except DailymotionError:
        its.memory.note(replace(attempt, asked=None))
        raise
    return its.memory.note(replace(attempt, remote_id=remote_id, made=its.now()))


_UNKNOWN = (
    "The video may have been made or not. Call the same again in two minutes: it looks first, and makes no second."
)


@contextmanager
def _told(trouble: DailymotionError) -> Iterator[None]:
    """Have a trouble with the look tell of the trouble before it, too."""
    try:
        yield
    except DailymotionError as error:
        raise Broken(f"{trouble}\n{error}\n{_UNKNOWN}") from trouble


def _sent(film: Film, its: Sending) -> str:
    if film.path is None:
        raise ValueError("a film without address is a file")
    place = uploads.begin(its.client)
    with film.path.open("rb") as file:
        url = uploads.send(place, file, name=film.name, media_type=film.media_type, sent=its.sent)
    if not film.is_unchanged():
        raise UploadRefused(f"{film.path} has changed while it was sent. Nothing was made of it: call this again.")
    return url


def _found(attempt: Attempt, wanted: Wanted, its: Sending) -> str | None:
    """Return the one video of this title that has come since the attempt began."""
    found = [each for each in _of_title(its.client, wanted, attempt.begun) if each not in attempt.before]
    if len(found) > 1:
        raise UploadRefused(
            f"Since {moment_words(attempt.begun)} {' and '.join(found)} came with the title {attempt.title!a}, and "
            "which of them is ours can't be told. Look there, delete what is too much, and call this again."
        )
    return found[0] if found else None


def _of_title(client: Client, wanted: Wanted, since: datetime | None) -> Iterator[str]:
    """Yield the ids of the account's videos with this title, made since then (or of late)."""
    after = None if since is None else int((since - CLOCKS_APART).timestamp())
    for row in videos_of(client, wanted.user.id, ("title",), after=after):
        if row.get("title") == wanted.item.title:
            yield row["id"]


def _event(attempt: Attempt) -> Event:
    made, remote_id = attempt.made or attempt.begun, attempt.remote_id
    if attempt.guid is None:
        fields = {"user": attempt.user, "remote_id": remote_id, "title": attempt.title, "by": attempt.by}
        return Event(made, UPLOADED, fields)
    fields = {"guid": attempt.guid, "remote_id": remote_id, "user": attempt.user, "via": UPLOAD, "by": attempt.by}
    return Event(made, IMPORTED, fields)


def _failure(attempt: Attempt) -> Iterator[Event]:
    """Yield what takes the import back and what says why; without a guid no feed is concerned."""
    if attempt.guid is None or attempt.ended is None:
        return
    why = f"the upload ended as {attempt.status}"
    yield Event(attempt.ended, UNDONE, {"undoes": event_id(_event(attempt)), "guid": attempt.guid, "why": why})
    fields = {"guid": attempt.guid, "status": attempt.status, "user": attempt.user, "via": UPLOAD, "by": attempt.by}
    yield Event(attempt.ended, IMPORT_FAILED, fields)
