"""`feeds upload`, against Dailymotion's stand-in: one video comes of it, whatever gets lost, and its feed drops it."""

import json
import os
import random
import subprocess
import sys
import time

import pytest
from werkzeug.wrappers import Response

from sandbox.faults import KINDS, fault
from sandbox.world import Video
from tests.correcting.conftest import desk  # noqa: F401
from tests.onboarding.conftest import CAFE
from tests.sites import line

HELD = {"guid": "v1", "title": "Live at Nine", "description": "At nine.", "tags": ["jazz"], "hold": "upload"}
KIDS = {**HELD, "for_kids": "false"}
# A film holds every byte, ends of lines and what begins a boundary among them.
FILM = random.Random(1).randbytes(199_990) + b"\r\n--\r\n\r\n\r"
WORDS = ["--title", "Trailer", "--category", "tv", "--not-for-kids"]


@pytest.fixture
def studio(desk, tmp_path):  # noqa: F811
    """Return a network with a held video, and a film of it on the disk."""
    desk.site.user(CAFE, KIDS, "listed1", {"guid": "w1", "withdraw": "a claim"})
    desk.film = tmp_path / "live.mp4"
    desk.film.write_bytes(FILM)
    return desk


def upload(studio, *words, film=None):
    return studio.call("upload", CAFE, str(film or studio.film), "--no-wait", *words)


def videos(studio):
    return list(studio.world.videos.values())


def time_passes(studio):
    """Have what was asked for without an answer have been asked for long ago."""
    for note in (studio.site.state / "uploads").glob("*/attempt.json"):
        told = json.loads(note.read_text())
        if told["asked"]:
            note.write_text(json.dumps({**told, "asked": "2026-11-24T00:00:00+00:00"}))


def its_fault(studio, kind, method, path, **more):
    studio.app.extensions["faults"].to_come.append(fault({"kind": kind, "method": method, "path": path, **more}))


def calls(studio, method):
    return [each["path"] for each in studio.app.extensions["faults"].calls if each["method"] == method]


def test_a_film_becomes_a_video_with_what_its_entry_says_and_counts_as_imported(studio):
    code, out, err = upload(studio, "--guid", "v1")
    (made,) = videos(studio)
    assert (code, out) == (0, f"v1  {made.id}  uploaded for {CAFE}\n"), err
    assert made.owner == CAFE
    shown = {name: made.values[name] for name in ("title", "channel", "tags", "description", "published", "private")}
    assert shown == {
        "title": "Live at Nine", "channel": "tv", "tags": ["jazz"], "description": "At nine.", "published": True,
        "private": False,
    }  # fmt: skip
    assert made.values["is_created_for_kids"] is False
    (event,) = studio.journalled("imported")
    assert {name: event[name] for name in ("guid", "remote_id", "user", "via", "by")} == {
        "guid": "v1", "remote_id": made.id, "user": CAFE, "via": "upload", "by": "olga",
    }  # fmt: skip
    code, out, err = upload(studio, "--guid", "v1")
    assert (code, out) == (1, "")
    assert f"error: 'v1' is on Dailymotion as {made.id}: nothing is to be uploaded." in err
    assert len(videos(studio)) == 1


def test_the_whole_film_arrives_and_its_name_here_stays_here(studio):
    upload(studio, "--guid", "v1")
    (sent,) = studio.world.uploads.values()
    assert (sent.state, sent.size, sent.name) == ("done", len(FILM), "film.mp4")


def test_a_film_that_stands_in_no_catalog_is_an_event_of_its_user_and_made_once(studio):
    code, _, err = upload(studio, *WORDS)
    assert code == 0, err
    (made,) = videos(studio)
    assert [(each["user"], each["remote_id"], each["title"]) for each in studio.journalled("uploaded")] == [
        (CAFE, made.id, "Trailer")
    ]
    code, _, err = upload(studio, *WORDS)
    assert (code, len(videos(studio))) == (1, 1)
    assert f"'Trailer' was uploaded as {made.id} at" in err


