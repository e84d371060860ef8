"""docs/deploy.md, typed line by line on a machine that is thrown away: what it promises is there at its end."""

import json
import os
import re
from pathlib import Path

import pytest

from tests.docs import deployment
from tests.docs.deployment import DEPLOY, TRANSCRIPT
from tests.docs.machine import Refused
from tests.docs.steps import Typed, agrees, steps

TOOLS = [
    "root",
    "unshare",
    "ip",
    "nginx",
    "openssl",
    "curl",
    "make",
    "git",
    "systemd-analyze",
    "setpriv",
    "runuser",
    "pgrep",
]


@pytest.fixture
def server(tmp_path, need, kernel_refuses):
    for tool in TOOLS:
        need(tool)
    try:
        with deployment.server(tmp_path) as its:
            yield its
    except Refused as error:
        kernel_refuses(f"a machine of its own: {error}")


def test_the_document_followed_line_by_line_gives_a_closed_site_and_shows_what_is_printed(server):
    played = list(server.follow(DEPLOY.read_text()))
    typed = [(step, answer) for step, answer in played if isinstance(step, Typed)]
    assert len(typed) > 40
    for step, (code, printed) in typed:
        assert code == 0, f"$ {step.command}\n{printed}"
        assert agrees(step.shown, printed), f"$ {step.command}\n{printed}"
    assert deployment.transcript(played) == TRANSCRIPT.read_text(), "python -m tests.docs.deployment makes it anew"

    server.do("systemctl start feeds-app feeds-sync")
    restarts_refuse_nobody(server)
    a_killed_app_comes_back(server)
    nobody_else_reads_the_site_and_node_exporter_the_metrics(server)
    no_secret_is_in_a_log_also_when_the_app_is_down(server)
    bad_settings_end_the_app_with_their_reason(server)
    assert not Path("/opt/feeds/deploy").exists(), "it was done to this machine"


def restarts_refuse_nobody(server):
    callback = "https://partners.nord.example/callback/$(cat /etc/feeds/secrets/callback-secret)"
    body = json.dumps([{"timestamp": 1, "type": "injector.item.ready", "data": {"uid": "u", "status": "ready"}}])
    post = f"curl -sS -o /dev/null -w '%{{http_code}}\\n' -d '{body}' {callback}"
    answers = server.do(
        f"(for i in $(seq 20); do {post}; sleep 0.05; done) & (for i in $(seq 20); do {post}; done) & "
        "sleep 0.2; systemctl restart feeds-app; systemctl reload feeds-app; wait"
    )
    assert answers.split() == ["200"] * 40


def a_killed_app_comes_back(server):
    pid = server.do("pgrep -of '[g]unicorn --bind'").strip()
    server.do(f"kill -9 {pid}")
    assert server.do("sleep 1.2; curl -sS http://127.0.0.1:8001/readyz") == '{"ready":true}\n'
    assert server.do("pgrep -of '[g]unicorn --bind'").strip() != pid


def nobody_else_reads_the_site_and_node_exporter_the_metrics(server):
    as_nobody = "setpriv --reuid=nobody --regid=nogroup --clear-groups"
    for path in ("/srv/feeds/users.json", "/var/lib/feeds/state/journal", "/etc/feeds/secrets/site-path"):
        server.do(f"test -e {path} && ! {as_nobody} test -r {path}")
    server.do("setpriv --reuid=www-data --regid=www-data --clear-groups test -r /srv/feeds/users.json")
    server.do("! setpriv --reuid=www-data --regid=www-data --clear-groups test -w /srv/feeds/users.json")
    assert "feeds_needs_a_person" in server.do(f"{as_nobody} cat /var/lib/prometheus/node-exporter/feeds.prom")


def no_secret_is_in_a_log_also_when_the_app_is_down(server):
    server.do("systemctl stop feeds-app.socket feeds-app")
    url = "https://partners.nord.example/callback/$(cat /etc/feeds/secrets/callback-secret)"
    assert server.do(f"curl -sS -o /dev/null -w '%{{http_code}}' -d '[]' {url}") == "502"
    logs = server.do("cat /var/log/nginx/* /var/log/feeds-*.log")
    assert "POST /callback/***" in logs
    for name in ("callback-secret", "secret-key", "site-path", "dailymotion-secret"):
        secret = server.do(f"cat /etc/feeds/secrets/{name}").strip()
        assert len(secret) > 20
        assert secret not in logs


def bad_settings_end_the_app_with_their_reason(server):
    server.do("echo change-me > /etc/feeds/secrets/callback-secret; > /var/log/feeds-app.service.log")
    server.do("systemctl start feeds-app.socket feeds-app; sleep 2.5; ! systemctl is-active feeds-app")
    log = server.do("journalctl -u feeds-app")
    assert log.count("FEEDS_CALLBACK_SECRET_FILE still has the placeholder") == 1  # it was not started again


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
    "inet": tried(lambda: socket.socket()), "mask": oct(os.umask(0)),
})
"""


def test_the_stand_in_for_systemd_shuts_a_service_off_as_its_unit_says(server):
    server.do("useradd --system --home-dir /var/lib/feeds feeds; install -d -o feeds /var/lib/feeds/state /srv/feeds")
    server.do("mkdir -p /opt/feeds")
    server.do("install -d -m 0700 /etc/feeds/secrets; echo FEEDS_INSTANCE=main > /etc/feeds/feeds.env")
    server.do("echo handed-over > /etc/feeds/secrets/callback-secret; touch /tmp/outside /root/secret")
    server.do("umask 0; touch /etc/everybodys")
    unit = (deployment.ROOT / "deploy/systemd/feeds-app.service").read_text()
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
        "root again": denied, "packet": denied, "inet": "done", "mask": "0o27",
    }  # fmt: skip
    assert said["root"] in {"No such file or directory", "Permission denied"}


def test_what_a_person_types_needs_no_more_than_a_terminal():
    typed = [step for step in steps(DEPLOY.read_text()) if isinstance(step, Typed)]
    assert [step.command for step in typed if "sudo" in step.command or "vi " in step.command] == []
    assert sum("feeds edge" in step.command for step in typed) == 2
