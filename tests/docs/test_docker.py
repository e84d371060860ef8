"""deploy/docker, as far as a machine without Docker can know: read, held against schemas, and its steps played."""

import json
import re
import shlex
import signal
import subprocess
import sys
from importlib.util import find_spec
from runpy import run_path

import click
import pytest
from ruamel.yaml import YAML

from feeds.__main__ import main
from feeds.storage import git as its_git
from tests.clones import ROOT
from tests.docs import deployment, images
from tests.docs.machine import Machine, Refused
from tests.docs.test_named import settings

FOLDER = ROOT / "deploy/docker"
DOCKERFILE = (FOLDER / "Dockerfile").read_text()
IMAGE = images.stages(DOCKERFILE)[-1]
COMPOSE = YAML(typ="safe", pure=True).load((FOLDER / "compose.yaml").read_text())
OURS = ["app", "sync", "edge"]


def known_files():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    return listed.stdout.splitlines()


def test_a_build_is_sent_the_software_and_nothing_else():
    others = [".env", ".git/config", ".feeds/journal/1.yaml", "feeds/__pycache__/x.pyc", "feeds/core/__pycache__/y.pyc"]
    sent = images.context(ROOT, [*known_files(), *others])
    assert {each.split("/")[0] for each in sent} == {
        "app.py", "gunicorn.conf.py", "requirements.txt", "requirements-s3.txt", "LICENSE", "feeds", "templates",
    }  # fmt: skip
    assert len(sent) > 150
    assert [each for each in sent if each in others] == []


def test_the_image_is_nobody_s_in_particular_pins_what_it_installs_and_holds_no_secret():
    assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", IMAGE.said["USER"])
    assert re.search(r"^ARG PYTHON=python:3\.11\.\d+-slim-bookworm$", DOCKERFILE, re.M)
    assert DOCKERFILE.count("FROM ${PYTHON}") == len(images.stages(DOCKERFILE)) == 2
    installs = re.findall(r"pip install (.*)", DOCKERFILE)
    assert len(installs) == 1
    assert "--require-hashes -r /tmp/requirements.txt -r /tmp/requirements-s3.txt" in installs[0]
    assert re.findall(r"^ARG (\w+)", DOCKERFILE, re.M) == ["PYTHON"]
    assert {name for name in IMAGE.environ if name.startswith("FEEDS_")} == {"FEEDS_CATALOG", "FEEDS_STATE"}
    assert IMAGE.said["STOPSIGNAL"] == "SIGTERM"


