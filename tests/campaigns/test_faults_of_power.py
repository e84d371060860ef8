"""The power fails at any moment, under load: an ext4 of our own is cut off, unmounted, and mounted again.

What was acknowledged is there; what is published is whole; and the next `feeds sync` goes on without a person.
"""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time

import pytest

from feeds.core.events import Event
from feeds.formats import mrss, results_yaml, user_list
from feeds.storage.journal import Journal
from tests.campaigns.test_callback_kill import Sender
from tests.clones import ROOT, Clones, Server, git
from tests.disks import FragileDisk, NotMountable
from tests.serving import Gunicorn

VIDEOS = 1500

# As the app does: a guid is printed once its line is durable. Nothing ends it but a fault.
APP = """
import random, sys, time
from pathlib import Path
from feeds.storage.journal import Journal
from tests.sites import imported
journal, number = Journal(Path(sys.argv[1])), int(sys.argv[2])
while True:
    journal.append(imported(f"a{number}", at=f"2026-11-2{number % 3}T10:00:00.000Z").encode())
    print(number, time.monotonic(), flush=True)
    number += 1
    time.sleep(random.uniform(0, 0.03))
"""


@pytest.fixture
def disk(tmp_path, need, kernel_refuses):
    for tool in ("root", "mkfs.ext4", "mount"):
        need(tool)
    try:
        disk = FragileDisk(tmp_path)
    except NotMountable as refused:
        kernel_refuses(str(refused))
    yield disk
    disk.close()


def journalled(state):
    return [event for segment in Journal(state / "journal").segments()
            for event in results_yaml.parse(segment.read_bytes()) if isinstance(event, Event)]  # fmt: skip


@pytest.fixture
def gunicorn(disk):
    with contextlib.closing(Gunicorn(disk.folder / "state")) as gunicorn:
        yield gunicorn


def test_what_was_answered_200_is_there_after_the_power_failed(disk, gunicorn, campaign_s, counted):
    until, cuts, acknowledged, answers = time.monotonic() + campaign_s, 0, set(), set()
    while time.monotonic() < until or cuts < 2:
        enough = threading.Event()
        senders = [TimedSender(f"c{cuts}s{number}", gunicorn.port, enough) for number in range(6)]
        gunicorn.start()
        for sender in senders:
            sender.start()
        while not any(sender.acknowledged for sender in senders):
            time.sleep(0.005)
        time.sleep(random.uniform(0.02, 0.3))
        before = time.monotonic()
        disk.cut()
        after = time.monotonic()
        enough.wait(0.05)  # what comes now can't be stored, and must not be said to be
        enough.set()
        for sender in senders:
            sender.join()
            acknowledged.update(guid for guid, _, heard in sender.times if heard < before)
            assert [guid for guid, sent, _ in sender.times if sent > after] == []
            answers |= sender.answers
        gunicorn.kill()
        cuts += 1
        disk.unplug()
        disk.plug_in()
        assert acknowledged - {event.text("guid") for event in journalled(disk.folder / "state")} == set()
    assert answers <= {200, 503}
    counted(f"{cuts} cuts, {len(acknowledged)} acknowledged")


class TimedSender(Sender):
    """Posts until it is told that the power is gone, and notes when each was sent and its 200 was heard."""

    def __init__(self, name, port, enough):
        super().__init__(name, port, 0)
        self.times, self._enough = [], enough

    def run(self):
        while not self._enough.is_set():
            self._until = time.monotonic() + 0.1
            super().run()

    def _post(self, connection):
        sent, known = time.monotonic(), len(self.acknowledged)
        super()._post(connection)
        self.times += [(guid, sent, time.monotonic()) for guid in self.acknowledged[known:]]


