"""A build may be killed at any step, and read while it runs: what is seen is always whole, and was or is true."""

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from feeds.building.listed import last_noted
from feeds.core.errors import StorageError
from feeds.core.events import Event
from feeds.core.user_list import ListedUser
from feeds.formats import mrss, user_list
from tests.sites import AT, Site, adopted, imported, line, tree

ROOT = Path(__file__).parents[2]
BUILD = """
import sys
from datetime import datetime
from pathlib import Path
from feeds.building.site import Wish, build
from feeds.settings import Folders
catalog, state, out, at = sys.argv[1:]
build(Wish(Folders(Path(catalog), Path(state)), Path(out), datetime.fromisoformat(at), 1, record=True))
"""

# Has loaded all that a build needs, and forks a process for each, which waits until it is being traced.
FORGE = """
import os, sys
from datetime import datetime
from pathlib import Path
import feeds.building.feed, feeds.building.workers, feeds.building.conflicts
from feeds.building.site import Wish, build
from feeds.settings import Folders
for line in sys.stdin:
    catalog, state, out, at = line.rstrip("\\n").split("\\t")
    gate, go = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.read(gate, 1)
        code = 1
        try:
            build(Wish(Folders(Path(catalog), Path(state)), Path(out), datetime.fromisoformat(at), 1, record=True))
            code = 0
        finally:
            os._exit(code)
    print(pid, flush=True)
    sys.stdin.readline()
    os.write(go, b"x")
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
    os.close(gate), os.close(go)
"""


def arguments(site):
    return [str(site.catalog), str(site.state), str(site.out), AT.isoformat()]


