"""The network is told of each thing once, and that it is over once it has stayed so."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.core.notices import SETTLED, Memory, compare
from feeds.core.status import Case, Need, Status, named

AT = datetime(2026, 11, 28, 9, tzinfo=UTC)
EMPTY = Status(
    at=AT, name="Nord Clips", users={}, in_list=0, listed=0, imported=0, held={}, cases={},
    overdue_after=timedelta(days=3), backlog=0, publication=None, pushed=None, notify=frozenset(Need),
)  # fmt: skip


def status(minutes=0, *, partial=(), notify=frozenset(Need), name="Nord Clips", **cases):
    """Return a status so many minutes later, with cases by the Need's name: texts are their names and keys."""
    given = {
        Need[key]: [each if isinstance(each, Case) else Case(each, each) for each in of] for key, of in cases.items()
    }
    return replace(
        EMPTY, at=AT + timedelta(minutes=minutes), cases=given, partial=frozenset(partial), notify=notify, name=name
    )


class Network:
    """Goes from status to status, and remembers as if all was told."""

    def __init__(self):
        self.memory = Memory()

    def sees(self, *given, **cases):
        """Return what is told of a status: ({need: names}, {need: names over}), or None."""
        notice, self.memory = compare(status(*given, **cases), self.memory)
        return notice and (notice.new, notice.over)


@pytest.fixture
def network():
    return Network()


def test_a_thing_is_told_when_it_is_new_and_never_again(network):
    assert network.sees(FAILED=["a1", "a2"], OVERDUE=["a3"]) == ({Need.FAILED: ["a1", "a2"], Need.OVERDUE: ["a3"]}, {})
    assert network.sees(5, FAILED=["a1", "a2"], OVERDUE=["a3"]) is None
    assert network.sees(10, FAILED=["a1", "a2", "b1"], OVERDUE=["a3"]) == ({Need.FAILED: ["b1"]}, {})
    assert network.sees(10000, FAILED=["a1", "a2", "b1"], OVERDUE=["a3"]) is None


def test_the_numbers_are_of_all_there_is(network):
    network.sees(FAILED=["a1"])
    notice, _ = compare(status(FAILED=["a1", "a2"]), network.memory)
    assert notice.counts[Need.FAILED] == 2


def test_what_was_not_told_is_new_at_the_next_time():
    seen = status(FAILED=["a1"])
    first, _ = compare(seen, Memory())
    again, _ = compare(seen, Memory())
    assert first == again


def test_what_comes_and_goes_is_told_once(network):
    network.sees(CATALOG=["catalog.yaml"])
    for minutes in range(5, 600, 10):
        assert network.sees(minutes) is None
        assert network.sees(minutes + 5, CATALOG=["catalog.yaml"]) is None


def test_a_need_is_over_when_all_of_it_has_been_absent_long_enough(network):
    network.sees(FROZEN=["anna"], OVERDUE=["a1"])
    assert network.sees(5, OVERDUE=["a1"]) is None
    assert network.sees(5 + SETTLED.seconds // 60 - 1, OVERDUE=["a1"]) is None
    assert network.sees(5 + SETTLED.seconds // 60, OVERDUE=["a1"]) == ({}, {Need.FROZEN: ["anna"]})
    assert network.sees(200, OVERDUE=["a1"]) is None
    assert network.sees(205, FROZEN=["anna"], OVERDUE=["a1"]) == ({Need.FROZEN: ["anna"]}, {})


def test_one_of_several_that_is_over_waits_for_the_next_message(network):
    network.sees(OVERDUE=["a1", "a2"])
    assert network.sees(5, OVERDUE=["a1"]) is None
    assert network.sees(100, OVERDUE=["a1"]) is None
    assert network.sees(105, OVERDUE=["a1"], FAILED=["b1"]) == ({Need.FAILED: ["b1"]}, {Need.OVERDUE: ["a2"]})
    assert network.sees(110, OVERDUE=["a1"], FAILED=["b1"]) is None


def test_the_same_video_at_another_time_is_new_and_its_former_failure_is_not_said_to_be_over(network):
    network.sees(FAILED=[Case("a1", "a1 first")])
    assert network.sees(5) is None
    assert network.sees(10, FAILED=[Case("a1", "a1 second")]) == ({Need.FAILED: ["a1"]}, {})
    assert network.sees(100, FAILED=[Case("a1", "a1 second")]) is None
    assert list(network.memory.told[Need.FAILED]) == ["a1 second"]


def test_what_a_broken_file_may_explain_is_neither_new_nor_over(network):
    network.sees(FAILED=["a1"])
    for minutes in (5, 500):
        assert network.sees(minutes, FAILED=[Case("a1", None), Case("b1", None)]) is None
    assert network.sees(505, FAILED=["a1", "b1"]) == ({Need.FAILED: ["b1"]}, {})


def test_a_broken_catalog_makes_nothing_else_over_and_leaves_what_was_chosen_and_the_name(network):
    chosen = frozenset({Need.CATALOG, Need.OVERDUE})
    network.sees(OVERDUE=["a1"], notify=chosen)
    broken = {"name": None, "notify": None, "partial": {Need.OVERDUE}, "CATALOG": [Case("", "catalog.yaml")]}
    notice, memory = compare(status(5, FROZEN=["anna"], **broken), network.memory)
    assert (notice.network, notice.new) == ("Nord Clips", {Need.CATALOG: [""]})
    assert compare(status(500, FROZEN=["anna"], **broken), memory)[0] is None


def test_only_what_is_chosen_is_told_and_what_is_chosen_later_is_new_then(network):
    assert network.sees(FAILED=["a1"], OVERDUE=["a2"], notify=frozenset({Need.FAILED})) == ({Need.FAILED: ["a1"]}, {})
    assert network.sees(5, FAILED=["a1"], OVERDUE=["a2"]) == ({Need.OVERDUE: ["a2"]}, {})
    assert network.sees(10, FAILED=["a1"], OVERDUE=["a2"], notify=frozenset()) is None
    assert network.memory.told == {}


states = st.lists(st.sets(st.sampled_from(["a", "b", "c"])), max_size=12)


@given(states, st.lists(st.booleans(), min_size=12, max_size=12), st.integers(1, 90))
def test_whatever_comes_and_goes_and_fails_to_arrive_all_that_is_open_was_told_and_nothing_twice(
    seen, arrives, minutes
):
    """Told twice without being over in between: never; open and not told, once a message has arrived: never."""
    memory, open_to_readers = Memory(), set()
    for number, (names, arrived) in enumerate(zip(seen, arrives, strict=False)):
        notice, after = compare(replace(status(number * minutes), cases={Need.OVERDUE: named(sorted(names))}), memory)
        if notice and not arrived:
            continue
        memory = after
        if notice:
            new, over = set(notice.new.get(Need.OVERDUE, ())), set(notice.over.get(Need.OVERDUE, ()))
            assert not new & open_to_readers
            assert over <= open_to_readers - names
            open_to_readers = (open_to_readers - over) | new
        assert names <= open_to_readers
