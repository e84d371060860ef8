"""An archive holds a user's imported videos out of sight: never listed, still known, their guids nobody else's."""

from datetime import timedelta

import pytest

from feeds.building.changes import Moment, find_changes
from feeds.building.checking import check
from feeds.building.history import whole_history
from feeds.building.live import read_still_live
from feeds.building.sources import CatalogText
from feeds.building.status import read_status
from feeds.building.version import code_version
from feeds.core.errors import UsageError
from feeds.core.live import Ground
from feeds.core.status import Need
from feeds.importing.network import read_whole
from feeds.settings import Folders
from feeds.storage.index import Index
from feeds.storage.signature import settled
from tests.sites import AT, imported, videos

MEDIA = "https://cdn.nord.example/"


def archive(site, *given, user="anna"):
    lines = f"id: {user}\nvideos:{'' if given else ' []'}\n{videos(*given)}"
    return site.write(f"users/{user}.archive.yaml", lines)


@pytest.fixture
def archived(site):
    """Return a network of anna (a1 to a4) and bo (b1, b2), where anna's z1 was imported and archived."""
    archive(site, "z1")
    site.happened(imported("z1"))
    return site


def folders(site):
    return Folders(site.catalog, site.state)


def rules(findings):
    return [finding.rule for finding in findings]


def test_what_is_archived_is_in_no_feed_and_an_archive_is_no_user(archived):
    report = archived.build()
    assert (report.findings, archived.users()) == ([], ["anna", "bo"])
    assert [user.id for user in report.users] == ["anna", "bo"]
    assert archived.listed("anna") == ["a1", "a2", "a3", "a4"]
    archive(archived, "z1", "never-imported")
    archived.build()
    assert archived.listed("anna") == ["a1", "a2", "a3", "a4"]


@pytest.mark.parametrize("pattern", ["users/*.yaml", "users/anna.yaml", "u*/*.yaml"])
def test_an_archive_is_found_beside_the_user_files_however_these_are_included(archived, pattern):
    text = (archived.catalog / "catalog.yaml").read_text()
    archived.write("catalog.yaml", text.replace("users/*.yaml", pattern))
    archived.user("anna", "a1", "z1")
    assert rules(check(folders(archived)).findings) == ["guid-duplicate"]
    assert "anna" in archived.build().findings[0].place.file


def test_an_unchanged_archive_is_not_read_again_at_any_moment(archived):
    path = archived.catalog / "users" / "anna.archive.yaml"
    archived.build()
    while not settled(path.stat()):
        pass
    archived.build()
    [index_path] = (archived.state / "cache").glob("build-*.sqlite")
    moment = Moment(AT + timedelta(days=400), archived.out, record=True, full=False)
    with Index.opened(index_path, code_version()) as index:
        changes = find_changes(CatalogText(archived.catalog), archived.catalog, index, set(), moment)
    assert "users/anna.archive.yaml" in changes.sources
    assert "users/anna.archive.yaml" not in [job.source for job in changes.jobs]


def test_a_guid_in_file_and_archive_freezes_its_user_and_names_both_places(archived):
    archived.build()
    archived.user("anna", "a1", "z1", "new")
    report = archived.build()
    [finding] = report.findings
    assert finding.rule == "guid-duplicate"
    assert finding.place.file.endswith("users/anna.archive.yaml")
    assert "users/anna.yaml:6" in finding.what
    assert finding.remedy == "`feeds archive anna` takes it out of the user's file if both say the same."
    assert [user.frozen for user in report.users] == [True, False]
    assert archived.listed("anna") == ["a1", "a2", "a3", "a4"]
    assert [each.what for each in check(folders(archived)).findings] == [finding.what]
    assert read_status(folders(archived), AT).cases[Need.FROZEN][0].name == "anna"
    archived.user("anna", "a1", "new")
    assert archived.build().findings == []
    assert archived.listed("anna") == ["a1", "new"]


def test_nobody_else_takes_a_guid_that_is_archived(archived):
    archived.build()
    archived.user("bo", "b1", "b2", "Z1")
    report = archived.build()
    assert rules(report.findings) == ["guid-duplicate"]
    assert [user.frozen for user in report.users] == [False, True]
    assert archived.listed("bo") == ["b1", "b2"]


