"""`feeds results`: what came back, exactly as it is printed, and what people add to it."""

import json
from datetime import UTC, datetime
from io import BytesIO, TextIOWrapper

import pytest

from feeds.__main__ import main, run
from feeds.storage.dead_letters import DeadLetters
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


def ready(guid, remote_id="x1", timestamp=1407770138078, **other):
    data = {"status": "ready", "uid": guid, "remote_id": remote_id}
    return {"timestamp": timestamp, "type": "injector.item.ready", "data": data, **other}


READY = [ready("a1"), ready("a2", "x2")]
FORMS = {
    "an array": json.dumps(READY),
    "an array over many lines": json.dumps(READY, indent=2),
    "an array a line": f"{json.dumps(READY[:1])}\n\n{json.dumps(READY[1:])}\r\n",
    "an object a line": "\n".join(map(json.dumps, READY)),
    "a file of Windows": "\ufeff" + json.dumps(READY).replace(", ", ",\r\n"),
}


@pytest.mark.parametrize("form", FORMS)
def test_callbacks_from_a_file_are_results_like_any_other(feeds, site, form):
    file = site.write("../night.json", FORMS[form])
    assert feeds("results", "ingest", str(file)) == (0, '{"received": 2, "recorded": 2, "unclear": 0}\n', "")
    site.build()
    assert site.listed("anna") == ["a3"]
    raw = [json.loads(event["raw"]) for event in site.journalled()]
    assert raw == READY


def test_a_file_that_is_taken_in_twice_and_came_by_http_too_counts_once(feeds, site):
    failure = {"type": "injector.item.failed", "data": {"status": "broken", "uid": "a3"}}
    file = site.write("../night.json", json.dumps([*READY, failure, 7], indent=1))
    site.happened(line("import_failed", guid="a3", status="broken", raw=json.dumps(failure)))
    outcome = []
    for _ in range(2):
        code, output, errors = feeds("results", "ingest", str(file))
        assert (code, json.loads(output)) == (0, {"received": 4, "recorded": 4, "unclear": 1})
        assert errors == "`feeds results failures` shows what is unclear.\n"
        outcome.append(feeds("results", "list", "--ids"))
    assert outcome[0] == outcome[1]
    assert outcome[0][1].count("failed once: broken") == 1
    assert outcome[0][2] == "2 imported, 1 failed, 1 unclear.\n"


def test_callbacks_from_the_standard_input(feeds, site, monkeypatch):
    monkeypatch.setattr("sys.stdin", TextIOWrapper(BytesIO(json.dumps(READY).encode())))
    assert feeds("results", "ingest", "-")[0] == 0
    assert len(site.journalled()) == 2


NO_CALLBACKS = {
    "": "The body is neither a JSON array of events nor one event.",
    "Dear all,\nhere they are\n": "The body is neither a JSON array of events nor one event.",
    "[{},\n {]\n": "The body is not JSON: Expecting property name enclosed in double quotes at character 3 of line 2.",
    "[{}]\n[{}]\n\n[{} 7]\n": "Line 4: The body is not JSON: a comma or ] is missing at character 5.",
    "[{}]\nDear all\n": "Line 2: The body is neither a JSON array of events nor one event.",
    "[{}] [{}]": "Something follows the JSON, at character 6.",
}


@pytest.mark.parametrize("text", NO_CALLBACKS)
def test_a_file_that_is_no_callback_is_refused_whole_with_its_place(feeds, site, text):
    file = site.write("../night.json", text)
    assert feeds("results", "ingest", str(file)) == (
        1, "", f"error: {file}: {NO_CALLBACKS[text]} Nothing of it was recorded.\n",
    )  # fmt: skip
    assert site.journalled() == []


def test_a_file_that_is_not_there_is_a_matter_of_usage(feeds):
    code, _, errors = feeds("results", "ingest", "nowhere.json")
    assert code == 2
    assert "nowhere.json" in errors


def ids(feeds):
    """Return the ids that are shown, by what stands behind them."""
    output = feeds("results", "list", "--ids")[1]
    rows = [row.split(None, 3) for row in output.splitlines() if row.startswith("    ")]
    return {row[3]: row[0] for row in rows}


@pytest.mark.usefixtures("happened")
def test_list_shows_the_ids_of_all_that_was_told(feeds):
    code, output, _ = feeds("results", "list", "--ids")
    rows = [row[:4] + row[16:] if row.startswith("    ") else row for row in output.splitlines()]
    assert (code, rows) == (0, [
        'a1  failed twice: too "large"',
        '    2026-11-24 21:15  import failed: too "large"',
        '    2026-11-24 21:20  import failed: too "large"',
        "a2  imported as x-a2; again as second: ask your content manager to delete the second",
        "    2026-11-21 10:00  imported as x-a2",
        "    2026-11-24 10:00  import failed: broken",
        "    2026-11-25 10:00  imported as second",
    ])  # fmt: skip
    videos = json.loads(feeds("results", "list", "--ids", "--format", "json")[1])["videos"]
    assert videos[1]["events"][-1] == {
        "id": ids(feeds)["imported as second"], "at": "2026-11-25T10:00:00.000Z", "event": "imported",
        "remote_id": "second", "status": None, "undone": None,
    }  # fmt: skip


