"""deploy/systemd: the units hold to systemd, are shut off, and name what there is. That they work: test_deploy.py."""

import os
import re
import shlex
import signal
import subprocess
from pathlib import Path
from runpy import run_path

import click
import pytest

from feeds.__main__ import main
from feeds.storage import git
from tests.clones import ROOT
from tests.docs.test_named import settings
from tests.docs.units import Unit

FOLDER = ROOT / "deploy/systemd"
# With what systemd-analyze of Debian 12 makes of each, of 100, which is a service as it comes.
EXPOSED = {"feeds-app.service": 14, "feeds-sync.service": 15, "feeds-metrics.service": 7}
SERVICES = list(EXPOSED)
OTHERS = ["feeds-app.socket", "feeds-metrics.timer"]
DROP_INS = sorted(str(path.relative_to(FOLDER)) for path in FOLDER.glob("*.d/*.conf"))


@pytest.fixture
def here(tmp_path):
    """Return a copy of the units whose software is where it is here."""
    for name in [*SERVICES, *OTHERS, *DROP_INS]:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text((FOLDER / name).read_text().replace("/opt/feeds", str(ROOT)))
    return tmp_path


def analyze(*words, folder):
    done = subprocess.run(
        ["systemd-analyze", *words], env={"PATH": os.environ["PATH"], "SYSTEMD_UNIT_PATH": f"{folder}:"},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout


def test_systemd_finds_no_fault_in_the_units_with_all_that_may_be_added_to_them(here, need):
    need("systemd-analyze")
    units = [here / name for name in [*SERVICES, *OTHERS]]
    assert analyze("verify", "--man=no", *units, folder=here) == (0, "")
    conf = here / DROP_INS[0]
    conf.write_text(conf.read_text() + "LoadCredentials=a:/b\n")
    assert "Unknown key 'LoadCredentials' in section [Service]" in analyze("verify", "--man=no", *units, folder=here)[1]


@pytest.mark.parametrize("name", SERVICES)
def test_each_service_is_shut_off_from_what_it_has_no_use_for(name, here, need):
    need("systemd-analyze")
    words = ["security", "--offline=true", "--no-pager", f"--threshold={EXPOSED[name]}"]
    code, shown = analyze(*words, here / name, folder=here)
    assert code == 0, shown
    text = (here / name).read_text()
    for line in ("PrivateTmp=yes", "ProtectSystem=strict", "CapabilityBoundingSet=", "RestrictNamespaces=yes"):
        assert f"\n{line}\n" in text
        (here / name).write_text(text.replace(f"\n{line}\n", "\n"))
        assert analyze(*words, here / name, folder=here)[0] == 1, f"nobody misses {line}"


def test_all_services_are_shut_off_alike():
    first, *others = ((FOLDER / name).read_text() for name in SERVICES)
    block = re.search(r"^NoNewPrivileges=yes\n(?:.+\n)*?SystemCallErrorNumber=EPERM\n", first, re.M)[0]
    assert len(block.splitlines()) == 24
    assert all(block in each for each in others)


def command_of(unit):
    return shlex.split(unit.get("ExecStart"))


@pytest.mark.parametrize("name", ["feeds-sync.service", "feeds-metrics.service"])
def test_what_is_started_is_a_verb_with_options_that_there_are(name):
    words = command_of(Unit(FOLDER, name))
    assert words[:4] == ["/opt/feeds/.venv/bin/python", "-P", "-m", "feeds"]
    verb = main.get_command(click.Context(main), words[4])
    verb.make_parser(click.Context(verb)).parse_args(words[5:])


@pytest.mark.parametrize("name", SERVICES)
def test_each_setting_that_a_unit_gives_is_one_that_is_read(name):
    unit = Unit(FOLDER, name)
    own = {each for each in unit.environment if each.startswith("FEEDS_")}
    shared = set(re.findall(r"^([A-Z_]+)=", (FOLDER / "feeds.env").read_text(), re.M))
    assert own | shared <= settings()
    assert unit.get("EnvironmentFile") == "/etc/feeds/feeds.env"


@pytest.mark.parametrize("name", SERVICES)
def test_each_secret_is_a_file_that_systemd_hands_over_under_its_name(name):
    unit = Unit(FOLDER, name)
    named = {
        word for value in unit.environment.values() for word in re.findall(r"/run/credentials/\S+/([\w-]+)", value)
    }
    assert named == set(unit.credentials)
    for credential, path in unit.credentials.items():
        assert path == f"/etc/feeds/secrets/{credential}"
        if credential != "git-key":
            setting = f"FEEDS_{credential.upper().replace('-', '_')}"
            assert f"{setting}_FILE" in unit.environment
            assert setting in settings()
    assert "FEEDS_CALLBACK_SECRET" not in unit.environment


def test_whoever_stops_the_services_waits_longer_than_they_need():
    app, sync = Unit(FOLDER, "feeds-app.service"), Unit(FOLDER, "feeds-sync.service")
    assert int(app.get("TimeoutStopSec")) > run_path(str(ROOT / "gunicorn.conf.py"))["graceful_timeout"]
    assert int(sync.get("TimeoutStopSec")) > git.TIMEOUT_S
    assert sync.words("SuccessExitStatus") == [str(128 + signal.SIGTERM)]
    assert {app.get("KillMode"), sync.get("KillMode")} == {"mixed"}
    assert app.words("RestartPreventExitStatus") == [str(run_path(str(ROOT / "app.py"))["_CANNOT_LOAD"])]


def test_the_app_s_socket_is_there_before_it_and_stays_when_it_goes():
    app, held = Unit(FOLDER, "feeds-app.service"), Unit(FOLDER, "feeds-app.socket")
    assert "feeds-app.socket" in app.words("Requires")
    assert "feeds-app.socket" in app.words("After")
    assert command_of(app)[-1] == held.get("ListenStream")
    assert not {"BindsTo", "PartOf"} & {key for key, _ in held.settings}


def test_state_and_clone_lie_apart_and_each_service_writes_its_own_folders_alone():
    env = dict(re.findall(r"^([A-Z_]+)=(.*)$", (FOLDER / "feeds.env").read_text(), re.M))
    assert not Path(env["FEEDS_STATE"]).is_relative_to(env["FEEDS_CATALOG"])
    writes = {
        name: {*(f"/var/lib/{each}" for each in unit.words("StateDirectory")), *unit.words("ReadWritePaths")}
        for name, unit in ((name, Unit(FOLDER, name)) for name in SERVICES)
    }
    assert writes == {
        "feeds-app.service": {env["FEEDS_STATE"]},
        "feeds-sync.service": {"/var/lib/feeds", "/srv/feeds", "/srv/git"},  # the last by remote-here.conf
        "feeds-metrics.service": {"/var/lib/prometheus/node-exporter"},
    }