def test_the_services_hold_to_compose_s_schema(tmp_path, skip):
    if find_spec("check_jsonschema") is None:
        skip("check-jsonschema is missing: make .venv/.installed-dev")
    command = [sys.executable, "-m", "check_jsonschema", "--no-cache", "--builtin-schema", "vendor.compose-spec"]
    done = subprocess.run([*command, FOLDER / "compose.yaml"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    wrong = tmp_path / "compose.yaml"
    wrong.write_text((FOLDER / "compose.yaml").read_text().replace("cap_drop: [ALL]", "cap_drop: ALL"))
    assert subprocess.run([*command, wrong], capture_output=True, check=False).returncode == 1


@pytest.mark.parametrize("name", COMPOSE["services"])
def test_each_service_writes_into_its_volumes_alone_and_has_no_right_of_root_s(name):
    service = COMPOSE["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service.get("cap_add", []) == (["NET_BIND_SERVICE", "DAC_READ_SEARCH"] if name == "web" else [])
    assert "privileged" not in service
    assert "user" not in service
    assert {each.split(":")[0] for each in service["volumes"] if each[0] != "."} <= set(COMPOSE["volumes"])


@pytest.mark.parametrize("name", OURS)
def test_each_service_is_given_settings_that_are_read_and_its_secrets_as_files(name):
    service = COMPOSE["services"][name]
    own = {each: value for each, value in service["environment"].items() if each.startswith("FEEDS_")}
    assert set(own) <= settings()
    for each, value in own.items():
        assert (f"{each}_FILE" in settings()) is False, f"{each} is a secret"
        if each.endswith("_FILE"):
            assert (
                value == f"/run/secrets/{each.removeprefix('FEEDS_').removesuffix('_FILE').lower().replace('_', '-')}"
            )
    named = set(re.findall(r"/run/secrets/([\w-]+)", " ".join(service["environment"].values())))
    assert named == set(service["secrets"]) <= set(COMPOSE["secrets"])


def test_what_is_started_is_a_verb_with_options_that_there_are():
    for name in ("sync", "edge"):
        words = COMPOSE["services"][name]["command"]
        assert words[:3] == ["python", "-m", "feeds"]
        command, words = main, words[3:]
        while isinstance(command, click.Group):
            command, words = command.get_command(click.Context(command), words[0]), words[1:]
        command.make_parser(click.Context(command)).parse_args(words)


def test_whoever_stops_them_waits_longer_than_they_need():
    grace = {name: int(COMPOSE["services"][name]["stop_grace_period"].removesuffix("s")) for name in ("app", "sync")}
    assert grace["app"] > run_path(str(ROOT / "gunicorn.conf.py"))["graceful_timeout"]
    assert grace["sync"] > its_git.TIMEOUT_S


@pytest.fixture
def machine(tmp_path, need, kernel_refuses):
    for tool in ("root", "unshare", "ip", "git", "caddy", "setpriv"):
        need(tool)
    (tmp_path / "machine").mkdir()
    try:
        with Machine(tmp_path / "machine") as its:
            yield its
    except Refused as error:
        kernel_refuses(f"a machine of its own: {error}")


def build(machine, root):
    """Play what changes files, of all stages on one machine: this is Debian with Python, as the base image is.

    Not played are apt-get, as its packages are here, and pip, whose packages are put in place.
    """
    machine.do("rm -rf /opt/feeds /opt/venv")
    sent = images.context(root, [str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()])
    for stage in images.stages(DOCKERFILE):
        for name, given, words in stage.steps:
            if name == "RUN" and "pip install" in words:
                machine.layer(sys.prefix, "/opt/venv")
            elif name == "RUN" and "apt-get" not in words:
                machine.do(words)
            elif name == "COPY" and "from" not in given:
                *sources, target = words.split()
                for source in sources:
                    machine.do(_copy(root, [each for each in sent if each.split("/")[0] == source], source, target))


def _copy(root, names, source, target):
    """Return the command line that copies what the build was sent of a source."""
    assert names, f"COPY {source}: .dockerignore leaves nothing of it"
    if target.endswith("/"):
        return f"mkdir -p {target} && cp {root}/{source} {target}"
    files = " ".join(shlex.quote(each.removeprefix(f"{source}/")) for each in names)
    return f"mkdir -p $(dirname {target}) && " + (
        f"cp {root}/{source} {target}" if names == [source] else
        f"mkdir -p {target} && cd {root}/{source} && cp --parents {files} {target}"
    )  # fmt: skip


class Container:
    """A command in the image, played on the machine."""

    def __init__(self, machine, name, command, *, environ=None, writable=()):
        self._machine, self._name = machine, name
        spec = json.dumps(IMAGE.spec(command, environ or {}, list(writable)))
        machine.do(f"cat > /run/{name}.json <<'END'\n{spec}\nEND\n")
        self._confined = f"cd {ROOT} && exec {sys.executable} -m tests.docs.confine /run/{name}.json"

    def run(self):
        return self._machine.run(f"({self._confined})")[0]

    def start(self):
        file = f"/run/{self._name}"
        shell = f"({self._confined}) & echo $! > {file}.pid; wait $!; echo $? > {file}.code"
        self._machine.do(f"({shell}) > {file}.log 2>&1 &")

    def wait_for(self, sign):
        """Wait until a command line succeeds."""
        wait = f"for i in $(seq 200); do {sign} && exit; sleep 0.1; done; cat /run/{self._name}.log; exit 1"
        self._machine.do(f"({wait})")

    def stop(self):
        """Stop it as Docker does; return its exit code."""
        number = int(getattr(signal, IMAGE.said["STOPSIGNAL"]))
        self._machine.do(f"kill -{number} $(cat /run/{self._name}.pid)")
        self.wait_for(f"test -s /run/{self._name}.code")
        return int(self._machine.do(f"cat /run/{self._name}.code"))


def writable(service):
    return [each.split(":")[1] for each in service["volumes"] if not each.endswith(":ro")]


def test_the_steps_give_a_program_that_runs_as_its_user_under_a_read_only_root_and_ends_in_peace(machine, tmp_path):
    (tmp_path / "context").mkdir()
    build(machine, deployment.software(tmp_path / "context"))
    assert machine.do("id -u feeds") == "10001\n"
    machine.do("mkdir -p /run/secrets; echo M3tRp5f0cTqVwXyZ7aB9dE1g > /run/secrets/callback-secret")
    machine.do("chown 10001 /run/secrets/*; chmod 0400 /run/secrets/*")

    service = COMPOSE["services"]["app"]
    name = "FEEDS_CALLBACK_SECRET_FILE"
    secret = {name: service["environment"][name]}
    app = Container(machine, "app", IMAGE.exec_form("CMD"), environ=secret, writable=writable(service))
    health = Container(machine, "health", IMAGE.exec_form("HEALTHCHECK"))
    assert health.run() != 0
    app.start()
    app.wait_for("curl -sf -o /dev/null http://127.0.0.1:8001/readyz")
    assert health.run() == 0
    answer = machine.do("curl -sS -d '[]' http://127.0.0.1:8001/callback/$(cat /run/secrets/callback-secret)")
    assert answer.startswith('{"received": 0')
    assert machine.do("stat -c %U /var/lib/feeds/state/journal /proc/$(cat /run/app.pid)") == "feeds\nfeeds\n"
    assert app.stop() == 0
    assert health.run() != 0

    machine.do(
        f"git init -q -b main /root/n && cd /root/n && cp -r {ROOT}/catalog.yaml {ROOT}/users {ROOT}/results . && "
        "sed -i 's/^  parent_id: .*/&\\n  access: [basic auth, secret path]/' catalog.yaml && "
        "git add . && git -c user.name=o -c user.email=o@n.example commit -qm b && git clone -q --bare . /srv/n.git && "
        "chown -R feeds: /srv/n.git && runuser -u feeds -- git clone -q /srv/n.git /var/lib/feeds/catalog"
    )
    service = COMPOSE["services"]["sync"]
    machine.do("echo M3tRp5f0cTqVwXyZ7aB9dE1g > /run/secrets/site-path; chown 10001 /run/secrets/*")
    name = "FEEDS_SITE_PATH_FILE"
    secret = {name: service["environment"][name]}
    sync = Container(machine, "sync", service["command"], environ=secret, writable=[*writable(service), "/srv/n.git"])
    sync.start()
    sync.wait_for("test -e /srv/feeds/users.json")
    sync.wait_for("grep -q pushed /run/sync.log")
    assert sync.stop() == 143
    assert machine.do("git -c safe.directory='*' -C /srv/n.git log -1 --format=%an main") == "feeds\n"
    caddy_can_read_what_edge_writes(machine)


def caddy_can_read_what_edge_writes(machine):
    """As root with those rights that the service `web` has, and not with fewer."""
    machine.do("install -d -o 10001 /web")
    words = "PYTHONPATH=/opt/feeds /opt/venv/bin/python -m feeds edge hash dailymotion-1 --generate"
    machine.do(f"{words} > /run/secrets/site-users 2> /dev/null; chown 10001 /run/secrets/*; chmod 0400 /run/secrets/*")
    service, web = COMPOSE["services"]["edge"], COMPOSE["services"]["web"]
    given = {name: value for name, value in service["environment"].items() if name.startswith("FEEDS_")}
    assert Container(machine, "edge", service["command"], environ=given, writable=["/web"]).run() == 0
    assert web["command"][2:] == ["--config", "/etc/caddy/feeds/Caddyfile", "--adapter", "caddyfile"]
    for left_out, is_valid in ((None, True), ("DAC_READ_SEARCH", False)):
        rights = ",".join(f"+{right.lower()}" for right in web["cap_add"] if right != left_out)
        as_root = f"setpriv --reuid=0 --regid=0 --clear-groups --bounding-set=-all,{rights} --inh-caps=-all"
        command = f"HOME=/tmp {as_root} caddy validate --adapter caddyfile --config /web/Caddyfile"
        assert (machine.run(command)[0] == 0) is is_valid
