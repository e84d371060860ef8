"""Uploads of files: where to, how far, and what came of it.

https://developers.dailymotion.com/api/platform-api/reference/ (GET /file/upload, the progress's states) and the package
https://github.com/dailymotion/dailymotion-sdk-python (the part's name `file`, the answer's `url` or `error`). The
addresses are opaque: only what /file/upload answers counts. ASSUMED: it needs a token, `size` is the whole body's
while it comes and the file's afterwards, and a body without the part gets 400.

The bytes are counted, digested and forgotten: never is more than one chunk of a file in memory.
"""

import hashlib
import secrets
from typing import Any, cast

from flask import Blueprint, abort, request
from werkzeug.exceptions import HTTPException
from werkzeug.formparser import FormDataParser

from sandbox.context import need_caller, the_world
from sandbox.world import Upload

blueprint = Blueprint("uploads", __name__)

# The parser counts what it holds of the file, too: up to a chunk of 64 kB, and the rest of the one before.
_HELD_BYTES = 1024 * 1024

Answer = dict[str, Any]


@blueprint.get("/file/upload")
def begin() -> Answer:
    """Answer where to send one file, and where to ask for its progress."""
    need_caller()
    uuid = secrets.token_hex(16)
    the_world().uploads[uuid] = Upload()
    return {
        "upload_url": f"{request.host_url}upload?uuid={uuid}",
        "progress_url": f"{request.host_url}rupload?uuid={uuid}",
    }


@blueprint.get("/rupload")
def progress() -> Answer:
    """Answer how far an upload is."""
    upload = _upload()
    return {"state": upload.state, "size": upload.size, "received": upload.received}


@blueprint.post("/upload")
def receive() -> tuple[Answer, int]:
    """Take a file as it comes."""
    upload = _upload()
    upload.state, upload.size, upload.received = "uploading", request.content_length or 0, 0

    def sink(*, filename: str | None, **_: Any) -> "_Sink":
        return _Sink(upload, filename or "")

    parser = FormDataParser(stream_factory=cast(Any, sink), max_form_memory_size=_HELD_BYTES, max_form_parts=10)
    try:
        _, _, files = parser.parse_from_environ(request.environ)
    except (HTTPException, OSError):  # the sender left, or its chunks don't add up
        files = cast(Any, {})
    if "file" not in files:
        upload.state = "error"
        return {"error": "There was no whole file in a part with the name file."}, 400
    return _received(upload, cast(_Sink, files["file"].stream)), 200


def _received(upload: Upload, sink: "_Sink") -> Answer:
    with the_world().lock:
        upload.state, upload.name, upload.size = "done", sink.name, sink.size
        upload.received = sink.size
        the_world().save()
    url = f"{request.host_url}uploaded/{request.args['uuid']}"
    return {"url": url, "name": sink.name, "size": sink.size, "hash": sink.digest.hexdigest()}


def taken(url: str) -> bool | None:
    """Tell whether a URL that an upload would have got is one of a whole file; None where it is somebody else's."""
    start = f"{request.host_url}uploaded/"
    if not url.startswith(start):
        return None
    upload = the_world().uploads.get(url.removeprefix(start))
    return upload is not None and upload.state == "done"


def _upload() -> Upload:
    upload = the_world().uploads.get(request.args.get("uuid", ""))
    if upload is None:
        abort(404)
    return upload


class _Sink:
    """What the parser takes for a file."""

    def __init__(self, upload: Upload, name: str) -> None:
        self.upload, self.name, self.size = upload, name, 0
        self.digest = hashlib.sha256()

    def write(self, chunk: bytes) -> int:
        """Count and forget."""
        self.size += len(chunk)
        self.upload.received += len(chunk)
        self.digest.update(chunk)
        return len(chunk)

    def seek(self, _offset: int) -> int:
        """Do nothing: there is nothing to read again."""
        return 0

    def close(self) -> None:
        """Do nothing."""
