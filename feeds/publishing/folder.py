"""A folder as a target: a web server's, a mount, or a work tree of its own. Files are replaced whole, and flushed.

A mount of NFS, sshfs or rclone takes the same calls. What it doesn't know of them, flushing a folder or locking it, is
left out where it says so; then how long it keeps what it took is its own business.
"""

import errno
import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from feeds.core.errors import StorageError, UsageError
from feeds.publishing.target import USER_LIST, NotPublished, key_of, ours, tag_of
from feeds.settings import Folders, is_secret
from feeds.storage.static_dir import publish, stage

_UNKNOWN_THERE = frozenset({errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EBADF, errno.ENOLCK})
# As feeds/storage/static_dir.py calls what it hasn't finished.
_STAGED = re.compile(r"\.(.+)\.[0-9a-f]{8}\.tmp")


class Folder:
    """A folder that is there already: one that a mistyped name or a missing mount stands for isn't made."""

    at_once = 4
    may_be_unmounted = True

    def __init__(self, path: Path) -> None:
        self.path, self.name, self.identity = path, str(path), "folder"
        self._touched: set[Path] = set()

    def listing(self) -> Iterator[tuple[str, str]]:
        """Yield the key and tag of each file of ours, and the first name of what isn't. Raises NotPublished."""
        with self._refusing("listed"):
            for name, is_folder in self._entries(""):
                if not is_folder:
                    yield from self._file(name)
                elif name == "feeds":
                    yield from self._feeds("")
                elif any((self.path / name / each).exists() for each in (USER_LIST, "feeds")):
                    yield from self._segment(name)
                else:
                    yield f"{name}/", ""

    def _segment(self, segment: str) -> Iterator[tuple[str, str]]:
        for name, is_folder in self._entries(segment):
            if is_folder and name == "feeds":
                yield from self._feeds(segment)
            else:
                yield from self._file(key_of(segment, name))

    def _feeds(self, segment: str) -> Iterator[tuple[str, str]]:
        for name, _ in self._entries(key_of(segment, "feeds")):
            yield from self._file(key_of(segment, f"feeds/{name}"))

    def _file(self, key: str) -> Iterator[tuple[str, str]]:
        path = self.path / key
        if ours(key) is None or not path.is_file():
            yield key, ""
        else:
            with suppress(FileNotFoundError):
                yield key, tag_of(path.read_bytes())

    def _entries(self, folder: str) -> list[tuple[str, bool]]:
        lead = f"{folder}/" if folder else ""
        with os.scandir(self.path / folder) as entries:
            return sorted((entry.name, entry.is_dir()) for entry in entries if not _is_leftover(lead, entry.name))

    def read(self, key: str) -> bytes | None:
        """Return a file's bytes, None where there is none. Raises NotPublished."""
        with self._refusing("read"):
            try:
                return (self.path / key).read_bytes()
            except FileNotFoundError:
                return None

    def write(self, key: str, text: bytes) -> str:
        """Put a file there, whole, and return its tag; `settle` makes it last. Raises NotPublished."""
        path = self.path / key
        with self._refusing("written"):
            for folder in reversed([each for each in path.parents if self.path in each.parents]):
                if not folder.exists():
                    folder.mkdir(exist_ok=True)
                    self._touched.add(folder.parent)
            publish(stage(path, text), path)
        self._touched.add(path.parent)
        return tag_of(text)

    def settle(self) -> None:
        """Have the names of what was written reach the disk. Raises NotPublished."""
        with self._refusing("flushed"):
            for folder in sorted(self._touched):
                _flush(folder)
        self._touched.clear()

    def delete(self, key: str) -> None:
        """Take a file away, and the folders that are empty without it. Raises NotPublished."""
        path = self.path / key
        with self._refusing("deleted"):
            path.unlink(missing_ok=True)
            _flush(path.parent)
            with suppress(OSError):  # not empty: something else is there
                for folder in path.parents:
                    if self.path in folder.parents:
                        folder.rmdir()

    @contextmanager
    def _refusing(self, what: str) -> Iterator[None]:
        try:
            yield
        except (StorageError, OSError) as error:
            known = error.__cause__ if isinstance(error, StorageError) else error
            where, why = (known.filename, known.strerror) if isinstance(known, OSError) else (None, str(error))
            raise NotPublished(
                f"{self._shown(where)} can't be {what}: {why}. Free space, or mend the disk or the mount, and publish "
                "again: what lies there is whole, and the rest follows."
            ) from error

    def _shown(self, where: str | None) -> str:
        """Return a path as people may read it: the folder of a secret isn't named, and only such a folder is."""
        path = Path(where or self.path)
        inner = path.parts[len(self.path.parts) :] if path.is_relative_to(self.path) else ()
        if inner and is_secret(inner[0]) and not _is_leftover("", inner[0]):
            path = self.path.joinpath("<secret path>", *inner[1:])
        return str(path)


@contextmanager
def opened(path: Path, *, dry_run: bool) -> Iterator[Folder]:
    """Yield the folder, held for one publisher of this machine at a time. Raises NotPublished where it isn't there."""
    target = Folder(path)
    try:
        fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise NotPublished(
            f"{path} can't be opened: {error.strerror}, so nothing was published. Make the folder, or mount it."
        ) from error
    try:
        if not dry_run:
            with target._refusing("locked"):
                _lock(fd)
            with target._refusing("cleared"):
                _clear_leftovers(path)
        yield target
    finally:
        os.close(fd)


def refuse_place(path: Path, folders: Folders, out: Path, *, secret: bool) -> None:
    """Raise UsageError where publishing into this folder would mix with what it is made from, or commit a secret."""
    its = Path(os.path.realpath(path))  # as resolve(), but for a link that leads to itself: `opened` tells that
    for what, other in (("the catalog", folders.catalog), ("the state folder", folders.state), ("what was built", out)):
        known = other.resolve()
        if its == known or its in known.parents or known in its.parents:
            raise UsageError(
                f"{path} can't be published to: {what} is {other}, and one lies in the other. Name another folder."
            )
    if secret and (tree := next((each for each in (its, *its.parents) if (each / ".git").exists()), None)):
        raise UsageError(
            f"{path} lies in the Git work tree {tree}, where the secret path would be committed.\n"
            "Name a folder outside of it, or publish there without a secret path."
        )


def _lock(fd: int) -> None:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
    except OSError as error:
        if error.errno not in _UNKNOWN_THERE:
            raise


def _flush(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    except OSError as error:
        if error.errno not in _UNKNOWN_THERE:
            raise
    finally:
        os.close(fd)


def _clear_leftovers(path: Path) -> None:
    """Remove what killed publishers left, known by its name: what else is called .tmp is somebody's."""
    with os.scandir(path) as entries:
        segments = ["", *(each.name for each in entries if is_secret(each.name) and each.is_dir())]
    for folder in (key_of(segment, name) for segment in segments for name in ("", "feeds/")):
        with suppress(FileNotFoundError, NotADirectoryError):
            for each in list((path / folder).iterdir()):
                if _is_leftover(folder, each.name):
                    each.unlink(missing_ok=True)


def _is_leftover(folder: str, name: str) -> bool:
    """Return whether a file is what `stage` writes before a file of ours takes its name."""
    found = _STAGED.fullmatch(name)
    return found is not None and ours(f"{folder}{found[1]}") is not None
