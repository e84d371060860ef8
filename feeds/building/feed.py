"""Build one user's feed: from their text to bytes beside the published ones. Runs in a process of its own.

Nothing is published here. What is staged stands under a temporary name, and what would leave the feed is told.
"""

import os
import zlib
from array import array
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from feeds.building.last_good import archived, joined, keys_of, last_good, parse
from feeds.building.left_alone import remaining
from feeds.building.listed import last_noted
from feeds.building.rendering import render_feed, results_of
from feeds.building.sources import is_archive
from feeds.building.work import Context, Feed, Job, Outcome, text_digest
from feeds.core.catalog import UserEntry
from feeds.core.guids import guid_key
from feeds.core.item import MrssTags
from feeds.core.listing import ALWAYS, FOREVER, counts
from feeds.core.partners import PartnerState, fold_partner
from feeds.core.removals import Cause, Removals, removals
from feeds.core.rules import Fault
from feeds.core.shards import Rendered
from feeds.core.user_ids import is_user_id
from feeds.core.user_list import feed_url
from feeds.formats import mrss
from feeds.storage.index import Index
from feeds.storage.signature import settled, signature
from feeds.storage.static_dir import stage


def build_feed(job: Job, context: Context, index: Index) -> Outcome:
    """Build one user's feed as far as it goes. Raises StorageError if it can't be staged."""
    try:
        text, outcome = read_text(job)
    except OSError as error:
        fault = Fault((), "unreadable", f"the file can't be read: {error.strerror}", "Mend it, or take it away.")
        if is_archive(job.source):
            keys = keys_of(last) if (last := last_good(index.good(job.source))) else b""
            return Outcome(job.source, "", False, b"", faults=(fault,), keys=keys)
        return _frozen(job, Outcome(job.source, "", False, b"", faults=(fault,)), context, index)
    if job.known_digest is not None and outcome.digest == job.known_digest:
        return replace(outcome, same=True)
    if job.path is None and job.tree_text is None:
        assert job.user_id is not None  # noqa: S101 - a job without a text names its user
        if job.freeze:
            return replace(outcome, claimed_id=job.user_id, feed=_left_alone(job.user_id, context, index))
        user = UserEntry.model_construct(id=job.user_id, username="", videos=())
        return replace(outcome, claimed_id=job.user_id, feed=_feed(user, context, index))
    if is_archive(job.source):
        return archived(job, outcome, text, index)
    form = "yaml" if job.tree_text is None else "json"
    read = parse(form, text)
    outcome = replace(outcome, claimed_id=read.claimed_id, refused=read.refused, faults=read.faults)
    if read.user is not None:
        outcome = replace(outcome, keys=keys_of(read.user))
        if not job.freeze:
            try:
                feed = _feed(read.user, context, index)
            except mrss.BadFeed as error:
                return _frozen(job, replace(outcome, faults=(_no_feed(error),)), context, index)
            return replace(outcome, form=form, good=zlib.compress(text, 1), feed=feed)
    return _frozen(job, outcome, context, index)


def _no_feed(error: mrss.BadFeed) -> Fault:
    remedy = "`feeds check` should have found this: look for an odd character, and tell us of it."
    return Fault((), "feed", f"what stands here gives no feed that can be read: {error}".rstrip("."), remedy)


def _frozen(job: Job, outcome: Outcome, context: Context, index: Index) -> Outcome:
    """Build from the last good text; where there is none, leave the feed as it is published."""
    last = last_good(index.good(job.source))
    outcome = replace(outcome, frozen=True)
    if last is not None:
        with suppress(mrss.BadFeed):
            feed = _feed(last, context, index)
            return replace(outcome, keys=joined(outcome.keys, array("q", keys_of(last))), feed=feed)
    user_id = job.user_id or outcome.claimed_id
    if not user_id or not is_user_id(user_id):
        return outcome
    listed = published_guids(_published(context.out / "feeds" / f"{user_id}.xml")[0])
    keys = joined(outcome.keys, [guid_key(guid) for guid in listed])
    return replace(outcome, keys=keys, feed=_left_alone(user_id, context, index))


def read_text(job: Job) -> tuple[bytes, Outcome]:
    """Return a job's text, and the outcome as far as it can be told without reading what it says. Raises OSError."""
    if job.path is None:
        text = job.tree_text or (job.user_id or "").encode()
        return text, Outcome(job.source, "", True, text_digest(text))
    with job.path.open("rb") as file:
        status = os.fstat(file.fileno())
        text = file.read()
    return text, Outcome(job.source, signature(status), settled(status), text_digest(text))


