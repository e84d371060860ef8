"""The samples for hosts: their scripts do what they promise, run here as the hosts run them."""

import json
import os
import re
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from urllib.parse import parse_qs

import pytest
from ruamel.yaml import YAML

from tests.clones import ENVIRON, ROOT, Clones, git
from tests.docs.hosts import GITHUB, GITLAB, loaded, shell, value_of

NO_COMMIT = "0" * 40
TOKEN = "glpat-CANARY-51"


@pytest.fixture
def clones(tmp_path):
    return Clones(tmp_path)


@pytest.fixture
def workspace(tmp_path, clones):
    """Return the folder of a job at GitHub: the catalog and the software, checked out beside each other."""
    folder = tmp_path / "workspace"
    folder.mkdir()
    (folder / "software").symlink_to(ROOT)
    return folder


def step(job, name):
    """Return the script of a step at GitHub."""
    return next(each["run"] for each in loaded(GITHUB)["jobs"][job]["steps"] if each.get("name") == name)


def script(job):
    """Return the script of a job at GitLab, with the software where it is here."""
    lines = "\n".join(loaded(GITLAB)[job]["script"])
    assert "/opt/feeds/deploy/ci/feeds" in lines
    return lines.replace("/opt/feeds", str(ROOT))


def merge_request(clones, into, edit):
    """Have somebody edit on a branch; check out what merging it comes to, and return the two commits it came from."""
    base = clones.head()
    edit(clones.editor)
    git(clones.editor.catalog, "checkout", "--quiet", "-b", "change")
    git(clones.editor.catalog, "add", "--all")
    git(clones.editor.catalog, "commit", "--quiet", "-m", "Change")
    git(clones.editor.catalog, "push", "--quiet", "origin", "change")
    git(clones.root, "clone", "--quiet", clones.remote, into)
    git(into, "merge", "--quiet", "--no-ff", "-m", "Merge", "origin/change")
    return base, git(into, "rev-parse", "HEAD^2")


def add_b3(editor):
    editor.user("bo", "b1", "b2", "b3")


def break_bo(editor):
    editor.user("bo", {"guid": "b1", "categry": "tv"}, "b2")


def test_a_pull_request_s_fault_is_shown_at_its_line_and_fails_the_job(clones, workspace):
    merge_request(clones, workspace / "catalog", break_bo)
    steps = loaded(GITHUB)["jobs"]["check"]["steps"]
    folder = workspace / next(each["working-directory"] for each in steps if each.get("name") == "Check")
    code, output = shell(step("check", "Check"), folder)
    assert code == 1
    assert re.search(r"^::error file=users/bo\.yaml,line=5,col=\d+,title=unknown-key::.*categry", output, re.M)


def test_a_pull_request_s_plan_is_against_what_it_will_come_upon_and_stands_in_the_summary(clones, workspace):
    base, _ = merge_request(clones, workspace / "catalog", add_b3)
    summary = workspace / "summary"
    code, output = shell(step("check", "Plan"), workspace, GITHUB_STEP_SUMMARY=summary)
    assert (code, output) == (0, "")
    assert "### feeds plan: &#43;1 listed" in summary.read_text()
    assert base[:10] in summary.read_text()
    assert (workspace / "plan.md").read_text() == summary.read_text()


def test_a_plan_that_blocks_fails_the_job_and_is_shown_all_the_same(clones, workspace):
    merge_request(clones, workspace / "catalog", break_bo)
    summary = workspace / "summary"
    code, _ = shell(step("check", "Plan"), workspace, GITHUB_STEP_SUMMARY=summary)
    assert code == 1
    assert "**This blocks" in summary.read_text()


def test_a_stranger_s_module_in_the_catalog_is_not_imported(clones, workspace):
    def attack(editor):
        for name in ("yaml.py", "feeds/__init__.py", "click.py"):
            editor.write(name, "raise SystemExit(77)\n")

    merge_request(clones, workspace / "catalog", attack)
    code, output = shell(f"{ROOT}/deploy/ci/feeds check", workspace / "catalog")
    assert (code, output) == (0, "2 users with 6 videos: no faults.\n")


def test_what_programs_push_starts_no_run_and_a_word_without_files_does(clones):
    """GitHub's filters by paths skip a push that changes no file, and Allow-Removals may come in such a one."""
    clones.server.sync()
    message = git(clones.remote, "log", "-1", "--format=%B")
    assert "Feeds-Instance: " in message
    sample = loaded(GITHUB)
    assert sample["on"]["push"] == {"branches": ["main"]}
    told = {"event_name": "push", "ref": "refs/heads/main"}
    for text, runs in ((message, False), ("Take videos out\n\nAllow-Removals: 120\n", True)):
        known = {"github": {**told, "event": {"head_commit": {"message": text}}}, "vars": {"FEEDS_PUBLISHER": "ci"}}
        assert [bool(value_of(job["if"], known)) for job in sample["jobs"].values()] == [runs, runs]
    pattern = re.search(r"=~ /(.*)/m", loaded(GITLAB)["workflow"]["rules"][0]["if"])[1]
    assert re.search(pattern, message, re.M)
    assert loaded(GITLAB)["workflow"]["rules"][0]["when"] == "never"


@pytest.fixture
def api():
    """Serve GitLab's API as far as notes go; what it was sent is in `notes`."""
    notes = []

    class Notes(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            notes.append((self.path, self.headers["PRIVATE-TOKEN"], parse_qs(body)["body"][0]))
            self.send_response(201)
            self.end_headers()

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Notes) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/api/v4", notes
        server.shutdown()
        thread.join()


