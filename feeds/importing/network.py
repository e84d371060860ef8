"""Where an import looks: every guid of the network, and the text that one user stands in."""

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from feeds.building.catalog_users import read_archives, read_users
from feeds.building.results import result_files
from feeds.building.sources import CATALOG, CatalogText
from feeds.core.defaults import absolute
from feeds.core.errors import UsageError
from feeds.core.guids import canonical_guid
from feeds.formats import results_yaml
from feeds.formats.catalog_yaml import ReadNetwork
from feeds.formats.results_yaml import BadLine
from feeds.settings import Folders

_MEND = "Mend it first; feeds check says how: until then nobody knows which guids it has."


@dataclass(frozen=True, slots=True)
class Known:
    """A video of the catalog: whose it is, its tree, their media_base; `is_new` says that it is to be added."""

    user: str
    video: dict[str, Any]
    base: str | None
    is_new: bool = False


@dataclass(slots=True)
class Home:
    """The text that a user's videos belong into: the file, the way down to the user in it, and the user's tree.

    `text` is None where the file is to be made.
    """

    file: Path
    text: bytes | None
    path: tuple[str | int, ...] = ()
    tree: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Whole:
    """The network as it is: every guid by its canonical form, every file by its address, and the user's home."""

    home: Home
    catalog: CatalogText
    guids: dict[str, Known] = field(default_factory=dict)
    media: dict[str, str] = field(default_factory=dict)


def read_whole(folders: Folders, user_id: str) -> Whole:
    """Read the whole network. Raises UsageError where a text of it can't be read, for it may have any guid."""
    catalog = CatalogText(folders.catalog)
    if not isinstance(catalog.read, ReadNetwork):
        raise UsageError(f"{catalog.path} has faults. {_MEND}")
    homes = []
    whole = Whole(Home(folders.catalog / "users" / f"{user_id}.yaml", None), catalog)
    for source, read in read_users(catalog, folders.catalog):
        if read.refused or not isinstance(read.tree, dict):
            raise UsageError(f"{source.path or catalog.path} can't be read as a user. {_MEND}")
        claimed = read.claimed_id or ""
        _note_videos(whole, claimed, read.tree)
        if claimed == user_id and source.path:
            homes.append(Home(source.path, source.path.read_bytes(), (), read.tree))
        elif claimed == user_id:
            homes.append(Home(catalog.path, catalog.text, ("users", source.number), read.tree))
        elif claimed.lower() == user_id.lower():
            raise UsageError(f'The catalog has a user "{claimed}": write the id in the same letters.')
    for source, read in read_archives(catalog, folders.catalog):
        if read.refused or not isinstance(read.tree, dict):
            raise UsageError(f"{source.path} can't be read as an archive. {_MEND}")
        _note_videos(whole, read.claimed_id or "", read.tree)
    if len(homes) > 1:
        raise UsageError(f'"{user_id}" stands in the catalog {len(homes)} times. Keep one; feeds check shows where.')
    if homes:
        whole.home = homes[0]
    else:
        _may_begin(whole, folders.catalog)
    return whole


def _note_videos(whole: Whole, user: str, tree: dict[str, Any]) -> None:
    defaults = tree.get("defaults")
    base = defaults.get("media_base") if isinstance(defaults, dict) else None
    folder = base if not isinstance(base, str) or base.endswith("/") else base + "/"
    folder = folder if isinstance(folder, str) else None
    videos = tree.get("videos")
    for video in videos if isinstance(videos, list) else ():
        if not isinstance(video, dict) or not isinstance(guid := video.get("guid"), str):
            continue
        whole.guids.setdefault(canonical_guid(guid), Known(user, video, folder))
        if isinstance(media := video.get("media"), str):
            whole.media.setdefault(absolute(media, folder), guid)


def _may_begin(whole: Whole, catalog: Path) -> None:
    """Raise UsageError where a file of the user's own would be in the way of another, or read by nobody."""
    file = whole.home.file
    if file.exists() or file.is_symlink():
        raise UsageError(f"{file} is there already, and is not this user's in the catalog: see its id, and `include`.")
    name = file.relative_to(catalog).as_posix()
    if not any(_matches(name, pattern) for pattern in whole.catalog.network.include):
        raise UsageError(f"{CATALOG} would not read {name}: write `include: [users/*.yaml]` there first.")


def _matches(name: str, pattern: str) -> bool:
    if "**" in pattern.split("/"):
        return fnmatchcase(name, pattern.replace("**/", "*"))
    parts, patterns = name.split("/"), pattern.split("/")
    return len(parts) == len(patterns) and all(map(fnmatchcase, parts, patterns))


def username_of(folders: Folders, user_id: str) -> str | None:
    """Return the username that the partner's latest event gives, or None."""
    latest: tuple[Any, str] | None = None
    for _, path in result_files(folders.catalog, folders.state):
        try:
            content = path.read_bytes()
        except OSError:  # gone on, or not for us to read: the name is a help, no more
            continue
        for each in results_yaml.parse(content):
            if isinstance(each, BadLine) or each.text("user") != user_id:
                continue
            name = each.text("username")
            if name and (latest is None or each.at >= latest[0]):
                latest = (each.at, name)
    return latest[1] if latest else None
