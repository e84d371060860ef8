"""Check a whole catalog: every fault of every file, and what the catalog and the results say against each other."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from feeds.building.duplicates import Text, duplicate_guids, duplicate_users
from feeds.building.results import by_subject, result_files
from feeds.building.sources import CATALOG, CatalogText, archives, included, is_archive
from feeds.core import rules
from feeds.core.catalog import Network
from feeds.core.defaults import absolute
from feeds.core.errors import Finding, Place
from feeds.core.events import Event, fold_video
from feeds.core.guids import canonical_guid
from feeds.core.item import Item, digest
from feeds.core.rules import Fault
from feeds.formats import catalog_yaml, results_yaml
from feeds.formats.catalog_yaml import Located, ReadNetwork, ReadUser
from feeds.formats.results_yaml import BadLine
from feeds.settings import Folders

_PERMISSIONS = "Let the account that runs this read it; a folder or a broken link can't be a user's file."


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check came to; `users` and `videos` count what was read."""

    findings: list[Finding]
    users: int
    videos: int


@dataclass(slots=True)
class _Check:
    """The findings so far, and of every text what only all of them together show; `paths` has those that are files."""

    network: Network | None
    findings: list[Finding] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)
    paths: dict[str, Path] = field(default_factory=dict)

    def archive(self, name: str, located: Located, judged: ReadUser) -> None:
        """Add an archive, after all users."""
        faults: Sequence[Fault] = judged.faults
        if judged.refused:
            self.findings += located.own_findings()
            if judged.tree is not None:
                faults = located.beside_own(catalog_yaml.archive_of(judged.tree).faults)
        owners = {user_id for each in self.texts if (user_id := each.user_id()) and not is_archive(each.source)}
        faults = [*faults, *rules.archive_warnings(judged.tree, owners)]
        if faults:
            self.findings += located.findings(faults)
        self._keep(name, located, (), judged)

    def user(self, name: str, located: Located, prefix: rules.Path, judged: ReadUser) -> None:
        """Add a user: positions are looked for only where there is something to tell."""
        faults: Sequence[Fault] = judged.faults
        if judged.refused:
            self.findings += located.own_findings()
            if judged.tree is not None:
                faults = located.beside_own(catalog_yaml.user_of(judged.tree).faults)
        faults = [*faults, *rules.warnings(judged.tree, self.network)]
        if faults:
            self.findings += located.findings(faults, prefix)
        self._keep(name, located, prefix, judged)

    def _keep(self, name: str, located: Located, prefix: rules.Path, judged: ReadUser) -> None:
        """Keep of a text what is compared with others; a file is read anew should a finding need its positions."""
        path = self.paths.get(name)
        again = Located(str(path), partial(_content, path)) if path else located
        self.texts.append(Text(name, again, prefix, _compared(judged.tree)))


def _compared(tree: Any) -> Any:
    """Return what of a user's tree is compared with others: a whole network's trees would take gigabytes."""
    if not isinstance(tree, dict):
        return tree
    kept = {key: tree[key] for key in ("id", "videos", "defaults") if key in tree}
    if isinstance(videos := kept.get("videos"), list):
        kept["videos"] = [_some_of(video, ("guid", "media")) for video in videos]
    kept["defaults"] = _some_of(kept.get("defaults"), ("media_base",))
    return kept


def _some_of(value: Any, keys: Sequence[str]) -> Any:
    return {key: value[key] for key in keys if key in value} if isinstance(value, dict) else value


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # gone since it was read: its findings have no better place than the file
        return b""


def check(folders: Folders) -> Checked:
    """Return every fault of the catalog and its results. Raises UsageError where there is no catalog."""
    text = CatalogText(folders.catalog)
    read = text.read
    whole = _Check(read.network if isinstance(read, ReadNetwork) else None)
    users, patterns = (read.users, read.include) if isinstance(read, ReadNetwork) else _of_broken(whole, text, read)
    escapes = catalog_yaml.spells_characters(text.text)
    for number, tree in enumerate(users):
        prefix = ("users", number)
        judged = catalog_yaml.user_of(tree, escapes=escapes)
        if read is None:
            judged = ReadUser(None, tuple(text.located.beside_own(judged.faults, prefix)), tree=tree)
        whole.user(f"{CATALOG}#{number}", text.located, prefix, judged)
    _included(whole, text, folders.catalog, patterns)
    _archived(whole, folders.catalog, patterns)
    whole.findings += [finding for _, _, finding in duplicate_users(whole.texts)]
    whole.findings += [finding for _, _, finding in duplicate_guids(whole.texts)]
    whole.findings += _against_results(folders, whole.texts)
    videos = sum(_video_count(each.tree()) for each in whole.texts)
    return Checked(whole.findings, sum(not is_archive(each.source) for each in whole.texts), videos)


def _of_broken(
    whole: _Check, text: CatalogText, faults: tuple[Fault, ...] | None
) -> tuple[Sequence[Any], Sequence[Any]]:
    """Note what is wrong in catalog.yaml; return the users in it and the patterns, as far as they can be read."""
    located = text.located
    tree = located.tree()
    if faults is None:
        whole.findings += located.own_findings()
        faults = tuple(located.beside_own(rules.network_faults(tree))) if tree is not None else ()
    whole.findings += located.findings(faults)
    users, patterns = (tree.get("users"), tree.get("include")) if isinstance(tree, dict) else ((), ())
    return users if isinstance(users, list) else (), patterns if isinstance(patterns, list) else ()


