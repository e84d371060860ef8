"""A build in shards: together they are the whole, byte for byte; and what isn't all of one build is never joined."""

import json
import shutil
import tempfile
import zlib
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.building.joining import Shards
from feeds.building.shard import ShardWish, build_shard, shard_of
from feeds.building.site import _index_path, build
from feeds.building.version import code_version
from feeds.core.errors import BuildRefused, FeedsError, StorageError, UsageError
from feeds.formats import mrss
from feeds.formats.shard import new_digest
from feeds.settings import Folders
from feeds.storage.index import Index
from tests.building.test_archives import archive
from tests.building.test_conflicts import BROKEN
from tests.sites import AT, RESULTS, Site, adopted, failed, imported, line, moment, tree, user_text


def build_shards(site, into, count, numbers=None, at=AT, **wishes):
    """Build shards as other machines do: with the catalog and the events, and no memory of their own."""
    for number in numbers or range(1, count + 1):
        with tempfile.TemporaryDirectory() as state:
            if (site.state / "journal").exists():
                shutil.copytree(site.state / "journal", Path(state, "journal"))
            wish = ShardWish(Folders(site.catalog, Path(state)), into, number, count, at, **{"jobs": 1, **wishes})
            report = build_shard(wish)
            assert report.path == into / f"{number}-of-{count}.shard"
    return into


def join(site, *folders, **wishes):
    with closing(Shards(list(folders))) as shards:
        return build(site.wish(shards.at, **wishes), shards)


def outcome(site, builder):
    """Return all that a person sees of a build, and all that it left."""
    try:
        report = builder()
    except FeedsError as error:
        seen = (type(error), str(error), getattr(error, "by_edit", None))
    else:
        seen = (report.users, report.written, report.removed, report.findings, report.notes, report.good)
    noted = [{**each, "at": ""} for each in site.journalled()] if (site.state / "journal").exists() else []
    return seen, site.tree(), noted


def known(site):
    """Return what the index knows of each source after a build, but for the status of files."""
    with Index.opened(_index_path(site.wish()), code_version()) as index:
        rows = [
            replace(row, signature="", settled=False, feed_signature="", feed_settled=False) for row in index.everyone()
        ]
        texts = [(good[0], zlib.decompress(good[1])) for row in rows if (good := index.good(row.source))]
        return rows, texts, index.shared_guids([row.source for row in rows])


def beside(site, name):
    """Return a copy of the site, of what it has published, and of what it knows, on the same catalog."""
    other = Site.__new__(Site)
    other.catalog, other.out, other.state = site.catalog, site.out.parent / name / "out", site.out.parent / name / "st"
    for source, target in ((site.out, other.out), (site.state, other.state)):
        if source.exists():
            shutil.copytree(source, target)
    return other


def assert_the_same(site, count, *, later="", **wishes):
    """Assert that the joined shards are the whole; `later` are events that came when the shards had been built."""
    shards = build_shards(site, site.out.parent / "shards", count)
    site.happened(later)
    whole, parts = beside(site, "whole"), beside(site, "parts")
    # The index is of a folder: it goes along under the name that it has there.
    for each in (whole, parts):
        _rename_index(site, each)
    expected = outcome(whole, lambda: whole.build(**wishes))
    assert outcome(parts, lambda: join(parts, shards, **wishes)) == expected
    assert known(parts) == known(whole)
    return expected


def _rename_index(site, other):
    before, after = _index_path(site.wish()), _index_path(other.wish())
    for ending in ("", "-wal", "-shm"):
        path = other.state / "cache" / f"{before.name}{ending}"
        if path.exists():
            path.rename(after.with_name(after.name + ending))


# -- the property

GUIDS = st.sampled_from(["a1", "a2", "A1", "b1", "b2", "c1", "ünï", 'q"<&'])
VIDEO = st.fixed_dictionaries(
    {"guid": GUIDS},
    optional={
        "hold": st.just("later"),
        "withdraw": st.just("contract"),
        "rights": st.sampled_from(
            [{"from": "2026-11-20"}, {"until": "2026-11-20"}, {"from": "2026-12-01"}, {"until": "2026-11-30"}]
        ),
        "relist": st.sampled_from(["2026-11-20", "2026-11-24"]),
        "priority": st.integers(0, 2),
        "title": st.sampled_from(["Tarte & café", "]]>", "<b>"]),
    },
)
IDS = ["anna", "bo", "cleo", "dan"]


