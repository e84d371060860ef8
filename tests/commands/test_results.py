"""`feeds results`: what came back, exactly as it is printed, and what people add to it."""

import json

import pytest

from feeds.__main__ import main, run
from tests.sites import Site, adopted, imported, line

RAW = '{"type": "injector.item.failed", "data": {"status": "too \\"large\\"", "uid": "a1", "zahl": 1e22}}'
UNCLEAR = '{"type": "injector.cake", "data": []}'


@pytest.fixture
def site(tmp_path):
    site = Site(tmp_path)
    site.state = site.catalog / ".feeds"
    site.user("anna", "a1", "a2", "a3")
    site.happened(adopted("anna"))
    return site


@pytest.fixture
def feeds(site, capfd, monkeypatch):
    """Return a function that runs a command in the catalog's folder and returns exit code, output and errors."""
    monkeypatch.chdir(site.catalog)
    for name in ("FEEDS_STATE", "FEEDS_CATALOG"):
        monkeypatch.delenv(name, raising=False)

    def command(*arguments):
        monkeypatch.setattr("sys.argv", ["feeds", *arguments])
        code = run()
        return (code, *capfd.readouterr())

    return command


@pytest.fixture
def happened(site):
    """Note two failures of one video, one of them twice; an import, another one of the same; and something unclear."""
    for minute, raw in [("15", RAW), ("20", RAW.replace("1e22", "2")), ("25", RAW)]:
        fields = {"guid": "a1", "status": 'too "large"', "raw": raw}
        site.happened(line("import_failed", f"2026-11-24T21:{minute}:00.000Z", **fields))
    site.journal(imported("a2"))
    site.journal(line("imported", "2026-11-25T10:00:00.000Z", guid="a2", remote_id="second"))
    site.journal(line("import_failed", "2026-11-24T10:00:00.000Z", guid="a2", status="broken", raw="{}"))
    for hour in ("08", "09"):
        site.journal(line("unclear", f"2026-11-25T{hour}:00:00.000Z", why="its type is not injector.*", raw=UNCLEAR))


@pytest.mark.usefixtures("happened")
def test_list_tells_of_each_video_where_it_stands(feeds):
    assert feeds("results", "list") == (
        0,
        'a1  failed twice: too "large"\n'
        "a2  imported as x-a2; again as second: ask your content manager to delete the second\n",
        "1 imported, 1 failed, 1 unclear.\n",
    )


@pytest.mark.usefixtures("happened")
def test_list_as_json(feeds):
    code, output, errors = feeds("results", "list", "--format", "json")
    assert (code, errors) == (0, "")
    assert json.loads(output) == {
        "videos": [
            {"guid": "a1", "remote_id": None, "failures": 2, "conflicts": []},
            {"guid": "a2", "remote_id": "x-a2", "failures": 1, "conflicts": ["second"]},
        ],
        "unclear": 1,
    }


def test_list_of_nothing(feeds):
    assert feeds("results", "list") == (0, "", "0 imported, 0 failed, 0 unclear.\n")


@pytest.mark.usefixtures("happened")
def test_failures_are_messages_ready_to_be_sent_with_the_full_json(feeds):
    assert feeds("results", "failures") == (
        0,
        "Subject: Import failed: a1\n\n"
        "The import of our video a1 has failed twice, last on 2026-11-24 at 21:20 UTC\n"
        'with status too "large". Could you tell us why, and what to change? The full JSON:\n\n'
        f"{RAW}\n{RAW.replace('1e22', '2')}\n\n"
        "Subject: A callback that we don't understand\n\n"
        "On 2026-11-25 at 08:00 UTC we received this (its type is not injector.*). What does it mean?\n\n"
        f"{UNCLEAR}\n\n",
        "1 failed, 1 unclear.\n",
    )


@pytest.mark.usefixtures("happened")
def test_export_maps_each_imported_guid_to_its_video(feeds, site):
    site.happened(line("imported", guid='odd, "é"', remote_id="x9"))
    assert feeds("results", "export") == (0, 'guid,remote_id\na2,x-a2\n"odd, ""é""",x9\n', "")
    code, output, _ = feeds("results", "export", "--format", "json")
    assert (code, json.loads(output)) == (0, {"a2": "x-a2", 'odd, "é"': "x9"})


def test_what_a_person_records_takes_the_video_out_of_the_feed(feeds, site):
    assert feeds("results", "record", "imported", "a1", "x23bz3t", "--why", "told by e-mail") == (
        0, "Recorded: a1 was imported as x23bz3t. The next build takes it out of the feed.\n", "",
    )  # fmt: skip
    [event] = site.journalled()
    assert (event["event"], event["guid"], event["remote_id"], event["why"]) == (
        "imported", "a1", "x23bz3t", "told by e-mail",
    )  # fmt: skip
    site.build()
    assert site.listed("anna") == ["a2", "a3"]


def test_recording_needs_a_reason(feeds, site):
    code, output, errors = feeds("results", "record", "imported", "a1", "x23bz3t")
    assert (code, output) == (2, "")
    assert "--why" in errors
    assert site.journalled() == []


@pytest.mark.parametrize(("guid", "remote_id"), [("", "x"), ("a1", ""), (" ", "x"), ("a\udcff", "x")])
def test_recording_of_nothing_is_refused(feeds, site, guid, remote_id):
    code, _, errors = feeds("results", "record", "imported", guid, remote_id, "--why", "told")
    assert code == 2
    assert "is no name of a video" in errors
    assert site.journalled() == []


def test_a_retry_lists_a_failed_video_again(feeds, site):
    for number in range(3):
        site.happened(line("import_failed", "2026-11-20T21:00:00.000Z", guid="a1", status="broken", raw=f"{number}"))
    site.build()
    assert site.listed("anna") == ["a2", "a3"]
    assert feeds("results", "retry", "a1", "--why", "new file uploaded") == (
        0, "Recorded: a1 gets another try. The next build lists it.\n", "",
    )  # fmt: skip
    site.build()
    assert site.listed("anna") == ["a1", "a2", "a3"]
    assert feeds("results", "failures") == (0, "", "0 failed, 0 unclear.\n")


def test_a_retry_of_what_has_not_failed_is_refused(feeds, site):
    assert feeds("results", "retry", "a1", "--why", "hope") == (
        2, "", 'error: "a1" has no open failure. `feeds results list` shows those that have.\n',
    )  # fmt: skip
    assert site.journalled() == []


@pytest.mark.usefixtures("happened")
def test_a_line_that_is_no_event_is_passed_over(feeds, site):
    site.happened("<<<<<<< HEAD\n")
    assert feeds("results", "list")[2] == "1 imported, 1 failed, 1 unclear.\n"


def test_the_help_names_every_verb(capfd, monkeypatch):
    main(["results", "--help"], standalone_mode=False)
    assert {"list", "failures", "export", "record", "retry"} <= set(capfd.readouterr().out.split())
