"""`feeds login` and `feeds logout`, with the sandbox as Dailymotion and the test as the browser."""

import json
import re
import signal
import socket
import stat
import sys

import pytest
import requests

from feeds.commands._loopback import returning
from feeds.dailymotion.values import PARENT_SCOPES
from tests.stand_in import CHILD, PARENT, Sandbox

BROWSER = """
import sys
import requests

form = {"account": "x1nord", "scope": ["userinfo", "email"], "decision": "allow"}
back = requests.post(sys.argv[1], data=form, allow_redirects=False, timeout=30).headers["Location"]
requests.get(back, timeout=30).raise_for_status()
"""


@pytest.fixture
def port():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


@pytest.fixture
def sandbox(port):
    sandbox = Sandbox(callback_url=f"http://127.0.0.1:{port}/")
    yield sandbox
    sandbox.close()


class Terminal:
    """A person who has set up the sandbox as Dailymotion, and types commands."""

    def __init__(self, feeds, sandbox, port, state):
        self._feeds, self._port = feeds, port
        self.environ = sandbox.environ() | {"XDG_STATE_HOME": str(state)}
        self.file = state / "feeds" / "login.json"

    def start_login(self, *options, **environ):
        """Start a login, and return it with the address that it shows."""
        program = self._feeds.start("login", "--port", self._port, "--no-browser", *options, **self.environ | environ)
        lines = [program.stdout.readline() for _ in range(4)]
        return program, lines[2].strip()

    def run(self, *arguments, **environ):
        return self._feeds.run(*arguments, **self.environ | environ)


@pytest.fixture
def terminal(feeds, sandbox, port, tmp_path):
    return Terminal(feeds, sandbox, port, tmp_path / "state")


def end(program):
    output, errors = program.communicate(timeout=60)
    return program.returncode, output, errors


def log_in(terminal, sandbox, *options, account=PARENT, scopes=PARENT_SCOPES):
    program, url = terminal.start_login(*options)
    page = requests.get(sandbox.allow(url, account, scopes), timeout=30)
    return page, *end(program)


def test_a_person_logs_in_with_the_browser_and_out_again(terminal, sandbox, network):
    page, code, output, errors = log_in(terminal, sandbox, "--catalog", network)
    assert (code, errors) == (0, "")
    assert re.fullmatch(
        r"Logged in as nordclips \(x1nord\)\. It holds until [0-9-]{10} [0-9:]{5} UTC and is renewed by itself\.\n",
        output,
    )
    assert page.status_code == 200
    assert "The terminal says what came of it" in page.text
    assert stat.S_IMODE(terminal.file.stat().st_mode) == 0o600
    login = json.loads(terminal.file.read_text())["login"]
    assert login["access_token"] in sandbox.world.tokens
    assert terminal.run("logout") == (0, "Logged out.\n", "")
    assert not terminal.file.exists()
    assert (sandbox.world.tokens, sandbox.world.sessions) == ({}, {})
    assert terminal.run("logout") == (0, "Nobody is logged in here.\n", "")


def test_no_secret_of_the_login_is_shown(terminal, sandbox, network):
    page, _, output, errors = log_in(terminal, sandbox, "--catalog", network)
    login = json.loads(terminal.file.read_text())["login"]
    secrets = {login["access_token"], login["refresh_token"], *sandbox.world.codes, "sandbox-secret"}
    assert [secret for secret in secrets if secret in output + errors + page.text] == []
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer"


def test_the_browser_is_opened_with_the_address(terminal, sandbox, port, network, tmp_path):
    (tmp_path / "browser.py").write_text(BROWSER)
    code, output, errors = terminal.run(
        "login", "--port", port, "--catalog", network, BROWSER=f"{sys.executable} {tmp_path / 'browser.py'} %s"
    )
    assert code == 0, errors
    assert "Logged in as nordclips" in output
    assert errors == (
        "note: not granted: delegate_account_management, manage_videos, read_insights. "
        "What needs them will be refused.\n"
    )


def test_another_account_than_the_catalogs_parent_is_neither_kept_nor_left_open(terminal, sandbox, network):
    _, code, _, errors = log_in(terminal, sandbox, "--catalog", network, account=CHILD)
    assert code == 1
    assert errors == (
        "error: This login is of cafecourts (x2cafec0), and network.parent_id in the catalog is x1nord. "
        "Log in with the parent account, or mend the catalog.\n"
    )
    assert not terminal.file.exists()
    assert sandbox.world.sessions == {}


def test_a_person_who_does_not_allow_it_is_not_logged_in(terminal, sandbox, network):
    _, code, _, errors = log_in(terminal, sandbox, "--catalog", network, scopes=())
    assert code == 3
    assert "was not allowed" in errors
    assert not terminal.file.exists()


