"""An account's videos: all of them and each once, beyond what one query shows and while the list shifts."""

import pytest

from feeds.dailymotion.client import Client
from feeds.dailymotion.errors import Broken
from feeds.dailymotion.videos import pages_of, videos_of
from sandbox.world import Video
from tests.stand_in import CHILD, answer

NOW = 1_700_000_000


def fill(sandbox, times, **values):
    """Give the child a video for each of these seconds."""
    for number, second in enumerate(times):
        made = Video(f"xv{number:05}", CHILD, second, {"title": f"Clip {number}", "published": True, **values})
        sandbox.world.videos[made.id] = made


@pytest.fixture
def anybody(sandbox):
    with Client(sandbox.settings()) as client:
        yield client


def test_more_videos_than_one_query_shows_are_all_read_and_each_once(sandbox, anybody):
    # Forty of a second: pages and windows end in the middle of one.
    fill(sandbox, [NOW - number // 40 for number in range(2350)])
    rows = videos_of(anybody, CHILD, ("title",))
    assert len(rows) == 2350
    assert {row["id"] for row in rows} == set(sandbox.world.videos)
    assert {row["title"] for row in rows} == {f"Clip {number}" for number in range(2350)}
    # Each thousand rows cost ten calls, and each window asks for one second again.
    assert len(sandbox.calls("GET")) <= 26


def test_videos_that_come_while_the_list_is_read_move_it_and_double_or_hide_none(sandbox, anybody):
    fill(sandbox, [NOW - number for number in range(1150)])
    before, read = set(sandbox.world.videos), []
    for number, page in enumerate(pages_of(anybody, CHILD, ())):
        read += [row["id"] for row in page.rows]
        for extra in range(3):
            made = Video(f"xnew{number}{extra}", CHILD, NOW + number, {"title": "New", "published": True})
            sandbox.world.videos[made.id] = made
    assert len(read) == len(set(read))
    assert set(read) >= before


def test_who_stops_after_any_page_goes_on_there(sandbox, anybody):
    fill(sandbox, [NOW - number // 7 for number in range(730)])
    read, before, has_more = set(), None, True
    while has_more:
        page = next(pages_of(anybody, CHILD, (), before=before))
        read |= {row["id"] for row in page.rows}
        before, has_more = page.before, page.has_more
    assert read == set(sandbox.world.videos)


def test_a_span_of_time_is_read_alone(sandbox, anybody):
    fill(sandbox, [NOW - number for number in range(300)])
    rows = videos_of(anybody, CHILD, (), after=NOW - 150, before=NOW - 20)
    assert {row["created_time"] for row in rows} == set(range(NOW - 149, NOW - 20))


def test_what_is_private_comes_with_the_parents_login_alone(sandbox, client):
    sandbox.world.accounts[CHILD].parents.append("x1nord")
    fill(sandbox, [NOW], private=True)
    with Client(sandbox.settings()) as anybody:
        assert videos_of(anybody, CHILD, ()) == ()
    assert [row["private"] for row in videos_of(client("nordclips"), CHILD, ("private",))] == [True]


def test_calls_end_where_they_are_bounded(sandbox, anybody):
    fill(sandbox, [NOW - number for number in range(500)])
    with pytest.raises(Broken, match="more videos than 3 calls show: 300 so far"):
        videos_of(anybody, CHILD, (), max_calls=3)
    assert len(sandbox.calls("GET")) == 3
    assert len(videos_of(anybody, CHILD, (), max_calls=5)) == 500


def listing(times, *, has_more):
    rows = [{"id": f"xv{number}", "created_time": second} for number, second in enumerate(times)]
    return answer(200, {"list": rows, "has_more": has_more})


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (answer(200, {"has_more": False}), "no list of videos"),
        (answer(200, {"list": [{"id": "xv1"}], "has_more": False}), "no list of videos"),
        (answer(200, {"list": [{"id": "xv1", "created_time": "today"}]}), "no list of videos"),
        (answer(200, {"list": [7]}), "no list of videos"),
        (listing([], has_more=True), "has more videos, and shows none"),
        # The same page for ever, of videos of one second, and of videos in no order.
        (listing([NOW] * 100, has_more=True), "are of one second"),
        (listing([NOW, NOW + 5], has_more=True), "in the order of their creation"),
    ],
)
def test_an_answer_that_is_no_list_or_never_ends_is_told_of(canned, reply, words):
    server = canned(reply)
    with Client(server.settings()) as client, pytest.raises(Broken, match=words):
        videos_of(client, CHILD, ())
    assert len(server.asked) <= 20
