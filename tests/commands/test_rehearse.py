"""`feeds rehearse`: the whole loop with anybody's catalog, which stays as it is."""

import os
import signal
from dataclasses import replace

import pytest
import requests

from feeds.commands._deployment import Clone
from feeds.commands._onboarding import connect, invite
from feeds.commands._programs import Programs
from feeds.commands._scratch import copy_catalog
from feeds.commands._stage import Stage
from feeds.commands.rehearse import (
    STEPS,
    carry,
    clone,
    conclusion,
    crawl,
    crawl_again,
    edit,
    publish,
    pull,
    stop,
)
from feeds.core.errors import FeedsError
from feeds.settings import Folders

PLAYED = """\
  editor    pushes the catalog to a bare Git remote
  server    clones it, and runs feeds sync --watch: 8 videos in 2 feeds
  editor    corrects a title, adds a video, and pushes
  server    takes the change in: 9 videos
  stranger  asks to join, is approved by feeds partners approve, connects again: adopted
  guest     follows the link of feeds partners invite: adopted
  server    pushes the adoptions: 9 videos in 4 feeds
  stand-in  crawls 4 feeds as Dailymotion does, posts 11 events in 5 callbacks
  server    pushes the results, publishes what is left: 4 videos
  stand-in  crawls again: 4 videos
  editor    pulls the results, and users/x9guest.yaml to fill in
  newcomer  clones the remote and builds the site anew

user                before imported   failed  unclear  unknown    after
-----------------------------------------------------------------------
annacooks                6        4        1        1        -        4
bluenote                 3        3        -        -        -        -
guestfilms               -        -        -        -        -        -
strayfilms               -        -        -        -        -        -
(no user's video)        -        -        -        -        1        -
-----------------------------------------------------------------------
total                    9        7        1        1        1        4

It adds up: all 11 events were answered 200 and are in the remote's results/. 7
imported videos left the feeds, and nothing else did. Nobody in the catalog
waits to be adopted, so no partner of it could connect. strayfilms and
guestfilms joined through the app's pages: they are adopted at the stand-in and
by the events, and the importer found their feeds. None of the 9 codes and
tokens that the stand-in gave out is on the disk, in a file or in Git. 2 videos
moved up, as there was room in a feed now. The editor's change came into the
feeds, and is on the remote as it was pushed. The editor's pull had no conflict,
and a fresh clone builds the same site byte for byte. The scratch copy is gone,
and the catalog was not touched.
"""

WITHOUT_GIT = """\
  server    builds the site: 8 videos in 2 feeds
  stranger  asks to join, is approved by feeds partners approve, connects again: adopted
  guest     follows the link of feeds partners invite: adopted
  server    builds again: 8 videos in 4 feeds
  stand-in  crawls 4 feeds as Dailymotion does, posts 10 events in 5 callbacks
  server    builds again: 4 videos in 4 feeds
  stand-in  crawls again: 4 videos

user                before imported   failed  unclear  unknown    after
-----------------------------------------------------------------------
annacooks                6        4        1        1        -        4
bluenote                 2        2        -        -        -        -
guestfilms               -        -        -        -        -        -
strayfilms               -        -        -        -        -        -
(no user's video)        -        -        -        -        1        -
-----------------------------------------------------------------------
total                    8        6        1        1        1        4

It adds up: all 10 events were answered 200 and are in the results. 6 imported
videos left the feeds, and nothing else did. Nobody in the catalog waits to be
adopted, so no partner of it could connect. strayfilms and guestfilms joined
through the app's pages: they are adopted at the stand-in and by the events, and
the importer found their feeds. None of the 9 codes and tokens that the stand-in
gave out is on the disk. 2 videos moved up, as there was room in a feed now. Git
isn't installed, so there was no remote, no editor and no feeds sync. The
scratch copy is gone, and the catalog was not touched.
"""
LINES = [line[:26] for line in PLAYED.splitlines()[:12]]
# At which line it is ended, and by which signal. In the short form each signal and each kind of moment has its turn:
# Git alone, the servers up, the stand-in at work.
ENDINGS = [(1, signal.SIGINT), (4, signal.SIGHUP), (7, signal.SIGTERM)]
ALL_ENDINGS = [*((line, signal.SIGINT) for line in range(12)), *((line, each) for line, each in ENDINGS[1:])]


def pytest_generate_tests(metafunc):
    if "number" in metafunc.fixturenames:
        endings = ALL_ENDINGS if metafunc.config.getoption("--campaigns") else ENDINGS
        metafunc.parametrize(
            ("moment", "number"),
            [(LINES[line], number) for line, number in endings],
            ids=lambda each: str(each).strip(),
        )


