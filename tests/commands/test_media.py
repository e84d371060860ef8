"""`feeds check --media` at the command line: what is asked, what is told where, and with which exit code."""

import io
import json
import os
import pty
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from feeds.commands import _media
from feeds.fetching.http import Limits
from feeds.probing.asking import Way
from feeds.settings import Folders
from tests.probing.films import MP4, Films
from tests.sites import Site, adopted, imported

ROOT = Path(__file__).parents[2]


@pytest.fixture
def films():
    films = Films()
    yield films
    films.close()


@pytest.fixture
def site(tmp_path):
    return Site(tmp_path)


@pytest.fixture
def check(feeds, site):
    """Run `feeds check` on the site."""
    return lambda *arguments: feeds.run("check", "--catalog", site.catalog, *arguments, FEEDS_STATE=str(site.state))


def test_this_machine_and_its_neighbours_are_never_asked(site, films, check):
    site.user("anna", {"guid": "a1", "media": films.url("/a.mp4")})
    code, output, errors = check("--media")
    path = site.catalog / "users" / "anna.yaml"
    assert (code, films.log) == (1, [])
    assert output == (
        f'{path}:5:39: error[media-unreachable] anna-name > videos > "Title of a1" > media\n'
        "  127.0.0.1 is at 127.0.0.1, which is no public address: nothing was sent there.\n"
        "  Name an address on the public internet: Dailymotion reaches no other.\n"
    )
    assert errors.splitlines() == [
        "1 address: 1 asked, 0 well within --max-age.",
        "Not one of them gave an answer: see whether this machine is connected.",
        "1 user with 1 video: 1 error, 0 warnings.",
    ]


def test_findings_of_catalog_and_media_are_one_list_in_every_format(site, check):
    site.user(
        "anna",
        {"guid": "a1", "media": "sftp://cdn.nord.example/a.mp4?token=s3cr3t", "for_kids": "true"},
        {"guid": "a2", "media": "ftp://cdn.nord.example/b.mp4"},
    )
    code, output, errors = check("--media", "--format", "json")
    assert code == 0
    assert [each["rule"] for each in json.loads(output)] == ["media-expires", "for-kids"]
    assert errors.splitlines() == [
        "2 addresses: 0 asked, 0 well within --max-age.",
        "1 not checked: ftp.",
        "1 not checked: sftp.",
    ]
    assert check("--media", "--strict")[0] == 1
    code, output, _ = check("--media", "--format", "github")
    assert 'title=media-expires::anna-name > videos > "Title of a1" > media: the address holds a signature' in output
    assert "s3cr3t" not in output + errors


def test_users_are_named_with_media_only(site, check):
    site.user("anna", "a1")
    code, _, errors = check("anna")
    assert (code, "Users are named for --media only" in errors) == (2, True)
    code, _, errors = check("--media", "ana")
    assert (code, errors) == (2, 'error: "ana" is no user of the catalog: did you mean anna?\n')
    code, _, errors = check("--media", "--max-age", "soon")
    assert (code, '"soon" is no age: write 1d, 36h or 0.' in errors) == (2, True)


def test_on_a_terminal_one_sees_how_far_it_is(site, films, feeds):
    site.user("anna", *({"guid": f"a{number}", "media": films.url(f"/{number}.mp4")} for number in range(3)))
    ours, theirs = pty.openpty()
    program = subprocess.Popen(
        [sys.executable, "-m", "feeds", "check", "--media", "--catalog", site.catalog],
        cwd=ROOT, env={**feeds.environ, "FEEDS_STATE": str(site.state)}, stdout=subprocess.DEVNULL, stderr=theirs,
    )  # fmt: skip
    feeds.started.append(program)
    os.close(theirs)
    shown = b""
    with suppress(OSError):  # so Linux says that nobody has the other end any more
        while chunk := os.read(ours, 4096):
            shown += chunk
    os.close(ours)
    assert program.wait(timeout=60) == 1
    assert b"3 of 3 addresses asked\r\x1b[K3 addresses: 3 asked" in shown


class Screen(io.StringIO):
    """A terminal that notes when it shows that one address was asked."""

    def __init__(self):
        super().__init__()
        self.shows_one = threading.Event()

    def isatty(self):
        return True

    def write(self, text):
        if "1 of 3" in text:
            self.shows_one.set()
        return super().write(text)


def test_an_interrupt_is_told_with_what_was_left(site, films, monkeypatch):
    screen = Screen()
    monkeypatch.setattr(sys, "stderr", screen)
    films.files["/0.mp4"] = ("video/mp4", MP4)

    def interrupting(_):
        assert screen.shows_one.wait(60)  # an answer that is still on its way would not count
        os.kill(os.getpid(), signal.SIGINT)
        films.let_go.wait(60)

    films.special["/1.mp4"] = interrupting
    site.user("anna", *({"guid": f"a{number}", "media": films.url(f"/{number}.mp4")} for number in range(4)))
    site.happened(adopted("anna") + imported("a3"))
    way = Way(Limits(connect_s=5, read_s=20, whole_s=20), rule=lambda _: True, pause_s=0)
    done = _media.ask(Folders(site.catalog, site.state), (), jobs=1, per_host=1, max_age=timedelta(days=1), way=way)
    assert (done.interrupted, done.findings) == (True, [])
    assert screen.getvalue().rpartition("\x1b[K")[2].splitlines() == [
        "3 addresses: 1 asked, 0 well within --max-age.",
        "Interrupted: 2 not asked.",
        "Not asked for: 1 video that Dailymotion reads no more (imported, withdrawn, past).",
    ]
