"""CI as the publisher, end to end: deploy/ci as its hosts run it, what is online, and the app's server beside."""

import json
import re
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import pytest
from ruamel.yaml import YAML

from feeds.formats.mrss import guids
from tests.bucket import Bucket
from tests.clones import ROOT, Clones, git
from tests.closed_site import serving
from tests.docs.hosts import GitHub, GitLab, Online
from tests.serving import SECRET, Gunicorn
from tests.sites import imported, tree, user_text

MANY = [f"b{number}" for number in range(1, 13)]


class World:
    """A network in Git, what is online of it, and the app's machine."""

    def __init__(self, clones):
        self.clones, self.editor, self.online = clones, clones.editor, Online(clones.root / "online")
        self.editor.pushed = True
        self.server = self.app = None

    def pushed(self, message="Edit"):
        """Have the editor push, and return the commit."""
        self.editor.push(message)
        return self.clones.head()

    def called_back(self, guid):
        """Have Dailymotion tell the app of an import, over HTTP, and its server carry that."""
        if self.app is None:
            self.server = self.clones.server_named("app")
            self.app = Gunicorn(self.server.state)
            self.app.start()
        data = {"status": "ready", "uid": guid, "remote_id": f"x-{guid}"}
        event = {"timestamp": 1407770138078, "type": "injector.item.ready", "data": data}
        url = f"http://127.0.0.1:{self.app.port}/callback/{SECRET}"
        with urllib.request.urlopen(urllib.request.Request(url, json.dumps([event]).encode())) as answer:
            assert json.load(answer) == {"received": 1, "recorded": 1, "unclear": 0}
        self.carry()

    def carry(self):
        done = self.server.run("--no-site")
        assert (done.returncode, done.stderr) == (0, "")

    def shows(self):
        return self.online.shows("anna"), self.online.shows("bo")


@pytest.fixture(scope="module")
def begun(tmp_path_factory):
    """Return a network that CI has published once."""
    root = tmp_path_factory.mktemp("begun")
    world = World(Clones(root))
    world.editor.user("bo", *MANY)
    world.pushed()
    run = GitHub(world.clones, world.online, "http://127.0.0.1:9").run("workflow_dispatch", begin=True)
    assert (run.failed, world.shows()) == (False, (["a1", "a2", "a3", "a4"], MANY))
    return root


@pytest.fixture
def world(begun, tmp_path):
    world = World(Clones.copied(begun, tmp_path))
    with serving(world.online.folder) as site:
        world.url = site.url.rstrip("/")
        yield world
    if world.app:
        world.app.close()


@pytest.fixture
def github(world):
    return GitHub(world.clones, world.online, world.url)


def test_a_week_of_a_network_that_ci_publishes(world, github):
    """An edit, an import, a removal that was allowed, a revert, a mistake, a broken file, a site that isn't whole."""
    world.editor.user("bo", *MANY, "b13")
    edit = world.pushed()
    world.called_back("a1")
    assert not github.push().ran  # of the app's results
    assert github.push(edit).failed is False
    assert world.shows() == (["a2", "a3", "a4"], [*MANY, "b13"])

    world.editor.user("bo", "b1")
    run = github.push(world.pushed("Oops"))
    assert run.failed
    assert "Allow-Removals: 12" in run.output
    assert "feeds sync found something" in run.output
    edit = world.pushed("Meant\n\nAllow-Removals: 12")
    world.called_back("a2")
    assert git(world.clones.remote, "log", "-1", "--format=%an") == "feeds"  # the head when the edit's run begins
    github.deploys = False
    assert github.push(edit).failed
    assert world.shows() == (["a2", "a3", "a4"], [*MANY, "b13"])
    github.deploys = True
    assert github.run().failed is False
    assert world.shows() == (["a3", "a4"], ["b1"])

    world.editor.user("bo", *MANY, *(f"n{number}" for number in range(20)))
    assert github.push(world.pushed()).failed is False
    assert len(world.online.shows("bo")) == 32
    world.editor.user("bo", "b1")
    assert github.push(world.pushed("Go back")).failed is False
    assert world.shows() == (["a3", "a4"], ["b1"])

    world.editor.user("bo", "b1", "b2")
    world.editor.write("users/anna.yaml", user_text("anna", "a3", "a4", colour="blue"))
    edit = world.pushed("Break anna's file")
    world.called_back("a3")
    run = github.push(edit)
    assert run.failed
    assert "colour" in run.output
    assert world.shows() == (["a4"], ["b1", "b2"])

    world.editor.user("anna", "a1", "a2", "a3", "a4", "a5")
    edit, whole = world.pushed("Mend"), tree(world.online.folder)
    (world.online.folder / "feeds/bo.xml").rename(world.online.folder / "feeds/away")
    run = github.push(edit)
    assert run.failed
    assert "feeds/bo.xml is missing" in run.output
    (world.online.folder / "feeds/away").rename(world.online.folder / "feeds/bo.xml")
    assert tree(world.online.folder) == whole
    assert github.run().failed is False
    assert world.shows() == (["a4", "a5"], ["b1", "b2"])
    results = world.clones.results()
    noted = {path.split("/")[1] for path, lines in results.items() for line in lines if '"listed"' in line}
    assert noted == {"ci"}


