"""Of journal and results only what may tell of the names is read, and nothing of that is missed."""

import pytest

from feeds.building.subject_events import known_of
from tests.sites import adopted, failed, imported, line

LINES = [
    adopted("anna", "bo"),
    imported("a1", "b1"),
    failed("a1", 1),
    line("retry", guid="a1", why='he said "guid": "b1"'),
    line("listed", user="bo", items={"b1": "d.m", "a1": "e.m"}),
    line("listed", user="anna", items={"a2": "d.m"}, gone=["a1"]),
    '- {"at":"2026-11-20T10:00:00.000Z","event":"imported","guid":"a1","remote_id":"x9"}\n',
    '- {"at": "2026-11-20T10:00:00.000Z", "event": "imported", "guid": "\\u00611", "remote_id": "x8"}\n',
    line("imported", guid="b2", remote_id="x7", raw='{"data": {"guid": "a1"}}'),
    "# a comment\n",
    "- no event\n",
]


@pytest.mark.parametrize("names", [{"a1"}, {"anna"}, {"a1", "anna", "a2"}, {"b1", "bo"}, {"nobody"}, set()])
def test_what_is_read_of_some_names_is_what_reading_everything_tells_of_them(names):
    texts = ["".join(LINES[:5]).encode(), "".join(LINES[5:]).encode() + b'- {"at": "unfinished']
    everything = known_of(texts, None)
    wanted = {f"{kind}:{name}" for kind in "gul" for name in names}
    assert known_of(texts, names).events == {
        subject: events for subject, events in everything.events.items() if subject in wanted
    }


def test_an_event_that_stands_in_two_files_counts_once():
    text = imported("a1").encode()
    assert len(known_of([text, text], {"a1"}).of("g:a1")) == 1
