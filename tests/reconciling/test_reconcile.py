"""`feeds reconcile`, against the stand-in: every difference is found, no other, and nothing is done unasked."""

import json
import os
import pty
import signal
import subprocess
import sys
from contextlib import suppress
from datetime import timedelta

import pytest

from feeds.core.online import Absent, Remote
from feeds.dailymotion.client import Client
from feeds.reconciling.memory import FOLDER, Memory, Seen
from feeds.reconciling.reading import Budget, read_account
from sandbox.faults import KINDS, fault
from sandbox.world import Account, Video
from tests.commands.test_sync import wait_for
from tests.onboarding.conftest import CAFE, NOW, PARENT, STRAY
from tests.sites import adopted, line

HOUR = timedelta(hours=1)

TEN = [
    ("encoding-error", "broken", ["x-broken"]),
    ("still-there", "ended", ["x-ended"]),
    ("gone", "gone", ["x-gone"]),
    ("other-account", "moved", ["x-moved"]),
    ("no-callback", "new1", ["x-new"]),
    ("not-public", "private", ["x-private"]),
    ("not-public", "rejected", ["x-rejected"]),
    ("duplicate", "twice", ["x-twice", "x-second"]),
    ("not-public", "unpublished", ["x-unpublished"]),
    ("still-there", "withdrawn", ["x-withdrawn"]),
]


def told(desk, words="", **options):
    code, out, err = desk.call(f"reconcile --format json {words}", **options)
    return code, json.loads(out), err


def rules(record):
    return [(each["rule"], each["guid"], each["remote_ids"]) for each in record["differences"]]


def gets(desk):
    return [path for path in desk.calls("GET") if "video" in path]


def test_ten_differences_are_found_and_nothing_else(planted):
    code, record, _ = told(planted)
    assert (code, rules(record)) == (1, TEN)
    assert (record["agree"], record["users_read"], record["not_read"]) == (False, 1, [])
    assert record["unknown"] == 4  # x-old, x-long, x-other, x-late
    # One page, and the two that the list doesn't have.
    assert record["calls"] == len(gets(planted)) == 3
    assert planted.calls("DELETE") == []
    assert planted.site.journalled() == []


def test_each_difference_has_its_place_what_it_is_and_a_next_step(planted):
    code, out, _ = planted.call("reconcile")
    assert code == 1
    assert out.startswith(f"{CAFE}-name ({CAFE})\n")
    lines = out.splitlines()
    for rule, guid, ids in TEN:
        at = lines.index(f"  {rule}  {guid}  {', '.join(ids)}")
        assert lines[at + 2].startswith("    next: ")
    assert "    next: `feeds takedown withdrawn`" in lines
    assert (
        '    listed on 2026-11-01 without a callback; "  TITLE of New1" is there since 2026-11-02 10:00 UTC, '
        + ("62 s long (60 s in the catalog)")
        in lines
    )
    assert lines[-2] == "10 differences in 1 user, 15 videos there."
    assert lines[-1] == "4 videos there are nobody's here: partners upload by themselves, too."


def test_what_was_uploaded_for_a_partner_without_a_guid_is_no_stranger(desk):
    for name in ("x-ours", "x-theirs"):
        desk.world.videos[name] = Video(name, CAFE, 1, {"title": "Trailer", "published": True})
    desk.site.happened(line("uploaded", user=CAFE, remote_id="x-ours", title="Trailer"))
    code, out, _ = desk.call("reconcile")
    assert code == 0
    assert out.splitlines() == [
        "Catalog, events and Dailymotion agree: 1 user, 2 videos there.",
        "1 video there is nobody's here: partners upload by themselves, too.",
    ]


def test_where_all_agree_it_says_so(desk):
    desk.site.user(CAFE, "ok1", "ok2")
    desk.online("ok1", "ok2")
    assert desk.call("reconcile") == (0, "Catalog, events and Dailymotion agree: 1 user, 2 videos there.\n", "")


def test_the_next_step_of_a_video_that_is_gone_has_it_listed_again(planted):
    record = told(planted)[1]
    step = next(each["next"] for each in record["differences"] if each["rule"] == "gone")
    words = step.split("`")[1].removeprefix("feeds ").replace('"deleted there"', "deleted-there")
    assert planted.call(words)[0] == 0
    assert "gone" not in [guid for _, guid, _ in rules(told(planted)[1])]


def test_an_import_without_a_callback_is_recorded_once_a_person_says_yes(planted):
    code, _, err = told(planted, "--record", typed="n\n")
    assert (code, planted.site.journalled()) == (1, [])
    code, _, err = told(planted, "--record", typed="y\n")
    assert "Record that it was imported as x-new?" in err
    (event,) = planted.journalled("imported")
    assert (event["guid"], event["remote_id"], event["by"]) == ("new1", "x-new", "olga")
    assert event["why"].startswith("found by feeds reconcile: listed on 2026-11-01 without a callback")
    assert "new1" not in [guid for _, guid, _ in rules(told(planted)[1])]


