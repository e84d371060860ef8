"""What was told is read back as it was, and what is no memory is refused rather than taken for an empty one."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.core.notices import Memory, Told
from feeds.core.status import Need
from feeds.formats import told_json

texts = st.text(st.characters(), max_size=8)
moments = st.datetimes(min_value=datetime(2000, 1, 1), timezones=st.just(UTC)).map(
    lambda moment: moment.replace(microsecond=0)
)
cases = st.dictionaries(texts, st.builds(Told, texts, st.none() | moments), min_size=1, max_size=3)
memories = st.builds(
    Memory,
    st.none() | texts,
    st.frozensets(st.sampled_from(Need)),
    st.dictionaries(st.sampled_from(Need), cases),
)


@given(memories)
def test_a_memory_is_read_back_as_it_was(memory):
    text = told_json.render(memory)
    assert told_json.parse(text) == memory
    assert told_json.render(told_json.parse(text)) == text


def test_a_case_is_a_line():
    moment = datetime(2026, 11, 28, 9, tzinfo=UTC)
    memory = Memory("Nord", frozenset({Need.FAILED}), {Need.FAILED: {"b\n1": Told("b", moment), "a": Told("a")}})
    assert told_json.render(memory) == (
        b'{"network": "Nord", "notify": ["failed imports"], "told": [\n'
        b'["failed imports", "a", "a", null],\n'
        b'["failed imports", "b\\n1", "b", "2026-11-28T09:00:00.000Z"]\n]}\n'
    )


def test_needs_of_another_version_are_passed_over():
    text = json.dumps({"network": None, "notify": ["overdue", "moon"], "told": [["moon", "a", "a", None]]})
    assert told_json.parse(text.encode()) == Memory(None, frozenset({Need.OVERDUE}))


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", "{}", "\ud800", '{"network": 1, "notify": [], "told": []}',
     '{"network": null, "notify": [[]], "told": []}', '{"network": null, "notify": [], "told": [["overdue"]]}',
     '{"network": null, "notify": [], "told": [["overdue", 1, "a", null]]}',
     '{"network": null, "notify": [], "told": [["overdue", "a", "a", "2026-11-28"]]}',
     '{"network": null, "notify": [], "told": [["overdue", "a", "a", "soon"]]}', "[" * 100_000],
)  # fmt: skip
def test_what_is_no_memory_is_refused(text):
    with pytest.raises(ValueError, match=r".+"):
        told_json.parse(text.encode("utf-8", "surrogatepass"))
