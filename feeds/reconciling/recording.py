"""Record an import that no callback told of, once a person, or a rule that leaves no doubt, has said which it is."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from feeds.core.events import IMPORTED, Event
from feeds.core.online import Absent, Difference
from feeds.correcting.known import Known
from feeds.dailymotion.client import Client
from feeds.dailymotion.errors import DailymotionError
from feeds.formats import results_yaml
from feeds.reconciling.expecting import known_ids
from feeds.reconciling.reading import look
from feeds.storage.journal import Journal

WHY = "found by feeds reconcile"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one suggestion: recorded, or in words why not; `trouble` says that it was Dailymotion's."""

    difference: Difference
    refusal: str = ""
    trouble: bool = False


def record(
    wanted: Iterable[Difference],
    known: Known,
    client: Client,
    journal: Journal,
    *,
    by: str,
    now: Callable[[], datetime],
) -> Iterator[Outcome]:
    """Record each as imported, and yield it once that is on the disk; `known` is read after the last question.

    Each video is looked at again before. Raises StorageError where the journal can't be written.
    """
    told = known_ids(known)
    for each in wanted:
        (remote_id,) = each.remote_ids
        if known.result(each.guid).remote_id is not None or remote_id in told:
            yield Outcome(each, "an event tells of it by now")
            continue
        try:
            found = look(client, remote_id)
        except DailymotionError as error:
            yield Outcome(each, str(error), trouble=True)
            continue
        if isinstance(found, Absent) or found.owner != each.user or found.status == "deleted":
            yield Outcome(each, f"{remote_id} is not there any more")
            continue
        fields = {"guid": each.guid, "remote_id": remote_id, "by": by, "why": f"{WHY}: {each.what}"}
        journal.append(results_yaml.render(Event(now(), IMPORTED, fields)))
        told.add(remote_id)
        yield Outcome(each)
