"""A small network on disk, and commands run on it as the programs that people start."""

import os
import signal
import subprocess
import sys
import time
import uuid
from contextlib import suppress
from pathlib import Path

import pytest
from click.testing import CliRunner

from feeds.__main__ import run

ROOT = Path(__file__).parents[2]
DEADLINE_S = 180

CATALOG = """
network:
  name: Nord Clips
  site: https://nord.example/
  base_url: https://feeds.nord.example
  parent_id: x1nord
  feed_limit: 6
include: [users/*.yaml]
users:
  - id: x3bo
    username: bluenote
    defaults: {category: music, media_base: https://cdn.nord.example/bo/}
    videos:
      - {guid: bo-0001, title: Live at Nine, media: 1.mp4}
      - {guid: bo-0002, title: Live at Ten, media: 2.mp4}
"""
ANNA = """
id: x2anna
username: annacooks
defaults: {category: lifestyle, media_base: https://cdn.nord.example/anna/}
videos:
""" + "".join(
    f"  - {{guid: anna-{number:04}, title: Tarte {number}, media: {number:04}.mp4}}\n" for number in range(1, 9)
)
ADOPTED = """\
- {"at": "2026-11-20T10:00:00.000Z", "event": "adopted", "user": "x2anna", "username": "annacooks", "parent": "x1nord"}
- {"at": "2026-11-20T11:00:00.000Z", "event": "adopted", "user": "x3bo", "username": "bluenote", "parent": "x1nord"}
"""


@pytest.fixture
def network(tmp_path):
    """Write a catalog's folder: two adopted users, eight videos and two, and room for six in a feed."""
    folder = tmp_path / "network"
    for name, text in {
        "catalog.yaml": CATALOG,
        "users/x2anna.yaml": ANNA,
        "results/main/2026-11-20.yaml": ADOPTED,
        ".git/config": "not for copying",
        "notes.txt": "not for copying either",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


class Feeds:
    """Starts `python -m feeds` with a mark in its environment, by which all that it starts can be found."""

    def __init__(self, tmp_path):
        self.home, self.temporary = tmp_path / "home", tmp_path / "tmp"
        self.home.mkdir()
        self.temporary.mkdir()
        self.mark = f"FEEDS_TEST_MARK_{uuid.uuid4().hex}"
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("FEEDS_")}
        own = {"HOME": str(self.home), "TMPDIR": str(self.temporary), f"X_{self.mark}": "1"}
        self.environ = {**inherited, **own, "PYTHONDONTWRITEBYTECODE": "1"}
        self.started = []

    def start(self, *arguments, **environ):
        """Start a command and return it, running, with pipes for what it prints."""
        program = subprocess.Popen(
            [sys.executable, "-m", "feeds", *map(str, arguments)],
            cwd=ROOT, env={**self.environ, **environ}, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        self.started.append(program)
        return program

    def run(self, *arguments, **environ):
        """Run a command to its end and return its exit code, output and errors."""
        program = self.start(*arguments, **environ)
        output, errors = program.communicate(timeout=DEADLINE_S)
        return program.returncode, output, errors

    def call(self, *arguments, **environ):
        """Run a command in this process, which saves the interpreter's start; return what `run` does."""
        foreign = {name: None for name in os.environ if name.startswith("FEEDS_")}
        known, sys.argv = sys.argv, ["feeds", *map(str, arguments)]
        try:
            with CliRunner().isolation(env={**foreign, "HOME": str(self.home), **environ}) as (output, errors, _):
                code = run()
                return code, output.getvalue().decode(), errors.getvalue().decode()
        finally:
            sys.argv = known

    def left(self):
        """Return the numbers of the processes that carry the mark, waiting until there is none."""
        return poll(self.marked, until=lambda numbers: not numbers)

    def seen(self, look, *, until):
        """Return what `look` sees as soon as it is as hoped, or what it saw at the deadline."""
        return poll(look, until=until)

    def arguments(self, number):
        """Return a process's command line."""
        return Path(f"/proc/{number}/cmdline").read_text().replace("\0", " ")

    def end(self, number):
        """Kill one process that this test has started."""
        os.kill(number, signal.SIGKILL)

    def marked(self):
        """Return the numbers of the processes that carry the mark."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if self.mark.encode() in (process / "environ").read_bytes():
                    found.append(int(process.name))
        return found


def poll(look, *, until):
    """Return what `look` sees as soon as it is as hoped, or what it saw at the deadline."""
    deadline = time.monotonic() + DEADLINE_S
    while True:
        seen = look()
        if until(seen) or time.monotonic() > deadline:
            return seen
        time.sleep(0.05)


@pytest.fixture
def feeds(tmp_path):
    """Run commands; whatever a failed test leaves running is ended."""
    feeds = Feeds(tmp_path)
    yield feeds
    for program in feeds.started:
        program.kill()
        program.communicate()
    for number in feeds.marked():
        with suppress(ProcessLookupError):
            os.kill(number, signal.SIGKILL)


@pytest.fixture
def tree():
    """Return a function that returns a folder's files as {path: bytes}."""
    return lambda folder: {
        str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }
