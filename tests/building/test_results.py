"""Taking in the events: what is new is read, what was rewritten is read anew, and a bad line costs only itself."""

import json

import pytest

from feeds.building.results import take_in
from feeds.core.events import event_id
from feeds.formats import results_yaml
from feeds.storage.index import Index
from tests.sites import failed, imported, line

JOURNAL = "journal/00000001.yaml"


@pytest.fixture
def index(tmp_path):
    index = Index(tmp_path / "index.sqlite", "1")
    yield index
    index.close()


@pytest.fixture
def take(index, site):
    """Take in, and return whose events are no longer the same."""
    return lambda: take_in(index, site.catalog, site.state).subjects


def remote_ids(index, guid):
    return [event.text("remote_id") for event in index.events([f"g:{guid}"]).get(f"g:{guid}", [])]


def test_every_event_is_taken_in_once_under_what_it_tells_of(site, take, index):
    site.journal(imported("a1"))
    assert take() == {"u:anna", "u:bo", "g:a1"}
    assert take() == set()
    assert remote_ids(index, "a1") == ["x-a1"]


def test_of_a_file_that_has_grown_only_the_new_lines_are_taken_in(site, take, index):
    take()
    for number in range(3):
        path = site.happened(imported(f"a{number}"))
        assert take() == {f"g:a{number}"}
        assert index.files()["results/main/2026-11-20.yaml"].size == path.stat().st_size
    assert [remote_ids(index, f"a{number}") for number in range(3)] == [["x-a0"], ["x-a1"], ["x-a2"]]


def test_a_file_that_was_rewritten_is_read_anew_whole(site, take, index):
    path = site.happened(imported("a1") + imported("a2"), "results/main/2026-11-21.yaml")
    take()
    path.write_text(imported("a2") + imported("a3"))
    assert take() == {"g:a1", "g:a2", "g:a3"}
    assert (remote_ids(index, "a1"), remote_ids(index, "a2"), remote_ids(index, "a3")) == ([], ["x-a2"], ["x-a3"])


def test_a_file_that_was_cut_is_read_anew(site, take, index):
    path = site.happened(imported("a1") + imported("a2"), "results/main/2026-11-21.yaml")
    take()
    path.write_text(imported("a1"))
    assert take() == {"g:a1", "g:a2"}
    assert remote_ids(index, "a2") == []


def test_a_file_that_was_rewritten_and_has_grown_is_read_anew(site, take, index):
    path = site.happened(imported("a1"), "results/main/2026-11-21.yaml")
    take()
    path.write_text(imported("a9") + imported("a2") + imported("a3"))
    take()
    assert (remote_ids(index, "a1"), remote_ids(index, "a9"), remote_ids(index, "a3")) == ([], ["x-a9"], ["x-a3"])


def test_a_file_that_is_gone_takes_its_events_along(site, take, index):
    path = site.happened(imported("a1"), "results/main/2026-11-21.yaml")
    take()
    path.unlink()
    assert take() == {"g:a1"}
    assert remote_ids(index, "a1") == []


def test_a_segment_that_was_copied_and_then_dropped_loses_nothing(site, take, index):
    segment = site.journal(imported("a1"))
    take()
    site.happened(imported("a1"), "results/main/2026-11-21.yaml")
    take()
    assert remote_ids(index, "a1") == ["x-a1", "x-a1"]
    segment.unlink()
    take()
    assert remote_ids(index, "a1") == ["x-a1"]


def test_events_that_only_move_from_the_journal_into_results_concern_nobody_anew(site, take, index):
    """Each of them was taken in, and its user built, when it stood in the journal."""
    take()
    lines = imported("a1") + failed("a2", 1) + line("left", user="bo", parent="x1nord")
    site.journal(lines)
    assert take() == {"g:a1", "g:a2", "u:bo"}
    site.happened(lines, "results/main/2026-11-21.yaml")
    (site.state / JOURNAL).unlink()
    assert take() == set()
    assert remote_ids(index, "a1") == ["x-a1"]
    path = site.happened(imported("a1"), "results/main/2026-11-22.yaml")
    assert take() == set()  # nor does one that comes again
    path.unlink()
    assert take() == set()


def test_a_torn_last_line_waits_until_it_is_whole(site, take, index):
    whole = imported("a1")
    path = site.journal(whole[:50])
    assert "g:a1" not in take()
    assert take() == set()
    site.journal(whole[50:])
    assert take() == {"g:a1"}
    assert index.files()[JOURNAL].size == path.stat().st_size


def test_a_torn_line_that_was_cut_and_written_over_is_no_fault(site, take, index):
    path = site.journal(imported("a1") + '- {"at": "2026-')
    take()
    path.write_text(imported("a1") + imported("a2"))
    assert take() == {"g:a2"}


def test_without_the_index_the_same_is_taken_in(site, take, tmp_path):
    site.happened(imported("a1") + failed("a2", 1))
    site.journal(imported("a1"))
    take()
    again = Index(tmp_path / "again.sqlite", "1")
    assert take_in(again, site.catalog, site.state).subjects == {"u:anna", "u:bo", "g:a1", "g:a2"}
    again.close()


def undone(told):
    [event] = results_yaml.parse(told.encode())
    return line("undone", "2026-11-22T10:00:00.000Z", undoes=event_id(event), guid=event.text("guid"), why="never so")


