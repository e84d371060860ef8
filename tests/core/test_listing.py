"""What a feed lists: each video has its place, or its reason, and the answer says how long it holds."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.core.catalog import UserEntry
from feeds.core.defaults import item_of
from feeds.core.events import Failure, VideoResult
from feeds.core.item import digest
from feeds.core.listing import ALWAYS, FOREVER, Limits, Reason, counts, listing, user_reason
from feeds.core.partners import PartnerState

AT = datetime(2026, 11, 24, 12, tzinfo=UTC)
YEARS = timedelta(days=900)
LIMITS = Limits(feed_limit=100, max_failures=3)


def user(*videos, **keys):
    filled = [{"title": "T", "media": f"{video['guid']}.mp4", **video} for video in videos]
    defaults = {"category": "tv", "media_base": "https://cdn.nord.example/"}
    return UserEntry.model_validate(
        {"id": "anna", "username": "annacooks", "defaults": defaults, "videos": filled, **keys}
    )


def ask(who, results=None, *, state=PartnerState.ADOPTED, limits=LIMITS, at=AT):
    return listing(who, results or {}, state=state, limits=limits, at=at)


def order(answer):
    return [item.guid for item in answer.items]


def failures(number):
    return VideoResult(failures=tuple(Failure(AT - timedelta(minutes=minutes), "broken") for minutes in range(number)))


def test_a_video_without_a_reason_is_listed_as_its_item():
    anna = user({"guid": "a1"})
    answer = ask(anna)
    assert answer.items == (item_of(anna.videos[0], anna),)
    assert (answer.reasons, answer.valid_from, answer.valid_until) == ({}, ALWAYS, FOREVER)


# In the order of precedence: each video has its own reason and all that follow.
_WITH_REASON = [
    ("imported", Reason.IMPORTED),
    ("of the user", Reason.USER_REJECTED),
    ("failed", Reason.FAILED),
    ("held", Reason.HELD),
    ("before", Reason.BEFORE_WINDOW),
]


def with_faults(*names):
    video = {"guid": "a1"}
    if "held" in names:
        video["hold"] = "waiting for music rights"
    if "before" in names:
        video["rights"] = {"from": "2026-12-01"}
    result = failures(3 if "failed" in names else 0)
    if "imported" in names:
        result = VideoResult(remote_id="x", failures=result.failures)
    state = PartnerState.REJECTED if "of the user" in names else PartnerState.ADOPTED
    return ask(user(video), {"a1": result}, state=state)


@pytest.mark.parametrize("number", range(len(_WITH_REASON)))
def test_of_several_reasons_the_first_in_order_is_told(number):
    names = [name for name, _ in _WITH_REASON]
    for others in itertools.chain.from_iterable(
        itertools.combinations(names[number + 1 :], length) for length in range(len(names) - number)
    ):
        answer = with_faults(names[number], *others)
        assert (order(answer), answer.reasons) == ([], {"a1": _WITH_REASON[number][1]})


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (PartnerState.ADOPTED, None),
        (PartnerState.REJECTED, Reason.USER_REJECTED),
        (PartnerState.LEFT, Reason.USER_LEFT),
        (PartnerState.ELSEWHERE, Reason.USER_NOT_ADOPTED),
        (PartnerState.UNKNOWN, Reason.USER_UNKNOWN),
        (PartnerState.ASKED, Reason.USER_ASKED),
        (PartnerState.APPROVED, Reason.USER_APPROVED),
        (PartnerState.REFUSED, Reason.USER_REFUSED),
    ],
)
def test_only_an_adopted_and_enabled_users_videos_are_listed(state, reason):
    assert user_reason(user(), state) is reason
    assert user_reason(user(enabled="false"), state) is Reason.USER_DISABLED
    assert ask(user({"guid": "a1"}), state=state).reasons == ({} if reason is None else {"a1": reason})


def imported_once(day=20, listings=(), **more):
    at = datetime(2026, 11, day, 10, tzinfo=UTC)
    return VideoResult(remote_id="x", imported_at=at, latest_import=at, listings=tuple(listings), **more)


def test_a_withdrawn_video_is_never_listed_whatever_else_is_known_of_it():
    withdrawn = {"guid": "a1", "withdraw": "claim 881", "relist": "2026-11-24"}
    for result in (None, imported_once()):
        results = {"a1": result} if result else {}
        assert ask(user(withdrawn), results).reasons == {"a1": Reason.WITHDRAWN}


@pytest.mark.parametrize(
    ("relist", "listed"),
    [(None, False), ("2026-11-19", False), ("2026-11-20", True), ("2026-11-24", True), ("2026-11-25", False),
     ("2026-11-20T09:00:00Z", False), ("2026-11-20T11:00:00Z", True)],
)  # fmt: skip
def test_an_imported_video_is_listed_again_for_a_word_that_is_later_than_its_import(relist, listed):
    video = {"guid": "a1", **({"relist": relist} if relist else {})}
    answer = ask(user(video), {"a1": imported_once()}, at=datetime(2026, 11, 24, 12, tzinfo=UTC))
    assert order(answer) == (["a1"] if listed else [])
    assert answer.reasons == ({} if listed else {"a1": Reason.IMPORTED})


def test_a_video_that_is_listed_again_still_needs_an_adopted_user_and_its_window():
    video = {"guid": "a1", "relist": "2026-11-24", "hold": "legal"}
    assert ask(user(video), {"a1": imported_once()}).reasons == {"a1": Reason.HELD}
    gone = ask(user({"guid": "a1", "relist": "2026-11-24"}), {"a1": imported_once()}, state=PartnerState.LEFT)
    assert gone.reasons == {"a1": Reason.USER_LEFT}


def test_the_answer_holds_until_a_word_begins_or_ends():
    video, result = {"guid": "a1", "relist": "2026-11-24"}, {"a1": imported_once()}
    begins, ends = datetime(2026, 11, 24, tzinfo=UTC), datetime(2026, 12, 8, tzinfo=UTC)
    assert ask(user(video), result, at=begins - timedelta(seconds=1)).valid_until == begins
    during = ask(user(video), result, at=begins)
    assert (during.valid_from, during.valid_until, order(during)) == (begins, ends, ["a1"])
    after = ask(user(video), result, at=ends)
    assert (after.valid_from, order(after)) == (ends, [])


@pytest.mark.parametrize(
    ("at", "reason"),
    [
        ("2026-11-19T23:59:59", Reason.BEFORE_WINDOW),
        ("2026-11-20T00:00:00", None),
        ("2026-11-21T23:59:59", None),
        ("2026-11-22T00:00:00", Reason.AFTER_WINDOW),
    ],
)
def test_the_first_and_the_last_day_of_the_window_count_whole(at, reason):
    video = {"guid": "a1", "rights": {"from": "2026-11-20", "until": "2026-11-21"}}
    answer = ask(user(video), at=datetime.fromisoformat(at).replace(tzinfo=UTC))
    assert answer.reasons.get("a1") is reason


def test_the_end_of_each_closed_window_is_told():
    answer = ask(user({"guid": "a1", "rights": {"until": "2026-11-20"}}, {"guid": "a2"}))
    assert answer.ended == {"a1": datetime(2026, 11, 21, tzinfo=UTC)}


def test_a_video_is_held_from_its_last_allowed_failure_on():
    anna = user({"guid": "a1"})
    assert order(ask(anna, {"a1": failures(2)})) == ["a1"]
    assert ask(anna, {"a1": failures(3)}).reasons == {"a1": Reason.FAILED}
    assert ask(anna, {"a1": failures(1)}, limits=Limits(100, 1)).reasons == {"a1": Reason.FAILED}


def test_a_failed_video_that_has_been_changed_since_is_listed_again():
    before, after = user({"guid": "a1"}), user({"guid": "a1", "media": "better.mp4"})
    shown = ((AT - timedelta(days=1), digest(item_of(before.videos[0], before))),)
    result = VideoResult(failures=failures(3).failures, listings=shown)
    assert ask(before, {"a1": result}).reasons == {"a1": Reason.FAILED}
    assert order(ask(after, {"a1": result})) == ["a1"]


def test_the_order_is_by_priority_then_the_oldest_then_the_catalogs():
    anna = user(
        {"guid": "undated"},
        {"guid": "new", "date": "2026-11-20"},
        {"guid": "old", "date": "2026-01-01"},
        {"guid": "urgent", "priority": "5"},
        {"guid": "last", "priority": "-1", "date": "2020-01-01"},
        {"guid": "old too", "date": "2026-01-01"},
        {"guid": "undated too"},
    )
    assert order(ask(anna)) == ["urgent", "old", "old too", "new", "undated", "undated too", "last"]


def test_what_is_over_the_limit_waits_and_moves_up_when_another_has_been_imported():
    anna = user(*({"guid": f"a{number}"} for number in range(5)))
    answer = ask(anna, limits=Limits(2, 3))
    assert order(answer) == ["a0", "a1"]
    assert answer.reasons == dict.fromkeys(["a2", "a3", "a4"], Reason.OVER_LIMIT)
    assert order(ask(anna, {"a0": VideoResult(remote_id="x")}, limits=Limits(2, 3))) == ["a1", "a2"]


def test_reasons_are_counted_in_their_own_order():
    given_ = [Reason.OVER_LIMIT, Reason.HELD, Reason.IMPORTED, Reason.HELD]
    assert list(counts(given_).items()) == [("imported", 1), ("held", 2), ("over the limit", 1)]


days = st.integers(1, 28)
windows = st.fixed_dictionaries(
    {}, optional={"from": days.map("2026-11-{:02}".format), "until": days.map("2026-12-{:02}".format)}
)
results = st.sampled_from([VideoResult(), VideoResult(remote_id="x"), failures(3)])
states = st.sampled_from([PartnerState.ADOPTED, PartnerState.ADOPTED, PartnerState.LEFT])
moments = st.integers(0, 75 * 24).map(lambda hours: datetime(2026, 10, 25, tzinfo=UTC) + timedelta(hours=hours))


@settings(deadline=None, max_examples=150)
@given(st.lists(st.tuples(windows, results), max_size=5), moments, states, st.integers(1, 3), st.data())
def test_the_answer_holds_from_valid_from_until_valid_until_and_for_no_longer(given_, at, state, limit, data):
    anna = user(*({"guid": f"a{n}", "rights": rights} for n, (rights, _) in enumerate(given_)))
    known = {f"a{n}": result for n, (_, result) in enumerate(given_)}
    limits = Limits(limit, 3)
    answer = ask(anna, known, state=state, limits=limits, at=at)
    assert answer.valid_from <= at < answer.valid_until
    earliest, latest = max(answer.valid_from, AT - YEARS), min(answer.valid_until, AT + YEARS)
    inside = data.draw(st.datetimes(earliest.replace(tzinfo=None), latest.replace(tzinfo=None)))
    for moment in (inside.replace(tzinfo=UTC), answer.valid_from, answer.valid_until - timedelta(microseconds=1)):
        if moment < answer.valid_until:
            assert ask(anna, known, state=state, limits=limits, at=moment) == answer
    for edge in (answer.valid_from, answer.valid_until):
        if edge not in (ALWAYS, FOREVER):
            assert any(
                edge in (item_of(each, anna).valid_from, item_of(each, anna).valid_until) for each in anna.videos
            )
