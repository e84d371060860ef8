"""The site: a pure function of catalog, results and moment, compared as the whole output tree."""

import json
import os
import shutil
from datetime import timedelta

import pytest

from feeds.core.errors import BuildRefused, UsageError
from tests.sites import AT, RESULTS, Site, adopted, failed, imported, line, moment, user_text

USERS = b"""[
  {"id": "anna", "username": "anna-name", "feed_url": "https://feeds.nord.example/feeds/anna.xml"},
  {"id": "bo", "username": "bo-name", "feed_url": "https://feeds.nord.example/feeds/bo.xml"}
]
"""


def test_the_output_is_the_user_list_and_the_feeds_and_nothing_else(site):
    site.build()
    assert site.tree().keys() == {"users.json", "feeds/anna.xml", "feeds/bo.xml"}
    assert site.tree()["users.json"] == USERS
    assert (site.listed("anna"), site.listed("bo")) == (["a1", "a2", "a3", "a4"], ["b1", "b2"])


def test_nothing_but_the_output_and_the_state_folder_is_touched(site):
    before = {path: path.read_bytes() for path in site.catalog.rglob("*") if path.is_file()}
    site.build(record=True)
    assert {path: path.read_bytes() for path in site.catalog.rglob("*") if path.is_file()} == before


# -- the same input gives the same bytes


@pytest.mark.parametrize("wishes", [{}, {"jobs": 3}, {"full": True}, {"full": True, "jobs": 2}, {"record": True}])
def test_a_second_build_of_the_same_input_writes_nothing_and_gives_the_same_bytes(site, wishes):
    for number in range(30):
        site.user(f"u{number}", f"u{number}-1", f"u{number}-2")
    site.happened(adopted(*(f"u{number}" for number in range(30))))
    site.build()
    before, inodes = site.tree(), [path.stat().st_ino for path in sorted(site.out.rglob("*.*"))]
    report = site.build(**wishes)
    assert site.tree() == before
    assert [path.stat().st_ino for path in sorted(site.out.rglob("*.*"))] == inodes
    assert (report.written, report.removed, report.listed) == (0, 0, 66)


def test_other_numbers_of_processes_give_the_same_bytes(site):
    for number in range(30):
        site.user(f"u{number}", f"u{number}-1")
    site.happened(adopted(*(f"u{number}" for number in range(30))))
    site.build(jobs=4)
    assert site.tree() == site.fresh()


def test_without_the_state_folder_the_bytes_are_the_same(site):
    site.happened(imported("a1"))
    site.build()
    before = site.tree()
    shutil.rmtree(site.state)
    assert site.build().written == 0
    assert site.tree() == before


def test_other_times_on_the_files_change_nothing(site):
    site.build()
    before = site.tree()
    for number, path in enumerate(sorted(site.catalog.rglob("*.yaml"))):
        os.utime(path, (10**9 + number, 10**9 - number))
    assert site.build().written == 0
    assert site.tree() == before


def test_next_year_the_bytes_are_the_same(site):
    site.build()
    before = site.tree()
    site.build(AT + timedelta(days=400), full=True)
    assert site.tree() == before


def test_going_back_one_commit_gives_the_former_site(site):
    site.git("init", "--quiet")
    site.git("add", ".")
    site.git("commit", "--quiet", "-m", "first")
    site.build()
    former = site.tree()
    site.user("anna", "a1", {"guid": "a2", "title": "Another title"}, "a3", "a4", "a5")
    site.user("cleo", "c1")
    site.network(name="Another name", feed_limit=2)
    site.git("add", ".")
    site.git("commit", "--quiet", "-m", "second")
    report = site.build()
    assert report.commit == site.git("rev-parse", "HEAD")
    assert site.tree() != former
    site.git("checkout", "--quiet", "HEAD~1")
    assert site.build().good
    assert site.tree() == former


def test_going_back_behind_an_adoption_gives_the_former_site_in_a_new_folder_only(site):
    """Where the partner's videos are listed already, it looks like results that were lost."""
    site.build()
    former = site.tree()
    text = (site.catalog / RESULTS).read_bytes()
    site.user("cleo", "c1")
    site.happened(adopted("cleo"))
    site.build()
    site.write(RESULTS, text)
    with pytest.raises(BuildRefused, match="nothing says why: c1 of cleo"):
        site.build()
    assert site.fresh() == former