CALLBACKS = {
    "by its time": line("imported", guid="a1", remote_id="x", timestamp_ms=1407770138078, raw='{"a": 1}'),
    "by its text": line("imported", guid="a1", remote_id="x", raw='{"a": 1}'),
    "by its bytes": line("imported", guid="a1", remote_id="x", raw_base64="/w=="),
    "by ours": line("imported", guid="a1", remote_id="x", why="mail"),
}


@pytest.mark.parametrize("known", CALLBACKS)
def test_what_was_taken_back_is_known_again_by_the_index(site, known):
    site.happened(CALLBACKS[known])
    site.build()
    assert site.listed("anna") == ["a2", "a3", "a4"]
    site.journal(undone(CALLBACKS[known]))
    for _ in range(2):
        site.build()
        assert site.listed("anna") == ["a1", "a2", "a3", "a4"]
        assert site.tree() == site.fresh()
        site.journal(CALLBACKS[known])
    site.journal(imported("a1"))
    site.build()
    assert site.listed("anna") == ["a2", "a3", "a4"]


def test_failures_that_were_taken_back_hold_a_video_no_longer(site):
    failures = [failed("a1", number) for number in range(3)]
    site.happened("".join(failures))
    site.build()
    assert site.listed("anna") == ["a2", "a3", "a4"]
    site.journal(undone(failures[1]))
    site.build()
    assert site.listed("anna") == ["a1", "a2", "a3", "a4"]


BAD = {
    "no event": "hello\n",
    "a merge": "<<<<<<< HEAD\n",
    "half": '- {"at": "2026-11-2\n',
    "no time": '- {"at": "yesterday", "event": "imported"}\n',
    "no zone": '- {"at": "2026-11-21T10:00:00", "event": "imported"}\n',
    "before all time": '- {"at": "0001-01-01T00:00:00+14:00", "event": "imported"}\n',
    "no kind": '- {"at": "2026-11-21T10:00:00Z"}\n',
    "a number": '- {"at": 5, "event": 7}\n',
    "endless digits": f'- {{"at": "2026-11-21T10:00:00Z", "event": "x", "n": {"9" * 5000}}}\n',
    "too deep": f'- {{"at": "2026-11-21T10:00:00Z", "event": "x", "n": {"[" * 100_000}}}\n',
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_line_is_reported_at_its_place_and_the_rest_counts(site, kind):
    site.happened("# a comment\n" + imported("a1") + "\n" + BAD[kind] + imported("a2"), "results/main/2026-11-21.yaml")
    for _ in range(2):
        report = site.build()
        assert site.listed("anna") == ["a3", "a4"]
        [finding] = report.findings
        assert (str(finding.place), finding.rule) == ("results/main/2026-11-21.yaml:4:1", "results-line")
    site.happened(imported("a3") + BAD[kind], "results/main/2026-11-21.yaml")
    assert [finding.place.line for finding in site.build().findings] == [4, 7]
    assert site.listed("anna") == ["a4"]


ODD = {
    "nothing known": line("of tomorrow", guid="a1", colour="blue"),
    "a guid that is no text": line("imported", guid=7, remote_id="x"),
    "no guid": line("imported", remote_id="x"),
    "no remote_id": line("imported", guid="a1"),
    "a lone surrogate as guid": line("imported", guid="\ud800", remote_id="x"),
    "a lone surrogate as user": line("adopted", user="\udfff", username="\ud800", parent="x1nord"),
    "a lone surrogate as username": line("adopted", user="cleo", username="a\ud800", parent="x1nord"),
    "an invisible character as username": line("adopted", user="cleo", username="a\x0b", parent="x1nord"),
    "a blank as username": line("adopted", user="cleo", username=" ", parent="x1nord"),
    "a username that is none": line("adopted", user="cleo", username={"a": "b"}, parent=["x1nord"]),
    "a NUL as guid": line("imported", guid="a\x00", remote_id="\x00"),
    "no user": line("adopted", parent="x1nord"),
    "the last moment of all time": line("imported", "9999-12-31T23:59:59.999999Z", guid="q", remote_id="x"),
    "the first moment of all time": line("imported", "0001-01-01T00:00:00Z", guid="a9", remote_id="x"),
    "numbers beyond all bounds": '- {"at": "2026-11-21T10:00:00Z", "event": "imported", "timestamp_ms": 1e999}\n',
    "listings that are none": line("listed", user="anna", items=["a1"], gone=7),
    "listings of nothing": line("listed", user="anna", items={"a1": None, "b": 3}, gone=[["a1"], {}]),
}


@pytest.mark.parametrize("kind", ODD)
def test_an_odd_event_neither_stops_a_build_nor_counts(site, kind):
    site.build()
    before = site.tree()["feeds/anna.xml"], site.tree()["feeds/bo.xml"]
    site.happened(ODD[kind] + imported("a4"))
    assert site.build(record=True).good
    assert site.listed("anna") == ["a1", "a2", "a3"]
    site.user("anna", "a1", "a2", "a3", "a4", "q", "a9")
    site.build(record=True)
    assert before[1] == site.tree()["feeds/bo.xml"]
    json.loads(site.tree()["users.json"])
