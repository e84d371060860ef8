"""A watching sync that is told to stop, as ^C, systemd and `docker stop` do."""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from tests.clones import ROOT, Clones
from tests.commands.test_sync import start, wait_for
from tests.sites import imported


@pytest.fixture
def clones(tmp_path):
    return Clones(tmp_path)


@pytest.fixture
def pushing(clones):
    """Yield a watching sync in the middle of a push, and the file whose making lets the push go on."""
    clones.server.settle()
    clones.hook("pre-receive", f"touch {clones.root}/begun; until [ -e {clones.root}/go ]; do sleep 0.02; done")
    clones.server.happens(imported("a1"))
    program = start(clones.server, "--watch", "--every", "60s")
    wait_for((clones.root / "begun").exists)
    yield program, clones.root / "go"
    (clones.root / "go").touch()  # the hook outlives who pushes
    program.kill()
    program.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_pass_that_runs_is_finished_first(clones, pushing, number):
    program, go = pushing
    program.send_signal(number)
    go.touch()
    output, errors = program.communicate(timeout=60)
    assert (program.returncode, errors) == (128 + number, "")
    assert "pushed as" in output
    assert clones.count("a1") == 1


def test_a_second_word_ends_it_at_once_and_the_next_run_does_the_rest(clones, pushing):
    program, go = pushing
    program.send_signal(signal.SIGTERM)
    wait_for(lambda: caught(program, signal.SIGTERM) is False)
    program.send_signal(signal.SIGTERM)
    assert program.wait(60) == -signal.SIGTERM
    go.touch()
    clones.server.settle()
    assert clones.count("a1") == 1


def caught(program, number):
    """Return whether a program has a handler of its own for a signal."""
    lines = Path(f"/proc/{program.pid}/status").read_text().splitlines()
    mask = next(line for line in lines if line.startswith("SigCgt:")).split()[1]
    return bool(int(mask, 16) >> number - 1 & 1)


def test_the_processes_of_a_build_are_ended_by_the_kernel_itself():
    script = """
import os, signal
from feeds.commands._stopping import Stop

stop = Stop()
pid = os.fork()
if pid == 0:
    os._exit(0 if signal.getsignal(signal.SIGTERM) == signal.SIG_DFL else 1)
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), signal.getsignal(signal.SIGTERM) == stop._tell)
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, check=True)
    assert done.stdout == b"0 True\n"


def test_the_processes_of_a_build_still_end_when_their_pool_ends_them():
    script = """
import os, time
from multiprocessing import get_context
from feeds.commands._stopping import Stop

told, telling = os.pipe()

def hang():
    os.write(telling, b"x")
    time.sleep(600)

stop = Stop()
with get_context("fork").Pool(2) as pool:
    pool.apply_async(hang)
    os.read(told, 1)
print("over")
"""
    environ = {"PATH": os.environ["PATH"]}
    with subprocess.Popen(
        [sys.executable, "-c", script], cwd=ROOT, env=environ, stdout=subprocess.PIPE, start_new_session=True
    ) as program:
        try:
            output, _ = program.communicate(timeout=60)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(program.pid, signal.SIGKILL)
    assert (program.returncode, output) == (0, b"over\n")