@pytest.fixture
def git(need):
    """Need git."""
    need("git")


@pytest.fixture
def rehearsed(network, tmp_path, git):
    """Return a function that plays steps in this process, with others behind some, and returns the conclusion."""

    def rehearsed(behind, steps=STEPS):
        folder = tmp_path / "scratch"
        folder.mkdir()
        played = []
        for step in steps:
            played += [step, *behind.get(step, ())]
        with Programs() as programs:
            stage = Stage(programs, folder, Folders(network, network / ".feeds"))
            stage.play(played)
        return conclusion(stage)

    return rehearsed


def theirs(change):
    """Return a step in which somebody else clones the remote, changes it, and pushes."""

    def step(stage):
        clone = Clone(stage.scratch / change.__name__, "somebody")
        clone.clone(stage.remote)
        change(clone)
        clone.push()

    return step


def revert_the_editor(clone):
    editors = clone.git("log", "--format=%H", "--author=editor@", "--max-count=1").decode().strip()
    clone.git("revert", "--no-edit", editors)


def lose_a_result(clone):
    (file,) = [path for path in clone.folder.glob("results/**/*.yaml") if "bo-0001" in path.read_text()]
    file.write_text("".join(line for line in file.read_text().splitlines(True) if '"bo-0001"' not in line))
    clone.commit("Tidy up")


def lose_a_decision(clone):
    for file in clone.folder.glob("results/**/*.yaml"):
        file.write_text("".join(line for line in file.read_text().splitlines(True) if '"approved"' not in line))
    clone.commit("Tidy up")


def remove_the_beginning(clone):
    (clone.folder / "users" / "x9guest.yaml").unlink()
    clone.commit("Tidy up")


def stand_in_token(stage, account, scope):
    """Return a token of an account's login, which the stand-in has given out by that."""
    form = {"grant_type": "password", "username": account.username, "password": account.password, "scope": scope}
    key = {"client_id": "sandbox-key", "client_secret": "sandbox-secret"}
    return requests.post(f"{stage.stand_in.url}/oauth/token", data=form | key).json()["access_token"]


def reject_the_guest(stage):
    token = stand_in_token(stage, stage.cast.parent, "manage_videos")
    address = f"{stage.stand_in.url}/me/children/{stage.cast.guest.id}"
    requests.delete(address, headers={"Authorization": f"Bearer {token}"}).raise_for_status()


def adopt_the_stranger(stage):
    token = stand_in_token(stage, stage.cast.stranger, "delegate_account_management")
    address = f"{stage.stand_in.url}/me/parents/x1nord"
    requests.post(address, headers={"Authorization": f"Bearer {token}"}).raise_for_status()


def keep_a_token(stage):
    (stage.folders.state / "debug.log").write_text(f"they have {stand_in_token(stage, stage.cast.guest, 'email')}!")


def commit_a_token(stage):
    token = stand_in_token(stage, stage.cast.guest, "email")

    def change(clone):
        (clone.folder / "results" / "token.txt").write_text(token)
        clone.commit("Oops")
        (clone.folder / "results" / "token.txt").unlink()
        clone.commit("Nobody has seen it")

    theirs(change)(stage)


def overlook_the_guest(stage):
    def others(by_user):
        return {user: its for user, its in by_user.items() if user != "x9guest"}

    first = stage.first
    stage.first = replace(first, guids=others(first.guids), usernames=others(first.usernames))


def kill_the_sync(stage):
    stage.server.process.kill()
    stage.server.process.wait()


def test_the_loop_is_played_and_adds_up_whatever_the_user_keeps_and_nothing_is_left_or_changed(
    feeds, network, tree, git
):
    """One rehearsal for all of it, with a configuration of git, variables and a login that it must not look at."""
    (feeds.home / ".gitconfig").write_text(
        "[core]\n\thooksPath = /nowhere\n\tautocrlf = true\n\texcludesFile = ~/ignored\n"
        "[commit]\n\tgpgSign = true\n[init]\n\tdefaultBranch = trunk\n"
        "[pull]\n\tff = only\n[push]\n\tdefault = nothing\n"
    )
    (feeds.home / "ignored").write_text("*.yaml\n")
    folder = feeds.home / ".local" / "state" / "feeds"
    folder.mkdir(mode=0o700, parents=True)
    (folder / "login.json").write_text("no login, and readable for all")
    before = tree(network), tree(feeds.home)
    environ = {"GIT_DIR": "/nowhere", "GIT_AUTHOR_DATE": "never", "GIT_CONFIG_COUNT": "1", "XDG_STATE_HOME": ""}
    code, output, errors = feeds.run("rehearse", "--catalog", network, **environ)
    assert (code, errors) == (0, "")
    assert output == f"Rehearsing {network} on a scratch copy, with a Git remote of its own.\n{PLAYED}"
    assert feeds.left() == []
    assert (tree(network), tree(feeds.home)) == before
    assert list(feeds.temporary.iterdir()) == []


