"""A pass of the sync: events reach Git once and last, editors' pushes reach the site, and nothing undoes an import."""

import fcntl
import json
import os
import threading
import time

import pytest

from feeds.core.errors import StorageError, UsageError
from feeds.settings import Folders
from feeds.storage.repository import Repository
from feeds.syncing.sync import Plan, sync
from tests.clones import Server, git
from tests.sites import Site, adopted, imported, line, tree, user_text


def test_an_event_leaves_its_feed_and_is_on_the_remote_once_in_the_file_of_its_day(synced):
    server = synced.server
    server.happens(imported("a1") + imported("a2", at="2026-11-22T10:00:00.000Z"))
    done = server.sync()
    assert server.listed("anna") == ["a3", "a4"]
    results = synced.results()
    assert [json.loads(each[2:])["guid"] for each in results["results/main/2026-11-21.yaml"]] == ["a1"]
    assert [json.loads(each[2:])["guid"] for each in results["results/main/2026-11-22.yaml"]] == ["a2"]
    assert (done.pushed, done.carried, done.backlog, done.troubles) == (synced.head(), 3, 0, [])


def test_the_same_event_twice_in_the_journal_is_one_line(synced):
    synced.server.happens(imported("a1", "a1"))
    synced.server.settle()
    synced.server.happens(imported("a1"))
    synced.server.settle()
    assert synced.count("a1") == 1


def test_a_commit_says_to_people_and_to_machines_what_it_brings(synced):
    synced.server.happens(imported("a1") + line("import_failed", guid="a2", status="error", raw="{}"))
    synced.server.sync()
    assert git(synced.remote, "log", "-1", "--format=%an%n%B", "main") == (
        "feeds\nRecord 1 import failed, 1 imported, 1 listed\n\nFeeds-Instance: main\nFeeds-Events: 3"
    )
    trailers = git(synced.remote, "log", "-1", "--format=%(trailers:key=Feeds-Events,valueonly)", "main")
    assert trailers == "3"


def test_a_pass_with_nothing_new_commits_and_writes_nothing(synced):
    head, before = synced.head(), tree(synced.server.out)
    done = synced.server.sync()
    assert (done.pushed, done.written, synced.head(), tree(synced.server.out)) == (None, 0, head, before)


def test_what_editors_push_reaches_the_site_and_the_clone(synced):
    synced.editor.pull()
    synced.editor.user("bo", "b1", "b2", "b3")
    synced.editor.push()
    synced.server.settle()
    assert synced.server.listed("bo") == ["b1", "b2", "b3"]
    assert (synced.server.catalog / "users" / "bo.yaml").read_text() == user_text("bo", "b1", "b2", "b3")
    assert synced.server.status() == ""


def test_an_editor_who_pushes_while_events_arrive_conflicts_with_nothing(synced):
    for number in range(1, 4):
        synced.server.happens(imported(f"a{number}"))
        synced.server.sync()
        synced.editor.user("bo", *(f"b{each}" for each in range(number + 2)))
        synced.editor.push()
    assert synced.server.settle().troubles == []
    assert synced.server.listed("anna") == ["a4"]
    assert len(synced.server.listed("bo")) == 5


def large(raw_bytes, *guids):
    at = "2026-11-21T10:00:00.000Z"
    return "".join(line("imported", at, guid=guid, remote_id=f"x-{guid}", raw="x" * raw_bytes) for guid in guids)


def test_a_day_of_many_events_is_carried_into_several_files_and_each_event_into_one(synced):
    synced.server.happens(large(300_000, "a1", "a2"))
    synced.server.settle()
    synced.server.happens(large(300_000, "a1", "a3"))
    synced.server.settle()
    files = {path: its for path, its in synced.results().items() if path.startswith("results/main/2026-11-21")}
    guids = {path: [json.loads(line[2:])["guid"] for line in its] for path, its in files.items()}
    assert guids == {"results/main/2026-11-21.yaml": ["a1", "a2"], "results/main/2026-11-21-2.yaml": ["a3"]}
    assert synced.server.listed("anna") == ["a4"]


# -- the journal is let go of only when its commit is safe


