"""An import takes what is new, once, over the whole network, and touches nothing else."""

from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feeds.building.checking import check
from feeds.core.errors import FeedsError, UsageError
from feeds.fetching.http import fetch
from feeds.fetching.public import NotAllowed
from feeds.formats.foreign import Foreign, ForeignFault
from feeds.importing.importing import import_videos, read_source
from feeds.importing.judging import Wishes, made_guid
from feeds.settings import Folders
from tests.fetching.test_http import Server, moved, ok

NETWORK = """\
network: {name: Nord, site: https://nord.example/, base_url: https://feeds.nord.example, parent_id: x1nord}
include: [users/*.yaml]
users:
  - id: x3bo
    username: bluenote
    defaults: {category: music}
    videos:
      - {guid: Bo-1, title: Nine, media: https://cdn.nord.example/bo/1.mp4}
"""
ANNA = """\
id: x2anna  # hers
username: annacooks
defaults: {category: lifestyle, media_base: https://cdn.nord.example/anna}
videos:
  - {guid: anna-1, title: "Tarte", media: 1.mp4, duration: 754, tags: [a, b]}
"""


def video(guid=None, **keys):
    """Return a video of a source, as a reader of one gives it."""
    tree = {"title": "New", "media": "https://cdn.other.example/a.mp4", **keys}
    return Foreign("item 1", {**tree, **({"guid": guid} if guid else {})})


@pytest.fixture
def catalog(tmp_path):
    """Write a network of one user in catalog.yaml, and one in a file."""
    folder = tmp_path / "network"
    (folder / "users").mkdir(parents=True)
    (folder / "catalog.yaml").write_text(NETWORK)
    (folder / "users" / "x2anna.yaml").write_text(ANNA)
    return folder


@pytest.fixture
def run(catalog):
    """Import videos, and return the report."""

    def run(*videos, user="x2anna", trial=False, **wishes):
        folders = Folders(catalog, catalog / ".feeds")
        return import_videos(folders, list(videos), user, Wishes(**wishes), is_trial=trial)

    return run


