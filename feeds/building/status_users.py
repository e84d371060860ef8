"""Where the users of a catalog stand, one after the other: what is counted, and who is frozen or overdue."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from feeds.building.catalog_users import guids_of, read_archives, read_users
from feeds.building.live import is_whole
from feeds.building.sources import CatalogText, is_archive
from feeds.building.status_events import Happened
from feeds.core.catalog import Network, UserEntry
from feeds.core.corrections import is_changed_since_import
from feeds.core.defaults import item_of
from feeds.core.events import NOTHING_YET, VideoResult
from feeds.core.guids import canonical_guid
from feeds.core.item import digest
from feeds.core.listing import Limits, Listing, Reason, counts, listing
from feeds.core.partners import Partner, PartnerState, fold_partner
from feeds.core.status import Case, listed_since
from feeds.core.user_ids import is_user_id
from feeds.formats.catalog_yaml import ReadUser


@dataclass(slots=True)
class Sums:
    """What is counted and named while the users are gone through.

    `asked` has the partners who want to join, by id. `untold` says that a file is broken so badly that it is not known
    whose it is.
    """

    users: Counter[str] = field(default_factory=Counter)
    in_list: int = 0
    listed: int = 0
    held: Counter[str] = field(default_factory=Counter)
    frozen: list[str] = field(default_factory=list)
    overdue: list[tuple[datetime, str]] = field(default_factory=list)
    asked: dict[str, Partner] = field(default_factory=dict)
    corrected: list[Case] = field(default_factory=list)
    untold: bool = False


@dataclass(frozen=True, slots=True)
class _Text:
    """A user's text, read."""

    source: str
    read: ReadUser
    guids: list[str]


class Judge:
    """Goes through the users of a catalog that can be read, and adds each to the sums."""

    def __init__(
        self,
        network: Network,
        at: datetime,
        happened: Happened,
        results: Mapping[str, VideoResult],
        before: Mapping[str, Mapping[str, Any]],
        sums: Sums,
    ) -> None:
        self.network, self.at, self.happened, self.results, self.before = network, at, happened, results, before
        self.sums = sums
        self.reads: list[ReadUser] = []
        self.archives: list[ReadUser] = []
        self.limits = Limits(network.feed_limit, network.max_failures)

    def all(self, text: CatalogText, catalog: Path) -> tuple[set[str], bool]:
        """Return the guids that the catalog tells, and whether they are all: a broken file may not tell its own."""
        texts = [_Text(source.name, read, guids_of(read)) for source, read in read_users(text, catalog)]
        archives = [_Text(source.name, read, guids_of(read)) for source, read in read_archives(text, catalog)]
        self.reads, self.archives = [each.read for each in texts], [each.read for each in archives]
        self._archived(texts, archives)
        clashing = _clashing(texts, archives)
        seen: set[str] = set()
        for each in texts:
            user = each.read.user if each.source not in clashing else None
            user_id = user.id if user else each.read.claimed_id
            if user is None:
                self.sums.frozen.append(user_id or each.source)
                self.sums.untold |= user_id is None
            if user_id is None or user_id in seen:
                continue
            seen.add(user_id)
            if user:
                self._judged(user)
            else:
                self._frozen(user_id)
        for user_id, events in self.happened.users.items():
            partner = fold_partner(events, self.network.parent_id)
            if partner.state is PartnerState.ASKED:
                self.sums.asked[user_id] = partner
            if partner.state is PartnerState.ADOPTED and user_id not in seen and is_user_id(user_id):
                self._judged(UserEntry.model_construct(id=user_id, username="", videos=()))
        guids = {guid for each in (*texts, *archives) for guid in each.guids}
        return guids, is_whole([*self.reads, *self.archives])

    def _archived(self, texts: "list[_Text]", archives: "list[_Text]") -> None:
        """Count what is imported and stands in archives alone."""
        counted = {guid for each in texts for guid in each.guids}
        archived = {guid for each in archives for guid in each.guids} - counted
        self.sums.held[Reason.IMPORTED.value] += sum(
            self.results.get(guid, NOTHING_YET).remote_id is not None for guid in archived
        )

    def _state(self, user_id: str) -> PartnerState:
        return fold_partner(self.happened.users.get(user_id, ()), self.network.parent_id).state

    def _judged(self, user: UserEntry) -> None:
        state, results = self._state(user.id), self.results
        now = listing(
            user,
            {video.guid: results[video.guid] for video in user.videos if video.guid in results},
            state=state,
            limits=self.limits,
            at=self.at,
        )
        self.sums.users[state.value] += 1
        self.sums.in_list += state is PartnerState.ADOPTED and user.enabled
        self.sums.listed += len(now.items)
        self.sums.held.update(counts(now.reasons.values()))
        self._overdue(user.id, {item.guid for item in now.items})
        if state is PartnerState.ADOPTED:
            self._corrected(user, now)

    def _corrected(self, user: UserEntry, now: Listing) -> None:
        # Whatever is listed once more is on its way already, and what is withdrawn needs no correction.
        for video in user.videos:
            if now.reasons.get(video.guid) is Reason.IMPORTED:
                item = item_of(video, user)
                if is_changed_since_import(item, self.results[video.guid]):
                    self.sums.corrected.append(Case(video.guid, f"{video.guid}\n{digest(item)}"))

    def _frozen(self, user_id: str) -> None:
        state = self._state(user_id)
        add_reported(self.sums, {"listed": 0, "held": {}, "in_list": False, **self.before.get(user_id, {})}, state)
        self._overdue(user_id, None)

    def _overdue(self, user_id: str, listed: set[str] | None) -> None:
        for guid, since in listed_since(self.happened.listed.get(user_id, ())).items():
            if self.at - since <= self.network.overdue or self.results.get(guid, NOTHING_YET).remote_id is not None:
                continue
            if listed is None or guid in listed:
                self.sums.overdue.append((since, guid))


def add_reported(sums: Sums, user: Mapping[str, Any], state: PartnerState | None = None) -> None:
    """Add what the last report says of a user: `state` where more is known by now."""
    sums.users[state.value if state else user["state"]] += 1
    sums.in_list += user["in_list"]
    sums.listed += user["listed"]
    sums.held.update(user["held"])


def _clashing(texts: list[_Text], archives: list[_Text]) -> set[str]:
    """Return the sources that share a guid, or claim the same user, with another or within themselves.

    An archive may claim its user beside the user's own file, and is never frozen itself.
    """
    first: dict[str, str] = {}
    clashing: set[str] = set()
    for each in (*texts, *archives):
        claims = [f"g:{canonical_guid(guid)}" for guid in each.guids]
        if each.read.claimed_id is not None and not is_archive(each.source):
            claims.append(f"u:{each.read.claimed_id.lower()}")
        for claim in claims:
            if claim in first:
                clashing |= {each.source, first[claim]}
            first.setdefault(claim, each.source)
    return clashing