@dataclass
class Text:
    """A user's file, sound or broken."""

    user: str
    videos: list
    enabled: bool
    broken: str | None

    def __str__(self):
        if self.broken:
            return BROKEN[self.broken] if isinstance(BROKEN[self.broken], str) else "\x00"
        return user_text(self.user, *self.videos, enabled=self.enabled)


@dataclass
class Net:
    """A network as somebody may have it: texts by file name, users in catalog.yaml, an archive, and what happened."""

    texts: dict
    inline: list
    archive: list
    events: list
    settings: dict = field(default_factory=dict)

    def write(self, site):
        shutil.rmtree(site.catalog / "users", ignore_errors=True)
        site.write("users/.keep", "")
        for name, text in self.texts.items():
            site.write(f"users/{name}.yaml", str(text))
        users = [
            {"id": user, "username": f"{user}-name", "defaults": {"category": "tv"}, "videos": [
                {"guid": guid, "title": guid, "media": "https://cdn.example/x.mp4"} for guid in guids
            ]}
            for user, guids in self.inline
        ]  # fmt: skip
        site.network(users=json.dumps(users), **self.settings)
        if self.archive:
            archive(site, *self.archive)


TEXT = st.builds(
    Text,
    st.sampled_from(IDS),
    st.lists(VIDEO, max_size=5),
    st.sampled_from([True, True, True, False]),
    st.sampled_from([None] * 7 + list(BROKEN)),
)
EVENT = st.one_of(
    st.builds(imported, GUIDS),
    st.builds(lambda guid: "".join(failed(guid, number) for number in range(3)), GUIDS),
    st.builds(adopted, st.sampled_from([*IDS, "stranger", "x7"])),
    st.builds(
        lambda user, event: line(event, "2026-11-22T10:00:00.000Z", user=user, parent="x1nord"),
        st.sampled_from(IDS),
        st.sampled_from(["rejected", "left", "asked_to_join", "approved"]),
    ),
    st.builds(lambda guid: line("retry", "2026-11-23T10:00:00.000Z", guid=guid, why="new"), GUIDS),
    st.just("- no event\n"),
)
NET = st.builds(
    Net,
    st.dictionaries(st.sampled_from(["anna", "bo", "cleo", "dan", "zoë", "another"]), TEXT, max_size=5),
    st.lists(st.tuples(st.sampled_from(IDS), st.lists(GUIDS, max_size=3, unique=True)), max_size=2),
    st.lists(GUIDS, max_size=2),
    st.lists(EVENT, max_size=5),
    st.fixed_dictionaries({}, optional={"feed_limit": st.integers(1, 4), "max_failures": st.integers(1, 3)}),
)


@settings(max_examples=30, deadline=None)
@given(
    before=st.none() | NET,
    after=NET,
    count=st.sampled_from([1, 2, 3, 4, 5, 16]),
    memory=st.booleans(),
    record=st.booleans(),
    later=st.lists(EVENT, max_size=2).map("".join),
    wishes=st.fixed_dictionaries(
        {},
        optional={
            "allow_removals": st.just(9),
            "full": st.just(True),
            "by_events": st.booleans(),
        },
    ),
)
def test_the_shards_of_any_network_joined_are_the_whole(before, after, count, memory, record, later, wishes):
    with tempfile.TemporaryDirectory() as folder:
        site = Site(Path(folder))
        site.happened(adopted("anna", "bo", "cleo"))
        if before:
            before.write(site)
            site.happened("".join(before.events))
            outcome(site, lambda: site.build(record=record))
            if not memory:  # a machine that keeps nothing, and is told what is online
                shutil.rmtree(site.state / "cache", ignore_errors=True)
        after.write(site)
        site.happened("".join(after.events))
        assert_the_same(site, count, later=later, record=record, **wishes)


# -- what only the whole can know


def test_a_guid_that_two_shards_have_freezes_both_users(site):
    site.build()
    site.user("bo", "b1", "A1")
    assert shard_of("users/anna.yaml", 16) != shard_of("users/bo.yaml", 16)
    (_, _, _, findings, _, good), files, _ = assert_the_same(site, 16)
    assert not good
    assert {each.rule for each in findings} == {"guid-duplicate"}
    assert files == site.tree()