@pytest.mark.parametrize("text", ["id: anna\nvideos: [", "id: anna\ncolour: blue\n", "", "- z1\n"])
def test_a_broken_archive_is_named_each_time_and_keeps_its_guids_and_everybody_is_built(archived, text):
    archived.build()
    archived.write("users/anna.archive.yaml", text)
    archived.user("anna", "a1", "new")
    archived.user("bo", "b1", "z1")
    first, second = archived.build(), archived.build()
    for report in (first, second):
        assert {finding.place.file.rpartition("/")[2] for finding in report.findings} >= {"anna.archive.yaml"}
    assert archived.listed("anna") == ["a1", "new"]
    assert archived.listed("bo") == ["b1", "b2"]
    assert rules(check(folders(archived)).findings)


def test_an_archived_video_counts_as_imported_and_is_no_riddle(archived):
    status = read_status(folders(archived), AT)
    assert (status.imported, status.cases[Need.UNKNOWN]) == (1, [])
    (archived.catalog / "users" / "anna.archive.yaml").unlink()
    status = read_status(folders(archived), AT)
    assert (status.imported, [case.name for case in status.cases[Need.UNKNOWN]]) == (0, ["z1"])


def test_what_is_archived_is_taken_down_when_withdrawn_or_over_and_not_else(archived):
    assert read_still_live(folders(archived), AT) == []
    archive(archived, {"guid": "z1", "withdraw": "a claim"}, {"guid": "z2", "rights": {"until": "2026-11-20"}})
    archived.happened(imported("z2"))
    found = [(each.guid, each.user, each.ground) for each in read_still_live(folders(archived), AT)]
    assert found == [("z1", "anna", Ground.WITHDRAWN), ("z2", "anna", Ground.ENDED)]


def test_rights_in_the_users_defaults_hold_for_what_is_archived(archived):
    archived.write(
        "users/anna.yaml", "id: anna\nusername: anna\ndefaults: {category: tv, rights: {until: 2026-11-20}}\n"
    )
    assert [(each.guid, each.ground) for each in read_still_live(folders(archived), AT)] == [("z1", Ground.ENDED)]


def test_an_archive_is_read_strictly_and_needs_no_defaults_of_its_own(archived):
    assert check(folders(archived)).findings == []
    text = (
        "id: anna\nusername: anna\nvideos:\n"
        "  - {guid: z1, title: T, media: z1.mp4, titel: oops}\n"
        "  - {guid: z2, title: T, media: z2.mp4, relist: 2026-11-24}\n"
        "  - {guid: z2, title: T, media: z3.mp4}\n"
    )
    archived.write("users/anna.archive.yaml", text)
    found = [(each.place.line, each.rule, each.severity) for each in check(folders(archived)).findings]
    assert sorted(found) == [
        (2, "unknown-key", "error"),
        (4, "unknown-key", "error"),
        (5, "archive-relist", "warning"),
        (6, "guid-duplicate", "error"),
    ]


def test_an_archive_of_nobody_is_named(archived):
    archive(archived, "y1", user="gone")
    [finding] = check(folders(archived)).findings
    assert (finding.rule, finding.severity, finding.place.line) == ("archive-user", "warning", 1)


def test_an_import_from_elsewhere_knows_what_is_archived_and_refuses_an_archive_that_nobody_can_read(archived):
    assert read_whole(folders(archived), "anna").guids["z1"].user == "anna"
    archived.write("users/anna.archive.yaml", "id: anna\nvideos: [")
    with pytest.raises(UsageError, match=r"anna\.archive\.yaml can't be read as an archive"):
        read_whole(folders(archived), "anna")


def test_the_history_of_a_video_follows_it_into_the_archive(archived):
    archived.git("init", "--quiet")
    archived.git("add", "--all")
    archived.git("commit", "--quiet", "-m", "Archive z1")
    assert [entry.what for entry in whole_history(folders(archived), "z1")] == [
        "imported as x-z1",
        "catalog: Archive z1",
    ]


def test_of_what_stands_in_the_archive_and_in_the_user_s_file_the_file_has_the_last_word(archived):
    archived.user("anna", "a1", {"guid": "z1", "withdraw": "the contract has ended"})
    [still] = read_still_live(folders(archived), AT)
    assert (still.guid, still.ground) == ("z1", Ground.WITHDRAWN)
    archived.user("anna", "a1", "z1")
    archive(archived, {"guid": "z1", "withdraw": "an older word"})
    assert read_still_live(folders(archived), AT) == []
