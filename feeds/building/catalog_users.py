"""Read the users of a whole catalog and their archives, one after the other, whatever faults they have."""

from collections.abc import Iterator
from pathlib import Path

from feeds.building.sources import CatalogText, Source, archives, included
from feeds.formats import catalog_yaml
from feeds.formats.catalog_yaml import ReadUser


def read_users(text: CatalogText, catalog: Path) -> Iterator[tuple[Source, ReadUser]]:
    """Yield each user of a catalog.yaml that can be read, and of the files that it includes."""
    escapes = catalog_yaml.spells_characters(text.text)
    for source, tree in zip(text.inline_sources(), text.network.users, strict=True):
        yield source, catalog_yaml.user_of(tree, escapes=escapes)
    for source in included(catalog, list(text.network.include)):
        try:
            content = source.path.read_bytes() if source.path else b""
        except OSError:  # `feeds check` tells why
            yield source, ReadUser(None, refused=True)
            continue
        yield source, catalog_yaml.parse_user(content)


def read_archives(text: CatalogText, catalog: Path) -> Iterator[tuple[Source, ReadUser]]:
    """Yield each archive of a catalog.yaml that can be read: as a user with an id and videos alone."""
    for source in archives(catalog, list(text.network.include)):
        try:
            content = source.path.read_bytes() if source.path else b""
        except OSError:  # `feeds check` tells why
            yield source, ReadUser(None, refused=True)
            continue
        yield source, catalog_yaml.parse_archive(content)


def guids_of(read: ReadUser) -> list[str]:
    """Return the guids of a text, as far as it could be read."""
    if read.user is not None:
        return [video.guid for video in read.user.videos]
    videos = read.tree.get("videos") if isinstance(read.tree, dict) else None
    found = [video.get("guid") for video in (videos if isinstance(videos, list) else ()) if isinstance(video, dict)]
    return [guid for guid in found if isinstance(guid, str)]
