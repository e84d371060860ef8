"""Events that only go from the journal into results cost no second build; whatever else has come meanwhile does."""

import os
from datetime import UTC, datetime

import pytest

from feeds.building.history import whole_history
from feeds.storage.journal import Journal
from feeds.storage.repository import Repository
from feeds.syncing.carrying import ends_of, lines_since, matters
from feeds.syncing.memory import Memory
from feeds.syncing.plan import Ground, Pass
from feeds.syncing.with_remote import sync_with_remote
from tests.sites import imported, line


@pytest.fixture
def clones(synced):
    return synced


class Meanwhile(Journal):
    """A journal to which something happens between the pass's first build and its push."""

    def __init__(self, folder, happen):
        super().__init__(folder)
        self._happen = happen

    def rotate(self):
        self._happen()
        return super().rotate()


def one_pass(server, happen=lambda: None):
    """Do one pass, and return it with the time at which the report was written last."""
    done, plan = Pass(), server.plan()
    lock = os.open(server.state / "sync", os.O_RDONLY)
    try:
        repository = Repository.at(server.catalog, lock=lock)
        journal = Meanwhile(server.state / "journal", happen)
        sync_with_remote(Ground(plan, datetime.now(UTC), journal, repository, Memory(repository), lambda: True, done))
    finally:
        os.close(lock)
    return done


def test_an_event_that_came_before_the_pass_is_published_by_its_first_build_and_kept_by_the_next(clones):
    server = clones.server
    server.happens(imported("a1"))
    done = one_pass(server)
    assert done.carried
    assert done.report.commit != clones.head()
    assert server.listed("anna") == ["a2", "a3", "a4"]
    assert server.fresh() == server.tree()
    following = one_pass(server)
    assert following.report.commit == clones.head()
    assert (following.written, following.removed, server.listed("anna")) == (0, 0, ["a2", "a3", "a4"])


def test_an_event_that_came_after_the_first_build_is_published_in_the_same_pass(clones):
    server = clones.server
    server.happens(imported("a1"))
    done = one_pass(server, lambda: server.happens(imported("a2")))
    assert done.report.commit == clones.head()
    assert server.listed("anna") == ["a3", "a4"]


def test_an_edit_that_was_pushed_meanwhile_is_published_in_the_same_pass(clones):
    server = clones.server
    server.happens(imported("a1"))

    def edit():
        clones.editor.user("bo", "b1", "b2", "b3")
        clones.editor.push()

    # Before the fetch, that is in the journal's rotation, or while the push is under way: it is overtaken.
    one_pass(server, edit)
    assert server.listed("bo") == ["b1", "b2", "b3"]
    assert whole_history(server.plan().folders, "a1")


def test_lines_since_an_end_are_those_that_were_not_whole_then(tmp_path):
    segment, other = tmp_path / "1.yaml", tmp_path / "2.yaml"
    one, two = imported("a1").encode(), imported("a2").encode()
    segment.write_bytes(one + two[:9])
    ends = ends_of([segment])
    segment.write_bytes(one + two)
    other.write_bytes(one)
    assert list(lines_since([segment, other], ends)) == [two.rstrip(b"\n"), one.rstrip(b"\n")]
    assert list(lines_since([segment], ends_of([segment]))) == []


def test_only_what_a_build_notes_of_its_own_feeds_is_no_news():
    assert not matters(line("listed", user="anna", items={"a1": "d"}).encode())
    assert matters(imported("a1").encode())
    assert matters(b"- torn")
