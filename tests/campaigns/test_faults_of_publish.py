"""Whichever call of a publication fails, or kills it: the list there is true all the time, and the next run ends it."""

import json
import os
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from feeds.commands._publishing import publish_to
from feeds.publishing.target import NotPublished
from feeds.settings import Folders
from tests.bucket import Bucket
from tests.faults import Forge, some_of
from tests.sites import Site, adopted, line, tree

ROOT = Path(__file__).parents[2]
OLD, NEW = "Old4nJkQ8sVx2ZpLm7RtYc", "Uf3nJkQ8sVx2ZpLm7RtYcW"
FOREIGN = {"index.html": b"somebody's", "feeds/readme.txt": b"somebody's"}
BASE = "https://feeds.nord.example/"

# What changes: feeds alone, the secret without an overlap, or a secret that is new where there was none.
MOVES = {"edited": ((), ()), "rotated": ((OLD,), (NEW,)), "rotating": ((OLD,), (NEW, OLD)), "closed": ((), (NEW,))}


class Moved:
    """A site that was published, whose catalog and secrets have moved on, and which can be put back to that moment."""

    def __init__(self, root, before, after, publish, hold, there):
        self.site, self._saved = Site(root / "site"), root / "saved"
        self.publish, self.hold, self.there = publish, hold, there
        for user in ("anna", "bo", "same"):
            self.site.user(user, *(f"{user}-{number}" for number in range(3)))
        self.site.happened(adopted("anna", "bo", "same"))
        self.environ = {}
        self._build(before)
        hold(FOREIGN)
        publish(self)
        self.before = there()
        self.site.user("anna", *(f"anna-{number}" for number in range(4)))
        self.site.user("cleo", "cleo-1")
        self.site.happened(adopted("cleo") + line("left", "2026-11-22T10:00:00.000Z", user="bo", parent="x1nord"))
        self._build(after)
        shutil.copytree(self.site.state, self._saved)
        built = self.site.tree()
        self.after = FOREIGN | {
            f"{segment}/{key}" if segment else key: text for segment in after or ("",) for key, text in built.items()
        }

    def _build(self, secrets):
        self.site.network(access=["secret path"] if secrets else [])
        self.site.build(secret_path=secrets[0] if secrets else None)
        self.environ = {"FEEDS_SITE_PATH": ",".join(secrets)} if secrets else {}

    def put_back(self):
        shutil.rmtree(self.site.state)
        shutil.copytree(self._saved, self.site.state)
        self.hold(self.before)

    def check(self, seen):
        """Assert that each file is of before or after, whole, and that no list names a feed that isn't there."""
        assert seen.items() >= FOREIGN.items()
        for key, text in seen.items():
            assert text in (self.before.get(key), self.after.get(key)), key
            if key.endswith("users.json"):
                for entry in json.loads(text):
                    assert entry["feed_url"].removeprefix(BASE) in seen, (key, entry)

    def ends(self):
        """Publish to the end, and assert that all is there, and that there is nothing more to do."""
        self.publish(self)
        self.check(self.there())
        assert self.there() == self.after
        done = self.publish(self)
        assert (done.written, done.deleted, done.lists) == (0, 0, 0)


# -- object storage


@pytest.fixture(scope="module")
def store():
    bucket = Bucket()
    yield bucket
    bucket.close()


def in_bucket(root, bucket, move):
    def publish(moved):
        return publish_to(
            f"s3://{bucket.name}/site", Folders(moved.site.catalog, moved.site.state), moved.site.out, moved.environ
        )

    def hold(objects):
        bucket.hold({f"site/{key}": text for key, text in objects.items()})

    return Moved(root, *MOVES[move], publish, hold, lambda: site_of(bucket.objects()))


def site_of(objects):
    return {key.removeprefix("site/"): text for key, text in objects.items()}


@pytest.fixture
def bucket(store, monkeypatch):
    for name, value in store.environ.items():
        monkeypatch.setenv(name, value)
    store.reset()
    return store


