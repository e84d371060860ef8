"""`feeds plan`: what an edit does is said before the push, and what is dangerous of it is said first."""

import json

import pytest

from tests.clones import git
from tests.sites import Site, adopted, failed, imported, line, tree, videos

AT = "2026-11-24T12:00:00Z"


@pytest.fixture
def site(tmp_path):
    """Return a committed network: anna has twelve videos, bo three, of which one is imported, and cleo asks to join."""
    site = Site(tmp_path)
    site.state = tmp_path / "state"
    site.user("anna", *(f"a{number:02}" for number in range(1, 13)))
    site.user("bo", "b1", "b2", "b3")
    site.user("cleo", "c1")
    site.happened(adopted("anna", "bo") + imported("b3"))
    git(site.catalog, "init", "--quiet", "--initial-branch=main")
    commit(site)
    return site


def commit(site, *message):
    git(site.catalog, "add", "--all")
    git(site.catalog, "commit", "--quiet", "--allow-empty", "-m", "Edit", *message)


@pytest.fixture
def plan(feeds, site):
    """Return a function that runs `feeds plan` and returns the exit code and what it printed."""

    def run(*options, **environ):
        environ = {"FEEDS_STATE": str(site.state), **environ}
        code, output, errors = feeds.call("plan", "--catalog", site.catalog, "--at", AT, *options, **environ)
        assert "Traceback" not in errors
        return code, output or errors

    return run


@pytest.fixture
def planned(plan):
    """Return a function that returns the exit code, the dangers, and the users of a plan."""

    def run(*options):
        code, output = plan("--format", "json", *options)
        record = json.loads(output)
        dangers = {(each["danger"], each["guid"] or each["user"]) for each in record["dangerous"]}
        return code, dangers, {each["id"]: each for each in record["users"]}, record

    return run


def anna(site, *extra, without=(), **keys):
    kept = [f"a{number:02}" for number in range(1, 13) if f"a{number:02}" not in without]
    site.user("anna", *kept, *extra, **keys)


def test_an_edit_is_told_user_by_user_and_so_by_the_program_itself(site, feeds, plan):
    anna(
        site,
        {"guid": "a12", "title": "Another", "media": "elsewhere.mp4"},
        {"guid": "a13", "hold": "until Friday"},
        "a14",
        without=("a12", "a11"),
    )
    site.user("bo", "b1", "b2", {"guid": "b3", "title": "Another"})
    site.user("dan", "d1")
    code, output = plan()
    assert code == 0
    program = feeds.run("plan", "--catalog", site.catalog, "--at", AT, FEEDS_STATE=str(site.state))
    assert program == (0, output, "")
    head = git(site.catalog, "rev-parse", "HEAD")[:10]
    assert (
        output
        == f"""\
Compared with HEAD ({head}), as of 2026-11-24 12:00 UTC:
  +1 listed, -1 no longer listed, 1 changed, 2 not listed, 1 changed since import.

anna-name (anna): +1 listed, -1 no longer listed, 1 changed, 1 not listed
  + a14
  - a11: deleted from the catalog
  ~ a12: title, media
    a13: not listed, held

bo-name (bo): 1 changed since import
  = b3: imported already: Dailymotion keeps the old version, unless `relist` has it read again

dan-name (dan): 1 not listed
    d1: not listed, user unknown
"""
    )


def test_nothing_is_said_of_an_edit_that_changes_no_feed_and_nothing_is_written(site, plan):
    path = site.catalog / "users" / "anna.yaml"
    path.write_text(f"# a comment\n{path.read_text()}")
    before = tree(site.catalog)
    assert plan() == (0, plan()[1])
    assert plan()[1].endswith(":\n  nothing changes.\n")
    assert tree(site.catalog) == before
    assert not site.state.exists()


def test_a_renamed_guid_that_dailymotion_has_seen_is_dangerous_and_another_is_not(site, planned):
    anna(site, {"guid": "a99", "media": "a12.mp4"}, without=("a12",))
    assert planned()[:2] == (0, {("guid renamed", "a12")})
    site.user("cleo", {"guid": "c9", "media": "c1.mp4"})
    assert planned()[1] == {("guid renamed", "a12")}
    anna(site, {"guid": "a99"}, without=("a12",))
    assert planned()[1] == set()


