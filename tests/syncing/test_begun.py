"""Who joined by invitation finds a file begun for their videos, once, in the commit that brings the adoption."""

from feeds.formats import catalog_yaml
from tests.clones import git
from tests.sites import line

JOINED = line("adopted", user="cleo", username="cleo-films", parent="x1nord", invitation="k7")


def test_an_invited_partner_finds_a_file_begun_and_an_empty_feed(clones):
    clones.server.happens(JOINED)
    done = clones.server.sync()
    assert done.troubles == []
    assert done.notes == ["users/cleo.yaml is begun, for editors to fill."]
    clones.editor.pull()
    user = catalog_yaml.parse_user((clones.editor.catalog / "users/cleo.yaml").read_bytes()).user
    assert (user.id, user.username, user.videos) == ("cleo", "cleo-films", ())
    clones.server.settle()
    assert clones.server.listed("cleo") == []
    assert "cleo" in clones.server.users()


def test_an_editor_who_takes_it_away_is_not_contradicted(clones):
    clones.server.happens(JOINED)
    clones.server.settle()
    clones.editor.pull()
    git(clones.editor.catalog, "mv", "users/cleo.yaml", "users/cleo-films.yaml")
    clones.editor.push("Another name")
    clones.server.happens(JOINED)
    clones.server.settle()
    clones.editor.pull()
    assert not (clones.editor.catalog / "users/cleo.yaml").exists()


def test_what_an_editor_has_written_already_stays(clones):
    clones.editor.user("cleo", "c1")
    clones.editor.push()
    clones.server.sync()
    clones.server.happens(JOINED)
    clones.server.settle()
    clones.editor.pull()
    assert b"c1" in (clones.editor.catalog / "users/cleo.yaml").read_bytes()
    assert clones.server.listed("cleo") == ["c1"]


def test_it_is_begun_on_top_of_whatever_was_pushed_meanwhile(clones):
    clones.server.sync()
    clones.editor.user("cleo", "c1")
    clones.editor.push()
    clones.server.happens(JOINED)
    clones.server.settle()
    clones.editor.pull()
    assert b"c1" in (clones.editor.catalog / "users/cleo.yaml").read_bytes()


def test_without_a_remote_it_is_begun_in_the_clone_and_committed(clones):
    server = clones.server
    server.sync()
    git(server.catalog, "remote", "remove", "origin")
    server.happens(JOINED)
    server.settle()
    assert server.status() == ""
    assert b"cleo-films" in (server.catalog / "users/cleo.yaml").read_bytes()
    assert "users/cleo.yaml" in git(server.catalog, "ls-tree", "-r", "--name-only", "HEAD")


def test_where_results_have_a_branch_of_their_own_it_is_asked_for(clones):
    clones.server.happens(JOINED)
    done = clones.server.sync(results_branch="feeds-results")
    assert done.notes == ["Begin the files of those who joined by invitation: cleo."]


def test_who_joined_without_an_invitation_has_none_begun(clones):
    clones.server.happens(line("adopted", user="cleo", username="cleo", parent="x1nord"))
    clones.server.settle()
    clones.editor.pull()
    assert not (clones.editor.catalog / "users/cleo.yaml").exists()


def test_while_the_catalog_is_broken_events_are_carried_all_the_same(clones):
    clones.server.sync()
    clones.editor.write("catalog.yaml", "network: {")
    clones.editor.push("Oops")
    clones.server.sync()
    clones.server.happens(JOINED)
    done = clones.server.sync()
    assert done.carried
    clones.editor.pull()
    assert "cleo" in "".join(path.read_text() for path in clones.editor.catalog.glob("results/main/*.yaml"))
