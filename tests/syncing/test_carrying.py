"""Whole lines go where they belong, once; what others have lost is known."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.syncing.carrying import carried, path_of, put_back, whole_lines, with_lines
from tests.sites import imported

NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)
ONE, TWO = (imported(guid).encode().rstrip(b"\n") for guid in ("a1", "a2"))
DAY = "results/main/2026-11-21.yaml"


def carry(lines, existing=None):
    return carried(lines, existing or {}, folder="results/main", now=NOW)


def test_a_line_without_its_newline_is_no_line_yet():
    assert whole_lines(ONE + b"\n\n" + TWO[:20]) == [ONE]
    assert whole_lines(ONE) == []


def test_a_line_goes_to_the_day_of_its_event_in_utc():
    late = imported("a3", at="2026-11-22T00:30:00.000+01:00").encode().rstrip()
    assert carry([late, ONE]) == {DAY: [late, ONE]}


def test_what_is_no_event_is_kept_with_today():
    assert path_of(b"- [torn", folder="results/main", now=NOW) == "results/main/2026-11-25.yaml"


def test_what_a_file_has_already_is_not_carried_again():
    assert carry([ONE, TWO, TWO], {DAY: ONE + b"\n"}) == {DAY: [TWO]}
    assert carry([ONE], {DAY: ONE + b"\n"}) == {}


def test_lines_come_after_one_that_lacks_its_newline():
    assert with_lines(b"# by hand", [ONE]) == b"# by hand\n" + ONE + b"\n"


def test_events_that_others_have_lost_are_known_by_file():
    ours = {DAY: ONE + b"\n" + TWO + b"\n", "results/main/2026-11-22.yaml": TWO + b"\n"}
    assert put_back(ours, {DAY: TWO + b"\n"}) == {DAY: [ONE], "results/main/2026-11-22.yaml": [TWO]}


@pytest.mark.parametrize("line", [b"- [torn", b"# a note", b'- {"event": "imported"}'])
def test_what_is_no_event_may_be_taken_out(line):
    assert put_back({DAY: line + b"\n"}, {DAY: b""}) == {}


@given(st.lists(st.sampled_from([imported(guid).encode().rstrip() for guid in "abcdef"]), max_size=12), st.data())
def test_carrying_in_any_portions_gives_each_line_once(lines, data):
    files = {}
    while lines:
        portion = data.draw(st.integers(1, len(lines)))
        for path, new in carry(lines[:portion], files).items():
            files[path] = with_lines(files.get(path, b""), new)
        again, lines = lines[:portion], lines[portion:]
        assert carry(again, files) == {}
    assert all(len(set(whole_lines(text))) == len(whole_lines(text)) for text in files.values())
