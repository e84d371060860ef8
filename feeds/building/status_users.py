"""Where the users of a catalog stand, one after the other: what is counted, and who is frozen or overdue."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from feeds.building.catalog_users import guids_of, read_archives, read_users
from feeds.building.live import Standings, live_guids
from feeds.building.sources import CatalogText
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

    def add(self, other: "Sums") -> None:
        """Add what was counted and named of one user."""
        self.users.update(other.users)
        self.in_list += other.in_list
        self.listed += other.listed
        self.held.update(other.held)
        self.overdue += other.overdue
        self.corrected += other.corrected


class _Text(NamedTuple):
    """A user's text, judged: whose it is, and what it comes to, None where it has faults."""

    source: str
    user_id: str | None
    sums: Sums | None


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
        self.standings = Standings(live_guids(results))
        self.limits = Limits(network.feed_limit, network.max_failures)

    def all(self, text: CatalogText, catalog: Path) -> tuple[set[str], bool]:
        """Return the guids that the catalog tells, and whether they are all: a broken file may not tell its own.

        Texts are read one after the other, and none is kept.
        """
        clashes, guids, seen = _Clashes(), set[str](), set[str]()
        texts = [self._read(source.name, read, clashes, guids) for source, read in read_users(text, catalog)]
        self._archived(text, catalog, clashes, guids)
        for each in texts:
            sums = each.sums if each.source not in clashes.sources else None
            if sums is None:
                self.sums.frozen.append(each.user_id or each.source)
                self.sums.untold |= each.user_id is None
            if each.user_id is None or each.user_id in seen:
                continue
            seen.add(each.user_id)
            self.sums.add(sums or self._frozen(each.user_id))
        for user_id, events in self.happened.users.items():
            partner = fold_partner(events, self.network.parent_id)
            if partner.state is PartnerState.ASKED:
                self.sums.asked[user_id] = partner
            if partner.state is PartnerState.ADOPTED and user_id not in seen and is_user_id(user_id):
                self.sums.add(self._judged(UserEntry.model_construct(id=user_id, username="", videos=())))
        return guids, self.standings.whole

    def _read(self, source: str, read: ReadUser, clashes: "_Clashes", guids: set[str]) -> _Text:
        its = guids_of(read)
        clashes.add(source, read.claimed_id, its)
        guids.update(its)
        self.standings.add(read)
        if read.user is None:
            return _Text(source, read.claimed_id, None)
        return _Text(source, read.user.id, self._judged(read.user))

    def _archived(self, text: CatalogText, catalog: Path, clashes: "_Clashes", guids: set[str]) -> None:
        """Add the archives, and count what is imported and stands in them alone."""
        for source, read in read_archives(text, catalog):
            its = guids_of(read)
            clashes.add(source.name, None, its)  # it may claim its user beside the user's own file
            self.standings.add_archive(read)
            alone = set(its) - guids
            guids |= alone
            self.sums.held[Reason.IMPORTED.value] += sum(
                self.results.get(guid, NOTHING_YET).remote_id is not None for guid in alone
            )

    def _state(self, user_id: str) -> PartnerState:
        return fold_partner(self.happened.users.get(user_id, ()), self.network.parent_id).state

    def _judged(self, user: UserEntry) -> Sums:
        state, results, sums = self._state(user.id), self.results, Sums()
        now = listing(
            user,
            {video.guid: results[video.guid] for video in user.videos if video.guid in results},
            state=state,
            limits=self.limits,
            at=self.at,
        )
        sums.users[state.value] += 1
        sums.in_list += state is PartnerState.ADOPTED and user.enabled
        sums.listed += len(now.items)
        sums.held.update(counts(now.reasons.values()))
        sums.overdue = self._overdue(user.id, {item.guid for item in now.items})
        if state is PartnerState.ADOPTED:
            sums.corrected = self._corrected(user, now)
        return sums

    def _corrected(self, user: UserEntry, now: Listing) -> list[Case]:
        # Whatever is listed once more is on its way already, and what is withdrawn needs no correction.
        imported = [video for video in user.videos if now.reasons.get(video.guid) is Reason.IMPORTED]
        items = {video.guid: item_of(video, user) for video in imported}
        return [
            Case(guid, f"{guid}\n{digest(item)}")
            for guid, item in items.items()
            if is_changed_since_import(item, self.results[guid])
        ]

    def _frozen(self, user_id: str) -> Sums:
        sums = Sums()
        known = {"listed": 0, "held": {}, "in_list": False, **self.before.get(user_id, {})}
        add_reported(sums, known, self._state(user_id))
        sums.overdue = self._overdue(user_id, None)
        return sums

    def _overdue(self, user_id: str, listed: set[str] | None) -> list[tuple[datetime, str]]:
        """Return what was listed for too long, with its time; `listed` is what is listed now, None where all may be."""
        return [
            (since, guid)
            for guid, since in listed_since(self.happened.listed.get(user_id, ())).items()
            if self.at - since > self.network.overdue
            and self.results.get(guid, NOTHING_YET).remote_id is None
            and (listed is None or guid in listed)
        ]


def add_reported(sums: Sums, user: Mapping[str, Any], state: PartnerState | None = None) -> None:
    """Add what the last report says of a user: `state` where more is known by now."""
    sums.users[state.value if state else user["state"]] += 1
    sums.in_list += user["in_list"]
    sums.listed += user["listed"]
    sums.held.update(user["held"])


class _Clashes:
    """The `sources` that share a guid, or claim the same user, with another or within themselves."""

    def __init__(self) -> None:
        self.sources: set[str] = set()
        self._guids: dict[str, str] = {}
        self._users: dict[str, str] = {}

    def add(self, source: str, claimed_id: str | None, guids: Iterable[str]) -> None:
        """Add a text; one that claims no user may be an archive, which is never frozen itself."""
        for guid in guids:
            self._claim(self._guids, canonical_guid(guid), source)
        if claimed_id is not None:
            self._claim(self._users, claimed_id.lower(), source)

    def _claim(self, first: dict[str, str], claim: str, source: str) -> None:
        if claim in first:
            self.sources |= {source, first[claim]}
        first.setdefault(claim, source)
