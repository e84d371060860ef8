"""What a publisher that keeps nothing knows of its last publication: what is online says which commits it is of.

A machine remembers its publications in its clone (feeds/syncing/memory.py). In CI clone and state are new each time,
and what a run notes in Git before it has deployed may never come true. So the site itself carries the memory, in
published.txt: it is replaced together with the feeds, and so is true of whatever is online.
"""

from dataclasses import dataclass
from pathlib import Path

from feeds.building.previous import Site
from feeds.building.publishing import USER_LIST
from feeds.core.errors import BuildRefused, UsageError
from feeds.formats.origins import NAME, BadOrigins, Origin, parse, render
from feeds.storage.repository import RemoteTrouble, Repository
from feeds.storage.static_dir import publish, stage, sync_folder


@dataclass(frozen=True, slots=True)
class Previous:
    """What is online, as it was brought into the folder that is built into, and what it says of its commits.

    `by_events`: it could not be brought, and events are to tell what was listed (False: nothing was). `said` is whether
    a site was read: one that names no commit was not published by us, or before it did so.
    """

    by_events: bool | None = None
    said: bool = False
    origins: tuple[Origin, ...] = ()


def read_origins(site: Site) -> tuple[Origin, ...]:
    """Return which commits a site was built from, by its own word; none where it says nothing. Raises BuildRefused."""
    try:
        found = site.read(NAME)
    except UsageError:  # its list could be read, so this login may: some hosts answer 403 for what isn't there
        return ()
    if found is None:
        return ()
    try:
        return parse(found.text)
    except BadOrigins as error:
        raise BuildRefused(
            f"{error} It was read from {site.name}, and nothing was built.\n"
            "See that the site is whole, or name another copy of it."
        ) from error


def write_origins(out: Path, its: tuple[Origin, ...]) -> None:
    """Have the folder say what it was built from, durably, once it holds a site and that is known."""
    path, text = out / NAME, render(its)
    if its and (out / USER_LIST).exists() and not (path.is_file() and path.read_bytes() == text):
        publish(stage(path, text), path)
        sync_folder(out)


def have_commits(repository: Repository, remote: str | None, origin: Origin) -> None:
    """Have the clone hold the commits that are online, though a force-push may have taken them from their branch.

    Raises BuildRefused where the remote has one no more, RemoteTrouble where it can't be reached.
    """
    for commit in origin:
        if repository.commit_of(commit) is not None:
            continue
        try:
            if remote is not None:
                repository.fetch_commit(remote, commit)
                continue
        except RemoteTrouble:
            repository.run("ls-remote", "--heads", "--", remote or "")  # raises if it can't be reached at all
        raise BuildRefused(
            f"What is online was built from the commit {commit}, which {remote or 'this clone'} doesn't have any more. "
            "Nobody knows which results it had, so nothing was built: no imported video must be listed again.\n"
            f"From a clone that has it: git push origin {commit}:refs/heads/was-online. Or see that results/ is whole, "
            "and publish as if for the first time: --previous none"
        )
