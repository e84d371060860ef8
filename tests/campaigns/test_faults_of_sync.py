"""Whichever system call of `feeds sync`, or of a git that it starts, fails once: nothing is lost, doubled or halved."""

import json
import os
import shutil

import pytest

from feeds.storage.journal import Journal
from tests.campaigns.test_build_kill import check_what_is_seen
from tests.clones import Clones, git
from tests.faults import Forge, GitUnderFault, some_of
from tests.sites import adopted, imported

# The index is written by pwrite64: test_faults_of_build.py has its faults.
OURS = {"write": "ENOSPC", "fsync": "EIO", "rename": "EIO", "unlink": "EIO", "mkdir": "ENOSPC",
        "flock": "ENOLCK", "ftruncate": "EIO", "vfork": "EAGAIN"}  # fmt: skip
GITS = {"write": "ENOSPC", "pwrite64": "ENOSPC", "fsync": "EIO", "rename": "EIO", "link": "EIO"}
EVENTS = imported("a1", "a2") + adopted("cleo", at="2026-11-22T10:00:00.000Z")


class Moved:
    """A server whose remote and journal have moved on, and which can be put back to that moment."""

    def __init__(self, root, kind):
        self.kind, self.clones = kind, Clones(root / "network")
        self.server, self._saved = self.clones.server, root / "saved"
        self.server.settle()
        if kind == "remote":
            self.clones.editor.user("bo", "b1", "b3")
            self.clones.editor.push()
        else:
            self._leave_the_remote()
        self.before = self.server.tree()
        self.server.happens(EVENTS)
        self.arguments = self.server.command()[3:]
        shutil.copytree(root / "network", self._saved, symlinks=True)

    def _leave_the_remote(self):
        catalog = self.server.catalog
        git(catalog, "remote", "remove", "origin")
        for reference in ("published", "pushed"):
            git(catalog, "update-ref", "-d", f"refs/feeds/{reference}")
        self.server.user("bo", "b1", "b3")
        if self.kind == "no git":
            shutil.rmtree(catalog / ".git")
        else:
            git(catalog, "commit", "--quiet", "--all", "--message=Edit")

    def put_back(self):
        shutil.rmtree(self.clones.root)
        shutil.copytree(self._saved, self.clones.root, symlinks=True)

    def recorded(self):
        """Return the events of the commit that counts."""
        if self.kind == "remote":
            return [line for lines in self.clones.results().values() for line in lines]
        if self.kind == "no git":
            return []
        catalog = self.server.catalog
        paths = git(catalog, "ls-tree", "-r", "--name-only", "HEAD", "--", "results/").splitlines()
        texts = [git(catalog, "show", f"HEAD:{path}") for path in paths if path.endswith(".yaml")]
        return [line for text in texts for line in text.splitlines()]

    def journalled(self):
        segments = Journal(self.server.state / "journal").segments()
        return [line for each in segments for line in each.read_text().splitlines()]

    def heal(self):
        """Sync as a server does, again and again, without a person; return the troubles of the last time."""
        if self.kind != "no git":
            for lock in (self.server.catalog / ".git").rglob("*.lock"):  # as if its time had come
                os.utime(lock, (1, 1))
        if self.kind != "no git":
            return self.server.settle().troubles
        self.server.sync()
        return self.server.sync().troubles


@pytest.fixture(scope="module")
def forge(tmp_path_factory):
    forge = Forge(tmp_path_factory.mktemp("forge"))
    yield forge
    forge.close()


@pytest.fixture
def moved(tmp_path, request):
    (tmp_path / "network").mkdir()
    return Moved(tmp_path, request.param)


def check_nothing_is_lost(moved, after):
    check_what_is_seen(moved.server.out, moved.before, after)
    assert set(EVENTS.splitlines()) <= {*moved.recorded(), *moved.journalled()}


def check_all_is_right(moved, after):
    troubles = moved.heal()
    if moved.kind == "remote" and troubles:
        # Git failed halfway through the clone's own work tree, which is left to its owner: they do what is said.
        assert [each.endswith("commit and push them, or take them back.") for each in troubles] == [True]
        git(moved.server.catalog, "reset", "--quiet", "--hard", "origin/main")
        troubles = moved.heal()
    assert troubles == []
    assert moved.server.tree() == after
    lines = moved.recorded() + (moved.journalled() if moved.kind == "no git" else [])
    assert [lines.count(each) for each in EVENTS.splitlines()] == [1, 1, 1]
    ids = [line for line in lines if json.loads(line[2:])["event"] != "listed"]
    assert len(ids) == len(set(ids))
    if moved.kind != "no git":
        git(moved.server.catalog, "fsck", "--no-dangling", "--strict")
        assert moved.server.status() == ""


@pytest.mark.parametrize("moved", ["remote", "no remote", "no git"], indirect=True)
def test_whichever_call_of_a_sync_fails_it_says_so_and_the_next_one_comes_to_the_same(
    moved, forge, need, campaign_s, counted
):
    need("strace")
    calls = forge.calls(moved.arguments, moved.server.state, OURS)
    moved.put_back()
    moved.heal()
    after, faults = moved.server.tree(), 0
    for call, which in some_of(calls, all_of_them=campaign_s > 60, seconds=campaign_s):
        moved.put_back()
        ran = forge.run(moved.arguments, moved.server.state, f"{call}:error={OURS[call]}:when={which}")
        faults += ran.faults
        assert "Traceback" not in ran.said, (call, which)
        assert ran.code in (0, 1, 3, 120), (call, which, ran.said)
        check_nothing_is_lost(moved, after)
        check_all_is_right(moved, after)
    assert faults
    counted(f"{faults} faults")


@pytest.mark.parametrize("moved", ["remote", "no remote"], indirect=True)
def test_whichever_call_of_whichever_git_fails_the_next_sync_comes_to_the_same(
    moved, forge, need, tmp_path, campaign_s, counted
):
    need("strace")
    gits = GitUnderFault(tmp_path / "bin")

    def run():
        return forge.run(moved.arguments, moved.server.state, path=gits.path)

    calls = gits.calls(run, GITS)
    moved.put_back()
    moved.heal()
    after, faults = moved.server.tree(), 0
    for number, call, which in some_of(calls, all_of_them=campaign_s > 60, seconds=campaign_s):
        moved.put_back()
        gits.fail(number, f"{call}:error={GITS[call]}:when={which}")
        ran = run()
        faults += gits.faults()
        assert ran.code in (0, 1, 3), (number, call, which, ran.said)
        check_nothing_is_lost(moved, after)
        check_all_is_right(moved, after)
    assert faults
    counted(f"{faults} faults")