class Network:
    """A remote on a disk that survives, and a server on one that doesn't."""

    def __init__(self, root, disk, *, remote):
        self.clones, self.disk, self.remote = Clones(root), disk, remote
        self.clones.editor.network(feed_limit=VIDEOS)
        self.clones.editor.user("anna", *(f"a{number}" for number in range(VIDEOS)))
        self.clones.editor.push()
        self.server = Server.__new__(Server)
        Server.__init__(self.server, disk.folder, self.clones.remote)
        if not remote:
            git(self.server.catalog, "remote", "remove", "origin")
        self.server.settle()
        os.sync()
        self.acknowledged, self.said, self.tried = [], [], 0

    def run_until_the_power_fails(self, log):
        """Have events come and a sync carry them for a while, and cut the disk off."""
        number = self.tried
        environ = {"PATH": os.environ["PATH"], "FEEDS_STATE": str(self.server.state)}
        with log.open("wb") as file:
            app = subprocess.Popen(
                [sys.executable, "-c", APP, self.server.state / "journal", str(number)], cwd=ROOT, text=True,
                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            )  # fmt: skip
            watch = self.server.command("--watch", "--every", "0.1s", "--max-pushes", "60")
            sync = subprocess.Popen(watch, cwd=ROOT, env=environ, stdout=file, stderr=file)
        first = app.stdout.readline()
        time.sleep(random.uniform(0.3, 2.0))
        before = time.monotonic()
        self.disk.cut()
        for process in (app, sync):
            process.send_signal(signal.SIGKILL)
            process.wait()
        told = [line.split() for line in [first, *app.stdout] if line.endswith("\n")]
        app.stdout.close()
        self.acknowledged += [f"a{each}" for each, at in told if float(at) < before]
        self.tried = number + len(told) + 1
        self.said.append(log.read_text())
        self.disk.unplug()
        self.disk.plug_in()

    def on_record(self):
        """Return the guids whose import is in Git, where it counts."""
        if self.remote:
            return [event["guid"] for event in _imports(self.clones.results())]
        folder = self.server.catalog / "results"
        return [event["guid"] for event in _imports({str(path): path.read_text().splitlines()
                                                     for path in folder.rglob("*.yaml")})]  # fmt: skip

    def heal(self):
        """Sync as a server does after a boot, without a person, and return what it complains of at last."""
        for lock in (self.server.catalog / ".git").rglob("*.lock"):  # as if its time had come
            with contextlib.suppress(FileNotFoundError):
                os.utime(lock, (1, 1))
        for _ in range(4):
            done = self.server.sync()
        return done


def _imports(results):
    events = [json.loads(line[2:]) for lines in results.values() for line in lines]
    return [event for event in events if event["event"] == "imported"]


def check_what_is_published(out):
    for path in out.rglob("*.xml"):
        if not path.name.startswith("."):
            mrss.parse(path.read_bytes())
    for user in user_list.parse((out / "users.json").read_bytes()):
        assert (out / "feeds" / f"{user.id}.xml").is_file()


@pytest.mark.parametrize("remote", [True, False])
def test_after_the_power_failed_the_sync_goes_on_and_nothing_is_lost(tmp_path, disk, campaign_s, remote, counted):
    network = Network(tmp_path, disk, remote=remote)
    until, cuts = time.monotonic() + campaign_s, 0
    while time.monotonic() < until or cuts < 2:
        network.run_until_the_power_fails(tmp_path / "said")
        cuts += 1
        stored = {event.text("guid") for event in journalled(network.server.state)} | set(network.on_record())
        assert set(network.acknowledged) - stored == set()
        check_what_is_published(network.server.out)
        if remote and random.random() < 0.3:
            network.clones.editor.user("bo", *(f"b{number}" for number in range(cuts % 7)))
            network.clones.editor.push(f"Edition {cuts}\n\nAllow-Removals: 7")
        if cuts % 3 == 0:
            check_healed(network)
    check_healed(network)
    counted(f"{cuts} cuts, {len(network.acknowledged)} acknowledged")


def check_healed(network):
    done = network.heal()
    # The power may fail while git brings the clone's work tree up to date. That is left to its owner, and said.
    assert [each for each in done.troubles if not each.endswith("commit and push them, or take them back.")] == []
    assert done.backlog == 0
    recorded = [guid for guid in network.on_record() if guid in set(network.acknowledged)]
    assert sorted(recorded) == sorted(network.acknowledged)
    assert not set(network.server.listed("anna")) & set(network.acknowledged)
    git(network.server.catalog, "fsck", "--no-dangling", "--strict")
    assert done.troubles or network.server.status() == ""
