"""`feeds archive`: what is done with leaves the editors' sight, byte for byte, and a kill between loses nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.building.checking import check
from feeds.correcting import archiving
from feeds.correcting.archive_text import NotMovable, move
from feeds.formats import catalog_yaml
from tests.onboarding.conftest import CAFE
from tests.sites import imported, tree, user_text

HEAD = "id: anna\nusername: annacooks\ndefaults: {category: tv, media_base: https://cdn.nord.example/}\n"
USER = (
    HEAD
    + """videos:
  # The pilot. Olga knows who owns it.
  - guid: a1
    title: "Tarte"   # sic
    description: |
      # no comment, but text

      of two paragraphs
    media: 1.mp4

  # -- 2025 --

  # Shot twice.
  - {guid: a2, title: Soup, media: 2.mp4,
     tags: [soup]}
  - guid: a3
    title: Bread
    media: 3.mp4

# The end.
site: https://anna.example/
"""
)
A1 = USER[USER.index("  # The pilot") : USER.index("  # -- 2025")]
A2 = USER[USER.index("  # Shot") : USER.index("  - guid: a3")]
A3 = USER[USER.index("  - guid: a3") : USER.index("\n# The end")]


def moved(text, *guids, archive=None):
    done = move(text.encode(), archive.encode() if archive is not None else None, guids, "anna")
    return done.user.decode(), done.archive.decode()


def guids_in(text):
    read = catalog_yaml.parse_archive(text.encode())
    return [video.guid for video in read.user.videos]


@pytest.mark.parametrize(
    ("guids", "parts"),
    [(["a1"], [A1]), (["a2"], [A2]), (["a3"], [A3]), (["a1", "a3"], [A1, A3]), (["a1", "a2", "a3"], [A1, A2, A3])],
)
def test_entries_move_with_their_comments_byte_for_byte_and_all_else_stays(guids, parts):
    user, archive = moved(USER, *guids)
    left = USER
    for part in parts:
        left = left.replace(part, "")
    assert user == left
    assert archive.endswith("id: anna\nvideos:\n" + "".join(parts))
    assert guids_in(archive) == guids


def test_a_second_move_appends_to_the_archive_and_touches_nothing_of_it():
    user, archive = moved(USER, "a1")
    archive += "# Kept by Olga.\n"
    user, more = moved(user, "a3", archive=archive)
    assert more == archive.replace("# Kept by Olga.\n", A3 + "# Kept by Olga.\n")
    assert A2 in user


def test_lines_that_end_as_on_windows_and_a_last_line_without_an_end_move_too():
    text = (HEAD + "videos:\n- guid: a1\n  title: T\n  media: 1.mp4\n- guid: a2\n  title: T\n  media: 2.mp4").replace(
        "\n", "\r\n"
    )
    user, archive = moved(text, "a2")
    assert user == text[: text.index("- guid: a2")]
    assert archive.endswith("- guid: a2\r\n  title: T\r\n  media: 2.mp4\n")


def test_what_stands_in_both_the_same_only_leaves_the_users_file():
    _, archive = moved(USER, "a1")
    user, again = moved(USER, "a1", "a3", archive=archive)
    assert again == archive + A3
    assert user == USER.replace(A1, "").replace(A3, "")


def test_what_stands_in_both_and_not_the_same_is_refused():
    _, archive = moved(USER, "a1")
    with pytest.raises(NotMovable, match='"a1" stands in both, and not the same'):
        moved(USER.replace("Tarte", "Tarte aux pommes"), "a1", archive=archive)


@pytest.mark.parametrize(
    ("text", "archive", "words"),
    [
        (HEAD + "videos: [{guid: a1, title: T, media: 1.mp4}]\n", None, "don't stand"),
        (HEAD + "videos:\n [\n {guid: a1, title: T, media: 1.mp4}\n ]\n", None, "don't stand"),
        (HEAD + "videos:\n- {guid: a1, title: T, media: 1.mp4}\n", "id: anna\nvideos: []\n", "line by line"),
        (
            HEAD + "videos:\n- {guid: a1, title: T, media: 1.mp4}\n",
            "id: anna\nvideos:\n  - {guid: z1, title: T, media: z.mp4}\n",
            "stand 0 columns in, those of the archive 2",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_moved_line_by_line_is_left_alone_with_the_reason(text, archive, words):
    with pytest.raises(NotMovable, match=words):
        moved(text, "a1", archive=archive)


ENTRIES = st.lists(
    st.tuples(
        st.lists(st.sampled_from(["  # a word\n", "\n", "# far left\n", "    # far in\n"]), max_size=3),
        st.sampled_from(
            [
                "  - guid: {}\n    title: T\n    media: 1.mp4\n",
                "  -\n    guid: {}\n    title: T\n    # within\n    media: 1.mp4\n",
                "  - {{guid: {}, title: T,\n     media: 1.mp4}}\n",
                "  - guid: {}\n    media: 1.mp4\n    title: |\n      - guid: a\n\n      # text\n",
                '  - media: 1.mp4\n    title: "T\n\n      # text"\n    guid: {}\n',
            ]
        ),
        st.booleans(),
    ),
    min_size=1,
    max_size=6,
)


@given(ENTRIES, st.sampled_from(["", "\n# the end\n", "  # the end\nsite: https://a.example/\n"]))
def test_no_line_is_lost_or_made_and_their_order_stays_whatever_the_text(entries, end):
    texts = ["".join(above) + entry.format(f"a{number}") for number, (above, entry, _) in enumerate(entries)]
    text = HEAD + "videos:\n" + "".join(texts) + end
    going = {f"a{number}" for number, (_, _, goes) in enumerate(entries) if goes}
    user, archive = moved(text, *going)
    archived = archive.partition("videos:\n")[2]
    assert sorted((user + archived).splitlines()) == sorted(text.splitlines())
    left = iter(text.splitlines())
    assert all(line in left for line in user.splitlines())
    assert guids_in(archive) == sorted(going)


# -- the command


@pytest.fixture
def cafe(desk):
    """Return a network with a partner of whom two videos are done with, and six are not, each for its own reason."""
    desk.site.user(
        CAFE, "done1", "new1", {"guid": "w1", "withdraw": "a claim"}, {"guid": "e1", "rights": {"until": "2026-11-22"}},
        {"guid": "r1", "relist": "2099-01-01"}, {"guid": "h1", "hold": "later"}, "done2",
    )  # fmt: skip
    desk.site.happened(imported("done1", "w1", "e1", "r1"))
    desk.site.happened(imported("done2", at="2026-11-23T10:00:00.000Z"))
    return desk


def texts(desk):
    return {path.name: path.read_text() for path in (desk.site.catalog / "users").iterdir()}


def test_what_is_done_with_is_archived_and_nothing_else(cafe):
    cafe.site.build()
    before = cafe.site.listed(CAFE)
    code, out, err = cafe.call("archive")
    assert code == 0
    assert out == "x2cafec0-name (x2cafec0): 2 into x2cafec0.archive.yaml, 5 left: done1, done2\n"
    assert err == "2 videos were archived.\n"
    assert guids_in(texts(cafe)["x2cafec0.archive.yaml"]) == ["done1", "done2"]
    assert check(cafe.folders).findings == []
    assert cafe.site.build().findings == []
    assert cafe.site.listed(CAFE) == before
    assert cafe.call("archive")[1:] == ("", "0 videos were archived.\n")


def test_a_day_a_user_and_a_dry_run_are_heeded(cafe):
    before = tree(cafe.site.catalog)
    assert cafe.call("archive --dry-run")[2] == "2 videos would be archived.\n"
    code, _, err = cafe.call("archive nobody")
    assert (code, err) == (2, "error: 'nobody': no user of the catalog has this id or username.\n")
    assert tree(cafe.site.catalog) == before
    code, out, _ = cafe.call("archive x2cafec0-name --before 2026-11-22")
    assert (code, out) == (0, "x2cafec0-name (x2cafec0): 1 into x2cafec0.archive.yaml, 6 left: done1\n")


def test_what_was_withdrawn_and_taken_down_is_done_with(cafe):
    cafe.online("w1")
    assert cafe.call("takedown w1 --yes")[0] == 0
    assert "3 into" in cafe.call("archive")[1]
    assert "withdraw" in texts(cafe)["x2cafec0.archive.yaml"]


def test_what_is_archived_may_still_be_withdrawn_and_is_taken_down(cafe):
    cafe.online("done1")
    cafe.call("archive")
    code, _, err = cafe.call("takedown done1 --yes")
    assert code == 2
    assert "'done1' is archived, imported as x-done1: `withdraw: <a reason>` takes it down" in err
    path = cafe.site.catalog / "users" / "x2cafec0.archive.yaml"
    path.write_text(path.read_text().replace('"guid": "done1"', '"guid": "done1", "withdraw": "a claim"'))
    assert cafe.call("takedown done1 --yes")[0] == 0
    assert not any(cafe.is_online("done1"))


@pytest.mark.parametrize("killed_at", [1, 2])
def test_a_kill_between_leaves_it_in_both_which_is_explained_and_mended_by_the_next_call(cafe, killed_at):
    class Killed(BaseException):
        pass

    real, calls = archiving._replace, []

    def killed(path, text, *, mode):
        calls.append(path.name)
        if len(calls) == killed_at:
            raise Killed
        real(path, text, mode=mode)

    before = texts(cafe)
    cafe.monkeypatch.setattr(archiving, "_replace", killed)
    with pytest.raises(Killed):
        cafe.call("archive")
    cafe.monkeypatch.setattr(archiving, "_replace", real)
    assert calls == ["x2cafec0.archive.yaml", "x2cafec0.yaml"][:killed_at]
    assert texts(cafe)["x2cafec0.yaml"] == before["x2cafec0.yaml"]
    found = check(cafe.folders).findings
    assert [finding.rule for finding in found] == ["guid-duplicate"] * (2 if killed_at == 2 else 0)
    assert all(finding.remedy.startswith("`feeds archive x2cafec0` takes it out") for finding in found)
    assert cafe.call("archive")[0] == 0
    assert check(cafe.folders).findings == []
    assert guids_in(texts(cafe)["x2cafec0.archive.yaml"]) == ["done1", "done2"]


def test_a_user_in_catalog_yaml_and_a_file_with_faults_are_named_and_the_rest_is_archived(cafe):
    inline = user_text("x3bo", "b1").replace("\n", "\n    ").strip()
    cafe.site.network(users=f"\n  - {inline}")
    cafe.site.happened(imported("b1"))
    cafe.site.write("users/broken.yaml", "id: broken\ncolour: blue\n")
    code, out, err = cafe.call("archive")
    assert code == 1
    assert out.startswith("x2cafec0-name (x2cafec0): 2 into")
    assert err == (
        "x3bo-name (x3bo): It stands in catalog.yaml: give the user a file of its own first, users/<id>.yaml.\n"
        "broken: Its file has faults: `feeds check` names them.\n"
        "2 videos were archived; 2 refused.\n"
    )
