"""`feeds status`: what it counts is what the build would do, and it touches nothing."""

import json
import os
import re
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from feeds.__main__ import run
from feeds.building.report import keep_report
from feeds.building.status import read_status
from feeds.core.errors import StorageError
from feeds.core.events import event_id
from feeds.core.partners import PartnerState
from feeds.core.status import TROUBLES, Need
from feeds.formats import results_yaml
from feeds.settings import Folders
from feeds.storage.dead_letters import DeadLetters
from tests.sites import AT, RESULTS, Site, adopted, failed, imported, line, tree, user_text

LATER = "2026-11-26"


@pytest.fixture
def site(tmp_path):
    site = Site(tmp_path)
    site.state = site.catalog / ".feeds"
    return site


@pytest.fixture
def status(site, capfd, monkeypatch):
    """Return a function that runs `feeds status` in the catalog's folder and returns exit code and output."""
    monkeypatch.chdir(site.catalog)
    for name in ("FEEDS_STATE", "FEEDS_CATALOG"):
        monkeypatch.delenv(name, raising=False)

    def command(*arguments):
        monkeypatch.setattr("sys.argv", ["feeds", "status", "--at", LATER, *arguments])
        code = run()
        printed = capfd.readouterr()
        assert printed.err == ""
        return code, printed.out

    return command


@pytest.fixture
def numbers(status):
    """Return a function that returns what the JSON says, and the names of what needs a person."""

    def asked():
        record = json.loads(status("--format", "json")[1])
        return record, {each["what"]: (each["count"], each["names"]) for each in record["needs_a_person"]}

    return asked


def reported(site):
    """Build, and return the counts of the build's own report."""
    report = site.build(AT)
    keep_report(report, site.state)
    return report


def test_without_a_build_it_counts_what_the_build_will(site, numbers):
    site.network(feed_limit=2)
    site.user("anna", "a1", "a2", "a3", "a4", {"guid": "a5", "hold": "later"})
    site.user("bo", "b1", enabled="false")
    site.user("cleo", "c1", "c2")
    site.happened(adopted("anna", "bo", "elsewhere") + imported("a1"))
    site.happened(line("rejected", user="cleo", parent="x1nord"))
    before, needs = numbers()
    assert needs == {}
    assert before["users"] == {
        "in_list": 2,
        "by_state": {**dict.fromkeys(PartnerState, 0), "adopted": 3, "rejected": 1},
    }
    assert before["videos"] == {
        "all": 8,
        "listed": 2,
        "imported": 1,
        "held": {"user disabled": 1, "user rejected": 2, "held": 1, "over the limit": 1},
    }
    assert before["last_publication"] is None
    report = reported(site)
    assert (report.listed, sum(user.in_list for user in report.users)) == (2, 2)
    after, _ = numbers()
    assert after["last_publication"] == {
        "at": "2026-11-24T12:00:00.000Z", "commit": None, "published": True, "listed": 2, "errors": 0,
    }  # fmt: skip
    assert {**after, "last_publication": None} == before


def test_it_names_what_came_back_wrong(site, numbers):
    site.user("anna", "a1", "a2", "a3")
    site.happened(adopted("anna") + imported("a1") + failed("a2", 1) + failed("a3", 1) + imported("a3", "strange"))
    site.happened(line("imported", "2026-11-22T10:00:00.000Z", guid="a1", remote_id="second"))
    for _ in range(2):
        site.journal(line("unclear", "2026-11-22T10:00:00.000Z", why="x", raw="?"))
    record, needs = numbers()
    assert needs == {
        "failed imports": (1, ["a2"]),
        "conflicts": (1, ["a1"]),
        "unclear callbacks": (1, []),
        "unknown guids": (1, ["strange"]),
    }
    assert record["journal_lines"] == 2


def test_a_video_that_was_listed_once_and_left_the_catalog_is_no_riddle(site, numbers):
    site.user("anna", "a1")
    site.happened(adopted("anna") + line("listed", user="anna", items={"old": "d.m", "older": "d.m"}))
    site.happened(failed("older", 1))
    assert numbers()[1] == {}
    site.happened(imported("old"))
    assert numbers()[1] == {"still live on Dailymotion": (1, ["old"])}


