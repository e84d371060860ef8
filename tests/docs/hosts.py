"""The samples of deploy/ci played as their hosts run them: a new workspace, a clone, the steps' own words in bash.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax and
https://docs.gitlab.com/ci/yaml/ say what a host does. Of the actions that a step may name, these are known: checking
out is a clone, setting Python up is done, an artifact is copied, and deploying puts it in the place of what is online.
"""

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from ruamel.yaml import YAML

from feeds.formats.mrss import guids
from tests.clones import ENVIRON, ROOT, git

GITHUB, GITLAB = ROOT / "deploy/ci/github.yml", ROOT / "deploy/ci/gitlab.yml"


def loaded(path):
    """Return a sample as YAML 1.2 has it, in which `on` is a word; keys written twice are refused."""
    return YAML(typ="safe", pure=True).load(path.read_text())


def shell(script, cwd, *, options=("-eo", "pipefail"), **environ):
    """Run a script as both hosts do, with what they give it, and return the exit code and all that it printed."""
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", *options, "-c", script],
        cwd=cwd, env={**ENVIRON, "HOME": str(cwd), **{name: str(value) for name, value in environ.items()}},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stdout
    return done.returncode, done.stdout


class Online:
    """A folder that is served at an address, and replaced as a whole by what a host deploys."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir(exist_ok=True)

    def deploy(self, artifact):
        new = Path(tempfile.mkdtemp(dir=self.folder.parent)) / "new"
        shutil.copytree(artifact, new)
        self.folder.rename(new.with_name("old"))
        new.rename(self.folder)

    def shows(self, user, segment=""):
        return guids((self.folder / segment / f"feeds/{user}.xml").read_bytes())


class Run:
    """What a run came to: `ran` is False where the host starts none, `failed` whether people see it fail."""

    def __init__(self, *, ran=True, failed=False, output=""):
        self.ran, self.failed, self.output = ran, failed, output


class GitHub:
    """Plays the job `publish`. `env` is what people change in the sample; `vars` and `secrets` are the repository's."""

    def __init__(self, clones, online, url, *, steps=None):
        self.clones, self.online = clones, online
        self.sample = loaded(GITHUB)
        self.job = self.sample["jobs"]["publish"]
        self.steps = steps or self.job["steps"]
        self.env = {**self.sample["env"], "FEEDS_SITE": url}
        self.vars, self.secrets, self.deploys = {"FEEDS_PUBLISHER": "ci"}, {}, True

    def push(self, commit="main"):
        """Play what a push starts whose last commit this is; the remote may have others since."""
        assert self.sample["on"]["push"] == {"branches": ["main"]}  # and no filter by paths
        message = git(self.clones.remote, "log", "-1", "--format=%B", commit)
        return self.run("push", {"head_commit": {"message": message}})

    def run(self, name="schedule", event=None, *, begin=False):
        assert name in self.sample["on"]
        workspace = Path(tempfile.mkdtemp(prefix="github-", dir=self.clones.root))
        known = {
            "github": {"workspace": str(workspace), "event_name": name, "ref": "refs/heads/main", "event": event or {}},
            "inputs": {"begin": begin}, "vars": self.vars, "secrets": self.secrets, "env": self.env, "steps": {},
        }  # fmt: skip
        if not value_of(self.job["if"], known):
            return Run(ran=False)
        output, failed = "", False
        for step in self.steps:
            if failed or ("if" in step and not value_of(step["if"], known)):
                continue
            code, said = self._do(step, workspace, known)
            output, failed = output + said, code != 0
        return Run(failed=failed, output=output)

    def _do(self, step, workspace, known):
        if "run" in step:
            outputs = workspace / "outputs"
            outputs.write_text("")
            environ = {**self.env, **filled(step.get("env", {}), known), "GITHUB_OUTPUT": outputs}
            done = shell(step["run"], workspace / step.get("working-directory", ""), **environ)
            if "id" in step:
                lines = dict(line.partition("=")[::2] for line in outputs.read_text().splitlines())
                known["steps"][step["id"]] = {"outputs": lines}
            return done
        return self._use(step["uses"].partition("@")[0], filled(step.get("with", {}), known), workspace)

    def _use(self, action, given, workspace):
        match action:
            case "actions/checkout" if "repository" in given:
                (workspace / given["path"]).symlink_to(ROOT)
            case "actions/checkout":
                assert (given["ref"], given["fetch-depth"]) == ("main", 0)
                git(workspace, "clone", "--quiet", self.clones.remote, given["path"])
            case "actions/setup-python":
                assert given == {"python-version": "3.11"}
            case "actions/upload-pages-artifact":
                shutil.copytree(workspace / given["path"], workspace / "artifact")
            case "actions/deploy-pages" if not self.deploys:
                return 1, "The deployment failed.\n"
            case "actions/deploy-pages":
                self.online.deploy(workspace / "artifact")
            case _:
                raise AssertionError(action)
        return 0, ""