def test_a_segment_stays_until_its_commit_is_on_the_remote(synced):
    synced.hook("pre-receive", "exit 1")
    synced.server.happens(imported("a1"))
    done = synced.server.sync()
    assert done.backlog >= 1
    assert done.remote_trouble
    assert "pre-receive hook declined" in done.troubles[0]
    assert [each["guid"] for each in synced.server.journalled() if each["event"] == "imported"] == ["a1"]
    assert synced.count("a1") == 0
    (synced.remote / "hooks" / "pre-receive").unlink()
    synced.server.settle()
    assert synced.count("a1") == 1
    assert synced.server.journalled() == []


def test_events_that_a_killed_pass_had_pushed_are_remembered_before_they_are_let_go_of(synced):
    server = synced.server
    server.happens(imported("a1"))
    server.settle()
    synced.editor.push("Meanwhile")
    server.happens(imported("a1"))  # as the killed pass left it
    server.sync()
    assert server.journalled() == []
    assert git(server.catalog, "rev-parse", "refs/feeds/pushed") == synced.head()


def test_a_push_that_a_rule_declines_is_not_tried_again_in_the_same_pass(synced, tmp_path):
    synced.hook("pre-receive", f"echo x >> {tmp_path}/tried; exit 1")
    synced.server.happens(imported("a1"))
    synced.server.sync()
    assert (tmp_path / "tried").read_text() == "x\n"


def test_while_the_remote_is_down_the_site_goes_on_and_later_one_commit_has_it_all(synced):
    server, away = synced.server, synced.root / "away"
    synced.remote.rename(away)
    for number in range(1, 4):
        server.happens(imported(f"a{number}"))
        done = server.sync()
        assert done.remote_trouble
        assert "Events are safe in the journal" in done.troubles[0]
    assert server.listed("anna") == ["a4"]
    assert len([each for each in server.journalled() if each["event"] == "imported"]) == 3
    away.rename(synced.remote)
    before = synced.head()
    server.sync()
    assert git(synced.remote, "rev-list", "--count", f"{before}..main") == "1"
    assert [synced.count(f"a{number}") for number in (1, 2, 3)] == [1, 1, 1]


def test_without_a_push_to_spend_events_wait_and_no_commit_is_made(synced):
    objects = sorted((synced.server.catalog / ".git" / "objects").rglob("*"))
    synced.server.happens(imported("a1"))
    done = synced.server.sync(may_push=lambda: False)
    assert (done.pushed, done.carried, done.troubles) == (None, 0, [])
    assert done.backlog >= 1
    assert synced.server.listed("anna") == ["a2", "a3", "a4"]
    assert sorted((synced.server.catalog / ".git" / "objects").rglob("*")) == objects


# -- races


def test_a_push_overtaken_by_an_editor_is_made_again_on_top_of_theirs(synced):
    """An editor's commit arrives between our fetch and our push, three times."""
    other = synced.root / "other"
    git(synced.root, "clone", "--quiet", synced.remote, other)
    commits = []
    for number in range(3):
        git(other, "commit", "--quiet", "--allow-empty", "-m", f"Edit {number}")
        commits.append(git(other, "rev-parse", "HEAD"))
    git(other, "push", "--quiet", "origin", "HEAD:refs/heads/ahead")
    order = synced.root / "order"
    order.write_text("".join(f"{commit}\n" for commit in commits))
    # Git rejects a push whose old value is no longer true, as it checks again when it takes the lock.
    synced.hook(
        "pre-receive",
        f'next=$(head -n 1 {order}); [ -z "$next" ] || {{ sed -i 1d {order};'
        " env -u GIT_QUARANTINE_PATH git update-ref refs/heads/main $next; }",
    )
    synced.server.happens(imported("a1"))
    done = synced.server.sync()
    assert done.troubles == []
    assert synced.count("a1") == 1
    assert order.read_text() == ""
    assert git(synced.remote, "merge-base", "--is-ancestor", commits[-1], "main") == ""


def test_a_push_that_is_always_overtaken_is_given_up_after_five_times_and_made_later(synced, tmp_path):
    synced.hook(
        "pre-receive",
        f"echo x >> {tmp_path}/tried; unset GIT_QUARANTINE_PATH;"
        " git update-ref refs/heads/main $(git commit-tree -p main -m Edit main^{tree})",
    )
    hook = synced.remote / "hooks" / "pre-receive"
    hook.write_text(hook.read_text().replace("unset", "export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a GIT_COMMITTER_NAME=a"
                                             " GIT_COMMITTER_EMAIL=a; unset GIT_OBJECT_DIRECTORY; unset"))  # fmt: skip
    synced.server.happens(imported("a1"))
    done = synced.server.sync()
    assert (tmp_path / "tried").read_text() == "x\n" * 5
    assert done.remote_trouble
    assert synced.server.listed("anna") == ["a2", "a3", "a4"]
    hook.unlink()
    synced.server.settle()
    assert synced.count("a1") == 1