def test_what_is_still_live_is_named_until_it_was_taken_down(site, numbers):
    site.user("anna", {"guid": "a1", "withdraw": "a claim"}, {"guid": "a2", "rights": {"until": "2026-11-22"}}, "a3")
    site.user("bo", "b1")
    site.happened(adopted("anna", "bo") + imported("a1", "a2", "a3", "b1", "never-ours"))
    site.happened(line("rejected", "2026-11-22T10:00:00.000Z", user="bo", parent="x1nord"))
    needs = numbers()[1]
    assert needs.pop("unknown guids") == (1, ["never-ours"])
    assert needs == {"still live on Dailymotion": (3, ["a1", "a2", "b1"])}
    for guid in ("a1", "b1"):
        site.happened(
            line("taken_down", "2026-11-22T10:00:00.000Z", guid=guid, remote_id=f"x-{guid}", how="deleted", by="anna")
        )
    assert numbers()[1]["still live on Dailymotion"] == (1, ["a2"])


def test_an_imported_video_that_was_changed_is_named_until_it_is_listed_once_more(site, numbers):
    site.user("anna", "a1", "a2")
    site.happened(adopted("anna"))
    site.build(AT - timedelta(days=4), record=True)
    noted = datetime.fromisoformat(site.journalled()[0]["at"])
    site.write(RESULTS, adopted("anna") + imported("a1", "a2", at=(noted + timedelta(hours=1)).isoformat()))
    assert numbers()[1] == {}
    site.user("anna", {"guid": "a1", "title": "Another"}, {"guid": "a2", "withdraw": "claim", "title": "Another"})
    assert numbers()[1]["changed since import"] == (1, ["a1"])
    relist = (noted + timedelta(days=1)).strftime("%Y-%m-%d")
    site.user("anna", {"guid": "a1", "title": "Another", "relist": relist}, "a2")
    at = str((noted + timedelta(days=2)).date())
    status = read_status(Folders(site.catalog, site.state), datetime.fromisoformat(f"{at}T00:00:00+00:00"))
    assert [case.name for case in status.cases[Need.CORRECTED]] == []
    assert status.listed == 1


def test_overdue_counts_from_when_it_was_listed(site, numbers):
    site.user("anna", "a1", "a2", "a3", "a4", {"guid": "a5", "hold": "later"})
    site.happened(adopted("anna") + imported("a2", at="2026-11-21T09:00:00.000Z"))
    items = dict.fromkeys(["a1", "a2", "a3", "a5"], "d.m")
    site.happened(line("listed", "2026-11-21T10:00:00.000Z", user="anna", items=items))
    site.happened(
        line("listed", "2026-11-24T10:00:00.000Z", user="anna", items={"a1": "e.m", "a4": "d.m"}, gone=["a3"])
    )
    site.happened(line("listed", "2026-11-25T10:00:00.000Z", user="anna", items={"a3": "d.m"}))
    assert numbers()[1] == {"overdue": (1, ["a1"])}
    site.network(overdue="36h")
    assert numbers()[1] == {"overdue": (2, ["a1", "a4"])}
    site.network(overdue="5")
    assert numbers()[1] == {}


def test_a_frozen_user_is_named_and_counts_as_last_published(site, numbers):
    site.user("anna", "a1", "a2")
    site.user("bo", "b1", "b2", "b3")
    site.happened(adopted("anna", "bo") + imported("b1"))
    reported(site)
    site.user("bo", "b1", "b2", titel="oops")
    record, needs = numbers()
    assert needs == {"frozen users": (1, ["bo"])}
    assert record["videos"] == {"all": 5, "listed": 4, "imported": 1, "held": {}}
    site.write("users/bo.yaml", "id: bo\nid: bo\n")
    assert numbers()[1] == {"frozen users": (1, ["bo"]), "unknown guids": (1, ["b1"])}


def test_users_that_share_a_guid_are_frozen_both(site, numbers):
    site.user("anna", "one")
    site.user("bo", "ONE")
    assert numbers()[1] == {"frozen users": (2, ["anna", "bo"])}


