"""Read what happened to some guids and users: of journal and results only the lines that may tell of them."""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

from feeds.building.results import built_from, by_subject, result_files
from feeds.building.status_events import read_text
from feeds.core.events import Event, VideoResult, fold_video
from feeds.core.partners import Partner, fold_partner
from feeds.formats import results_yaml
from feeds.settings import Folders

# Names in a callback's raw text are quoted twice, so they don't match.
_NAMED = re.compile(rb'"(?:guid|user)"\s*:\s*"([^"\\]*)"')


@dataclass(slots=True)
class Known:
    """What is known of some subjects: the events of each, under "g:" and a guid, "u:" and a user, "l:" its listings."""

    events: dict[str, list[Event]] = field(default_factory=dict)

    def of(self, subject: str) -> list[Event]:
        """Return a subject's events."""
        return self.events.get(subject, [])

    def result(self, guid: str) -> VideoResult | None:
        """Return what all events of a guid say together, None where there is none."""
        events = self.events.get(f"g:{guid}")
        return fold_video(events) if events else None

    def results(self, guids: Iterable[str]) -> dict[str, VideoResult]:
        """Return the results of those of these guids that have any."""
        return {guid: result for guid in guids if (result := self.result(guid)) is not None}

    def partner(self, user_id: str, parent_id: str) -> Partner:
        """Return where an account stands."""
        return fold_partner(self.of(f"u:{user_id}"), parent_id)


def texts_of(folders: Folders) -> Iterator[bytes]:
    """Yield the texts of journal and results: the catalog's own, and those that the site is built from."""
    for catalog in dict.fromkeys((folders.catalog, built_from(folders))):
        for _, path in result_files(catalog, folders.state):
            yield read_text(path)


def known_of(texts: Iterable[bytes], names: Collection[str] | None) -> Known:
    """Return the events of these guids and users in these texts; of all where `names` is None."""
    known = Known()
    wanted = None if names is None else {name.encode("utf-8", "surrogateescape") for name in names}
    subjects = None if names is None else {f"{kind}:{name}" for kind in "gul" for name in names}
    for line in dict.fromkeys(line for text in texts for line in _lines(text, wanted)):
        event = results_yaml.parse_line(line)
        if not isinstance(event, Event):  # `feeds check` names these lines
            continue
        for subject, its in by_subject(event):
            if subjects is None or subject in subjects:
                known.events.setdefault(subject, []).append(its)
    return known


def _lines(text: bytes, wanted: set[bytes] | None) -> Iterator[bytes]:
    """Yield the lines that may tell of what is wanted: only a line that names something else is passed over."""
    complete, _, _ = text.rpartition(b"\n")
    for line in complete.split(b"\n"):
        if wanted is not None and b'"listed"' not in line:
            found = _NAMED.findall(line)
            if found and wanted.isdisjoint(found):
                continue
        if stripped := line.strip():
            yield stripped