@pytest.mark.parametrize("event", ["asked_to_join", "approved", "refused"])
def test_an_adoption_that_was_lost_is_noticed_whatever_else_is_known_of_the_user(site, event):
    site.user("cleo", "c1")
    asked = line(event, "2026-11-19T10:00:00.000Z", user="cleo", parent="x1nord")
    site.happened(asked)
    before = (site.catalog / RESULTS).read_bytes()
    site.happened(adopted("cleo"))
    site.build()
    site.write(RESULTS, before)
    with pytest.raises(BuildRefused, match="nothing says why: c1 of cleo"):
        site.build()


def test_who_has_left_and_asks_again_leaves_the_list_with_a_reason(site):
    site.build()
    site.happened(line("left", "2026-11-21T10:00:00.000Z", user="bo", parent="x1nord"))
    site.happened(line("asked_to_join", "2026-11-21T10:00:01.000Z", user="bo", parent="x1nord"))
    report = site.build()
    assert report.good
    assert [user.state for user in report.users if user.id == "bo"] == ["asked to join"]
    assert "bo" not in [user.id for user in report.users if user.in_list]


# -- who is in the list


@pytest.mark.parametrize(
    ("lines", "listed"),
    [
        (line("rejected", "2026-11-21T10:00:00.000Z", user="bo", parent="x1nord"), ["anna"]),
        (line("left", "2026-11-21T10:00:00.000Z", user="bo", parent="x1nord"), ["anna"]),
        (line("left", "2026-11-19T10:00:00.000Z", user="bo", parent="x1nord"), ["anna", "bo"]),
        (line("left", "2026-11-21T10:00:00.000Z", user="bo", parent="x1other"), ["anna", "bo"]),
        (line("adopted", "2026-11-21T10:00:00.000Z", user="cleo", parent="x1other"), ["anna", "bo"]),
        (line("adopted", "2026-11-21T10:00:00.000Z", user="cleo", parent="x1nord"), ["anna", "bo", "cleo"]),
    ],
)
@pytest.mark.parametrize("first", [True, False])
def test_the_list_names_whom_the_latest_event_of_the_current_parent_adopted(site, lines, listed, first):
    if not first:
        site.build()
    site.happened(lines)
    site.build()
    assert site.users() == listed
    assert {path.stem for path in (site.out / "feeds").iterdir()} == set(listed)
    assert site.tree() == site.fresh()


def test_an_adopted_user_who_is_not_in_the_catalog_yet_has_an_empty_feed(site):
    site.happened(line("adopted", user="cleo", username="Cleo & friends", parent="x1nord"))
    site.build()
    entry = json.loads((site.out / "users.json").read_bytes())[-1]
    assert entry == {
        "id": "cleo",
        "username": "Cleo & friends",
        "feed_url": "https://feeds.nord.example/feeds/cleo.xml",
    }
    assert site.feed("cleo") == []
    site.user("cleo", "c1")
    site.build()
    assert site.listed("cleo") == ["c1"]


def test_a_user_without_any_event_and_one_who_is_disabled_are_not_in_the_list(site):
    site.user("cleo", "c1")
    site.user("bo", "b1", "b2", enabled=False)
    report = site.build()
    assert site.tree().keys() == {"users.json", "feeds/anna.xml"}
    assert {user.id: user.held for user in report.users} == {
        "anna": {}, "bo": {"user disabled": 2}, "cleo": {"user unknown": 1},
    }  # fmt: skip


def test_an_id_that_is_no_file_name_gets_no_feed(site):
    site.happened(adopted("../evil", ".git", "con", ""))
    site.build()
    assert site.users() == ["anna", "bo"]


def test_the_list_is_empty_when_nobody_is_adopted(tmp_path):
    site = Site(tmp_path)
    assert site.build().good
    assert site.tree() == {"users.json": b"[]\n"}
    site.user("anna", "a1")
    site.build()
    assert site.tree() == {"users.json": b"[]\n"}


