"""Publish the built site: feeds first, then the list, then what leaves, each step when all before it has been done.

So no list names a feed that isn't there, at any moment, whichever call fails and wherever this is killed; what it has
left undone, the next run does. Whether a file is written is decided by its content, as the target's tag tells it. Which
commits the site is of is told after the list: told before, removals that were allowed would count as done.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from feeds.core.access import MAX_AGE_S, Way
from feeds.core.catalog import Network
from feeds.core.defaults import absolute
from feeds.core.errors import BuildRefused
from feeds.formats.origins import NAME as ORIGINS
from feeds.publishing.built import Built, Rebuilt, read_built
from feeds.publishing.memory import Memory, recall
from feeds.publishing.target import TYPES, USER_LIST, NotPublished, Ours, Target, key_of, tag_of
from feeds.publishing.there import There, look, masked, notes, refuse_unexplained

Job = TypeVar("Job")
Done = TypeVar("Done")

# So often builds may take a feed away while it is published: one that goes on so is no accident.
TRIES = 5


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be published, and how.

    `paths` are the secrets of the addresses, the newest first, where they have any.
    `full` writes all of it again, `dry_run` nothing at all. `take_over` is a person's word that a site which lies there
    may go. `compared` is the MD5 of the list that is online, where the build was compared with that and not with what
    this machine has published. `again` is the command, for messages.
    """

    out: Path
    state: Path
    network: Network
    paths: Sequence[str] = field(default=(), repr=False)
    full: bool = False
    dry_run: bool = False
    take_over: bool = False
    compared: str | None = None
    again: str = "feeds publish"


@dataclass(slots=True)
class Published:
    """What it came to. `steps` are the keys that were written and deleted, in order, without secrets."""

    written: int = 0
    unchanged: int = 0
    deleted: int = 0
    lists: int = 0
    steps: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def publish(wish: Wish, target: Target) -> Published:
    """Bring the built site to a target. Raises BuildRefused, StorageError, NotPublished."""
    for _ in range(TRIES):
        built = read_built(wish.out, wish.network, wish.paths[0] if wish.paths else None)
        try:
            return _Publication(wish, target, built, recall(wish.state, target)).run()
        except Rebuilt:
            continue
    raise BuildRefused(
        f"{wish.out} was built anew {TRIES} times while it was published, and each time a feed had gone. Publish again."
    )


class _Publication:
    """One publication: what all its steps share."""

    def __init__(self, wish: Wish, target: Target, built: Built, memory: Memory) -> None:
        self.wish, self.target, self.built, self.memory = wish, target, built, memory
        self.segments = tuple(wish.paths) or ("",)
        self.done = Published()
        self.full = wish.full or memory.headers not in ("", headers_of(wish.network))

    def run(self) -> Published:
        """List, ask, write the feeds, write the lists, delete, and note it."""
        there = look(self.target, self.built, self.segments, self.memory)
        self._refuse_unmounted(there)
        if not self.wish.take_over:
            base_url = absolute(self.wish.network.base_url, None)
            refuse_unexplained(
                there,
                self.target,
                self.segments,
                self.memory,
                base_url=base_url,
                compared=self.wish.compared,
                again=self.wish.again,
            )
        self.done.notes = notes(there, self.target)
        self.memory.begin(self.segments)
        self._keep()
        try:
            self._write_feeds(there)
            self._write_lists(there)
            self._write_origins(there)
            self._delete(there)
            self.memory.headers = headers_of(self.wish.network)
        finally:
            self._keep()
        return self.done

    def _refuse_unmounted(self, there: There) -> None:
        known = any(self.memory.lists.values())
        if self.target.may_be_unmounted and known and there.is_empty and not (self.wish.full or self.wish.take_over):
            raise NotPublished(
                f"{self.target.name} is empty, and the site was published there before, so nothing was published.\n"
                f"Mount what belongs there. If it was emptied on purpose: {self.wish.again} --full"
            )

    def _keep(self) -> None:
        if not self.wish.dry_run:
            self.memory.keep()

    def _write_feeds(self, there: There) -> None:
        for written in _each(self.built.user_ids, lambda user_id: self._feed(user_id, there), self.target.at_once):
            for file, md5, tag in written:
                self._note_written(file, md5, tag)
                self.done.written += 1
            self.done.unchanged += len(self.segments) - len(written)
        if self.done.written and not self.wish.dry_run:
            self.target.settle()

    def _feed(self, user_id: str, there: There) -> list[tuple[Ours, str, str]]:
        text, written = self.built.feed(user_id), []
        for segment in self.segments:
            file = Ours(segment, f"feeds/{user_id}.xml", user_id)
            if (tag := self._written(file, text, there)) is not None:
                written.append((file, tag_of(text), tag))
        return written

    def _written(self, file: Ours, text: bytes, there: There) -> str | None:
        """Write a file unless it is there with these bytes; return the tag that it got, None where it is there."""
        there_now = there.tags.get((file.segment, file.name))
        if there_now is not None and not self.full and self.memory.is_same(file, tag_of(text), there_now):
            return None
        return "" if self.wish.dry_run else self.target.write(key_of(file.segment, file.name), text)

    def _write_lists(self, there: There) -> None:
        text = self.built.listing
        md5 = tag_of(text)
        for segment in self.segments:
            self.memory.put_list(segment, md5)
        self._keep()
        for segment in self.segments:
            file = Ours(segment, USER_LIST, None)
            if (tag := self._written(file, text, there)) is not None:
                self._note_written(file, md5, tag)
                self.done.lists += 1
        if self.done.lists and not self.wish.dry_run:
            self.target.settle()

    def _write_origins(self, there: There) -> None:
        if (text := self.built.origins) is None:
            return
        for segment in self.segments:
            file = Ours(segment, ORIGINS, None)
            if (tag := self._written(file, text, there)) is not None:
                self._note_written(file, tag_of(text), tag)
        if not self.wish.dry_run:
            self.target.settle()

    def _delete(self, there: There) -> None:
        for file in there.leaving:
            if not self.wish.dry_run:
                self.target.delete(key_of(file.segment, file.name))
            self.memory.note_deleted(file)
            self.done.steps.append(("delete", masked(self.segments, file)))
            self.done.deleted += 1
        for segment in {file.segment for file in there.leaving} - set(self.segments):
            self.memory.forget(segment)

    def _note_written(self, file: Ours, md5: str, tag: str) -> None:
        if not self.wish.dry_run:
            self.memory.note_tag(file, md5, tag)
        self.done.steps.append(("write", masked(self.segments, file)))


def headers_of(network: Network) -> str:
    """Return what tells whether objects have to be written again for what is said about them."""
    return " ".join([cache_control(network), *TYPES.values()])


def cache_control(network: Network) -> str:
    """Return how long, and by whom, what is published may be kept: what asks who reads it, by no cache for all."""
    return f"{'private' if {Way.BASIC_AUTH, Way.ADDRESSES} & set(network.access) else 'public'}, max-age={MAX_AGE_S}"


def _each(jobs: Sequence[Job], work: Callable[[Job], Done], at_once: int) -> Iterator[Done]:
    """Yield what the work comes to for each job, in order, so many at once.

    After a failure what waits is not begun; it is raised when what was done has been yielded.
    """
    with ThreadPoolExecutor(at_once) as pool:
        futures = [pool.submit(work, job) for job in jobs]
        try:
            wait(futures, return_when=FIRST_EXCEPTION)
        finally:
            pool.shutdown(cancel_futures=True)
    yield from (each.result() for each in futures if not each.cancelled() and each.exception() is None)
    for each in futures:
        if not each.cancelled():
            each.result()
