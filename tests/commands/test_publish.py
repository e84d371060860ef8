"""`feeds publish` and `feeds sync --publish` as people start them: what is said, how it ends, what is never shown."""

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from feeds.commands._publishing import refuse_target
from feeds.core.errors import UsageError
from tests.bucket import KEY, SECRET, Bucket
from tests.clones import ROOT, Clones
from tests.sites import imported, tree


@pytest.fixture(scope="module")
def store():
    bucket = Bucket()
    yield bucket
    bucket.close()


@pytest.fixture
def bucket(store):
    store.reset()
    return store


@pytest.fixture
def clones(tmp_path):
    return Clones(tmp_path)


@pytest.fixture
def environ(bucket, clones):
    return {"PATH": os.environ["PATH"], "FEEDS_STATE": str(clones.server.state), **bucket.environ}


def wait_for(look):
    deadline = time.monotonic() + 60
    while not (seen := look()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return seen


def below(prefix, folder):
    return {f"{prefix}/{key}": text for key, text in tree(folder).items()}


def feeds(environ, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "feeds", *map(str, arguments)],
        cwd=ROOT, env=environ, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_a_sync_publishes_as_its_last_step_and_says_so(clones, bucket, environ):
    server = clones.server
    done = server.run("--publish", "s3://nord/site", environ=environ)
    assert (done.returncode, done.stderr) == (0, "")
    assert "\ns3://nord/site: 2 feeds written, 0 unchanged, 0 deleted; users.json written.\n" in done.stdout
    assert bucket.objects() == below("site", server.out)
    server.happens(imported("a1"))
    done = server.run(environ={**environ, "FEEDS_PUBLISH": "s3://nord/site"})
    assert "\ns3://nord/site: 1 feed written, 1 unchanged, 0 deleted; users.json unchanged.\n" in done.stdout
    assert bucket.objects() == below("site", server.out)


def test_a_target_that_fails_ends_a_sync_with_3_when_all_else_is_done(clones, bucket, environ):
    server = clones.server
    server.happens(imported("a1"))
    bucket.fail("403 AccessDenied", count=99)
    done = server.run("--publish", "s3://nord/site", environ=environ)
    assert done.returncode == 3
    assert "trouble: s3://nord/site at 127.0.0.1: these credentials may not do it (ListObjectsV2: Acc" in done.stdout
    assert clones.count("a1") == 1
    for secret in (KEY, SECRET):
        assert secret not in done.stdout + done.stderr


def test_a_target_that_is_none_is_refused_before_anything_is_done(clones, environ):
    done = clones.server.run("--publish", f"s3://{KEY}:{SECRET}@nord", environ=environ)
    assert (done.returncode, done.stdout) == (2, "")
    assert "The target is no address of a bucket" in done.stderr
    assert SECRET not in done.stderr
    assert KEY not in done.stderr
    assert not clones.server.out.exists()


@pytest.mark.parametrize("target", ["https://nord.example/", "ftp://nord.example", "s3:/nord", "S3:/nord", ""])
def test_what_is_neither_a_folder_nor_a_bucket_is_no_target(target):
    with pytest.raises(UsageError, match="The target is no folder and no bucket"):
        refuse_target(target)


def test_a_folder_with_a_colon_in_its_name_is_one(clones, environ):
    refuse_target("./s3:/nord")
    refuse_target("/srv/a:/b")
    done = feeds(environ, "publish", "--catalog", clones.server.catalog)
    assert (done.returncode, done.stdout) == (2, "")
    assert (
        done.stderr == "error: Where to? Name a TARGET, a folder or s3://bucket/prefix, or set FEEDS_PUBLISH to it.\n"
    )


def test_without_the_package_it_is_said_how_to_install_it(clones, environ, tmp_path):
    (tmp_path / "without/botocore").mkdir(parents=True)
    (tmp_path / "without/botocore/__init__.py").write_text("raise ImportError")
    environ["PYTHONPATH"] = str(tmp_path / "without")
    (tmp_path / "target").mkdir()
    done = clones.server.run("--publish", tmp_path / "target", environ=environ)
    assert (done.returncode, done.stderr) == (0, "")
    done = feeds(environ, "publish", "s3://nord", "--catalog", clones.server.catalog, "--out", clones.server.out)
    assert (done.returncode, done.stdout) == (2, "")
    assert "needs the package botocore" in done.stderr
    assert "make s3" in done.stderr


# -- beside the passes


@contextmanager
def watching(server, environ, *options):
    """Run a sync that goes on, ended when the block is left, however that comes."""
    program = subprocess.Popen(
        server.command("--watch", "--every", "0.2s", *options),
        cwd=ROOT, env=environ, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        yield program
    finally:
        program.kill()
        program.communicate()


def test_with_watch_each_change_reaches_the_target_and_a_failure_is_told_once_and_mended(clones, bucket, environ):
    server = clones.server
    bucket.fail("503 SlowDown", count=4, only="PUT")  # two passes, or more
    with watching(server, environ, "--publish", "s3://nord/site") as program:
        wait_for(lambda: bucket.objects() and bucket.objects() == below("site", server.out))
        server.happens(imported("a1"))
        wait_for(lambda: b"a1.mp4" not in bucket.objects()["site/feeds/anna.xml"])
        calls = len(bucket.calls)
        time.sleep(1)
        assert len(bucket.calls) == calls  # nothing changed, nothing is asked
        clones.editor.network(access=["basic auth"])
        clones.editor.push("Close the site: no byte of it changes, but who may keep it does")
        wait_for(lambda: bucket.head("site/users.json")["CacheControl"] == "private, max-age=60")
        program.terminate()
        output, errors = program.communicate()
    assert (program.returncode, errors) == (143, "")
    assert output.count("the store is overloaded or down (PutObject: SlowDown)") == 1
    assert "s3://nord/site: 1 feed written, 1 unchanged" in output


def test_an_interrupt_ends_it_at_once_though_the_target_hangs(clones, bucket, environ):
    clones.server.run(environ=environ)
    bucket.fail("hang", count=99)
    arguments = ["publish", "s3://nord/site", "--catalog", clones.server.catalog, "--out", clones.server.out]
    with subprocess.Popen([sys.executable, "-m", "feeds", *arguments], cwd=ROOT, env=environ) as program:
        wait_for(lambda: bucket.calls)
        began = time.monotonic()
        program.send_signal(signal.SIGINT)
        assert program.wait(60) == -signal.SIGINT
    assert time.monotonic() - began < 2  # the call hangs for 3 s


def test_a_slow_target_delays_no_pass_and_ends_with_its_parent(clones, bucket, environ):
    server = clones.server
    bucket.fail("hang", count=99)
    with watching(server, environ, "--publish", "s3://nord/site") as program:
        wait_for(lambda: bucket.calls)
        [child] = children(program.pid, "publish")
        server.happens(imported("a1"))
        wait_for(lambda: b"a1.mp4" not in (server.out / "feeds/anna.xml").read_bytes())
        assert len(children(program.pid, "publish")) == 1
        program.send_signal(signal.SIGKILL)
        program.communicate()
    wait_for(lambda: not is_there(child))


def children(parent, word):
    """Return the numbers of a process's children that have this word in their command line."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            of = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            if of == parent and word in (folder / "cmdline").read_text().split("\0"):
                found.append(int(folder.name))
    return found


def is_there(pid):
    return Path(f"/proc/{pid}").exists()