# -- several machines


def test_several_instances_on_several_clones_never_conflict(synced):
    first, second = synced.server, synced.server_named("second")
    for number in range(1, 4):
        first.happens(imported(f"a{number}"))
        second.happens(imported(f"b{number}"))
        assert first.sync().troubles == []
        assert second.sync(instance="second").troubles == []
    first.settle()
    second.settle(instance="second")
    first.settle()
    assert first.listed("anna") == second.listed("anna") == ["a4"]
    assert first.listed("bo") == second.listed("bo") == []
    assert [synced.count(guid) for guid in ("a1", "a3", "b1", "b2")] == [1, 1, 1, 1]
    assert {path.split("/")[1] for path in synced.results()} == {"main", "second", "start"}


def test_the_results_folder_of_another_machine_is_refused_until_it_is_taken_over(synced):
    other = synced.server_named("other")
    other.happens(imported("a1"))
    with pytest.raises(UsageError, match=r"(?s)belongs to another machine .* feeds sync --take-over") as refused:
        other.sync()
    assert (synced.server.state / "machine").read_text().strip() in str(refused.value)
    assert other.listed("anna") == ["a2", "a3", "a4"]
    assert [each["guid"] for each in other.journalled() if each["event"] == "imported"] == ["a1"]
    other.settle(take_over=True)
    other.settle()
    assert synced.count("a1") == 1
    with pytest.raises(UsageError, match="belongs to another machine"):
        synced.server.sync()


def test_a_folder_is_taken_over_at_once_though_nothing_has_happened(synced):
    other = synced.server_named("other")
    other.settle(take_over=True)
    assert git(synced.remote, "show", "main:results/main/.machine") == (other.state / "machine").read_text().strip()


# -- what editors do to results/


def test_no_build_lists_an_imported_video_again_after_a_force_push_that_drops_it(synced):
    server = synced.server
    synced.editor.pull()
    server.happens(imported("a1"))
    server.settle()
    synced.editor.user("bo", "b1", "b2", "b3")
    synced.editor.push("Edit", "--force")
    assert synced.count("a1") == 0
    done = server.sync(may_push=lambda: False)
    assert server.listed("anna") == ["a2", "a3", "a4"]
    assert server.listed("bo") == ["b1", "b2", "b3"]
    done = server.sync()
    assert "had gone from" in done.troubles[0]
    assert "results/main/2026-11-21.yaml" in done.troubles[0]
    assert synced.count("a1") == 1
    assert server.listed("anna") == ["a2", "a3", "a4"]


def test_a_force_push_while_the_remote_then_vanishes_lists_nothing_again(synced):
    server = synced.server
    synced.editor.pull()
    server.happens(imported("a1"))
    server.settle()
    synced.editor.push("Edit", "--force")
    git(server.catalog, "fetch", "--quiet", "origin")  # somebody looks, and the clone's idea of the remote moves
    synced.remote.rename(synced.root / "away")
    for _ in range(2):
        assert server.sync().remote_trouble
        assert server.listed("anna") == ["a2", "a3", "a4"]


@pytest.mark.parametrize("mistake", ["removals", "a broken catalog"])
def test_an_event_known_only_from_a_head_that_could_not_be_published_survives_its_force_push(synced, mistake):
    first, second = synced.server, synced.server_named("second")
    synced.editor.pull()
    synced.editor.user("anna", *(f"a{number}" for number in range(12)))
    synced.editor.push()
    first.settle()
    second.settle(instance="second")
    first.settle()
    synced.editor.pull()
    before = synced.head()
    second.happens(imported("a1"))
    second.sync(instance="second")
    if mistake == "removals":
        synced.editor.user("anna")
    else:
        synced.editor.write("catalog.yaml", "network: [")
    synced.editor.push("Mistake")
    assert [each for each in first.sync().troubles if "the site goes on from" in each]
    assert "a1" not in first.listed("anna")
    git(synced.editor.catalog, "push", "--quiet", "--force", "origin", f"{before}:main")
    done = first.sync()
    assert [each for each in done.troubles if "had gone from results/second/2026-11-21.yaml" in each], done.troubles
    assert "a1" not in first.listed("anna")
    assert synced.count("a1") == 1