def test_a_guid_that_goes_to_another_user_is_dangerous(site, planned):
    anna(site, without=("a12",))
    site.user("bo", "b1", "b2", "b3", "a12")
    assert planned()[:2] == (0, {("guid moved", "a12")})


def test_a_removed_user_is_dangerous(site, planned):
    (site.catalog / "users" / "cleo.yaml").unlink()
    assert planned()[1] == {("user removed", "cleo")}


def test_removals_that_the_guard_refuses_name_the_trailer_that_passes_them(site, planned, plan):
    anna(site, without=("a01", "a02", "a03", "a04", "a05"))
    code, dangers, users, record = planned()
    assert (code, dangers, record["allow_removals"]) == (1, {("refused removals", None)}, 5)
    assert len(users["anna"]["no_longer_listed"]) == 5
    assert "Allow-Removals: 5`:\n" in plan()[1]
    commit(site, "-m", "Allow-Removals: 4")
    assert planned("--against", "HEAD~1")[0] == 1
    commit(site, "-m", "Allow-Removals: 1")
    code, dangers, _, record = planned("--against", "HEAD~2")
    assert (code, dangers, record["allow_removals"]) == (0, set(), 0)


@pytest.mark.parametrize("others", [0, 40])
def test_a_share_of_the_network_is_counted_over_all_users_also_those_that_are_not_touched(site, planned, others):
    for number in range(4):
        site.user(f"small{number}", *(f"s{number}-{each}" for each in range(3)))
    site.user("large", *(f"l{number}" for number in range(others)))
    site.happened(adopted("large", *(f"small{number}" for number in range(4))))
    commit(site)
    for number in range(4):
        site.user(f"small{number}", *([] if number else ["s0-0"]))
    # 11 of 26 are too many for a network of few; of 66 they are not.
    assert (("refused removals", None) in planned()[1]) is (others == 0)


def test_the_guard_of_the_build_says_the_same(site, planned, tmp_path, feeds):
    site.out = tmp_path / "out"
    build = ("build", "--catalog", site.catalog, "--out", site.out, "--at", AT)
    assert feeds.run(*build, FEEDS_STATE=str(site.state))[0] == 0
    for gone, refused in ((4, True), (3, False)):
        anna(site, without=[f"a{number:02}" for number in range(1, gone + 1)])
        assert (planned()[0] == 1) is refused
        code, _, errors = feeds.call(*build, FEEDS_STATE=str(site.state))
        assert (code == 1) is refused
        if refused:
            assert f"--allow-removals {planned()[3]['allow_removals']}" in errors


def test_a_fault_freezes_its_user_and_blocks(site, planned, plan):
    anna(site, {"guid": "a13", "titel": "oops"})
    code, dangers, users, _ = planned()
    assert (code, dangers) == (1, {("user frozen", "anna")})
    assert [each["rule"] for each in users["anna"]["blocked"]] == ["unknown-key"]
    assert "! user frozen: anna: the feed goes on from the last good version: users/anna.yaml:17:66: " in plan()[1]


@pytest.mark.parametrize("spelled", ["A01", '"a01"', '"\\x6101"', "'a01'"])
def test_a_guid_that_another_user_has_already_freezes_both_however_it_is_spelled(site, planned, spelled):
    site.write("users/cleo.yaml", f"id: cleo\nusername: c\nvideos:\n- {{title: T, category: tv, media: 'https://x.example/1.mp4', guid: {spelled}}}\n")  # fmt: skip # noqa: E501
    code, dangers, users, _ = planned()
    assert (code, dangers) == (1, {("user frozen", "anna"), ("user frozen", "cleo")})
    assert {user["blocked"][0]["rule"] for user in users.values()} == {"guid-duplicate"}


@pytest.mark.parametrize(
    ("entry", "guid"),
    [
        ('"guid": a#1', "a#1"),
        ('"guid": "\\x641"', "d1"),
        ('"\\x67uid": d1', "d1"),
        ("'guid': 'D1'", "d1"),
        ("guid: d1", "D1"),
        ("? guid\n    : d1", "d1"),
    ],
)
def test_a_guid_that_stands_in_a_file_that_is_not_read_is_found_however_it_is_spelled(site, planned, entry, guid):
    block = f"  -\n    {entry}\n    title: T\n    category: tv\n    media: https://x.example/1.mp4\n"
    site.write("users/dan.yaml", f"id: dan\nusername: d\nvideos:\n{block}")
    commit(site)
    site.user("cleo", guid)
    assert planned()[1] == {("user frozen", "dan"), ("user frozen", "cleo")}