def test_a_broken_catalog_is_told_by_the_last_publication(site, numbers, status):
    site.user("anna", "a1", "a2", "a3")
    site.happened(adopted("anna") + imported("a1") + failed("a2", 1))
    reported(site)
    site.write("catalog.yaml", "network: {name: [\n")
    record, needs = numbers()
    assert needs == {"broken catalog": (1, []), "failed imports": (1, ["a2"])}
    assert record["network"] is None
    assert record["videos"] == {"all": 3, "listed": 2, "imported": 1, "held": {}}
    assert status()[1].startswith("catalog.yaml is broken, 2026-11-26 00:00 UTC\n")


def stuck(site, at):
    return [case.name for case in read_status(Folders(site.catalog, site.state), at).cases[Need.STUCK]]


def test_events_that_no_publication_has_heeded_for_an_hour_are_told(site, status):
    site.user("anna", "a1", "a2")
    site.journal(adopted("anna", at="2026-11-24T11:00:00.000Z"))
    reported(site)
    assert stuck(site, AT + timedelta(days=9)) == []
    minute = timedelta(minutes=1)
    site.journal(
        line("listed", "2026-11-24T12:00:30.000Z", user="anna", items={"a1": "d.m"})
        + line("unclear", "2026-11-24T12:00:40.000Z", why="x", raw="?")
    )
    assert stuck(site, AT + timedelta(days=9)) == []
    site.journal(imported("a1", at="2026-11-24T12:01:00.000Z") + imported("a2", at="2026-11-24T12:01:30.000Z"))
    assert stuck(site, AT + 61 * minute) == []
    assert stuck(site, AT + 62 * minute) == ["since 2026-11-24 12:01 UTC"]
    code, text = status("--strict")
    assert code == 1
    assert "  stuck publication                1\n" in text
    assert "  stuck publication (1): events wait for more than an hour, and no publication has heeded them" in text
    assert "    since 2026-11-24 12:01 UTC\n    next: journalctl -u feeds-sync\n" in text
    assert 'feeds_needs_a_person{kind="stuck publication"} 1\n' in status("--format", "prometheus")[1]
    keep_report(site.build(AT + 2 * minute), site.state)
    assert stuck(site, AT + timedelta(days=9)) == []
    assert "stuck" not in status()[1] + status("--format", "prometheus")[1] + status("--format", "html")[1]


def test_a_build_that_was_refused_has_heeded_nothing_and_neither_has_one_that_never_was(site):
    site.user("anna", "a1")
    site.journal(adopted("anna", at="2026-11-24T11:00:00.000Z"))
    later = AT + timedelta(hours=2)
    assert stuck(site, later) == ["since 2026-11-24 11:00 UTC"]
    reported(site)
    assert stuck(site, later) == []
    keep_report(replace(site.build(AT), published=False), site.state)
    assert stuck(site, later) == ["since 2026-11-24 11:00 UTC"]


@pytest.fixture
def small_disk(tmp_path, small_disk_at):
    return small_disk_at(tmp_path / "disk")


def test_a_disk_that_has_no_room_for_callbacks_needs_a_person_where_callbacks_are_taken(
    site, small_disk, status, monkeypatch
):
    monkeypatch.setattr("feeds.building.status.FREE_BYTES", 64 * 1024)
    monkeypatch.setenv("FEEDS_STATE", str(small_disk.folder))
    filler = small_disk.fill()
    assert status()[1].endswith("\nNothing needs a person.\n")
    filler.unlink()
    (small_disk.folder / "journal").mkdir()
    assert status()[1].endswith("\nNothing needs a person.\n")
    filler = small_disk.fill()
    code, text = status("--strict")
    assert (code, "  full disk (1): the state folder's disk has hardly anything left" in text) == (1, True)
    assert text.endswith("    next: feeds doctor --offline\n")
    filler.unlink()
    assert status("--strict")[0] == 0


@pytest.mark.parametrize(
    "text", ["", "null", "[]", "{}", '{"users": [{"id": 1}]}', "{", '{"users": [], "at": "today"}']
)
def test_a_report_that_can_not_be_read_is_none(site, numbers, text):
    site.state.mkdir()
    (site.state / "report.json").write_text(text)
    assert numbers()[0]["last_publication"] is None


