"""A pass with a remote: its head is the catalog, and events are pushed on top of it."""

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from feeds.core.errors import FeedsError
from feeds.storage.repository import GitFailed, PushDeclined, PushRejected, RemoteTrouble
from feeds.storage.static_dir import publish, stage
from feeds.syncing.carrying import ends_of, lines_since, matters
from feeds.syncing.commits import change_of, lines_of, message, say_lost
from feeds.syncing.plan import Ground, Pass, Plan
from feeds.syncing.publishing import build_from, publish_commit
from feeds.syncing.starting import invited

ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class _Heads:
    """The remote's heads: what people push, and where results go (the same, unless they have their own branch)."""

    catalog: str
    results: str | None


def sync_with_remote(ground: Ground) -> None:
    """Publish what is known, push the journal's events onto the remote's head, and publish that."""
    plan, repository = ground.plan, ground.repository
    branch = _branch(ground)
    if plan.previous:  # nobody sees what is built before the last step, and a host's clone may lack the results' branch
        _fetch(ground, branch)
    known, shown = repository.commit_of(_tracking(plan, branch)), None
    known_results, seen = _known_results(ground), ends_of(ground.journal.segments())
    if known is not None:
        try:
            shown = publish_commit(ground, known, known_results)
        except (GitFailed, OSError) as error:  # no check-out is no reason to keep events from the remote
            say_failed(plan, ground.done, error)
    heads = _fetch(ground, branch)
    if heads is None:
        ground.done.troubles.append(
            f"{plan.remote} has no branch {branch}. Push it (git push {plan.remote} {branch}), "
            "or name another: --branch. Events are safe in the journal."
        )
        if known is None and plan.site:
            build_from(ground, plan.folders.catalog, repository.commit_of("HEAD"))
        return
    segments = ground.journal.rotate()
    # A file that is begun for an invited partner is news, too.
    news = any(map(matters, lines_since(segments, seen))) or bool(invited(lines_of(segments)))
    base = heads
    trouble: RemoteTrouble | None = None
    try:
        base, heads, safe = _push(ground, heads, branch, segments)
    except RemoteTrouble as error:  # what was fetched is published all the same
        trouble, safe = error, False
    # Where nobody else has pushed and nothing has happened since, events have only gone from the journal into results.
    moved = not news and base == _Heads(known or "", known_results if plan.results_branch else known)
    publish_commit(ground, heads.catalog, heads.results, shown=shown, moved=moved, dropping=segments if safe else ())
    if not plan.previous:  # else the clone is thrown away, and hosts check out a commit rather than a branch
        _move_clone(ground, branch, heads.catalog)
    if trouble is not None:
        raise trouble


def say_failed(plan: Plan, done: Pass, error: FeedsError | OSError) -> None:
    """Tell the person in charge what failed, and what becomes of the events."""
    then = "the next pass tries again."
    if isinstance(error, PushDeclined) and not plan.results_branch:
        then = "let this account push there, or give results a branch of their own: --results-branch results"
    done.troubles.append(f"{error}\nEvents are safe in the journal; {then}")


def _branch(ground: Ground) -> str:
    """Return the branch to sync: the one named, or the one that was checked out the first time."""
    if ground.plan.branch:
        return ground.plan.branch
    note = ground.plan.folders.state / "sync" / "branch"
    if not note.exists() and (branch := ground.repository.branch()):
        publish(stage(note, branch.encode()), note)
    return note.read_text() if note.exists() else "main"


def _tracking(plan: Plan, branch: str) -> str:
    return f"refs/remotes/{plan.remote}/{branch}"


def _known_results(ground: Ground) -> str | None:
    branch = ground.plan.results_branch
    return ground.repository.commit_of(_tracking(ground.plan, branch)) if branch else None


def _fetch(ground: Ground, branch: str) -> _Heads | None:
    plan = ground.plan
    head = ground.repository.fetch(plan.remote, branch)
    if head is None or not plan.results_branch:
        return _Heads(head, head) if head else None
    return _Heads(head, ground.repository.fetch(plan.remote, plan.results_branch))


def _push(ground: Ground, heads: _Heads, branch: str, segments: Sequence[Path]) -> tuple[_Heads, _Heads, bool]:
    """Have the segments' events on the remote; return its heads before and after, and whether they are there."""
    plan, repository, memory = ground.plan, ground.repository, ground.memory
    lines = lines_of(segments)
    target = plan.results_branch or branch
    for attempt in range(ATTEMPTS):
        lost = memory.lost(sorted({each for each in (heads.catalog, heads.results) if each}))
        change = change_of(ground, heads.results, lines, lost)
        if not change.files:
            if segments and heads.results:  # a killed pass has pushed them: what is let go of must be remembered
                memory.note_pushed(heads.results)
            return heads, heads, True
        # What was overtaken by others has pushed nothing, and is tried again at once.
        if attempt == 0 and not ground.may_push():
            return heads, heads, False
        commit = repository.commit_files(heads.results, change.files, message(ground, lines, change.count))
        try:
            repository.push(plan.remote, commit, target)
        except PushRejected:
            if attempt + 1 == ATTEMPTS:
                raise
            # Who pushes at the same moment will do it again at the same moment, unless chance parts us.
            time.sleep(random.uniform(0, 0.2 * 2**attempt))  # noqa: S311
            heads = _fetch(ground, branch) or heads
            continue
        say_lost(ground, lost, plan.remote)
        repository.keep(_tracking(plan, target), commit)
        memory.note_pushed(commit)
        ground.done.pushed, ground.done.carried = commit, change.count
        return heads, _Heads(heads.catalog if plan.results_branch else commit, commit), True
    raise AssertionError("the last attempt returns or raises")


def _move_clone(ground: Ground, branch: str, head: str) -> None:
    catalog, remote = ground.plan.folders.catalog, ground.plan.remote
    checked_out = ground.repository.branch()
    if checked_out != branch:
        where = f"branch {checked_out}" if checked_out else "no branch"
        ground.done.troubles.append(
            f"{catalog} is at {where}, so it is left as it is. The site goes on from {remote}'s "
            f"{branch}; check that out again, or name the other one: --branch."
        )
    elif not ground.repository.move_to(head):
        ground.done.troubles.append(
            f"{catalog} has edits or commits of its own, so it stays behind {remote}. "
            "The site doesn't wait for it: commit and push them, or take them back."
        )
