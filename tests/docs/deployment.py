"""docs/deploy.md, followed: what it has a person type and write, on a machine that is thrown away afterwards.

Made for it are what a reader brings along: the software's address, two names that lead to the machine, Debian's
packages (those that are installed here), and the Python packages where no network is. Words in capitals are the
reader's own: PASSWORD is what was printed.

    python -m tests.docs.deployment > docs/deploy-transcript.md

With --net it installs the Python packages as the reader does, from where pip finds them; `--times` tells how long each
command took, on stderr.
"""

import argparse
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

from tests.clones import ROOT, git
from tests.docs.machine import Machine
from tests.docs.steps import Meanwhile, Typed, Written, agrees, steps

DEPLOY, TRANSCRIPT = ROOT / "docs/deploy.md", ROOT / "docs/deploy-transcript.md"
WAIT_S = 60


class Server:
    """The machine of the document, and what its reader knows by heart."""

    def __init__(self, machine, software, *, net=False, faster=True):
        self._machine, self._net, self._faster = machine, net, faster
        self.known = {}
        self.waiting = False
        self.do("printf '127.0.0.1 feeds.nord.example partners.nord.example\\n' >> /etc/hosts")
        self.do("rm -rf /opt/feeds && mkdir -p /var/log/nginx && nginx")  # which its package has started
        if not net:
            self.do("printf '#!/bin/sh\\n' > /usr/local/sbin/apt-get && chmod +x /usr/local/sbin/apt-get")
        self.do(f"git config --system url.file://{shlex.quote(str(software))}.insteadOf https://git.example/feeds.git")
        self.do(f"git config --system safe.directory {shlex.quote(str(software))}/.git")

    def follow(self, text):
        """Do what the document says; yield each step with exit code and output, or None."""
        for step in steps(text):
            if isinstance(step, Typed):
                yield step, self.type(step)
            elif isinstance(step, Written):
                self.write(step)
                yield step, None
            elif step.what == "the sandbox plays Dailymotion":
                self.sandbox()
                self.waiting = True
                yield step, None
            else:
                assert step.what == "a pass of feeds sync"
                self.waiting = True
                yield step, None

    def do(self, command):
        """Do what the document doesn't speak of."""
        return self._machine.do(command)

    def write(self, step):
        self.do(f"umask 077; cat > {step.path} <<'END_OF_FILE'\n{self._filled(step.text)}END_OF_FILE\n")

    def _filled(self, text):
        return re.sub(r"\bPASSWORD\b", lambda _: self.known["PASSWORD"], text)

    def type(self, step):
        """Type a command, again while others are to do something first; return the exit code and what was printed."""
        command = self._filled(step.command)
        until = time.monotonic() + WAIT_S
        while True:
            code, output = self._machine.run(command)
            printed = self.plain(output)
            if not self.waiting or agrees(step.shown, printed) or time.monotonic() > until:
                break
            time.sleep(0.2)
        self.waiting = False
        if found := re.search(r"shown once: (\S+)", output):
            self.known["PASSWORD"] = found[1]
        self._after(step.command)
        return code, printed

    def _after(self, command):
        if "git clone" in command and "/opt/feeds" in command and not self._net:
            self.packages()
        if "systemctl daemon-reload" in command and self._faster:
            self.do("sed -i 's/--every 10s/--every 1s --max-pushes 60/' /etc/systemd/system/feeds-sync.service")

    def sandbox(self):
        """Have Dailymotion's stand-in run, with the reader's key there."""
        self.do("cd /opt/feeds && .venv/bin/python -m sandbox serve > /var/log/sandbox.log 2>&1 &")
        self.do("sed -i 's/^\\(FEEDS_DAILYMOTION_KEY=\\).*/\\1sandbox-key/' /etc/feeds/feeds.env")
        self.do("echo FEEDS_DAILYMOTION_API=http://127.0.0.1:8002 >> /etc/feeds/feeds.env")
        self.do("printf sandbox-secret > /etc/feeds/secrets/dailymotion-secret")
        self.do(
            "curl -sS --retry 20 --retry-connrefused --retry-delay 1 -o /dev/null http://127.0.0.1:8002/user/x1nord"
        )

    def packages(self):
        """Have the Python packages in their place, without network."""
        self._machine.layer(sys.prefix, "/opt/feeds/.venv")

    def plain(self, text):
        """Return what was printed without what differs from time to time."""
        for secret in self._secrets():
            text = text.replace(secret, "SECRET")
        text = re.sub(r"(?<=shown once: )\S+", "PASSWORD", text)
        text = re.sub(r"\b\d{4}-\d\d-\d\d([ T])\d\d:\d\d(:\d\d(\.\d+)?)?", r"2026-11-25\g<1>09:00", text)
        text = re.sub(r"\b(?=[0-9a-f]*\d)[0-9a-f]{7,40}\b", "0123456789", text)
        return re.sub(r"[ \t]+$", "", text, flags=re.M).strip("\n")

    def _secrets(self):
        code, output = self._machine.run("cat /etc/feeds/secrets/{callback-secret,secret-key,site-path} 2>/dev/null")
        return output.split() if code == 0 else []


def software(folder):
    """Return a repository with the software as it lies here, also what isn't committed yet."""
    names = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.decode()
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    for path in (folder / "catalog.yaml", *(folder / "users").glob("*.yaml")):  # what is listed is so on any day
        path.write_text(
            re.sub(r"(from: 2027|until: 20\d\d)(?=-)", lambda word: f"{word[0][:-4]}2099", path.read_text())
        )
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "-m", "The software")
    return folder


@contextmanager
def server(root, *, net=False, faster=True):
    """Make the machine that the document begins with."""
    (root / "machine").mkdir()
    (root / "software").mkdir()
    its = software(root / "software")
    with Machine(root / "machine", net=net) as machine:
        yield Server(machine, its, net=net, faster=faster)


def transcript(played):
    """Render what was played: each command with all that it printed."""
    lines = [
        "# The deployment, followed",
        "",
        "What [deploy.md](deploy.md) has you type, and all that was printed, on a machine that was thrown away. Made",
        "by `python -m tests.docs.deployment`; a test follows it again. Times, secrets, passwords and names of commits",
        "are masked. The machine had Debian's packages already, and no systemd as process 1: the units were started by",
        "a stand-in (tests/docs/units.py), in the sandbox that they describe.",
        "",
    ]
    for step, answer in played:
        if isinstance(step, Typed):
            lines += [f"    {line}".rstrip() for line in [f"$ {step.command}", *answer[1].split("\n")] if line]
        elif isinstance(step, Meanwhile):
            lines += ["", f"Meanwhile {step.what}.", ""]
        else:
            lines += ["", f"Written: `{step.path}`", ""]
    return "\n".join(lines).rstrip() + "\n"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--net", action="store_true")
    parser.add_argument("--times", action="store_true")
    given = parser.parse_args()
    os.chdir(ROOT)
    played, last = [], time.monotonic()
    begun = last
    with tempfile.TemporaryDirectory() as folder, server(Path(folder), net=given.net, faster=not given.net) as its:
        for step, answer in its.follow(DEPLOY.read_text()):
            played.append((step, answer))
            if answer and answer[0]:
                sys.exit(f"$ {step.command}\n{answer[1]}\n(exit code {answer[0]})")
            if given.times and isinstance(step, Typed):
                print(f"{time.monotonic() - last:6.1f} s  {step.command[:90]}", file=sys.stderr)
            last = time.monotonic()
    if given.times:
        print(f"{last - begun:6.1f} s  in all", file=sys.stderr)
    sys.stdout.write(transcript(played))


if __name__ == "__main__":
    main()
