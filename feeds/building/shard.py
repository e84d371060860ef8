"""Build one part of a site, a shard: the feeds of some users, in a file that publishes nothing by itself.

A shard looks at nothing that is published and remembers nothing, so where and when it runs makes no difference. What
holds for the whole network (whose guid it is, who is in the list, what may leave) is judged where the shards are
joined; and so is a text with faults, for there its last good version may be known.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from pathlib import Path

from feeds.building.addresses import address_of
from feeds.building.changes import sources_of
from feeds.building.event_lines import EventLines
from feeds.building.feed import read_text
from feeds.building.last_good import keys_of, parse
from feeds.building.publishing import USER_LIST
from feeds.building.rendering import render_feed
from feeds.building.sources import CatalogText, is_archive
from feeds.building.version import code_digest
from feeds.building.work import Context, Job, text_digest
from feeds.building.workers import run_by
from feeds.core.errors import Finding, StorageError, UsageError
from feeds.core.shards import Inputs, Piece, ShardHead
from feeds.formats import mrss, shard
from feeds.settings import Folders
from feeds.storage.static_dir import clear_leftovers, only_one, publish, stage_parts, sync_folder

# How the name of a shard's file ends.
ENDING = ".shard"


@dataclass(frozen=True, slots=True)
class ShardWish:
    """What a person wants built: shard `number` of `count`, as of `at`, into the folder `out`, by `jobs` processes."""

    folders: Folders
    out: Path
    number: int
    count: int
    at: datetime
    jobs: int
    secret_path: str | None = None


@dataclass(frozen=True, slots=True)
class ShardReport:
    """What a shard came to; without a path nothing was written, and the findings say why."""

    path: Path | None
    users: int = 0
    left: int = 0
    findings: Sequence[Finding] = ()


def shard_of(source: str, count: int) -> int:
    """Return the number, from 1, of the shard that a source belongs to: by its name alone, whoever else there is."""
    return int.from_bytes(blake2b(source.encode("utf-8", "surrogateescape"), digest_size=8).digest()) % count + 1


def build_shard(wish: ShardWish) -> ShardReport:
    """Build a shard into a file of its own. Raises UsageError, and StorageError where the disk doesn't take it."""
    text = CatalogText(wish.folders.catalog)
    if (wish.out / USER_LIST).exists() or (wish.out / "feeds").exists():
        raise UsageError(
            f"{wish.out} holds a site, and a shard is none: nobody may read it. Name another folder with --out."
        )
    if text.read is None or isinstance(text.read, tuple):
        found = text.located.own_findings() if text.read is None else text.located.findings(text.read)
        return ShardReport(None, findings=found)
    try:
        wish.out.mkdir(parents=True, exist_ok=True)
        with only_one(wish.out):
            clear_leftovers(wish.out)
            return _build(wish, text)
    except OSError as error:
        raise StorageError(f"{error.filename or wish.out}: {error.strerror}. Mend that, and build again.") from error


def _build(wish: ShardWish, text: CatalogText) -> ShardReport:
    network = text.network.network
    address = address_of(network, wish.secret_path)
    lines = EventLines(wish.folders.catalog, wish.folders.state)
    sources = sources_of(text, wish.folders.catalog, text.network.include)
    jobs = [
        Job(each.name, each.path, each.tree_text) for each in sources if shard_of(each.name, wish.count) == wish.number
    ]
    context = Context(wish.out, wish.out, network, wish.at, None, record=True, address=address)
    path = wish.out / f"{wish.number}-of-{wish.count}{ENDING}"
    head = ShardHead(wish.number, wish.count, wish.at, inputs_of(text, lines.digests, address))
    left: list[str] = []
    pieces = _noting(run_by(piece_of, jobs, context, wish.jobs, lambda: lines), left.append)
    publish(stage_parts(path, shard.render(head, pieces)), path)
    sync_folder(wish.out)
    return ShardReport(path, sum(not is_archive(each.source) for each in jobs), len(left))


def _noting(pieces: Iterator[Piece], left: Callable[[str], None]) -> Iterator[Piece]:
    for piece in pieces:
        if piece.left:
            left(piece.source)
        yield piece


def inputs_of(text: CatalogText, events: Mapping[str, str], address: str) -> Inputs:
    """Return what a build depends on beside the users' texts; `events` is size and digest of each file, by name."""
    return Inputs(code_digest(), text.digest.hex(), text_digest(address.encode()).hex(), dict(sorted(events.items())))


def piece_of(job: Job, context: Context, known: EventLines) -> Piece:
    """Build one source's piece; where its text has any fault, it is left to whoever joins the shards."""
    try:
        text, outcome = read_text(job)
    except OSError:
        return Piece(job.source, left=True)
    form = "archive" if is_archive(job.source) else "yaml" if job.tree_text is None else "json"
    user = parse(form, text).user
    if user is None:
        return Piece(job.source, left=True)
    if form == "archive":
        return Piece(job.source, outcome.digest, keys_of(user))
    try:
        return Piece(job.source, outcome.digest, keys_of(user), render_feed(user, context, known))
    except mrss.BadFeed:
        return Piece(job.source, left=True)