def files(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def reasons(report):
    return [each.what for each in report.refused]


def test_a_new_video_is_appended_and_all_else_stays_byte_for_byte(run, catalog):
    before = files(catalog)
    report = run(video("n-1"))
    after = files(catalog)
    assert after.pop("users/x2anna.yaml") == before.pop("users/x2anna.yaml") + (
        b"  - guid: n-1\n    title: New\n    media: https://cdn.other.example/a.mp4\n"
    )
    assert after == before
    assert (len(report.added), report.there, report.refused) == (1, 0, [])


def test_a_user_in_the_catalog_itself_is_extended_there(run, catalog):
    run(video("n-1"), user="x3bo")
    assert (catalog / "catalog.yaml").read_text() == NETWORK + (
        "      - guid: n-1\n        title: New\n        media: https://cdn.other.example/a.mp4\n"
    )


def test_a_user_whom_nobody_wrote_down_gets_a_file_with_a_comment_and_the_name_of_their_events(run, catalog):
    (catalog / "results" / "main").mkdir(parents=True)
    (catalog / "results" / "main" / "2026-11-20.yaml").write_text(
        '- {"at": "2026-11-20T10:00:00.000Z", "event": "adopted", "user": "x2new", "username": "newcomer",'
        ' "parent": "x1nord"}\n'
    )
    assert run(video("n-1"), user="x2new", category="tv").is_new
    assert (catalog / "users" / "x2new.yaml").read_text() == (
        "# yaml-language-server: $schema=../user.schema.json\n"
        "# Begun by feeds import. What stands here is yours: the next import only appends to the videos.\n"
        'id: x2new\nusername: "newcomer"\ndefaults:\n  category: tv  # of the videos that don\'t name one\nvideos:\n'
        "  - guid: n-1\n    title: New\n    media: https://cdn.other.example/a.mp4\n"
    )
    assert check(Folders(catalog, catalog / ".feeds")).findings == []


def test_no_guid_is_taken_twice_over_the_whole_network_whatever_its_letters(run, catalog):
    before = files(catalog)
    report = run(video("ANNA-1", title="Tarte"), video("bo-1"), video("ｂｏ-1"), category="tv")
    assert (report.added, report.there, files(catalog)) == ([], 1, before)
    assert reasons(report) == ['guid "bo-1" is a video of x3bo already', 'guid "ｂｏ-1" is a video of x3bo already']


def test_a_guid_that_stands_in_the_source_twice_is_taken_once(run):
    report = run(video("n-1"), video("N-1", title="Second"))
    assert [each["title"] for each in report.added] == ["New"]
    assert reasons(report) == ['guid "N-1" stands in the source a second time']


def test_what_changed_at_the_source_is_listed_and_what_only_looks_different_is_not(run, catalog):
    same = video(
        "anna-1", title="Tarte", media="https://cdn.nord.example/anna/1.mp4", duration="12:34", tags=["a", "b"]
    )
    assert run(same).changes == []
    before = files(catalog)
    report = run(video("anna-1", title="Tarte!", media="2.mp4", description="New", tags=["b"]))
    assert [(each.key, each.here, each.there) for each in report.changes] == [
        ("title", "Tarte", "Tarte!"),
        ("description", "nothing", "New"),
        ("tags", "a, b", "b"),
        ("media", "1.mp4", "2.mp4"),
    ]
    assert files(catalog) == before


def test_another_category_at_the_source_is_listed_where_the_video_has_its_own(run, catalog):
    with (catalog / "users" / "x2anna.yaml").open("a") as file:
        file.write("  - {guid: anna-2, title: B, media: 2.mp4, category: tv}\n")
    keys = {"title": "B", "media": "2.mp4"}
    report = run(video("anna-2", category="fun", **keys), video("anna-1", category="fun", title="Tarte", media="1.mp4"))
    assert [(each.guid, each.key, each.there) for each in report.changes] == [("anna-2", "category", "fun")]
    assert run(video("anna-2", **keys), category="music").changes == []


def test_what_an_editor_filled_in_by_hand_is_asked_for_no_more(run, catalog):
    (catalog / "users" / "x2anna.yaml").write_text(
        "id: x2anna\nusername: anna\nvideos: [{guid: n-1, title: New, category: tv,"
        " media: https://cdn.other.example/a.mp4}]\n"
    )
    report = run(video("n-1"))
    assert (report.there, report.refused, report.changes) == (1, [], [])


@pytest.mark.parametrize(
    ("keys", "reason"),
    [
        ({"title": "x" * 256}, "title: 256 characters, and 255 is the most. Shorten it by 1."),
        ({"media": "javascript:x"}, "media: an address that begins with javascript: is nothing that"),
        ({"media": "https://anna:geheim@h.example/a.mp4"}, "media: the address holds a login"),
        ({"guid": "a\u200bb\n"}, "guid: "),
        ({"guid": "g" * 256}, "guid: 256 characters"),
    ],
)
def test_a_video_without_what_it_needs_is_not_taken_and_the_reason_is_told(run, catalog, keys, reason):
    before = files(catalog)
    report = run(video(**{"guid": "n-1", **keys}))
    assert len(report.refused) == 1
    assert reasons(report)[0].startswith(reason)
    assert "geheim" not in reasons(report)[0]
    assert files(catalog) == before


def test_a_video_without_category_needs_one_from_the_editor(run, catalog):
    (catalog / "users" / "x2anna.yaml").write_text("id: x2anna\nusername: anna\nvideos: []\n")
    assert reasons(run(video("n-1"))) == ["no category: choose one with --category, or in the user's defaults"]
    assert run(video("n-1"), category="tv").added[0]["category"] == "tv"


def test_a_video_without_guid_needs_a_prefix_and_then_keeps_its_guid(run):
    assert reasons(run(video()))[0].startswith("no guid: a video needs one that never changes; --guid-prefix")
    first = run(video(media="https://h.example/a/Film%20one.mp4?token=1"), guid_prefix="anna-")
    assert first.added[0]["guid"] == "anna-Film-one-826dd3a9"
    again = run(video(media="http://h.example/a/Film%20one.mp4?token=2"), guid_prefix="anna-")
    assert (again.added, again.there) == ([], 1)


def test_two_films_of_one_name_have_two_guids():
    names = ["https://h.example/1/index.mp4", "https://h.example/2/index.mp4", "https://i.example/1/index.mp4"]
    names += ["https://h.example/watch?v=1", "https://h.example/watch?v=2"]
    assert len({made_guid("a-", name) for name in names}) == 5


def test_what_breaks_a_rule_and_is_not_needed_is_left_out_and_noted(run, catalog):
    report = run(
        video(
            "n-1",
            page="nowhere",
            size="0x1",
            tags=["ok", "x" * 151],
            captions={"fr": "a.srt", "x": "b.srt"},
            date="soon",
        )
    )
    assert report.added == [
        {
            "title": "New",
            "media": "https://cdn.other.example/a.mp4",
            "guid": "n-1",
            "tags": ["ok"],
            "captions": {"fr": "a.srt"},
        }
    ]
    assert sorted(each.key for each in report.notes) == ["captions", "date", "page", "size", "tags"]


def test_rights_that_break_a_rule_hold_the_video(run):
    report = run(
        video("n-1", rights={"deny": ["zz"]}), video("n-2", rights={"from": "2027-01-01", "until": "2026-01-01"})
    )
    assert [("rights" in each, "hold" in each) for each in report.added] == [(False, True), (False, True)]


def test_a_film_that_stands_under_another_guid_is_pointed_out(run):
    report = run(video("n-1", media="https://cdn.nord.example/anna/1.mp4"))
    assert [each.what for each in report.notes] == ['it is that of "anna-1", too: Dailymotion would import it twice']


def test_a_trial_tells_the_same_and_writes_nothing(run, catalog):
    before = files(catalog)
    trial = run(video("n-1"), video("n-2"), trial=True)
    assert files(catalog) == before
    done = run(video("n-1"), video("n-2"))
    assert (trial.added, trial.lines) == (done.added, done.lines)
    assert trial.lines in (catalog / "users" / "x2anna.yaml").read_text()


@pytest.mark.parametrize("text", ["id: [\n", "id: x\nusername: a\nusername: b\n", "id: &a x\nusername: *a\n", "- a\n"])
@pytest.mark.parametrize("broken", ["users/x2anna.yaml", "users/other.yaml", "catalog.yaml"])
def test_nothing_is_taken_while_a_text_of_the_network_can_not_be_read(run, catalog, broken, text):
    (catalog / broken).write_text(text)
    before = files(catalog)
    with pytest.raises(UsageError, match="feeds check says how"):
        run(video("n-1"))
    assert files(catalog) == before


def test_faults_that_were_there_before_are_nobodys_hindrance(run, catalog):
    with (catalog / "users" / "x2anna.yaml").open("a") as file:
        file.write("  - {guid: anna-2, title: B, media: 2.mp4, date: yesterday}\n")
    assert len(run(video("n-1")).added) == 1


def test_a_file_that_nobody_would_read_is_not_begun(run, catalog):
    (catalog / "catalog.yaml").write_text(NETWORK.replace("users/*.yaml", "partners/*.yaml"))
    with pytest.raises(UsageError, match=r"would not read users/x2new\.yaml"):
        run(video("n-1"), user="x2new", category="tv")
    (catalog / "catalog.yaml").write_text(NETWORK)
    (catalog / "users" / "x2new.yaml").write_text(ANNA.replace("x2anna", "x2other").replace("anna-1", "other-1"))
    with pytest.raises(UsageError, match="is not this user's"):
        run(video("n-1"), user="x2new", category="tv")


def test_an_id_in_other_letters_is_no_new_user(run):
    with pytest.raises(UsageError, match='has a user "x2anna"'):
        run(video("n-1"), user="X2Anna")


def test_an_edit_in_the_meantime_is_not_written_over(catalog):
    file = catalog / "users" / "x2anna.yaml"

    def edited():
        file.write_text(ANNA + "# a word\n")  # the network has been read by now
        yield video("n-1")

    with pytest.raises(FeedsError, match="was edited in the meantime"):
        import_videos(Folders(catalog, catalog / ".feeds"), edited(), "x2anna", Wishes())
    assert file.read_text() == ANNA + "# a word\n"
    assert [path.name for path in file.parent.iterdir()] == ["x2anna.yaml"]


def test_a_file_keeps_its_mode_and_a_link_stays_a_link(run, catalog):
    file, elsewhere = catalog / "users" / "x2anna.yaml", catalog / "anna.txt"
    file.rename(elsewhere)
    elsewhere.chmod(0o640)
    file.symlink_to(elsewhere)
    run(video("n-1"))
    assert file.is_symlink()
    assert elsewhere.stat().st_mode & 0o777 == 0o640
    assert "n-1" in elsewhere.read_text()


TITLE = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
FOUND = st.lists(
    st.fixed_dictionaries(
        {
            "media": st.sampled_from(
                ["a.mp4", "b.mp4", "https://h.example/c d.mp4", "no", "https://h.example/watch?v=1"]
            )
        },
        optional={
            "guid": TITLE,
            "title": TITLE,
            "description": TITLE,
            "tags": st.lists(TITLE, max_size=3),
            "date": TITLE | st.just("2026-11-20"),
            "duration": st.just("12:34") | TITLE,
            "rights": st.dictionaries(st.sampled_from(["from", "until"]), st.just("2026-11-20") | TITLE),
        },
    ),
    max_size=5,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(FOUND, st.booleans())
def test_a_second_run_adds_nothing_and_no_run_makes_a_fault(catalog, run, found, prefixed):
    (catalog / "users" / "x2anna.yaml").write_text(ANNA)
    options = {"guid_prefix": "p-"} if prefixed else {}

    def videos():
        return [Foreign(f"item {number}", dict(each)) for number, each in enumerate(found)]

    first = run(*videos(), **options)
    after = files(catalog)
    assert after["users/x2anna.yaml"].startswith(ANNA.encode())
    errors = [each for each in check(Folders(catalog, catalog / ".feeds")).findings if each.severity == "error"]
    assert errors == []
    second = run(*videos(), **options)
    assert second.added == []
    assert second.there >= len(first.added)
    assert files(catalog) == after


FEED = b'<rss><item><guid>n-1</guid><title>New</title><enclosure url="a.mp4" type="video/mp4"/></item></rss>'


@pytest.fixture
def server():
    server = Server()
    yield server
    server.close()


def test_an_address_is_read_as_a_file_is_and_relative_addresses_are_made_whole(server):
    server.script |= {"/feed": moved("/feeds/anna.xml"), "/feeds/anna.xml": ok(FEED, "Content-Type: text/xml")}
    found = read_source(server.url("/feed"), get=partial(fetch, rule=lambda _: True))
    assert [each.video["media"] for each in found] == [server.url("/feeds/a.mp4")]


def test_a_fault_of_what_came_names_the_address_without_its_query(server):
    server.script["/feed?key=geheim"] = ok(b"<html/>")
    with pytest.raises(ForeignFault, match=r"/feed: This is neither RSS nor Atom") as refused:
        read_source(server.url("/feed?key=geheim"), get=partial(fetch, rule=lambda _: True))
    assert "geheim" not in str(refused.value)


def test_an_address_on_this_machine_is_not_asked(server):
    with pytest.raises(NotAllowed):
        read_source(server.url("/feed"))
    assert server.asked == []


def test_a_file_that_is_too_large_or_missing_is_a_matter_of_usage(tmp_path):
    with pytest.raises(UsageError, match="No such file"):
        read_source(str(tmp_path / "none.xml"))
    with pytest.raises(UsageError, match="more than 16,777,216 bytes"):
        read_source("/dev/zero")
    assert Path("/dev/zero").exists()