def test_the_first_publication_has_to_be_asked_for(world, github):
    for path in [*world.online.folder.iterdir()]:
        path.rename(world.clones.root / path.name)
    run = github.run("workflow_dispatch")
    assert run.failed
    assert "has no users.json" in run.output
    assert "--previous none" in run.output
    assert tree(world.online.folder) == {}


def test_runs_at_once_note_everything_once_and_a_force_push_lists_nothing_again(world, github):
    begun = world.clones.head()
    world.server = world.clones.server_named("app")
    world.server.happens(imported("a1"))
    world.carry()
    world.editor.user("bo", *MANY, "b13")
    world.pushed()
    second = GitHub(world.clones, Online(world.clones.root / "elsewhere"), world.url)
    with ThreadPoolExecutor(2) as pool:
        runs = [each.result() for each in [pool.submit(github.run), pool.submit(second.run)]]
    assert [each.failed for each in runs] == [False, False]
    assert world.shows() == (["a2", "a3", "a4"], [*MANY, "b13"])
    assert second.online.shows("bo") == [*MANY, "b13"]
    assert world.clones.count("a1") == 1

    git(world.editor.catalog, "fetch", "--quiet")
    git(world.editor.catalog, "reset", "--quiet", "--hard", begun)
    world.editor.user("bo", *MANY, "b14")
    world.editor.push("Rewrite", "--force")
    assert world.clones.count("a1") == 0
    run = github.push()
    assert run.failed
    assert "had gone from" in run.output
    assert world.shows() == (["a2", "a3", "a4"], [*MANY, "b14"])
    assert world.clones.count("a1") == 1


def test_what_could_not_be_noted_is_not_shown_and_a_broken_catalog_lets_imported_videos_go_alone(world, github):
    whole = tree(world.online.folder)
    world.editor.user("bo", *MANY, "b13")
    world.pushed()
    world.clones.hook("pre-receive", "exit 1")
    run = github.run()
    assert run.failed
    assert "1 event waits in the journal" in run.output
    assert tree(world.online.folder) == whole
    (world.clones.remote / "hooks/pre-receive").unlink()
    world.editor.write("catalog.yaml", "network: {}\n")
    world.pushed("Break it all")
    world.server = world.clones.server_named("app")
    world.server.happens(imported("a1"))
    world.carry()
    run = github.run()
    assert run.failed
    assert "catalog.yaml:1" in run.output
    assert "feeds sync found something" in run.output
    assert world.shows() == (["a2", "a3", "a4"], MANY)


