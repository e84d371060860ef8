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
from feeds.building.listed import last_noted
from feeds.building.sources import is_archive
from feeds.building.work import Context, Feed, Job, Outcome, text_digest
from feeds.core.catalog import UserEntry
from feeds.core.defaults import absolute
from feeds.core.events import VideoResult, fold_video
from feeds.core.guids import guid_key
from feeds.core.item import Channel, MrssTags, digest
from feeds.core.listing import ALWAYS, FOREVER, Limits, Listing, counts, listing
from feeds.core.partners import Partner, PartnerState, fold_partner
from feeds.core.removals import Removals, removals
from feeds.core.rules import Fault
from feeds.core.user_ids import is_user_id
from feeds.core.user_list import feed_url
from feeds.formats import mrss
from feeds.storage.index import Index
from feeds.storage.signature import settled, signature
from feeds.storage.static_dir import stage


def build_feed(job: Job, context: Context, index: Index) -> Outcome:
    """Build one user's feed as far as it goes. Raises StorageError if it can't be staged."""
    try:
        text, outcome = _read(job)
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


def _read(job: Job) -> tuple[bytes, Outcome]:
    if job.path is None:
        text = job.tree_text or (job.user_id or "").encode()
        return text, Outcome(job.source, "", True, text_digest(text))
    with job.path.open("rb") as file:
        status = os.fstat(file.fileno())
        text = file.read()
    return text, Outcome(job.source, signature(status), settled(status), text_digest(text))


def _feed(user: UserEntry, context: Context, index: Index) -> Feed:
    network = context.network
    partner = fold_partner(index.events([f"u:{user.id}"]).get(f"u:{user.id}", ()), network.parent_id)
    path = context.out / "feeds" / f"{user.id}.xml"
    before, since = _published(path)
    results = _results(index, [video.guid for video in user.videos])
    now = listing(
        user,
        results,
        state=partner.state,
        limits=Limits(network.feed_limit, network.max_failures),
        at=context.at,
    )
    username = user.username or partner.username or user.id
    in_list = partner.state is PartnerState.ADOPTED and user.enabled
    text = _render(user, username, now, context) if in_list else b""
    changed = text != (before or b"")
    # What is published as it is has lost nothing; where nothing is, a feed that isn't wanted may have been elsewhere.
    former = _former(user.id, before, context, index) if changed or before is None else []
    gone = _removed(user.id, former, now, index, partner, context.since or since) if changed or former else None
    return Feed(
        user_id=user.id,
        username=username,
        enabled=user.enabled,
        state=partner.state,
        in_list=in_list,
        count=len(now.items),
        held=counts(now.reasons.values()),
        valid_from=now.valid_from.isoformat(),
        valid_until=now.valid_until.isoformat(),
        digest=text_digest(text),
        staged=stage(path, text) if changed and in_list else None,
        removals=gone or Removals(user.id, len(now.items), {}),
        listed={item.guid: digest(item) for item in now.items} if context.record else None,
    )


def _left_alone(user_id: str, context: Context, index: Index) -> Feed:
    """Return the feed as it is published: what it should list can't be told."""
    partner = fold_partner(index.events([f"u:{user_id}"]).get(f"u:{user_id}", ()), context.network.parent_id)
    before, _ = _published(context.out / "feeds" / f"{user_id}.xml")
    count = len(published_guids(before))
    return Feed(
        user_id=user_id,
        username=partner.username or user_id,
        enabled=True,
        state=partner.state,
        in_list=partner.state is PartnerState.ADOPTED and before is not None,
        count=count,
        held={},
        valid_from=ALWAYS.isoformat(),
        valid_until=FOREVER.isoformat(),
        digest=text_digest(before or b""),
        staged=None,
        removals=Removals(user_id, count, {}),
        listed=None,
    )


def _published(path: Path) -> tuple[bytes | None, datetime | None]:
    try:
        with path.open("rb") as file:
            written = datetime.fromtimestamp(os.fstat(file.fileno()).st_mtime, UTC)
            return file.read(), written
    except FileNotFoundError:
        return None, None


def _results(index: Index, guids: list[str]) -> dict[str, VideoResult]:
    found = index.events(f"g:{guid}" for guid in guids)
    return {subject[2:]: fold_video(events) for subject, events in found.items()}


def _render(user: UserEntry, username: str, now: Listing, context: Context) -> bytes:
    network = context.network
    title = user.title or username
    channel = Channel(
        title=title,
        link=absolute(user.site or network.site, None),
        description=user.description or f"Videos of {title}",
        self_url=feed_url(context.address, user.id),
    )
    text = mrss.render(channel, now.items, MrssTags(**network.mrss.model_dump()))
    mrss.verify(text, [item.guid for item in now.items])
    return text


def _removed(
    user_id: str, former: list[str], now: Listing, index: Index, partner: Partner, since: datetime | None
) -> Removals:
    listed = {item.guid for item in now.items}
    missing = [guid for guid in former if guid not in listed and guid not in now.reasons]
    explained = [guid for guid, result in _results(index, missing).items() if result.remote_id or result.failures]
    # Who is known to have been a child has left with a reason; whose adoption nobody knows of has lost it.
    unknown = not partner.was_child and partner.state is not PartnerState.ELSEWHERE
    return removals(user_id, former, now, explained=explained, unknown=unknown, since=since)


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