class GitLab:
    """Plays the jobs `pages` and `findings`. `variables` are the project's own, as its settings hold them."""

    def __init__(self, clones, online, url):
        self.clones, self.online, self.deploys = clones, online, True
        self.sample = loaded(GITLAB)
        self.variables = {"FEEDS_PUBLISHER": "ci", "FEEDS_SITE": url, "CI_JOB_TOKEN": "glcbt-CANARY-51"}

    def run(self, **given):
        """Play a pipeline; what is given are the variables of one that was started by hand."""
        scratch = Path(tempfile.mkdtemp(prefix="gitlab-", dir=self.clones.root))
        catalog = scratch / "catalog"
        git(self.clones.root, "clone", "--quiet", self.clones.remote, catalog)
        git(catalog, "checkout", "--quiet", "--detach")  # a runner checks out a commit, and has no branch
        git(catalog, "branch", "--quiet", "-D", "main")
        url = "https://gitlab-ci-token@gitlab.example/nord/catalog.git"
        git(catalog, "config", f"url.{self.clones.remote}.insteadOf", url)
        pages, findings = self.sample["pages"], self.sample["findings"]
        known = {**self.sample["variables"], **pages["variables"], **self.variables, "CI_SERVER_HOST": "gitlab.example",
                 "CI_PROJECT_PATH": "nord/catalog", "CI_DEFAULT_BRANCH": "main", **given}  # fmt: skip
        environ = {name: re.sub(r"\$(\w+)", lambda its: known[its[1]], value) for name, value in known.items()}
        environ = {name: value.replace("/tmp/", f"{scratch}/") for name, value in environ.items()}
        words = "\n".join(pages["script"]).replace("/tmp/", f"{scratch}/").replace("/opt/feeds", str(ROOT))
        code, output = shell(words, catalog, **environ)
        if code == 0:
            artifacts = scratch / "artifacts"
            artifacts.mkdir()
            for path in pages["artifacts"]["paths"]:
                shutil.move(catalog / path, artifacts / path)
            if not self.deploys:
                return Run(failed=True, output=output)
            self.online.deploy(artifacts / "public")
            code, said = shell("\n".join(findings["script"]), artifacts)
            output += said
        assert environ["CI_JOB_TOKEN"] not in output
        return Run(failed=code != 0, output=output)


def filled(values, known):
    """Return values with each `${{ ... }}` in its place."""
    return {
        name: re.sub(r"\$\{\{(.*?)\}\}", lambda its: str(value_of(its[1], known) or ""), value)
        if isinstance(value, str) else value
        for name, value in values.items()
    }  # fmt: skip


_TOKEN = re.compile(r"\s*(?:('(?:[^']|'')*')|([\w-]+(?:\.[\w-]+)*)|(&&|\|\||[!=]=|[!(),]))")


def value_of(text, known):
    """Return the value of an expression, as far as the samples use them."""
    words, place = [], 0
    while text[place:].strip():
        found = _TOKEN.match(text, place)
        assert found, text
        string, name, sign = found.groups()
        if string:
            words.append(repr(string[1:-1].replace("''", "'")))
        elif name == "contains":
            words.append("contains")
        elif name:
            words.append(f"look({name!r})")
        else:
            words.append({"&&": " and ", "||": " or ", "!": " not "}.get(sign, sign))
        place = found.end()

    def look(name):
        value = known
        for part in name.split("."):
            value = (value or {}).get(part)
        return value

    return eval("".join(words), {"__builtins__": {}, "look": look, "contains": lambda its, part: part in (its or "")})
