"""The file that one part of a build comes to. The format is ours, for one build: no other version has to read it.

A line of JSON says which part it is and of what it was built; one line follows for each user, with the bytes of the
feed behind it; the last line has the digest of all that stands before. So a file that was cut off, or isn't as it was
written, is known. It is no signature: whoever may write the file may write its digest.
"""

import base64
import binascii
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from hashlib import blake2b
from typing import Any

from feeds.core.listing import Places, Reason
from feeds.core.partners import PartnerState
from feeds.core.shards import MOST, Inputs, Piece, Rendered, ShardHead
from feeds.core.user_ids import is_user_id

SHARD = "feeds shard"
# No line is longer, and no feed: a user of 100,000 videos has some 10 MB.
LONGEST = 64 * 1024 * 1024


class BadShard(ValueError):
    """The bytes are no shard of ours; the message says what they lack."""


def new_digest() -> "blake2b":
    """Return what the last line's digest is computed with."""
    return blake2b(digest_size=32)


def render(head: ShardHead, pieces: Iterable[Piece]) -> Iterator[bytes]:
    """Yield the bytes of a shard, a few at a time."""
    digest, count = new_digest(), 0
    inputs = head.inputs
    first = {
        SHARD: 1,
        "shard": head.number,
        "of": head.count,
        "at": head.at.isoformat(),
        "code": inputs.code,
        "catalog": inputs.catalog,
        "address": inputs.address,
        "events": dict(inputs.events),
    }
    line = _line(first)
    digest.update(line)
    yield line
    for piece in pieces:
        count += 1
        for part in (_line(_of_piece(piece)), piece.feed.text if piece.feed else b""):
            digest.update(part)
            yield part
    yield _line({"pieces": count, "digest": digest.hexdigest()})


def parse_head(line: bytes) -> ShardHead:
    """Return what the first line says. Raises BadShard."""
    said = _said(line)
    if SHARD not in said:
        raise BadShard("it is no shard of `feeds build --shard`")
    if said[SHARD] != 1:
        raise BadShard("it was made by another version of feeds")
    try:
        inputs = Inputs(said["code"], said["catalog"], said["address"], said["events"])
        head = ShardHead(said["shard"], said["of"], datetime.fromisoformat(said["at"]), inputs)
        _require(int, head.number, head.count)
        _require(str, inputs.code, inputs.catalog, inputs.address)
        _require(str, *(part for each in inputs.events.items() for part in each))
        if head.at.tzinfo is None or not 1 <= head.number <= head.count <= MOST:
            raise BadShard(_BROKEN)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadShard(_BROKEN) from error
    return head


def parse_end(said: Mapping[str, Any]) -> tuple[int, str]:
    """Return how many pieces the last line counts, and the digest. Raises BadShard."""
    try:
        return int(said["pieces"]), str(said["digest"])
    except (KeyError, TypeError, ValueError) as error:
        raise BadShard(_BROKEN) from error


def parse_line(line: bytes) -> tuple[Mapping[str, Any], str | None, int]:
    """Return a line behind the first: its keys, the source that it tells of, and how many bytes follow.

    The source is None where it is the last line. Raises BadShard.
    """
    said = _said(line)
    if "source" not in said:
        return said, None, 0
    source, size = said["source"], said.get("bytes", 0)
    if not isinstance(source, str) or not isinstance(size, int) or not 0 <= size <= LONGEST:
        raise BadShard(_BROKEN)
    try:
        source.encode("utf-8", "surrogateescape")  # as files are named
    except UnicodeError as error:
        raise BadShard(_BROKEN) from error
    return said, source, size


def parse_piece(line: bytes, text: bytes) -> Piece:
    """Return a piece by its line and the bytes of the feed behind it. Raises BadShard."""
    said = _said(line)
    try:
        if said.get("left"):
            return Piece(said["source"], left=True)
        feed = said["feed"]
        return Piece(
            said["source"],
            bytes.fromhex(said["text"]),
            base64.b64decode(said["keys"], validate=True),
            None if feed is None else _feed(feed, text),
        )
    except (KeyError, TypeError, ValueError, AttributeError, binascii.Error) as error:
        raise BadShard(_BROKEN) from error


_BROKEN = "it is broken"


def _require(kind: type, *values: Any) -> None:
    if any(type(each) is not kind for each in values):
        raise TypeError(kind)


def _line(said: Mapping[str, Any]) -> bytes:
    return json.dumps(said, separators=(",", ":")).encode() + b"\n"  # escaped: a partner's name may hold half a pair


def _said(line: bytes) -> dict[str, Any]:
    if not line.endswith(b"\n"):
        raise BadShard("it is cut off")
    try:
        said = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BadShard("it is no shard of `feeds build --shard`, or broken") from error
    if not isinstance(said, dict):
        raise BadShard("it is no shard of `feeds build --shard`")
    return said


def _of_piece(piece: Piece) -> dict[str, Any]:
    if piece.left:
        return {"source": piece.source, "left": True}
    feed = piece.feed
    its: dict[str, Any] = {
        "source": piece.source,
        "text": piece.digest.hex(),
        "keys": base64.b64encode(piece.keys).decode(),
        "feed": None,
    }
    if feed is None:
        return its
    now = feed.now
    its["bytes"] = len(feed.text)
    its["feed"] = {
        "id": feed.user_id,
        "username": feed.username,
        "enabled": feed.enabled,
        "state": feed.state.value,
        "was child": feed.was_child,
        "guids": list(now.guids),
        "reasons": {guid: reason.value for guid, reason in now.reasons.items()},
        "ended": {guid: at.isoformat() for guid, at in (now.ended or {}).items()},
        "from": now.valid_from.isoformat(),
        "until": now.valid_until.isoformat(),
        "listed": None if feed.listed is None else dict(feed.listed),
    }
    return its


def _feed(said: Mapping[str, Any], text: bytes) -> Rendered:
    if not is_user_id(said["id"]):  # it becomes a file's name
        raise BadShard(_BROKEN)
    now = Places(
        tuple(said["guids"]),
        {guid: Reason(reason) for guid, reason in said["reasons"].items()},
        datetime.fromisoformat(said["from"]),
        datetime.fromisoformat(said["until"]),
        {guid: datetime.fromisoformat(at) for guid, at in said["ended"].items()},
    )
    state, listed = PartnerState(said["state"]), said["listed"]
    _require(str, said["username"], *now.guids)
    _require(bool, said["enabled"], said["was child"])
    said["username"].encode()
    return Rendered(
        said["id"], said["username"], said["enabled"], state, said["was child"], text, now, listed and dict(listed)
    )