def test_where_sync_builds_from_a_checkout_of_its_own_that_is_what_counts(site, numbers):
    site.user("anna", "a1")
    (site.state / "checkout" / RESULTS).parent.mkdir(parents=True)
    (site.state / "checkout" / "users").mkdir()
    (site.state / "checkout" / "catalog.yaml").write_bytes((site.catalog / "catalog.yaml").read_bytes())
    (site.state / "checkout" / "users" / "bo.yaml").write_text(user_text("bo", "b1"))
    for path in (site.catalog / RESULTS, site.state / "checkout" / RESULTS):
        path.write_text(failed("a1", 1) + failed("b1", 1))
    assert numbers()[1]["failed imports"] == (1, ["b1"])
    (site.state / "checkout").rename(site.state / "elsewhere")
    assert numbers()[1]["failed imports"] == (1, ["a1"])


def test_dead_letters_are_counted_until_they_are_judged(site, numbers):
    letters = DeadLetters(site.state / "dead-letters")
    for body in (b"one", b"\xff"):
        letters.keep(body, why="no JSON", content_type="text/plain", at=AT)
    assert numbers()[1] == {"dead letters": (2, [])}
    first = next(results_yaml.parse((site.state / "dead-letters" / "00000001.yaml").read_bytes()))
    with (site.state / "dead-letters" / "00000001.yaml").open("a") as file:
        file.write(line("judged", letter=event_id(first)))
    assert numbers()[1] == {"dead letters": (1, [])}


def test_who_asked_to_join_is_named_until_somebody_has_decided(site, numbers):
    site.happened(line("asked_to_join", user="x2new", username="newbie", parent="x1nord"))
    site.happened(line("asked_to_join", user="x2old", username="oldie", parent="x1former"))
    assert numbers()[1] == {"asked to join": (1, ["newbie (x2new)"])}
    site.happened(line("refused", "2026-11-21T10:00:00.000Z", user="x2new", parent="x1nord", why="no"))
    assert numbers()[1] == {}


def keys(site, need):
    """Return what the cases of a need are known by."""
    status = read_status(Folders(site.catalog, site.state), AT)
    return [case.key for case in status.cases[need]]


def test_a_failure_is_another_one_once_its_item_has_changed_or_was_retried_and_not_before(site):
    site.user("anna", "a1")
    site.happened(adopted("anna") + line("listed", "2026-11-20T12:00:00.000Z", user="anna", items={"a1": "one.m"}))
    seen = []
    for lines in (
        failed("a1", 1, "2026-11-21T10:00:00.000Z") + failed("a1", 2, "2026-11-21T11:00:00.000Z"),
        failed("a1", 3, "2026-11-21T12:00:00.000Z"),
        line("listed", "2026-11-21T13:00:00.000Z", user="anna", items={"a1": "two.m"}),
        failed("a1", 4, "2026-11-21T14:00:00.000Z"),
        line("retry", "2026-11-21T15:00:00.000Z", guid="a1", why="x") + failed("a1", 5, "2026-11-21T16:00:00.000Z"),
    ):
        site.happened(lines)
        seen += keys(site, Need.FAILED)
    assert len(seen) == 5
    assert seen[0] == seen[1] == seen[2]
    assert len({seen[2], seen[3], seen[4]}) == 3


def test_a_third_id_is_another_conflict_than_a_second_one(site):
    site.happened(imported("a1") + line("imported", "2026-11-22T10:00:00.000Z", guid="a1", remote_id="second"))
    [before] = keys(site, Need.CONFLICTS)
    site.happened(line("imported", "2026-11-23T10:00:00.000Z", guid="a1", remote_id="third"))
    assert keys(site, Need.CONFLICTS) != [before]


def test_of_what_broken_files_would_tell_nothing_is_taken_for_over(site):
    def partial():
        return read_status(Folders(site.catalog, site.state), AT).partial

    site.user("anna", "a1")
    site.happened(adopted("anna") + failed("a1", 1) + failed("b1", 1))
    assert partial() == frozenset()
    assert None not in keys(site, Need.FAILED)
    site.write("users/bo.yaml", "- no user\n")
    assert partial() == {Need.OVERDUE, Need.LIVE, Need.CORRECTED}
    site.write("users/bo.yaml", "\x00")
    assert partial() == {Need.OVERDUE, Need.UNKNOWN, Need.LIVE, Need.CORRECTED}
    [known, doubtful] = keys(site, Need.FAILED)
    assert (known is None, doubtful) == (False, None)
    site.write("catalog.yaml", "network: {name: [\n")
    assert partial() == set(Need) - {*TROUBLES, Need.CATALOG, Need.CONFLICTS, Need.UNCLEAR, Need.DEAD_LETTERS}
    assert keys(site, Need.FAILED) == [None, None]


