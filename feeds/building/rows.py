"""What the index keeps of a source after a build."""

import json
from dataclasses import replace

from feeds.building.work import Outcome
from feeds.storage.index import SourceRow


def row_of(outcome: Outcome, before: SourceRow | None, *, record: bool) -> SourceRow:
    """Return a source's row: `before` is the one that it had, `record` whether its listing is noted by this build."""
    if outcome.same and before is not None:
        return replace(before, signature=outcome.signature, settled=outcome.settled)
    row = SourceRow(
        source=outcome.source,
        signature=outcome.signature,
        settled=outcome.settled,
        digest=outcome.digest,
        faulty=outcome.frozen or outcome.refused or bool(outcome.faults),
        frozen=outcome.frozen,
        form=outcome.form,
        good=outcome.good,
    )
    feed = outcome.feed
    if feed is None:
        return row
    noted = "" if not record else "yes"
    if not record and before is not None and before.feed_digest == feed.digest:
        noted = before.noted
    return replace(
        row,
        user_id=feed.user_id,
        username=feed.username,
        enabled=feed.enabled,
        state=feed.state.value,
        in_list=feed.in_list,
        listed=feed.count,
        held=json.dumps(dict(feed.held)),
        valid_from=feed.valid_from,
        valid_until=feed.valid_until,
        feed_digest=feed.digest,
        noted=noted,
    )
