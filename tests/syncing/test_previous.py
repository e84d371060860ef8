"""A publisher that keeps nothing, CI say: what is online tells it what a machine remembers."""

import shutil

import pytest

from feeds.commands._previous import bring_with_origins
from feeds.core.errors import BuildRefused, UsageError
from feeds.formats.mrss import guids
from tests.clones import Clones, Server, git, killed_within
from tests.sites import imported, tree, user_text

MANY = [f"m{number}" for number in range(12)]


class Runner(Server):
    """CI: each run has a clone and a state of its own, and replaces what is online by what it has built."""

    def __init__(self, clones):
        self.clones, self.online = clones, clones.root / "online"
        self.runs = len(list(clones.root.glob("run-*")))

    def run(self, previous=None, *, deploys=True, **wishes):
        """Run once, to the end or to what it raises; return the passes' troubles."""
        self.runs += 1
        super().__init__(self.clones.root, self.clones.remote, f"run-{self.runs}")
        before = bring_with_origins(str(previous or self.online), self.out, {})
        for _ in range(3):
            done = self.sync(previous=before, instance="ci", branch="main", **wishes)
            if not done.backlog:
                break
        assert done.backlog == 0
        if deploys:
            shutil.rmtree(self.online, ignore_errors=True)
            shutil.copytree(self.out, self.online)
        return done.troubles

    def shows(self, user):
        return guids((self.online / f"feeds/{user}.xml").read_bytes())

    def origins(self):
        return (self.online / "published.txt").read_text().splitlines()


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    root = tmp_path_factory.mktemp("published")
    clones = Clones(root)
    clones.editor.user("bo", *MANY)
    clones.editor.push()
    assert Runner(clones).run("none") == []
    return root


@pytest.fixture
def clones(published, tmp_path):
    return Clones.copied(published, tmp_path)


@pytest.fixture
def ci(clones):
    return Runner(clones)


def results_commit(clones):
    """Have the app's server push results."""
    server = Server(clones.root, clones.remote, f"app-{len(list(clones.root.iterdir()))}")
    server.happens(imported("a1", at="2026-11-21T10:00:00.000Z"))
    assert server.sync(site=False, take_over=True).pushed == clones.head()
    return server


def test_what_is_online_says_which_commits_it_was_built_from_newest_first(clones, ci):
    assert ci.origins() == [git(clones.remote, "rev-parse", "HEAD"), git(clones.remote, "rev-parse", "HEAD^")]
    clones.editor.user("bo", *MANY, "m12")
    clones.editor.push()
    former = ci.origins()
    assert ci.run() == []
    assert ci.shows("bo") == [*MANY, "m12"]
    assert ci.origins() == [git(clones.remote, "rev-parse", "HEAD"), git(clones.remote, "rev-parse", "HEAD^"), *former]


def test_a_run_with_nothing_new_commits_nothing_and_leaves_every_byte(clones, ci):
    before, head = tree(ci.online), clones.head()
    assert ci.run() == []
    assert (tree(ci.online), clones.head()) == (before, head)


def test_it_is_no_machine_and_leaves_no_mark(clones, ci):
    for number in range(2):
        clones.editor.user("bo", *MANY, f"n{number}")
        clones.editor.push()
        assert ci.run() == []
    files = git(clones.remote, "ls-tree", "-r", "--name-only", "main", "--", "results/ci").splitlines()
    assert files
    assert [each for each in files if not each.endswith(".yaml")] == []


def test_a_machine_s_results_folder_is_not_its_own_until_it_is_taken_over(clones, ci):
    server = clones.server_named("server-2")
    server.happens(imported("a1"))
    server.settle(instance="ci")
    clones.editor.user("bo", *MANY, "n1")
    clones.editor.push()
    with pytest.raises(UsageError, match=r"(?s)results/ci belongs to a machine .* FEEDS_INSTANCE.*--take-over"):
        ci.run()
    assert ci.run(take_over=True) == []
    clones.editor.user("bo", *MANY, "n2")
    clones.editor.push()
    assert ci.run() == []
    assert ci.shows("anna") == ["a2", "a3", "a4"]
    assert ci.shows("bo") == [*MANY, "n2"]


@pytest.mark.parametrize("meanwhile", ["results", "an edit", "a failed deployment"])
def test_a_word_that_allows_removals_counts_whatever_came_after_it(clones, ci, meanwhile):
    clones.editor.user("bo", "m0")
    clones.editor.push("Take videos out\n\nAllow-Removals: 11")
    if meanwhile == "results":
        results_commit(clones)
    elif meanwhile == "an edit":
        clones.editor.write("users/anna.yaml", user_text("anna", "a1", "a2", "a3", "a4", title="Anna"))
        clones.editor.push("Another edit")
    else:
        assert ci.run(deploys=False) == []
        assert len(ci.shows("bo")) == 12
    assert ci.run() == []
    assert ci.shows("bo") == ["m0"]


