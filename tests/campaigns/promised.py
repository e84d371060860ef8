"""What the promises say of a network, worked out the simple way: no file, no clock, and no rule of the code under test.

A catalog is what an editor has pushed, a fact is what a program was told and has acknowledged.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

MAX_FAILURES = 2


class Video(NamedTuple):
    """One video of a user's file."""

    guid: str
    title: str
    held: bool = False


@dataclass(frozen=True)
class User:
    """One user's file; `slip` is what an editor has broken it with."""

    file: str
    videos: tuple[Video, ...] = ()
    enabled: bool = True
    slip: str = ""


@dataclass(frozen=True)
class Catalog:
    """All user files; `slip` is what catalog.yaml is broken with."""

    users: tuple[tuple[str, User], ...]
    slip: str = ""

    def user(self, name):
        return dict(self.users).get(name)

    def having(self, name, user):
        """Return the catalog with this user changed, or gone (None)."""
        users = {**dict(self.users), name: user}
        return replace(self, users=tuple(sorted((each, its) for each, its in users.items() if its)))

    @property
    def whole(self):
        return not self.slip and not any(user.slip for _, user in self.users)

    def mended(self):
        return Catalog(tuple((name, replace(user, slip="")) for name, user in self.users))

    def listable(self, name):
        """Return the guids that an editor wants in a user's feed."""
        user = self.user(name)
        return [each.guid for each in user.videos if not each.held] if user and user.enabled else []


@dataclass(frozen=True)
class Fact:
    """One acknowledged event: when, of what (a guid, or a user), and its whole line.

    `name` tells callbacks of one guid apart, so that the same one that comes twice is the same: for an import the video
    id, for a failure its status. An undone fact names what it takes back.
    """

    step: int
    kind: str
    of: str
    name: str
    line: bytes
    timestamp_ms: int = 0

    @property
    def told(self):
        return self.kind, self.of, self.name


def undone(facts):
    return {fact.name for fact in facts if fact.kind == "undone"}


def video_ids(facts):
    """Return the first video id of each imported guid, by Dailymotion's clock."""
    taken_back = undone(facts)
    imports = [each for each in facts if each.kind == "imported" and each.told not in taken_back]
    latest_first = sorted(imports, key=lambda each: (each.timestamp_ms, each.name), reverse=True)
    return {each.of: each.name for each in latest_first}


def failed(facts, guid):
    """Return whether a video has failed too often: different failures since the last retry, by their first arrival."""
    taken_back = undone(facts)
    retried = max((each.step for each in facts if each.kind == "retry" and each.of == guid), default=-1)
    first = {}
    for each in facts:
        if each.kind == "import_failed" and each.of == guid and each.told not in taken_back:
            first[each.name] = min(each.step, first.get(each.name, each.step))
    return sum(step > retried for step in first.values()) >= MAX_FAILURES


def adopted(facts):
    """Return the users whose latest word is that they were adopted."""
    latest = {each.of: each.kind for each in facts if each.kind in ("adopted", "left", "rejected")}
    return {name for name, kind in latest.items() if kind == "adopted"}


def site(catalog, facts):
    """Return what is to be published: the videos (guid, title) of each user in the list, in order."""
    facts = sorted(facts, key=lambda each: each.step)
    imported = video_ids(facts)
    feeds = {}
    for name in adopted(facts):
        user = catalog.user(name) or User("")
        if user.enabled:
            feeds[name] = [
                (each.guid, each.title)
                for each in user.videos
                if not each.held and each.guid not in imported and not failed(facts, each.guid)
            ]
    return feeds
