"""Work that is done once, however often it is asked for: a person clicks twice, or has two tabs."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Generic, TypeVar

KEPT_S = 600

Answer = TypeVar("Answer")


@dataclass(slots=True)
class _Work(Generic[Answer]):
    since_s: float
    lock: Lock = field(default_factory=Lock)
    answers: list[Answer] = field(default_factory=list)


class Once(Generic[Answer]):
    """Does each piece of work once in ten minutes; one serves all threads of a process."""

    def __init__(self, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._clock_s, self._lock = clock_s, Lock()
        self._works: dict[str, _Work[Answer]] = {}

    def do(self, key: str, work: Callable[[], Answer]) -> Answer:
        """Do the work, or wait for who does it, and return its answer; what failed is done again by the next."""
        with self._lock:
            now_s = self._clock_s()
            self._works = {name: each for name, each in self._works.items() if now_s - each.since_s < KEPT_S}
            known = self._works.setdefault(key, _Work(now_s))
        with known.lock:
            if not known.answers:
                known.answers.append(work())
            return known.answers[0]