def test_a_word_counts_once(clones, ci):
    clones.editor.user("bo", "m0")
    clones.editor.push("Take videos out\n\nAllow-Removals: 11")
    assert ci.run() == []
    clones.editor.user("bo", *MANY)
    clones.editor.push("Add them again")
    assert ci.run() == []
    clones.editor.write("catalog.yaml", (clones.editor.catalog / "catalog.yaml").read_text() + "# a remark\n")
    clones.editor.user("bo", "m1")
    clones.editor.push("Oops")
    [trouble, *_] = ci.run()
    assert "Allow-Removals: 11" in trouble
    assert ci.shows("bo") == MANY


def test_a_revert_to_what_was_published_passes_and_one_to_what_never_was_does_not(clones, ci):
    refused = git(clones.editor.catalog, "rev-parse", "HEAD")
    clones.editor.user("bo", *(f"n{number}" for number in range(40)))
    clones.editor.push("Others\n\nAllow-Removals: 12")
    assert ci.run() == []
    git(clones.editor.catalog, "pull", "--quiet", "--rebase", "origin", "main")
    git(clones.editor.catalog, "checkout", "--quiet", refused, "--", "users", "catalog.yaml")
    clones.editor.push("Go back")
    assert ci.run() == []
    assert ci.shows("bo") == MANY
    clones.editor.user("bo", "m0")
    clones.editor.push("Oops")
    assert any("Allow-Removals: 11" in each for each in ci.run())
    oops = git(clones.editor.catalog, "rev-parse", "HEAD")
    clones.editor.user("bo", *MANY)
    clones.editor.push("Mend")
    assert ci.run() == []
    git(clones.editor.catalog, "checkout", "--quiet", oops, "--", "users")
    clones.editor.push("Oops again")
    assert any("Allow-Removals: 11" in each for each in ci.run())
    assert ci.shows("bo") == MANY


def test_while_a_head_is_refused_what_was_imported_leaves_all_the_same(clones, ci):
    clones.editor.user("bo", "m0")
    clones.editor.push("Oops")
    results_commit(clones)
    troubles = ci.run()
    assert troubles[-1].startswith("Until that is mended, the site goes on from ")
    assert (ci.shows("anna"), ci.shows("bo")) == (["a2", "a3", "a4"], MANY)
    assert ci.origins()[0] == git(clones.remote, "rev-parse", "HEAD^^^")  # before the edit, the results, and the notes


def test_a_user_whose_file_is_broken_keeps_what_is_online_but_for_what_was_imported(clones, ci):
    clones.editor.write("users/anna.yaml", user_text("anna", "a1", "a2", "a3", "a4", colour="blue"))
    clones.editor.push("Oops")
    results_commit(clones)
    ci.run()
    assert (ci.shows("anna"), ci.shows("bo")) == (["a2", "a3", "a4"], MANY)
    clones.editor.user("anna", "a1", "a2", "a3", "a4", "a5")
    clones.editor.push("Mend")
    assert ci.run() == []
    assert ci.shows("anna") == ["a2", "a3", "a4", "a5"]


def test_results_that_a_force_push_has_lost_are_put_back(clones, ci):
    before = clones.head()
    results_commit(clones)
    assert ci.run() == []
    git(clones.editor.catalog, "fetch", "--quiet")
    git(clones.editor.catalog, "reset", "--quiet", "--hard", before)
    clones.editor.push("Rewrite", "--force")
    assert clones.count("a1") == 0
    troubles = ci.run()
    assert any("had gone from" in each for each in troubles)
    assert ci.shows("anna") == ["a2", "a3", "a4"]
    assert clones.count("a1") == 1
    assert ci.run() == []


def test_events_that_could_not_be_put_back_yet_are_not_forgotten(clones, ci):
    before = clones.head()
    results_commit(clones)
    assert ci.run() == []
    git(clones.editor.catalog, "fetch", "--quiet")
    git(clones.editor.catalog, "reset", "--quiet", "--hard", before)
    clones.editor.push("Rewrite", "--force")
    clones.hook("pre-receive", "exit 1")
    assert "pre-receive hook declined" in ci.run()[0]  # and the site, which lacks nothing, goes online
    assert ci.shows("anna") == ["a2", "a3", "a4"]
    (clones.remote / "hooks/pre-receive").unlink()
    ci.run()
    assert ci.shows("anna") == ["a2", "a3", "a4"]
    assert clones.count("a1") == 1


def test_a_commit_that_nobody_has_any_more_stops_it_for_its_results_may_be_lost(clones, ci):
    path = ci.online / "published.txt"
    before = path.read_text()
    path.write_text(f"{'1' * 40}\n{before}")
    clones.editor.user("bo", *MANY, "n1")
    clones.editor.push()
    [trouble] = ci.run()
    assert f"git push origin {'1' * 40}:refs/heads/was-online" in trouble
    assert ci.shows("bo") == MANY
    assert path.read_text() == f"{'1' * 40}\n{before}"


