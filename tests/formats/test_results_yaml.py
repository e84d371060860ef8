"""A line says the same to every reader: PyYAML with and without libyaml, ruamel.yaml, and a JSON decoder."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
import ruamel.yaml
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from feeds.core.events import Event
from feeds.formats import results_yaml
from feeds.formats.results_yaml import BadLine

AT = datetime(2026, 11, 24, 21, 15, 38, 78_000, tzinfo=UTC)
READERS = {
    "PyYAML": lambda line: yaml.load(line, yaml.SafeLoader)[0],
    "libyaml": lambda line: yaml.load(line, yaml.CSafeLoader)[0],
    "ruamel.yaml": lambda line: ruamel.yaml.YAML(typ="safe", pure=True).load(line)[0],
    "json": lambda line: json.loads(line.removeprefix(b"- ")),
}
# A lone surrogate is no character: the callback keeps such text as base64, and libyaml refuses its escape.
TEXT = st.text(st.characters(exclude_categories=["Cs"]))


def test_an_event_is_one_line_with_the_time_the_event_and_its_fields_in_order():
    event = Event(AT, "imported", {"guid": "anna-0142", "remote_id": "x23bz3t", "timestamp_ms": 1407770138078})
    assert results_yaml.render(event) == (
        b'- {"at": "2026-11-24T21:15:38.078Z", "event": "imported", "guid": "anna-0142", '
        b'"remote_id": "x23bz3t", "timestamp_ms": 1407770138078}\n'
    )


@pytest.mark.parametrize("reader", READERS)
@given(text=TEXT, number=st.integers(-(10**30), 10**30), flag=st.booleans() | st.none())
@example(text="\x00\x07\x1b\x7f\x80\x85\x9f\xa0\u2028\u2029\ufeff\ufffe\uffff\U0001f600\U0010ffff", number=0, flag=None)
@example(text="- {a: b} # c\r\n\t'\"\\ %TAG &a *a !!int 012 no 12:30 ~ <<", number=-1, flag=True)
@example(text="---\n...\n%YAML 1.2\n: ? | > @ `", number=0, flag=False)
def test_every_reader_reads_the_value_that_was_written(reader, text, number, flag):
    line = results_yaml.render(Event(AT, "unclear", {"raw": text, "number": number, "flag": flag}))
    assert READERS[reader](line) == {
        "at": "2026-11-24T21:15:38.078Z",
        "event": "unclear",
        "raw": text,
        "number": number,
        "flag": flag,
    }


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("filler", ["x", '"', "\\", " ", "\n", "é", "\x85", "😀"])
def test_no_reader_minds_a_line_that_is_longer_than_its_buffers(reader, filler):
    text = filler * 70_000
    line = results_yaml.render(Event(AT, "unclear", {"raw": text}))
    assert line.count(b"\n") == 1
    assert READERS[reader](line)["raw"] == text


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("key", ["k" * 900, "~", "no", "0x1f", "<<", "a: b", "é\x85"])
def test_an_unknown_field_with_an_odd_name_reads_back(reader, key):
    line = results_yaml.render(Event(AT, "later", {key: "value"}))
    assert READERS[reader](line)[key] == "value"


@pytest.mark.parametrize("reader", READERS)
def test_many_lines_are_one_list(reader):
    lines = b"".join(results_yaml.render(Event(AT, "unclear", {"raw": str(number)})) for number in range(3))
    if reader == "json":
        values = [READERS[reader](line) for line in lines.splitlines()]
    else:
        values = (ruamel.yaml.YAML(typ="safe").load if reader == "ruamel.yaml" else yaml.safe_load)(lines)
    assert [value["raw"] for value in values] == ["0", "1", "2"]


@given(
    st.lists(
        st.builds(Event, st.just(AT), TEXT, st.dictionaries(TEXT.filter(lambda key: key not in {"at", "event"}), TEXT))
    )
)
def test_what_was_rendered_parses_to_the_same_events(events):
    assert list(results_yaml.parse(b"".join(map(results_yaml.render, events)))) == events


def test_a_time_is_written_in_utc_with_milliseconds_and_read_back_from_any_zone():
    moment = datetime(2026, 11, 24, 22, 15, 38, 78_999, tzinfo=timezone(timedelta(hours=1)))
    assert results_yaml.render_time(moment) == "2026-11-24T21:15:38.078Z"
    read = results_yaml.parse_line(b'- {"at": "2026-11-24T22:15:38.078+01:00", "event": "left"}')
    assert read == Event(AT, "left", {})


def test_a_line_that_is_still_being_written_is_not_read():
    line = results_yaml.render(Event(AT, "left", {"user": "x1"}))
    assert list(results_yaml.parse(line + line[:-1])) == [Event(AT, "left", {"user": "x1"})]


def test_empty_lines_comments_and_windows_line_ends_are_passed_over():
    line = results_yaml.render(Event(AT, "left", {}))
    text = b"# a person's note\n\n" + line.replace(b"\n", b"\r\n") + b"  # more\n" + line
    assert list(results_yaml.parse(text)) == [Event(AT, "left", {})] * 2


@pytest.mark.parametrize(
    ("line", "what"),
    [
        (b"at: 2026", "it does not start with `- {`"),
        (b"- {at: 2026}", "what follows the dash is not JSON"),
        (b"- {" + b'"a":[' * 100_000, "what follows the dash is not JSON"),
        (b'- {"at": "2026-11-24T21:15:38Z"}', "it lacks `at` or `event` as text"),
        (b'- {"at": 5, "event": "left"}', "it lacks `at` or `event` as text"),
        (b'- {"at": "today", "event": "left"}', '`at` is "today", not a time'),
        (b'- {"at": "2026-11-24T21:15:38", "event": "left"}', "a time without a zone"),
        (b'- {"at": "2026-11-24T21:15:38Z", "event": "caf\xe9"}', "what follows the dash is not JSON"),
    ],
)
def test_a_line_that_is_no_event_is_named_with_its_number_and_hides_no_other(line, what):
    good = results_yaml.render(Event(AT, "left", {}))
    first, bad, last = results_yaml.parse(good + line + b"\n" + good)
    assert first == last == Event(AT, "left", {})
    assert isinstance(bad, BadLine)
    assert bad.number == 2
    assert what in bad.what