def test_without_git_it_is_played_without_and_says_so(feeds, network, tmp_path):
    code, output, errors = feeds.run("rehearse", "--catalog", network, PATH=str(tmp_path))
    assert (code, errors) == (0, "")
    assert output == f"Rehearsing {network} on a scratch copy.\n{WITHOUT_GIT}"


def test_a_signal_ends_it_at_any_step_without_a_trace(feeds, network, tree, moment, number, git):
    before = tree(network)
    program = feeds.start("rehearse", "--catalog", network)
    while not (line := program.stdout.readline()).startswith(moment):
        assert line
    program.send_signal(number)
    _, errors = program.communicate(timeout=60)
    assert (program.returncode, errors) == (128 + number, "")
    assert feeds.left() == []
    assert (tree(network), list(feeds.temporary.iterdir())) == (before, [])


def test_impatient_signals_change_nothing_about_the_end(feeds, network, git):
    program = feeds.start("rehearse", "--catalog", network)
    while not (line := program.stdout.readline()).startswith(LINES[1]):
        assert line
    for number in [signal.SIGINT, signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGINT]:
        program.send_signal(number)
    _, errors = program.communicate(timeout=60)
    assert program.returncode in {128 + signal.SIGINT, 128 + signal.SIGTERM, 128 + signal.SIGHUP}
    assert (errors, feeds.left(), list(feeds.temporary.iterdir())) == ("", [], [])


def test_killed_it_takes_its_programs_with_it(feeds, network, tree, git):
    before = tree(network)
    program = feeds.start("rehearse", "--catalog", network)
    while not (line := program.stdout.readline()).startswith(LINES[7]):
        assert line
    program.kill()
    assert feeds.left() == []
    assert tree(network) == before


def test_a_sync_that_is_killed_in_the_middle_is_told(feeds, network, git):
    program = feeds.start("rehearse", "--catalog", network)
    while not (line := program.stdout.readline()).startswith(LINES[1]):
        assert line
    # Its workers have its own command line, for as long as they build: it began before them.
    sync = min(number for number in feeds.marked() if " feeds sync " in feeds.arguments(number))
    os.kill(sync, signal.SIGKILL)
    _, errors = program.communicate(timeout=60)
    assert program.returncode == 1
    assert "feeds sync ended with exit code -9 before the publication of the editor's change." in errors
    assert (feeds.left(), list(feeds.temporary.iterdir())) == ([], [])


def test_a_remote_that_takes_no_results_is_told_with_what_the_sync_says(rehearsed):
    def closed(stage):
        hook = stage.remote / "hooks" / "pre-receive"
        hook.parent.mkdir(exist_ok=True)
        hook.write_text("#!/bin/sh\necho this branch is closed >&2\nexit 1\n")
        hook.chmod(0o755)
        stage.server.limit_s = 3

    with pytest.raises(FeedsError) as error:
        rehearsed({crawl: [closed]})
    assert "3 seconds passed without the callbacks' events on the remote.\nIts last lines:\n" in str(error.value)
    assert "this branch is closed" in str(error.value)


def keep_bos_feed(stage):
    (stage.scratch / "kept.xml").write_bytes((stage.site / "feeds" / "x3bo.xml").read_bytes())


def swap_bos_feed(stage):
    """Show two imported videos, and as many others less: the number is what it was."""
    (stage.site / "feeds" / "x3bo.xml").write_bytes((stage.scratch / "kept.xml").read_bytes())
    stage.report = {**stage.report, "listed": stage.report["listed"] + 2}