def test_a_guid_in_an_archive_of_another_shard_is_nobody_else_s(site):
    archive(site, "z1")
    site.user("bo", "b1", "Z1")
    assert shard_of("users/anna.archive.yaml", 16) != shard_of("users/bo.yaml", 16)
    (_, _, _, findings, _, _), _, _ = assert_the_same(site, 16)
    assert [each.rule for each in findings] == ["guid-duplicate"]


def test_removals_are_judged_over_the_whole_network(site):
    for user in ("anna", "bo"):
        site.user(user, *(f"{user[0]}{number}" for number in range(9)))  # of nine in a feed any number may leave
    site.build()
    for user in ("anna", "bo"):
        site.user(user, *(f"{user[0]}{number}" for number in range(6)))
    refused, files, _ = assert_the_same(site, 16)
    assert refused[0] is BuildRefused
    assert "6 of the network's 18" in refused[1]
    assert files == site.tree()
    assert (site.build(allow_removals=6)).good


def test_rights_that_an_edit_has_ended_long_ago_are_an_edit_s_removals(site):
    site.user("anna", *(f"a{number}" for number in range(12)))
    site.build()
    ended = {"rights": {"until": "2026-11-01"}}
    site.user("anna", *({"guid": f"a{number}", **(ended if number < 6 else {})} for number in range(12)))
    refused, *_ = assert_the_same(site, 3)
    assert refused[0] is BuildRefused
    assert refused[1].startswith("Nothing was published: edits would take 6 listed videos out of their feeds")


def test_a_broken_user_is_built_from_the_last_good_text_that_the_joining_machine_has(site):
    site.build()
    site.write("users/anna.yaml", "videos: [")
    site.happened(imported("a1"))
    (users, *_, good), files, _ = assert_the_same(site, 3)
    assert not good
    assert [user.id for user in users if user.frozen] == ["anna"]
    assert [item.guid for item in mrss.parse(files["feeds/anna.xml"])[1]] == ["a2", "a3", "a4"]


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("fault", [*BROKEN, "a folder"])
def test_whatever_is_wrong_with_a_user_s_file_it_fails_no_shard_and_is_told_by_the_join(site, fault, first):
    if first:
        site.build()
    path = site.write("users/anna.yaml", BROKEN.get(fault, ""))
    if fault == "a folder":
        path.unlink()
        path.mkdir()
    (_, _, _, findings, _, good), files, _ = assert_the_same(site, 3)
    assert findings
    assert not good
    assert ("feeds/anna.xml" in files) == first


def test_what_the_joined_site_lists_is_noted_as_by_the_whole(site):
    _, _, noted = assert_the_same(site, 4, record=True)
    assert {each["user"]: list(each["items"]) for each in noted} == {
        "anna": ["a1", "a2", "a3", "a4"], "bo": ["b1", "b2"],
    }  # fmt: skip


def test_what_was_joined_is_the_last_good_version_of_whoever_breaks_next(site, shards):
    join(site, shards)
    site.write("users/anna.yaml", "videos: [")
    site.happened(imported("a1"))
    assert not site.build().good
    assert site.listed("anna") == ["a2", "a3", "a4"]


def test_a_join_on_a_machine_that_built_before_takes_only_what_has_changed(site, tmp_path):
    site.build()
    site.user("bo", "b1", "b2", "b3")
    report = join(site, build_shards(site, tmp_path / "shards", 3))
    assert report.written == 1
    assert site.listed("bo") == ["b1", "b2", "b3"]
    assert site.build().written == 0
    assert join(site, tmp_path / "shards").written == 0


def test_several_processes_join_and_build_the_same(site, tmp_path):
    for number in range(60):
        site.user(f"u{number}", f"u{number}-1")
    site.happened(adopted(*(f"u{number}" for number in range(60))))
    join(site, build_shards(site, tmp_path / "shards", 2, jobs=3), jobs=3)
    assert site.tree() == site.fresh()


def test_the_moment_is_that_of_the_shards(site, tmp_path):
    site.user("anna", {"guid": "a1", "rights": {"from": "2026-12-01"}}, "a2")
    december = moment("2026-12-24")
    join(site, build_shards(site, tmp_path / "shards", 2, at=december))
    assert site.listed("anna") == ["a1", "a2"]
    assert site.tree() == site.fresh(december)


def test_shards_may_lie_in_folders_of_their_own(site, tmp_path):
    for number in (1, 2, 3):
        build_shards(site, tmp_path / "run" / f"artifact-{number}", 3, [number])
    join(site, tmp_path / "run" / "artifact-1", tmp_path / "run")
    assert site.tree() == site.fresh()