def test_lines_that_an_editor_deletes_are_put_back_and_it_is_said_once(synced):
    server = synced.server
    server.happens(imported("a1", "a2"))
    server.settle()
    synced.editor.pull()
    path = synced.editor.catalog / "results/main/2026-11-21.yaml"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[1:]))
    (synced.editor.catalog / "results/start/2026-11-20.yaml").unlink()
    synced.editor.push()
    done = server.sync()
    assert [each for each in done.troubles if "3 events had gone from" in each]
    assert server.listed("anna") == ["a3", "a4"]
    assert [synced.count("a1"), synced.count("a2")] == [1, 1]
    assert server.sync().troubles == []
    assert server.users() == ["anna", "bo"]


def test_a_line_that_nobody_can_read_may_be_taken_out(synced):
    synced.editor.pull()
    synced.editor.happened("- {torn\n", "results/main/2026-11-19.yaml")
    synced.editor.push()
    assert not synced.server.settle().report.good
    (synced.editor.catalog / "results/main/2026-11-19.yaml").unlink()
    synced.editor.push()
    done = synced.server.settle()
    assert (done.troubles, done.report.good) == ([], True)


# -- the server's clone


def test_a_dirty_clone_is_left_as_it_is_and_the_site_goes_on(synced):
    path = synced.server.catalog / "users" / "bo.yaml"
    path.write_text("# somebody's\n")
    synced.editor.user("bo", "b1", "b2", "b3")
    synced.editor.push()
    done = synced.server.sync()
    assert synced.server.listed("bo") == ["b1", "b2", "b3"]
    assert path.read_text() == "# somebody's\n"
    assert "has edits or commits of its own" in done.troubles[0]


def test_an_edit_that_is_in_nobodys_way_stays_staged_while_the_clone_moves_on(synced):
    clone = synced.server.catalog
    (clone / "notes.txt").write_text("staged")
    git(clone, "add", "notes.txt")
    (clone / "notes.txt").write_text("staged, and edited again")
    (clone / "users" / "anna.yaml").write_text(user_text("anna", "a1", "a2", "a3"))
    git(clone, "add", "users/anna.yaml")
    synced.server.happens(imported("b1"))
    assert synced.server.settle().troubles == []
    assert git(clone, "rev-parse", "HEAD") == synced.head()
    assert synced.server.status() == "AM notes.txt\nM  users/anna.yaml"
    assert git(clone, "show", ":notes.txt") == "staged"


def test_commits_that_nobody_has_pushed_block_nothing(synced):
    git(synced.server.catalog, "-c", "user.name=x", "commit", "--quiet", "--allow-empty", "-m", "Unpushed")
    mine = git(synced.server.catalog, "rev-parse", "HEAD")
    synced.server.happens(imported("a1"))
    done = synced.server.sync()
    assert synced.server.listed("anna") == ["a2", "a3", "a4"]
    assert synced.count("a1") == 1
    assert "has edits or commits of its own" in done.troubles[0]
    assert git(synced.server.catalog, "rev-parse", "HEAD") == mine


@pytest.mark.parametrize(
    ("where", "said"), [(["--detach"], "is at no branch"), (["-b", "trial"], "is at branch trial")]
)
def test_another_check_out_in_the_clone_changes_nothing_about_what_is_published(synced, where, said):
    git(synced.server.catalog, "checkout", "--quiet", *where)
    synced.editor.pull()
    synced.editor.user("bo", "b1")
    synced.editor.push()
    synced.server.happens(imported("a1"))
    done = synced.server.sync()
    assert said in done.troubles[0]
    assert (synced.server.listed("anna"), synced.server.listed("bo")) == (["a2", "a3", "a4"], ["b1"])
    assert synced.count("a1") == 1
    assert git(synced.remote, "branch", "--format=%(refname:short)") == "main"


