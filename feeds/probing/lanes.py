"""Ask many addresses at once, but each host only so much: no partner's server may take the check for an attack.

A lane is a thread's way through one host's addresses over one connection; a host has a few of them. A redirect to
another host takes a place there, and gives up its own before: so nobody waits for a place while holding one.
"""

import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from feeds.probing.asking import Asker, Way, host_of
from feeds.probing.seen import Seen

# A host that was silent so often in a row is asked nothing more: each silence costs the time of two tries.
SILENCES = 5
_END_S, _LOOK_UP_S = 2.0, 0.2


class Slots:
    """The places for requests that each host has."""

    def __init__(self, per_host: int) -> None:
        self._per_host = per_host
        self._places: dict[str, threading.BoundedSemaphore] = {}
        self._lock = threading.Lock()

    def __call__(self, host: str) -> AbstractContextManager[object]:
        """Return what waits for a place at the host, and holds it within a block."""
        with self._lock:
            return self._places.setdefault(host, threading.BoundedSemaphore(self._per_host))


@dataclass(slots=True)
class _Host:
    """What is still to be asked of a host, and how often in a row it was silent."""

    name: str
    urls: deque[str] = field(default_factory=deque)
    silences: int = 0


class _Lanes:
    """The threads, and what they share."""

    def __init__(self, marks: Mapping[str, str | None], way: Way, *, jobs: int, per_host: int) -> None:
        hosts: dict[str, _Host] = {}
        for url in marks:
            hosts.setdefault(host_of(url), _Host(host_of(url))).urls.append(url)
        self._marks, self._stop = marks, threading.Event()
        # In the order in which they came; nothing is taken out, so what ^C finds on its way to somebody isn't lost.
        self.answers: list[tuple[str, Seen | None] | BaseException] = []
        self._more = threading.Condition()
        # One lane of every host, then the second of each: a slow host must not have all threads to itself.
        self._waiting: deque[_Host] = deque()
        for number in range(per_host):
            self._waiting += [host for host in hosts.values() if number < len(host.urls)]
        slots = Slots(per_host)
        self._askers = [Asker(way, slots) for _ in range(min(jobs, len(self._waiting)))]
        self._threads = [threading.Thread(target=self._work, args=(each,), daemon=True) for each in self._askers]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def wait_for(self, number: int) -> None:
        """Wait for so many answers. A ^C just before the waiting begins would wake nobody, so look up at times."""
        with self._more:
            while len(self.answers) < number:
                self._more.wait(_LOOK_UP_S)

    def stop(self) -> None:
        """Have every thread end; one that waits for a name server is left alone."""
        self._stop.set()
        for asker in self._askers:
            asker.end()
        deadline = time.monotonic() + _END_S
        for thread in self._threads:
            thread.join(timeout=max(0.0, deadline - time.monotonic()))

    def _put(self, answer: tuple[str, Seen | None] | BaseException) -> None:
        with self._more:
            self.answers.append(answer)
            self._more.notify()

    def _work(self, asker: Asker) -> None:
        try:
            while not self._stop.is_set():
                try:
                    host = self._waiting.popleft()
                except IndexError:
                    return
                self._ask(asker, host)
                asker.close()
        except BaseException as error:
            self._put(error)
            raise
        finally:
            asker.close()

    def _ask(self, asker: Asker, host: _Host) -> None:
        while not self._stop.is_set():
            try:
                url = host.urls.popleft()
            except IndexError:
                return
            if host.silences >= SILENCES:
                words = (
                    f"{host.name} was asked no more: {SILENCES} addresses there, one after the other, gave no answer"
                )
                self._put((url, Seen(words)))
                continue
            seen = asker.ask(url, self._marks[url])
            host.silences = host.silences + 1 if seen is not None and seen.trouble else 0
            if not self._stop.is_set():
                self._put((url, seen))


def ask_all(
    marks: Mapping[str, str | None], way: Way, *, jobs: int, per_host: int
) -> Iterator[tuple[str, Seen | None]]:
    """Yield (address, what is there) as the answers come; `marks` has what each address was known by, or None.

    None stands for "as it was when it had this mark". Whoever leaves the loop has everything broken off. So has ^C;
    then come the answers that were there already, the last one once more perhaps, and KeyboardInterrupt.
    """
    lanes = _Lanes(marks, way, jobs=jobs, per_host=per_host)
    lanes.start()
    done = 0
    try:
        while done < len(marks):
            lanes.wait_for(done + 1)
            answer = lanes.answers[done]
            if isinstance(answer, BaseException):
                raise answer
            yield answer
            done += 1
    except KeyboardInterrupt:
        lanes.stop()
        yield from (each for each in lanes.answers[done:] if not isinstance(each, BaseException))
        raise
    finally:
        lanes.stop()