@pytest.mark.usefixtures("happened")
def test_a_false_import_is_taken_back_and_stays_so(feeds, site):
    name = ids(feeds)["imported as x-a2"]
    assert feeds("results", "undo", name, "--why", "not ours") == (
        0, "Taken back: a2, imported as x-a2.\nThe next build judges without it.\n", "",
    )  # fmt: skip
    event = site.journalled()[-1]
    assert [event[key] for key in ("event", "undoes", "guid", "why")] == ["undone", name, "a2", "not ours"]
    site.journal(imported("a2", at="2026-12-01T10:00:00.000Z"))
    assert "a2  imported as second\n" in feeds("results", "list")[1]
    assert "imported as x-a2, taken back: not ours" in ids(feeds)
    assert feeds("results", "export")[1] == "guid,remote_id\na2,second\n"


def test_a_video_whose_only_import_was_false_is_listed_again(feeds, site):
    site.journal(imported("a2"))
    site.build()
    assert site.listed("anna") == ["a1", "a3"]
    feeds("results", "undo", ids(feeds)["imported as x-a2"], "--why", "not ours")
    site.build()
    assert site.listed("anna") == ["a1", "a2", "a3"]
    assert feeds("results", "list") == (0, "a2  not imported\n", "0 imported, 0 failed, 0 unclear.\n")


@pytest.mark.usefixtures("happened")
def test_a_failure_that_was_taken_back_asks_for_no_message(feeds):
    for row in feeds("results", "list", "--ids")[1].splitlines():
        if "too" in row and row.startswith("    "):
            feeds("results", "undo", row.split()[0], "--why", "their mistake")
    assert feeds("results", "failures")[2] == "0 failed, 1 unclear.\n"


@pytest.mark.usefixtures("happened")
def test_several_are_taken_back_at_once_and_each_but_once(feeds, site):
    names = list(ids(feeds).values())
    assert feeds("results", "undo", names[0], "--why", "w")[0] == 0
    code, output, _ = feeds("results", "undo", *names, names[1], "--why", "w")
    assert code == 0
    assert output.count("Taken back: ") == len(names) - 1
    assert output.count("Taken back before: ") == 1
    undone = [event["undoes"] for event in site.journalled() if event["event"] == "undone"]
    assert undone == names


@pytest.mark.usefixtures("happened")
def test_an_id_that_is_none_is_refused_with_the_way_to_find_one(feeds, site):
    before = site.journalled()
    assert feeds("results", "undo", *ids(feeds).values(), "x-a2", "--why", "w") == (
        2, "", "error: 'x-a2': no import or failure has this id. `feeds results list --ids` shows them all, "
        "`feeds history GUID` those of one video.\n",
    )  # fmt: skip
    assert site.journalled() == before


LETTER_AT = datetime(2026, 11, 24, 21, 15, 38, tzinfo=UTC)


@pytest.fixture
def letters(site):
    """Keep what an older version didn't understand and today's does, and what none understands."""
    dead_letters = DeadLetters(site.state / "dead-letters")
    for body in (json.dumps(READY).encode(), b"Dear \x1b[31mall,\n\xff", json.dumps(READY).encode()):
        dead_letters.keep(body, why="The body is odd.", content_type="text/plain", at=LETTER_AT)
    return dead_letters


@pytest.mark.usefixtures("letters")
def test_letters_are_listed_and_obeyed_by_no_terminal(feeds, site):
    code, output, errors = feeds("results", "letters")
    assert (code, errors) == (0, "3 not understood, 0 understood since.\n")
    assert output.splitlines()[2:4] == [
        "2026-11-24 21:15:38  text/plain  The body is odd.",
        "    Dear \\x1b[31mall,\\n\\xff",
    ]
    assert output.splitlines()[1] == f"    {json.dumps(READY)[:72]}"
    assert site.journalled() == []


@pytest.mark.usefixtures("letters")
def test_letters_that_are_understood_today_become_results_as_of_when_they_came(feeds, site):
    code, output, errors = feeds("results", "letters", "--judge")
    assert (code, errors) == (0, "1 not understood, 2 understood since.\n")
    assert output.splitlines()[0] == "Understood: the letter of 2026-11-24 21:15:38, with events: 2."
    assert [(event["at"], event["guid"]) for event in site.journalled()] == [
        ("2026-11-24T21:15:38.000Z", "a1"), ("2026-11-24T21:15:38.000Z", "a2"),
    ]  # fmt: skip
    site.build()
    assert site.listed("anna") == ["a3"]
    assert feeds("results", "letters", "--judge")[2] == "1 not understood, 2 understood since.\n"
    assert len(site.journalled()) == 2


@pytest.mark.usefixtures("letters")
def test_a_judgement_that_dies_before_its_mark_is_made_again_to_no_harm(feeds, site):
    kept = site.state / "dead-letters" / "00000001.yaml"
    unmarked = kept.read_bytes()
    feeds("results", "letters", "--judge")
    once = feeds("results", "list", "--ids")
    kept.write_bytes(unmarked)
    assert feeds("results", "letters", "--judge")[2] == "1 not understood, 2 understood since.\n"
    assert feeds("results", "list", "--ids") == once
    events = site.journalled()
    assert events[:2] == events[2:]


def test_no_letters(feeds):
    assert feeds("results", "letters") == (0, "", "0 not understood, 0 understood since.\n")


def test_the_help_names_every_verb(capfd, monkeypatch):
    main(["results", "--help"], standalone_mode=False)
    verbs = {"list", "failures", "export", "record", "retry", "ingest", "undo", "letters"}
    assert verbs <= set(capfd.readouterr().out.split())


def test_a_folder_without_a_catalog_gets_no_event(feeds, tmp_path):
    code, _, errors = feeds(
        "results", "record", "imported", "a1", "x1", "--why", "w", "--catalog", str(tmp_path / "no")
    )
    assert (code, "catalog.yaml can't be read" in errors) == (2, True)
    assert not (tmp_path / "no").exists()
