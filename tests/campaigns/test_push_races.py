"""Several servers and an editor push to one remote at once: all events arrive once, and nobody starves."""

import contextlib
import os
import random
import subprocess
import threading
import time

import pytest

from feeds.storage.journal import Journal
from tests.clones import ROOT, Clones, Editor, git
from tests.sites import imported

NAMES = ["one", "two", "three", "four"]
VIDEOS = 300
# How long a server may be without a push of its own before it counts as starving.
PATIENCE_S = 60


@pytest.fixture
def clones(tmp_path):
    clones = Clones(tmp_path)
    clones.editor.network(feed_limit=VIDEOS)
    clones.editor.user("anna", *(f"{name}-{number}" for name in NAMES for number in range(VIDEOS)))
    clones.editor.push()
    # What a host would count: each push that comes in, and each that is taken.
    clones.hook("pre-receive", "while read old new ref; do echo $new >> tried; done")
    clones.hook("post-receive", "while read old new ref; do echo $new >> taken; done")
    return clones


class App(threading.Thread):
    """Appends imports to a server's journal until the time is over, and remembers those that were taken."""

    def __init__(self, server, name, until):
        super().__init__()
        self.acknowledged, self._name, self._until = [], name, until
        self._journal = Journal(server.state / "journal")

    def run(self):
        while time.monotonic() < self._until and len(self.acknowledged) < VIDEOS - 10:
            guid = f"{self._name}-{len(self.acknowledged)}"
            self._journal.append(imported(guid).encode())
            self.acknowledged.append(guid)
            time.sleep(random.uniform(0, 0.3))


class Watch:
    """A `feeds sync --watch` of a server, which pushes as often as it can."""

    def __init__(self, server, name):
        environ = {"PATH": os.environ["PATH"], "FEEDS_STATE": str(server.state), "FEEDS_INSTANCE": name}
        self.log = server.state.with_name("log")
        with self.log.open("wb") as log:
            command = server.command("--watch", "--every", "0.05s", "--max-pushes", 60)
            self.process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=log, stderr=log)

    def stop(self):
        self.process.send_signal(2)
        assert self.process.wait(60) == 130


def edit_until(clones, names, until):
    """Have an editor push as people do, pulling again when they were overtaken; return how many tries each push took.

    The time is over when each server has had a push taken, too.
    """
    editor, tries = Editor(clones.root / "editor"), []
    editor.pushed, start = True, clones.head()
    while time.monotonic() < until or not all(pushes_of(clones, name, since=start) for name in names):
        assert time.monotonic() < until + PATIENCE_S, "a server starves"
        editor.user("bo", *(f"b{number}" for number in range(len(tries) % 7)))
        git(editor.catalog, "commit", "--quiet", "--all", "--allow-empty", "-m", f"Edition {len(tries)}")
        tries.append(0)
        while True:
            tries[-1] += 1
            assert tries[-1] < 100, "the editor starves"
            editor.pull()
            with contextlib.suppress(AssertionError):
                git(editor.catalog, "push", "--quiet", "origin", "HEAD:main")
                break
        time.sleep(random.uniform(0, 0.3))
    return tries


def test_servers_and_an_editor_who_push_at_once_lose_nothing_and_nobody_starves(clones, campaign_s, counted, request):
    names = NAMES if request.config.getoption("--campaigns") else NAMES[:2]
    servers = {name: clones.server_named(name) for name in names}
    before, until = clones.head(), time.monotonic() + campaign_s / 2
    apps = [App(server, name, until) for name, server in servers.items()]
    watches = [Watch(server, name) for name, server in servers.items()]
    for app in apps:
        app.start()
    tries = edit_until(clones, names, until)
    for app in apps:
        app.join()
    for watch in watches:
        watch.stop()
    pushed = {name: pushes_of(clones, name, since=before) for name in names}
    tried, taken = ((clones.remote / kind).read_text().split() for kind in ("tried", "taken"))
    given_up = sum(watch.log.read_text().count("safe in the journal") for watch in watches)

    for name in names * 3:  # what each still had, and what the others had meanwhile
        assert servers[name].sync(instance=name).troubles == []
    acknowledged = sorted(guid for app in apps for guid in app.acknowledged)
    lines = [line for path, its in clones.results().items() if not path.startswith("results/start/") for line in its]
    assert len(set(lines)) == len(lines)
    assert sorted(line.split('"guid": "')[1].split('"')[0] for line in lines if '"imported"' in line) == acknowledged
    assert git(clones.remote, "rev-list", "--merges", "main") == ""
    assert len({frozenset(server.tree().items()) for server in servers.values()}) == 1
    assert not set(servers["one"].listed("anna")) & set(acknowledged)
    counted(
        f"{len(acknowledged)} events; {len(tried)} pushes reached the remote, {len(set(taken))} were taken: {pushed}, "
        f"and the editor's {len(tries)}, with {max(tries)} tries at most; {given_up} passes were overtaken so often "
        "that they gave up until the next"
    )


def pushes_of(clones, name, *, since):
    """Return how many commits of a server the remote has."""
    words = ["rev-list", "--count", f"--grep=Feeds-Instance: {name}$", f"{since}..main"]
    return int(git(clones.remote, *words))
