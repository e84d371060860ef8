"""A publisher on a new machine knows by events what was listed before: no edit takes many videos out unasked."""

import pytest

from tests.clones import Clones, Server

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


def test_a_build_that_publishes_nothing_to_dailymotion_compares_with_nothing(clones):
    (clones.editor.catalog / "users/bo.yaml").unlink()
    editor = moved(clones)
    clones.editor.push("Oops")
    editor.catalog = clones.editor.catalog
    assert editor.build().good
