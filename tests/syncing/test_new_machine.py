"""A publisher on a new machine knows by events what was listed before: no edit takes many videos out unasked."""

import pytest

from feeds.commands._previous import bring_with_origins
from tests.clones import Clones, Server
from tests.sites import imported, user_text

MANY = [f"m{number}" for number in range(12)]


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    root = tmp_path_factory.mktemp("published")
    clones = Clones(root)
    clones.editor.user("bo", *MANY)
    clones.editor.push()
    clones.server.settle()
    clones.editor.pull()
    return root


@pytest.fixture
def clones(published, tmp_path):
    clones = Clones.copied(published, tmp_path)
    clones.server = clones.server_at("server")
    return clones


def moved(clones):
    """Return a server that has never published, in the place of the one that is gone."""
    return Server(clones.root, clones.remote, "new")


def test_without_an_edit_it_publishes_the_same_site(clones):
    server = moved(clones)
    assert server.settle(take_over=True).troubles == []
    assert server.tree() == clones.server.tree()


@pytest.mark.parametrize("whole", [True, False])
def test_an_edit_that_takes_many_out_waits_for_a_word_and_passes_with_it(clones, whole):
    if whole:
        (clones.editor.catalog / "users/bo.yaml").unlink()
    else:
        clones.editor.user("bo", "m0")
    clones.editor.push("Oops")
    server = moved(clones)
    [trouble, *_] = server.sync(take_over=True).troubles
    assert "Allow-Removals: " in trouble
    assert not (server.out / "users.json").exists()
    clones.editor.pull()
    clones.editor.push(f"Meant\n\nAllow-Removals: {12 if whole else 11}")
    assert server.settle(take_over=True).troubles == []
    assert server.listed("bo") == ([] if whole else ["m0"])


def test_an_adoption_that_is_lost_is_noticed_there_too(clones):
    path = clones.editor.catalog / "results/start/2026-11-20.yaml"
    path.write_text("".join(line for line in path.read_text().splitlines(keepends=True) if '"bo"' not in line))
    clones.editor.push("Lose an adoption", "--force")
    server = moved(clones)
    assert any("nothing says why" in each for each in server.sync(take_over=True).troubles)
    assert not (server.out / "users.json").exists()


def test_a_user_whose_file_is_broken_is_not_dropped_in_silence(clones):
    """What their feed should be left as is elsewhere, and the events don't tell it."""
    clones.editor.write("users/bo.yaml", user_text("bo", *MANY, colour="blue"))
    clones.editor.push("Oops")
    server = moved(clones)
    [trouble, *_] = server.sync(take_over=True).troubles
    assert "no feed could be built from users/bo.yaml (bo), which has faults" in trouble
    assert "--previous URL" in trouble
    assert not (server.out / "users.json").exists()
    clones.editor.user("bo", *MANY)
    clones.editor.push("Mend")
    assert server.settle(take_over=True).troubles == []
    assert server.tree() == clones.server.tree()


def test_what_is_online_tells_a_new_machine_of_it_once(clones):
    clones.editor.write("users/bo.yaml", user_text("bo", *MANY, colour="blue"))
    clones.editor.push("Oops")
    server = moved(clones)
    server.sync(take_over=True, previous=bring_with_origins(str(clones.server.out), server.out, {}))
    assert (server.listed("bo"), server.users()) == (MANY, ["anna", "bo"])
    server.happens(imported("m1"))
    clones.editor.user("anna", "a1")
    clones.editor.push("Another")
    for _ in range(3):
        done = server.sync()  # on its own from here
    assert (done.troubles, done.backlog) == ([], 0)
    assert server.listed("bo") == [each for each in MANY if each != "m1"]
    assert server.listed("anna") == ["a1"]
    clones.editor.user("bo", *MANY)
    clones.editor.push("Mend")
    assert server.settle().troubles == []


def test_a_broken_file_of_a_user_who_had_nothing_listed_stops_nobody(clones):
    clones.editor.user("bo")
    clones.editor.push("Nothing more\n\nAllow-Removals: 12")
    clones.server.settle()
    clones.editor.write("users/bo.yaml", user_text("bo", colour="blue"))
    clones.editor.push("Oops")
    server = moved(clones)
    server.sync(take_over=True)
    assert server.users() == ["anna"]


def test_a_build_that_publishes_nothing_to_dailymotion_compares_with_nothing(clones):
    (clones.editor.catalog / "users/bo.yaml").unlink()
    editor = moved(clones)
    clones.editor.push("Oops")
    editor.catalog = clones.editor.catalog
    assert editor.build().good