def test_a_site_with_a_secret_in_its_addresses_lies_below_it_and_is_found_there(world, github):
    new, old = "new-CANARY-0123456789abcdefghij", "old-CANARY-0123456789abcdefghij"
    world.editor.network(access=["secret path"])
    github.secrets["FEEDS_SITE_PATH"] = old
    assert github.push(world.pushed()).failed is False
    assert {path.name for path in world.online.folder.iterdir()} == {old}
    github.secrets["FEEDS_SITE_PATH"] = f"{new},{old}"
    world.editor.user("bo", "b1")
    run = github.push(world.pushed("Oops"))
    assert (run.failed, "11 of 12 of bo" in run.output) == (True, True)  # compared with what is at the old addresses
    assert world.online.shows("bo", new) == world.online.shows("bo", old) == MANY
    github.secrets["FEEDS_SITE_PATH"] = new
    world.editor.pull()
    git(world.editor.catalog, "commit", "--quiet", "--allow-empty", "-m", "Meant\n\nAllow-Removals: 11")
    git(world.editor.catalog, "push", "--quiet", "origin", "HEAD:main")
    run = github.push()
    assert (run.failed, world.online.shows("bo", new)) == (False, ["b1"])
    assert {path.name for path in world.online.folder.iterdir()} == {new}
    assert "CANARY" not in run.output


@pytest.fixture
def bucket():
    bucket = Bucket()
    yield bucket
    bucket.close()


def test_the_step_of_the_docs_publishes_to_object_storage(world, github, bucket):
    text = re.search(r"```yaml\n(.*?)```", (ROOT / "docs/ci.md").read_text(), re.DOTALL)[1]
    (step,) = YAML(typ="safe", pure=True).load(text)
    installs, publishes = step["run"].splitlines()
    assert installs == "make --silent -C software s3"  # which is done here
    github.steps = [*github.steps[:3], {**step, "run": publishes}]
    assert next(each["name"] for each in github.job["steps"] if "run" in each) == step["name"]
    github.env |= {name: value for name, value in bucket.environ.items() if name not in step["env"]}
    github.secrets = {name: bucket.environ[name] for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
    bucket.client.create_bucket(Bucket="nord-feeds")
    readers = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::nord-feeds/*"}
    policy = {"Version": "2012-10-17", "Statement": [readers]}
    bucket.client.put_bucket_policy(Bucket="nord-feeds", Policy=json.dumps(policy))
    github.env["FEEDS_SITE"] = f"{bucket.url}/nord-feeds/site"

    def shows(user):
        return guids(bucket.client.get_object(Bucket="nord-feeds", Key=f"site/feeds/{user}.xml")["Body"].read())

    assert github.run().failed  # nothing is there yet
    run = github.run("workflow_dispatch", begin=True)
    assert (run.failed, shows("bo")) == (False, MANY)
    world.editor.user("bo", "b1")
    run = github.push(world.pushed("Oops"))
    assert (run.failed, "Allow-Removals: 11" in run.output, shows("bo")) == (True, True, MANY)
    world.editor.user("bo", *MANY, "b13")
    assert github.push(world.pushed()).failed is False
    assert shows("bo") == [*MANY, "b13"]
    origins = bucket.client.get_object(Bucket="nord-feeds", Key="site/published.txt")["Body"].read()
    assert origins.split()[0].decode() == world.clones.head()


def test_gitlab_s_pages_do_the_same(world):
    gitlab = GitLab(world.clones, world.online, "http://127.0.0.1:9")
    assert gitlab.run().failed  # nobody answers there
    assert gitlab.run(FEEDS_PREVIOUS="none").failed is False
    gitlab.variables["FEEDS_SITE"] = world.url
    world.editor.user("bo", "b1")
    world.pushed("Take videos out\n\nAllow-Removals: 11")
    world.server = world.clones.server_named("app")
    world.server.happens(imported("a1"))
    world.carry()
    whole = tree(world.online.folder)
    world.clones.hook("pre-receive", "exit 1")
    assert gitlab.run().failed
    assert tree(world.online.folder) == whole
    (world.clones.remote / "hooks/pre-receive").unlink()
    gitlab.deploys = False
    assert gitlab.run().failed
    gitlab.deploys = True
    assert gitlab.run().failed is False
    assert world.shows() == (["a2", "a3", "a4"], ["b1"])
    world.editor.write("users/anna.yaml", user_text("anna", "a1", colour="blue"))
    world.pushed("Break anna's file")
    run = gitlab.run()
    assert run.failed
    assert "feeds sync has found something" in run.output
    assert world.shows() == (["a2", "a3", "a4"], ["b1"])
