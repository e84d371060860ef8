"""A full disk below the state, the output or the clone: nothing false is said, and once there is room all goes on."""

import json
import shutil
from contextlib import ExitStack, contextmanager

import pytest

from tests.campaigns.test_faults_of_app import journalled, post, ready
from tests.campaigns.test_faults_of_power import check_what_is_published
from tests.clones import Clones, git
from tests.disks import NotMountable, SmallDisk
from tests.faults import some_of
from tests.serving import Gunicorn
from tests.sites import imported


@pytest.fixture
def small_disks(need, kernel_refuses):
    """Return what mounts a file system of 4 MiB for a while."""
    for tool in ("root", "mount"):
        need(tool)

    @contextmanager
    def mounted(folder):
        try:
            disk = SmallDisk(folder, 4096)
        except NotMountable as refused:
            kernel_refuses(str(refused))
        try:
            yield disk
        finally:
            disk.close()

    return mounted


@pytest.fixture
def small_disk(tmp_path, small_disks):
    with small_disks(tmp_path / "small") as disk:
        yield disk


@pytest.fixture
def served():
    """Return what starts the app on a state folder; it ends with the test."""
    with ExitStack() as stack:

        def start(state):
            gunicorn = Gunicorn(state)
            stack.callback(gunicorn.close)
            gunicorn.start()
            return gunicorn

        yield start


def test_a_full_disk_has_the_app_answer_503_and_room_has_it_take_callbacks_again(small_disk, served):
    state = small_disk.folder / "state"
    gunicorn, answers = served(state), {}
    assert post(gunicorn.port, ready("first")) == 200
    filler = small_disk.fill(leaving=8192)
    for number in range(60):
        answers[f"v{number}"] = post(gunicorn.port, ready(f"v{number}"))
    acknowledged = [guid for guid, status in answers.items() if status == 200]
    assert set(answers.values()) == {200, 503}
    assert journalled(state) == ["first", *acknowledged]
    filler.unlink()
    assert post(gunicorn.port, ready("last")) == 200
    assert journalled(state) == ["first", *acknowledged, "last"]
    assert "was answered 503" in gunicorn.stop()


def test_a_full_disk_from_the_start_has_the_app_up_and_room_has_it_take_callbacks(small_disk, served):
    filler = small_disk.fill()
    gunicorn = served(small_disk.folder / "state")
    assert post(gunicorn.port, ready("early")) in (200, 503)
    filler.unlink()
    assert post(gunicorn.port, ready("late")) == 200
    assert "late" in journalled(small_disk.folder / "state")
    gunicorn.stop()


def network(root):
    root.mkdir(exist_ok=True)
    clones = Clones(root)
    clones.editor.user("anna", *(f"a{number}" for number in range(40)))
    clones.editor.push()
    return clones


def on(disk, clones, part, *, remote):
    """Have a server whose one folder is on the small disk, and which has published."""
    server = clones.server
    git(server.catalog, "pull", "--quiet", "origin", "main")
    if not remote:
        git(server.catalog, "remote", "remove", "origin")
    if part == "catalog":
        shutil.move(server.catalog, disk.folder / "catalog")
    setattr(server, part, disk.folder / part)
    server.settle()
    return server


def recorded(clones, server, *, remote):
    if remote:
        lines = [line for its in clones.results().values() for line in its]
    else:
        lines = [
            line for path in (server.catalog / "results").rglob("*.yaml") for line in path.read_text().splitlines()
        ]
    return [event["guid"] for event in (json.loads(line[2:]) for line in lines) if event["event"] == "imported"]


ROOMS = [(part, kib) for part in ("state", "out", "catalog") for kib in (0, 12, 40, 100)]


@pytest.mark.parametrize("remote", [True, False])
def test_a_sync_on_a_full_disk_loses_nothing_and_room_heals_it(tmp_path, small_disks, campaign_s, counted, remote):
    rounds = enumerate(some_of(ROOMS, all_of_them=campaign_s > 60, seconds=campaign_s))
    for round_, (part, room_kib) in rounds:
        clones = network(tmp_path / f"{round_}")
        with small_disks(clones.root / "small") as disk:
            check_full(disk, clones, part, room_kib, remote=remote)
        counted(f"{part} with {room_kib} KiB left")


def check_full(disk, clones, part, room_kib, *, remote):
    server, guids = on(disk, clones, part, remote=remote), [f"a{number}" for number in range(20)]
    server.happens(imported(*guids))
    clones.editor.user("bo", *({"guid": f"b{number}", "description": "d" * 3000} for number in range(8)))
    clones.editor.push()
    filler = disk.fill(leaving=room_kib * 1024)
    for _ in range(2):
        ran = server.run("--jobs", "1")
        assert "Traceback" not in ran.stdout + ran.stderr
        assert ran.returncode in (0, 1, 3)
        assert set(recorded(clones, server, remote=remote)) | set(journalled(server.state)) >= set(guids)
        check_what_is_published(server.out)
    filler.unlink()
    assert server.settle().troubles == []
    assert sorted(recorded(clones, server, remote=remote)) == sorted(guids)
    assert server.listed("anna") == [f"a{number}" for number in range(20, 40)]
    assert server.listed("bo") == ([f"b{number}" for number in range(8)] if remote else ["b1", "b2"])
    git(server.catalog, "fsck", "--no-dangling", "--strict")


def test_a_journal_that_has_filled_the_disk_keeps_all_and_is_emptied_once_there_is_room(tmp_path, small_disk, served):
    clones = network(tmp_path)
    server = on(small_disk, clones, "state", remote=True)
    clones.remote.rename(clones.root / "away")
    gunicorn, guids = served(server.state), []
    answers = []
    for number in range(200):  # twice what the disk holds
        body = json.dumps([*json.loads(ready(f"n{number}")), {"type": "padding", "text": "x" * 60_000}])
        answers.append(post(gunicorn.port, body))
        guids += [f"n{number}"] * (answers[-1] == 200)
        if answers[-3:] == [503, 503, 503]:
            break
    assert 503 in answers
    assert len(guids) > 10
    assert server.run("--jobs", "1").returncode == 3
    (clones.root / "away").rename(clones.remote)
    small_disk.grow(32 * 1024)  # for the check-out and the index: each holds once more what the journal does
    server.run("--jobs", "1")
    assert post(gunicorn.port, ready("after")) == 200
    gunicorn.stop()
    done = server.settle()
    assert done.troubles == []
    assert sorted(recorded(clones, server, remote=True)) == sorted([*guids, "after"])
