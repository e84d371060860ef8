"""Judge where a network stands from its files alone: catalog, results, journal, and what the last build reported.

Nothing is written and no build is needed. Only users whose files have faults now are told by the last report, which
knows what their last good versions came to; so is everybody where catalog.yaml itself is broken.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from feeds.building.last_report import last_report, publication
from feeds.building.live import queue_of
from feeds.building.results import built_from
from feeds.building.sources import CatalogText
from feeds.building.status_events import Happened, read_events
from feeds.building.status_users import Judge, Sums, add_reported
from feeds.core.events import RETRY, VideoResult, fold_video
from feeds.core.listing import Reason
from feeds.core.live import StillLive
from feeds.core.partners import PartnerState
from feeds.core.status import Case, Need, Status, named
from feeds.formats.catalog_yaml import ReadNetwork
from feeds.formats.status_text import moment_words
from feeds.settings import Folders
from feeds.storage.dead_letters import DeadLetters
from feeds.storage.repository import Repository
from feeds.storage.space import FREE_BYTES, free

# Where `feeds sync` notes what it has pushed.
_PUSHED = "refs/feeds/pushed"
# A pass of feeds sync takes seconds, with a million videos some minutes; who builds by cron may do so every hour.
STUCK_AFTER = timedelta(hours=1)


def read_status(folders: Folders, at: datetime) -> Status:
    """Return where the network stands. Raises UsageError without a catalog, StorageError where a file can't be read."""
    clone, report = folders.catalog, last_report(folders.state)
    folders = replace(folders, catalog=built_from(folders))
    text = CatalogText(folders.catalog)
    last = publication(report)
    happened = read_events(folders, published=last.at if last and last.published else None)
    before = {user["id"]: user for user in report["users"]} if report else {}
    results = {guid: fold_video(events) for guid, events in happened.guids.items()}
    sums = Sums()
    guids, whole, live = set[str](), False, list[StillLive]()
    network = text.network.network if isinstance(text.read, ReadNetwork) else None
    if network:
        judge = Judge(network, at, happened, results, before, sums)
        guids, whole = judge.all(text, folders.catalog)
        live = queue_of(judge.standings, results, happened, parent_id=network.parent_id, at=at)
    else:
        for user in before.values():
            add_reported(sums, user)
    return Status(
        at=at,
        name=network.name if network else None,
        imported=sums.held.pop(Reason.IMPORTED.value, 0),
        users={each.value: sums.users[each.value] for each in PartnerState},
        in_list=sums.in_list,
        listed=sums.listed,
        held={each.value: sums.held[each.value] for each in Reason if sums.held[each.value]},
        cases={
            Need.DISK: _disk(folders.state),
            Need.STUCK: _stuck(happened, at),
            Need.CATALOG: [] if network else [Case("", "catalog.yaml")],
            Need.FROZEN: named(sorted(sums.frozen)),
            Need.ASKED: [
                Case(f"{its.username} ({user_id})" if its.username else user_id, f"{user_id}\n{its.since}")
                for user_id, its in sorted(sums.asked.items())
            ],
            Need.OVERDUE: named(guid for _, guid in sorted(sums.overdue)),
            Need.LIVE: [_live(each) for each in live],
            Need.CORRECTED: sorted(sums.corrected, key=lambda case: case.name),
            Need.DEAD_LETTERS: _letters(folders.state),
            **_of_results(results, happened, guids, whole),
        },
        partial=_partial(sums, broken=network is None, whole=whole),
        overdue_after=network.overdue if network else timedelta(days=3),
        backlog=happened.backlog,
        publication=last,
        pushed=_pushed(clone),
        notify=frozenset(map(Need, network.notify)) if network else None,
    )


def _of_results(
    results: Mapping[str, VideoResult], happened: Happened, guids: set[str], whole: bool
) -> dict[Need, Sequence[Case]]:
    """Return the cases that the results tell. `guids` are the catalog's: all of them, or the `whole` isn't known."""
    told = sorted(results.items())
    failed = [(guid, its) for guid, its in told if its.failures and its.remote_id is None]
    # What was listed once and has left the catalog since is no riddle.
    unasked = [guid for guid, its in told if not its.listings and (its.failures or its.remote_id)]
    return {
        Need.FAILED: [
            Case(guid, _failure(guid, its, happened) if guid in guids else None)
            for guid, its in failed
            if guid in guids or not whole
        ],
        Need.CONFLICTS: [Case(guid, "\n".join([guid, *sorted(its.conflicts)])) for guid, its in told if its.conflicts],
        Need.UNCLEAR: [Case("", name) for name in sorted(happened.unclear)],
        Need.UNKNOWN: named(guid for guid in unasked if whole and guid not in guids),
    }


def _failure(guid: str, result: VideoResult, happened: Happened) -> str:
    """Return the key of a failure: the same for all failures of one item, and another one after a retry."""
    last = result.failures[-1].at
    item = next((digest for at, digest in reversed(result.listings) if at <= last), "")
    retried = max((event.at.isoformat() for event in happened.guids[guid] if event.event == RETRY), default="")
    return f"{guid}\n{item}\n{retried}"


def _disk(state: Path) -> list[Case]:
    # Who has no journal takes no callbacks here; and whether it may be written is the app's user's question.
    try:
        return [Case("", "full")] if free(state / "journal") < FREE_BYTES else []
    except OSError:
        return []


def _stuck(happened: Happened, at: datetime) -> list[Case]:
    since = happened.waiting
    return [Case(f"since {moment_words(since)}", "stuck")] if since and at - since > STUCK_AFTER else []


def _letters(state: Path) -> list[Case]:
    return [Case("", letter.id) for letter in DeadLetters(state / "dead-letters").letters() if not letter.judged]


def _live(its: StillLive) -> Case:
    return Case(its.guid, "\n".join([its.guid, its.ground.value, *sorted(its.remote_ids)]))


def _partial(sums: Sums, *, broken: bool, whole: bool) -> frozenset[Need]:
    """Return the needs of which there may be more than is seen, as the files that would tell are broken."""
    of_entries = {Need.LIVE, Need.CORRECTED}
    if broken:
        return frozenset({Need.FROZEN, Need.FAILED, Need.ASKED, Need.OVERDUE, Need.UNKNOWN, *of_entries})
    return (
        frozenset([Need.OVERDUE] if sums.untold else [])
        | frozenset([] if whole else [Need.UNKNOWN])
        | frozenset(of_entries if sums.frozen else ())
    )


def _pushed(catalog: Path) -> datetime | None:
    """Return when the last commit was made that `feeds sync` has pushed, or None where there is none."""
    repository = Repository.at(catalog)
    if repository is None or repository.commit_of(_PUSHED) is None:
        return None
    return datetime.fromisoformat(repository.run("log", "-1", "--format=%cI", _PUSHED, "--").decode().strip())
