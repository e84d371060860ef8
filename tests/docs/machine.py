"""A machine to follow a document on: this one's files under a layer that goes with it, with its own processes and net.

Linux's overlay and namespaces, no container engine: whatever is installed, written or started in there, the machine
outside stays as it was. There is no systemd; `systemctl` and `journalctl` in there are units.py.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from tests.docs.confine import MS_BIND, MS_RDONLY, MS_REC, MS_REMOUNT, mount
from tests.docs.units import PATH, Manager

ROOT = Path(__file__).parents[2]
_SOCKET = "/run/units.sock"
_TOOLS = {
    "systemctl": f"""#!{sys.executable} -S
import json, socket, sys
link = socket.socket(socket.AF_UNIX)
link.connect("{_SOCKET}")
link.sendall(json.dumps(sys.argv[1:]).encode() + b"\\n")
code, text = json.loads(link.makefile().readline())
print(text, end="")
sys.exit(code)
""",
    "journalctl": """#!/bin/sh
# journalctl -u UNIT ...
exec cat /var/log/"$2".service.log
""",
}
# What is typed one after the other shares its own variables, those that are exported, the folder and the umask.
_ONE_TERMINAL = """
test -e /run/terminal && . /run/terminal
eval "$1"
code=$?
declare -p | grep -E '^declare -(- [a-z]+|x [A-Z_]+)=' > /run/terminal
printf 'cd %q; umask %s\\n' "$PWD" "$(umask)" >> /run/terminal
exit $code
"""


# How a kernel, or a container that we are in, says that it has no such thing for us.
_REFUSALS = ("Operation not permitted", "Permission denied", "unknown filesystem", "No such device")


class Refused(Exception):
    """The kernel lets nobody make such a machine here."""


class Machine:
    """The machine, from outside: runs commands in it, until the block is left, which ends all that it has started.

    `net`: with the network of the machine outside, for what has to be fetched.
    """

    def __init__(self, folder, *, net=False):
        self._folder, self._net = folder, net

    def __enter__(self):
        words = ["unshare", "--mount", "--pid", "--fork", "--uts", "--kill-child"] + ([] if self._net else ["--net"])
        self._process = subprocess.Popen(
            [*words, sys.executable, "-m", "tests.docs.machine", self._folder],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={"PATH": PATH, "HOME": "/root", "LANG": "C.UTF-8"} | {k: v for k, v in os.environ.items() if self._net},
        )  # fmt: skip
        if not (answer := self._process.stdout.readline()):
            said = self._process.communicate()[1].strip()
            if not any(word in said for word in _REFUSALS):
                raise AssertionError(said)
            raise Refused(said.splitlines()[-1])
        assert json.loads(answer) == "ready"
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.communicate()

    def run(self, command):
        """Run a command line as root; return its exit code, and all that it printed."""
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, self._process.communicate()[1]
        return json.loads(answer)

    def do(self, command):
        """Run a command line that has to succeed, and return what it printed."""
        code, output = self.run(command)
        assert code == 0, f"{command}\n{output}"
        return output

    def layer(self, folder, path):
        """Have a folder's files at another path, where they may be changed without being changed."""
        name = f"/mnt/{path.strip('/').replace('/', '-')}"
        self.do(f"mkdir -p {name} {path} && mount -t tmpfs tmpfs {name} && mkdir {name}/upper {name}/work")
        options = f"lowerdir={folder},upperdir={name}/upper,workdir={name}/work"
        self.do(f"mount -t overlay overlay -o {options} {path}")


def _enter(folder):
    """Make the layer in the folder, and have it be all that there is from now on."""
    mount("none", "/", None, MS_REC | (1 << 18))
    mount("tmpfs", folder, "tmpfs")
    upper, work, root = (folder / name for name in ("upper", "work", "root"))
    for each in (upper, work, root):
        each.mkdir()
    mount("overlay", root, "overlay", 0, f"lowerdir=/,upperdir={upper},workdir={work}")
    for seen in {str(ROOT), sys.prefix, sys.base_prefix}:  # where they aren't on the root's own file system
        inner = Path(f"{root}{seen}")
        inner.mkdir(parents=True, exist_ok=True)
        mount(seen, inner, None, MS_BIND)
        mount("none", inner, None, MS_REMOUNT | MS_BIND | MS_RDONLY)
    mount("proc", root / "proc", "proc")
    mount("/dev", root / "dev", None, MS_BIND | MS_REC)
    mount("tmpfs", root / "run", "tmpfs", 0, "mode=0755")
    for seen in Path(f"{root}{sys.base_prefix}").parents:  # every user's python may be somebody's own here
        if seen.is_relative_to(root):
            seen.chmod(seen.stat().st_mode | 0o011)
    os.chroot(root)
    os.chdir("/")
    for name, text in _TOOLS.items():
        Path("/usr/local/sbin", name).write_text(text)
        Path("/usr/local/sbin", name).chmod(0o755)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)


def _serve(manager):
    """Answer the `systemctl` of the machine."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(_SOCKET)
    listener.listen()
    while True:
        link, _ = listener.accept()
        with link, link.makefile("rw") as file:
            try:
                answer = manager.ctl(*json.loads(file.readline()))
            except Exception as error:
                answer = 1, f"systemctl: {error!r}\n"
            file.write(json.dumps(answer) + "\n")


def main():
    _enter(Path(sys.argv[1]))
    threading.Thread(target=_serve, args=(Manager(Path("/etc/systemd/system")),), daemon=True).start()
    print(json.dumps("ready"), flush=True)
    for line in sys.stdin:
        with tempfile.TemporaryFile() as output:  # a file, not a pipe: what a server leaves running holds it open
            done = subprocess.run(
                ["bash", "-c", _ONE_TERMINAL, "bash", json.loads(line)], cwd="/root", stdin=subprocess.DEVNULL,
                stdout=output, stderr=subprocess.STDOUT, check=False,
            )  # fmt: skip
            output.seek(0)
            print(json.dumps([done.returncode, output.read().decode(errors="replace")]), flush=True)


if __name__ == "__main__":
    main()