def _feed(user: UserEntry, context: Context, index: Index) -> Feed:
    return compared(render_feed(user, context, index), context, index)


def compared(rendered: Rendered, context: Context, index: Index) -> Feed:
    """Stage a rendered feed beside the published one, and tell what leaves with that. Raises StorageError."""
    user_id, now, text = rendered.user_id, rendered.now, rendered.text
    path = context.out / "feeds" / f"{user_id}.xml"
    before, since = _published(path)
    changed = text != (before or b"")
    # What is published as it is has lost nothing; where nothing is, a feed that isn't wanted may have been elsewhere.
    former = _former(user_id, before, context, index) if changed or before is None else []
    gone = _removed(rendered, former, index, context.since or since) if changed or former else None
    return Feed(
        user_id=user_id,
        username=rendered.username,
        enabled=rendered.enabled,
        state=rendered.state,
        in_list=rendered.in_list,
        count=len(now.guids),
        held=counts(now.reasons.values()),
        valid_from=now.valid_from.isoformat(),
        valid_until=now.valid_until.isoformat(),
        digest=text_digest(text),
        staged=stage(path, text) if changed and rendered.in_list else None,
        removals=gone or Removals(user_id, len(now.guids), {}),
        listed=rendered.listed if context.record else None,
    )


def _left_alone(user_id: str, context: Context, index: Index) -> Feed:
    """Return the feed as it is published, but for what must leave it: what it should list can't be told."""
    partner = fold_partner(index.events([f"u:{user_id}"]).get(f"u:{user_id}", ()), context.network.parent_id)
    path = context.out / "feeds" / f"{user_id}.xml"
    before, _ = _published(path)
    former = published_guids(before)
    in_list = partner.state is PartnerState.ADOPTED and before is not None
    text, causes = before or b"", dict[str, Cause]()
    with suppress(mrss.BadFeed):
        tags = MrssTags(**context.network.mrss.model_dump())
        url = feed_url(context.address, user_id)
        text, causes = remaining(text, results_of(index, former), context.at, self_url=url, tags=tags)
    return Feed(
        user_id=user_id,
        username=partner.username or user_id,
        enabled=True,
        state=partner.state,
        in_list=in_list,
        count=len(former) - len(causes),
        held={},
        valid_from=ALWAYS.isoformat(),
        valid_until=FOREVER.isoformat(),
        digest=text_digest(text),
        staged=stage(path, text) if in_list and text != before else None,
        removals=Removals(user_id, len(former), causes),
        listed=None,
    )


def _published(path: Path) -> tuple[bytes | None, datetime | None]:
    try:
        with path.open("rb") as file:
            written = datetime.fromtimestamp(os.fstat(file.fileno()).st_mtime, UTC)
            return file.read(), written
    except FileNotFoundError:
        return None, None


def _removed(rendered: Rendered, former: list[str], index: Index, since: datetime | None) -> Removals:
    now = rendered.now
    listed = set(now.guids)
    missing = [guid for guid in former if guid not in listed and guid not in now.reasons]
    explained = [guid for guid, result in results_of(index, missing).items() if result.remote_id or result.failures]
    # Who is known to have been a child has left with a reason; whose adoption nobody knows of has lost it.
    unknown = not rendered.was_child and rendered.state is not PartnerState.ELSEWHERE
    return removals(rendered.user_id, former, now, explained=explained, unknown=unknown, since=since)


def _former(user_id: str, before: bytes | None, context: Context, index: Index) -> list[str]:
    """Return what was listed last: by the published feed, or in a new folder by the events of whoever published."""
    if before is not None or not context.by_events:
        return published_guids(before)
    subject = f"l:{user_id}"
    return list(last_noted(index.events([subject]).get(subject, ())))


def published_guids(text: bytes | None) -> list[str]:
    """Return the guids of a published feed; what is no feed of ours lists nothing that we know of."""
    if not text:
        return []
    try:
        return mrss.guids(text)
    except mrss.BadFeed:
        return []


def removed_with_user(user_id: str, context: Context, index: Index) -> Removals:
    """Tell what leaves with a whole feed, of a user whom the catalog doesn't name."""
    user = UserEntry.model_construct(id=user_id, username="", videos=())
    return _feed(user, context, index).removals