def test_whoever_else_comes_leaves_a_user_in_their_shard():
    assert [shard_of(f"users/{name}.yaml", 16) for name in ("anna", "bo", "cleo")] == [7, 5, 7]
    assert {shard_of(f"users/{number}.yaml", 16) for number in range(200)} == set(range(1, 17))


def left(user):
    return line("left", "2026-11-22T10:00:00.000Z", user=user, parent="x1nord")


@pytest.mark.parametrize(
    ("lines", "anna", "bo"),
    [
        ("", ["a1", "a2", "a3", "a4"], ["b1", "b2"]),
        (imported("a1"), ["a2", "a3", "a4"], ["b1", "b2"]),
        (imported("b1"), ["a1", "a2", "a3", "a4"], ["b2"]),
        ("".join(failed("a3", number) for number in range(3)), ["a1", "a2", "a4"], ["b1", "b2"]),
        (left("bo"), ["a1", "a2", "a3", "a4"], None),
        (left("bo") + imported("a2", "a4"), ["a1", "a3"], None),
    ],
)
@pytest.mark.parametrize("place", ["results", "journal", "another file"])
def test_what_has_happened_since_the_shards_were_built_is_heeded(site, tmp_path, lines, anna, bo, place):
    shards = build_shards(site, tmp_path / "shards", 2)
    if place == "journal":
        site.journal(lines)
    else:
        site.happened(lines, RESULTS if place == "results" else "results/another/2026-11-24.yaml")
    join(site, shards)
    assert site.listed("anna") == anna
    assert (site.listed("bo") if "bo" in site.users() else None) == bo
    assert site.tree() == site.fresh()


def test_a_video_that_no_shard_lists_comes_by_what_has_happened_since(site, tmp_path):
    site.happened("".join(failed("a3", number) for number in range(3)))
    shards = build_shards(site, tmp_path / "shards", 2)
    site.happened(line("retry", "2026-11-22T10:00:00.000Z", guid="a3", why="new file"))
    join(site, shards)
    assert site.listed("anna") == ["a1", "a2", "a3", "a4"]


def test_what_a_join_has_noted_is_in_no_second_one_s_way(site, shards):
    join(site, shards, record=True)
    assert site.journalled()
    assert join(site, shards, record=True).written == 0
    assert site.tree() == site.fresh()


# -- what is refused


@pytest.fixture
def shards(site, tmp_path):
    return build_shards(site, tmp_path / "shards", 3)


def refused(site, *folders, error=BuildRefused, **wishes):
    """Return why the join is refused; nothing has changed by it."""
    before = site.tree() if site.out.exists() else {}
    with pytest.raises(error) as caught:
        join(site, *folders, **wishes)
    assert (site.tree() if site.out.exists() else {}) == before
    assert not list(site.out.rglob(".*")) if site.out.exists() else True
    return str(caught.value)


def test_a_missing_shard_is_named(site, shards):
    (shards / "2-of-3.shard").unlink()
    assert refused(site, shards) == (
        f"Of 3 shards these are missing in {shards}: 2. Nothing was built.\n"
        "Look why they failed, and build them: none may be left out, or its users would leave the site."
    )


def test_a_shard_that_is_there_twice_is_refused(site, shards):
    other = build_shards(site, shards / "again", 3, [3])
    assert refused(site, shards) == (
        f"Shard 3 of 3 is there twice: {shards}/3-of-3.shard and {other}/3-of-3.shard. Nothing was built.\n"
        "Take one away, or clear the folder and bring the shards of one run."
    )


def test_no_shard_and_no_folder_are_refused(site, tmp_path):
    (tmp_path / "empty").mkdir()
    assert refused(site, tmp_path / "empty").startswith(f"No shard lies in {tmp_path}/empty, and nothing was built.")
    assert refused(site, tmp_path / "none", error=UsageError).startswith(f"{tmp_path}/none is no folder.")


def test_shards_of_two_divisions_or_two_moments_are_refused(site, shards, tmp_path):
    build_shards(site, tmp_path / "four", 4, [4])
    assert "is shard 4 of 4 as of 2026-11-24T12:00:00+00:00, others are of 3" in refused(
        site, shards, tmp_path / "four"
    )
    (shards / "3-of-3.shard").unlink()
    build_shards(site, shards, 3, [3], at=moment("2026-11-25"))
    assert "3 as of 2026-11-25T00:00:00+00:00, others are of 3 as of 2026-11-24T12:00:00+00:00" in refused(site, shards)


