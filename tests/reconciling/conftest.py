"""A network at a desk, as the corrections have it, whose catalog and events differ from Dailymotion as planted."""

from datetime import UTC, datetime

import pytest

from sandbox.world import Video
from tests.correcting.conftest import Desk, desk
from tests.onboarding.conftest import CAFE, STRAY
from tests.sites import line

__all__ = ["Desk", "desk"]
LISTED, CREATED = "2026-11-01T10:00:00.000Z", int(datetime(2026, 11, 2, 10, tzinfo=UTC).timestamp())


class Differing:
    """Puts what nobody told of onto the stand-in, and notes what was listed."""

    def __init__(self, desk):
        self.desk = desk

    def strange(self, remote_id, guid, *, owner=CAFE, created=CREATED, **values):
        """Put a video there that looks like this guid's, and that no event tells of."""
        known = {"title": f"Title of {guid}", "published": True, "duration": 60}
        self.desk.world.videos[remote_id] = Video(remote_id, owner, created, {**known, **values})

    def listed(self, *guids, at=LISTED):
        items = dict.fromkeys(guids, "0123456789ab.01234567")
        self.desk.site.happened(line("listed", at, user=CAFE, items=items, gone=[]))

    def change(self, guid, **values):
        self.desk.world.videos[f"x-{guid}"].values.update(values)


@pytest.fixture
def differing(desk):
    return Differing(desk)


@pytest.fixture
def planted(desk, differing):
    """Return a network with ten differences, and beside each something much like it that is none."""
    told = ["gone", "private", "unpublished", "rejected", "broken", "withdrawn", "ended", "moved", "twice", "fine"]
    extra = {"withdrawn": {"withdraw": "a claim"}, "ended": {"rights": {"until": "2026-11-03"}}}
    videos = [{"guid": guid, "duration": 60, **extra.get(guid, {})} for guid in [*told, "down", "new1", "new2", "late"]]
    desk.site.user(CAFE, *videos)
    desk.online(*told, "down", duration=60)
    differing.listed(*told, "new1", "new2")
    differing.listed("late", at=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z"))
    del desk.world.videos["x-gone"]
    differing.change("private", private=True)
    differing.change("unpublished", published=False)
    differing.change("rejected", status="rejected")
    differing.change("broken", status="encoding_error")
    desk.world.videos["x-moved"].owner = STRAY
    differing.strange("x-second", "twice")
    differing.strange("x-new", "new1", title="  TITLE of New1", duration=62)
    # No differences: too old, too long, of another title, not overdue, and taken down as it was told.
    differing.strange("x-old", "new2", created=1000)
    differing.strange("x-long", "new2", duration=63)
    differing.strange("x-other", "elsewhere")
    differing.strange("x-late", "late", created=CREATED)
    desk.site.happened(line("taken_down", "2026-11-22T10:00:00.000Z", guid="down", remote_id="x-down"))
    differing.change("down", published=False)
    return desk