def _included(whole: _Check, text: CatalogText, catalog: Path, patterns: Sequence[Any]) -> None:
    """Check the user files, also where catalog.yaml itself is broken."""
    sources: dict[str, Path] = {}
    for number, pattern in enumerate(patterns):
        if not isinstance(pattern, str) or not rules.stays_inside(pattern):
            continue  # a fault already
        found = {each.name: each.path for each in included(catalog, [pattern]) if each.path}
        if not found:
            what = f'no file matches "{pattern}"'
            remedy = "Mend the pattern, or take it out: as it is, it brings in nobody."
            whole.findings += text.located.findings([Fault(("include", number), "include", what, remedy, "warning")])
        sources |= found
    for name, path in sorted(sources.items()):
        try:
            content = path.read_bytes()
        except OSError as error:
            what = f"the file can't be read: {error.strerror}"
            whole.findings.append(Finding(Place(str(path)), "error", "unreadable", (), what, _PERMISSIONS))
            continue
        whole.paths[name] = path
        whole.user(name, Located(str(path), content), (), catalog_yaml.parse_user(content))


def _archived(whole: _Check, catalog: Path, patterns: Sequence[Any]) -> None:
    """Check the archives, also where catalog.yaml itself is broken."""
    known = [each for each in patterns if isinstance(each, str) and rules.stays_inside(each)]
    for source in archives(catalog, known):
        assert source.path is not None  # noqa: S101 - an archive is a file
        try:
            content = source.path.read_bytes()
        except OSError as error:
            what = f"the file can't be read: {error.strerror}"
            whole.findings.append(Finding(Place(str(source.path)), "error", "unreadable", (), what, _PERMISSIONS))
            continue
        whole.paths[source.name] = source.path
        whole.archive(source.name, Located(str(source.path), content), catalog_yaml.parse_archive(content))


def _video_count(tree: Any) -> int:
    videos = tree.get("videos") if isinstance(tree, dict) else None
    return len(videos) if isinstance(videos, list) else 0


def _against_results(folders: Folders, texts: Sequence[Text]) -> Iterator[Finding]:
    """Yield lines that are no events, and guids that were listed or imported and are gone, renamed or moved."""
    events: dict[str, list[Event]] = {}
    for _, path in result_files(folders.catalog, folders.state):
        try:
            content = path.read_bytes()
        except FileNotFoundError:  # moved since we looked: its lines are in a file that follows
            continue
        except OSError as error:
            what = f"the file can't be read: {error.strerror}"
            yield Finding(Place(str(path)), "error", "unreadable", (), what, _PERMISSIONS)
            continue
        for each in results_yaml.parse(content):
            if isinstance(each, BadLine):
                yield _bad_line(str(path), each)
                continue
            for subject, event in by_subject(each):
                if subject.startswith("g:"):
                    events.setdefault(subject[2:], []).append(event)
    if events:
        yield from _gone_and_moved(events, texts)


def _bad_line(file: str, line: BadLine) -> Finding:
    remedy = "Programs write these files. Bring the line back as it was (git log -p shows it), or delete it."
    what = f"this line is no event: {line.what}"
    return Finding(Place(file, line.number, 1), "error", "results-line", (), what, remedy)


def _gone_and_moved(events: dict[str, list[Event]], texts: Sequence[Text]) -> Iterator[Finding]:
    known = {canonical_guid(guid) for guid in events}
    present: set[str] = set()
    new_media: dict[str, tuple[Text, int, str]] = {}
    for text in texts:
        user_id = text.user_id()
        for number, guid in text.guids():
            canonical = canonical_guid(guid)
            present.add(canonical)
            owners = {owner for event in events.get(guid, ()) if (owner := event.text("user"))}
            if owners and user_id and user_id not in owners:
                what = f'guid "{guid}" was listed for {", ".join(sorted(owners))}, and stands with {user_id} now'
                remedy = "Dailymotion has it there. Give it back, or give this video a guid of its own."
                yield text.finding("guid-moved", ("videos", number, "guid"), what, remedy)
            elif canonical not in known and (media := _media_digest(text, number)):
                new_media[media] = (text, number, guid)
    for guid, its in sorted(events.items()):
        if canonical_guid(guid) in present:
            continue
        listed = {shown.split(".")[1] for _, shown in fold_video(its).listings}
        for found in sorted(listed & new_media.keys()):
            text, number, other = new_media[found]
            what = f'"{other}" has the media of "{guid}", which was listed and is gone'
            remedy = f'A guid never changes: write "{guid}" again, or Dailymotion will import this video twice.'
            yield text.finding("guid-renamed", ("videos", number, "guid"), what, remedy)


def _media_digest(text: Text, number: int) -> str | None:
    """Return what a listing's digest says of the media alone, or None where the video has none that can be told."""
    tree = text.tree()
    media, defaults = tree["videos"][number].get("media"), tree.get("defaults")
    base = defaults.get("media_base") if isinstance(defaults, dict) else None
    if not isinstance(media, str) or not isinstance(base, str | None):
        return None
    folder = base if base is None or base.endswith("/") else base + "/"
    return digest(Item("", "", "", absolute(media, folder))).partition(".")[2]