# Each harm, and what is said of it and of no other harm in the same rehearsal.
WHILE_IT_RUNS = [
    (publish, keep_bos_feed, []),
    (edit, theirs(revert_the_editor), ['does not show "(corrected) ', "not on the remote as the editor pushed it."]),
    (connect, adopt_the_stranger, ["strayfilms only asked to join, and is adopted at the stand-in."]),
    (crawl, overlook_the_guest, ["guestfilms was adopted, and the importer found no feed of theirs."]),
    (carry, kill_the_sync, ["feeds sync ended with exit code -9 instead of 130."]),
    (stop, swap_bos_feed, [
        "bo-0001, bo-0002 are still in the feed of bluenote, though imported",
        "A fresh clone builds another site: feeds/x3bo.xml is different",
    ]),
    (clone, keep_a_token, ["A code or token of somebody's login is in state/debug.log."]),
]  # fmt: skip
BEHIND_ITS_BACK = [
    (stop, theirs(lose_a_result), ["bo-0001 is not in the results", "A fresh clone builds another"]),
    (stop, theirs(revert_the_editor), ["not on the remote as the editor pushed it."]),
    (stop, theirs(lose_a_decision), ["strayfilms has joined, but no event tells it: approved."]),
    (stop, theirs(remove_the_beginning), ["the editor's pull brought no users/x9guest.yaml."]),
    (stop, reject_the_guest, ["guestfilms was told to be adopted, and is not at the stand-in."]),
    (clone, commit_a_token, ["A code or token of somebody's login is in the repository "]),
]


@pytest.mark.parametrize(
    ("harms", "left_out", "more"),
    [(WHILE_IT_RUNS, pull, ["not after the editor's pull what the remote has"]), (BEHIND_ITS_BACK, None, [])],
    ids=["while it runs, and no pull", "behind its back"],
)
def test_whatever_is_lost_on_the_way_each_loss_is_found(rehearsed, harms, left_out, more):
    behind = {}
    for step, harm, _ in harms:
        behind.setdefault(step, []).append(harm)
    with pytest.raises(FeedsError, match="The rehearsal does not add up") as error:
        rehearsed(behind, [step for step in STEPS if step is not left_out])
    said = str(error.value)
    assert [each for each in [*more, *(each for *_, its in harms for each in its)] if each not in said] == [], said


@pytest.mark.parametrize(
    ("behind", "step", "message"),
    [
        (
            connect,
            lambda stage: (stage.folders.state / "parent.json").unlink(),
            r'strayfilms could not join: ".*" has no button "Yes, join"',
        ),
        (
            connect,
            lambda stage: setattr(stage, "cast", replace(stage.cast, guest=stage.cast.adopted[0])),
            r'annacooks could not join: ".*" has no button "Yes, join"',
        ),
    ],
    ids=["parent not confirmed", "joined already"],
)
def test_a_way_that_ends_before_its_end_is_told(rehearsed, behind, step, message):
    with pytest.raises(FeedsError, match=message):
        rehearsed({behind: [step]}, STEPS[: STEPS.index(invite) + 1])


def test_who_waits_connects_callbacks_in_the_journal_are_taken_along_and_a_list_of_another_shape_is_crawled(
    feeds, network, git
):
    videos = "videos: [{guid: new-1, title: One, media: https://cdn.nord.example/1.mp4, category: fun}]\n"
    (network / "users" / "x4new.yaml").write_text(f"id: x4new\nusername: newcooks\n{videos}")
    catalog = network / "catalog.yaml"
    shape = "  user_list: {wrap: users, fields: {id: uid, username: name, feed: mrss}}\n"
    catalog.write_text(catalog.read_text().replace("  feed_limit: 6\n", f"  feed_limit: 6\n{shape}"))
    journal = network / ".feeds" / "journal"
    journal.mkdir(parents=True)
    line = '- {"at": "2026-11-24T21:15:38.078Z", "event": "imported", "guid": "bo-0001", "remote_id": "x23bz3t"}\n'
    (journal / "00000001.yaml").write_text(line)
    code, output, errors = feeds.run("rehearse", "--catalog", network)
    assert (code, errors) == (0, "")
    assert "feeds sync --watch: 7 videos in 2 feeds" in output  # bo-0001 is imported already
    assert "\n  partner   newcooks, in the catalog, connects on the app's pages: adopted\n" in output
    assert "newcooks                 1        1" in output
    said = " ".join(output.split())
    assert "newcooks, strayfilms and guestfilms joined through the app's pages: they are adopted at" in said
    assert "None of the 12 codes and tokens that the stand-in gave out is on the disk, in a file or in Git." in said
    assert feeds.left() == []


def test_nobody_is_adopted_who_was_turned_away(feeds, network, git):
    said_no = '"user": "x3bo", "username": "bluenote", "parent": "x1nord", "by": "nora", "why": "no"}\n'
    file = network / "results" / "main" / "2026-11-20.yaml"
    file.write_text(file.read_text() + f'- {{"at": "2026-11-20T12:00:00.000Z", "event": "rejected", {said_no}')
    code, output, _ = feeds.run("rehearse", "--catalog", network)
    assert code == 0
    assert "partner  " not in output
    assert "bluenote" not in output


