"""Faults of one user and conflicts of two: who is frozen, who is built, and what still leaves a frozen feed."""

import re
import shutil

import pytest

from tests.sites import AT, adopted, imported, moment, user_text

BROKEN = {
    "syntax": user_text("anna", "a1", "a9").replace("videos:", "videos: ["),
    "value": user_text("anna", "a1", {"guid": "a9", "duration": "soon"}),
    "unknown key": user_text("anna", "a1", "a9", colour="blue"),
    "no id": user_text("anna", "a1", "a9").replace("id: ", "di: "),
    "duplicate within": user_text("anna", "a1", "a9", "a9"),
    "duplicate across": user_text("anna", "a1", "a9", "b1"),
    "duplicate by case": user_text("anna", "a1", "a9", "B1"),
    "a list": "- anna\n",
    "empty": "",
    "no text": b"\xff\xfe\x00",
}
RULES = {
    "syntax": "yaml",
    "value": "duration",
    "unknown key": "unknown-key",
    "no id": "unknown-key",
    "duplicate within": "guid-duplicate",
    "duplicate across": "guid-duplicate",
    "duplicate by case": "guid-duplicate",
    "a list": "shape",
    "empty": "empty-file",
    "no text": "encoding",
}
GOOD = user_text("anna", "a1", "a2", "a3", "a4")


@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_user_keeps_the_last_good_version_and_results_are_still_subtracted(site, fault):
    site.user("cleo", "c1")
    site.happened(adopted("cleo"))
    site.build()
    site.write("users/anna.yaml", BROKEN[fault])
    site.user("cleo", "c1", "c2")
    site.happened(imported("a2"))
    for _ in range(2):
        report = site.build()
        assert not report.good
        assert {finding.place.file.rpartition("/")[2] for finding in report.findings} <= {"anna.yaml", "bo.yaml"}
        assert RULES[fault] in {finding.rule for finding in report.findings}
        assert site.listed("anna") == ["a1", "a3", "a4"]
        assert site.listed("cleo") == ["c1", "c2"]
        assert site.users() == ["anna", "bo", "cleo"]
    site.happened(imported("a3"))
    site.build()
    assert site.listed("anna") == ["a1", "a4"]
    site.write("users/anna.yaml", GOOD)
    assert site.build().good
    assert site.listed("anna") == ["a1", "a4"]
    assert site.tree() == site.fresh()


@pytest.mark.parametrize("fault", ["syntax", "value", "no id", "a list", "empty", "no text"])
def test_without_the_state_folder_a_broken_users_feed_is_left_alone(site, fault):
    site.build()
    before = site.tree()
    shutil.rmtree(site.state)
    site.write("users/anna.yaml", BROKEN[fault])
    for full in (False, True, False):
        assert not site.build(full=full).good
        assert site.tree() == before
    site.user("bo", "b1", "b2", "b3")
    site.build()
    assert (site.listed("anna"), site.listed("bo")) == (["a1", "a2", "a3", "a4"], ["b1", "b2", "b3"])
    site.write("users/anna.yaml", GOOD)
    assert site.build().good
    assert site.tree() == site.fresh()


@pytest.mark.parametrize("fault", ["value", "no id"])
def test_what_was_imported_leaves_a_feed_that_is_left_alone_and_so_does_what_ended(site, fault):
    ending = {"guid": "a3", "title": 'Fin & "fin" <3', "rights": {"until": "2026-11-24", "allow": ["fr"]}}
    site.user("anna", "a1", "a2", ending, {"guid": "a4", "relist": "2026-11-22"}, site="https://anna.example/")
    site.happened(imported("a4"))
    site.build()
    assert site.listed("anna") == ["a1", "a2", "a3", "a4"]
    feed = (site.out / "feeds/anna.xml").read_bytes()
    shutil.rmtree(site.state)
    site.write("users/anna.yaml", BROKEN[fault])
    site.happened(imported("a2"))
    assert not site.build().good
    head, *items, _, last = re.split(rb"(?<=</item>\n)|(?=    <item>\n)", feed)
    kept = [each for each in items if b">a1<" in each or b">a3<" in each]
    assert (site.out / "feeds/anna.xml").read_bytes() == b"".join([head, *kept, last])
    site.build(moment("2026-11-25"))
    assert site.listed("anna") == ["a1"]
    site.happened(imported("a1"))
    site.build(moment("2026-11-25"))
    assert site.listed("anna") == []
    assert site.users() == ["anna", "bo"]


