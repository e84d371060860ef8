"""What lies at a target, sorted: what is the site's, what is to leave, and what is somebody else's.

What leaves is explained: a feed that the built site hasn't any more, as the build's removal guard has let it go; what
lies without a secret where addresses have one now; and what lies below a secret that isn't configured any more. That
the site there is the one that those builds went on from is known by its list; where it isn't, a person has to say so.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from feeds.core.errors import BuildRefused
from feeds.core.removals import FEW, SHARE
from feeds.formats.origins import NAME as ORIGINS
from feeds.publishing.built import Built, some
from feeds.publishing.memory import Memory
from feeds.publishing.target import USER_LIST, Ours, Target, key_of, ours, tag_of
from feeds.settings import is_secret

# So many of somebody else's files are named; there may be millions.
NAMED = 3


@dataclass(slots=True)
class There:
    """What a target holds: the tags of the site's files, by segment and name, what leaves, and what is foreign."""

    tags: dict[tuple[str, str], str] = field(default_factory=dict)
    leaving: list[Ours] = field(default_factory=list)
    foreign: int = 0
    named: list[str] = field(default_factory=list)
    # Segments that look like a former secret, and that nobody here knows of.
    unknown: set[str] = field(default_factory=set)

    @property
    def is_empty(self) -> bool:
        """Return whether nothing at all is there."""
        return not (self.tags or self.foreign or self.unknown)

    def feeds_below(self, segment: str) -> list[str]:
        """Return the names of the feeds below a segment."""
        return [name for its, name in self.tags if its == segment and name.startswith("feeds/")]


def look(target: Target, built: Built, segments: Sequence[str], memory: Memory) -> There:
    """List a target and sort what is there. Raises NotPublished."""
    there, wanted = There(), set(built.user_ids)
    for key, tag in target.listing():
        file = ours(key)
        if file is None or not (file.segment in segments or not file.segment or memory.knows(file.segment)):
            _note_foreign(there, key)
            continue
        there.tags[file.segment, file.name] = tag
        if (
            file.segment not in segments
            or (file.user_id is not None and file.user_id not in wanted)
            or (file.name == ORIGINS and built.origins is None)
        ):
            there.leaving.append(file)
    # No list may name what isn't there: lists leave first, whichever segment's feeds they name.
    there.leaving.sort(key=lambda file: (file.user_id is not None, file))
    return there


def _note_foreign(there: There, key: str) -> None:
    first = key.partition("/")[0]
    if is_secret(first):
        there.unknown.add(first)
        return
    there.foreign += 1
    if len(there.named) < NAMED:
        there.named.append(_shown(key))


def _shown(key: str) -> str:
    """Return a key as people may read it: another publication's secret may be a folder in it, and so may anything."""
    *folders, name = key.split("/")
    words = "/".join([*(f"{each[:4]}..." if is_secret(each) else each for each in folders), name])
    return "".join(letter if letter.isprintable() else "?" for letter in words)


def refuse_unexplained(
    there: There,
    target: Target,
    segments: Sequence[str],
    memory: Memory,
    *,
    base_url: str,
    compared: str | None = None,
    again: str,
) -> None:
    """Raise BuildRefused where what leaves may be a site that was not published from here. Raises NotPublished."""
    for segment in sorted({file.segment for file in there.leaving}):
        # Below a segment that isn't configured any more lies what was published from here: it is known by its digest.
        if (segment and segment not in segments) or _was_ours(there, target, segment, memory, compared):
            continue
        feeds = [file.name for file in there.leaving if file.segment == segment and file.user_id is not None]
        before = len(there.feeds_below(segment))
        why = _doubt(target, segment, base_url)
        if why is None and segment in segments and before >= FEW and len(feeds) > SHARE * before:
            why = "it was not published from here"
        if why:
            raise BuildRefused(
                f"{target.name} may hold another site: {why}. {len(feeds)} of its {before} feeds would be deleted "
                f"({some(feeds)}), so nothing was published.\n"
                f"If that is meant, say so once: {again} --take-over\n"
                "If it isn't, name a folder or a prefix that nobody else publishes to."
            )


def _doubt(target: Target, segment: str, base_url: str) -> str | None:
    """Return why the list below a segment is no list of this network, None where it is one."""
    text = target.read(key_of(segment, USER_LIST))
    if text is None:
        return f"it has no {USER_LIST}"
    if not all(_is_below(base_url, address) for address in _addresses(text)):
        return f"its {USER_LIST} has other addresses than network.base_url"
    return None


def _is_below(base_url: str, address: str) -> bool:
    """Return whether an address is that of a feed of this site, and not of one in a folder of it."""
    file = ours(address.removeprefix(base_url)) if address.startswith(base_url) else None
    return file is not None and (not file.segment or is_secret(file.segment))


def _was_ours(there: There, target: Target, segment: str, memory: Memory, compared: str | None) -> bool:
    """Return whether the list below a segment is one that this machine has put there, or was about to.

    So is one that the build was `compared` with: what has left since, its guard has let go.
    """
    tag = there.tags.get((segment, USER_LIST))
    if tag is None:
        return memory.knows(segment)
    if tag == compared or memory.is_list_of_ours(segment, tag):
        return True
    text = target.read(key_of(segment, USER_LIST))
    if text is None:
        return False
    return tag_of(text) == compared or memory.is_list_of_ours(segment, tag_of(text))


def _addresses(text: bytes) -> Iterator[str]:
    """Yield the feeds' addresses in a list of whatever words; of what is no list, one that is nobody's."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        yield ""
        return
    entries = next(iter(document.values()), None) if isinstance(document, dict) else document
    for entry in entries if isinstance(entries, list) else [None]:
        values = [each for each in entry.values() if isinstance(each, str)] if isinstance(entry, Mapping) else []
        yield next((each for each in values if each.endswith(".xml") and "/feeds/" in each), "")


def masked(segments: Sequence[str], file: Ours) -> str:
    """Return a file's key as people may read it: no secret is in it."""
    if not file.segment:
        return file.name
    words = ("<secret path>", "<old secret path>")
    known = dict(zip(segments, words, strict=False))
    return f"{known.get(file.segment, '<former secret path>')}/{file.name}"


def notes(there: There, target: Target) -> list[str]:
    """Return sentences about what was left alone."""
    lines = []
    if there.foreign:
        more = f" and {there.foreign - len(there.named):,} more" if there.foreign > len(there.named) else ""
        lines.append(f"{target.name} has files that are not ours, and were left alone: {', '.join(there.named)}{more}.")
    if there.unknown:
        shown = ", ".join(f"{each[:4]}..." for each in sorted(there.unknown)[:NAMED])
        lines.append(
            f"{target.name} has what looks like former secret paths ({shown}), which this machine doesn't know of, and "
            "were left alone. Delete them by hand if they are."
        )
    return lines
