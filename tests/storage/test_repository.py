"""Git does what is asked and nothing that a configuration, a hook or a remote would like it to do besides."""

import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from feeds.storage.repository import GitFailed, PushDeclined, PushRejected, RemoteTrouble, Repository, masked
from tests.clones import ROOT, Clones, git

AT = datetime(2026, 11, 25, 8, tzinfo=UTC)


@pytest.fixture
def clones(tmp_path):
    return Clones(tmp_path)


@pytest.fixture
def repository(clones):
    return Repository.at(clones.server.catalog)


def test_a_commit_is_made_from_bytes_alone(clones, repository):
    head = repository.commit_of("HEAD")
    commit = repository.commit_files(head, {"results/main/2026-11-25.yaml": b"- {}\n"}, "Record\n")
    assert git(clones.server.catalog, "diff", "--name-status", head, commit) == "A\tresults/main/2026-11-25.yaml"
    blob = repository.files(commit, "results/main")["results/main/2026-11-25.yaml"]
    assert repository.read(blob) == {blob: b"- {}\n"}
    assert (repository.commit_of("HEAD"), clones.server.status()) == (head, "")
    assert repository.commit_files(head, {}, "x", at=AT) == repository.commit_files(head, {}, "x", at=AT)


def test_a_name_that_git_would_take_for_a_pattern_is_a_name(repository):
    commit = repository.commit_files(repository.commit_of("HEAD"), {":(top)*/a[b] é.yaml": b"x"}, "Odd\n")
    assert list(repository.files(commit, ":(top)*")) == [":(top)*/a[b] é.yaml"]


def test_a_folder_in_no_repository_has_none(tmp_path):
    assert Repository.at(tmp_path) is None


def test_a_repository_that_cannot_be_read_is_no_missing_one(clones):
    (clones.server.catalog / ".git" / "HEAD").unlink()
    with pytest.raises(GitFailed, match="git rev-parse failed: fatal: not a git repository"):
        Repository.at(clones.server.catalog)


def test_git_missing_is_said_so(clones, tmp_path):
    with pytest.raises(GitFailed, match="The program git is missing: install it"):
        Repository.at(clones.server.catalog, environ={"PATH": str(tmp_path)})


def test_a_commit_that_somebody_was_faster_than_is_rejected_and_one_that_a_rule_forbids_is_declined(clones, repository):
    head = repository.commit_of("HEAD")
    commit = repository.commit_files(head, {"a": b"a"}, "a")
    clones.editor.push("Faster")
    with pytest.raises(PushRejected):
        repository.push("origin", commit, "main")
    hook = clones.hook("pre-receive", "echo not today >&2; exit 1")
    commit = repository.commit_files(repository.fetch("origin", "main"), {"a": b"a"}, "a")
    with pytest.raises(PushDeclined, match="not today"):
        repository.push("origin", commit, "main")
    hook.unlink()
    repository.push("origin", commit, "main")
    assert clones.head() == commit


def test_a_remote_that_is_gone_is_remote_trouble_and_a_branch_that_is_missing_is_none(clones, repository):
    assert repository.fetch("origin", "nothing") is None
    clones.remote.rename(clones.root / "away")
    with pytest.raises(RemoteTrouble, match="git ls-remote failed"):
        repository.fetch("origin", "main")


def test_a_remote_that_never_answers_is_given_up_and_all_that_it_started_is_ended(clones, tmp_path):
    """What git starts to reach a remote would go on holding pipes and sockets."""
    script = tmp_path / "ssh"
    script.write_text(f"#!/bin/sh\necho $$ > {tmp_path}/pid\nexec sleep 60\n")
    script.chmod(0o755)
    git(clones.server.catalog, "remote", "set-url", "origin", "ssh://git.example/nord.git")
    environ = {"PATH": os.environ["PATH"], "GIT_SSH_COMMAND": str(script)}
    repository = Repository(clones.server.catalog, environ=environ, timeout_s=0.5)
    with pytest.raises(RemoteTrouble, match="gave no answer"):
        repository.fetch("origin", "main")
    status = Path("/proc", (tmp_path / "pid").read_text().strip(), "stat")
    deadline = time.monotonic() + 10
    while status.exists() and " Z " not in status.read_text():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize("url", ["ext::sh -c touch% owned", "http://localhost:1/x.git", "git://localhost:1/x.git"])
