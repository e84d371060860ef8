"""The sample for a build in shards: its scripts, run in order on real clones as GitHub runs them, make the site."""

import re
import shutil
import subprocess
import sys
from importlib.util import find_spec

import pytest

from feeds.building.site import Wish, build
from feeds.settings import Folders
from tests.clones import ROOT, Clones, git
from tests.docs.test_ci import NO_COMMIT, add_b3, break_bo, loaded, shell
from tests.sites import moment, tree

SAMPLE = ROOT / "deploy/ci/github-shards.yml"
SECRET = "Qm9zVt4KpLr8XwYz2NdEfGh1"


@pytest.fixture
def clones(tmp_path):
    return Clones(tmp_path)


def named(job, name):
    return next(each for each in loaded(SAMPLE)["jobs"][job]["steps"] if each.get("name") == name)


class Run:
    """One run of the workflow: each job in a workspace of its own, with what the jobs before have left.

    `secret` is the repository's secret FEEDS_SITE_PATH; one that isn't set is empty, as GitHub has it.
    """

    def __init__(self, clones, root, previous, secret=""):
        self.secret = secret
        self.clones, self.root, self.previous, self.commit = clones, root, previous, clones.head()
        self.code, self.output, self.said, self.site = None, "", "", root / "publish/site"

    def play(self, lost=()):
        jobs = loaded(SAMPLE)["jobs"]
        assert [name for name, job in jobs.items() if job.get("needs", "moment") == "moment"] == ["moment", "shard"]
        _, outputs = self._step("moment", "Fix the moment")
        self.at = outputs["at"]
        numbers = jobs["shard"]["strategy"]["matrix"]["number"][:2]  # as if there were no more
        for number in numbers:
            code, _ = self._step(
                "shard", "Build the shard", f"shard{number}", AT=self.at, NUMBER=number, COUNT=len(numbers)
            )
            assert code == 0, self.output
            if number not in lost:
                folder = self.root / "publish/shards" / f"shard-{number}"  # as download-artifact lays them out
                folder.mkdir(parents=True)
                for path in (self.root / f"shard{number}/shard").glob("*.shard"):
                    shutil.copy(path, folder)
        self.code, outputs = self._step("publish", "Join the shards", PREVIOUS=self.previous)
        self.said = self.output
        return outputs

    def _step(self, job, name, folder=None, **environ):
        workspace = self.root / (folder or job)
        workspace.mkdir(exist_ok=True, parents=True)
        if not (workspace / "catalog").exists():
            (workspace / "software").symlink_to(ROOT)
            git(self.root, "clone", "--quiet", self.clones.remote, workspace / "catalog")
            git(workspace / "catalog", "checkout", "--quiet", "--detach", self.commit)
        outputs = workspace / "outputs"
        outputs.write_text("")
        step = named(job, name)
        if step.get("env", {}).get("FEEDS_SITE_PATH") == "${{ secrets.FEEDS_SITE_PATH }}":
            environ["FEEDS_SITE_PATH"] = self.secret
        assert step.get("env", {}).keys() == environ.keys()
        code, self.output = shell(step["run"], workspace, GITHUB_OUTPUT=outputs, **environ)
        return code, dict(line.split("=", 1) for line in outputs.read_text().splitlines())


def whole(clones, at, root):
    catalog = root / "catalog"
    git(clones.root, "clone", "--quiet", clones.remote, catalog)
    build(Wish(Folders(catalog, root / "state"), root / "site", moment(at.removesuffix("Z")), 1))
    return tree(root / "site")


def test_the_jobs_of_the_matrix_and_the_join_publish_the_whole(clones, tmp_path):
    first = Run(clones, tmp_path / "first", "none")
    assert first.play() == {"code": "0"}
    assert tree(first.site) == whole(clones, first.at, tmp_path / "whole")
    assert len(tree(first.site)) == 3

    break_bo(clones.editor)
    clones.editor.user("anna", "a1", "a2", "a3", "a4", "a5")
    clones.editor.push("Break bo")
    second = Run(clones, tmp_path / "second", first.site)
    assert second.play() == {"code": "1"}
    assert "categry" in second.said
    now, before = tree(second.site), tree(first.site)
    assert [name for name in now if now[name] != before.get(name)] == ["feeds/anna.xml"]
    code, said = shell(named("publish", "Say what the build has found")["run"], tmp_path)
    assert code == 1
    assert said.startswith("::error::feeds build found something")

    add_b3(clones.editor)
    clones.editor.push("Mend bo")
    third = Run(clones, tmp_path / "third", "")
    assert third.play(lost=[2]) == {}
    assert third.code == 1
    assert third.said.startswith("::error::Set the variable FEEDS_SITE")
    third.code, outputs = third._step("publish", "Join the shards", PREVIOUS=second.site)
    assert (third.code, outputs) == (1, {})
    assert "Of 2 shards these are missing in shards: 2." in third.output
    assert not third.site.exists()


