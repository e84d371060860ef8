"""Read the catalog as it stands, again whenever a file has changed; nothing is written anywhere."""

import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from hashlib import blake2b
from pathlib import Path

from feeds.building.catalog_users import read_users
from feeds.building.checking import check
from feeds.building.duplicates import Text, duplicate_guids, duplicate_users
from feeds.building.planning_warnings import relative
from feeds.building.results import result_files
from feeds.building.sources import CATALOG, CatalogText, Source, included, located
from feeds.building.subject_events import Known, known_of, texts_of
from feeds.core.catalog import Network, UserEntry
from feeds.core.defaults import item_of
from feeds.core.errors import Finding, UsageError
from feeds.core.listing import FOREVER, Limits, Reason, listing, user_reason
from feeds.core.partners import PartnerState
from feeds.formats import catalog_yaml
from feeds.formats.catalog_yaml import ReadNetwork, ReadUser
from feeds.previewing.placing import Placed, placed
from feeds.previewing.views import Card, UserView, View
from feeds.settings import Folders
from feeds.storage.signature import signature

Clock = Callable[[], datetime]


class Reader:
    """Gives the network's view; one serves all threads."""

    def __init__(self, folders: Folders, clock: Clock) -> None:
        self._folders, self._clock = folders, clock
        self._lock = threading.Lock()
        self._view: View | None = None
        self._patterns: tuple[str, ...] = ()

    def version(self) -> str:
        """Return a text that changes whenever a file of catalog, results or journal does."""
        mark = blake2b(digest_size=12)
        for path in self._paths():
            try:
                mark.update(f"{path}\0{signature(path.stat())}\0".encode("utf-8", "surrogateescape"))
            except OSError:
                mark.update(f"{path}\0gone\0".encode("utf-8", "surrogateescape"))
        return mark.hexdigest()

    def _paths(self) -> Iterable[Path]:
        yield self._folders.catalog / CATALOG
        with suppress(UsageError):  # the folder can't be read, which the view tells
            yield from (each.path for each in included(self._folders.catalog, list(self._patterns)) if each.path)
        yield from (path for _, path in result_files(self._folders.catalog, self._folders.state))

    def view(self) -> View:
        """Return the network as it is now. Raises UsageError where there is no catalog."""
        with self._lock:
            now = self._clock()
            known, version = self._view, self.version()  # first the version: what changes while reading is seen
            if known is None or known.version != version or (known.valid_until and now >= known.valid_until):
                self._view = known = self._read(now)
            return known

    def _read(self, at: datetime) -> View:
        text = CatalogText(self._folders.catalog)
        if isinstance(text.read, ReadNetwork):
            self._patterns = text.read.include
        version = self.version()
        if CatalogText(self._folders.catalog).digest != text.digest:  # saved in between: the next look reads it
            version = ""
        findings = check(self._folders).findings
        if not isinstance(text.read, ReadNetwork):
            before = self._view or View(version, at, None, (), ())
            own = tuple(relative(_in_order(findings), self._folders.catalog))
            return replace(before, version=version, at=at, findings=own, stale=True)
        reads = list(read_users(text, self._folders.catalog))
        sorted_out = placed(_in_order(findings), [source for source, _ in reads], text, self._folders.catalog)
        disputed = _disputed(reads, text) if any(each.rule in _DISPUTES for each in findings) else set()
        maker = _Maker(text.network.network, known_of(texts_of(self._folders), None), at, disputed)
        users = [maker.user(source, read, sorted_out, number) for number, (source, read) in enumerate(reads)]
        users.sort(key=lambda each: (each.username.casefold(), each.key))
        general = tuple(sorted_out.general)
        return View(version, at, text.network.network.name, tuple(users), general, False, maker.valid_until)


# Both who claim a guid or a user's id are frozen, though the finding stands at the second alone.
_DISPUTES = {"guid-duplicate", "user-duplicate"}


def _disputed(reads: Iterable[tuple[Source, ReadUser]], text: CatalogText) -> set[str]:
    """Return the sources that two claim something of at once."""
    texts = [Text(source.name, *located(source, text), read.tree) for source, read in reads]
    found = (*duplicate_guids(texts), *duplicate_users(texts))
    return {source for each in found for source in each[:2]}