def test_of_a_public_address_the_film_is_fetched_by_dailymotion(studio):
    code, _, err = upload(studio, "--guid", "v1", film="https://cdn.nord.example/live.mp4")
    assert code == 0, err
    assert [made.values["url"] for made in videos(studio)] == ["https://cdn.nord.example/live.mp4"]
    assert studio.world.uploads == {}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--guid", "w1"], "'w1' is withdrawn: a claim"),
        (["--guid", "nobody"], "'nobody' is no guid of the catalog"),
        (["--guid", "listed1", "--not-for-kids"], "Dailymotion may be importing it"),
        (["--guid", "listed1"], "whether 'listed1' is made for children: write `for_kids: false`"),
        (["--guid", "v1", "--title", "Other"], "come from its entry: correct them there"),
        (["--guid", "v1", "--for-kids"], "The entry of 'v1' says `for_kids: false`"),
        (["--title", "Trailer", "--category", "tv"], "give --not-for-kids or --for-kids"),
        (["--category", "cooking", "--title", "Trailer", "--not-for-kids"], '"cooking" is not a category'),
        (["--not-for-kids"], "Give --title, or --guid"),
    ],
)
def test_what_may_not_be_uploaded_is_refused_with_the_reason_before_anything_is_sent(studio, words, told):
    code, out, err = upload(studio, *words)
    assert code in (1, 2)
    assert out == ""
    assert told in err
    assert calls(studio, "POST") == []
    assert studio.journalled("imported") == []


@pytest.mark.parametrize(
    ("film", "told"),
    [
        ("/nowhere/a.mp4", "/nowhere/a.mp4 can't be read: No such file or directory."),
        ("ftp://nord.example/a.mp4", "begins with https:// or http://"),
        ("http://127.0.0.1/a.mp4", "127.0.0.1 is no public host"),
        ("https://me:secret@nord.example/a.mp4", "The address holds a login"),
    ],
)
def test_what_is_no_film_is_refused(studio, film, told):
    code, _, err = upload(studio, "--guid", "v1", film=film)
    assert code == 2
    assert told in err


def test_only_for_a_child_is_anything_uploaded(studio):
    studio.site.happened(line("left", "2026-11-23T10:00:00.000Z", user=CAFE, parent="x1nord"))
    code, _, err = upload(studio, "--guid", "v1")
    assert code == 1
    assert "Only for a child may one upload." in err


def test_a_dry_run_shows_what_would_be_sent_and_asks_nobody(studio):
    code, out, err = upload(studio, "--guid", "v1", "--dry-run")
    assert (code, out) == (0, "")
    assert "is_created_for_kids  false" in err
    assert err.endswith("Nothing was sent.\n")
    assert calls(studio, "POST") == calls(studio, "GET") == []


