"""The units at work in the sandbox that they describe: what a service can't do there, and what it still can."""

import os
import re

import pytest

from feeds.building.workers import FEW
from tests.clones import ROOT, Clones
from tests.docs.deployment import DEPLOY
from tests.sites import adopted

SERVICES = ROOT / "deploy/systemd"

PROBE = """
import ctypes, os, socket, sys

def tried(what):
    try:
        what()
        return "done"
    except OSError as error:
        return error.strerror

libc = ctypes.CDLL(None, use_errno=True)
def unshare():
    if libc.unshare(0x10000000): raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
print({
    "etc": tried(lambda: open("/etc/everybodys", "a")), "software": tried(lambda: open("/opt/feeds/x", "w")),
    "site": tried(lambda: open("/srv/feeds/x", "w")), "state": tried(lambda: open("/var/lib/feeds/state/x", "w")),
    "tmp": os.listdir("/tmp"), "root": tried(lambda: open("/root/secret")),
    "others": sorted(name for name in os.listdir("/proc") if name.isdigit() and int(name) == 1),
    "key": tried(lambda: open("/etc/feeds/secrets/callback-secret")),
    "given": open(os.environ["FEEDS_CALLBACK_SECRET_FILE"]).read(), "uid": os.getuid() != 0,
    "new user": tried(unshare), "root again": tried(lambda: os.setuid(0)),
    "packet": tried(lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW)),
    "inet": tried(lambda: socket.socket()), "name": socket.getaddrinfo("feeds.nord.example", 443)[0][4],
    "mask": oct(os.umask(0)),
})
"""


def test_the_stand_in_for_systemd_shuts_a_service_off_as_its_unit_says(server):
    server.do("useradd --system --home-dir /var/lib/feeds feeds; install -d -o feeds /var/lib/feeds/state /srv/feeds")
    server.do("mkdir -p /opt/feeds")
    server.do("install -d -m 0700 /etc/feeds/secrets; echo FEEDS_INSTANCE=main > /etc/feeds/feeds.env")
    server.do("echo handed-over > /etc/feeds/secrets/callback-secret; touch /tmp/outside /root/secret")
    server.do("umask 0; touch /etc/everybodys")
    unit = (SERVICES / "feeds-app.service").read_text()
    unit = re.sub("(?m)^(Requires|Restart)=.*\n", "", unit.replace("Type=notify", "Type=oneshot"))
    unit = re.sub("(?m)^ExecStart=.*", f"ExecStart={os.path.realpath('/proc/self/exe')} /opt/probe", unit)
    server.do(
        f"cat > /opt/probe <<'END'\n{PROBE}\nEND\ncat > /etc/systemd/system/feeds-probe.service <<'END'\n{unit}\nEND\n"
    )
    server.do("systemctl start feeds-probe || { cat /var/log/feeds-probe.service.log; false; }")
    said = eval(server.do("journalctl -u feeds-probe"))
    readonly, denied = "Read-only file system", "Operation not permitted"
    assert said == {
        "etc": readonly, "software": readonly, "site": readonly, "state": "done", "tmp": [], "root": said["root"],
        "others": [], "key": "Permission denied", "given": "handed-over\n", "uid": True, "new user": denied,
        "root again": denied, "packet": denied, "inet": "done", "name": ("127.0.0.1", 443), "mask": "0o27",
    }  # fmt: skip
    assert said["root"] in {"No such file or directory", "Permission denied"}


@pytest.fixture
def network(tmp_path):
    """Return a network of so many users that the build takes several processes for them."""
    clones = Clones(tmp_path)
    names = [f"u{number}" for number in range(FEW + 2)]
    for name in names:
        clones.editor.user(name, f"{name}-1")
    clones.editor.write("results/start/2026-11-20.yaml", adopted("anna", "bo", *names))
    clones.editor.push("More")
    return clones


def test_the_sync_builds_in_processes_and_pushes_over_ssh_with_the_host_s_key_alone(network, server, need):
    need("sshd")
    server.do("useradd --system --home-dir /var/lib/feeds feeds; useradd -m -s /usr/bin/git-shell git")
    server.do("install -d -o feeds /var/lib/feeds /srv/feeds; install -d -m 0700 /etc/feeds/secrets")
    server.do("git clone --quiet https://git.example/feeds.git /opt/feeds")
    server.packages()
    server.do(f"cp -r {network.remote} /home/git/nord.git; chown -R git: /home/git/nord.git")
    server.do(
        "printf '127.0.0.1 git.nord.example\\n' >> /etc/hosts; mkdir -p /run/sshd; ssh-keygen -A; $(command -v sshd)"
    )
    server.do("ssh-keygen -q -t ed25519 -N '' -f /etc/feeds/secrets/git-key; install -d -o git -m 0700 /home/git/.ssh")
    server.do("install -o git -m 0600 /etc/feeds/secrets/git-key.pub /home/git/.ssh/authorized_keys")
    server.do("echo git.nord.example $(cut -d' ' -f1,2 /etc/ssh/ssh_host_ed25519_key.pub) > /etc/feeds/known_hosts")
    (clone,) = re.findall(r"^    (GIT_SSH_COMMAND=.* git clone .*)$", DEPLOY.read_text(), re.M)
    server.do(clone)
    server.do(f"cp {SERVICES}/feeds-sync.service /etc/systemd/system; cp {SERVICES}/feeds.env /etc/feeds")
    server.do(f"install -D -t /etc/systemd/system/feeds-sync.service.d {SERVICES}/feeds-sync.service.d/ssh.conf")
    server.do("sed -i 's/--every 10s/--every 1s --jobs 2/' /etc/systemd/system/feeds-sync.service")
    server.do("systemctl start feeds-sync")
    server.do("for i in $(seq 200); do journalctl -u feeds-sync | grep -q pushed && exit; sleep 0.1; done; exit 1")
    assert server.do("ls /srv/feeds/feeds | wc -l") == f"{FEW + 4}\n"
    assert server.do("git -c safe.directory='*' -C /home/git/nord.git log -1 --format=%an main") == "feeds\n"

    server.do("ssh-keygen -q -t ed25519 -N '' -f /root/other")
    server.do("echo git.nord.example $(cut -d' ' -f1,2 /root/other.pub) > /etc/feeds/known_hosts")
    server.do("for i in $(seq 100); do journalctl -u feeds-sync | grep -q trouble: && exit; sleep 0.1; done; exit 1")
    assert "Host key verification failed" in server.do("journalctl -u feeds-sync")
    server.do("systemctl stop feeds-sync")
