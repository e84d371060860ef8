"""A partner who joined by invitation has a file for editors to fill, which is right from the start."""

import pytest

from feeds.formats import catalog_yaml
from feeds.syncing.starting import invited, starters
from tests.sites import adopted, line

NEW = line("adopted", user="x2anna", username="annacooks", parent="x1nord", invitation="k7").encode()


def files(*lines, include=("users/*.yaml",), known=(), paths=()):
    return starters(invited(lines), include=include, known=known, paths=paths)


def test_the_file_names_the_partner_and_is_a_user_without_a_fault():
    [(path, text)] = files(NEW).items()
    assert path == "users/x2anna.yaml"
    read = catalog_yaml.parse_user(text)
    assert read.faults == ()
    assert (read.user.id, read.user.username, read.user.videos) == ("x2anna", "annacooks", ())
    assert b"# annacooks joined by invitation on 2026-11-20." in text


def test_its_commented_lines_are_a_user_with_a_video_once_the_marks_are_taken_away():
    [text] = files(NEW).values()
    head, _, rest = text.partition(b"#defaults")
    filled = head + b"defaults" + rest.replace(b"videos: []", b"videos:").replace(b"\n#", b"\n")
    user = catalog_yaml.parse_user(filled).user
    assert [video.guid for video in user.videos] == ["x2anna-0001"]
    assert user.defaults.category == "music"


@pytest.mark.parametrize("username", ["no", "0123", 'a"b', "a: b", "a #b", "näh", "\u202eevil", "a\nid: x9"])
def test_whatever_the_username_is_it_comes_out_as_told_or_is_refused_by_check(username):
    given = line("adopted", user="x2anna", username=username, parent="x1nord", invitation="k7").encode()
    [text] = files(given).values()
    read = catalog_yaml.parse_user(text)
    assert read.claimed_id == "x2anna"
    assert read.tree["username"] == username


def test_only_a_new_user_whose_file_the_catalog_would_read_has_one():
    assert files(adopted("x2anna").encode()) == {}
    assert files(line("asked_to_join", user="x2anna", invitation="k7").encode()) == {}
    assert files(line("adopted", user="../x", invitation="k7").encode()) == {}
    assert files(b'- no event with an "invitation"\n') == {}
    assert files(NEW, known={"x2anna"}) == {}
    assert files(NEW, paths={"users/x2anna.yaml"}) == {}
    assert files(NEW, include=["partners/*.yaml"]) == {}
    assert files(NEW, include=[]) == {}