def test_an_id_that_another_file_has_already_freezes_both(site, planned):
    site.write("users/other.yaml", (site.catalog / "users" / "bo.yaml").read_text().replace("b1", "b9"))
    assert planned()[0] == 1
    assert ("user frozen", "bo") in planned()[1]


def test_an_edit_that_leaves_a_video_live_that_should_not_be_is_dangerous(site, planned, plan):
    site.user("bo", "b1", "b2", {"guid": "b3", "withdraw": "a claim"})
    assert planned()[:2] == (0, {("still live on Dailymotion", "b3")})
    assert "https://www.dailymotion.com/video/x-b3" in plan()[1]
    site.user("bo", "b1", "b2")
    assert planned()[1] == {("still live on Dailymotion", "b3")}
    site.user("bo", "b1", "b2", {"guid": "b3", "rights": {"until": "2026-11-23"}})
    assert planned()[1] == {("still live on Dailymotion", "b3")}
    site.happened(line("taken_down", "2026-11-22T10:00:00.000Z", guid="b3", remote_id="x-b3", how="deleted", by="anna"))
    assert planned()[1] == set()


def test_a_move_into_the_archive_is_no_deletion_and_what_is_withdrawn_there_is_live(site, planned):
    site.user("bo", "b1", "b2")
    archive = f"id: bo\nvideos:\n{videos('b3')}"
    site.write("users/bo.archive.yaml", archive)
    code, dangers, users, _ = planned()
    assert (code, dangers, users) == (0, set(), {})
    commit(site)
    assert planned()[:2] == (0, set())
    site.write("users/bo.archive.yaml", archive.replace('"title"', '"withdraw": "a claim", "title"'))
    assert planned()[:2] == (0, {("still live on Dailymotion", "b3")})
    site.write("users/bo.archive.yaml", "id: bo\n")
    assert planned()[:2] == (0, {("still live on Dailymotion", "b3")})
    site.write("users/bo.archive.yaml", archive)
    site.user("cleo", "b3")
    assert planned()[:2] == (1, {("user frozen", "cleo")})


def test_what_goes_from_a_feed_into_the_archive_is_told_so_and_is_no_renaming(site, planned):
    anna(site, {"guid": "a99", "media": "a12.mp4"}, without=("a12",))
    assert planned()[1] == {("guid renamed", "a12")}
    site.write("users/anna.archive.yaml", f"id: anna\nvideos:\n{videos('a12')}")
    _, dangers, users, _ = planned()
    assert (dangers, users["anna"]["no_longer_listed"]) == (set(), [{"guid": "a12", "why": "moved to the archive"}])
    site.write("users/anna.archive.yaml", f"id: anna\ntitel: x\nvideos:\n{videos('a12')}")
    assert planned()[:2] == (1, {("broken archive", "anna")})


def test_a_guid_that_stands_in_an_archive_freezes_who_claims_it(site, planned):
    site.write("users/bo.archive.yaml", f"id: bo\nvideos:\n{videos('b0')}")
    commit(site)
    site.user("cleo", "b0")
    assert planned()[:2] == (1, {("user frozen", "cleo")})


def test_a_broken_catalog_blocks_all(site, planned):
    site.write("catalog.yaml", "network: {name: [\n")
    code, dangers, _, _ = planned()
    assert (code, dangers) == (1, {("broken catalog", None)})


def test_a_user_whose_file_was_broken_is_compared_with_its_last_good_version(site, planned):
    anna(site, {"guid": "a13", "titel": "oops"})
    commit(site)
    anna(site, "a13")
    code, dangers, users, record = planned()
    assert (code, dangers, users["anna"]["listed"]) == (0, set(), ["a13"])
    assert "last version without faults" in record["notes"][0]