def test_a_catalog_without_videos_gives_empty_feeds_that_are_whole(site):
    site.user("anna")
    site.user("bo")
    site.build()
    assert (site.feed("anna"), site.feed("bo")) == ([], [])


# -- what a feed lists


def test_a_feed_holds_no_more_than_its_limit_and_the_rest_moves_up(site):
    site.network(feed_limit=2)
    site.build()
    assert site.listed("anna") == ["a1", "a2"]
    site.happened(imported("a1"))
    assert site.build().users[0].held == {"imported": 1, "over the limit": 1}
    assert site.listed("anna") == ["a2", "a3"]


def test_a_failed_video_stays_until_max_failures_and_a_retry_lists_it_again(site):
    for number in range(1, 4):
        site.build()
        assert "a1" in site.listed("anna")
        site.happened(failed("a1", number, f"2026-11-21T10:0{number}:00.000Z"))
        site.happened(failed("a1", number, f"2026-11-21T11:0{number}:00.000Z"))  # the same once more
    assert site.build().users[0].held == {"failed too often": 1}
    assert site.listed("anna") == ["a2", "a3", "a4"]
    site.journal(line("retry", "2026-11-22T10:00:00.000Z", guid="a1", why="new file"))
    site.build()
    assert site.listed("anna") == ["a1", "a2", "a3", "a4"]


def test_a_failed_video_that_was_changed_is_listed_again(site):
    site.build(record=True)
    [shown] = {event["at"] for event in site.journalled()}
    for number in range(3):
        site.happened(failed("a1", number, shown))
    site.build(record=True)
    assert "a1" not in site.listed("anna")
    site.user("anna", {"guid": "a1", "media": "better.mp4"}, "a2", "a3", "a4")
    site.build(record=True)
    assert "a1" in site.listed("anna")


@pytest.mark.parametrize("places", [["results"], ["journal"], ["results", "journal"]])
@pytest.mark.parametrize("first", [True, False])
def test_results_count_wherever_they_stand_and_once(site, places, first):
    if not first:
        site.build()
    for place in places:
        if place == "results":
            site.happened(imported("a1") + failed("a2", 1), "results/other/2026-11-22.yaml")
        else:
            site.journal(imported("a1") + failed("a2", 1))
    site.build()
    assert site.listed("anna") == ["a2", "a3", "a4"]


def test_rights_windows_open_and_close_by_the_moment_forward_and_backward(site):
    site.user(
        "anna", {"guid": "a1", "rights": {"from": "2026-11-20"}}, {"guid": "a2", "rights": {"until": "2026-11-25"}}
    )
    expected = [
        ("2026-11-19", ["a2"]),
        ("2026-11-20", ["a1", "a2"]),
        ("2026-11-25", ["a1", "a2"]),
        ("2026-11-26", ["a1"]),
    ]
    for day, listed in [*expected, *reversed(expected), expected[2], expected[0]]:
        site.build(moment(day))
        assert site.listed("anna") == listed
        assert site.tree() == site.fresh(moment(day))
        site.build(moment(day) + timedelta(hours=23, minutes=59, seconds=59))
        assert site.listed("anna") == listed


# -- settings, and where a user stands


@pytest.mark.parametrize(
    "settings",
    [
        {"name": "Another"},
        {"site": "https://other.example/"},
        {"base_url": "https://other.example/f"},
        {"feed_limit": 1},
        {"user_list": {"wrap": "users", "fields": {"id": "uid", "username": "name", "feed": "mrss"}}},
        {"mrss": {"self_link": False}},
        {"parent_id": "x1nord", "max_failures": 1},
        {"admins": ["x2chief"], "overdue": "1h", "notify": ["overdue"]},
    ],
)
def test_changed_settings_show_everywhere(site, settings):
    site.happened(failed("b1", 1))
    site.build()
    site.network(**settings)
    site.build()
    assert site.tree() == site.fresh()


def inline(*users):
    """Return what stands behind `users:` in catalog.yaml."""
    blocks = [text.replace("\n", "\n    ").rstrip() for text in users]
    return "\n" + "\n".join(f"  - {block}" for block in blocks)