def test_a_url_can_name_no_other_way_than_https_ssh_and_a_path(clones, repository, url):
    git(clones.server.catalog, "remote", "set-url", "origin", url)
    with pytest.raises(RemoteTrouble, match=r"transport '.*' not allowed"):
        repository.fetch("origin", "main")
    assert not (clones.server.catalog / "owned").exists()


def test_nothing_of_a_hostile_home_has_a_say(clones, tmp_path):
    owned = tmp_path / "owned"
    home = tmp_path / "home"
    (home / "hooks").mkdir(parents=True)
    for name in ("pre-push", "reference-transaction", "post-checkout", "post-index-change", "pre-commit", "post-merge"):
        hook = home / "hooks" / name
        hook.write_text(f"#!/bin/sh\necho {name} >> {owned}\nexit 1\n")
        hook.chmod(0o755)
    (home / ".gitconfig").write_text(
        f"""[alias]
    push = !touch {owned}
    ls-tree = !touch {owned}
[core]
    hooksPath = {home}/hooks
    fsmonitor = touch {owned}
    pager = touch {owned}
    editor = touch {owned}
    sshCommand = touch {owned}
    attributesFile = {home}/attributes
    autocrlf = true
[filter "own"]
    smudge = touch {owned}
    clean = touch {owned}
    required = true
[credential]
    helper = !touch {owned}
[url "ext::sh -c touch% {owned} "]
    insteadOf = {clones.remote}
[commit]
    gpgSign = true
[gpg]
    program = touch {owned}
[push]
    gpgSign = true
[pager]
    log = touch {owned}
    ls-tree = touch {owned}
"""
    )
    (home / "attributes").write_text("* filter=own\n")
    for hooks in (clones.server.catalog / ".git" / "hooks",):
        for hook in (home / "hooks").iterdir():
            (hooks / hook.name).write_bytes(hook.read_bytes())
            (hooks / hook.name).chmod(0o755)
    variables = {"GIT_DIR": "/nowhere", "GIT_PAGER": f"touch {owned}", "GIT_EXTERNAL_DIFF": f"touch {owned}",
                 "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "core.hooksPath", "GIT_CONFIG_VALUE_0": f"{home}/hooks",
                 "GIT_ALLOW_PROTOCOL": "ext:file", "GIT_EDITOR": f"touch {owned}"}  # fmt: skip
    environ = {"PATH": os.environ["PATH"], "HOME": str(home), **variables}
    repository = Repository.at(clones.server.catalog, environ=environ)
    head = repository.fetch("origin", "main")
    commit = repository.commit_files(head, {"a": b"a\r\n"}, "a")
    repository.push("origin", commit, "main")
    repository.check_out(commit, tmp_path / "checkout")
    assert repository.move_to(commit)
    repository.keep("refs/feeds/pushed", commit)
    repository.trailers(None, commit, "Allow-Removals")
    assert not owned.exists()
    assert clones.head() == commit
    assert (tmp_path / "checkout" / "a").read_bytes() == b"a\r\n"


def test_an_empty_environment_is_enough(clones):
    """Without HOME, without a name, as a service is started."""
    script = (
        "import sys; from pathlib import Path; from feeds.storage.repository import Repository;"
        "r = Repository.at(Path(sys.argv[1])); h = r.fetch('origin', 'main');"
        "r.push('origin', r.commit_files(h, {'a': b'a'}, 'a'), 'main')"
    )
    command = ["env", "-i", f"PATH={os.environ['PATH']}", f"PYTHONPATH={ROOT}", sys.executable, "-c", script]
    done = subprocess.run([*command, clones.server.catalog], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert git(clones.remote, "show", "main:a") == "a"


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("fatal: https://anna:pw@git.example/x.git: no", "fatal: https://***@git.example/x.git: no"),
        ("'https://ghp_token@git.example/x'", "'https://***@git.example/x'"),
        ("https://anna:p@ss@git.example/x", "https://***@git.example/x"),
        ("https://anna:p'w@git.example/", "https://***@git.example/"),
        ("see https://git.example/x for a@b", "see https://git.example/x for a@b"),
    ],
)
def test_what_a_url_holds_of_a_login_is_masked(said, shown):
    assert masked(said) == shown