def _in_order(findings: Iterable[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda each: (each.place.file, each.place.line, each.place.column, each.rule))


class _Maker:
    """Makes the users' views of one reading; `valid_until` is when the first of them changes by itself."""

    def __init__(self, network: Network, known: Known, at: datetime, disputed: set[str]) -> None:
        self._network, self._known, self._at, self._disputed = network, known, at, disputed
        self._keys: set[str] = set()
        self.valid_until = FOREVER

    def user(self, source: Source, read: ReadUser, sorted_out: Placed, number: int) -> UserView:
        """Return a user's view, whatever faults the text has."""
        of_videos = sorted_out.of_videos.get(source.name, {})
        findings = tuple(sorted_out.of_users.get(source.name, ()))
        user, numbers = (read.user, None) if read.user else _without_faulty(read, of_videos)
        tree = read.tree if isinstance(read.tree, dict) else {}
        username = user.username if user else str(tree.get("username") or read.claimed_id or source.name)
        reason, cards = self._of_user(user, numbers, of_videos) if user else (None, {})
        faulty = {each: card for each, card in _faulty(tree, of_videos).items() if each not in cards}
        shown = sorted((cards | faulty).items(), key=lambda each: (each[1].place or len(cards) + 1, each[0]))
        key = (read.claimed_id or source.name).encode("utf-8", "backslashreplace").decode()
        if key in self._keys:  # which is a finding; both are shown
            key = f"{key}~{number}"
        self._keys.add(key)
        file = source.name if source.path else CATALOG
        frozen = read.user is None or source.name in self._disputed
        return UserView(key, username, file, tuple(card for _, card in shown), findings, reason, frozen)

    def _of_user(
        self, user: UserEntry, numbers: list[int] | None, findings: Mapping[int, list[Finding]]
    ) -> tuple[Reason | None, dict[int, Card]]:
        """Return why nothing is listed, and the cards of what is or would be, by the video's number in the text."""
        partner = self._known.partner(user.id, self._network.parent_id)
        results = self._known.results(video.guid for video in user.videos)
        limits = Limits(self._network.feed_limit, self._network.max_failures)
        would = user if user.enabled else user.model_copy(update={"enabled": True})
        its = listing(would, results, state=PartnerState.ADOPTED, limits=limits, at=self._at)
        self.valid_until = min(self.valid_until, its.valid_until)
        places = {item.guid: place for place, item in enumerate(its.items, start=1)}
        cards = {}
        for position, video in enumerate(user.videos):
            number = numbers[position] if numbers else position
            reason = its.reasons.get(video.guid)
            why = video.withdraw if reason is Reason.WITHDRAWN else video.hold if reason is Reason.HELD else None
            result = results.get(video.guid)
            cards[number] = Card(
                video.guid, video.title, item_of(video, user), places.get(video.guid), reason, why,
                tuple(result.live) if result else (), tuple(findings.get(number, ())),
            )  # fmt: skip
        return user_reason(user, partner.state), cards


def _without_faulty(read: ReadUser, findings: Mapping[int, list[Finding]]) -> tuple[UserEntry | None, list[int] | None]:
    """Return the user with those videos that have no fault, and their numbers; None where more than videos is wrong."""
    tree = read.tree
    videos = tree.get("videos") if isinstance(tree, dict) else None
    if not isinstance(videos, list):
        return None, None
    bad = {each.path[1] for each in catalog_yaml.user_of(tree).faults if each.path[:1] == ("videos",) and each.path[1:]}
    bad |= {number for number, its in findings.items() if any(each.severity == "error" for each in its)}
    numbers = [number for number in range(len(videos)) if number not in bad]
    rest = catalog_yaml.user_of({**tree, "videos": [videos[number] for number in numbers]})
    return rest.user, numbers


def _faulty(tree: Mapping[str, object], findings: Mapping[int, list[Finding]]) -> dict[int, Card]:
    """Return the cards of all videos in a text that may have faults: what they are called, and what is wrong."""
    videos = tree.get("videos")
    cards = {}
    for number, video in enumerate(videos if isinstance(videos, list) else ()):
        keys = video if isinstance(video, dict) else {}
        title, guid = keys.get("title"), keys.get("guid")
        name = title if isinstance(title, str) else f"video {number + 1}"
        cards[number] = Card(
            guid if isinstance(guid, str) else "no guid", name, None, findings=tuple(findings.get(number, ()))
        )
    return cards