def test_users_in_catalog_yaml_and_in_files_are_built_alike(site):
    site.build()
    before = site.tree()
    (site.catalog / "users" / "anna.yaml").unlink()
    (site.catalog / "users" / "bo.yaml").unlink()
    site.network(inline(user_text("bo", "b1", "b2"), user_text("anna", "a1", "a2", "a3", "a4")))
    assert site.build().written == 0
    assert site.tree() == before


def test_a_user_may_move_from_catalog_yaml_to_a_file_and_back(site):
    site.network(inline(user_text("cleo", "c1", "c2")))
    site.happened(adopted("cleo"))
    site.build()
    before = site.tree()
    for _ in range(2):
        site.network()
        site.user("cleo", "c1", "c2")
        assert site.build().good
        assert site.tree() == before
        (site.catalog / "users" / "cleo.yaml").unlink()
        site.network(inline(user_text("cleo", "c1", "c2")))
        assert site.build().good
        assert site.tree() == before
    site.happened(imported("c1"))
    site.build()
    assert site.tree() == site.fresh()


def test_one_changed_user_in_catalog_yaml_is_noticed(site):
    site.network(inline(user_text("cleo", "c1"), user_text("dan", "d1")))
    site.happened(adopted("cleo", "dan"))
    site.build()
    site.network(inline(user_text("dan", "d1"), user_text("cleo", "c1", "c2")))
    assert site.build().written == 1
    assert (site.listed("cleo"), site.listed("dan")) == (["c1", "c2"], ["d1"])


def test_a_user_whose_file_is_gone_keeps_an_empty_feed_while_adopted(site):
    site.build()
    (site.catalog / "users" / "bo.yaml").unlink()
    site.build()
    assert (site.users(), site.feed("bo")) == (["anna", "bo"], [])
    site.happened(line("left", "2026-11-22T10:00:00.000Z", user="bo", parent="x1nord"))
    report = site.build()
    assert (site.users(), report.removed) == (["anna"], 1)
    assert site.tree().keys() == {"users.json", "feeds/anna.xml"}


def test_a_changed_user_id_moves_the_feed(site):
    site.build()
    site.happened(line("left", "2026-11-22T10:00:00.000Z", user="bo", parent="x1nord") + adopted("cleo"))
    site.write("users/bo.yaml", user_text("cleo", "b1", "b2"))
    site.build()
    assert (site.users(), site.listed("cleo")) == (["anna", "cleo"], ["b1", "b2"])
    assert not (site.out / "feeds" / "bo.xml").exists()


def test_a_renamed_file_changes_nothing(site):
    site.build()
    before = site.tree()
    (site.catalog / "users" / "bo.yaml").rename(site.catalog / "users" / "a-new-name.yaml")
    assert site.build().written == 0
    assert site.tree() == before


def test_a_video_may_move_to_another_user(site):
    site.build()
    site.user("anna", "a1", "a2", "a3")
    site.user("bo", "b1", "b2", "a4")
    site.build()
    assert (site.listed("anna"), site.listed("bo")) == (["a1", "a2", "a3"], ["b1", "b2", "a4"])


# -- refusals


def test_without_a_catalog_the_command_says_how_to_start_one(tmp_path):
    site = Site(tmp_path)
    (site.catalog / "catalog.yaml").unlink()
    with pytest.raises(UsageError, match="feeds new DIR"):
        site.build()


def test_results_that_are_gone_stop_the_build_and_leave_the_tree_and_no_temporary_file(site):
    site.build()
    before = site.tree()
    (site.catalog / RESULTS).rename(site.catalog / "elsewhere")
    site.user("bo", "b1", "b2", "b3")
    with pytest.raises(BuildRefused, match="nothing says why: a1 of anna, a2 of anna, a3 of anna and 3 more"):
        site.build()
    assert site.tree() == before
    (site.catalog / "elsewhere").rename(site.catalog / RESULTS)
    site.build()
    assert site.listed("bo") == ["b1", "b2", "b3"]