def test_the_browser_has_its_page_before_the_terminal_goes_on_and_may_end(port):
    for _ in range(50):
        with returning(port) as back, socket.create_connection(("127.0.0.1", port)) as browser:
            back.state = "s"
            browser.sendall(b"GET /?state=s&code=c HTTP/1.0\r\n\r\n")
            assert back.wait(30) == {"state": "s", "code": "c"}
            browser.setblocking(False)
            assert browser.recv(65536, socket.MSG_PEEK).endswith(b"</html>\n")


def test_only_the_return_of_this_login_counts_and_only_once(terminal, sandbox, port, network):
    program, url = terminal.start_login("--catalog", network)
    back = sandbox.allow(url, PARENT, PARENT_SCOPES)
    statuses = [
        requests.get(f"http://127.0.0.1:{port}{target}", timeout=30).status_code
        for target in (
            "/",
            "/?code=x",
            "/?code=x&state=",
            "/?code=x&state=another",
            "/?error=access_denied",
            "/favicon.ico",
        )
    ]
    assert statuses == [400, 400, 400, 400, 400, 404]
    assert program.poll() is None
    assert requests.get(back, timeout=30).status_code == 200
    assert end(program)[0] == 0


def test_a_browser_that_opens_connections_and_says_nothing_is_in_nobodys_way(terminal, sandbox, port, network):
    program, url = terminal.start_login("--catalog", network)
    silent = [socket.create_connection(("127.0.0.1", port)) for _ in range(5)]
    requests.get(sandbox.allow(url, PARENT, PARENT_SCOPES), timeout=30)
    assert end(program)[0] == 0
    for connection in silent:
        connection.close()


def test_a_login_waits_no_longer_than_it_is_told(terminal, sandbox, network):
    program, _ = terminal.start_login("--catalog", network, "--wait", "0")
    code, _, errors = end(program)
    assert (code, errors) == (3, "error: Nobody came back from Dailymotion within 0 s. Start `feeds login` again.\n")


def test_a_login_can_be_interrupted(terminal, sandbox, network):
    program, _ = terminal.start_login("--catalog", network)
    program.send_signal(signal.SIGINT)
    assert end(program)[0] == 130


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"FEEDS_DAILYMOTION_KEY": "", "FEEDS_DAILYMOTION_SECRET": ""}, "There is no API key of Dailymotion"),
        ({"FEEDS_DAILYMOTION_API": "http://192.0.2.1"}, "a login would go there unencrypted"),
    ],
)
def test_what_would_fail_later_is_said_before_anybody_logs_in(terminal, port, network, environ, expected):
    code, output, errors = terminal.run("login", "--port", port, "--no-browser", "--catalog", network, **environ)
    assert (code, output) == (2, "")
    assert expected in errors


def test_a_login_that_git_could_take_is_refused_before_anybody_logs_in(terminal, port, network, tmp_path):
    (tmp_path / "clone" / ".git").mkdir(parents=True)
    code, output, errors = terminal.run(
        "login", "--port", port, "--no-browser", "--catalog", network, XDG_STATE_HOME=str(tmp_path / "clone" / "state")
    )
    assert (code, output) == (2, "")
    assert f"would lie in the Git work tree {tmp_path / 'clone'}" in errors


def test_a_port_that_is_taken_is_said_so(terminal, port, network):
    with socket.create_server(("127.0.0.1", port)):
        code, output, errors = terminal.run("login", "--port", port, "--no-browser", "--catalog", network)
    assert (code, output) == (2, "")
    assert f"Port {port} of this machine can't be used: Address already in use." in errors


def test_a_logout_that_dailymotion_does_not_hear_of_is_still_one_here(terminal, sandbox, network):
    log_in(terminal, sandbox, "--catalog", network)
    sandbox.fault("server-error", path="/logout", count=9)
    code, output, errors = terminal.run("logout")
    assert (code, output) == (3, "")
    assert errors.startswith("error: The login is removed here, but Dailymotion could not be told")
    assert not terminal.file.exists()


def test_a_logout_of_a_login_that_is_over_renews_it_to_end_it_whole(terminal, sandbox, network):
    log_in(terminal, sandbox, "--catalog", network)
    for token in sandbox.world.tokens.values():
        token.expires_s = 0
    assert terminal.run("logout") == (0, "Logged out.\n", "")
    assert sandbox.world.sessions == {}


def test_a_login_made_with_other_settings_is_removed_and_sent_nowhere(terminal, sandbox, network):
    log_in(terminal, sandbox, "--catalog", network)
    code, output, _ = terminal.run("logout", FEEDS_DAILYMOTION_KEY="another")
    assert (code, output) == (0, "Removed a login that was made with other settings; Dailymotion was not told.\n")
    assert not terminal.file.exists()
    assert "/logout" not in sandbox.calls("GET")
