"""Check a whole catalog: every fault of every file, and what the catalog and the results say against each other."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from feeds.building.duplicates import Text, duplicate_guids, duplicate_users
from feeds.building.results import by_subject, result_files
from feeds.building.sources import CATALOG, CatalogText, Source, included
from feeds.core import rules
from feeds.core.catalog import UserEntry
from feeds.core.defaults import item_of
from feeds.core.errors import Finding, Place
from feeds.core.events import Event, fold_video
from feeds.core.guids import canonical_guid
from feeds.core.item import digest
from feeds.core.rules import Fault
from feeds.formats import catalog_yaml, results_yaml
from feeds.formats.catalog_yaml import Located, ReadNetwork
from feeds.formats.results_yaml import BadLine
from feeds.settings import Folders


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check came to; `users` and `videos` count what was read."""

    findings: list[Finding]
    users: int
    videos: int


def check(folders: Folders) -> Checked:
    """Return every fault of the catalog and its results. Raises UsageError where there is no catalog."""
    text = CatalogText(folders.catalog)
    read = text.read
    findings = text.located.own_findings() if read is None else []
    if isinstance(read, tuple):
        findings += text.located.findings(read)
    network = read.network if isinstance(read, ReadNetwork) else None
    texts: list[Text] = []
    users: dict[str, tuple[Text, UserEntry]] = {}
    for source, located, prefix, judged in _users(text, folders):
        its = Text(source.name, located, prefix)
        texts.append(its)
        if judged.refused:
            findings += located.own_findings()
        findings += located.findings(judged.faults, prefix)
        if judged.user is not None:
            users[source.name] = (its, judged.user)
            if network is not None:
                findings += located.findings(rules.warnings(judged.user, network), prefix)
    findings += [finding for _, _, finding in duplicate_users(texts)]
    findings += [finding for _, _, finding in duplicate_guids(texts)]
    findings += _against_results(folders, list(users.values()))
    videos = sum(_video_count(each.tree()) for each in texts)
    return Checked(findings, len(texts), videos)


def _users(
    text: CatalogText, folders: Folders
) -> Iterator[tuple[Source, Located, tuple[str | int, ...], catalog_yaml.ReadUser]]:
    """Yield every user's text, read, in the order of the files; also where catalog.yaml itself is broken."""
    for number, tree in enumerate(text.located.users()):
        source = Source(f"{CATALOG}#{number}", None, number)
        yield source, text.located, ("users", number), catalog_yaml.user_of(tree)
    tree = text.located.tree()
    patterns = tree.get("include") if isinstance(tree, dict) else None
    for source in included(folders.catalog, _safe(patterns)):
        assert source.path is not None  # noqa: S101 - included sources are files
        try:
            content = source.path.read_bytes()
        except OSError as error:
            fault = Fault((), "unreadable", f"the file can't be read: {error.strerror}", "Mend its permissions.")
            yield source, Located(str(source.path), b""), (), catalog_yaml.ReadUser(None, (fault,))
            continue
        yield source, Located(str(source.path), content), (), catalog_yaml.parse_user(content)


def _safe(patterns: Any) -> list[str]:
    """Return the patterns that can be followed; the others are faults already."""
    texts = [each for each in patterns if isinstance(each, str)] if isinstance(patterns, list) else []
    return [each for each in texts if not each.startswith("/") and ".." not in each.split("/")]


def _video_count(tree: Any) -> int:
    videos = tree.get("videos") if isinstance(tree, dict) else None
    return len(videos) if isinstance(videos, list) else 0


def _against_results(folders: Folders, users: Iterable[tuple[Text, UserEntry]]) -> Iterator[Finding]:
    """Yield lines that are no events, and guids that were listed or imported and are gone, renamed or moved."""
    events: dict[str, list[Event]] = {}
    for name, path in result_files(folders.catalog, folders.state):
        for each in results_yaml.parse(path.read_bytes()):
            if isinstance(each, BadLine):
                yield _bad_line(name, each)
                continue
            for subject, event in by_subject(each):
                if subject.startswith("g:"):
                    events.setdefault(subject[2:], []).append(event)
    if events:
        yield from _gone_and_moved(events, list(users))


def _bad_line(name: str, line: BadLine) -> Finding:
    remedy = "Programs write these files. Bring the line back as it was (git log -p shows it), or delete it."
    what = f"this line is no event: {line.what}"
    return Finding(Place(name, line.number, 1), "error", "results-line", (), what, remedy)


def _gone_and_moved(events: dict[str, list[Event]], users: list[tuple[Text, UserEntry]]) -> Iterator[Finding]:
    known = {canonical_guid(guid) for guid in events}
    present: set[str] = set()
    new_media: dict[str, tuple[Text, int, str]] = {}
    for text, user in users:
        for number, video in enumerate(user.videos):
            canonical = canonical_guid(video.guid)
            present.add(canonical)
            if canonical not in known:
                new_media[digest(item_of(video, user)).partition(".")[2]] = (text, number, video.guid)
                continue
            owners = {owner for event in events.get(video.guid, ()) if (owner := event.text("user"))}
            if owners and user.id not in owners:
                path = (*text.prefix, "videos", number, "guid")
                what = f'guid "{video.guid}" was listed for {", ".join(sorted(owners))}, and stands with {user.id} now'
                remedy = "Dailymotion has it there. Give it back, or give this video a guid of its own."
                yield Finding(text.located.place(path), "error", "guid-moved", text.located.trail(path), what, remedy)
    for guid, its in sorted(events.items()):
        if canonical_guid(guid) in present:
            continue
        media = {shown.partition(".")[2] for _, shown in fold_video(its).listings}
        for found in sorted(media & new_media.keys()):
            text, number, other = new_media[found]
            path = (*text.prefix, "videos", number, "guid")
            what = f'"{other}" has the media of "{guid}", which was listed and is gone'
            remedy = f'A guid never changes: write "{guid}" again, or Dailymotion will import this video twice.'
            yield Finding(text.located.place(path), "error", "guid-renamed", text.located.trail(path), what, remedy)