def test_results_that_are_gone_stop_a_build_without_an_index_too(site):
    site.build()
    before = site.tree()
    shutil.rmtree(site.state)
    shutil.rmtree(site.catalog / "results")
    with pytest.raises(BuildRefused):
        site.build()
    assert site.tree() == before


@pytest.fixture
def large(site):
    site.user("anna", *(f"a{number}" for number in range(1, 21)))
    site.build()
    return site


def test_an_edit_that_takes_many_videos_out_waits_for_a_persons_word(large):
    before = large.tree()
    large.user("anna", *(f"a{number}" for number in range(1, 14)))
    for _ in range(2):
        (large.catalog / "users" / "bo.yaml").touch()  # looked at, and found as it was
        with pytest.raises(BuildRefused) as refused:
            large.build()
        assert large.tree() == before
    assert str(refused.value) == (
        "Nothing was published: edits would take 7 listed videos out of their feeds (7 of the network's 22, "
        "7 of 20 of anna): a14 of anna, a15 of anna, a16 of anna and 4 more.\n"
        "If that is meant, say so: feeds build --allow-removals 7"
    )
    large.build(allow_removals=7)
    assert large.listed("anna") == [f"a{number}" for number in range(1, 14)]


def test_a_refused_edit_that_is_taken_back_leaves_no_trace(large):
    before = large.tree()
    large.user("anna", "a1")
    with pytest.raises(BuildRefused):
        large.build()
    large.user("anna", *(f"a{number}" for number in range(1, 21)))
    large.build()
    assert large.tree() == before


def test_events_that_came_while_builds_were_refused_are_not_lost(large):
    text = (large.catalog / "users" / "anna.yaml").read_bytes()
    large.user("anna", "a1")
    large.happened(
        imported("b1") + adopted("new") + line("left", user="bo", parent="x1nord", at="2026-11-22T10:00:00Z")
    )
    with pytest.raises(BuildRefused):
        large.build()
    large.write("users/anna.yaml", text)
    large.build()
    assert large.users() == ["anna", "new"]
    assert large.tree() == large.fresh()


def test_imports_windows_and_partners_who_leave_need_no_word_however_many(large):
    large.user("anna", *({"guid": f"a{number}", "rights": {"until": "2026-11-25"}} for number in range(1, 21)))
    large.user("cleo", *(f"c{number}" for number in range(30)))
    large.user("dan", *(f"d{number}" for number in range(30)))
    large.happened(adopted("cleo", "dan"))
    large.build()
    large.happened(imported(*(f"c{number}" for number in range(30))))
    large.happened(line("left", "2026-11-24T10:00:00.000Z", user="dan", parent="x1nord"))
    large.build(AT + timedelta(days=3))
    assert (large.users(), large.listed("anna"), large.listed("cleo")) == (["anna", "bo", "cleo"], [], [])


def test_a_window_that_an_edit_closed_needs_a_word(large):
    large.user("anna", *({"guid": f"a{number}", "rights": {"until": "2026-11-01"}} for number in range(1, 21)))
    with pytest.raises(BuildRefused, match="20 of 20 of anna"):
        large.build()


def test_another_parent_needs_a_word_since_all_feeds_would_go(large):
    large.network(parent_id="x1other")
    with pytest.raises(BuildRefused, match="--allow-removals 22"):
        large.build()
    large.build(allow_removals=22)
    assert large.tree() == {"users.json": b"[]\n"}


def test_removing_a_large_user_needs_a_word_by_file_and_by_switch(large):
    text = (large.catalog / "users" / "anna.yaml").read_text()
    large.write("users/anna.yaml", text.replace("username:", "enabled: false\nusername:"))
    with pytest.raises(BuildRefused, match="20 of 20 of anna"):
        large.build()
    (large.catalog / "users" / "anna.yaml").unlink()
    with pytest.raises(BuildRefused, match="20 of 20 of anna"):
        large.build()


def test_a_video_that_left_the_catalog_after_its_import_is_explained(large):
    large.happened(imported(*(f"a{number}" for number in range(1, 21))))
    large.user("anna")
    large.build()
    assert large.listed("anna") == []
