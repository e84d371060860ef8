"""What an edit touches: the users whose text differs from the commit's, each as it was and as it is now."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from feeds.building.duplicates import Text
from feeds.building.planning_base import Commit, Patterns
from feeds.building.sources import ARCHIVE, CatalogText, Source, archives, included, is_archive
from feeds.core.catalog import Network
from feeds.core.errors import Finding
from feeds.core.rules import Fault
from feeds.formats import catalog_yaml
from feeds.formats.catalog_yaml import Located, ReadUser

_UNREADABLE = "Let the account that runs this read it; a folder or a broken link can't be a user's file."


@dataclass(frozen=True, slots=True)
class Entry:
    """One user's text, read, with the places in it."""

    text: Text
    read: ReadUser

    @property
    def user_id(self) -> str | None:
        """Return whose it is, as far as that can be told."""
        return self.read.user.id if self.read.user else self.read.claimed_id

    def findings(self) -> list[Finding]:
        """Return the faults for which it freezes its user."""
        own = self.text.located.own_findings() if self.read.refused else []
        return own or self.text.located.findings(self.read.faults, self.text.prefix)


@dataclass(slots=True)
class Edit:
    """The touched users before and now, by source; what is untouched, and whether everyone is touched by settings.

    `archived_before` and `archived` are the archives that are touched, or of a touched user; `files` has all as well.
    """

    before: dict[str, Entry] = field(default_factory=dict)
    now: dict[str, Entry] = field(default_factory=dict)
    files: list[Source] = field(default_factory=list)
    inline: list[Entry] = field(default_factory=list)
    archived_before: list[Entry] = field(default_factory=list)
    archived: list[Entry] = field(default_factory=list)


def edit_of(commit: Commit, text: CatalogText, catalog: Path) -> Edit:
    """Return what the work tree has otherwise than the commit."""
    former, now = commit.text.network.network, text.network.network
    everyone = limits_of(former) != limits_of(now)
    edit = Edit()
    _inline(edit, commit.text, text, everyone=everyone)
    files = {each.name: each for each in included(catalog, list(text.network.include))}
    known = {each for each in Patterns(commit.text.network.include).of(commit.files) if not is_archive(each)}
    touched = files.keys() ^ known
    touched |= {name for name in files.keys() & known if everyone or name in commit.differing}
    texts = commit.read(touched & known)
    for name in sorted(touched):
        entry = file_entry(files[name]) if name in files else None
        if entry and name in texts and not everyone and _bytes(files[name]) == texts[name]:
            edit.files.append(files[name])
            continue
        if name in texts:
            edit.before[name] = _entry(name, texts[name])
        if entry:
            edit.now[name] = entry
    edit.files += [each for name, each in files.items() if name not in touched]
    _archives(edit, commit, archives(catalog, list(text.network.include)))
    return edit


def _archives(edit: Edit, commit: Commit, sources: list[Source]) -> None:
    ids = {each.user_id for each in (*edit.before.values(), *edit.now.values())}
    differing = {each for each in commit.differing if is_archive(each)}
    texts = commit.read(differing & commit.files)
    edit.archived_before = [_entry(name, content) for name, content in sorted(texts.items())]
    for source in sources:
        is_same = source.name in commit.files - differing
        if not is_same or source.name.rpartition("/")[2].removesuffix(ARCHIVE) in ids:
            edit.archived.append(file_entry(source))
            edit.archived_before += edit.archived[-1:] if is_same else []
    edit.files += sources


def limits_of(network: Network) -> tuple[int, int, str]:
    """Return the settings that decide about every user's listing."""
    return network.feed_limit, network.max_failures, network.parent_id


def _inline(edit: Edit, former: CatalogText, now: CatalogText, *, everyone: bool) -> None:
    if former is now and not everyone:
        edit.inline += inline_entries(now).values()
        return
    before, after = inline_entries(former), inline_entries(now)
    same = {
        name
        for name in before.keys() & after.keys()
        if not everyone and former.inline_texts[name] == now.inline_texts[name]
    }
    edit.before |= {name: each for name, each in before.items() if name not in same}
    edit.now |= {name: each for name, each in after.items() if name not in same}
    edit.inline += [after[name] for name in sorted(same)]


def inline_entries(text: CatalogText) -> dict[str, Entry]:
    """Return the users in catalog.yaml itself, by source."""
    escapes = catalog_yaml.spells_characters(text.text)
    entries = {}
    for source, tree in zip(text.inline_sources(), text.network.users, strict=True):
        place = Text(source.name, text.located, ("users", source.number), tree)
        entries[source.name] = Entry(place, catalog_yaml.user_of(tree, escapes=escapes))
    return entries


def file_entry(source: Source) -> Entry:
    """Return the user of a file, whatever faults it has."""
    try:
        return _entry(source.name, source.path.read_bytes() if source.path else b"")
    except OSError as error:
        fault = Fault((), "unreadable", f"the file can't be read: {error.strerror}", _UNREADABLE)
        return Entry(Text(source.name, Located(source.name, b""), (), {}), ReadUser(None, (fault,)))


def _bytes(source: Source) -> bytes | None:
    try:
        return source.path.read_bytes() if source.path else None
    except OSError:
        return None


def _entry(name: str, content: bytes) -> Entry:
    read = (catalog_yaml.parse_archive if is_archive(name) else catalog_yaml.parse_user)(content)
    return Entry(Text(name, Located(name, content), (), read.tree), read)


def last_good(commit: Commit, name: str) -> Entry | None:
    """Return the latest version of a user's file, up to the commit, that has no fault."""
    found = (_entry(name, content) for content in commit.versions(name))
    return next((each for each in found if each.read.user is not None), None)


def by_id(entries: Mapping[str, Entry]) -> Iterator[tuple[str, str, Entry]]:
    """Yield (user's id, source, entry) of each text that says whose it is; of one id only the first."""
    seen = set()
    for source, entry in entries.items():
        if (user_id := entry.user_id) is not None and user_id not in seen:
            seen.add(user_id)
            yield user_id, source, entry
