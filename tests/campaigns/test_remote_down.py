"""The remote is gone for a day: every callback is taken, the site goes on, and a few commits tell it all later."""

import json
import os
import subprocess
import sys

import pytest

from app import create_app
from feeds.settings import AppSettings, Folders
from tests.clones import ROOT, Clones, git
from tests.serving import SECRET

USERS = [f"u{number}" for number in range(20)]
# When the remote is back, one commit has the day's events; what the build that follows notes is the second.
COMMITS = 2


@pytest.fixture
def day(request):
    """Return how many passes a day has, and how many events come before each."""
    return (24, 420) if request.config.getoption("--campaigns") else (2, 100)


@pytest.fixture
def clones(tmp_path, day):
    passes, events = day
    clones = Clones(tmp_path)
    each = passes * events // len(USERS) + 1
    clones.editor.network(feed_limit=each)
    for user in USERS:
        clones.editor.user(user, *(f"{user}-{number}" for number in range(each)))
    lines = "".join(
        f'- {{"at": "2026-11-20T10:00:00.000Z", "event": "adopted", "user": "{user}", "parent": "x1nord"}}\n'
        for user in USERS
    )
    clones.editor.write("results/start/2026-11-21.yaml", lines)
    clones.editor.push()
    for _ in range(2):  # what the first build notes is carried by the second pass
        clones.server.sync()
    return clones


def moved_away(clones):
    away = clones.remote.with_name("away.git")
    clones.remote.rename(away)
    return lambda: away.rename(clones.remote)


def declining(clones):
    return clones.hook("pre-receive", "echo closed for today; exit 1").unlink


def out_of_reach(clones):
    """Nobody listens at the remote's address."""
    git(clones.server.catalog, "remote", "set-url", "origin", "https://127.0.0.1:1/nord.git")
    return lambda: git(clones.server.catalog, "remote", "set-url", "origin", clones.remote)


def ready(number):
    data = {"status": "ready", "uid": f"{USERS[number % len(USERS)]}-{number // len(USERS)}", "remote_id": f"x{number}"}
    return {"timestamp": 1407770138078 + number, "type": "injector.item.ready", "data": data}


def status_of(server):
    command = [sys.executable, "-m", "feeds", "status", "--catalog", server.catalog, "--format", "json"]
    environ = {"PATH": os.environ["PATH"], "FEEDS_STATE": str(server.state)}
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def listed(server):
    return {guid for user in USERS for guid in server.listed(user)}


@pytest.mark.parametrize("trouble", [moved_away, declining, out_of_reach])
def test_a_day_without_the_remote_costs_no_event_and_ends_in_few_commits(clones, day, trouble, counted):
    server, (passes, events) = clones.server, day
    client = create_app(AppSettings(Folders(server.catalog, server.state), (SECRET,))).test_client()
    everything, before = listed(server), clones.head()
    back = trouble(clones)
    sent = []
    for hour in range(passes):
        numbers = range(hour * events, (hour + 1) * events)
        for start in range(0, events, 20):
            body = [ready(number) for number in numbers[start : start + 20]]
            answer = client.post(f"/callback/{SECRET}", data=json.dumps(body))
            assert (answer.status_code, answer.json["recorded"]) == (200, len(body))
        sent += [ready(number)["data"]["uid"] for number in numbers]
        done = server.sync()
        assert done.remote_trouble
        assert [each for each in done.troubles if "Events are safe in the journal" in each]
        assert listed(server) == everything - set(sent)
        assert done.backlog >= len(sent)
        if hour + 1 == passes:
            assert status_of(server)["journal_lines"] == len(server.journalled()) == done.backlog
    back()

    done = server.settle()
    commits = int(git(clones.remote, "rev-list", "--count", f"{before}..main"))
    assert 1 <= commits <= COMMITS
    lines = [line for path, its in clones.results().items() if path.startswith("results/main/") for line in its]
    assert len(set(lines)) == len(lines)
    recorded = [json.loads(line[2:]) for line in lines]
    assert sorted(each["guid"] for each in recorded if each["event"] == "imported") == sorted(sent)
    assert (done.troubles, server.journalled(), status_of(server)["journal_lines"]) == ([], [], 0)
    assert listed(server) == everything - set(sent)
    counted(f"{len(sent):,} events in {passes} passes: {len(lines):,} lines, {commits} commit")
