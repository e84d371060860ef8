"""Whatever ends a video's right to be online puts it into one queue, until it is known to be gone."""

from datetime import UTC, datetime, timedelta

import pytest

from feeds.core.events import Event, fold_video
from feeds.core.live import Ground, Standing, StillLive, still_live
from feeds.core.partners import PartnerState

AT = datetime(2026, 11, 24, 12, tzinfo=UTC)
OURS = {"a1": "anna"}


def imported(remote_id="x1", minutes=0):
    return Event(AT + timedelta(minutes=minutes), "imported", {"guid": "a1", "remote_id": remote_id})


def taken_down(remote_id="x1"):
    return Event(AT, "taken_down", {"guid": "a1", "remote_id": remote_id})


def queue(*events, standing=None, state=PartnerState.ADOPTED, owners=OURS, complete=True):
    standings = {} if standing is None else {"a1": standing}
    return still_live({"a1": fold_video(events)}, standings, {"anna": state}, owners, complete=complete, at=AT)


@pytest.mark.parametrize(
    ("standing", "state", "ground", "why"),
    [
        (Standing("anna", withdraw="claim 881"), PartnerState.ADOPTED, Ground.WITHDRAWN, "claim 881"),
        (Standing("anna"), PartnerState.REJECTED, Ground.REJECTED, ""),
        (Standing("anna", ends=AT), PartnerState.ADOPTED, Ground.ENDED, "2026-11-24 12:00 UTC"),
        (None, PartnerState.ADOPTED, Ground.DELETED, ""),
    ],
)
def test_each_way_leads_into_the_queue(standing, state, ground, why):
    assert queue(imported(), standing=standing, state=state) == [StillLive("a1", "anna", ("x1",), ground, why)]
    assert queue(imported(), taken_down(), standing=standing, state=state) == []
    assert queue(standing=standing, state=state) == []


@pytest.mark.parametrize("state", [PartnerState.ADOPTED, PartnerState.LEFT, PartnerState.ELSEWHERE])
def test_a_video_in_the_catalog_within_its_rights_stays(state):
    assert queue(imported(), standing=Standing("anna", ends=AT + timedelta(seconds=1)), state=state) == []


def test_a_callback_that_comes_late_joins_the_queue_even_after_the_takedown_of_another_id():
    events = [imported("x1"), taken_down("x1"), imported("x2", 9)]
    [found] = queue(*events, standing=Standing("anna", withdraw="claim"))
    assert found.remote_ids == ("x2",)
    [both] = queue(imported("x1"), imported("x2", 9), standing=Standing("anna", withdraw="claim"))
    assert both.remote_ids == ("x1", "x2")


def test_nothing_counts_as_deleted_that_was_never_ours_or_while_a_file_cannot_be_read():
    assert queue(imported(), owners={}) == []
    assert queue(imported(), complete=False) == []
    assert queue(imported(), complete=False, standing=Standing("anna", withdraw="claim")) != []
