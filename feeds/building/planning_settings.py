"""What an edit of catalog.yaml's network settings means for feeds that no other line of it touches."""

from feeds.building.planning_edit import limits_of
from feeds.building.sources import settings_digest
from feeds.core.catalog import Network

_DECIDING = ("feed_limit", "max_failures", "parent_id")


def setting_notes(before: Network, now: Network) -> list[str]:
    """Return a sentence for each setting by which every feed is judged or written anew."""
    notes = []
    if limits_of(before) != limits_of(now):
        names = [name for name in _DECIDING if getattr(before, name) != getattr(now, name)]
        notes.append(f"network.{', network.'.join(names)} changes: every user is judged anew.")
    rest = now.model_copy(update={name: getattr(before, name) for name in _DECIDING})
    if settings_digest(before) != settings_digest(rest):
        names = [
            name
            for name in Network.model_fields
            if name not in _DECIDING
            and getattr(before, name) != getattr(now, name)
            and settings_digest(before.model_copy(update={name: getattr(now, name)})) != settings_digest(before)
        ]
        notes.append(
            f"network.{', network.'.join(names)} changes: every feed is written anew, also without a new video."
        )
    return notes
