"""One pass of `feeds sync`: build what is known now, carry events into Git, take in what editors pushed, build that.

The site comes first, because it needs no network: a callback has left its feed before Git is asked anything. Results
are committed on top of the remote's own head, from blobs alone, so nothing ever needs merging. A journal segment is let
go of only when its commit is on the remote (or, without one, on the disk). Killed anywhere, the next pass repairs it.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from feeds.core.errors import FeedsError, UsageError
from feeds.formats.origins import NAME
from feeds.settings import Folders
from feeds.storage.journal import Journal
from feeds.storage.locked import locked
from feeds.storage.repository import GitFailed, RemoteTrouble, Repository, tracked_by
from feeds.syncing.carrying import whole_lines
from feeds.syncing.in_clone import sync_in_clone
from feeds.syncing.memory import Memory
from feeds.syncing.online import Previous, have_commits, write_origins
from feeds.syncing.plan import Ground, Pass, Plan
from feeds.syncing.publishing import build_noted
from feeds.syncing.with_remote import say_failed, sync_with_remote

__all__ = ["Pass", "Plan", "sync"]

# A git that was killed leaves its lock. None of ours runs this long, and hardly any of a person's.
STALE_LOCK_S = 600


def sync(plan: Plan, *, may_push: Callable[[], bool] = lambda: True) -> Pass:
    """Do one pass; another one that runs is waited for. `may_push` is asked before each push.

    Raises UsageError where the results folder belongs to another machine, the remote is not set up, or the catalog is
    only a part of a repository; StorageError where the state folder can't be made or locked.
    """
    plan = replace(plan, folders=Folders(plan.folders.catalog.absolute(), plan.folders.state.absolute()))
    done, journal = Pass(), Journal(plan.folders.state / "journal")
    with locked(plan.folders.state / "sync", again="sync") as lock:
        if plan.previous:  # what is published as it was is still of these
            write_origins(plan.out, plan.previous.origins)
        try:
            _run(plan, done, journal, may_push, lock)
        except UsageError:
            raise
        except RemoteTrouble as error:
            done.remote_trouble = True
            say_failed(plan, done, error)
        except (FeedsError, OSError) as error:
            say_failed(plan, done, error)
        done.backlog = sum(len(whole_lines(each.read_bytes())) for each in journal.segments())
    return done


def _run(plan: Plan, done: Pass, journal: Journal, may_push: Callable[[], bool], lock: int | None) -> None:
    now = datetime.now(UTC)
    try:
        repository = Repository.at(plan.folders.catalog, lock=lock)
    except GitFailed as error:
        done.troubles.append(f"{error}\nThe site goes on from what was known last; events stay in the journal.")
        if plan.site:
            catalog = plan.checkout if plan.checkout.is_dir() else plan.folders.catalog
            build_noted(plan, done, now, catalog=catalog)
        return
    if repository is None:
        _refuse_subfolder(plan.folders.catalog)
        if plan.site:
            build_noted(plan, done, now, catalog=plan.folders.catalog)
        return
    repository.reap_locks(older_than_s=STALE_LOCK_S)
    ground = Ground(plan, now, journal, repository, Memory(repository), may_push, done)
    remote = plan.remote if _has_remote(plan, repository) else None
    if plan.previous:
        _recall(ground, plan.previous, remote)
    try:
        if remote:
            sync_with_remote(ground)
        else:
            sync_in_clone(ground)
    finally:
        if ground.memory.online:
            write_origins(plan.out, ground.memory.online)
    if done.carried:
        repository.tidy()


def _recall(ground: Ground, previous: Previous, remote: str | None) -> None:
    if ground.repository.is_shallow():
        raise UsageError(
            f"{ground.plan.folders.catalog} is a shallow clone, so nobody knows what was allowed since the site that "
            "is online, and nothing was built.\n"
            'Clone all of the history: `fetch-depth: 0` at GitHub, `GIT_DEPTH: "0"` at GitLab.'
        )
    if previous.origins:
        have_commits(ground.repository, remote, previous.origins[0])
    elif previous.said:
        ground.done.notes.append(
            f"What is online has no {NAME} yet, which feeds sync --previous writes: removals are allowed by the "
            "commits since a publication was last noted, and a revert isn't known as one."
        )
    ground.memory.recall(previous.origins)


def _refuse_subfolder(catalog: Path) -> None:
    # Built in silence, its events would seem to be on their way into Git, and would never get there.
    if top := tracked_by(catalog / "catalog.yaml"):
        raise UsageError(
            f"{catalog} is a folder within the Git repository {top}, and feeds sync needs a repository whose top is "
            "the catalog's folder.\n"
            "Give the catalog a repository of its own, or build without Git: feeds build --record, every minute."
        )


def _has_remote(plan: Plan, repository: Repository) -> bool:
    remotes = repository.remotes()
    if plan.remote not in remotes and (remotes or plan.remote != "origin"):
        known = f"it has {', '.join(remotes)}" if remotes else "it has none"
        raise UsageError(f"{plan.folders.catalog} has no remote {plan.remote}; {known}. Name one by --remote.")
    return bool(remotes)