def test_what_is_left_of_a_feed_names_the_address_that_it_has_now(site):
    site.build()
    shutil.rmtree(site.state)
    site.write("users/anna.yaml", BROKEN["value"])
    site.happened(imported("a2"))
    site.network(base_url="https://new.nord.example")
    site.build()
    assert b'href="https://new.nord.example/feeds/anna.xml"' in (site.out / "feeds/anna.xml").read_bytes()


def test_a_frozen_users_windows_still_open_and_close(site):
    site.user(
        "anna", {"guid": "a1", "rights": {"until": "2026-11-24"}}, {"guid": "a2", "rights": {"from": "2026-11-25"}}
    )
    site.build()
    assert site.listed("anna") == ["a1"]
    site.write("users/anna.yaml", BROKEN["syntax"])
    site.build(moment("2026-11-25"))
    assert site.listed("anna") == ["a2"]


def test_a_frozen_user_who_leaves_goes(site):
    site.build()
    site.write("users/anna.yaml", BROKEN["syntax"])
    site.build()
    site.happened('- {"at": "2026-11-22T10:00:00Z", "event": "left", "user": "anna", "parent": "x1nord"}\n')
    site.build()
    assert site.users() == ["bo"]
    assert site.tree().keys() == {"users.json", "feeds/bo.xml"}


def test_a_new_user_with_a_broken_file_has_no_feed_and_harms_nobody(site):
    site.write("users/cleo.yaml", user_text("cleo", "c1", colour="blue"))
    assert not site.build().good
    assert site.users() == ["anna", "bo"]
    site.user("cleo", "c1")
    site.happened(adopted("cleo"))
    assert site.build().good
    assert site.listed("cleo") == ["c1"]


@pytest.mark.parametrize("change", ["missing", "folder", "loop"])
def test_a_user_file_that_can_not_be_read_freezes_its_user(site, change):
    path = site.catalog / "users" / "anna.yaml"
    site.build()
    before = site.tree()
    path.unlink()
    if change == "folder":
        path.mkdir()
    else:
        path.symlink_to(path if change == "loop" else "nowhere")
    report = site.build()
    assert [finding.rule for finding in report.findings] == ["unreadable"]
    assert site.tree() == before
    shutil.rmtree(site.state)
    assert [finding.rule for finding in site.build().findings] == ["unreadable"]
    assert site.tree() == before


@pytest.mark.parametrize("text", ["network: [", "", "- a", "network: {name: Nord}\n", "users: []\n", b"\xff"])
@pytest.mark.parametrize("first", [True, False])
def test_a_broken_catalog_yaml_changes_nothing_at_all(site, text, first):
    if not first:
        site.build()
    before = site.tree()
    good = (site.catalog / "catalog.yaml").read_bytes()
    site.write("catalog.yaml", text)
    site.user("bo", "b1", "b2", "b3")
    site.happened(imported("a1"))
    for full in (False, True, False):
        report = site.build(full=full)
        assert (report.good, report.published) == (False, False)
        assert report.findings
        assert site.tree() == before
    site.write("catalog.yaml", good)
    assert site.build().good
    assert (site.listed("anna"), site.listed("bo")) == (["a2", "a3", "a4"], ["b1", "b2", "b3"])


def test_a_faulty_user_in_catalog_yaml_freezes_that_user_alone(site):
    text = '[{id: cleo, username: c, defaults: {category: tv}, videos: [{guid: c1, title: T, media: "https://a.example/1"}]}]'
    site.network(text)
    site.happened(adopted("cleo"))
    site.build()
    site.network(text.replace("title: T", "title: T, colour: blue"))
    site.user("bo", "b1", "b2", "b3")
    report = site.build()
    assert [finding.rule for finding in report.findings] == ["unknown-key"]
    assert (site.listed("cleo"), site.listed("bo")) == (["c1"], ["b1", "b2", "b3"])