def test_a_pull_that_conflicts_is_found(rehearsed):
    def write_into_results(stage):
        (file,) = [path for path in stage.editor.folder.glob("results/**/*.yaml") if "2026-11-20" not in path.name]
        file.write_text("- mine\n")
        stage.editor.commit("Write where programs alone do")

    with pytest.raises(FeedsError, match=r"The editor's pull failed: .*could not apply"):
        rehearsed({crawl_again: [write_into_results]})


def test_without_an_adopted_user_the_rest_is_played_and_it_says_what_was_not(feeds, network, git):
    (network / "results" / "main" / "2026-11-20.yaml").unlink()
    code, output, errors = feeds.run("rehearse", "--catalog", network)
    assert (code, errors) == (0, "")
    said = " ".join(output.split())
    assert "editor finds nothing to change that would be seen" in said
    assert "partner annacooks, in the catalog, connects on the app's pages: adopted" in said
    assert "annacooks, strayfilms and guestfilms joined through the app's pages" in said
    assert "are in the remote's results/. 4 imported videos left the feeds" in said
    assert "There was no edit to play: no feed has a title or a place for a video" in said
    assert "came into the feeds" not in said
    assert feeds.left() == []


@pytest.mark.parametrize("adopted", [True, False])
def test_a_catalog_of_one_file_and_no_users_is_played(feeds, network, adopted, git):
    file = network / "catalog.yaml"
    file.write_text(file.read_text().partition("include:")[0])
    if not adopted:
        (network / "results" / "main" / "2026-11-20.yaml").unlink()
    code, output, _ = feeds.run("rehearse", "--catalog", network)
    assert code == 0
    assert f"0 videos in {2 if adopted else 0} feeds" in output
    assert "Nothing was listed, so nothing could leave a feed: `feeds build` says why." in " ".join(output.split())
    assert "users/" not in output


@pytest.mark.parametrize("path", [None, "/nowhere"])
def test_a_user_with_a_fault_stops_nobody_else(feeds, network, path, git):
    file = network / "users" / "x2anna.yaml"
    file.write_text(file.read_text().replace("title: Tarte 1,", ""))
    code, output, errors = feeds.run("rehearse", "--catalog", network, **({"PATH": path} if path else {}))
    assert (code, errors) == (0, "")
    assert "(1 fault in the catalog, which feeds check names: everyone else goes on)" in output
    assert "bluenote" in output
    assert "It adds up" in output


def test_a_network_with_a_fault_is_not_rehearsed(feeds, network):
    file = network / "catalog.yaml"
    file.write_text(file.read_text().replace("base_url", "bass_url"))
    code, _, errors = feeds.run("rehearse", "--catalog", network)
    assert code == 1
    assert "catalog.yaml has faults. `python -m feeds check` names each" in errors


def test_a_folder_without_a_catalog_is_named(feeds, tmp_path):
    code, _, errors = feeds.run("rehearse", "--catalog", tmp_path)
    assert code == 2
    assert f"{tmp_path}/catalog.yaml can't be read: No such file or directory." in errors


def test_only_what_a_build_reads_is_copied(network, tmp_path, tree):
    scratch = Folders(tmp_path / "copy", tmp_path / "state")
    copy_catalog(Folders(network, network / ".feeds"), scratch)
    assert tree(scratch.catalog).keys() == {"catalog.yaml", "users/x2anna.yaml", "results/main/2026-11-20.yaml"}
    assert not scratch.state.exists()


def test_nothing_of_gits_own_folder_is_copied_whatever_the_pattern(network, tmp_path, tree):
    (network / ".git" / "odd.yaml").write_text("id: x9")
    catalog = network / "catalog.yaml"
    catalog.write_text(catalog.read_text().replace("users/*.yaml", '"**/*.yaml"'))
    scratch = Folders(tmp_path / "copy", tmp_path / "state")
    copy_catalog(Folders(network, network / ".feeds"), scratch)
    assert ".git/odd.yaml" not in tree(scratch.catalog)


def test_a_copy_of_faults_is_refused(network, tmp_path):
    (network / "catalog.yaml").write_text("network: [")
    with pytest.raises(FeedsError, match=r"catalog\.yaml has faults"):
        copy_catalog(Folders(network, network / ".feeds"), Folders(tmp_path / "copy", tmp_path / "state"))