def test_a_limit_judges_everybody_anew_and_a_tag_is_only_noted(site, planned):
    site.network(feed_limit=2)
    _, _, users, record = planned()
    assert (users["anna"]["no_longer_listed"][0]["why"], record["allow_removals"]) == ("over the limit", 10)
    site.network(mrss={"keywords": "false"})
    _, _, users, record = planned()
    assert (users, record["notes"]) == (
        {}, ["network.mrss changes: every feed is written anew, also without a new video."],
    )  # fmt: skip


def test_a_user_who_stands_in_catalog_yaml_is_planned_like_one_with_a_file(site, planned):
    eve = '{id: eve, username: e, videos: [{guid: e1, title: T, category: tv, media: "https://x.example/e.mp4"}]}'
    site.network(f"[{eve}]")
    site.happened(adopted("eve"))
    assert planned()[2]["eve"]["listed"] == ["e1"]
    commit(site)
    assert planned()[2] == {}
    site.network("[]")
    assert planned()[1] == {("user removed", "eve")}


def test_by_default_it_is_compared_with_where_the_branch_left_its_upstream(site, planned, tmp_path):
    git(tmp_path, "init", "--quiet", "--bare", "--initial-branch=main", "remote.git")
    git(site.catalog, "remote", "add", "origin", tmp_path / "remote.git")
    git(site.catalog, "push", "--quiet", "--set-upstream", "origin", "main")
    anna(site, "a13")
    commit(site)
    _, _, users, record = planned()
    assert (users["anna"]["listed"], record["against"][:11]) == (["a13"], "origin/main")
    assert planned("--against", "HEAD")[2] == {}


def test_results_of_either_side_count_for_both(site, planned):
    results = site.catalog / "results" / "main" / "2026-11-20.yaml"
    results.write_text(adopted("anna", "bo"))
    assert planned()[2] == {}
    site.journal(imported("a01"))
    site.user("bo", "b1", "b2", {"guid": "b3", "title": "Another"})
    anna(site, {"guid": "a01", "title": "Another"}, without=("a01",))
    assert planned()[2]["bo"]["changed_since_import"] == ["b3"]
    assert planned()[2]["anna"]["changed_since_import"] == ["a01"]


def test_a_commit_that_is_not_there_is_a_matter_of_usage(plan):
    assert plan("--against", "nowhere") == (
        2, 'error: "nowhere" names no commit here. Fetch it first, or name another: --against.\n',
    )  # fmt: skip
    assert plan("--against", "--output=x")[0] == 2


def test_no_hook_filter_or_program_of_the_repository_is_run(site, planned, tmp_path):
    marker = tmp_path / "ran"
    for name in ("post-index-change", "post-checkout", "fsmonitor-watchman"):
        hook = site.catalog / ".git" / "hooks" / name
        hook.write_text(f"#!/bin/sh\ntouch {marker}\n")
        hook.chmod(0o755)
    git(site.catalog, "config", "core.fsmonitor", f"touch {marker}")
    git(site.catalog, "config", "diff.external", f"touch {marker}")
    git(site.catalog, "config", "diff.evil.textconv", f"touch {marker}")
    site.write(".gitattributes", "*.yaml diff=evil\n")
    anna(site, "a13")
    assert planned()[2]["anna"]["listed"] == ["a13"]
    assert not marker.exists()


def test_without_git_it_is_compared_with_the_last_publication(tmp_path, feeds):
    site = Site(tmp_path)
    site.state = tmp_path / "state"
    site.user("anna", "a1", "a2")
    site.happened(adopted("anna") + failed("a2", 1))

    def run(*arguments):
        code, output, errors = feeds.call(
            *arguments, "--catalog", site.catalog, "--at", AT, FEEDS_STATE=str(site.state)
        )
        assert "Traceback" not in errors
        return code, output

    assert "Compared with nothing, as nothing was published yet" in run("plan")[1]
    assert run("build", "--record")[0] == 0
    site.user("anna", {"guid": "a1", "title": "Another"}, "a3")
    code, output = run("plan")
    assert code == 0
    assert (
        output
        == """\
Compared with the last publication, 2026-11-24 12:00 UTC, as of 2026-11-24 12:00 UTC:
  +1 listed, -1 no longer listed, 1 changed.
  note: There is no commit to compare with, so why a video was not listed before isn't known.

anna-name (anna): +1 listed, -1 no longer listed, 1 changed
  + a3
  - a2: deleted from the catalog
  ~ a1
"""
    )
