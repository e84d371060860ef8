"""What a source's text tells of its guids, and what its last good text told: the index keeps that for its freeze."""

import json
import zlib
from array import array
from collections.abc import Sequence
from dataclasses import replace

from feeds.building.catalog_users import guids_of
from feeds.building.work import Job, Outcome
from feeds.core.catalog import UserEntry
from feeds.core.guids import guid_key
from feeds.formats import catalog_yaml
from feeds.storage.index import Index


def parse(form: str, text: bytes) -> catalog_yaml.ReadUser:
    """Read a source's text in the form in which it stands there."""
    if form == "archive":
        return catalog_yaml.parse_archive(text)
    if form == "yaml":
        return catalog_yaml.parse_user(text)
    return catalog_yaml.user_of(json.loads(text))


def last_good(known: tuple[str, bytes] | None) -> UserEntry | None:
    """Return the user that the index has as the last good one."""
    if known is None:
        return None
    form, packed = known
    return parse(form, zlib.decompress(packed)).user


def keys_of(user: UserEntry) -> bytes:
    """Return the keys of the user's guids, as the index keeps them."""
    return array("q", [guid_key(video.guid) for video in user.videos]).tobytes()


def joined(keys: bytes, others: Sequence[int]) -> bytes:
    """Return the keys and those of the others that are new; a key that stood there twice still does."""
    return keys + array("q", {*others} - {*array("q", keys)}).tobytes()


def archived(job: Job, outcome: Outcome, text: bytes, index: Index) -> Outcome:
    """Tell an archive's guids, so that nobody takes them; where it has faults, its last good version's, too."""
    read = catalog_yaml.parse_archive(text)
    outcome = replace(outcome, refused=read.refused, faults=read.faults)
    if read.user is not None:
        return replace(outcome, keys=keys_of(read.user), form="archive", good=zlib.compress(text, 1))
    keys = array("q", map(guid_key, guids_of(read))).tobytes()
    last = last_good(index.good(job.source))
    return replace(outcome, keys=joined(keys, array("q", keys_of(last))) if last else keys)