@pytest.mark.parametrize("text", ["<html>Not here</html>\n", "", "1234\n", f"{'1' * 40}\n{'g' * 40}\n"])
def test_a_memory_that_can_not_be_read_stops_it(ci, text):
    (ci.online / "published.txt").write_text(text)
    with pytest.raises(BuildRefused, match=r"published\.txt doesn't name commits"):
        ci.run()
    assert not ci.out.exists()


def test_a_site_that_a_server_had_published_is_taken_over(clones, ci):
    (ci.online / "published.txt").unlink()
    clones.editor.user("bo", "m0")
    clones.editor.push("Take videos out\n\nAllow-Removals: 11")
    results_commit(clones)
    assert ci.run() == []
    assert ci.shows("bo") == ["m0"]
    assert ci.origins()[0] == git(clones.remote, "rev-parse", "HEAD")


def test_results_on_a_branch_of_their_own_are_remembered_too(clones, ci):
    wishes = {"results_branch": "feeds-results"}
    clones.editor.user("bo", *MANY, "n1")
    clones.editor.push()
    assert ci.run(**wishes) == []
    server = clones.server_named("app")
    server.happens(imported("a1"))
    assert server.sync(site=False, **wishes).pushed == clones.head("feeds-results")
    assert ci.run(**wishes) == []
    assert ci.origins()[0] == f"{clones.head()} {clones.head('feeds-results')}"
    git(clones.remote, "update-ref", "-d", "refs/heads/feeds-results")
    ci.run(**wishes)
    assert ci.shows("anna") == ["a2", "a3", "a4"]
    assert clones.count("a1", "feeds-results") == 1


def test_who_says_that_nothing_was_published_is_compared_with_nothing(clones, ci):
    clones.editor.user("bo", "m0")
    clones.editor.push("Oops")
    assert any("Allow-Removals: 11" in each for each in ci.run("events"))
    assert ci.run("none") == []
    assert ci.shows("bo") == ["m0"]


def test_events_that_tell_nothing_stop_a_run_that_relies_on_them(clones, ci):
    git(clones.editor.catalog, "pull", "--quiet", "--rebase", "origin", "main")
    shutil.rmtree(clones.editor.catalog / "results/ci")
    clones.editor.push("Lose what was noted")
    assert any("No `listed` event tells what was published before" in each for each in ci.run("events", deploys=False))
    assert not (ci.out / "users.json").exists()


def test_a_run_that_is_killed_anywhere_shows_nothing_and_the_next_one_does_it_all(clones, ci):
    clones.editor.user("bo", "m0", "n1")
    clones.editor.push("Take videos out\n\nAllow-Removals: 11")
    results_commit(clones)
    before, calls, kills = tree(ci.online), 5, 0
    while killed_within(lambda: ci.run(deploys=False), calls):
        calls, kills = calls + 37, kills + 1
        shutil.rmtree(clones.root / "run-2")
        assert tree(ci.online) == before
    assert kills >= 5
    ci.runs += 1
    assert ci.run() == []
    assert (ci.shows("anna"), ci.shows("bo")) == (["a2", "a3", "a4"], ["m0", "n1"])
    lines = [line for its in clones.results().values() for line in its if '"listed"' in line and '"n1"' in line]
    assert len(lines) == 1


def test_a_clone_that_lacks_the_results_branch_is_judged_with_it(clones, ci):
    wishes = {"results_branch": "feeds-results"}
    server = clones.server_named("app")
    server.happens(imported("a1"))
    server.sync(site=False, **wishes)
    for name in ("results/start/2026-11-20.yaml", "published.txt"):
        path = (clones.editor.catalog if "/" in name else ci.online) / name
        if "/" in name:
            server.happens(path.read_text())
        path.unlink()
    server.sync(site=False, **wishes)
    clones.editor.push("The adoptions are on the results' branch alone")
    git(clones.root, "clone", "--quiet", "--single-branch", clones.remote, "single")
    server = clones.server_named("run-single")
    shutil.rmtree(server.catalog)
    (clones.root / "single").rename(server.catalog)
    before = bring_with_origins(str(ci.online), server.out, {})
    done = server.sync(previous=before, instance="ci", **wishes)
    assert done.troubles == []
    assert guids((server.out / "feeds/anna.xml").read_bytes()) == ["a2", "a3", "a4"]


def test_a_machine_that_builds_nothing_carries_events_and_takes_the_catalog_in(clones):
    clones.editor.user("bo", *MANY, "n1")
    clones.editor.push()
    server = clones.server_named("app")
    server.happens(imported("a1"))
    done = server.sync(site=False)
    assert (done.carried, done.backlog, done.troubles, done.report) == (1, 0, [], None)
    assert not server.out.exists()
    assert (server.state / "checkout/users/bo.yaml").read_text() == user_text("bo", *MANY, "n1")
    assert git(server.catalog, "rev-parse", "HEAD") == clones.head()
    assert server.journalled() == []
    server.happens(imported("a1"))
    server.sync(site=False)
    assert clones.count("a1") == 1