def test_a_secret_path_closes_what_the_matrix_publishes_and_without_its_secret_nothing_is(clones, tmp_path):
    text = (clones.editor.catalog / "catalog.yaml").read_text()
    clones.editor.write("catalog.yaml", text.replace("network:\n", "network:\n  access: [secret path]\n"))
    clones.editor.push("Close the site")
    closed = Run(clones, tmp_path / "closed", "none", SECRET)
    assert closed.play() == {"code": "0"}
    assert sorted(tree(closed.site)) == [
        f"{SECRET}/{name}" for name in ("feeds/anna.xml", "feeds/bo.xml", "users.json")
    ]
    assert SECRET not in closed.said
    assert f"/{SECRET}/feeds/anna.xml" in (closed.site / SECRET / "users.json").read_text()
    forgotten = Run(clones, tmp_path / "forgotten", "none")
    assert forgotten.play() == {}
    assert forgotten.code != 0
    assert "FEEDS_SITE_PATH is missing" in forgotten.said
    assert tree(forgotten.site) == {}


def test_the_sample_holds_to_its_host_s_schema(tmp_path, skip):
    if find_spec("check_jsonschema") is None:
        skip("check-jsonschema is missing: make .venv/.installed-dev")
    command = [sys.executable, "-m", "check_jsonschema", "--no-cache", "--builtin-schema", "vendor.github-workflows"]
    done = subprocess.run([*command, SAMPLE], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (tmp_path / "wrong.yml").write_text(SAMPLE.read_text().replace("    steps:", "    stepz:", 1))
    assert subprocess.run([*command, tmp_path / "wrong.yml"], capture_output=True, check=False).returncode == 1


def test_the_sample_uses_pinned_actions_and_puts_no_word_of_others_into_a_script():
    sample, text = loaded(SAMPLE), SAMPLE.read_text()
    steps = [each for job in sample["jobs"].values() for each in job["steps"]]
    used = [each["uses"] for each in steps if "uses" in each]
    assert len(used) == 10
    assert [each for each in used if not re.fullmatch(r"actions/[a-z/-]+@[0-9a-f]{40}", each)] == []
    assert all(re.search(rf"uses: {re.escape(each)}  # v\d+\.\d+\.\d+$", text, re.M) for each in used)
    assert {job["runs-on"] for job in sample["jobs"].values()} == {"ubuntu-24.04"}
    assert [each["run"] for each in steps if "${{" in each.get("run", "")] == []
    assert set(re.findall(r"secrets\.(\w+)", text)) == {"FEEDS_SITE_PATH"}
    assert sample["env"]["FEEDS_COMMIT"] == NO_COMMIT
    for each in steps:
        if each.get("uses", "").startswith("actions/checkout@"):
            assert each["with"]["persist-credentials"] is False


def test_the_sample_publishes_only_where_it_was_chosen_one_run_at_a_time_and_nothing_before_all_shards_are_there():
    sample = loaded(SAMPLE)
    jobs = sample["jobs"]
    assert jobs["moment"]["if"] == "vars.FEEDS_PUBLISHER == 'shards' && github.ref == 'refs/heads/main'"
    assert (jobs["shard"]["needs"], jobs["publish"]["needs"]) == ("moment", "shard")
    assert sample["concurrency"] == {"group": "publish", "cancel-in-progress": False}
    assert "pull_request" not in sample["on"]
    assert sample["permissions"] == {"contents": "read"}
    assert "permissions" not in jobs["shard"]
    numbers = jobs["shard"]["strategy"]["matrix"]["number"]
    assert numbers == list(range(1, len(numbers) + 1))
    assert named("shard", "Build the shard")["env"]["COUNT"] == "${{ strategy.job-total }}"