def edit_anna(site):
    site.user("anna", "a1", "a2", "a3")


def add_cleo(site):
    site.user("cleo", "c1")


def rename(site):
    site.network(name="Another")


def forget_an_event(site):
    site.write(RESULTS, adopted("anna"))


def remove_events(site):
    (site.catalog / RESULTS).unlink()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (edit_anna, "users/anna.yaml is not the text that"),
        (add_cleo, "no shard has users/cleo.yaml"),
        (rename, "was built from another catalog.yaml"),
        (forget_an_event, "was built from other events (results/main/2026-11-20.yaml)"),
        (remove_events, "was built from other events (results/main/2026-11-20.yaml)"),
    ],
)
@pytest.mark.parametrize("first", [True, False])
def test_shards_of_another_state_are_refused(site, tmp_path, change, words, first):
    if first:
        site.build()
    shards = build_shards(site, tmp_path / "shards", 3)
    change(site)
    said = refused(site, shards)
    assert words in said
    assert "Build the shards anew, all of one commit, with one --at." in said


def import_a1(site):
    site.happened(imported("a1"))


@pytest.mark.parametrize("change", [rename, import_a1])
def test_shards_of_two_states_are_refused_whichever_lies_here(site, shards, change):
    change(site)
    (shards / "1-of-3.shard").unlink()
    build_shards(site, shards, 3, [1])
    refused(site, shards)


def test_a_shard_that_was_built_anew_after_an_edit_of_its_users_alone_goes_with_the_others(site, shards):
    edit_anna(site)
    number = shard_of("users/anna.yaml", 3)
    build_shards(site, shards, 3, [number])
    assert join(site, shards).good
    assert site.tree() == site.fresh()


def test_shards_with_another_secret_in_their_addresses_are_refused_without_telling_it(site, tmp_path):
    site.network(access=["secret path"])
    secret = "CANARY-8Wq2vZr7TnB4xK1m"
    shards = build_shards(site, tmp_path / "shards", 2, secret_path=secret)
    said = refused(site, shards, secret_path="another-" + secret)
    assert "another address of the site" in said
    assert "FEEDS_SITE_PATH" in said
    assert "CANARY" not in said
    assert join(site, shards, secret_path=secret).good
    assert secret.encode() in site.tree()["users.json"]


def test_shards_of_another_version_are_refused(site, shards):
    _forge(shards / "1-of-3.shard", lambda head: {**head, "code": "0" * 24})
    assert "another version of this software" in refused(site, shards)
    _forge(shards / "1-of-3.shard", lambda head: {**head, "feeds shard": 2})
    assert "it was made by another version of feeds" in refused(site, shards)


def _forge(path, change, number=0):
    """Change a line of a shard, and write the digest that the last line must then have."""
    lines = path.read_bytes().splitlines(keepends=True)
    lines[number] = json.dumps(change(json.loads(lines[number]))).encode() + b"\n"
    digest = new_digest()
    digest.update(b"".join(lines[:-1]))
    path.write_bytes(
        b"".join(lines[:-1]) + json.dumps({**json.loads(lines[-1]), "digest": digest.hexdigest()}).encode() + b"\n"
    )


def test_a_byte_that_changed_a_part_that_is_missing_and_rubbish_are_refused(site, shards):
    path = max(shards.iterdir(), key=lambda each: each.stat().st_size)
    whole = path.read_bytes()
    for place in range(0, len(whole), max(1, len(whole) // 150)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        assert f"{path} can't be believed: " in refused(site, shards)
        path.write_bytes(whole[:place])
        assert f"{path} can't be believed: " in refused(site, shards)
    for rubbish in (
        b"\n",
        b"[]\n",
        b"\xff\n",
        b"[" * 60_000 + b"\n",
        whole + b"\n",
        whole + whole,
        whole[1:],
        whole[:-1],
    ):
        path.write_bytes(rubbish)
        assert f"{path} can't be believed: " in refused(site, shards)
    path.write_bytes(whole)
    assert join(site, shards).good


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("shard", 0), ("shard", 2), ("shard", "1"), ("of", None), ("at", "now"), ("at", "2026-11-24T12:00:00"),
        ("events", 7), ("events", ["x"]),
    ],
)  # fmt: skip
def test_a_forged_first_line_ends_in_words(site, tmp_path, key, value):
    shards = build_shards(site, tmp_path / "shards", 1)
    _forge(shards / "1-of-1.shard", lambda head: {**head, key: value})
    said = refused(site, shards)
    assert "can't be believed: it is broken" in said


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("id", "../../evil"), ("id", 7), ("state", "king"), ("guids", None), ("reasons", {"a1": "because"}),
        ("from", "now"), ("listed", "x"), ("ended", []),
    ],
)  # fmt: skip
def test_a_forged_piece_writes_nothing_elsewhere_and_ends_in_words(site, tmp_path, key, value):
    shards = build_shards(site, tmp_path / "shards", 1)
    _forge(shards / "1-of-1.shard", lambda piece: {**piece, "feed": {**piece["feed"], key: value}}, number=1)
    assert "can't be believed: it is broken" in refused(site, shards)
    assert not list(tmp_path.rglob("*evil*"))


