"""What this machine knows of a target: which lists it put there, below which segments, and tags that tell no content.

It may be deleted. Then what has a tag of its own (objects that are encrypted with a key) is written once more, a secret
segment that isn't configured any more is named and left where it is, and a site that lies there is one that somebody
else may have published. Segments are secrets: only their digests are kept.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from feeds.core.errors import StorageError
from feeds.publishing.target import Ours, Target
from feeds.storage.locked import locked
from feeds.storage.static_dir import clear_leftovers, publish, stage, sync_folder

# A list that was about to be put there, and the one before: which of them it is shows only there.
_LISTS = 2


@dataclass(slots=True)
class Memory:
    """What is known of one target; `keep` puts it on the disk."""

    path: Path
    # The types and lifetimes that objects were written with last.
    headers: str = ""
    # By a segment's digest: the MD5 of the lists that were put below it, the newest last.
    lists: dict[str, list[str]] = field(default_factory=dict)
    # By a digest and a name: the MD5 of the bytes, and the tag that they got.
    tags: dict[str, tuple[str, str]] = field(default_factory=dict)
    _kept: bytes = b""

    def knows(self, segment: str) -> bool:
        """Return whether something was published below a segment, or was about to be."""
        return digest(segment) in self.lists

    def begin(self, segments: Iterable[str]) -> None:
        """Note below which segments something will lie from now on."""
        for segment in segments:
            self.lists.setdefault(digest(segment), [])

    def put_list(self, segment: str, md5: str) -> None:
        """Note the list that is about to be put below a segment."""
        lists = self.lists.setdefault(digest(segment), [])
        if md5 in lists:
            lists.remove(md5)
        self.lists[digest(segment)] = [*lists, md5][-_LISTS:]

    def is_list_of_ours(self, segment: str, md5: str) -> bool:
        """Return whether a list there is one that this machine has put there."""
        return md5 in self.lists.get(digest(segment), [])

    def forget(self, segment: str) -> None:
        """Forget a segment below which nothing lies any more."""
        self.lists.pop(digest(segment), None)

    def is_same(self, file: Ours, md5: str, tag: str) -> bool:
        """Return whether a tag stands for the bytes with this MD5."""
        return tag == md5 or self.tags.get(_name(file)) == (md5, tag)

    def note_tag(self, file: Ours, md5: str, tag: str) -> None:
        """Note the tag that these bytes got, where it isn't their MD5."""
        if tag == md5:
            self.tags.pop(_name(file), None)
        else:
            self.tags[_name(file)] = (md5, tag)

    def note_deleted(self, file: Ours) -> None:
        """Forget the tag of a file that is gone."""
        self.tags.pop(_name(file), None)

    def keep(self) -> None:
        """Put it on the disk, if it has changed. Raises StorageError."""
        document = {"headers": self.headers, "lists": self.lists, "tags": self.tags}
        text = f"{json.dumps(document, sort_keys=True)}\n".encode()
        if text != self._kept:
            publish(stage(self.path, text), self.path)
            sync_folder(self.path.parent)
            self._kept = text


def digest(segment: str) -> str:
    """Return what stands for a segment in a file; it leads back to no secret of 128 bits."""
    return hashlib.sha256(segment.encode()).hexdigest()[:32]


def recall(state: Path, target: Target) -> Memory:
    """Return what is known of a target, nothing where that is missing or can't be understood. Raises StorageError."""
    name = hashlib.sha256(f"{target.identity} {target.name}".encode()).hexdigest()[:16]
    memory = Memory(state / "publishing" / f"{name}.json")
    try:
        memory._kept = memory.path.read_bytes()
        document = json.loads(memory._kept)
        memory.headers = str(document["headers"])
        memory.lists = {str(each): [str(md5) for md5 in lists] for each, lists in document["lists"].items()}
        memory.tags = {str(each): (str(md5), str(tag)) for each, (md5, tag) in document["tags"].items()}
    except FileNotFoundError:
        pass
    except OSError as error:
        raise StorageError(f"{memory.path} can't be read: {error.strerror}. Mend its permissions.") from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return Memory(memory.path)
    return memory


@contextmanager
def alone(state: Path) -> Iterator[None]:
    """Hold the state folder's place for this, so that one program at a time publishes; a second one waits."""
    folder = state / "publishing"
    with locked(folder, again="publish"):
        clear_leftovers(folder)
        yield


def _name(file: Ours) -> str:
    return f"{digest(file.segment)}/{file.name}"
