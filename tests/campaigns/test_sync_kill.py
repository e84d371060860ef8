"""The sync may be killed at any moment while events are appended: each is on the remote once, and nothing else differs.

A kill takes the sync alone: the git that it had started lives on, as it would on a server.
"""

import contextlib
import json
import os
import random
import subprocess
import threading
import time

import pytest

from feeds.storage.journal import Journal
from tests.clones import ROOT, Clones, Server, git
from tests.sites import imported

VIDEOS = 400


@pytest.fixture
def clones(tmp_path):
    clones = Clones(tmp_path)
    clones.editor.network(feed_limit=1000)
    clones.editor.user("anna", *(f"a{number}" for number in range(VIDEOS)))
    clones.editor.push()
    clones.server.settle()
    return clones


class App(threading.Thread):
    """Appends imports to the journal until it is told to stop, and remembers those that were taken."""

    def __init__(self, state):
        super().__init__()
        self.acknowledged, self.enough = [], threading.Event()
        self._journal = Journal(state / "journal")

    def run(self):
        number = 0
        while not self.enough.wait(random.uniform(0, 0.04)):
            guid = f"a{number}" if number < VIDEOS - 10 else f"x{number}"
            self._journal.append(imported(guid, at=f"2026-11-2{number % 3}T10:00:00.000Z").encode())
            self.acknowledged.append(guid)
            number += 1


def killed_at(server, seconds):
    """Start a sync, kill it after so long, and return whether it was still at it."""
    environ = {"PATH": os.environ["PATH"], "FEEDS_STATE": str(server.state)}
    with subprocess.Popen(server.command(), cwd=ROOT, env=environ, stdout=subprocess.DEVNULL) as program:
        with contextlib.suppress(subprocess.TimeoutExpired):
            program.wait(seconds)
        program.kill()
    return program.returncode < 0


@pytest.mark.parametrize("remote", [True, False])
def test_a_sync_killed_over_and_over_loses_nothing_and_doubles_nothing(clones, campaign_s, counted, remote):
    server = clones.server
    if not remote:
        git(server.catalog, "remote", "remove", "origin")
        for reference in ("published", "pushed"):
            git(server.catalog, "update-ref", "-d", f"refs/feeds/{reference}")
    app = App(server.state)
    app.start()
    kills, editions, until = 0, 0, time.monotonic() + campaign_s
    while time.monotonic() < until or kills < 3:
        kills += killed_at(server, random.uniform(0.2, 1.2))
        for lock in (server.catalog / ".git").rglob("*.lock"):  # as if its time had come
            with contextlib.suppress(FileNotFoundError):
                os.utime(lock, (1, 1))
        if remote and random.random() < 0.3:
            editions += 1
            clones.editor.user("bo", *(f"b{number}" for number in range(editions % 7)))
            with contextlib.suppress(AssertionError):  # overtaken by the sync: the next time
                clones.editor.push(f"Edition {editions}\n\nAllow-Removals: 7")
    app.enough.set()
    app.join()
    done = server.settle()
    assert [each for each in done.troubles if "own, so it stays" not in each] == []
    check_exactly_once(clones.results() if remote else in_commit(server), app.acknowledged)
    assert not set(server.listed("anna")) & set(app.acknowledged)
    if not remote:
        assert server.status() == ""
    else:
        undisturbed = Server(clones.root, clones.remote, "undisturbed")
        undisturbed.settle(instance="undisturbed")
        assert undisturbed.tree() == server.tree()
    git(server.catalog, "fsck", "--no-dangling", "--strict")
    counted(f"{kills} kills, {len(app.acknowledged)} acknowledged")


def in_commit(server):
    paths = git(server.catalog, "ls-tree", "-r", "--name-only", "HEAD", "--", "results/").splitlines()
    return {path: git(server.catalog, "show", f"HEAD:{path}").splitlines() for path in paths if path.endswith(".yaml")}


def check_exactly_once(results, acknowledged):
    lines = [line for path, its in results.items() if path.startswith("results/main/") for line in its]
    events = [json.loads(line[2:]) for line in lines]
    assert len(set(lines)) == len(lines)
    assert sorted(each["guid"] for each in events if each["event"] == "imported") == sorted(acknowledged)
    for path, its in results.items():
        assert path.startswith("results/start/") or all(f'"at": "{path[-15:-5]}' in line for line in its)
