"""`feeds takedown`, against Dailymotion's stand-in: what should be online no more isn't, and that is on record once."""

import io
import json
import signal
import subprocess
import sys
import time

import pytest

from tests.onboarding.conftest import CAFE

WITHDRAWN = {"guid": "w1", "withdraw": "a claim"}
ENDED = {"guid": "e1", "rights": {"until": "2026-11-22"}}


@pytest.fixture
def queue(desk):
    """Return a network with a video that is withdrawn, one whose rights are over, one wanted, one listed, one held."""
    desk.site.user(CAFE, WITHDRAWN, ENDED, "ok1", "new1", {"guid": "h1", "hold": "later"})
    desk.online("w1", "e1", "ok1")
    return desk


def test_everything_in_the_queue_is_shown_asked_about_deleted_and_noted(queue):
    code, out, err = queue.call("takedown", typed="2\n")
    assert code == 0
    assert out == (
        "e1  x-e1  x2cafec0  rights ended: 2026-11-23 00:00 UTC\n"
        "w1  x-w1  x2cafec0  withdrawn: a claim\n"
        "1/2  e1  x-e1  deleted\n"
        "2/2  w1  x-w1  deleted\n"
    )
    assert "Delete 2 videos on Dailymotion, for good? Type 2, or y" in err
    assert err.endswith("2 videos taken down.\n")
    assert queue.is_online("w1", "e1", "ok1") == [False, False, True]
    events = queue.journalled("taken_down")
    assert [(each["guid"], each["remote_id"], each["how"], each["by"], each["why"]) for each in events] == [
        ("e1", "x-e1", "delete", "olga", "rights ended: 2026-11-23 00:00 UTC"),
        ("w1", "x-w1", "delete", "olga", "withdrawn: a claim"),
    ]


def test_what_is_done_is_not_done_again(queue):
    queue.call("takedown --yes")
    code, out, err = queue.call("takedown --yes")
    assert (code, out, err) == (0, "", "Nothing is to be taken down.\n")
    code, _, err = queue.call("takedown w1 --yes")
    assert (code, err) == (0, "w1: taken down already.\nNothing is to be taken down.\n")
    assert len(queue.calls("DELETE")) == len(queue.journalled("taken_down")) == 2


@pytest.mark.parametrize("typed", ["n\n", "\n", "3\n", ""])
def test_any_other_answer_does_nothing(queue, typed):
    code, _, _ = queue.call("takedown", typed=typed)
    assert code == 130
    assert queue.is_online("w1", "e1") == [True, True]
    assert queue.calls("DELETE") == queue.journalled("taken_down") == []


def test_a_dry_run_asks_nobody(queue):
    code, out, err = queue.call("takedown --dry-run --format json")
    assert (code, err) == (0, "2 videos would be taken down.\n")
    assert json.loads(out)["videos"][1] == {
        "guid": "w1", "remote_id": "x-w1", "user": CAFE, "ground": "withdrawn", "why": "a claim", "how": None,
        "trouble": None,
    }  # fmt: skip
    assert queue.calls("DELETE") == queue.calls("POST") == []


def test_only_what_is_named_is_taken_down(queue):
    code, _, _ = queue.call("takedown w1 --yes")
    assert code == 0
    assert queue.is_online("w1", "e1") == [False, True]


def test_a_video_that_is_not_in_the_queue_is_refused_with_where_it_stands_and_nothing_is_done(queue):
    code, _, err = queue.call("takedown w1 ok1 new1 h1 nobody --yes")
    assert code == 2
    assert err == (
        "error: 'ok1' is imported as x-ok1, and wanted: `withdraw: <a reason>` in its entry says otherwise.\n"
        "'new1' is listed in the feed of x2cafec0.\n"
        "'h1' is neither listed nor imported: held.\n"
        "'nobody' is no guid of the catalog, and no event tells of it: copy it as it stands there.\n"
        "Nothing was done: `feeds takedown --dry-run` shows what is to be done.\n"
    )
    assert queue.is_online("w1") == [True]


def test_unpublishing_keeps_the_video_there(queue):
    code, out, _ = queue.call("takedown w1 --how unpublish --yes")
    assert code == 0
    assert out.endswith("1/1  w1  x-w1  unpublished\n")
    assert queue.world.videos["x-w1"].values["published"] is False
    assert [each["how"] for each in queue.journalled("taken_down")] == ["unpublish"]
    assert queue.call("takedown --dry-run")[1] == "e1  x-e1  x2cafec0  rights ended: 2026-11-23 00:00 UTC\n"


@pytest.mark.parametrize("how", ["delete", "unpublish"])
def test_a_video_that_is_gone_there_counts_as_taken_down(queue, how):
    del queue.world.videos["x-w1"]
    code, out, err = queue.call(f"takedown --yes --how {how}")
    assert code == 0
    assert "2/2  w1  x-w1  gone already\n" in out
    assert err == "2 videos taken down, 1 of them gone already.\n"
    assert [each["how"] for each in queue.journalled("taken_down")] == [how, "gone"]