def test_a_listed_video_is_uploaded_by_a_persons_word_alone(studio):
    code, _, err = upload(studio, "--guid", "listed1", "--not-for-kids", "--yes")
    assert code == 0, err
    assert len(videos(studio)) == 1


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/file/upload"), ("POST", "/upload"), ("POST", f"/user/{CAFE}/videos"), ("GET", "/video/*")],
)
def test_every_trouble_is_a_sentence_and_the_next_call_leaves_one_video(studio, kind, method, path):
    its_fault(studio, kind, method, path, seconds=0.3, bytes=20_000_000, retry_after_s=30)
    code, _, err = upload(studio, "--guid", "v1")
    assert code in (0, 3)
    assert "Traceback" not in err
    if code == 3:
        assert err.splitlines()[-1].endswith(".")
        assert "error: " in err
    assert len(videos(studio)) <= 1
    time_passes(studio)
    again, _, err = upload(studio, "--guid", "v1")
    assert again == 0 or "is on Dailymotion as" in err, err
    (made,) = videos(studio)
    assert {each["remote_id"] for each in studio.journalled("imported")} == {made.id}


def test_a_film_larger_than_any_account_may_send_is_not_sent(studio):
    with studio.film.open("wb") as film:
        film.truncate(64_000_000_001)
    code, _, err = upload(studio, "--guid", "v1")
    assert code == 1
    assert f"The film has 64,000,000,001 bytes, and {CAFE} may send 64,000,000,000.\nNothing was sent." in err
    assert calls(studio, "GET").count("/file/upload") == 0


@pytest.mark.parametrize(("count", "code", "told"), [(95, 0, "note: More than 15 videos a day"), (96, 1, "Wait.")])
def test_the_videos_of_the_last_day_are_counted_first(studio, count, code, told):
    for number in range(count):
        studio.world.videos[f"x{number}"] = Video(f"x{number}", CAFE, int(time.time()) - 3600, {"title": "Another"})
    studio.world.videos["old"] = Video("old", CAFE, 1, {"title": "Another"})
    got, _, err = upload(studio, "--guid", "v1")
    assert (got, len(videos(studio))) == (code, count + 1 + (code == 0)), err
    assert told in err


def test_what_the_account_may_not_have_is_told_before_the_film_is_sent(studio):
    studio.world.accounts[CAFE].profile.update(partner="false", verified="false")
    rights = {"allow": ["FR"], "until": "2999-01-01"}
    studio.site.user(CAFE, {**KIDS, "rights": rights})
    code, _, err = upload(studio, "--guid", "v1")
    assert code == 1
    assert f"{CAFE} may not have geoblocking: the entry names countries" in err
    assert f"{CAFE} may not have expiry_date: its rights end" in err
    assert videos(studio) == []


def test_where_and_until_when_it_may_be_seen_goes_along(studio):
    studio.site.user(CAFE, {**KIDS, "rights": {"deny": ["US"], "until": "2998-12-31"}})
    code, _, err = upload(studio, "--guid", "v1")
    assert code == 0, err
    (made,) = videos(studio)
    assert (made.values["geoblocking"], made.values["expiry_date"]) == (["deny", "us"], 32472144000)


def test_a_video_of_the_same_title_that_was_there_before_is_not_taken_for_ours(studio):
    studio.world.videos["xold"] = Video("xold", CAFE, int(time.time()) - 60, {"title": "Live at Nine"})
    its_fault(studio, "drop-after", "POST", f"/user/{CAFE}/videos")
    code, out, err = upload(studio, "--guid", "v1")
    assert code == 0, err
    assert "xold" not in out
    assert len(videos(studio)) == 2


def test_the_login_never_reaches_the_host_that_takes_the_film(studio):
    heard = []
    inner = studio.app.wsgi_app

    def listening(environ, start_response):
        heard.append((environ["PATH_INFO"], environ.get("HTTP_AUTHORIZATION")))
        return inner(environ, start_response)

    studio.app.wsgi_app = listening
    upload(studio, "--guid", "v1")
    assert [login for path, login in heard if path in ("/upload", "/rupload")] == [None]
    assert all(login for path, login in heard if path.startswith("/user/"))


def test_a_video_that_was_asked_for_and_not_seen_is_not_asked_for_a_second_time_at_once(studio):
    its_fault(studio, "drop-before", "POST", f"/user/{CAFE}/videos")
    code, _, err = upload(studio, "--guid", "v1")
    assert code == 3
    assert "Call the same again in two minutes: it looks first, and makes no second." in err
    code, _, err = upload(studio, "--guid", "v1")
    assert code == 3
    assert "isn't known yet. Call the same again after" in err
    assert calls(studio, "POST").count(f"/user/{CAFE}/videos") == 1
    time_passes(studio)
    code, _, err = upload(studio, "--guid", "v1")
    assert code == 0, err
    assert len(videos(studio)) == 1


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/upload"), ("POST", f"/user/{CAFE}/videos"), ("GET", "/video/*")]
)
def test_killed_at_any_step_it_is_called_again_and_leaves_one_video(studio, method, path):
    its_fault(studio, "hang", method, path, seconds=2)
    program = subprocess.Popen(
        [sys.executable, "-m", "feeds", "upload", CAFE, str(studio.film), "--guid", "v1", "--no-wait"],
        stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    asked = path.removesuffix("*")
    while not any(each.startswith(asked) for each in calls(studio, method)):
        assert program.poll() is None
        time.sleep(0.02)
    program.kill()
    program.wait()
    upload(studio, "--guid", "v1")
    time_passes(studio)
    upload(studio, "--guid", "v1")
    (made,) = videos(studio)
    assert {each["remote_id"] for each in studio.journalled("imported")} == {made.id}


def test_two_at_once_make_one_video(studio):
    its_fault(studio, "hang", "POST", "/upload", seconds=2)
    words = [sys.executable, "-m", "feeds", "upload", CAFE, str(studio.film), "--guid", "v1", "--no-wait"]
    programs = [subprocess.Popen(words, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    told = [program.communicate()[1] for program in programs]
    assert sorted(program.returncode for program in programs) == [0, 1], told
    assert any("Another `feeds upload` of the very same is under way" in each for each in told), told
    assert len(videos(studio)) == 1


def test_a_film_that_could_not_be_encoded_takes_the_import_back_and_says_why(studio):
    inner = studio.app.wsgi_app

    def spoiling(environ, start_response):
        for made in studio.world.videos.values():
            made.values["status"] = "encoding_error"
        return inner(environ, start_response)

    studio.app.wsgi_app = spoiling
    code, _, err = studio.call("upload", CAFE, str(studio.film), "--guid", "v1")
    assert code == 1
    assert "Dailymotion could not use the film: encoding_error. The next build lists it again." in err
    assert [each["event"] for each in studio.site.journalled()][-3:] == ["imported", "undone", "import_failed"]


def test_a_film_that_changes_on_the_way_becomes_no_video(studio):
    inner = studio.app.wsgi_app

    def touching(environ, start_response):
        if environ["PATH_INFO"] == "/upload":
            os.utime(studio.film, (1, 1))
        return inner(environ, start_response)

    studio.app.wsgi_app = touching
    code, _, err = upload(studio, "--guid", "v1")
    assert code == 1
    assert "has changed while it was sent. Nothing was made of it: call this again." in err
    assert videos(studio) == []


def answering(studio, path, change):
    """Have the stand-in's answers at a path be changed on their way, as an object of JSON."""
    inner = studio.app.wsgi_app

    def changing(environ, start_response):
        if environ["PATH_INFO"] != path:
            return inner(environ, start_response)
        with Response.from_app(inner, environ) as response:
            told = change(response.get_json())
        return Response(json.dumps(told), mimetype="application/json")(environ, start_response)

    studio.app.wsgi_app = changing


def test_after_a_refusal_nothing_is_waited_for(studio):
    its_fault(studio, "scope-missing", "POST", f"/user/{CAFE}/videos")
    assert upload(studio, "--guid", "v1")[0] == 3
    code, _, err = upload(studio, "--guid", "v1")
    assert code == 0, err


def test_after_a_film_that_could_not_be_encoded_a_better_one_makes_another_video(studio):
    inner, broken = studio.app.wsgi_app, []

    def spoiling(environ, start_response):
        for made in studio.world.videos.values():
            if not broken or made.id in broken:
                made.values["status"] = "encoding_error"
                broken[:] = [made.id]
        return inner(environ, start_response)

    studio.app.wsgi_app = spoiling
    assert upload(studio, "--guid", "v1")[0] == 1
    studio.film.write_bytes(FILM[1:])
    code, out, err = upload(studio, "--guid", "v1")
    assert code == 0, err
    assert broken[0] not in out
    assert len(videos(studio)) == 2


def test_of_a_film_that_did_not_arrive_whole_no_video_is_made(studio):
    answering(studio, "/upload", lambda told: {**told, "size": told["size"] - 1})
    code, _, err = upload(studio, "--guid", "v1")
    assert code == 3
    assert err.endswith("error: Of the file's 199,999 bytes 199,998 arrived at Dailymotion. Try again later.\n")
    assert videos(studio) == []


@pytest.mark.parametrize(
    "address", ["http://other.example/up", "ftp://other.example/up", "https://a:b@other.example/", 7]
)
def test_a_film_is_sent_unencrypted_to_no_other_host_than_the_apis_own(studio, address):
    answering(studio, "/file/upload", lambda told: {**told, "upload_url": address})
    code, _, err = upload(studio, "--guid", "v1")
    assert code == 3
    assert "answered GET /file/upload with no https address to send the film to." in err


def test_which_of_two_new_videos_is_ours_is_for_a_person_to_say(studio):
    its_fault(studio, "drop-after", "POST", f"/user/{CAFE}/videos")
    inner = studio.app.wsgi_app

    def another(environ, start_response):
        if environ["PATH_INFO"] == "/upload":
            studio.world.videos["xtwin"] = Video("xtwin", CAFE, int(time.time()), {"title": "Live at Nine"})
        return inner(environ, start_response)

    studio.app.wsgi_app = another
    code, _, err = upload(studio, "--guid", "v1")
    assert code == 1
    assert "which of them is ours can't be told" in err
    assert "xtwin" in err
    assert studio.journalled("imported") == []
