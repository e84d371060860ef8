"""docs/editors.md, played: what it has a person write, type and see, on a real network with a stand-in for Dailymotion.

Days from TODAY on move with the day on which it is played; paths, times and names of commits are the reader's own.

    python -m tests.docs.tutorial > docs/editors-transcript.md
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime, timedelta
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.request import urlopen

from app import create_app
from feeds.dailymotion import oauth
from feeds.dailymotion.client import Client
from feeds.dailymotion.values import PARTNER_SCOPES, Settings
from feeds.onboarding.joining import Joining, account_of
from feeds.onboarding.parent_check import ParentCheck, note
from feeds.onboarding.register import Register
from feeds.settings import AppSettings
from feeds.storage.journal import Journal
from sandbox import population, server
from tests.clones import ENVIRON, ROOT, Server, git
from tests.docs.steps import Meanwhile, Typed, Written, steps

EDITORS, TRANSCRIPT = ROOT / "docs/editors.md", ROOT / "docs/editors-transcript.md"
TODAY = date(2026, 11, 25)
SAMPLE = ("catalog.yaml", "users", "results", "catalog.schema.json", "user.schema.json")
SECRET, CONTROL = "M3tRp5f0cTqVwXyZ7aB9dE1g", "control"
_DAY = re.compile(r"\b\d{4}-\d\d-\d\d\b")


class Network:
    """The sample network on a remote, a person's clone of it in their home, and the server's, with Dailymotion."""

    def __init__(self, root, running):
        self.root, self.home = root, root / "home"
        self.catalog = self.home / "catalog"
        self.remote = root / "remote.git"
        self.delta = datetime.now(UTC).date() - TODAY
        self._begin()
        self.server = Server(root, self.remote)
        self.server.catalog.joinpath(".feeds").mkdir()
        self.world = population.sample()
        self.url = running.enter_context(server.listening(server.create_app(self.world, control_token=CONTROL)))
        app = create_app(AppSettings(self.server.plan().folders, (SECRET,)))
        app.extensions["faults"] = set()  # `listening` clears what a sandbox would have there
        self.app_url = running.enter_context(server.listening(app))
        self.site_url = running.enter_context(files_of(self.server.out))
        self.environ = {**ENVIRON, "HOME": str(self.home), "PATH": f"{root}/bin:{ENVIRON['PATH']}", "LOGNAME": "olga"}
        note(self.server.state, ParentCheck("x1nord", "Nordclips", datetime.now(UTC), self.url))
        self.publishes()

    def _begin(self):
        first = self.root / "first"
        first.mkdir()
        (self.root / "bin").mkdir()
        (self.root / "bin/feeds").symlink_to(ROOT / "deploy/ci/feeds")
        for name in SAMPLE:
            (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, first / name)
        first.joinpath(".gitignore").write_text(".feeds/\nstatic_out/\n")
        git(self.root, "init", "--quiet", "--bare", "--initial-branch=main", self.remote)
        git(first, "init", "--quiet", "--initial-branch=main")
        git(first, "add", "--all")
        git(first, "commit", "--quiet", "-m", "Begin")
        git(first, "push", "--quiet", self.remote, "main")
        self.home.mkdir()
        git(self.home, "clone", "--quiet", self.remote, "catalog")

    def publishes(self):
        """Have the server take in what was pushed, and carry what happened."""
        while self.server.sync().backlog:
            pass

    def joins(self):
        """Have the new partner join, on the app's pages as it were."""
        settings = Settings(
            api=self.url, token=f"{self.url}/oauth/token", key=population.CLIENT_ID, secret=population.CLIENT_SECRET
        )
        holder = next(each for each in self.world.accounts.values() if each.username == "strayfilms")
        token = oauth.by_password(settings, holder.username, holder.password, scopes=PARTNER_SCOPES)
        client, folders = Client(settings, token), self.server.plan().folders
        joining = Joining(folders, Register(folders), Journal(folders.state / "journal"), api=self.url)
        joining.join(account_of(client, token), client, token, invitation=None, now=datetime.now(UTC))
        self.publishes()

    def imports(self):
        """Have Dailymotion's stand-in read the feeds, import all it finds, and call back."""
        base = "https://feeds.nord.example/"
        words = ["sandbox", "crawl", f"{base}users.json", "--map", f"{base}={self.site_url}/", "--api", self.url]
        done = subprocess.run(
            [sys.executable, "-m", *words, "--control-token", CONTROL, "--memory", self.root / "memory"],
            cwd=ROOT, env={**ENVIRON, "SANDBOX_CALLBACK": f"{self.app_url}/callback/{SECRET}"},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        self.publishes()

    def meanwhile(self, what):
        """Have others do what the tutorial says of them."""
        {"the server publishes": self.publishes, "the partner joins": self.joins, "Dailymotion imports": self.imports}[
            what
        ]()

    def write(self, step):
        """Write a file, or replace the part that must be there once."""
        path, text = self.catalog / step.path, self.today(step.text)
        if step.old is not None:
            before = path.read_text()
            assert before.count(self.today(step.old)) == 1, f"{step.path} does not have once:\n{step.old}"
            text = before.replace(self.today(step.old), text)
        path.write_text(text)

    def type(self, step):
        """Run a command at the person's terminal or the server's, and return all that it prints."""
        environ, command = dict(self.environ), self.today(step.command)
        if step.where == "server":
            environ |= {
                "FEEDS_CATALOG": str(self.server.catalog), "FEEDS_STATE": str(self.server.state),
                "FEEDS_DAILYMOTION_API": self.url, "FEEDS_DAILYMOTION_KEY": population.CLIENT_ID,
                "FEEDS_DAILYMOTION_SECRET": population.CLIENT_SECRET, "FEEDS_DAILYMOTION_USERNAME": "nordclips",
                "FEEDS_DAILYMOTION_PASSWORD": "sandbox-nordclips",
            }  # fmt: skip
        # Anybody may have the usual port on this machine.
        command += " --port 0" if command.startswith("feeds preview") else ""
        program = subprocess.Popen(
            ["bash", "-c", f"exec {command}" if "--port 0" in command else command],
            cwd=self.home if command.startswith("cd ") else self.catalog, env=environ,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        looked = self._look(program) if "--port 0" in command else ""
        output, _ = program.communicate(timeout=120)
        assert "Traceback" not in output, output
        return self.plain(looked + output)

    def _look(self, program):
        address, more = program.stdout.readline(), program.stdout.readline()
        with urlopen(address.strip(), timeout=60) as page:
            assert "strayfilms" in page.read().decode()
        program.send_signal(signal.SIGINT)
        return re.sub(r":\d+/", ":8080/", address) + more

    def today(self, text):
        """Return text with the tutorial's days from TODAY on moved to those of today."""
        return _DAY.sub(lambda found: self._moved(found, TODAY, self.delta), text)

    def plain(self, text):
        """Return what was printed as the tutorial would have it."""
        text = text.replace(str(self.remote), "git.example/nord.git").replace(str(self.home), "~")
        text = _DAY.sub(lambda found: self._moved(found, TODAY + self.delta, -self.delta), text)
        text = text.replace(str(TODAY + timedelta(1)), str(TODAY))  # midnight may pass meanwhile
        text = re.sub(rf"(?<={TODAY} )\d\d:\d\d", "09:00", text)
        text = re.sub(r" +$", "", text, flags=re.M)  # which no document keeps
        return re.sub(r"\b(?=[0-9a-f]*\d)[0-9a-f]{7,40}\b", "0123456789", text).rstrip("\n")

    @staticmethod
    def _moved(found, since, by):
        day = date.fromisoformat(found[0])
        return str(day + by) if day >= since else found[0]


@contextmanager
def files_of(folder):
    """Serve a folder's files while the block runs."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder)) as site:
        thread = threading.Thread(target=partial(site.serve_forever, poll_interval=0.01))
        thread.start()
        yield f"http://127.0.0.1:{site.server_port}"
        site.shutdown()
        thread.join()


def play(text, root):
    """Play a tutorial in an empty folder; yield each step with what a command printed, or None."""
    with ExitStack() as running:
        network = Network(root, running)
        for step in steps(text):
            if isinstance(step, Typed):
                yield step, network.type(step)
            else:
                network.write(step) if isinstance(step, Written) else network.meanwhile(step.what)
                yield step, None


def transcript(played):
    """Render what was played: each command with all that it printed."""
    lines = [
        "# The tutorial, played",
        "",
        "What [editors.md](editors.md) has you type, and all that was printed. Made by",
    ]
    lines += ["`python -m tests.docs.tutorial`; a test plays it again.", ""]
    for step, printed in played:
        if isinstance(step, Typed):
            lines += [f"    {line}".rstrip() for line in [f"{step.where}$ {step.command}", *printed.split("\n")]]
        elif isinstance(step, Meanwhile):
            lines += ["", f"Meanwhile {step.what}.", ""]
        else:
            lines += ["", f"{'Written' if step.old is None else 'Changed'}: `{step.path}`", ""]
    return "\n".join(lines).rstrip() + "\n"


if __name__ == "__main__":
    os.chdir(ROOT)
    with tempfile.TemporaryDirectory() as folder:
        sys.stdout.write(transcript(play(EDITORS.read_text(), Path(folder))))