def test_a_dead_letter_that_can_not_be_read_is_a_sentence(site):
    path = site.state / "dead-letters" / "00000001.yaml"
    path.mkdir(parents=True)
    with pytest.raises(StorageError, match=re.escape(f"{path} can't be read")):
        read_status(Folders(site.catalog, site.state), AT)


def test_the_last_push_is_the_time_of_the_commit_that_was_pushed(site, numbers):
    assert numbers()[0]["last_push"] is None
    site.git("init", "-q")
    site.git("add", "catalog.yaml")
    site.git("commit", "-qm", "Begin", "--date", "2020-01-01T00:00:00Z")
    assert numbers()[0]["last_push"] is None
    site.git("update-ref", "refs/feeds/pushed", "HEAD")
    committed = site.git("log", "-1", "--format=%cd", "--date=format-local:%Y-%m-%dT%H:%M:%S.000Z")
    assert numbers()[0]["last_push"] == committed


@pytest.mark.parametrize("form", ["text", "json", "prometheus", "html"])
def test_strict_is_a_matter_of_the_exit_code_alone(site, status, form):
    site.user("anna", "a1")
    site.happened(adopted("anna"))
    assert status("--format", form, "--strict")[0] == 0
    site.happened(failed("a1", 1))
    code, output = status("--format", form, "--strict")
    assert (code, output) == (1, status("--format", form)[1])
    assert status("--format", form)[0] == 0


@pytest.mark.parametrize("form", ["text", "json", "prometheus", "html"])
def test_names_that_are_no_names_are_shown_and_nothing_else(site, status, form):
    nasty = '<script>"1"\\\n\ud800'
    site.network(name='Nord <b>"Clips"</b>')
    site.happened(line("imported", guid=nasty, remote_id="x1", raw="r"))
    code, output = status("--format", form)
    assert code == 0
    assert "\n\ud800" not in output
    if form == "html":
        assert "<script" not in output
        assert "Nord &lt;b&gt;&#34;Clips&#34;&lt;/b&gt;" in output


def test_it_changes_nothing(site, status):
    site.user("anna", "a1")
    site.happened(adopted("anna"))
    (site.catalog / RESULTS).chmod(0o444)
    before = tree(site.catalog)
    for form in ("text", "json", "prometheus", "html"):
        status("--format", form)
    assert tree(site.catalog) == before
    assert not site.state.exists()


def test_a_file_for_a_monitor_is_replaced_whole_and_readable_whatever_the_umask(site, status, tmp_path):
    site.user("anna", "a1")
    site.happened(adopted("anna"))
    file = tmp_path / "out" / "feeds.prom"
    file.parent.mkdir()
    file.write_text("as it was")
    umask = os.umask(0o077)
    try:
        with file.open() as being_read:
            assert status("--format", "prometheus", "--out", str(file)) == (0, "")
            assert being_read.read() == "as it was"
    finally:
        os.umask(umask)
    assert file.read_text() == status("--format", "prometheus")[1]
    assert file.stat().st_mode & 0o777 == 0o644
    assert list(file.parent.iterdir()) == [file]


def test_a_file_that_can_not_be_written_is_a_sentence_and_leaves_nothing_behind(site, tmp_path, capfd, monkeypatch):
    site.user("anna", "a1")
    (tmp_path / "out" / "feeds.prom").mkdir(parents=True)
    for file, code, words in (
        ("out/feeds.prom", 1, "out/feeds.prom can't be replaced: Is a directory."),
        ("none/feeds.prom", 2, "none is no folder: make it, or name another with --out."),
    ):
        command = ["feeds", "status", "--catalog", str(site.catalog), "--out", str(tmp_path / file)]
        monkeypatch.setattr("sys.argv", command)
        assert run() == code
        assert capfd.readouterr() == ("", f"error: {tmp_path}/{words}\n")
    assert [each.name for each in (tmp_path / "out").iterdir()] == ["feeds.prom"]
