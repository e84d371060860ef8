"""What comes from elsewhere is pinned and hashed, names no place to get it from, and is audited, or said not to be."""

import json
import re
import subprocess
import sys
import threading
import tomllib
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from runpy import run_path

import pytest

import feeds

ROOT = Path(__file__).parents[1]
PINNED = ["requirements", "requirements-s3", "requirements-dev", "requirements-bench"]
AUDIT = run_path(str(ROOT / ".ci/audit.py"))["audit"]
PIP_AUDIT = str(Path(sys.executable).with_name("pip-audit"))


def entries(name):
    """Return the requirements of a compiled file: what stands at a line's beginning, with what is folded below it."""
    text = re.sub(r"^#.*\n|^ +#.*\n", "", (ROOT / f"{name}.txt").read_text(), flags=re.M)
    return [each for each in text.replace("\\\n", " ").splitlines() if each.strip()]


@pytest.mark.parametrize("name", PINNED)
def test_each_requirement_is_one_exact_version_with_hashes_and_nothing_else_stands_there(name):
    assert len(entries(name)) >= 3
    form = re.compile(r"[a-z0-9][a-z0-9._-]*==[\w.!+]+( *; .*?)? +(--hash=sha256:[0-9a-f]{64} *)+")
    assert [each for each in entries(name) if not form.fullmatch(each)] == []


@pytest.mark.parametrize("name", PINNED)
def test_what_is_asked_for_is_exact_and_is_what_was_compiled(name):
    lines = (ROOT / f"{name}.in").read_text().splitlines()
    asked = [each for each in lines if each and not each.startswith(("#", "-c "))]
    assert [each for each in asked if not re.fullmatch(r"[\w.\[\]-]+==[\w.]+", each)] == []
    assert {normal(each) for each in asked} - {normal(each.split()[0]) for each in entries(name)} == set()


def normal(requirement):
    """Return name and version, the name as PyPI compares it, without extras."""
    name, _, version = requirement.partition("==")
    return re.sub(r"[-_.]+", "-", name.partition("[")[0]).lower(), version


def test_no_file_of_the_project_tells_pip_where_to_get_packages_from():
    known = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    words = re.compile(r"--(extra-)?index-url[ =]\S|--find-links[ =]\S|--trusted-host[ =]\S|PIP_(EXTRA_)?INDEX_URL=\S")
    files = [
        name for name in known if re.search(r"requirements|Makefile|\.ci/|Dockerfile|\.ya?ml$|\.toml$|\.sh$", name)
    ]
    assert {"Makefile", "requirements.txt", "pyproject.toml"} <= set(files)
    assert [name for name in files if (ROOT / name).is_file() and words.search((ROOT / name).read_text())] == []


def test_the_licence_and_the_version_are_told_once_each():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert (project["license"], project["license-files"]) == ("MIT", ["LICENSE"])
    assert (ROOT / "LICENSE").read_text().startswith("MIT License\n\nCopyright (c) 2026 the feeds authors\n")
    assert project["version"] == feeds.__version__


# -- the audit


@pytest.fixture
def requirements(tmp_path, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    path = tmp_path / "requirements.txt"
    path.write_text("".join(f"{name}==1.0 --hash=sha256:{'0' * 64}\n" for name in ("flask", "lxml")))
    return [str(path)]


@contextmanager
def advisories(status=200, **by_name):
    """Answer as the OSV database does (https://google.github.io/osv.dev/post-v1-query/); yield pip-audit's command."""

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self):
            name = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["package"]["name"]
            body = json.dumps({"vulns": by_name[name]} if name in by_name else {}).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield [PIP_AUDIT, "-s", "osv", "--osv-url", f"http://127.0.0.1:{server.server_address[1]}/v1/query"]
        finally:
            server.shutdown()
            thread.join()


def test_what_is_known_against_a_package_fails_the_audit_with_its_name_and_the_version_that_mends_it(requirements):
    ranges = [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1.1"}]}]
    affected = [{"package": {"name": "lxml", "ecosystem": "PyPI"}, "ranges": ranges}]
    fault = {"id": "PYSEC-2026-1", "summary": "A hole", "affected": affected, "published": "2026-01-01T00:00:00Z"}
    with advisories(lxml=[fault]) as command:
        assert AUDIT(requirements, command) == (1, "lxml 1.0: PYSEC-2026-1, mended in 1.1. A hole")


def test_packages_that_nothing_is_known_against_pass(requirements):
    with advisories() as command:
        assert AUDIT(requirements, command) == (0, "2 packages audited, nothing is known against them.")


def test_a_service_that_is_down_is_no_pass_and_is_told(requirements):
    with advisories(status=503) as command:
        code, said = AUDIT(requirements, command)
    assert (code, said.partition(" (")[0]) == (3, "Not audited: the advisory service gave no answer")
    assert AUDIT(requirements, command)[0] == 3  # and nobody listens there any more


@pytest.mark.parametrize(
    ("dependencies", "words"),
    [
        ([("flask", None), ("lxml", None)], "of 2 packages the advisory service doesn't know any."),
        ([("flask", "1.0"), ("lxml", None)], "of 2 packages the advisory service doesn't know lxml."),
    ],
)
def test_a_mirror_that_answers_not_found_is_no_pass_though_pip_audit_says_so(tmp_path, dependencies, words):
    """As recorded from pip-audit 2.10.1 where PyPI's own address answers 404: it ends with 0."""
    record = [
        {"name": name, "version": version, "vulns": []}
        if version
        else {"name": name, "skip_reason": f"Dependency not found on PyPI and could not be audited: {name} (1.0)"}
        for name, version in dependencies
    ]
    program = tmp_path / "pip-audit"
    program.write_text(f"#!/bin/sh\ncat <<'END'\n{json.dumps({'dependencies': record, 'fixes': []})}\nEND\n")
    program.chmod(0o755)
    code, said = AUDIT(["requirements.txt"], [str(program)])
    assert code == 3
    assert said.startswith("Not audited: ")
    assert words in said


def test_a_file_that_can_not_be_audited_at_all_fails(tmp_path):
    (tmp_path / "requirements.txt").write_text("flask==1.0\n")
    code, said = AUDIT(
        [str(tmp_path / "requirements.txt")], [PIP_AUDIT, "-s", "osv", "--osv-url", "http://127.0.0.1:1"]
    )
    assert code == 1
    assert said.startswith("pip-audit ended with 1: ")
