"""A network in Git: a bare remote, an editor's clone, and a server's clone with its state and output."""

import json
import os
import shutil
import signal
import subprocess
import sys
import traceback
from pathlib import Path

from feeds.settings import Folders
from feeds.storage.journal import Journal
from feeds.syncing.sync import Plan, sync
from tests.sites import Site, adopted

ROOT = Path(__file__).parents[1]
WHO = {f"GIT_{role}_{what}": "anna@nord.example" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
ENVIRON = {"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1", **WHO}


# What a program asks of the system where it can leave something half done, as Python names it to audit hooks.
CALLS = {"open", "os.mkdir", "os.remove", "os.rename", "os.chmod", "fcntl.flock", "subprocess.Popen"}


def killed_within(work, calls):
    """Do some work in a process of its own, killed just before so many calls were made; return whether it was.

    No git of its own runs at that moment, so that the same number leaves the same behind.
    """
    pid = os.fork()
    if pid == 0:
        left = calls

        def count(name, _arguments):
            nonlocal left
            if name in CALLS:
                left -= 1
                if not left:
                    os.kill(os.getpid(), signal.SIGKILL)

        code = 1
        try:
            sys.addaudithook(count)
            work()
            code = 0
        except BaseException:
            traceback.print_exc(file=sys.__stderr__)
            sys.__stderr__.flush()
        finally:
            os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    assert code in (0, -signal.SIGKILL)
    return code != 0


def git(folder, *arguments, text=None):
    """Run git as a person does, and return what it prints."""
    done = subprocess.run(["git", *arguments], cwd=folder, env=ENVIRON, input=text, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode().strip()


class Editor(Site):
    """A person's clone: what they write is pushed by `push`."""

    def __init__(self, folder):
        self.catalog, self.pushed = folder, False

    def push(self, message="Edit", *options):
        """Commit all there is and push it, on top of what others have pushed unless it is forced."""
        git(self.catalog, "add", "--all")
        git(self.catalog, "commit", "--quiet", "--allow-empty", "-m", message)
        if not options and self.pushed:
            self.pull()
        self.pushed = True
        git(self.catalog, "push", "--quiet", *options, "origin", "HEAD:main")

    def pull(self):
        git(self.catalog, "pull", "--quiet", "--rebase", "origin", "main")


class Server(Site):
    """A server's clone, journal and output; `sync` is one pass in this process."""

    def __init__(self, root, remote, name="server"):
        folder = root / name
        self.catalog, self.out, self.state = folder / "catalog", folder / "out", folder / "state"
        folder.mkdir()
        git(root, "clone", "--quiet", remote, self.catalog)
        self.remote = remote

    def plan(self, **wishes):
        return Plan(Folders(self.catalog, self.state), self.out, **wishes)

    def sync(self, *, may_push=lambda: True, **wishes):
        return sync(self.plan(**wishes), may_push=may_push)

    def settle(self, **wishes):
        """Sync until nothing is left to carry: a build's own notes are carried by the next pass."""
        for _ in range(4):
            done = self.sync(**wishes)
            if not (done.backlog or done.carried or done.written or done.removed or done.troubles):
                break  # the next pass would do the same: nothing
        assert done.backlog == 0
        return done

    def happens(self, lines):
        """Have the app take down events, durably."""
        Journal(self.state / "journal").append(lines.encode())

    def command(self, *options):
        """Return the command line of a sync of this server."""
        return [sys.executable, "-m", "feeds", "sync", "--catalog", self.catalog, "--out", self.out, "--jobs", "1",
                *map(str, options)]  # fmt: skip

    def run(self, *options, environ=None):
        """Run a sync as a program, to its end."""
        environ = {"PATH": os.environ["PATH"]} if environ is None else environ
        environ = {**environ, "FEEDS_STATE": str(self.state)}
        return subprocess.run(
            self.command(*options), cwd=ROOT, env=environ, capture_output=True, text=True, check=False
        )

    def status(self):
        return git(self.catalog, "status", "--porcelain")


class Clones:
    """All of them: anna has four videos, bo has two, and both are adopted."""

    def __init__(self, root):
        self.root, self.remote = root, root / "remote.git"
        git(root, "init", "--quiet", "--bare", "--initial-branch=main", self.remote)
        git(root, "clone", "--quiet", self.remote, root / "editor")
        self.editor = Editor(root / "editor")
        self.editor.network()
        self.editor.user("anna", "a1", "a2", "a3", "a4")
        self.editor.user("bo", "b1", "b2")
        self.editor.write("results/start/2026-11-20.yaml", adopted("anna", "bo"))
        git(self.editor.catalog, "checkout", "--quiet", "-B", "main")
        self.editor.push("Begin")
        self.server = Server(root, self.remote)

    @classmethod
    def copied(cls, template, root):
        """Return a copy of all of them, which knows nothing of the first; its servers are had by `server_at`."""
        shutil.copytree(template, root, symlinks=True, dirs_exist_ok=True)
        for config in root.glob("**/.git/config"):
            config.write_text(config.read_text().replace(str(template), str(root)))
        clones = cls.__new__(cls)
        clones.root, clones.remote, clones.editor = root, root / "remote.git", Editor(root / "editor")
        clones.editor.pushed = True
        return clones

    def server_named(self, name):
        return Server(self.root, self.remote, name)

    def server_at(self, name):
        """Return a server that is there already."""
        server = Server.__new__(Server)
        folder = self.root / name
        server.catalog, server.out, server.state = folder / "catalog", folder / "out", folder / "state"
        server.remote = self.remote
        return server

    def head(self, branch="main"):
        return git(self.remote, "rev-parse", branch)

    def results(self, branch="main"):
        """Return the lines of all results files on the remote, by path."""
        paths = git(self.remote, "ls-tree", "-r", "--name-only", branch, "--", "results/").splitlines()
        return {
            path: git(self.remote, "show", f"{branch}:{path}").splitlines() for path in paths if path.endswith(".yaml")
        }

    def count(self, guid, branch="main"):
        """Return how many lines on the remote tell of the import of a guid."""
        return sum(
            (event := json.loads(line[2:]))["event"] == "imported" and event["guid"] == guid
            for lines in self.results(branch).values()
            for line in lines
        )

    def hook(self, name, text):
        """Have the remote run a shell script as a hook."""
        path = self.remote / "hooks" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
        return path
