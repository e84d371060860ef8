"""A pass without a remote: the work tree is the catalog, and events are committed into the clone."""

from pathlib import Path

from feeds.storage.static_dir import clear_leftovers, publish, stage, sync_folder
from feeds.syncing.carrying import whole_lines, with_lines
from feeds.syncing.commits import Lines, change_of, drop, lines_of, message, say_lost
from feeds.syncing.machine import MARK
from feeds.syncing.plan import Ground
from feeds.syncing.publishing import build_from, go_on_from_last


def sync_in_clone(ground: Ground) -> None:
    """Build from the work tree, and commit the journal's events, into the work tree too."""
    repository, memory, troubles = ground.repository, ground.memory, ground.done.troubles
    catalog = ground.plan.folders.catalog
    if (folder := catalog / ground.plan.results).is_dir():
        clear_leftovers(folder)  # of a pass that was killed
    branch, head = repository.branch(), repository.commit_of("HEAD")
    if head is not None and (lost := memory.lost([head])):
        if branch is None:
            troubles.append(
                "HEAD is at no branch, and at a commit that lacks events: nothing is built. Check a branch out."
            )
            return
        say_lost(ground, lost, "this branch")
        _add_to_work_tree(catalog, lost)
    if not ground.plan.site:
        pass
    elif not build_from(ground, catalog, head):
        go_on_from_last(ground, head)
    elif head is not None:
        memory.note_published(head)
    if branch is None:
        troubles.append("HEAD is at no branch: results stay in the journal. Check a branch out.")
        return
    segments = ground.journal.rotate()
    _commit(ground, branch, head, lines_of(segments))
    drop(ground.journal, segments)


def _commit(ground: Ground, branch: str, head: str | None, lines: list[bytes]) -> None:
    repository, memory = ground.repository, ground.memory
    catalog = ground.plan.folders.catalog
    if head is not None:
        _mend_index(ground, head)
    change = change_of(ground, head, lines, memory.lost([head]) if head else {})
    # The work tree first, as builds read it: a kill between the two leaves an edit that the next commit has.
    _add_to_work_tree(catalog, change.places)
    for path, text in change.begun.items():
        if not (catalog / path).exists():
            _write(catalog / path, text)
    if not change.files:
        return
    if (mark := f"{ground.plan.results}/{MARK}") in change.files:
        _write(catalog / mark, change.files[mark])
    commit = repository.commit_files(head, change.files, message(ground, lines, change.count))
    repository.move(f"refs/heads/{branch}", commit, old=head)
    repository.add_to_index(change.files, commit)
    memory.note_pushed(commit)
    ground.done.carried = change.count


def _mend_index(ground: Ground, head: str) -> None:
    """Have the index know what a killed pass has committed without telling it: a person's commit would undo that."""
    staged = ground.repository.staged(head, ground.plan.results)
    catalog = ground.plan.folders.catalog
    here = {path: (catalog / path).read_bytes() for path in staged if (catalog / path).is_file()}
    texts = ground.memory.texts(head, here)
    if known := [path for path, text in texts.items() if here[path] == text]:
        ground.repository.add_to_index(known, head)


def _add_to_work_tree(catalog: Path, additions: Lines) -> None:
    for path, lines in additions.items():
        file = catalog / path
        text = file.read_bytes() if file.is_file() else b""
        known = set(whole_lines(text))
        if new := [line for line in lines if line not in known]:
            _write(file, with_lines(text, new))


def _write(target: Path, text: bytes) -> None:
    for folder in reversed([each for each in (target.parent, *target.parent.parents) if not each.exists()]):
        folder.mkdir()
        sync_folder(folder.parent)
    publish(stage(target, text), target)
    sync_folder(target.parent)
