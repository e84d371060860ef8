"""Programs whose system calls are made to fail, one at a time: `feeds` as it is called, with strace at its side.

strace counts the calls of each process and thread on its own (https://man7.org/linux/man-pages/man1/strace.1.html,
"Tampering"), so that the nth call of the program alone is another fault than the nth call of each git it starts.
"""

import json
import os
import random
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]

# Has loaded all that the commands need, and forks a process for each, which waits until it is being traced.
_FORGE = """
import json, os, sys, traceback
import feeds.commands.build, feeds.commands.sync, feeds.building.feed, feeds.building.workers
import feeds.building.conflicts, feeds.syncing.sync, feeds.core.removals
import feeds.commands._shards, feeds.building.shard, feeds.building.joining
import feeds.commands._publishing, feeds.publishing.folder
from feeds.__main__ import run

def command(arguments, environ, said, gate):
    os.read(gate, 1)
    with open(said, "wb", 0) as file:
        os.dup2(file.fileno(), 1), os.dup2(file.fileno(), 2)
    os.environ.clear(), os.environ.update(environ)
    sys.argv = ["feeds", *arguments]
    try:
        code = run()
    except BaseException:
        traceback.print_exc()
        code = 70
    try:
        sys.stdout.flush()
    except OSError:
        code = 120  # as the interpreter's own end has it
    os._exit(code)

for line in sys.stdin:
    arguments, environ, said = json.loads(line)
    gate, go = os.pipe()
    pid = os.fork()
    if pid == 0:
        command(arguments, environ, said, gate)
    print(pid, flush=True)
    sys.stdin.readline()
    os.write(go, b"x")
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
    os.close(gate), os.close(go)
"""


class Ran(NamedTuple):
    """How a command ended: its exit code, what it said, and how many calls were made to fail."""

    code: int
    said: str
    faults: int


class Forge:
    """Runs `feeds` commands under faults, without starting Python anew for each."""

    def __init__(self, folder):
        self._said, self._log = folder / "said", folder / "strace"
        self._process = subprocess.Popen(
            [sys.executable, "-c", _FORGE], cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def run(self, arguments, state, *injections, path=None, environ=None, and_children=False):
        """Run a command while strace injects, into its children and threads as well; `path` is where it finds git."""
        own = {"PATH": path or os.environ["PATH"], "FEEDS_STATE": str(state), "LC_ALL": "C.UTF-8"}
        environ = own | (environ or {})
        self._say(json.dumps([list(map(str, arguments)), environ, str(self._said)]))
        pid = self._process.stdout.readline().strip()
        command = tracing(self._log, *injections, and_children=and_children)
        with subprocess.Popen([*command, "-p", pid], text=True, stderr=subprocess.PIPE) as tracer:
            assert "attached" in tracer.stderr.readline()
            self._say("go")
            code = int(self._process.stdout.readline())
            if and_children:
                tracer.terminate()  # whoever outlives the command is none of it
        return Ran(code, self._said.read_text(errors="replace"), injected(self._log))

    def calls(self, arguments, state, names, **options):
        """Run a command undisturbed, and return its calls of these names as [(name, which)]."""
        self.run(arguments, state, *(f"{name}:error=EIO:when=65535" for name in names), **options)
        return numbered(self._log)

    def _say(self, line):
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()

    def close(self):
        self._process.communicate()


def tracing(log, *injections, and_children=True, aside=False):
    """Return strace's command line; an injection is call:fault:when=..., as strace has it.

    `aside` has the program be our child, and strace its own: signals and exit code are the program's.
    """
    calls = {call for each in injections for call in each.partition(":")[0].split(",")}
    options = [word for each in injections for word in ("-e", f"inject={each}")]
    return ["strace", *["-f"] * and_children, *["-D", "--seccomp-bpf"] * aside, "-y", "-o", str(log),
            "-e", f"trace={','.join(sorted(calls)) or 'none'}", *options]  # fmt: skip


def injected(log):
    """Return how many calls strace made to fail, by its log."""
    return log.read_text(errors="replace").count("(INJECTED)")


def numbered(log):
    """Return the calls in strace's log as [(name, which)], counted for each process on its own.

    What some process writes into a pipe is left out: no disk is behind it, and git doesn't look whether it went well.
    So are reads of the program's own code, which no program survives.
    """
    counts, found, others = Counter(), set(), set()
    text = log.read_text(errors="replace")
    for process, name, rest in re.findall(r"^(?:(\d+) +)?(\w+)\((.*)", text, re.MULTILINE):
        counts[process, name] += 1
        own = name == "read" and re.match(r"\d+<[^>]*\.(py|pyc|so)[0-9.]*>", rest)
        (others if own or re.match(r"\d+<(pipe|socket):", rest) else found).add((name, counts[process, name]))
    return sorted(found - others)


class GitUnderFault:
    """A folder for PATH whose git is the real one, but that one of its runs is traced."""

    def __init__(self, folder):
        self.folder, self._count = folder, folder / "count"
        folder.mkdir()
        self.path = f"{folder}:{os.environ['PATH']}"

    def calls(self, run, names):
        """Return the calls of every git that `run` starts, as [(git, name, which)]; undisturbed."""
        self._write("*", ",".join(names), "")
        run()
        logs = sorted(self.folder.glob("log-*"), key=lambda log: int(log.name[4:]))
        return [(int(log.name[4:]), *call) for log in logs for call in numbered(log)]

    def fail(self, git, injection):
        """Have the calls of one git (0 is the first) fail as strace is told."""
        self._write(git, injection.partition(":")[0], f"-e inject={injection}")

    def faults(self):
        """Return how many calls have failed since `fail`."""
        return sum(injected(log) for log in self.folder.glob("log-*"))

    def _write(self, git, calls, injection):
        for log in self.folder.glob("log-*"):
            log.unlink()
        self._count.write_text("0")
        git_itself, program = shutil.which("git"), self.folder / "git"
        trace = f"strace -f --seccomp-bpf -y -qq -o {self.folder}/log-$number -e trace={calls} {injection}"
        program.write_text(
            f"""#!/bin/sh
read -r number < {self._count}
echo $((number + 1)) > {self._count}
case $number in
{git}) exec {trace} {git_itself} "$@" ;;
esac
exec {git_itself} "$@"
"""
        )
        program.chmod(0o755)


def some_of(plan, *, all_of_them, seconds):
    """Yield what is planned: all of it, or in random order what fits into the time, but one at least."""
    if all_of_them:
        yield from plan
        return
    until = time.monotonic() + seconds
    for number, each in enumerate(random.sample(plan, len(plan))):
        if number and time.monotonic() > until:
            return
        yield each