def test_a_branch_that_the_remote_lacks_is_not_made_up(synced):
    synced.server.happens(imported("a1"))
    done = synced.server.sync(branch="mian")
    assert "has no branch mian" in done.troubles[0]
    assert [each["guid"] for each in synced.server.journalled() if each["event"] == "imported"] == ["a1"]
    assert git(synced.remote, "branch", "--format=%(refname:short)") == "main"


def test_a_remote_that_is_not_set_up_is_no_reason_to_commit_into_the_clone(synced):
    with pytest.raises(UsageError, match="has no remote orgin; it has origin"):
        synced.server.sync(remote="orgin")


# -- what cannot be published


def test_a_broken_user_is_frozen_and_all_others_go_on(synced):
    synced.editor.pull()
    synced.editor.write("users/anna.yaml", "id: anna\nusername: [")
    synced.editor.user("bo", "b1", "b2", "b3")
    synced.editor.push()
    synced.server.happens(imported("a1"))
    done = synced.server.settle()
    assert (synced.server.listed("anna"), synced.server.listed("bo")) == (["a2", "a3", "a4"], ["b1", "b2", "b3"])
    assert not done.report.good


@pytest.mark.parametrize("text", ["network: [", None])
def test_while_catalog_yaml_is_broken_or_gone_imported_videos_leave_all_the_same(synced, text):
    synced.editor.pull()
    path = synced.editor.catalog / "catalog.yaml"
    path.write_text(text) if text else path.unlink()
    synced.editor.push()
    synced.server.sync()
    synced.server.happens(imported("a1"))
    done = synced.server.sync()
    assert synced.server.listed("anna") == ["a2", "a3", "a4"]
    assert synced.count("a1") == 1
    assert [each for each in done.troubles if "the site goes on from" in each]


def many(synced, number=20):
    synced.editor.pull()
    synced.editor.user("anna", *(f"n{each}" for each in range(number)))


@pytest.fixture
def grown(synced):
    """Give anna twenty videos."""
    many(synced)
    synced.editor.push("Twenty")
    assert synced.server.settle().troubles == []
    assert len(synced.server.listed("anna")) == 20
    return synced


def test_a_mass_removal_is_refused_with_exactly_what_to_add_and_passes_with_it(grown):
    many(grown, 5)
    grown.editor.push("Tidy up")
    grown.server.happens(imported("n1"))
    done = grown.server.sync()
    (refusal,) = [each for each in done.troubles if "Nothing was published" in each]
    assert refusal == (
        "Nothing was published: edits would take 15 listed videos out of their feeds (15 of the network's 21, "
        "15 of 19 of anna): n5 of anna, n6 of anna, n7 of anna and 12 more.\n"
        "If that is meant, push a commit whose message ends with the line `Allow-Removals: 15`:\n"
        '  git commit --allow-empty -m "Take videos out" -m "Allow-Removals: 15"\n'
        "If it isn't, git revert takes it back: a revert always passes."
    )
    assert len(grown.server.listed("anna")) == 19  # what was imported has left all the same
    grown.editor.pull()
    grown.editor.push("Take videos out\n\nAllow-Removals: 15")
    assert grown.server.settle().troubles == []
    assert grown.server.listed("anna") == ["n0", "n2", "n3", "n4"]


def test_a_word_counts_once(grown):
    many(grown, 5)
    grown.editor.push("Take videos out\n\nAllow-Removals: 15")
    grown.server.settle()
    many(grown, 20)
    grown.editor.push()
    grown.server.settle()
    grown.editor.pull()
    grown.editor.user("anna", "other")
    grown.editor.push()
    assert "Nothing was published" in grown.server.sync().troubles[0]


def test_a_revert_always_passes(grown):
    many(grown, 20)
    grown.editor.user("bo", *(f"m{each}" for each in range(50)))
    grown.editor.push("Fifty more")
    grown.server.settle()
    grown.server.happens(imported("m1"))
    grown.server.settle()
    grown.editor.pull()
    many(grown, 20)
    grown.editor.user("bo", "b1", "b2")
    grown.editor.push("Not yet")
    done = grown.server.sync()
    assert [each for each in done.notes if "goes back to a catalog that was published before" in each]
    assert done.troubles == []
    assert grown.server.listed("bo") == ["b1", "b2"]


