"""What a site says of its commits, wherever it is read; and the clone that has to hold them."""

import pytest

from feeds.building.previous_address import Address
from feeds.core.errors import BuildRefused, UsageError
from feeds.fetching.public import Unreachable
from feeds.formats.origins import MOST, parse, render
from feeds.storage.repository import RemoteTrouble, Repository
from feeds.syncing.online import Previous, have_commits, read_origins, write_origins
from tests.clones import Server, git
from tests.closed_site import serving

A, B, C = "a" * 40, "b" * 64, "c" * 40


def test_what_is_written_reads_back_and_what_is_too_old_is_left_out():
    origins = [(A, C), (B,), *[(C,)] * MOST]
    assert parse(render(origins)) == tuple(origins[:MOST])
    assert parse(render(origins) + b"<html>") == tuple(origins[:MOST])  # what is older isn't looked at
    assert render([(A, C), (B,)]) == f"{A} {C}\n{B}\n".encode()


def test_a_publication_of_very_many_commits_does_not_keep_git_busy_for_hours():
    many = [f"{number:040x}" for number in range(5000)]
    assert parse(f"{A} {A} {' '.join(many)}\n".encode()) == ((A, *many[:99]),)


@pytest.mark.parametrize("status", [404, 410, 401, 403])
def test_a_site_whose_list_may_be_read_and_that_has_no_such_file_says_nothing(tmp_path, status):
    (tmp_path / "published.txt").write_text(f"{A}\n")
    with serving(tmp_path) as site:
        assert read_origins(Address(site.url, None)) == ((A,),)
        site.answers["/published.txt"] = (status,)
        assert read_origins(Address(site.url, None)) == ()


def test_one_that_can_not_be_asked_or_says_something_else_stops_it(tmp_path):
    (tmp_path / "published.txt").write_text("<html>Not here</html>")
    with serving(tmp_path) as site:
        with pytest.raises(BuildRefused, match=r"read from 127\.0\.0\.1:\d+, and nothing was built"):
            read_origins(Address(site.url, None))
        site.answers["/published.txt"] = (503,)
        with pytest.raises(Unreachable):
            read_origins(Address(site.url, None))


def test_a_folder_without_a_site_is_of_no_commits(tmp_path):
    write_origins(tmp_path, ((A,),))
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "users.json").write_text("[]\n")
    write_origins(tmp_path, ())
    assert [path.name for path in tmp_path.iterdir()] == ["users.json"]
    write_origins(tmp_path, ((A,),))
    assert (tmp_path / "published.txt").read_text() == f"{A}\n"


def test_a_commit_that_no_branch_leads_to_is_fetched_and_one_that_is_gone_is_told_from_a_remote_that_is(synced):
    editor = synced.editor.catalog
    git(editor, "commit", "--quiet", "--allow-empty", "-m", "Short-lived")
    lost = git(editor, "rev-parse", "HEAD")
    git(editor, "push", "--quiet", "origin", "HEAD:refs/heads/short-lived")
    git(synced.remote, "update-ref", "-d", "refs/heads/short-lived")
    repository = Repository.at(synced.server.catalog)
    assert repository.commit_of(lost) is None
    have_commits(repository, "origin", (synced.head(), lost))
    assert repository.commit_of(lost) == lost
    with pytest.raises(BuildRefused, match="which origin doesn't have any more"):
        have_commits(repository, "origin", (A,))
    with pytest.raises(BuildRefused, match="which this clone doesn't have any more"):
        have_commits(repository, None, (A,))
    synced.remote.rename(synced.root / "away")
    with pytest.raises(RemoteTrouble):
        have_commits(repository, "origin", (A,))


def test_a_clone_without_its_history_is_refused(synced):
    server = Server(synced.root, synced.remote, "shallow")
    git(server.catalog, "fetch", "--quiet", "--depth", "1", f"file://{synced.remote}", "main")
    server.sync(instance="other")
    with pytest.raises(UsageError, match="fetch-depth: 0"):
        server.sync(instance="ci", previous=Previous(by_events=False))
    assert not (server.out / "published.txt").exists()