def test_a_piece_in_another_s_shard_or_of_another_kind_is_refused(site, tmp_path):
    shards = build_shards(site, tmp_path / "shards", 2)
    number = shard_of("users/anna.yaml", 2)
    other = next(name for name in map("users/{}.yaml".format, "klmnop") if shard_of(name, 2) != number)
    _forge(shards / f"{number}-of-2.shard", lambda piece: {**piece, "source": other}, number=1)
    assert f"{other} does not belong into it" in refused(site, shards)
    shutil.rmtree(shards)
    build_shards(site, shards, 1)
    _forge(shards / "1-of-1.shard", lambda piece: {**piece, "feed": None}, number=1)
    assert "is of another kind there" in refused(site, shards)


def test_a_user_who_is_in_a_shard_twice_is_refused(site, tmp_path):
    site.write("users/bo.yaml", "videos: [")  # so that no feed stands behind the line
    path = build_shards(site, tmp_path / "shards", 1) / "1-of-1.shard"
    lines = path.read_bytes().splitlines(keepends=True)
    [at] = [number for number, text in enumerate(lines) if text.startswith(b'{"source":"users/bo.yaml"')]
    lines.insert(at, lines[at])
    lines[-1] = json.dumps({"pieces": 3}).encode() + b"\n"
    path.write_bytes(b"".join(lines))
    _forge(path, lambda head: head)
    assert "users/bo.yaml does not belong into it" in refused(site, path.parent)


def test_other_files_beside_the_shards_are_left_alone(site, shards):
    (shards / ".3-of-3.shard.0a1b2c3d.tmp").write_bytes(b"half of one")
    (shards / "README").write_text("artifacts")
    assert join(site, shards).good
    assert (shards / "README").exists()


def test_a_shard_that_can_t_be_read_is_named(site, shards):
    (shards / "2-of-3.shard").unlink()
    (shards / "2-of-3.shard").mkdir()
    assert refused(site, shards, error=StorageError) == (
        f"{shards}/2-of-3.shard can't be read: Is a directory. Nothing was built."
    )


def test_a_link_that_leads_to_itself_is_named(site, shards):
    (shards / "x.shard").symlink_to("x.shard")
    assert refused(site, shards, error=StorageError) == (
        f"{shards}/x.shard can't be read: Too many levels of symbolic links. Nothing was built."
    )


def test_a_shard_never_goes_where_a_site_is(site, tmp_path):
    site.build()
    before = site.tree()
    with pytest.raises(UsageError, match="holds a site, and a shard is none"):
        build_shards(site, site.out, 3, [1])
    assert site.tree() == before
    (tmp_path / "half" / "feeds").mkdir(parents=True)
    (tmp_path / "list").mkdir()
    (tmp_path / "list" / "users.json").write_text("[]")
    for part in ("half", "list"):
        with pytest.raises(UsageError, match="holds a site"):
            build_shards(site, tmp_path / part, 3, [1])


def test_a_shard_leaves_nothing_but_its_file(site, tmp_path):
    into = tmp_path / "shards"
    into.mkdir()
    (into / ".1-of-2.shard.0a1b2c3d.tmp").write_bytes(b"of one that was killed")
    build_shards(site, into, 2, [1])
    assert [path.name for path in into.iterdir()] == ["1-of-2.shard"]
    assert tree(into) == tree(build_shards(site, tmp_path / "again", 2, [1]))