def test_what_is_ambiguous_is_never_recorded(desk, differing):
    desk.site.user(CAFE, *({"guid": guid, "title": "Live", "duration": 60} for guid in ("a1", "a2")), {"guid": "b1"},
                   {"guid": "c1", "duration": 60})  # fmt: skip
    differing.listed("a1", "a2", "b1", "c1")
    differing.strange("x-live", "", title="Live")
    differing.strange("x-b", "b1")
    differing.strange("x-c1", "c1")
    differing.strange("x-c2", "c1")
    code, record, _ = told(desk, "--record --yes")
    assert code == 1
    assert rules(record) == [
        ("ambiguous", "a1", ["x-live"]), ("ambiguous", "a2", ["x-live"]),
        ("no-callback", "b1", ["x-b"]), ("duplicate", "c1", ["x-c1", "x-c2"]),
    ]  # fmt: skip
    assert desk.site.journalled() == []  # b1's length is in no catalog: a person judges
    told(desk, "--record", typed="y\n")
    assert [event["guid"] for event in desk.journalled("imported")] == ["b1"]


def test_a_yes_to_no_question_is_refused(planted):
    code, _, err = planted.call("reconcile --yes")
    assert (code, err) == (2, "error: --yes answers what --record asks: give both, or neither.\n")


def test_what_was_taken_back_once_is_never_suggested_again(planted):
    told(planted, "--record --yes")
    out = planted.call("results list --ids")[1]
    name = next(word for row in out.splitlines() if "x-new" in row for word in row.split() if len(word) == 10)
    assert planted.call(f"results undo {name} --why wrong")[0] == 0
    assert "x-new" not in str(rules(told(planted)[1]))


def test_a_callback_that_came_while_a_person_thought_is_not_told_twice(planted):
    class Slow:
        def readline(self, *_):
            planted.told("new1", "x-new")
            return "y\n"

    _, _, err = told(planted, "--record", stdin=Slow())
    assert "not recorded: an event tells of it by now" in err
    assert planted.journalled("imported") == []


def test_a_video_that_went_while_a_person_thought_is_not_recorded(planted):
    class Slow:
        def readline(self, *_):
            del planted.world.videos["x-new"]
            return "y\n"

    _, _, err = told(planted, "--record", stdin=Slow())
    assert "not recorded: x-new is not there any more" in err
    assert planted.site.journalled() == []


def children(desk, count):
    for number in range(count):
        user = f"x5c{number:03}"
        desk.world.accounts[user] = Account(user, f"child{number}", "", "", "", 0, parents=[PARENT])
        desk.site.user(user, f"v{number}")
        desk.site.happened(adopted(user))
        desk.world.videos[f"x-v{number}"] = Video(f"x-v{number}", user, 1, {"title": "T", "published": True})
        desk.told(f"v{number}", f"x-v{number}")


def test_calls_are_bounded_and_the_next_call_goes_on(desk):
    children(desk, 6)
    desk.site.user(CAFE)
    code, record, _ = told(desk, "--max-calls 4")
    assert (code, record["calls"], len(gets(desk))) == (3, 4, 4)
    assert [each["user"] for each in record["not_read"]] == ["x5c003", "x5c004", "x5c005"]
    assert "--max-calls" in record["not_read"][0]["why"]
    code, record, _ = told(desk, "--max-calls 4")
    assert (code, record["calls"], record["users_read"]) == (0, 3, 7)
    assert told(desk, "--max-age 0")[1]["calls"] == 7  # one for an account of up to a hundred videos


def test_where_dailymotion_is_down_it_is_not_asked_for_everybody(desk):
    children(desk, 6)
    desk.site.user(CAFE)
    down = {"kind": "not-json", "method": "GET", "path": "/user/*/videos", "count": 99}
    desk.app.extensions["faults"].to_come.append(fault(down))
    code, record, _ = told(desk)
    assert (code, record["calls"], len(record["not_read"])) == (3, 3, 7)
    assert [bool(each["why"]) for each in record["not_read"]] == [True] * 3 + [False] * 4


def test_an_account_that_needs_more_calls_than_allowed_is_read_in_several_goes(desk, differing):
    desk.site.user(CAFE)
    for number in range(250):
        differing.strange(f"x{number:04}", "none", created=1_600_000_000 + number)
    codes = [told(desk, "--max-calls 1") for _ in range(3)]
    assert [code for code, _, _ in codes] == [3, 3, 0]
    assert codes[-1][1]["videos"] == 250


def test_what_was_mended_there_shows_at_once(planted):
    told(planted)
    planted.world.videos.pop("x-second")
    assert "twice" not in [guid for _, guid, _ in rules(told(planted)[1])]


