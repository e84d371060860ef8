"""Build feeds in several processes, or in this one where there are few."""

import gc
from collections.abc import Sequence
from multiprocessing import get_context

from feeds.building.feed import build_feed, build_in_process, start_process
from feeds.building.work import Context, Job, Outcome
from feeds.storage.index import Index

# Below this many jobs a second process costs more (about 20 ms) than it saves.
FEW = 24


def run(jobs: Sequence[Job], context: Context, processes: int) -> list[Outcome]:
    """Return the outcome of every job, in the jobs' order."""
    if processes < 2 or len(jobs) < FEW:
        index = Index.reader(context.index)
        collecting = gc.isenabled()
        gc.disable()
        try:
            return [build_feed(job, context, index) for job in jobs]
        finally:
            index.close()
            if collecting:
                gc.enable()
    chunk = max(1, min(50, len(jobs) // (processes * 4)))
    # fork shares what is loaded already; this process has no threads.
    with get_context("fork").Pool(processes, start_process, (context,)) as pool:
        return list(pool.imap(build_in_process, jobs, chunk))