class Forge:
    """Runs builds that are killed at the nth call of a kind."""

    def __init__(self):
        self._process = subprocess.Popen(
            [sys.executable, "-c", FORGE], cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def killed(self, site, call, nth):
        """Build, killed at the nth call; return whether there was one."""
        self._say("\t".join(arguments(site)))
        pid = self._process.stdout.readline().strip()
        inject = f"inject={call}:signal=KILL:when={nth}"
        strace = ["strace", "-p", pid, "-o", "/dev/null", "-e", f"trace={call}", "-e", inject]
        with subprocess.Popen(strace, text=True, stderr=subprocess.PIPE) as tracer:
            assert "attached" in tracer.stderr.readline()
            self._say("go")
            code = int(self._process.stdout.readline())
        assert code in (0, -9)
        return code == -9

    def _say(self, line):
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()

    def close(self):
        self._process.communicate()


@pytest.fixture(scope="module")
def forge():
    forge = Forge()
    yield forge
    forge.close()


@pytest.fixture(scope="module")
def networks(tmp_path_factory):
    """Return a published site whose catalog and results have moved on, and the trees of before and of after.

    One feed changes, one comes, one comes of events alone, and one goes.
    """
    root = tmp_path_factory.mktemp("networks") / "moved-on"
    site = Site(root)
    for user in ("anna", "bo", "same"):
        site.user(user, *(f"{user}-{number}" for number in range(5)))
    site.happened(adopted("anna", "bo", "same"))
    site.build(record=True)
    before = site.tree()
    site.user(
        "anna", *({"guid": f"anna-{number}", "title": "T" * 30_000 if number == 2 else "T"} for number in range(2))
    )
    site.user("anna", *(f"anna-{number}" for number in range(6)))
    site.user("cleo", "cleo-1")
    site.happened(imported("anna-1") + adopted("cleo", "dan"))
    site.journal(line("left", "2026-11-22T10:00:00.000Z", user="bo", parent="x1nord"))
    return site, before, site.fresh()


def copy_of(site, root):
    shutil.copytree(site.catalog.parent, root)
    copied = Site.__new__(Site)
    copied.catalog, copied.out, copied.state = root / "catalog", root / "out", root / "state"
    return copied


def check_what_is_seen(folder, *allowed):
    """Assert that every published file is one of these versions, whole, and that the list names no missing feed."""
    seen = {name: text for name, text in tree(folder).items() if not name.endswith(".tmp")}
    assert seen.keys() <= {name for version in allowed for name in version}
    for name, text in seen.items():
        assert text in [version.get(name) for version in allowed]
        if name.endswith(".xml"):
            mrss.parse(text)
    if "users.json" in seen:
        for user in user_list.parse(seen["users.json"]):
            assert f"feeds/{user.id}.xml" in seen


def noted(site):
    events = [Event(AT.fromisoformat(each["at"]), each["event"], each) for each in site.journalled()]
    users = {event.text("user") for event in events if event.event == "listed"}
    return {user: set(last_noted([each for each in events if each.text("user") == user])) for user in users}


@pytest.mark.parametrize("call", ["rename", "unlink", "fsync", "pwrite64", "write", "flock", "openat", "mkdir"])
@pytest.mark.parametrize("start", ["published", "empty"])
def test_killed_at_any_step_a_build_leaves_whole_files_and_the_next_one_makes_the_site(
    networks, forge, tmp_path, need, request, counted, call, start
):
    need("strace")
    moved_on, before, after = networks
    every = request.config.getoption("--campaigns") or call in ("rename", "unlink")
    kills = 0
    for nth in range(1, 1000) if every else (1, 2, 3, 5, 8, 13, 21, 34):
        site = copy_of(moved_on, tmp_path / f"{nth}")
        if start == "empty":
            shutil.rmtree(site.out)
            shutil.rmtree(site.state / "cache")
        if not forge.killed(site, call, nth):
            assert site.tree() == after
            break
        kills += 1
        check_what_is_seen(site.out, *([before, after] if start == "published" else [after]))
        for _ in range(2):
            site.build(record=True)
            assert site.tree() == after
            assert noted(site) == {"anna": set(site.listed("anna")), "bo": set(), "same": set(site.listed("same")),
                                   "cleo": {"cleo-1"}}  # fmt: skip
        shutil.rmtree(site.catalog.parent)
    assert kills
    counted(f"{kills} kills")


@pytest.mark.parametrize("event", ["adopted", "left"])
def test_a_partner_known_by_events_alone_is_not_forgotten_by_a_build_that_was_killed(forge, tmp_path, need, event):
    need("strace")
    site = Site(tmp_path / "site")
    site.user("anna", "a1")
    site.happened(adopted("anna", "dan"))
    for _ in range(3):
        site.build(record=True)
        time.sleep(0.03)  # a tick of the clock, after which nothing of it is looked at again
    site.happened(line(event, "2026-11-22T10:00:00.000Z", user="eve" if event == "adopted" else "dan", parent="x1nord"))
    assert forge.killed(site, "rename", 1)
    site.build(record=True)
    assert site.users() == (["anna", "dan", "eve"] if event == "adopted" else ["anna"])
    assert site.tree() == site.fresh()


# -- reading while it builds

FLIP = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from tests.sites import Site
site = Site.__new__(Site)
root = Path(sys.argv[2])
site.catalog, site.out, site.state = root / "catalog", root / "out", root / "state"
print("ready", flush=True)
number = 0
while not (root / "enough").exists():
    number += 1
    site.user("anna", *(f"anna-{n}" for n in range(5 + number % 2)))
    site.user("bo", "bo-1", enabled=number % 2 == 0)
    site.user("cleo", "cleo-1", enabled=number % 2 == 1)
    site.build(record=True)
print(number)
"""


def test_readers_see_old_or_new_files_and_never_a_list_that_names_a_missing_feed(tmp_path, campaign_s, counted):
    site = Site(tmp_path)
    site.happened(adopted("anna", "bo", "cleo"))
    versions = []
    for number in (0, 1):
        site.user("anna", *(f"anna-{n}" for n in range(5 + number)))
        site.user("bo", "bo-1", enabled=number == 0)
        site.user("cleo", "cleo-1", enabled=number == 1)
        site.build()
        versions.append(site.tree())
    allowed = {name: {version.get(name) for version in versions} for version in versions for name in version}
    faults, reads = [], []
    builder = subprocess.Popen([sys.executable, "-c", FLIP, ROOT, tmp_path], stdout=subprocess.PIPE, cwd=ROOT)
    with builder:
        assert builder.stdout.readline() == b"ready\n"
        until = time.monotonic() + campaign_s / 2
        readers = [threading.Thread(target=read_on, args=(site.out, until, allowed, reads, faults)) for _ in range(2)]
        for reader in readers:
            reader.start()
        for reader in readers:
            reader.join()
        (tmp_path / "enough").touch()
        builds = int(builder.stdout.read())
    assert builder.returncode == 0
    assert faults == []
    assert builds > 1
    assert reads
    counted(f"{builds} builds, {len(reads)} feeds read")


def read_on(out, until, allowed, reads, faults):
    while time.monotonic() < until and not faults:
        text, which = read(out / "users.json")
        if text not in allowed["users.json"]:
            faults.append(("users.json", text))
        for user in user_list.parse(text):
            name = f"feeds/{user.id}.xml"
            try:
                feed, _ = read(out / name)
            except FileNotFoundError:
                if read(out / "users.json")[1] == which:  # this very list still stands, and names what isn't there
                    faults.append((name, "missing"))
                continue
            reads.append(name)
            if feed not in allowed[name]:
                faults.append((name, feed))


def read(path):
    with path.open("rb") as file:
        status = os.fstat(file.fileno())
        return file.read(), (status.st_ino, status.st_ctime_ns)


def test_two_builds_of_one_folder_at_once_both_succeed(networks, tmp_path):
    moved_on, _, after = networks
    for number in range(3):
        site = copy_of(moved_on, tmp_path / f"{number}")
        both = [
            subprocess.Popen([sys.executable, "-c", BUILD, *arguments(site)], cwd=ROOT, stderr=subprocess.PIPE)
            for _ in range(2)
        ]
        assert [each.communicate()[1] for each in both] == [b"", b""]
        assert [each.returncode for each in both] == [0, 0]
        assert site.tree() == after
        assert len([each for each in site.journalled() if each["event"] == "listed"]) == 6


# -- a full disk


@pytest.fixture
def small_disk(tmp_path, need, kernel_refuses):
    """Mount a file system of 1 MiB."""
    need("root")
    need("mount")
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder]
    mounted = subprocess.run(mount, capture_output=True, text=True, check=False)
    if mounted.returncode:
        kernel_refuses(f"mount says {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


def fill(folder):
    """Take all the space there is; return the file that holds it."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while file.write(b"x" * 4096) == 4096:
                pass
        except OSError:
            pass
    return filler


@pytest.mark.parametrize("full", ["out", "state"])
@pytest.mark.parametrize("jobs", [1, 2])
def test_on_a_full_disk_the_old_site_stays_whole_and_space_heals_it(tmp_path, small_disk, full, jobs):
    site = Site(tmp_path)
    setattr(site, full, small_disk / full)
    for number in range(30):
        site.user(f"u{number}", f"u{number}-1")
    site.happened(adopted(*(f"u{number}" for number in range(30))))
    site.build()
    before = site.tree()
    filler = fill(small_disk)
    for number in range(30):
        site.user(f"u{number}", f"u{number}-1", {"guid": f"u{number}-2", "description": "d" * 4000})
    with pytest.raises(StorageError, match=r"No space left|full"):
        site.build(jobs=jobs)
    assert site.tree() == before
    filler.unlink()
    site.build(jobs=jobs)
    assert site.listed("u7") == ["u7-1", "u7-2"]
    assert site.tree() == site.fresh()


def test_a_disk_that_has_room_for_some_feeds_only_publishes_none(tmp_path, small_disk):
    site = Site(tmp_path)
    site.out = small_disk / "out"
    site.happened(adopted(*(f"u{number}" for number in range(10))))
    for number in range(10):
        videos = [{"guid": f"u{number}-{video}", "description": "d" * 4900} for video in range(40)]
        site.user(f"u{number}", *videos)
    with pytest.raises(StorageError, match=r"u\d\.xml can't be written: No space left on device\. Free space"):
        site.build()
    assert site.tree() == {}
    site.network(feed_limit=5)
    site.build()
    assert len(site.users()) == 10
    assert isinstance(user_list.parse(site.tree()["users.json"])[0], ListedUser)
    assert len(json.loads(site.tree()["users.json"])) == 10