def test_a_user_is_named_by_id_or_username_and_must_be_adopted(desk):
    desk.site.user(CAFE)
    assert desk.call(f"reconcile {CAFE}")[0] == desk.call(f"reconcile {CAFE}-name")[0] == 0
    desk.site.happened(line("asked_to_join", user=STRAY, username="strayfilms", parent=PARENT))
    for name in (STRAY, "strayfilms"):
        code, _, err = desk.call(f"reconcile {name}")
        assert code == 2
        assert f"'{name}' is no adopted account" in err


def test_what_was_read_before_an_interrupt_is_kept(desk, differing):
    class Interrupted(Client):
        def get(self, path, query=None):
            if query["page"] == "2":
                raise KeyboardInterrupt
            return super().get(path, query)

    for number in range(250):
        differing.strange(f"x{number:04}", "none", created=1_600_000_000 + number)
    memory, budget, kept = Memory(desk.site.state, desk.settings.api), Budget(9), {"now": NOW, "max_age": HOUR}
    with Interrupted(desk.settings) as client, pytest.raises(KeyboardInterrupt):
        read_account(CAFE, [], client, memory, budget, **kept)
    with Client(desk.settings) as client:
        assert len(read_account(CAFE, [], client, memory, budget, **kept)) == 250
    assert budget.made == 4  # the second page was asked for twice


def test_an_interrupt_shows_what_was_read_and_records_nothing(planted):
    planted.site.happened(adopted(STRAY))
    faults = planted.app.extensions["faults"]
    faults.to_come.append(fault({"kind": "hang", "method": "GET", "path": f"/user/{STRAY}/videos", "seconds": 60}))
    command = [sys.executable, "-m", "feeds", "reconcile", CAFE, STRAY, "--record", "--yes"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as program:
        wait_for(lambda: any(call["fault"] == "hang" for call in list(faults.calls)))
        program.send_signal(signal.SIGINT)
        out, err = program.communicate(timeout=30)
    faults.clear()
    assert (program.returncode, err) == (130, "")
    assert "gone  gone  x-gone" in out
    assert "10 differences in 1 user" in out
    assert f"Not read: 1 user: {STRAY}. Call this again: it goes on from there." in out
    assert planted.journalled("imported") == []


def test_a_person_at_a_terminal_sees_how_far_it_is(planted):
    owner, terminal = pty.openpty()
    command = [sys.executable, "-m", "feeds", "reconcile"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=terminal, timeout=60, check=False)
    os.close(terminal)
    shown = b""
    with suppress(OSError):  # Linux answers EIO where nobody writes any more
        while piece := os.read(owner, 1024):
            shown += piece
    os.close(owner)
    assert done.returncode == 1
    assert b"Reading accounts" in shown
    assert b"100%" in shown


@pytest.mark.parametrize("spoilt", [b"", b"[]", b"{}", b'{"version": 1}'])
def test_a_memory_that_is_spoilt_too_old_or_of_another_address_is_none(tmp_path, spoilt):
    memory = Memory(tmp_path, "https://api.dailymotion.com")
    memory.write(CAFE, Seen(NOW, {"x1": Remote("x1", CAFE, NOW, "One", "ready", 60, published=True)}, {"x2": Absent()}))
    seen = memory.read(CAFE, NOW, HOUR)
    assert (seen.videos["x1"].title, seen.asked["x2"], seen.done) == ("One", Absent(), False)
    assert Memory(tmp_path, "http://127.0.0.1:5000").read(CAFE, NOW, HOUR) is None
    assert memory.read(CAFE, NOW + HOUR, HOUR) is None
    (tmp_path / FOLDER / f"{CAFE}.json").write_bytes(spoilt)
    assert memory.read(CAFE, NOW, HOUR) is None


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("path", ["/user/*/videos", "/video/*"])
def test_every_fault_ends_in_a_sentence_and_nothing_is_taken_for_gone(planted, kind, path):
    planted.call("login --help")  # loads what loads
    wanted = {"kind": kind, "method": "GET", "path": path, "count": 9, "seconds": 0.01, "bytes": 17 << 20}
    planted.app.extensions["faults"].to_come.append(fault({**wanted, "retry_after_s": 60}))
    code, out, err = planted.call("reconcile --record --yes")
    assert "Traceback" not in err
    if kind in {"hang", "slow", "wrong-type", "expired-token"} and code == 1:
        assert "10 differences" in out
    elif code == 1:  # a refusal for one video is told of by it
        assert "  unseen  gone  x-gone" in out
    else:
        assert code == 3
        assert "  not read: " in out
    assert planted.calls("DELETE") == []
    assert [each["guid"] for each in planted.journalled("imported")] in ([], ["new1"])
    planted.app.extensions["faults"].clear()
    _, record, _ = told(planted)
    assert [each for each in rules(record) if each[0] == "gone"] == [("gone", "gone", ["x-gone"])]
