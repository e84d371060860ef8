"""Build the site within a pass: from a folder, from a commit, or from what was published last."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from feeds.building.report import Report, keep_report
from feeds.building.site import Wish, build
from feeds.core.errors import BuildRefused, FeedsError
from feeds.core.removals import refusal_of_push
from feeds.settings import Folders
from feeds.syncing.commits import drop
from feeds.syncing.memory import Memory
from feeds.syncing.plan import Ground, Pass, Plan


@dataclass(frozen=True, slots=True)
class Shown:
    """What this pass has built from already: the commit, and whether it was published as it is."""

    commit: str
    published: bool


def publish_commit(
    ground: Ground,
    head: str,
    results: str | None,
    *,
    shown: Shown | None = None,
    moved: bool = False,
    dropping: Sequence[Path] = (),
) -> Shown:
    """Build from a head, whatever the clone's work tree holds, and let go of segments that it has.

    Return what was built from. Nothing is built where that is what was `shown` already, nor where events have only
    `moved` since, from the journal that it was built with into results.
    """
    commit = ground.memory.whole(head, *([results] if results else []))
    if shown is not None and commit == shown.commit:
        drop(ground.journal, dropping)
        return shown
    ground.repository.check_out(commit, ground.plan.checkout)
    # Not before: who reads journal and check-out meanwhile finds each event in one of them.
    drop(ground.journal, dropping)
    if not ground.plan.site:
        return Shown(commit, published=False)
    moved = moved and shown is not None and shown.published
    published = moved or build_from(ground, ground.plan.checkout, commit)
    if published:
        ground.memory.note_published(commit, *(each for each in (head, results) if each))
    else:
        go_on_from_last(ground, commit)
    return Shown(commit, published)


def go_on_from_last(ground: Ground, commit: str | None) -> None:
    """Build from what was published last, with all results: what was imported leaves its feed all the same."""
    last = ground.memory.published()
    if last is None or commit is None:
        return
    refused = ground.done.report
    whole = ground.memory.whole(last, commit)
    if whole == commit:
        return
    ground.repository.check_out(whole, ground.plan.checkout)
    if build_from(ground, ground.plan.checkout, last) and ground.done.report:
        ground.memory.note_gone_on(whole)
        ground.done.troubles.append(f"Until that is mended, the site goes on from {last[:10]}.")
        if refused is not None and not refused.published:
            findings = [*refused.findings, *ground.done.report.findings]
            ground.done.report = replace(ground.done.report, findings=findings)


def build_from(ground: Ground, catalog: Path, commit: str | None) -> bool:
    """Build from a folder that holds a commit, and return whether that was published."""
    return build_noted(ground.plan, ground.done, ground.now, catalog=catalog, commit=commit, memory=ground.memory)


def build_noted(
    plan: Plan,
    done: Pass,
    now: datetime,
    *,
    catalog: Path,
    commit: str | None = None,
    memory: Memory | None = None,
) -> bool:
    """Build from a folder, in a repository or in none; what it comes to is noted in the pass."""
    wish = Wish(
        folders=Folders(catalog, plan.folders.state),
        out=plan.out,
        at=now.replace(microsecond=0),
        jobs=plan.jobs,
        record=True,
        allow_removals=memory.allowed_removals(commit) if memory and commit else 0,
        secret_path=plan.secret_path,
        by_events=plan.previous.by_events if plan.previous else None,
    )
    try:
        report = _built(wish, done, commit, memory)
    except FeedsError as error:
        done.troubles.append(_refusal(error) if isinstance(error, BuildRefused) else str(error))
        return False
    report = replace(report, commit=commit)
    keep_report(report, plan.folders.state)
    done.report = report
    done.written += report.written
    done.removed += report.removed
    return report.published


def _built(wish: Wish, done: Pass, commit: str | None, memory: Memory | None) -> Report:
    try:
        return build(wish)
    except BuildRefused as error:
        if not error.by_edit or commit is None or memory is None or not memory.is_revert(commit):
            raise
        done.notes.append(
            f"{commit[:10]} goes back to a catalog that was published before: {error.by_edit} removals let pass."
        )
        return build(replace(wish, allow_removals=error.by_edit))


def _refusal(error: BuildRefused) -> str:
    return refusal_of_push(str(error), error.by_edit) if error.by_edit else str(error)
