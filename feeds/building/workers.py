"""Build feeds in several processes, or in this one where there are few."""

import ctypes
import gc
import signal
from collections.abc import Callable, Iterator, Sequence
from multiprocessing import get_context
from typing import Any, TypeVar

from feeds.building.feed import build_feed
from feeds.building.work import Context, Events, Job, Outcome
from feeds.storage.index import Index

# Below this many jobs a second process costs more (about 20 ms) than it saves.
FEW = 24
_PR_SET_PDEATHSIG = 1

_of_process: dict[str, Any] = {}
_Done = TypeVar("_Done")
_Known = TypeVar("_Known", bound=Events)


def run(
    jobs: Sequence[Job],
    context: Context,
    processes: int,
    work: Callable[[Job, Context, Index], Outcome] = build_feed,
) -> Iterator[Outcome]:
    """Yield the outcome of every job, in the jobs' order, as they come."""
    return run_by(work, jobs, context, processes, lambda: Index.reader(context.index))


def run_by(
    work: Callable[[Job, Context, _Known], _Done],
    jobs: Sequence[Job],
    context: Context,
    processes: int,
    known: Callable[[], _Known],
) -> Iterator[_Done]:
    """Yield what every job comes to by this work, in the jobs' order; `known` is asked once in each process."""
    if processes < 2 or len(jobs) < FEW:
        its = known()
        collecting = gc.isenabled()
        gc.disable()
        try:
            for job in jobs:
                yield work(job, context, its)
        finally:
            its.close()
            if collecting:
                gc.enable()
        return
    chunk = max(1, min(50, len(jobs) // (processes * 4)))
    # fork shares what is loaded already; this process has no threads.
    with get_context("fork").Pool(processes, _start, (work, context, known)) as pool:
        yield from pool.imap(_build, jobs, chunk)


def _start(work: Callable[..., Any], context: Context, known: Callable[[], Events]) -> None:
    """Prepare a process: its end, its work and context, and its own connection to the index."""
    # A build that is killed takes its processes along; they would wait for work for ever
    # (https://man7.org/linux/man-pages/man2/PR_SET_PDEATHSIG.2const.html; where there is no prctl, they do).
    if prctl := getattr(ctypes.CDLL(None), "prctl", None):
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # ^C is for the process that waits for us
    # A build makes millions of small values and no cycles: collecting takes a third of its time and finds nothing.
    gc.disable()
    _of_process.update(work=work, context=context, known=known())


def _build(job: Job) -> Any:
    return _of_process["work"](job, _of_process["context"], _of_process["known"])