# -- conflicts


def test_two_who_claim_one_guid_are_both_frozen_and_neither_loses_a_running_video(site):
    site.user("cleo", "c1")
    site.happened(adopted("cleo"))
    site.build()
    site.user("anna", "b1", "a1", "a2", "a3", "a4", "a5")
    site.user("bo", "b1", "b2", "b3")
    site.user("cleo", "c1", "c2")
    for _ in range(2):
        report = site.build()
        [finding] = report.findings
        assert (finding.rule, finding.place.file.rpartition("/")[2]) == ("guid-duplicate", "bo.yaml")
        assert 'guid "b1" is already used at ' in finding.what
        assert site.listed("anna") == ["a1", "a2", "a3", "a4"]
        assert site.listed("bo") == ["b1", "b2"]
        assert site.listed("cleo") == ["c1", "c2"]
    site.user("anna", "a1", "a2", "a3", "a4", "a5")
    assert site.build().good
    assert site.tree() == site.fresh()


def test_the_other_side_may_yield_too(site):
    site.build()
    site.user("anna", "a1", "a2", "a3", "a4", "b1")
    assert not site.build().good
    site.user("bo", "b2")
    assert site.build().good
    assert (site.listed("anna"), site.listed("bo")) == (["a1", "a2", "a3", "a4", "b1"], ["b2"])


def test_a_conflict_is_found_again_by_every_build_while_it_lasts(site):
    site.build()
    site.user("anna", "a1", "a2", "a3", "a4", "b1")
    for wishes in ({}, {}, {"full": True}, {"jobs": 3}, {}):
        assert [finding.rule for finding in site.build(**wishes).findings] == ["guid-duplicate"]
    assert site.listed("bo") == ["b1", "b2"]


def test_a_guid_that_only_a_frozen_version_still_lists_can_not_be_taken_by_another(site):
    site.build()
    site.write("users/anna.yaml", BROKEN["syntax"])
    site.build()
    site.user("bo", "b1", "b2", "a2")
    site.build()
    listed = site.listed("anna") + site.listed("bo")
    assert sorted(listed) == ["a1", "a2", "a3", "a4", "b1", "b2"]


def test_a_guid_that_a_conflict_has_frozen_can_not_be_taken_by_a_third(site):
    site.user("cleo", "c1")
    site.happened(adopted("cleo"))
    site.build()
    site.user("anna", "a1", "a2", "a3", "b1")
    site.build()
    site.user("cleo", "c1", "a4")
    site.build()
    listed = site.listed("anna") + site.listed("bo") + site.listed("cleo")
    assert len(listed) == len(set(listed))


def test_two_files_of_one_user_freeze_the_user_whatever_the_names(site):
    site.build()
    site.write("users/0.yaml", user_text("anna", "n1", "n2"))
    for _ in range(2):
        report = site.build()
        assert [finding.rule for finding in report.findings] == ["user-duplicate"]
        assert site.listed("anna") == ["a1", "a2", "a3", "a4"]
    site.happened(imported("a1"))
    site.build()
    assert site.listed("anna") == ["a2", "a3", "a4"]
    (site.catalog / "users" / "0.yaml").unlink()
    assert site.build().good
    assert site.tree() == site.fresh()


def test_two_files_of_one_user_without_the_state_folder_leave_the_feed_alone(site):
    site.build()
    before = site.tree()
    shutil.rmtree(site.state)
    site.write("users/0.yaml", user_text("anna", "n1", "n2"))
    assert not site.build().good
    assert site.tree() == before


def test_ids_that_are_one_file_name_on_some_machines_conflict(site):
    site.build()
    before = site.tree()
    site.write("users/0.yaml", user_text("ANNA", "n1"))
    site.happened(adopted("ANNA"))
    report = site.build(AT)
    assert [finding.rule for finding in report.findings] == ["user-duplicate"]
    assert site.tree()["feeds/anna.xml"] == before["feeds/anna.xml"]
