""".env.example: every setting, once, in a form that shells, systemd and Docker read alike, and no secret that works."""

import re
import subprocess
import sys
from functools import partial

import pytest

from feeds.access_settings import access_settings, site_login
from feeds.core.access import Way
from feeds.core.errors import UsageError
from feeds.settings import PLACEHOLDER, app_settings, dailymotion_settings, notify_url
from feeds.web.settings import link_settings, web_settings
from tests.clones import ENVIRON, ROOT
from tests.docs.test_named import ENV_EXAMPLE, settings

GIVEN = dict(re.findall(r"^(FEEDS_[A-Z_]+)=(.*)$", ENV_EXAMPLE, re.M))
ALL = dict(re.findall(r"^#?(FEEDS_[A-Z_]+)=(.*)$", ENV_EXAMPLE, re.M))
SECRETS = {name.removesuffix("_FILE") for name in settings() if name.endswith("_FILE")}


def test_each_secret_is_a_placeholder_or_the_path_of_a_file():
    assert len(SECRETS) >= 6
    assert {ALL[name] for name in SECRETS} == {PLACEHOLDER}
    assert all(ALL[f"{name}_FILE"].startswith("/etc/feeds/secrets/") for name in SECRETS)


READERS = {
    app_settings: ["FEEDS_CALLBACK_SECRET"],
    link_settings: ["FEEDS_SECRET_KEY"],
    web_settings: ["FEEDS_SECRET_KEY", "FEEDS_DAILYMOTION_SECRET", "FEEDS_DAILYMOTION_PASSWORD"],
    dailymotion_settings: ["FEEDS_DAILYMOTION_SECRET", "FEEDS_DAILYMOTION_PASSWORD"],
    notify_url: ["FEEDS_NOTIFY_URL"],
    partial(access_settings, ways=list(Way)): ["FEEDS_SITE_PATH", "FEEDS_SITE_USERS"],
    site_login: ["FEEDS_SITE_LOGIN"],
}


def test_who_reads_each_secret_is_known_here():
    assert {name for names in READERS.values() for name in names} == SECRETS


@pytest.mark.parametrize(("read", "names"), READERS.items())
def test_no_placeholder_is_taken_for_a_secret(read, names, tmp_path):
    given = {name: value for name, value in ALL.items() if not name.endswith("_FILE")}
    for environ in (given, with_files(given, tmp_path)):
        with pytest.raises(UsageError) as refused:
            read(environ)
        for name in names:
            assert re.search(rf"{name}(_FILE)? still has the placeholder of \.env\.example\. Put", str(refused.value))


def with_files(environ, folder):
    """Return the same settings with each secret in a file."""
    for name in SECRETS:
        (folder / name).write_text(f"{environ[name]}\n")
    named = {f"{name}_FILE": str(folder / name) for name in SECRETS}
    return {name: value for name, value in environ.items() if name not in SECRETS} | named


def test_an_app_that_is_given_the_file_as_it_is_refuses_to_start():
    done = subprocess.run(
        [sys.executable, "-m", "gunicorn", "--bind", "127.0.0.1:0"],
        cwd=ROOT, env=ENVIRON | GIVEN, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode != 0
    assert "FEEDS_CALLBACK_SECRET still has the placeholder of .env.example." in done.stderr


def test_a_shell_reads_what_systemd_and_docker_read():
    """Both take a line as it stands: https://www.freedesktop.org/software/systemd/man/latest/systemd.exec.html ."""
    everything = re.sub(r"^#(?=FEEDS_)", "", ENV_EXAMPLE, flags=re.M)
    done = subprocess.run(
        ["sh", "-c", 'set -a; . /dev/stdin; set +a; env'], input=everything, env={"PATH": ENVIRON["PATH"]},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    read = dict(line.split("=", 1) for line in done.stdout.splitlines() if line.startswith("FEEDS_"))
    assert done.stderr == ""
    assert read == ALL
    assert [value for value in ALL.values() if re.search(r"[\s\"'$\\#]", value)] == []