def test_a_commit_that_was_refused_once_is_not_what_a_revert_goes_back_to(grown):
    many(grown, 5)
    grown.editor.push("Refused")
    assert grown.server.sync().troubles
    many(grown, 20)
    grown.editor.push("Mended")
    assert grown.server.settle().troubles == []
    many(grown, 5)
    grown.editor.push("Refused again")
    assert "Nothing was published" in grown.server.sync().troubles[0]
    assert len(grown.server.listed("anna")) == 20


# -- results on a branch of their own


def test_results_go_to_and_come_from_a_branch_of_their_own(synced):
    synced.hook("update", '[ "$1" != refs/heads/main ]')  # protected
    server = synced.server
    head = synced.head()
    server.happens(imported("a1"))
    server.settle(results_branch="results")
    assert synced.count("a1", "results") == 1
    assert synced.head() == head
    assert server.listed("anna") == ["a2", "a3", "a4"]
    (synced.remote / "hooks" / "update").unlink()
    synced.editor.user("bo", "b1")
    synced.editor.push()
    assert server.settle(results_branch="results").troubles == []
    assert (server.listed("anna"), server.listed("bo")) == (["a2", "a3", "a4"], ["b1"])
    second = synced.server_named("second")
    second.settle(instance="second", results_branch="results")
    assert second.listed("anna") == ["a2", "a3", "a4"]


def test_a_protected_branch_says_what_helps(synced):
    synced.hook("update", '[ "$1" != refs/heads/main ]')
    synced.server.happens(imported("a1"))
    assert "--results-branch" in synced.server.sync().troubles[0]


def test_a_results_branch_that_is_force_pushed_away_comes_back(synced):
    synced.server.happens(imported("a1"))
    synced.server.settle(results_branch="results")
    git(synced.editor.catalog, "fetch", "--quiet")
    git(synced.editor.catalog, "push", "--quiet", "--force", "origin", "origin/main:refs/heads/results")
    synced.server.sync(results_branch="results")
    assert synced.count("a1", "results") == 1
    assert synced.server.listed("anna") == ["a2", "a3", "a4"]


# -- without a remote, and without Git


@pytest.fixture
def alone(synced):
    """Return a server whose clone has no remote."""
    git(synced.server.catalog, "remote", "remove", "origin")
    for reference in ("published", "pushed"):
        git(synced.server.catalog, "update-ref", "-d", f"refs/feeds/{reference}")
    return synced.server


def test_without_a_remote_results_are_committed_into_the_clone_and_the_work_tree_agrees(alone):
    alone.happens(imported("a1"))
    done = alone.settle()
    assert done.troubles == []
    assert alone.listed("anna") == ["a2", "a3", "a4"]
    assert alone.status() == ""
    assert imported("a1") == (alone.catalog / "results/main/2026-11-21.yaml").read_text()
    assert git(alone.catalog, "show", "HEAD:results/main/2026-11-21.yaml") + "\n" == imported("a1")
    assert alone.journalled() == []


def test_a_new_clone_of_nobody_gets_its_mark_without_looking_edited(tmp_path):
    site = Site(tmp_path)
    site.user("anna", "a1")
    site.happened(adopted("anna"))
    git(site.catalog, "init", "--quiet", "--initial-branch=main")
    git(site.catalog, "add", "--all")
    git(site.catalog, "commit", "--quiet", "-m", "Begin")
    server = Server.__new__(Server)
    server.__dict__.update(site.__dict__)
    assert server.settle().troubles == []
    assert server.status() == ""
    assert (site.catalog / "results/main/.machine").read_text() == (site.state / "machine").read_text()


def test_without_a_remote_a_persons_edits_stay_theirs(alone):
    clone = alone.catalog
    (clone / "notes.txt").write_text("new")
    (clone / "users" / "bo.yaml").write_text(user_text("bo", "b1"))
    git(clone, "add", "users/bo.yaml")
    (clone / "users" / "bo.yaml").write_text(user_text("bo", "b1", "b3"))
    before = alone.status()
    alone.happens(imported("a1"))
    alone.settle()
    assert alone.status() == before
    assert git(clone, "show", ":users/bo.yaml") + "\n" == user_text("bo", "b1")
    assert alone.listed("bo") == ["b1", "b3"]


