"""Find out whose a finding is: the network's, a user's, or one video's."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from feeds.building.planning_warnings import relative
from feeds.building.sources import CatalogText, Source, located
from feeds.core.errors import Finding
from feeds.formats.catalog_yaml import Located


@dataclass(slots=True)
class Placed:
    """Findings by what they are about: by source, by source and the video's number in it, and the rest."""

    general: list[Finding] = field(default_factory=list)
    of_users: dict[str, list[Finding]] = field(default_factory=dict)
    of_videos: dict[str, dict[int, list[Finding]]] = field(default_factory=dict)


def placed(findings: Sequence[Finding], sources: Sequence[Source], text: CatalogText, catalog: Path) -> Placed:
    """Sort the findings out; their files are then named as seen from the catalog's folder.

    Positions are looked for only in files that have findings.
    """
    files = {str(each.path): each for each in sources if each.path}
    inline = [each for each in sources if each.path is None]
    starts: dict[str, list[tuple[int, int]]] = {}
    found = Placed()
    for finding, shown in zip(findings, relative(findings, catalog), strict=True):
        source = files.get(finding.place.file)
        if source is None and finding.place.file == str(text.path) and finding.trail[:1] == ("users",):
            source = _user_at(finding, inline, text.located)
        if source is None:
            found.general.append(shown)
            continue
        number = _video_at(finding, source, text, starts)
        if number is None:
            found.of_users.setdefault(source.name, []).append(shown)
        else:
            found.of_videos.setdefault(source.name, {}).setdefault(number, []).append(shown)
    return found


def _user_at(finding: Finding, inline: Sequence[Source], its: Located) -> Source | None:
    starts = [_start(its, ("users", each.number)) for each in inline]
    number = bisect_right(starts, (finding.place.line, finding.place.column)) - 1
    return inline[number] if number >= 0 and len(finding.trail) > 1 else None


def _video_at(
    finding: Finding, source: Source, text: CatalogText, starts: dict[str, list[tuple[int, int]]]
) -> int | None:
    """Return the number of the video that a finding stands in: the trail tells that there is one."""
    depth = 2 if source.path is None else 1
    if "videos" not in finding.trail[: depth + 1] or finding.trail.index("videos") == len(finding.trail) - 1:
        return None
    if source.name not in starts:
        its, prefix = located(source, text)
        starts[source.name] = [_start(its, (*prefix, "videos", each)) for each in range(_videos(its.tree(), prefix))]
    number = bisect_right(starts[source.name], (finding.place.line, finding.place.column)) - 1
    return number if number >= 0 else None


def _start(its: Located, path: tuple[str | int, ...]) -> tuple[int, int]:
    place = its.place(path)
    return place.line, place.column


def _videos(tree: object, prefix: tuple[str | int, ...]) -> int:
    for part in prefix:
        if isinstance(tree, Mapping) and isinstance(part, str):
            tree = tree.get(part)
        elif isinstance(tree, list) and isinstance(part, int) and part < len(tree):
            tree = tree[part]
    videos = tree.get("videos") if isinstance(tree, Mapping) else None
    return len(videos) if isinstance(videos, list) else 0