@pytest.mark.parametrize("move", MOVES)
@pytest.mark.parametrize("odd_tags", [False, True], ids=["md5", "odd tags"])
def test_whichever_call_fails_the_list_is_true_at_every_moment_and_the_next_run_ends_it(
    tmp_path, bucket, campaign_s, move, odd_tags, counted
):
    bucket.odd_tags = odd_tags
    moved = in_bucket(tmp_path, bucket, move)
    moved.put_back()
    moved.publish(moved)
    calls = len(bucket.calls)
    assert calls >= 5
    kinds = ("503 SlowDown", "403 AccessDenied", "drop", "lost")
    plan = [(kind, nth) for kind in kinds for nth in range(1, calls + 1)]
    faults = moments = 0
    for kind, nth in some_of(plan, all_of_them=campaign_s > 60, seconds=campaign_s / 20):
        moved.put_back()
        bucket.fail(kind, nth=nth)
        with suppress(NotPublished):
            moved.publish(moved)
        assert bucket.failed, (kind, nth)
        bucket.fail()
        moved.ends()
        for seen in bucket.moments:
            moved.check(site_of(seen))
        faults, moments = faults + 1, moments + len(bucket.moments)
    counted(f"{faults} faults, {moments} moments")


@pytest.mark.parametrize("move", MOVES)
def test_killed_at_any_call_the_list_is_true_and_the_next_run_ends_it(tmp_path, bucket, campaign_s, move, counted):
    moved = in_bucket(tmp_path, bucket, move)
    moved.put_back()
    moved.publish(moved)
    plan = [(kind, nth) for kind in ("kill", "killed") for nth in range(1, len(bucket.calls) + 1)]
    kills = 0
    for kind, nth in some_of(plan, all_of_them=campaign_s > 60, seconds=campaign_s / 20):
        moved.put_back()
        command = [sys.executable, "-m", "feeds", "publish", "s3://nord/site", "--catalog", moved.site.catalog,
                   "--out", moved.site.out]  # fmt: skip
        environ = {"PATH": os.environ["PATH"], "FEEDS_STATE": str(moved.site.state), **bucket.environ, **moved.environ}
        with subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.DEVNULL) as program:
            bucket.victim = program.pid
            bucket.fail(kind, nth=nth)
        assert program.returncode == -9, (kind, nth)
        bucket.fail()
        moved.ends()
        for seen in bucket.moments:
            moved.check(site_of(seen))
        kills += 1
    counted(f"{kills} kills")


# -- a folder

FAULTS = {"write": "ENOSPC", "fsync": "EIO", "rename": "EIO", "unlink": "EIO", "mkdir": "ENOSPC", "rmdir": "EBUSY",
          "flock": "EIO"}  # fmt: skip


@pytest.fixture(scope="module")
def forge(tmp_path_factory):
    forge = Forge(tmp_path_factory.mktemp("forge"))
    yield forge
    forge.close()


def in_folder(root, move):
    target = root / "target"

    def publish(moved):
        return publish_to(str(target), Folders(moved.site.catalog, moved.site.state), moved.site.out, moved.environ)

    def hold(files):
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir()
        for key, text in files.items():
            (target / key).parent.mkdir(parents=True, exist_ok=True)
            (target / key).write_bytes(text)

    def there():
        return {key: text for key, text in tree(target).items() if not key.endswith(".tmp")}

    return Moved(root, *MOVES[move], publish, hold, there)


@pytest.mark.parametrize("move", MOVES)
@pytest.mark.parametrize("how", ["fails", "kills"])
def test_whichever_system_call_fails_or_kills_a_folder_is_whole_and_the_next_run_ends_it(
    tmp_path, forge, need, campaign_s, move, how, counted
):
    need("strace")
    moved = in_folder(tmp_path, move)
    command = ["publish", tmp_path / "target", "--catalog", moved.site.catalog, "--out", moved.site.out]
    moved.put_back()
    calls = forge.calls(command, moved.site.state, FAULTS, environ=moved.environ, and_children=True)
    assert moved.there() == moved.after
    faults = 0
    for call, which in some_of(calls, all_of_them=campaign_s > 60, seconds=campaign_s / 20):
        moved.put_back()
        fault = f"error={FAULTS[call]}" if how == "fails" else "signal=KILL"
        ran = forge.run(
            command, moved.site.state, f"{call}:{fault}:when={which}", environ=moved.environ, and_children=True
        )
        assert "Traceback" not in ran.said, (call, which, ran.said)
        assert ran.code in ((0, 1, 3, 120) if how == "fails" else (0, -9)), (call, which, ran.said)
        faults += ran.code != 0
        moved.check(moved.there())
        moved.ends()
        assert tree(tmp_path / "target") == moved.after  # nothing half is left
    counted(f"{faults} faults")