def test_without_a_remote_a_hand_written_line_stays_uncommitted_beside_ours(alone):
    alone.happened(imported("a2"), "results/main/2026-11-21.yaml")
    alone.happens(imported("a1"))
    alone.settle()
    assert alone.listed("anna") == ["a3", "a4"]
    assert git(alone.catalog, "show", "HEAD:results/main/2026-11-21.yaml") + "\n" == imported("a1")
    assert (alone.catalog / "results/main/2026-11-21.yaml").read_text() == imported("a2") + imported("a1")


def test_without_a_remote_a_hand_written_line_does_not_part_work_tree_and_commit(alone):
    """The work tree's file is full, the commit's isn't: the event goes where the commit has it."""
    alone.happened(large(600_000, "a2"), "results/main/2026-11-21.yaml")
    for guid in ("a1", "a3"):
        alone.happens(imported(guid))
        alone.settle()
    assert git(alone.catalog, "show", "HEAD:results/main/2026-11-21.yaml") + "\n" == imported("a1", "a3")
    assert not (alone.catalog / "results/main/2026-11-21-2.yaml").exists()
    assert alone.status() == "M results/main/2026-11-21.yaml"
    assert alone.listed("anna") == ["a4"]


def test_without_a_remote_a_reset_that_drops_events_is_mended_before_anything_is_built(alone):
    alone.settle()
    before = git(alone.catalog, "rev-parse", "HEAD")
    alone.happens(imported("a1"))
    alone.settle()
    git(alone.catalog, "reset", "--quiet", "--hard", before)
    done = alone.sync()
    assert alone.listed("anna") == ["a2", "a3", "a4"]
    assert "2 events had gone from results/main/2026-11-21.yaml, " in done.troubles[0]
    alone.settle()
    assert alone.status() == ""
    assert git(alone.catalog, "show", "HEAD:results/main/2026-11-21.yaml") + "\n" == imported("a1")


def test_without_a_remote_and_a_branch_results_wait_and_nothing_is_listed_again(alone):
    before = git(alone.catalog, "rev-parse", "HEAD")
    alone.happens(imported("a1"))
    alone.settle()
    git(alone.catalog, "checkout", "--quiet", "--detach", before)
    alone.happens(imported("a2"))
    done = alone.sync()
    assert "Check a branch out" in done.troubles[0]
    assert "a1" not in alone.listed("anna")
    assert [each["guid"] for each in alone.journalled() if each["event"] == "imported"] == ["a2"]


def test_without_git_it_only_builds(synced):
    server = synced.server
    (server.catalog / ".git").rename(synced.root / "gone")
    server.happens(imported("a1"))
    done = server.sync()
    assert (done.troubles, server.listed("anna")) == ([], ["a2", "a3", "a4"])
    assert done.backlog >= 1


def test_a_catalog_that_is_only_a_part_of_a_repository_is_refused(tmp_path):
    """Its events would seem to be on their way into Git, and would never get there."""
    site = Site(tmp_path / "work")
    site.user("anna", "a1")
    site.happened(adopted("anna"))
    git(tmp_path, "init", "--quiet")
    plan = Plan(Folders(site.catalog, site.state), site.out)
    assert sync(plan).troubles == []  # what the repository around it doesn't have is not its part
    git(tmp_path, "add", "work/catalog/catalog.yaml")
    with pytest.raises(UsageError) as refused:
        sync(plan)
    assert str(refused.value) == (
        f"{site.catalog} is a folder within the Git repository {tmp_path}, and feeds sync needs a repository whose "
        "top is the catalog's folder.\n"
        "Give the catalog a repository of its own, or build without Git: feeds build --record, every minute."
    )


def test_a_repository_that_git_cannot_read_is_reported_and_not_taken_for_none(synced):
    (synced.server.catalog / ".git" / "HEAD").unlink()
    synced.server.happens(imported("a1"))
    done = synced.server.sync()
    assert "git rev-parse failed" in done.troubles[0]
    assert synced.server.listed("anna") == ["a2", "a3", "a4"]
    assert [each["guid"] for each in synced.server.journalled() if each["event"] == "imported"] == ["a1"]


# -- what is left of the dead


def test_a_file_that_a_killed_pass_left_half_written_in_the_work_tree_goes(alone):
    alone.happens(imported("a1"))
    alone.settle()
    (alone.catalog / "results/main/.2026-11-21.yaml.0a1b2c3d.tmp").write_text("- {")
    alone.settle()
    assert alone.status() == ""