def test_a_password_in_the_remotes_url_is_in_no_message(clones, repository):
    git(clones.server.catalog, "remote", "set-url", "origin", "https://anna:sesame-open@localhost:1/x.git")
    with pytest.raises(RemoteTrouble) as trouble:
        repository.fetch("origin", "main")
    assert "sesame" not in str(trouble.value)
    assert "localhost:1" in str(trouble.value)


# -- the check-out that is built from


def test_a_check_out_holds_exactly_the_files_of_its_commit(clones, repository, tmp_path):
    folder, head = tmp_path / "checkout", repository.commit_of("HEAD")
    repository.check_out(head, folder)
    (folder / "stray").write_text("stray")
    (folder / "users" / "bo.yaml").write_text("changed")
    before = (folder / "users" / "anna.yaml").stat().st_mtime_ns
    commit = repository.commit_files(head, {"catalog.yaml": b"new"}, "new")
    repository.check_out(commit, folder)
    names = git(clones.server.catalog, "ls-tree", "-r", "--name-only", commit).splitlines()
    assert sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()) == names
    assert (folder / "catalog.yaml").read_bytes() == b"new"
    assert (folder / "users" / "bo.yaml").read_text() == git(
        clones.server.catalog, "show", f"{commit}:users/bo.yaml"
    ) + "\n"
    assert (folder / "users" / "anna.yaml").stat().st_mtime_ns == before
    assert clones.server.status() == ""


def test_a_check_out_that_was_killed_half_way_is_done_again(repository, tmp_path):
    folder, head = tmp_path / "checkout", repository.commit_of("HEAD")
    repository.check_out(head, folder)
    folder.with_suffix(".commit").unlink()
    folder.with_suffix(".index.lock").touch()
    (folder / "users" / "bo.yaml").unlink()
    repository.check_out(head, folder)
    assert (folder / "users" / "bo.yaml").exists()


def test_a_link_in_a_commit_is_a_file_in_the_check_out(clones, repository, tmp_path):
    (clones.editor.catalog / "users" / "link.yaml").symlink_to("/etc/passwd")
    clones.editor.push()
    repository.check_out(repository.fetch("origin", "main"), tmp_path / "checkout")
    assert not (tmp_path / "checkout" / "users" / "link.yaml").is_symlink()
    assert (tmp_path / "checkout" / "users" / "link.yaml").read_text() == "/etc/passwd"


# -- what is remembered


def test_what_a_reference_has_named_is_remembered_newest_first(repository):
    head = repository.commit_of("HEAD")
    other = repository.commit_files(head, {"a": b"a"}, "a")
    assert repository.kept("refs/feeds/published", most=9) == []
    for commit in (head, other):
        repository.keep("refs/feeds/published", commit)
    assert repository.kept("refs/feeds/published", most=9) == [other, head]
    assert repository.kept("refs/feeds/published", most=1) == [other]


def test_trees_are_compared_without_one_name(repository):
    head = repository.commit_of("HEAD")
    with_results = repository.commit_files(head, {"results/main/x.yaml": b"x"}, "x")
    with_edit = repository.commit_files(head, {"users/anna.yaml": b"x"}, "x")
    one, two, three = repository.trees([head, with_results, with_edit], without="results")
    assert one == two != three
    assert repository.trees(["0" * 40, head], without="results") == [one]


def test_trailers_of_a_span_are_read(repository):
    head = repository.commit_of("HEAD")
    one = repository.commit_files(head, {}, "Take some\n\nAllow-Removals: 3\n")
    two = repository.commit_files(one, {}, "Take more, not Allow-Removals: 9\n\nAllow-Removals: 4\n")
    assert repository.trailers(head, two, "Allow-Removals") == ["4", "3"]
    assert repository.trailers(one, two, "Allow-Removals") == ["4"]
