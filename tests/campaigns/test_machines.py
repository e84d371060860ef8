"""Several machines share one remote: each its own app, clone, state folder and name; one dies, and is replaced.

Nothing that was pushed is lost with a machine. What was only journalled on its disk is lost with the disk, and is
counted here: exactly that, and nothing else.
"""

import http.client
import json
import random
import shutil
import subprocess
import time
from contextlib import closing

import pytest

from feeds.building.site import Wish, build
from feeds.settings import Folders
from tests.clones import ENVIRON, ROOT, Clones, Server
from tests.serving import SECRET, Gunicorn
from tests.sites import AT, line, tree

NAMES = ("one", "two", "three")
VIDEOS = 400


@pytest.fixture
def clones(tmp_path):
    clones = Clones(tmp_path)
    clones.editor.network(feed_limit=VIDEOS)
    clones.editor.user("anna", *(f"v{number}" for number in range(VIDEOS)))
    clones.editor.user("cleo", "c1")
    clones.editor.push()
    return clones


class Machine:
    """An app under gunicorn and `feeds sync`, with a disk of their own; `name` is its FEEDS_INSTANCE."""

    def __init__(self, clones, name, *, folder=None):
        self.name, self.server = name, Server(clones.root, clones.remote, folder or name)
        self.disk, self.app = clones.root / (folder or name), Gunicorn(self.server.state)
        self.app.start()

    def hears(self, *guids):
        """Be told by Dailymotion that videos were imported; the callback is answered 200."""
        events = [
            {"timestamp": 1407770138078, "type": "injector.item.ready",
             "data": {"status": "ready", "uid": guid, "remote_id": f"x{guid}"}}
            for guid in guids
        ]  # fmt: skip
        with closing(http.client.HTTPConnection("127.0.0.1", self.app.port, timeout=30)) as connection:
            connection.request("POST", f"/callback/{SECRET}", json.dumps(events))
            answer = connection.getresponse()
            assert (answer.status, json.loads(answer.read())["recorded"]) == (200, len(guids))

    def syncs(self, *options):
        """Start one pass, as a program."""
        environ = {**ENVIRON, "FEEDS_STATE": str(self.server.state), "FEEDS_INSTANCE": self.name}
        return subprocess.Popen(
            self.server.command(*options), cwd=ROOT, env=environ, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def dies(self):
        """Be killed, and lose the disk."""
        self.app.kill()
        self.app.close()
        shutil.rmtree(self.disk)


@pytest.fixture
def machines(clones):
    machines = {name: Machine(clones, name) for name in NAMES}
    yield machines
    for each in machines.values():
        each.app.close()


def all_sync(machines):
    """Have all machines do a pass at once: none may be in another's way."""
    for running in [each.syncs() for each in machines.values()]:
        output, errors = running.communicate(timeout=60)
        assert (running.returncode, errors) == (0, ""), output


def settled(machines):
    """Have all machines know all: what each has heard and noted is pushed, then taken in by the others."""
    for _ in range(3):
        for each in machines.values():
            done = each.server.sync(instance=each.name)
            assert done.troubles == []
    assert not any(each.server.journalled() for each in machines.values())


def on_record(clones):
    """Return the guids of all imports that are in Git, as often as they are there."""
    events = [json.loads(line[2:]) for lines in clones.results().values() for line in lines]
    return sorted(event["guid"] for event in events if event["event"] == "imported")


def fresh_site(clones, at):
    """Return the site that a new clone of the remote builds."""
    newcomer = clones.server_named("newcomer")
    build(Wish(Folders(newcomer.catalog, newcomer.state), newcomer.out, AT, jobs=1))
    return tree(newcomer.out)


def test_what_machines_pushed_outlives_them_and_only_what_a_dead_disk_had_alone_is_lost(
    clones, machines, campaign_s, counted, request
):
    long = request.config.getoption("--campaigns")
    guids, until = iter([f"v{number}" for number in range(VIDEOS)]), time.monotonic() + campaign_s
    heard, lost, deaths = [], [], 0
    machines["two"].server.happens(line("adopted", user="cleo", username="cleo-films", parent="x1nord"))
    while not deaths or (long and time.monotonic() < until and len(heard) < VIDEOS - 20):
        for each in machines.values():
            heard += (some := [next(guids) for _ in range(random.randint(1, 3))])
            each.hears(*some)
        all_sync(machines)
        victim = random.choice(NAMES) if deaths else "three"
        only_there = [next(guids) for _ in range(2)]
        machines[victim].hears(*only_there)
        machines[victim].dies()
        lost += only_there
        deaths += 1
        del machines[victim]
        for each in machines.values():  # the others go on
            heard.append(guid := next(guids))
            each.hears(guid)
        all_sync(machines)

        machines[victim] = Machine(clones, victim, folder=f"{victim}-{deaths}")
        heard.append(guid := next(guids))
        machines[victim].hears(guid)
        refused = machines[victim].syncs()
        assert f"results/{victim} belongs to another machine" in refused.communicate(timeout=60)[1]
        assert refused.returncode == 2
        taking_over = machines[victim].syncs("--take-over")
        taking_over.communicate(timeout=60)
        assert taking_over.returncode == 0

    settled(machines)
    assert on_record(clones) == sorted(heard)
    sites = [each.server.tree() for each in machines.values()]
    assert all(site == sites[0] for site in sites)
    assert machines["one"].server.listed("cleo") == ["c1"]  # adopted at another machine
    listed = set(machines["one"].server.listed("anna"))
    assert set(lost) <= listed  # as if Dailymotion had said nothing: it can be said again
    assert not listed & set(heard)
    assert fresh_site(clones, AT) == sites[0]

    machines["one"].hears(*lost)
    settled(machines)
    assert on_record(clones) == sorted(heard + lost)
    counted(f"{deaths} machines lost, {len(heard)} acknowledged and on record, {len(lost)} lost with their disks")


def test_of_two_new_machines_that_take_one_name_at_once_one_has_it_and_the_other_is_refused_and_keeps_its_events(
    clones,
):
    twins = [Machine(clones, "twin", folder=folder) for folder in ("left", "right")]
    try:
        for twin, guid in zip(twins, ("v1", "v2"), strict=True):
            twin.hears(guid)
        running = [twin.syncs() for twin in twins]
        said = [each.communicate(timeout=60) for each in running]
        assert sorted(each.returncode for each in running) == [0, 2], said
        second = [each.returncode for each in running].index(2)
        assert "Give each machine a name of its own in FEEDS_INSTANCE" in said[second][1]
        kept = [each["guid"] for each in twins[second].server.journalled() if each["event"] == "imported"]
        assert kept == [("v1", "v2")[second]]
        assert on_record(clones) == [("v1", "v2")[1 - second]]
        twins[second].name = "other"
        settled({"first": twins[1 - second], "second": twins[second]})
        assert on_record(clones) == ["v1", "v2"]
    finally:
        for twin in twins:
            twin.app.close()
