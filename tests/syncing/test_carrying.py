"""Whole lines go where they belong, once; what others have lost is known."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.syncing.carrying import carried, parts_of, path_of, placed, put_back, whole_lines, with_lines
from tests.sites import imported

NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)
ONE, TWO = (imported(guid).encode().rstrip(b"\n") for guid in ("a1", "a2"))
DAY = "results/main/2026-11-21.yaml"


def carry(lines, existing=None, **limits):
    return carried(lines, existing or {}, folder="results/main", now=NOW, **limits)


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


def test_a_day_that_has_grown_large_goes_on_in_another_file_and_what_it_has_stays_where_it_is():
    large = ONE + b"\n" + b"#" * 512 * 1024 + b"\n"
    second, third = (DAY.replace(".yaml", f"-{number}.yaml") for number in (2, 3))
    assert carry([ONE, TWO], {DAY: large}) == {second: [TWO]}
    assert carry([ONE, TWO], {DAY: large, second: b"# by hand\n"}) == {second: [TWO]}
    assert carry([ONE, TWO], {DAY: large, second: TWO + b"\n", third: b""}) == {}
    assert carry([TWO], {second: large}) == {third: [TWO]}


def test_parts_are_told_from_other_files_and_counted_by_number():
    stem = "results/main/2026-11-2"
    others = [
        f"{stem}11.yaml",
        f"{stem}1-x.yaml",
        f"{stem}1-0.yaml",
        f"{stem}1-2.yaml.tmp",
        "results/m2/2026-11-21.yaml",
    ]
    its = [f"{stem}1-10.yaml", f"{stem}1-2.yaml", f"{stem}1.yaml"]
    assert parts_of(DAY, [*others, *its]) == {1: its[2], 2: its[1], 10: its[0]}


def test_lines_come_after_one_that_lacks_its_newline():
    assert with_lines(b"# by hand", [ONE]) == b"# by hand\n" + ONE + b"\n"


def test_events_that_others_have_lost_are_known_by_file():
    ours = {DAY: ONE + b"\n" + TWO + b"\n", "results/main/2026-11-22.yaml": TWO + b"\n"}
    assert put_back(ours, {DAY: TWO + b"\n"}) == {DAY: [ONE], "results/main/2026-11-22.yaml": [TWO]}


@pytest.mark.parametrize("line", [b"- [torn", b"# a note", b'- {"event": "imported"}'])
def test_what_is_no_event_may_be_taken_out(line):
    assert put_back({DAY: line + b"\n"}, {DAY: b""}) == {}


@given(
    st.lists(st.sampled_from([imported(guid).encode().rstrip() for guid in "abcdef"]), max_size=12),
    st.integers(1, 1000),
    st.data(),
)
def test_carrying_in_any_portions_into_parts_of_any_size_gives_each_line_once(lines, part_bytes, data):
    files, there = {}, []
    while lines:
        portion = data.draw(st.integers(1, len(lines)))
        for path, new in carry(lines[:portion], files, part_bytes=part_bytes).items():
            files[path] = with_lines(files.get(path, b""), new)
        again, lines = lines[:portion], lines[portion:]
        there += again
        assert carry(again, files, part_bytes=part_bytes) == {}
    assert sorted(line for text in files.values() for line in whole_lines(text)) == sorted(set(there))
    assert all(len(text) < part_bytes + 200 for text in files.values())


@given(st.lists(st.integers(0, 99), unique=True, min_size=1, max_size=12), st.integers(1, 1000), st.integers(1, 12))
def test_more_lines_leave_those_before_them_in_their_places(numbers, part_bytes, first):
    """A pass that was killed between work tree and commit does it again with what has come meanwhile."""
    lines = [imported(f"a{number}").encode().rstrip() for number in numbers]
    before, after = (
        placed(its, {}, folder="results/main", now=NOW, part_bytes=part_bytes)[1] for its in (lines[:first], lines)
    )
    assert all(after[path][: len(its)] == its for path, its in before.items())
