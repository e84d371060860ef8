"""A file on its way to Dailymotion: where to send it, the sending, and how far it came.

https://developers.dailymotion.com/upload (GET /file/upload, then a POST of the file as the part `file`, whose answer
has the `url` of which a video is made). The addresses are of another host than the API, carry their own permission,
and never see our login. The file goes out piece by piece, so no more than a piece of it is ever in memory.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from io import SEEK_END
from typing import Any, BinaryIO
from urllib.parse import urlsplit

import requests
from urllib3.fields import RequestField
from urllib3.filepost import encode_multipart_formdata

from feeds.core.errors import StorageError
from feeds.dailymotion.client import Client
from feeds.dailymotion.errors import Broken, DailymotionError, Refused, quoted, throttled
from feeds.dailymotion.transport import Bounded, prepare

# One piece must be gone within SEND_S, else the connection counts as broken: that is 2 kB a second. Whoever has taken
# gigabytes may need a while to say so.
PIECE_BYTES, SEND_S, TAKEN_S = 64 * 1024, 30.0, 300.0
_MARK = b"<the file>"


@dataclass(frozen=True, slots=True)
class Place:
    """Where one file is sent to, and where its progress is told."""

    upload_url: str
    progress_url: str | None


def patient() -> Bounded:
    """Return what sends a file: it bears a connection that stalls for a while."""
    return Bounded(connect_s=SEND_S, read_s=TAKEN_S, answer_s=TAKEN_S)


def begin(client: Client) -> Place:
    """Ask where to send one file. Raises Broken where the answer names no address that a film may go to."""
    told = client.get("/file/upload")
    upload_url, progress_url = (told.get(name) for name in ("upload_url", "progress_url"))
    if not isinstance(upload_url, str) or not _may_be_asked(upload_url, client.api):
        raise Broken("Dailymotion answered GET /file/upload with no https address to send the film to.")
    is_fit = isinstance(progress_url, str) and _may_be_asked(progress_url, client.api)
    return Place(upload_url, progress_url if is_fit else None)


def send(
    place: Place,
    file: BinaryIO,
    *,
    name: str,
    media_type: str,
    sent: Callable[[int], None] = lambda _: None,
    adapter: Bounded | None = None,
) -> str:
    """Send a file, once, and return the address of which a video can be made; `sent` is told the bytes so far.

    Where the answer got lost, the address for the progress is asked. Raises a DailymotionError that tells what came
    of it, and StorageError where the file can't be read or has become shorter.
    """
    body = _Body(file, name, media_type, sent)
    with requests.Session() as session:
        prepare(session, adapter=adapter or patient())
        try:
            answer = session.post(place.upload_url, data=body, headers={"Content-Type": body.content_type})
            told, url = _taken(answer)
        except Broken as trouble:
            progress = _progress(session, place)
            lies_at = progress.get("url")  # not documented, and of use where it is told
            if progress.get("state") == "done" and isinstance(lies_at, str):
                return lies_at
            raise Broken(f"{trouble}\n{_how_far(progress, body.size)}") from trouble
    arrived = told.get("size")
    if isinstance(arrived, int) and arrived != body.size:
        raise Broken(f"Of the file's {body.size:,} bytes {arrived:,} arrived at Dailymotion. Try again later.")
    return url


def _taken(answer: requests.Response) -> tuple[Mapping[str, Any], str]:
    """Return what the answer to a file tells, and its `url`. Raises the DailymotionError that it stands for."""
    told = _object(answer.content)
    secrets = (urlsplit(answer.url).query,)
    words = quoted(told.get("error"), secrets) or quoted(told.get("message"), secrets)
    if answer.status_code == requests.codes.too_many_requests:
        raise throttled("POST of the file", words, answer.headers)
    if 400 <= answer.status_code < 500:
        raise Refused(f"Dailymotion refused the file, status {answer.status_code}{words}.")
    if answer.status_code != requests.codes.ok or words:
        raise Broken(f"Dailymotion did not take the file, status {answer.status_code}{words}. Try again later.")
    url = told.get("url")
    if not isinstance(url, str) or urlsplit(url).scheme not in {"http", "https"}:
        raise Broken("Dailymotion took the file and did not say what to make a video of. Try again later.")
    return told, url


def _progress(session: requests.Session, place: Place) -> Mapping[str, Any]:
    if place.progress_url is None:
        return {}
    # The sender is patient, and this is only a look.
    prepare(session)
    try:
        answer = session.get(place.progress_url)
    except DailymotionError:
        return {}
    return _object(answer.content) if answer.status_code == requests.codes.ok else {}


def _how_far(told: Mapping[str, Any], size: int) -> str:
    state, received = told.get("state"), told.get("received")
    if state == "done":
        return "The file had arrived whole, but where it lies was in the answer that got lost: it has to be sent again."
    if isinstance(received, int) and state in {"starting", "uploading", "error"}:
        return f"Of about {size:,} bytes {received:,} had arrived: the file has to be sent again."
    return "How much of the file had arrived isn't known: it has to be sent again."


def _object(text: bytes) -> Mapping[str, Any]:
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _may_be_asked(url: str, api: str) -> bool:
    """Return whether a film may go there: by https, or unencrypted on the API's own host if that is this machine."""
    try:
        parts, ours = urlsplit(url), urlsplit(api)
        _ = parts.port
    except ValueError:
        return False
    if not parts.hostname or "@" in parts.netloc or not url.isprintable() or " " in url:
        return False
    return parts.scheme == "https" or (parts.scheme == ours.scheme == "http" and parts.hostname == ours.hostname)


class _Body:
    """The multipart body of one file, made as it is sent; its length is known, so it is never sent in chunks.

    requests streams what can be iterated, and takes the length from `len`.
    """

    def __init__(self, file: BinaryIO, name: str, media_type: str, sent: Callable[[int], None]) -> None:
        self._file, self._sent = file, sent
        self.size = file.seek(0, SEEK_END)
        part = RequestField.from_tuples("file", (name, _MARK, media_type))
        around, self.content_type = encode_multipart_formdata([part])
        self._head, _, self._tail = around.rpartition(_MARK)

    def __len__(self) -> int:
        return len(self._head) + self.size + len(self._tail)

    def __iter__(self) -> Iterator[bytes]:
        yield self._head
        done = 0
        try:
            self._file.seek(0)
            while done < self.size:
                piece = self._file.read(min(PIECE_BYTES, self.size - done))
                if not piece:
                    raise StorageError(f"The file has become shorter while it was sent: {self.size:,} bytes before.")
                yield piece
                done += len(piece)
                self._sent(done)
        except OSError as error:
            raise StorageError(f"The file can't be read: {error.strerror}. Mend the disk, and call again.") from error
        yield self._tail
