"""`feeds sync` as people start it: what it says, how it ends, and what it never shows."""

import itertools
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from feeds.commands._one_run import run_once
from feeds.commands._pass_words import Log
from feeds.commands._telling import Telling
from feeds.commands.sync import _PushBudget
from feeds.settings import Folders
from feeds.syncing.sync import Pass
from tests.clones import ROOT, Clones, git
from tests.receiver import SECRET, Receiver
from tests.sites import failed, imported, tree, user_text


@pytest.fixture
def clones(tmp_path):
    return Clones(tmp_path)


def start(server, *options):
    environ = {"PATH": os.environ["PATH"], "FEEDS_STATE": str(server.state)}
    return subprocess.Popen(
        server.command(*options), cwd=ROOT, env=environ, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def wait_for(look):
    deadline = time.monotonic() + 60
    while not (seen := look()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return seen


def test_a_pass_says_what_it_did_and_ends_with_0(clones):
    clones.server.happens(imported("a1"))
    done = clones.server.run()
    lines = done.stdout.splitlines()
    assert lines[0] == f"3 events carried into results/, pushed as {clones.head()[:10]}."
    assert lines[1] == "5 videos in 2 feeds; 3 files written, 0 removed."
    assert (done.returncode, done.stderr) == (0, "")


def test_an_empty_environment_with_path_alone_is_enough(clones):
    clones.server.happens(imported("a1"))
    command = ["env", "-i", f"PATH={os.environ['PATH']}", f"FEEDS_STATE={clones.server.state}"]
    done = subprocess.run([*command, *clones.server.command()], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert clones.count("a1") == 1


def test_the_state_may_lie_in_the_clone_as_it_does_by_default(clones):
    clones.editor.write(".gitignore", ".feeds/\nstatic_out/\n")
    clones.editor.push()
    clones.server.state = clones.server.catalog / ".feeds"
    clones.server.happens(imported("a1"))
    environ = {"PATH": os.environ["PATH"]}
    command = [sys.executable, "-m", "feeds", "sync", "--catalog", os.path.relpath(clones.server.catalog, ROOT)]
    for _ in range(2):
        done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
    assert clones.count("a1") == 1
    assert clones.server.status() == ""


def test_a_remote_out_of_reach_ends_with_3_and_shows_no_password(clones):
    clones.server.settle()
    git(clones.server.catalog, "remote", "set-url", "origin", "https://anna:sesame-open@localhost:1/x.git")
    clones.server.happens(imported("a1"))
    done = clones.server.run()
    assert done.returncode == 3
    assert "trouble: git ls-remote failed" in done.stdout
    assert "Events are safe in the journal" in done.stdout
    assert "sesame" not in done.stdout + done.stderr
    assert clones.server.listed("anna") == ["a2", "a3", "a4"]


def test_a_refused_removal_ends_with_1_and_another_machines_folder_with_2(clones):
    clones.editor.user("anna", *(f"n{number}" for number in range(20)))
    clones.editor.push()
    clones.server.settle()
    clones.editor.user("anna")
    clones.editor.push()
    done = clones.server.run()
    assert done.returncode == 1
    assert "Allow-Removals: 20" in done.stdout
    (clones.server.state / "machine").write_text("another\n")
    done = clones.server.run()
    assert done.returncode == 2
    assert "results/main belongs to another machine" in done.stderr


@pytest.mark.parametrize(("given", "exit_code"), [("1s", 0), ("0.5m", 0), ("2", 0), ("0s", 2), ("soon", 2), ("nan", 2)])
def test_a_span_is_written_as_people_do(clones, given, exit_code):
    assert clones.server.run("--every", given, "--remote", "origin").returncode == exit_code


def test_watching_goes_on_through_trouble_until_it_is_interrupted_which_ends_with_130(clones):
    program = start(clones.server, "--watch", "--every", "0.1s")
    try:
        wait_for(lambda: (clones.server.out / "users.json").exists())
        clones.server.happens(imported("a1"))
        wait_for(lambda: clones.count("a1") == 1)
        clones.remote.rename(clones.root / "away")
        clones.server.happens(imported("a2"))
        wait_for(lambda: clones.server.listed("anna") == ["a3", "a4"])
        (clones.root / "away").rename(clones.remote)
        wait_for(lambda: clones.count("a2") == 1)
        program.send_signal(signal.SIGINT)
        output, errors = program.communicate(timeout=30)
    finally:
        program.kill()
    assert (program.returncode, errors.strip()) == (130, "")
    assert output.count("trouble: git ls-remote failed") <= 2  # said when it begins, not at every pass


def test_a_fault_is_told_by_the_name_that_editors_know_with_what_is_listed_meanwhile_and_that_it_is_over(clones):
    log = Log(clones.server.plan())

    def says():
        return log.new(clones.server.sync())

    clones.server.settle()
    says()
    good = (clones.editor.catalog / "users/bo.yaml").read_text()
    clones.editor.write("users/bo.yaml", good.replace('"title"', '"titel"'))
    clones.editor.push()
    said = says()
    assert said.startswith("6 videos in 2 feeds; ")
    assert "\nusers/bo.yaml:" in said
    assert "checkout" not in said
    assert "\nnote: built from the last good version: bo-name.\n" in said
    assert "mended" not in says()
    assert log.new(Pass()) == ""  # that came to nothing, and neither mends nor breaks anything
    clones.editor.write("users/bo.yaml", good)
    clones.editor.user("anna", "a1")
    clones.editor.push()
    assert says() == (
        "The faults that were told are mended.\n1 event waits in the journal for the next pass.\n"
        "3 videos in 2 feeds; 1 file written, 0 removed.\n"
    )
    clones.server.settle()
    assert "mended" not in says()
    assert says() == ""


def test_two_syncs_at_once_carry_every_event_once(clones):
    clones.server.happens(imported(*(f"x{number}" for number in range(50))))
    both = [start(clones.server) for _ in range(2)]
    assert [each.communicate(timeout=60)[1] for each in both] == ["", ""]
    assert [each.returncode for each in both] == [0, 0]
    clones.server.settle()
    assert [clones.count(f"x{number}") for number in (0, 25, 49)] == [1, 1, 1]
    assert sum(len(lines) for path, lines in clones.results().items() if path.endswith("2026-11-21.yaml")) == 50


def test_no_more_pushes_are_made_in_a_minute_than_allowed_and_none_waits_for_a_whole_one():
    now = [0.0]
    budget = _PushBudget(6, clock=lambda: now[0])
    pushed = []
    while now[0] < 120:
        if budget.take():
            pushed.append(now[0])
        now[0] += 0.5
    assert len(pushed) == 12
    assert {later - earlier for earlier, later in itertools.pairwise(pushed)} == {10}


def watching(server, receiver, *options):
    environ = {"PATH": os.environ["PATH"], "FEEDS_STATE": str(server.state), "FEEDS_NOTIFY_URL": receiver.url}
    command = server.command("--watch", "--every", "0.1s", "--max-pushes", "60", *options)
    return subprocess.Popen(command, cwd=ROOT, env=environ, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_watching_tells_the_network_again_and_again_with_the_secret_in_no_command_line(clones):
    with Receiver() as receiver:
        receiver.gate.clear()
        clones.server.happens(failed("a1", 1))
        program = watching(clones.server, receiver, "--notify-every", "0.2s")
        try:
            assert receiver.arrived.wait(60)
            lines = b"".join((Path("/proc") / str(each) / "cmdline").read_bytes() for each in children_of(program))
            assert b"notify" in lines
            assert SECRET.encode() not in lines
            # The webhook hangs, and passes go on: nobody waits for it, and no second one is started beside it.
            for guid in ("a2", "a3"):
                clones.server.happens(imported(guid))
                wait_for(lambda guid=guid: clones.count(guid) == 1)
            assert len(receiver.requests) == 1
            receiver.gate.set()
            clones.server.happens(failed("b1", 1))
            wait_for(lambda: len(receiver.requests) == 2)
            wait_for(lambda: b'"b1' in (clones.server.state / "notices" / "told.json").read_bytes())
            program.send_signal(signal.SIGINT)
            output, errors = program.communicate(timeout=60)
        finally:
            program.kill()
    assert (program.returncode, errors) == (130, "")
    assert SECRET not in output
    assert [[each["names"] for each in message["new"]] for message in receiver.messages()] == [[["a1"]], [["b1"]]]


def test_an_interrupt_ends_a_notice_that_hangs_and_leaves_nothing_behind(clones):
    with Receiver() as receiver:
        receiver.gate.clear()
        clones.server.happens(failed("a1", 1))
        program = watching(clones.server, receiver)
        try:
            assert receiver.arrived.wait(60)
            children = children_of(program)
            program.send_signal(signal.SIGINT)
            _, errors = program.communicate(timeout=60)
        finally:
            program.kill()
    assert (program.returncode, errors) == (130, "")
    assert children
    assert not [number for number in children if Path(f"/proc/{number}").exists()]


def test_a_webhook_in_trouble_is_said_and_the_site_is_published_all_the_same(clones):
    with Receiver() as receiver:
        receiver.answer = b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n"
        clones.server.happens(failed("a1", 1))
        program = watching(clones.server, receiver, "--notify-every", "0.1s")
        try:
            wait_for(lambda: len(receiver.requests) > 1)
            clones.server.happens(imported("a2"))
            wait_for(lambda: clones.server.listed("anna") == ["a1", "a3", "a4"])
            program.send_signal(signal.SIGINT)
            _, errors = program.communicate(timeout=60)
        finally:
            program.kill()
    assert program.returncode == 130
    assert set(errors.splitlines()) == {
        "error: The webhook answered 500. Nothing is lost: it is tried again at the next `feeds notify`."
    }


def test_it_is_started_at_most_every_so_often_and_not_before_the_last_one_has_ended(tmp_path):
    now = [100.0]
    with Telling(Folders(tmp_path, tmp_path / "state"), os.environ, every_s=60, clock=lambda: now[0]) as telling:
        telling.go_on()
        first = telling.program
        telling.go_on()
        assert telling.program is first
        assert first.wait(60) == 2  # there is no catalog here
        telling.go_on()
        assert telling.program is first
        now[0] += 60
        telling.go_on()
        assert telling.program is not first
        telling.program.wait(60)


def children_of(program):
    """Return the numbers of the processes that a program has started and that have not ended."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            if int(path.read_text().rpartition(")")[2].split()[1]) == program.pid:
                found.append(int(path.parent.name))
    return found


def test_a_publisher_that_keeps_nothing_is_told_what_is_online_and_its_notes_reach_git(clones, tmp_path):
    server, online = clones.server, tmp_path / "online"
    done = server.run("--previous", "none", "--branch", "main")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[0] == f"2 events carried into results/, pushed as {clones.head()[:10]}."
    assert "in the journal" not in done.stdout
    server.out.rename(online)
    again = clones.server_named("again")
    done = again.run("--previous", online)
    assert (done.returncode, again.tree(), again.journalled()) == (0, {**tree(online)}, [])
    (online / "feeds/bo.xml").unlink()
    third = clones.server_named("third")
    done = third.run("--previous", online)
    assert done.returncode == 3  # 1 would say that what was built may be shown
    assert "feeds/bo.xml is missing" in done.stderr
    assert tree(third.out) == {}


def test_what_comes_while_it_pushes_is_published_and_noted_in_the_same_run(clones):
    """An editor's commit arrives between our fetch and our push, once."""
    other = clones.root / "other"
    git(clones.root, "clone", "--quiet", clones.remote, other)
    (other / "users/bo.yaml").write_text(user_text("bo", "b1", "b2", "b3"))
    git(other, "commit", "--quiet", "--all", "-m", "Add b3")
    git(other, "push", "--quiet", "origin", "HEAD:refs/heads/ahead")
    clones.hook(
        "pre-receive",
        f"[ -e {clones.root}/once ] && exit 0; touch {clones.root}/once; env -u GIT_QUARANTINE_PATH git update-ref "
        "refs/heads/main $(git rev-parse ahead)",
    )
    done = clones.server.run("--previous", "none")
    assert (done.returncode, clones.server.listed("bo")) == (0, ["b1", "b2", "b3"])
    assert clones.server.journalled() == []
    noted = [line for lines in clones.results().values() for line in lines if '"listed"' in line]
    assert [sum(f'"{guid}"' in line for line in noted) for guid in ("b1", "b3")] == [1, 1]


def test_notes_that_do_not_reach_git_end_with_3_so_that_nobody_publishes_them(clones):
    clones.hook("pre-receive", "exit 1")
    done = clones.server.run("--previous", "none")
    assert done.returncode == 3
    assert "2 events wait in the journal" in done.stdout


@pytest.mark.parametrize("wrong", ["access: [secret path]", "nonsense: 1"])
def test_a_run_that_built_no_site_ends_with_3_so_that_nobody_publishes_an_empty_folder(clones, wrong):
    text = (clones.editor.catalog / "catalog.yaml").read_text()
    clones.editor.write("catalog.yaml", text.replace("network:\n", f"network:\n  {wrong}\n"))
    clones.editor.push()
    done = clones.server_named("run").run("--previous", "none")
    assert done.returncode == 3
    assert "has no site: nothing was built, and nothing was online before." in done.stderr


def test_what_nobody_foresaw_ends_with_3_for_1_would_say_that_the_site_may_be_shown(capsys):
    assert run_once(None, "none", None) == 3
    assert "AttributeError" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--watch", "--no-site"])
def test_what_is_for_one_pass_that_publishes_is_for_no_other(clones, option):
    done = clones.server.run("--previous", "none", option)
    assert done.returncode == 2
    assert f"Leave out {option}, or --previous." in done.stderr


def test_a_machine_of_the_app_alone_builds_nothing(clones):
    clones.server.happens(imported("a1"))
    done = clones.server.run("--no-site")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"1 event carried into results/, pushed as {clones.head()[:10]}.\n"
    assert not clones.server.out.exists()
    assert clones.count("a1") == 1


@pytest.mark.parametrize("kind", ["no remote", "no git", "no branch on the remote"])
def test_a_machine_of_the_app_alone_builds_nothing_wherever_its_events_go(clones, kind):
    server = clones.server
    if kind == "no remote":
        git(server.catalog, "remote", "remove", "origin")
    elif kind == "no git":
        shutil.rmtree(server.catalog / ".git")
    else:
        git(clones.remote, "branch", "-m", "main", "other")
        git(server.catalog, "update-ref", "-d", "refs/remotes/origin/main")
    server.happens(imported("a1"))
    done = server.run("--no-site")
    assert (done.returncode, done.stderr) == (1 if "branch" in kind else 0, "")
    assert not server.out.exists()
    assert [each["guid"] for each in server.journalled()] == ([] if kind == "no remote" else ["a1"])


def test_what_builds_nothing_has_nothing_to_publish(clones, tmp_path):
    done = clones.server.run("--no-site", "--publish", tmp_path)
    assert done.returncode == 2
    assert "leave one of them out" in done.stderr


def test_a_run_publishes_what_is_noted_and_ends_with_3_where_that_fails(clones, tmp_path):
    target = tmp_path / "target"
    target.mkdir()
    clones.hook("pre-receive", "exit 1")
    assert clones.server.run("--previous", "none", "--publish", target).returncode == 3
    assert tree(target) == {}
    (clones.remote / "hooks/pre-receive").unlink()
    server = clones.server_named("second")
    assert server.run("--previous", "none", "--publish", target / "missing").returncode == 3
    assert server.run("--previous", target, "--publish", target).returncode == 3  # nothing is there yet
    server = clones.server_named("third")
    assert server.run("--previous", "none", "--publish", target).returncode == 0
    assert tree(target) == server.tree()


def test_what_an_earlier_pass_of_a_run_found_is_told_by_its_exit_code(clones, tmp_path):
    """Results were lost by a force-push, and another push comes while they are put back."""
    begun = clones.head()
    clones.server.happens(imported("a1"))
    assert clones.server.run("--previous", "none").returncode == 0
    clones.server.out.rename(tmp_path / "online")
    git(clones.remote, "update-ref", "refs/heads/main", begun)
    clones.editor.user("bo", "b1", "b2", "b3")
    git(clones.editor.catalog, "commit", "--quiet", "--all", "-m", "Add b3")
    git(clones.editor.catalog, "push", "--quiet", "origin", "HEAD:refs/heads/ahead")
    clones.hook(
        "pre-receive",
        f"[ -e {clones.root}/once ] && exit 0; touch {clones.root}/once; env -u GIT_QUARANTINE_PATH git update-ref "
        "refs/heads/main $(git rev-parse ahead)",
    )
    server = clones.server_named("second")
    done = server.run("--previous", tmp_path / "online")
    assert done.stdout.count("videos in") == 2  # passes
    assert "had gone from" in done.stdout
    assert (done.returncode, server.listed("anna"), server.listed("bo")) == (1, ["a2", "a3", "a4"], ["b1", "b2", "b3"])


def test_a_run_that_is_overtaken_in_each_of_its_passes_is_not_to_be_shown(clones):
    """An editor pushes another video into each pass, between its fetch and its push."""
    for number in (1, 2, 3):
        videos = [f"b{each}" for each in range(1, number + 3)]
        (clones.root / f"bo-{number}.yaml").write_text(user_text("bo", *videos))
    clones.hook(
        "pre-receive",
        f"""cd {clones.remote}; unset GIT_QUARANTINE_PATH GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES
        echo x >> {clones.root}/calls; calls=$(grep -c x {clones.root}/calls)
        [ $((calls % 2)) = 1 ] || exit 0
        file={clones.root}/bo-$(((calls + 1) / 2)).yaml; [ -e $file ] || exit 0
        export GIT_INDEX_FILE={clones.root}/index GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a GIT_COMMITTER_NAME=a
        export GIT_COMMITTER_EMAIL=a
        git read-tree main && git update-index --add --cacheinfo 100644,$(git hash-object -w $file),users/bo.yaml
        git update-ref refs/heads/main $(git commit-tree -p main -m More $(git write-tree))""",
    )
    server = clones.server_named("run")
    done = server.run("--previous", "none")
    assert server.listed("bo") == ["b1", "b2", "b3", "b4", "b5"]
    assert (done.returncode, len(server.journalled())) == (3, 1)
    assert done.stdout.count("videos in") == 3
