"""Note what was published, as events: from them we know later what was listed when, and as what.

One line a user and publication says what came or changed, with its digest, and what went.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from feeds.building.work import Outcome
from feeds.core.events import LISTED, Event
from feeds.formats import results_yaml
from feeds.storage.index import Index
from feeds.storage.journal import Journal


def note_listed(index: Index, outcomes: Sequence[Outcome], state: Path) -> None:
    """Append a `listed` event to the journal for each user whose listing is not what was last noted.

    Whoever was noted and is no user any more lists nothing now.

    Raises StorageError; the listing is then noted by the next build.
    """
    now = datetime.now(UTC)
    listings = {
        outcome.feed.user_id: outcome.feed.listed
        for outcome in outcomes
        if outcome.feed and outcome.feed.listed is not None
    }
    gone_users = {subject.removeprefix("l:") for subject in index.subjects("l:")} - index.user_ids()
    listings |= {user_id: {} for user_id in sorted(gone_users)}
    lines = []
    for user_id, listed in listings.items():
        known = last_noted(index.events([f"l:{user_id}"]).get(f"l:{user_id}", ()))
        items = {guid: digest for guid, digest in listed.items() if known.get(guid) != digest}
        gone = [guid for guid in known if guid not in listed]
        if items or gone:
            fields = {"user": user_id, "items": items, **({"gone": gone} if gone else {})}
            lines.append(results_yaml.render(Event(now, LISTED, fields)))
    if lines:
        Journal(state / "journal").append(b"".join(lines))


def last_noted(events: Iterable[Event]) -> Mapping[str, str]:
    """Fold a user's `listed` events, in order of time, into what was listed last: digests by guid."""
    listed: dict[str, str] = {}
    for event in sorted(events, key=lambda each: each.at):
        gone, items = event.fields.get("gone"), event.fields.get("items")
        for guid in gone if isinstance(gone, list) else ():
            if isinstance(guid, str):
                listed.pop(guid, None)
        listed.update(items if isinstance(items, dict) else {})
    return listed
