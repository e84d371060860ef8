"""What is asked for twice is done once."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import pytest

from feeds.web.once import KEPT_S, Once


def test_who_asks_at_the_same_time_gets_the_answer_of_the_one_who_does_it():
    once, done, both = Once[int](), [], Barrier(2)
    begun, may_end = Event(), Event()

    def work():
        begun.set()
        may_end.wait(30)
        done.append(1)
        return len(done)

    def ask():
        both.wait(30)
        return once.do("a", work)

    with ThreadPoolExecutor() as threads:
        asked = [threads.submit(ask) for _ in range(2)]
        begun.wait(30)
        may_end.set()
        assert [each.result(30) for each in asked] == [1, 1]
    assert done == [1]


def test_what_failed_is_tried_again():
    once, tries = Once[str](), iter([ValueError, None])

    def work():
        if error := next(tries):
            raise error
        return "done"

    with pytest.raises(ValueError):  # noqa: PT011
        once.do("a", work)
    assert once.do("a", work) == "done"


def test_what_was_done_is_forgotten_after_a_while_and_other_work_is_no_matter():
    now = [0.0]
    once, count = Once[int](lambda: now[0]), iter(range(9))
    assert [once.do(key, lambda: next(count)) for key in "aba"] == [0, 1, 0]
    now[0] = KEPT_S
    assert once.do("a", lambda: next(count)) == 2