@pytest.mark.parametrize("kind", ["drop-after", "empty", "not-json"])
@pytest.mark.parametrize(("how", "method"), [("delete", "DELETE"), ("unpublish", "POST")])
def test_what_was_done_and_not_told_is_done(queue, kind, how, method):
    queue.fault({"kind": kind, "method": method, "path": "/video/x-w1"})
    code, _, _ = queue.call(f"takedown --yes --how {how}")
    assert code == 0
    assert [each["guid"] for each in queue.journalled("taken_down")] == ["e1", "w1"]
    assert queue.calls(method).count("/video/x-w1") == 1


@pytest.mark.parametrize("how", ["delete", "unpublish"])
def test_after_a_trouble_the_rest_goes_on_and_the_next_call_does_what_is_left(queue, how):
    method = "DELETE" if how == "delete" else "POST"
    queue.fault({"kind": "server-error", "method": method, "path": "/video/x-e1"})
    code, out, err = queue.call(f"takedown --yes --how {how}")
    assert code == 3
    assert "1/2  e1  x-e1  trouble: Dailymotion answered" in out
    assert "was not done, as looked up since" in out
    assert err == "1 video taken down; 1 with trouble. 1 left: call this again.\n"
    assert [each["guid"] for each in queue.journalled("taken_down")] == ["w1"]
    assert queue.call(f"takedown --yes --how {how}")[0] == 0
    assert [each["guid"] for each in queue.journalled("taken_down")] == ["w1", "e1"]


def test_a_path_that_is_there_no_more_is_no_video_that_is_gone(queue):
    queue.fault({"kind": "server-error", "status": 404, "method": "DELETE", "path": "/video/x-e1"})
    code, out, _ = queue.call("takedown e1 --yes")
    assert (code, queue.journalled("taken_down"), queue.is_online("e1")) == (3, [], [True])
    assert "was not done" in out


def test_where_dailymotion_wants_fewer_calls_it_ends_there(queue):
    queue.fault({"kind": "too-many", "method": "DELETE", "path": "/video/x-e1"})
    code, out, err = queue.call("takedown --yes")
    assert code == 3
    assert "wants fewer requests" in out
    assert err == "0 videos taken down; 1 with trouble. 2 left: call this again.\n"
    assert queue.calls("DELETE") == ["/video/x-e1"]


def test_a_video_of_an_account_that_is_no_child_any_more_stays_and_is_named(queue):
    queue.world.accounts[CAFE].parents.clear()
    code, out, _ = queue.call("takedown w1 --yes")
    assert (code, queue.is_online("w1")) == (3, [True])
    assert "an account that is this parent's child" in out


def test_every_copy_is_taken_down_and_a_late_callback_joins_the_queue_again(queue):
    queue.online("w1b")
    queue.told("w1", "x-w1b", at="2026-11-22T10:00:00.000Z")
    assert queue.call("takedown w1 --yes")[0] == 0
    assert queue.is_online("w1", "w1b") == [False, False]
    queue.online("w1c")
    queue.told("w1", "x-w1c", at="2026-11-23T10:00:00.000Z")
    queue.told("w1", "x-w1", at="2026-11-23T11:00:00.000Z", timestamp_ms=1)  # the same callback, once more
    assert queue.call("takedown w1 --dry-run")[1] == "w1  x-w1c  x2cafec0  withdrawn: a claim\n"


def test_what_was_put_right_while_a_person_thought_about_it_stays_and_so_does_what_they_were_not_shown(queue):
    class Thinking(io.StringIO):
        def readline(self, *_):
            queue.site.user(CAFE, {"guid": "w1"}, ENDED, {"guid": "ok1", "withdraw": "another claim"})
            return "2\n"

    code, _, err = queue.call("takedown", stdin=Thinking())
    assert code == 0
    assert queue.is_online("w1", "e1", "ok1") == [True, False, True]
    assert err.endswith("1 video taken down.\n")


def test_interrupted_in_the_middle_nothing_is_lost(queue):
    queue.fault({"kind": "hang", "seconds": 10, "method": "DELETE", "path": "/video/x-w1"})
    program = subprocess.Popen(
        [sys.executable, "-m", "feeds", "takedown", "--yes"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        deadline = time.monotonic() + 120
        while "/video/x-w1" not in queue.calls("DELETE"):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        program.send_signal(signal.SIGINT)
        program.communicate(timeout=60)
    finally:
        program.kill()
        program.communicate()
    assert program.returncode == 130
    assert [each["guid"] for each in queue.journalled("taken_down")] == ["e1"]
    del queue.world.videos["x-w1"]  # it was done there, and its answer was waited for no longer
    code, out, _ = queue.call("takedown --yes")
    assert code == 0
    assert out.endswith("1/1  w1  x-w1  gone already\n")
    assert [each["guid"] for each in queue.journalled("taken_down")] == ["e1", "w1"]


def test_without_the_parents_login_nothing_is_done(queue):
    queue.monkeypatch.delenv("FEEDS_DAILYMOTION_USERNAME")
    queue.monkeypatch.delenv("FEEDS_DAILYMOTION_PASSWORD")
    code, _, err = queue.call("takedown --yes")
    assert code == 3
    assert "`feeds login`" in err
    assert queue.is_online("w1") == [True]
