"""The stand-in as a program: it says where it is, remembers when asked to, tells no secret, and ends when told to."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import requests

from tests.sandbox.conftest import until
from tests.sandbox.test_http import FEED, ITEM

ROOT = Path(__file__).parents[2]
CONTROL = {"Sandbox-Token": "control-of-the-tests"}


class Program:
    """A running `sandbox serve`."""

    def __init__(self, *options):
        self._process = subprocess.Popen(
            [sys.executable, "-m", "sandbox", "serve", "--port", "0", *options],
            cwd=ROOT,
            env=os.environ | {"SANDBOX_CONTROL_TOKEN": CONTROL["Sandbox-Token"]},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.url = self._process.stdout.readline().strip()

    def token(self, username="cafecourts"):
        scope = "email delegate_account_management manage_videos"
        form = {"grant_type": "password", "username": username, "password": f"sandbox-{username}", "scope": scope}
        key = {"client_id": "sandbox-key", "client_secret": "sandbox-secret"}
        return requests.post(f"{self.url}/oauth/token", data=form | key).json()["access_token"]

    def end(self, signal_number=signal.SIGTERM):
        """End it; return its exit code and what it had written to stderr."""
        self._process.send_signal(signal_number)
        written = self._process.communicate(timeout=60)[1]
        return self._process.returncode, written

    def kill(self):
        self._process.kill()
        self._process.communicate()


@pytest.fixture
def start():
    programs = []

    def start(*options):
        programs.append(Program(*options))
        return programs[-1]

    yield start
    for program in programs:
        program.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_says_its_url_logs_no_secret_and_ends_when_told_to(start, number):
    program = start()
    token = program.token()
    assert requests.get(f"{program.url}/auth", params={"access_token": token}).status_code == 200
    code, written = program.end(number)
    assert code == 0
    assert written.splitlines() == [
        "Sandbox - not Dailymotion. It ends with ^C.",
        "POST /oauth/token 200",
        "GET /auth 200",
    ]
    with pytest.raises(requests.ConnectionError):
        requests.get(program.url)


def test_it_ends_although_a_call_hangs(start):
    program = start("--fault", "hang seconds=600")

    def hang():
        with contextlib.suppress(requests.ConnectionError):
            requests.get(program.url)

    call = threading.Thread(target=hang)
    call.start()
    until(lambda: requests.get(f"{program.url}/_sandbox/state", headers=CONTROL).json()["calls"])
    assert program.end()[0] == 0
    call.join()


def test_with_a_memory_it_goes_on_where_it_was_killed(start, tmp_path):
    memory = tmp_path / "world.json"
    options = ("--memory", str(memory), "--children", "2")
    program = start(*options)
    token = program.token()
    headers = {"Authorization": f"Bearer {token}"}
    assert requests.post(f"{program.url}/me/parents/x1nord", headers=headers).json() == {}
    program.kill()
    program = start(*options)
    children = requests.get(f"{program.url}/user/x1nord/children?fields=username").json()["list"]
    assert [one["username"] for one in children] == ["cafecourts", "child00001", "child00002"]
    assert requests.get(f"{program.url}/me?fields=email", headers=headers).status_code == 200
    assert [one["about"] for one in json.loads(memory.read_text())["mails"]] == ["adopted"]


def test_thousands_of_children_can_be_had(start):
    program = start("--children", "3000", "--videos", "1")
    answer = requests.get(f"{program.url}/user/x1nord/children?limit=100&fields=id,videos_total").json()
    assert (answer["total"], len(answer["list"])) == (3000, 100)
    assert {one["videos_total"] for one in answer["list"]} == {1}


ACCOUNTS = [
    {"id": "x7net", "username": "anothernet", "role": "parent"},
    {"id": "x7in", "username": "adopted", "role": "child"},
    {"id": "x7new", "username": "newcomer"},
]


def test_it_can_be_told_which_accounts_there_are(start, tmp_path):
    file = tmp_path / "accounts.json"
    file.write_text(json.dumps(ACCOUNTS))
    program = start("--accounts", str(file))
    children = f"{program.url}/user/x7net/children"
    assert [one["id"] for one in requests.get(children).json()["list"]] == ["x7in"]
    assert requests.get(f"{program.url}/user/x2cafec0").status_code == 404
    headers = {"Authorization": f"Bearer {program.token('newcomer')}"}
    assert requests.post(f"{program.url}/me/parents/x7net", headers=headers).json() == {}
    assert [one["id"] for one in requests.get(children).json()["list"]] == ["x7in", "x7new"]


@pytest.mark.parametrize(
    ("accounts", "message"),
    [
        ("[{", "is no list of accounts (JSONDecodeError"),
        ('[{"name": "x"}]', "is no list of accounts (TypeError"),
        ('[{"id": 7, "username": "x"}]', "an account's id and username are text"),
        (json.dumps([{"id": "x7", "username": "x", "role": "boss"}]), "boss is no role; there are parent and child"),
        (json.dumps([ACCOUNTS[0], ACCOUNTS[0]]), "two accounts have the same id"),
        (json.dumps(ACCOUNTS[1:]), "0 accounts are the parent, where exactly one is"),
    ],
)
def test_accounts_that_cannot_be_had_are_a_usage_error(tmp_path, accounts, message):
    file = tmp_path / "accounts.json"
    file.write_text(accounts)
    command = [sys.executable, "-m", "sandbox", "serve", "--port", "0", "--accounts", str(file)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert ended.returncode == 2
    assert message in ended.stderr


def test_what_it_gave_out_can_be_looked_for_by_who_controls_it_alone(start):
    program = start()
    key = {"client_id": "sandbox-key", "client_secret": "sandbox-secret"}
    password = {"grant_type": "password", "username": "cafecourts", "password": "sandbox-cafecourts", "scope": "email"}
    first = requests.post(f"{program.url}/oauth/token", data=password | key).json()
    renewal = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    second = requests.post(f"{program.url}/oauth/token", data=renewal | key).json()
    headers = {"Authorization": f"Bearer {second['access_token']}"}
    assert requests.get(f"{program.url}/logout", headers=headers).status_code == 200
    issued = requests.get(f"{program.url}/_sandbox/issued", headers=CONTROL).json()["issued"]
    assert set(issued) == {each[kind] for each in (first, second) for kind in ("access_token", "refresh_token")}
    assert requests.get(f"{program.url}/_sandbox/issued").status_code == 404


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--fault", "flood"], "a fault has a kind"),
        (["--memory", "/nowhere/world.json"], "/nowhere/world.json can't be written: No such file or directory"),
        (["--memory", "pyproject.toml"], "pyproject.toml is not a memory of `sandbox serve`"),
    ],
)
def test_what_it_cannot_start_with_is_a_usage_error(options, message):
    command = [sys.executable, "-m", "sandbox", "serve", "--port", "0", *options]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert ended.returncode == 2
    assert message in ended.stderr


def test_a_port_that_is_taken_is_a_usage_error(start):
    port = start().url.rpartition(":")[2]
    command = [sys.executable, "-m", "sandbox", "serve", "--port", port]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert ended.returncode == 2
    assert f"127.0.0.1:{port} can't be listened on: Address already in use; --port 0 takes" in ended.stderr


@pytest.fixture
def site():
    """Serve a network's site and the receiver of its callbacks."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            pages = {"/users.json": json.dumps([{"id": self.server.user, "username": "c", "feed_url": url + "/f"}])}
            body = pages.get(self.path, FEED.format(ITEM.format("clip-1"))).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    url = f"http://127.0.0.1:{server.server_port}"
    server.url, server.user = url, "x2cafec0"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def crawl(site, api, token=CONTROL["Sandbox-Token"]):
    command = [sys.executable, "-m", "sandbox", "crawl", f"{site.url}/users.json", "--callback", f"{site.url}/cb"]
    command += ["--api", api, "--control-token", token, "--format", "json"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


def test_imported_videos_are_videos_of_the_accounts(start, site):
    program = start()
    for _ in range(2):
        ended = crawl(site, program.url)
        assert (ended.returncode, ended.stderr) == (0, "")
    listed = requests.get(f"{program.url}/user/x2cafec0/videos").json()["list"]
    assert [(one["title"], one["channel"]) for one in listed] == [("clip-1", "music")]
    assert listed[0]["id"] == json.loads(ended.stdout)["users"][0]["items"][0]["remote_id"]


def test_many_imported_videos_are_taken_at_once(start):
    program = start()
    one = {"account": "x2cafec0", "guid": "g", "title": "t" * 200, "channel": "music", "url": "https://cdn.example/1"}
    videos = [one | {"id": f"x8{number}"} for number in range(10_000)]
    assert requests.post(f"{program.url}/_sandbox/videos", json=videos, headers=CONTROL).json() == {"videos": 10_000}


def test_a_crawl_says_when_the_videos_were_not_taken(start, site):
    program = start()
    ended = crawl(site, program.url, token="wrong")
    assert ended.returncode == 3
    assert "did not take the videos: 404" in ended.stderr
    site.user = "x7nobody"
    ended = crawl(site, program.url)
    assert ended.returncode == 3
    assert "the sandbox has no account x7nobody" in ended.stderr