def test_an_index_that_a_killed_pass_left_behind_its_commit_is_mended_without_new_events(alone):
    alone.happens(imported("a1"))
    alone.settle()
    path = "results/main/2026-11-21.yaml"
    git(alone.catalog, "update-index", "--force-remove", path)
    (alone.catalog / "users" / "bo.yaml").write_text(user_text("bo", "b1"))
    git(alone.catalog, "add", "users/bo.yaml")
    assert path in alone.status()
    assert alone.sync().troubles == []
    assert alone.status() == "M  users/bo.yaml"


def test_a_state_folder_that_cannot_be_used_is_said_in_words(synced):
    folder = synced.server.state / "sync"
    folder.rename(folder.with_name("moved"))
    folder.write_text("in the way")
    with pytest.raises(StorageError, match=r"state/sync: File exists. Mend that, and sync again"):
        synced.server.sync()


def test_stale_locks_are_reaped_and_fresh_ones_are_not(synced):
    folder = synced.server.catalog / ".git"
    old = [folder / "index.lock", folder / "packed-refs.lock", folder / "refs" / "feeds" / "pushed.lock"]
    for path in old:
        path.touch()
        os.utime(path, (1, 1))
    synced.server.happens(imported("a1"))
    assert synced.server.sync().troubles == []
    assert not any(path.exists() for path in old)
    (folder / "index.lock").touch()
    synced.server.happens(imported("a2"))
    done = synced.server.sync()
    assert (folder / "index.lock").exists()
    assert "has edits or commits of its own" in done.troubles[0]
    assert synced.server.listed("anna") == ["a3", "a4"]
    assert synced.count("a2") == 1


def test_a_git_that_outlives_its_sync_keeps_the_next_one_waiting(synced, tmp_path):
    """What a killed sync leaves writing must have ended before the next one writes."""
    slow = tmp_path / "bin" / "git"
    slow.parent.mkdir()
    slow.write_text(
        f"#!/bin/sh\nmkfifo {tmp_path}/end; echo started > {tmp_path}/started; read line < {tmp_path}/end\n"
    )
    slow.chmod(0o755)
    folder = synced.server.state / "sync"
    fd, other = (os.open(folder, os.O_RDONLY) for _ in range(2))
    fcntl.flock(fd, fcntl.LOCK_EX)
    repository = Repository(
        synced.server.catalog, environ={"PATH": f"{slow.parent}:{os.environ['PATH']}"}, lock=fd, timeout_s=60
    )
    writing = threading.Thread(target=repository.run, args=["read-tree"])
    writing.start()
    while not (tmp_path / "started").exists():
        time.sleep(0.01)
    os.close(fd)
    with pytest.raises(BlockingIOError):
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    (tmp_path / "end").write_text("now\n")
    writing.join()
    fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(other)


def test_a_pass_waits_for_the_one_that_runs(synced):
    fd = os.open(synced.server.state / "sync", os.O_RDONLY)
    fcntl.flock(fd, fcntl.LOCK_EX)
    synced.server.happens(imported("a1"))
    second = threading.Thread(target=synced.server.sync)
    second.start()
    second.join(0.5)
    assert second.is_alive()
    assert synced.server.listed("anna") == ["a1", "a2", "a3", "a4"]
    os.close(fd)
    second.join()
    assert synced.server.listed("anna") == ["a2", "a3", "a4"]


def test_no_event_is_out_of_both_journal_and_check_out_at_any_moment(synced):
    """Where the check-out can't be made, its events are kept in the journal, though the remote has them."""
    folder = synced.server.state / "checkout"
    folder.rename(folder.with_name("moved"))
    folder.write_text("in the way")
    folder.with_suffix(".commit").unlink()
    synced.server.happens(imported("a1"))
    done = synced.server.sync()
    assert "File exists" in done.troubles[0]
    assert synced.count("a1") == 1
    assert [each["guid"] for each in synced.server.journalled() if each["event"] == "imported"] == ["a1"]
    synced.server.sync()  # nothing to push any more, and still nothing to build from
    assert [each["guid"] for each in synced.server.journalled() if each["event"] == "imported"] == ["a1"]
    folder.unlink()
    synced.server.settle()
    assert synced.server.journalled() == []
    assert synced.server.listed("anna") == ["a2", "a3", "a4"]
    assert synced.count("a1") == 1
