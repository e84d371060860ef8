"""The units at work in the sandbox that they describe: what a service can't do there, and what it still can."""

import ast
import os
import re

import pytest

from feeds.building.workers import FEW
from tests.clones import ROOT, Clones
from tests.docs.deployment import DEPLOY
from tests.sites import adopted

SERVICES = ROOT / "deploy/systemd"

PROBE = """
import ctypes, mmap, os, socket

def tried(what):
    try:
        what()
        return "done"
    except OSError as error:
        return error.strerror

libc = ctypes.CDLL(None, use_errno=True)
def unshare():
    if libc.unshare(0x10000000):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
def connect():
    with socket.create_connection(("feeds.nord.example", 4)):
        pass
print({
    "etc": tried(lambda: open("/etc/everybodys", "a")), "software": tried(lambda: open("/opt/feeds/x", "w")),
    "site": tried(lambda: open("/srv/feeds/x", "w")), "state": tried(lambda: open("/var/lib/feeds/state/x", "w")),
    "metrics": tried(lambda: open("/var/lib/prometheus/node-exporter/x", "w")),
    "tmp": os.listdir("/tmp"), "root": tried(lambda: open("/root/secret")),
    "others": [name for name in os.listdir("/proc") if name == "1"], "uptime": os.path.exists("/proc/uptime"),
    "key": tried(lambda: open("/etc/feeds/secrets/callback-secret")),
    "given": {name: open(os.environ[name]).read() for name in os.environ if name.endswith("_FILE")},
    "new user": tried(unshare), "root again": tried(lambda: os.setuid(0)), "uid": os.getuid() != 0,
    "packet": tried(lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW)), "net": tried(connect),
    "code": tried(lambda: mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)),
    "mask": oct(os.umask(0)),
})
"""
READ_ONLY, DENIED, NOT_PERMITTED = "Read-only file system", "Permission denied", "Operation not permitted"
# What all of them find; what differs stands behind the service's name.
FOUND = {
    "etc": READ_ONLY, "software": READ_ONLY, "site": READ_ONLY, "state": READ_ONLY, "metrics": READ_ONLY, "tmp": [],
    "root": "No such file or directory", "others": [], "uptime": False, "key": DENIED, "given": {},
    "new user": NOT_PERMITTED, "root again": NOT_PERMITTED, "uid": True, "packet": NOT_PERMITTED,
    "net": "Connection refused", "code": NOT_PERMITTED,
    "mask": "0o27",
}  # fmt: skip
SECRET = {"FEEDS_CALLBACK_SECRET_FILE": "handed-over\n"}
OTHERWISE = {
    "feeds-app": {"state": "done", "given": SECRET},
    "feeds-sync": {"state": "done", "site": "done"},
    "feeds-metrics": {"metrics": "done", "net": NOT_PERMITTED, "mask": "0o22"},
}


def test_each_service_is_shut_off_as_its_unit_says(server):
    server.do("useradd --system --home-dir /var/lib/feeds feeds; mkdir -p /opt/feeds; chmod 0777 /opt/feeds")
    server.do("install -d -o feeds /var/lib/feeds/state /srv/feeds /var/lib/prometheus/node-exporter")
    server.do("install -d -m 0700 /etc/feeds/secrets; echo FEEDS_INSTANCE=main > /etc/feeds/feeds.env")
    server.do("echo handed-over > /etc/feeds/secrets/callback-secret; touch /tmp/outside /root/secret")
    server.do(f"umask 0; touch /etc/everybodys; cat > /opt/probe <<'END'\n{PROBE}\nEND\n")
    for name, differs in OTHERWISE.items():
        unit = re.sub("(?m)^(Requires|Restart|Type)=.*\n", "", (SERVICES / f"{name}.service").read_text())
        command = f"Type=oneshot\nExecStart={os.path.realpath('/proc/self/exe')} /opt/probe"
        unit = re.sub("(?m)^ExecStart=.*", command, unit)
        server.do(f"cat > /etc/systemd/system/probe-{name}.service <<'END'\n{unit}\nEND\n")
        server.do(f"systemctl start probe-{name} || {{ journalctl -u probe-{name}; false; }}")
        found = ast.literal_eval(server.do(f"journalctl -u probe-{name}"))
        assert found == FOUND | differs, name


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
