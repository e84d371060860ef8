"""`feeds notify`: told once, to a webhook that may be down, slow, hostile or gone, and whose address nobody sees."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from feeds.commands._webhook import NotTold, send
from feeds.commands.notify import tell
from feeds.core.errors import StorageError
from feeds.core.status import Need
from feeds.settings import Folders
from tests.receiver import SECRET, Receiver
from tests.sites import AT, Site, adopted, failed, imported, line, tree

ROOT = Path(__file__).parents[2]
GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@pytest.fixture
def site(tmp_path):
    """Return a network of one user with a video that failed."""
    site = Site(tmp_path)
    site.user("anna", "a1", "a2", "a3")
    site.happened(adopted("anna") + failed("a1", 1))
    return site


@pytest.fixture
def receiver():
    with Receiver() as receiver:
        yield receiver


@pytest.fixture
def notify(feeds, site, receiver):
    """Return a function that runs `feeds notify` on the network and returns exit code, output and errors."""

    def run(*options, **environ):
        known = {"FEEDS_NOTIFY_URL": receiver.url, "FEEDS_STATE": str(site.state), "NO_PROXY": "127.0.0.1"}
        code, output, errors = feeds.call("notify", "--catalog", site.catalog, *options, **{**known, **environ})
        for secret in (SECRET, "sesame", f":{receiver.port}"):
            assert secret not in output + errors
        assert "Traceback" not in errors
        return code, output, errors

    return run


def names(message):
    return {each["what"]: each["names"] for each in message["new"]}


def test_what_is_new_is_posted_once_as_one_message(site, receiver, notify):
    site.happened(line("unclear", why="x", raw="?") + failed("a2", 1))
    code, output, errors = notify()
    assert (code, errors) == (0, "")
    [message] = receiver.messages()
    assert names(message) == {"failed imports": ["a1", "a2"], "unclear callbacks": []}
    assert message["text"] == output.rstrip("\n")
    [request] = receiver.requests
    assert request.line == f"POST /services/{SECRET} HTTP/1.1"
    assert request.headers["content-type"] == "application/json; charset=utf-8"
    assert notify() == (0, "Nothing is new.\n", "")
    site.happened(failed("a3", 1))
    assert notify()[0] == 0
    assert [names(each) for each in receiver.messages()[1:]] == [{"failed imports": ["a3"]}]


def test_a_dry_run_shows_it_without_a_webhook_and_changes_nothing(site, receiver, notify):
    before = tree(site.catalog)
    code, output, errors = notify("--dry-run", FEEDS_NOTIFY_URL="")
    assert (code, errors) == (0, "")
    assert "`a1`" in output
    code, output, _ = notify("--dry-run", "--format", "json", "--at", "2026-11-28")
    assert (code, json.loads(output)["at"]) == (0, "2026-11-28T00:00:00.000Z")
    assert (tree(site.catalog), site.state.exists(), receiver.requests) == (before, False, [])
    notify()
    assert notify("--dry-run", "--format", "json") == (0, "null\n", "")


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n", "answered 500."),
        (b"HTTP/1.1 404 Gone\r\nContent-Length: 0\r\n\r\n", "answered 404."),
        (b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n", "answered 302, a redirect"),
        (b"HTTP/1.1 307 Moved\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n", "answered 307"),
        (b"", "broke the connection"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "broke the connection"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 100_000, "broke the connection"),
    ],
)
def test_a_webhook_that_does_not_take_it_gets_it_at_the_next_time(receiver, notify, answer, why):
    receiver.answer = answer
    code, output, errors = notify()
    assert (code, output) == (3, "")
    assert why in errors
    assert "Nothing is lost" in errors
    assert len(receiver.requests) == 1  # neither tried again at once nor led elsewhere
    receiver.answer = GOOD
    assert notify()[0] == 0
    first, second = receiver.messages()
    assert names(first) == names(second) == {"failed imports": ["a1"]}


def test_a_webhook_that_is_down_or_none_is_said_without_its_address(site, notify):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    for url in (
        f"http://127.0.0.1:{port}/sesame",
        "http://sesame.invalid/",
        "https://[sesame/",
        "http://user:sesame@[/",
    ):
        code, output, errors = notify(FEEDS_NOTIFY_URL=url)
        assert (code, output) == (3, "")
        assert errors.startswith("error: The webhook could not be ")
        assert str(port) not in errors
    for url in ("", "ftp://sesame.example/", "sesame", "https://a sesame", "https://sesame\n"):
        code, output, errors = notify(FEEDS_NOTIFY_URL=url)
        assert (code, output) == (2, "")
        assert errors.startswith("error: FEEDS_NOTIFY_URL is ")
    assert not list(site.state.glob("notices/*"))


def test_a_certificate_that_nobody_vouches_for_is_refused(receiver):
    receiver.answer = b"\x15\x03\x03\x00\x02\x02\x28"  # a TLS alert: handshake failure
    with pytest.raises(NotTold, match=r"certificate|could not be reached") as refused:
        send(receiver.url.replace("http:", "https:"), b"{}")
    assert SECRET not in str(refused.value)


def test_megabytes_of_answer_are_not_read(receiver, notify):
    receiver.answer = b"HTTP/1.1 200 OK\r\n\r\n"
    receiver.then_endlessly = b"x" * 65536
    assert notify()[0] == 0
    assert notify() == (0, "Nothing is new.\n", "")


def test_an_answer_that_trickles_for_ever_is_given_up():
    with Receiver() as receiver:
        receiver.answer, receiver.then_endlessly = b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"
        receiver.pause_s = 0.05
        with pytest.raises(NotTold, match=r"gave no answer within 0\.5 seconds"):
            send(receiver.url, b"{}", answer_s=0.5)


def test_while_one_run_waits_for_a_webhook_that_hangs_another_leaves_at_once_and_nothing_is_said_twice(
    site, receiver, feeds, notify
):
    receiver.gate.clear()
    environ = {"FEEDS_NOTIFY_URL": receiver.url, "FEEDS_STATE": str(site.state), "NO_PROXY": "127.0.0.1"}
    first = feeds.start("notify", "--catalog", site.catalog, **environ)
    receiver.arrived.wait(60)
    for name in ("cmdline", "comm", "stat"):
        assert SECRET not in Path(f"/proc/{first.pid}/{name}").read_text()
    assert notify() == (0, "Nothing is new.\n", "Another `feeds notify` is at work here.\n")
    receiver.gate.set()
    output, errors = first.communicate(timeout=60)
    assert (first.returncode, errors) == (0, "")
    assert "`a1`" in output
    assert len(receiver.requests) == 1
    assert notify() == (0, "Nothing is new.\n", "")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGKILL, -9), (signal.SIGTERM, -15), (signal.SIGINT, 130)])
def test_who_is_ended_between_telling_and_remembering_tells_once_more_and_no_more(
    site, receiver, feeds, notify, number, code
):
    receiver.gate.clear()
    environ = {"FEEDS_NOTIFY_URL": receiver.url, "FEEDS_STATE": str(site.state), "NO_PROXY": "127.0.0.1"}
    program = feeds.start("notify", "--catalog", site.catalog, **environ)
    receiver.arrived.wait(60)
    program.send_signal(number)
    program.communicate(timeout=60)
    assert program.returncode == code
    receiver.gate.set()
    assert notify()[0] == 0
    assert notify() == (0, "Nothing is new.\n", "")
    assert len(receiver.requests) == 2
    assert [path.name for path in (site.state / "notices").iterdir()] == ["told.json"]


def telling(site, at=AT, *, fails=False):
    """Tell in this process; return what was sent."""
    sent = []

    def take(body):
        sent.append(json.loads(body))
        if fails:
            raise NotTold("no")

    tell(Folders(site.catalog, site.state), at, take)
    return sent


def test_the_memory_is_on_the_disk_before_anything_is_told(site):
    folder = site.state / "notices"

    def look(_body):
        [staged] = folder.iterdir()
        assert re.fullmatch(r"\.told\.json\.[0-9a-f]+\.tmp", staged.name)
        assert b'"a1' in staged.read_bytes()

    assert tell(Folders(site.catalog, site.state), AT, look)


def test_what_can_not_be_remembered_is_not_told(site):
    (site.state / "notices").mkdir(parents=True)
    (site.state / "notices" / "told.json").write_text("{")
    with pytest.raises(StorageError, match=r"told\.json can't be understood: .*\nDelete it"):
        telling(site)
    (site.state / "notices" / "told.json").unlink()
    (site.state / "notices").rmdir()
    (site.state / "notices").write_text("")
    with pytest.raises(StorageError, match=r"notices: File exists\. Mend that, and notify again\."):
        telling(site)


def test_on_a_full_disk_nothing_is_told_and_nothing_forgotten(site, need, tmp_path):
    need("root")
    folder = site.state / "notices"
    folder.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4k", "tmpfs", folder], check=True)
    try:
        (folder / "filler").write_bytes(b"x" * 4096)
        with pytest.raises(StorageError, match=r"told\.json can't be written: No space left"):
            telling(site)
        (folder / "filler").unlink()
        assert len(telling(site)) == 1
    finally:
        subprocess.run(["umount", folder], check=True)


def test_what_is_mended_is_told_to_be_over_after_an_hour_and_not_before(site):
    site.user("anna", "a1", "a2", titel="oops")
    assert names(*telling(site))["frozen users"] == ["anna"]
    site.user("anna", "a1", "a2")
    assert telling(site, AT + timedelta(minutes=5)) == []
    assert telling(site, AT + timedelta(minutes=64)) == []
    [message] = telling(site, AT + timedelta(minutes=66), fails=False)
    assert (message["new"], message["over"]) == ([], [{"what": "frozen users", "count": 1, "names": ["anna"]}])


def test_a_broken_catalog_is_told_under_the_network_s_name(site):
    telling(site)
    site.write("catalog.yaml", "network: {name: [\n")
    [message] = telling(site)
    assert message["text"].startswith("Nord Clips: 1 new matter needs a person.\n• broken catalog (1): ")


def test_the_catalog_says_what_is_told(site):
    site.happened(line("unclear", why="x", raw="?"))
    site.network(notify=["unclear callbacks"])
    assert names(*telling(site)) == {"unclear callbacks": []}
    site.network()
    assert names(*telling(site)) == {"failed imports": ["a1"]}


def test_every_need_that_the_status_knows_can_be_told(site, monkeypatch):
    monkeypatch.setattr("feeds.building.status.FREE_BYTES", 2**62)
    site.write("users/bo.yaml", "id: bo\n")
    site.network(overdue="1h")
    site.user("anna", "a1", "a2", "a3", "a4", {"guid": "a5", "withdraw": "a claim"})
    site.happened(
        failed("zzz", 1)
        + line("listed", "2026-11-20T10:00:00.000Z", user="anna", items={"a4": "as.before"})
        + imported("a4", "a5")
        + line("unclear", why="x", raw="?")
        + line("listed", user="anna", items={"a2": "d.m"})
        + line("imported", guid="a3", remote_id="one", raw="1")
        + line("imported", guid="a3", remote_id="two", raw="2")
        + line("asked_to_join", user="x2new", username="newbie", parent="x1nord")
    )
    site.journal(line("left", "2026-11-22T10:00:00.000Z", user="x2old"))
    from feeds.storage.dead_letters import DeadLetters

    DeadLetters(site.state / "dead-letters").keep(b"x", why="no JSON", content_type="text/plain", at=AT)
    [message] = telling(site)
    site.write("catalog.yaml", "network: [\n")
    [broken] = telling(site)
    assert {each["what"] for each in message["new"] + broken["new"]} == set(Need)


def test_a_network_that_only_the_checkout_has_is_told_of(site, notify, receiver):
    checkout = site.state / "checkout"
    site.state.mkdir()
    site.catalog.rename(checkout)
    site.catalog.mkdir()
    assert notify()[0] == 0
    assert names(*receiver.messages()) == {"failed imports": ["a1"]}
    checkout.rename(site.state / "away")
    assert notify()[0] == 2


def test_the_address_is_in_no_error_even_where_libraries_log_all_they_do(site, receiver):
    """As under PYTHONDEVMODE, with every warning shown, and the connection refused at once."""
    receiver.answer = b""
    environ = {
        **os.environ, "FEEDS_NOTIFY_URL": receiver.url, "FEEDS_STATE": str(site.state), "NO_PROXY": "127.0.0.1",
        "PYTHONDEVMODE": "1", "PYTHONWARNINGS": "default",
    }  # fmt: skip
    command = [sys.executable, "-m", "feeds", "notify", "--catalog", site.catalog]
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 3
    assert SECRET not in done.stdout + done.stderr