def test_a_merge_request_at_gitlab_gets_its_plan_as_a_comment_and_the_token_is_not_printed(clones, tmp_path, api, need):
    need("curl")
    url, notes = api
    base, head = merge_request(clones, tmp_path / "catalog", break_bo)
    git(tmp_path / "catalog", "checkout", "--quiet", head)
    given = {
        "CI_MERGE_REQUEST_DIFF_BASE_SHA": base,
        "CI_API_V4_URL": url,
        "CI_PROJECT_ID": 7,
        "CI_MERGE_REQUEST_IID": 3,
    }
    code, output = shell(script("plan"), tmp_path / "catalog", **given, FEEDS_COMMENT_TOKEN=TOKEN)
    plan = (tmp_path / "catalog/plan.md").read_text()
    assert code == 1
    assert "**This blocks" in plan
    assert notes == [("/api/v4/projects/7/merge_requests/3/notes", TOKEN, plan)]
    assert output == plan

    notes.clear()
    code, output = shell(script("plan"), tmp_path / "catalog", **given)
    assert (code, output, notes) == (1, (tmp_path / "catalog/plan.md").read_text(), [])


@pytest.mark.parametrize(
    ("path", "options"),
    [(GITHUB, ["vendor.github-workflows"]), (GITLAB, ["vendor.gitlab-ci", "--data-transform", "gitlab-ci"])],
    ids=["github", "gitlab"],
)
def test_the_samples_hold_to_their_host_s_schema(path, options, tmp_path, skip):
    if find_spec("check_jsonschema") is None:
        skip("check-jsonschema is missing: make .venv/.installed-dev")
    command = [sys.executable, "-m", "check_jsonschema", "--no-cache", "--builtin-schema", *options]
    done = subprocess.run([*command, path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    wrong = tmp_path / path.name
    wrong.write_text(
        path.read_text().replace("    steps:", "    stepz:", 1).replace("  script:", "  script: 7\n  x:", 1)
    )
    done = subprocess.run([*command, wrong], capture_output=True, text=True, check=False)
    assert done.returncode == 1


def test_what_the_samples_use_is_pinned():
    used = [each["uses"] for job in loaded(GITHUB)["jobs"].values() for each in job["steps"] if "uses" in each]
    assert len(used) >= 8
    assert [each for each in used if not re.fullmatch(r"actions/[a-z/-]+@[0-9a-f]{40}", each)] == []
    assert all(re.search(rf"uses: {re.escape(each)}  # v\d+\.\d+\.\d+$", GITHUB.read_text(), re.M) for each in used)
    assert {job["runs-on"] for job in loaded(GITHUB)["jobs"].values()} == {"ubuntu-24.04"}
    assert re.fullmatch(r"python:3\.11\.\d+-bookworm", loaded(GITLAB)["default"]["image"])
    assert loaded(GITHUB)["env"]["FEEDS_COMMIT"] == loaded(GITLAB)["variables"]["FEEDS_COMMIT"] == NO_COMMIT


def test_a_pull_request_gets_no_right_and_no_word_into_a_script():
    sample = loaded(GITHUB)
    assert "pull_request_target" not in sample["on"]
    assert sample["permissions"] == {"contents": "read"}
    assert sample["jobs"]["check"]["permissions"] == {"contents": "read", "pull-requests": "write"}
    scripts = [each["run"] for job in sample["jobs"].values() for each in job["steps"] if "run" in each]
    assert [each for each in scripts if "${{" in each or "set -x" in each] == []
    assert "secrets." not in json.dumps(sample["jobs"]["check"])
    for each in sample["jobs"]["check"]["steps"]:
        if each.get("uses", "").startswith("actions/checkout@"):
            assert each["with"]["persist-credentials"] is False


def test_one_publisher_runs_at_a_time_and_only_where_it_was_chosen():
    publish = loaded(GITHUB)["jobs"]["publish"]
    assert publish["concurrency"] == {"group": "publish", "cancel-in-progress": False}
    assert publish["if"].startswith("vars.FEEDS_PUBLISHER == 'ci' && github.event_name != 'pull_request'")
    assert "schedule" in loaded(GITHUB)["on"]
    pages = loaded(GITLAB)["pages"]
    assert (pages["resource_group"], pages["interruptible"]) == ("publish", False)
    assert all(each["if"].startswith('$FEEDS_PUBLISHER == "ci" &&') for each in pages["rules"])


@pytest.fixture
def hooked(clones):
    """Return a clone whose Git asks the hook of .pre-commit-hooks.yaml before each commit, as pre-commit calls it."""
    (hook,) = YAML(typ="safe", pure=True).load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert (hook["id"], hook["language"]) == ("feeds-check", "script")
    assert (hook["pass_filenames"], hook["always_run"]) == (False, True)
    path = clones.editor.catalog / ".git/hooks/pre-commit"
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\nexec {ROOT}/{hook['entry']}\n")
    path.chmod(0o755)
    return clones.editor


def test_a_commit_that_breaks_the_catalog_is_refused_and_a_sound_one_is_made(hooked):
    before = git(hooked.catalog, "rev-parse", "HEAD")
    break_bo(hooked)
    git(hooked.catalog, "add", "--all")
    done = subprocess.run(
        ["git", "commit", "--quiet", "-m", "Break"], cwd=hooked.catalog, env=ENVIRON | {"HOME": os.environ["HOME"]},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert 'users/bo.yaml:5:63: error[unknown-key] bo-name > videos > "Title of b1" > categry' in done.stderr
    assert git(hooked.catalog, "rev-parse", "HEAD") == before
    add_b3(hooked)
    git(hooked.catalog, "add", "--all")
    git(hooked.catalog, "commit", "--quiet", "-m", "Add b3")
    assert git(hooked.catalog, "rev-parse", "HEAD^") == before
