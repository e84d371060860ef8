"""Judge users for a plan: their feeds before and now, what leaves them, and whether the removal guard would let it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from feeds.building.planning_edit import Entry
from feeds.building.subject_events import Known
from feeds.core.catalog import Network, UserEntry
from feeds.core.errors import Finding
from feeds.core.item import digest
from feeds.core.listing import Limits, Listing, listing
from feeds.core.partners import PartnerState
from feeds.core.plan import Danger, Former, UserPlan, Warned, compared, entries
from feeds.core.removals import SHARE, Cause, Removals, by_edit, refusal, refusal_of_push, removals


class Judge:
    """Judges users by the settings of one network, at a moment, with what has happened."""

    def __init__(self, network: Network, at: datetime, known: Known) -> None:
        self.network, self.at, self.known = network, at, known
        self._limits = Limits(network.feed_limit, network.max_failures)

    def listing(self, user: UserEntry) -> Listing:
        """Return a user's feed."""
        state = self.known.partner(user.id, self.network.parent_id).state
        results = self.known.results(video.guid for video in user.videos)
        return listing(user, results, state=state, limits=self._limits, at=self.at)

    def former(self, entry: Entry) -> Former:
        """Return a user's feed as something to compare with; an empty one where the text has faults."""
        user = entry.read.user
        if user is None:
            return Former(entry.user_id or entry.text.source)
        its, items = self.listing(user), entries(user)
        return Former(
            user.username,
            tuple(item.guid for item in its.items),
            {guid: digest(item) for guid, item in items.items()},
            items,
            its.reasons,
        )

    def user(self, user_id: str, former: Former, entry: Entry | None) -> tuple[UserPlan, Removals]:
        """Return what becomes of a user, and what leaves the feed; without an entry, the catalog has them no more."""
        user = entry.read.user if entry else None
        username = user.username if user else former.username
        if user is None:
            user = UserEntry.model_construct(id=user_id, username=username, videos=())
        now = self.listing(user)
        results = self.known.results({*former.digests, *former.listed, *(video.guid for video in user.videos)})
        missing = [guid for guid in former.listed if guid not in now.reasons]
        explained = [
            guid for guid in missing if guid in results and (results[guid].remote_id or results[guid].failures)
        ]
        partner = self.known.partner(user_id, self.network.parent_id)
        unknown = not partner.was_child and partner.state is not PartnerState.ELSEWHERE
        # Both feeds are of one moment: what ends in between has ended by the edit.
        gone = removals(user_id, former.listed, now, explained=explained, unknown=unknown, since=self.at)
        return compared(user, username, former, now, results), gone


def judged(
    judge: Judge,
    formers: Mapping[str, Former],
    now: Mapping[str, Entry],
    blocked: Mapping[str, Sequence[Finding]],
) -> tuple[list[UserPlan], list[Removals]]:
    """Return what becomes of every user, in order of id, and what leaves the feeds of those who aren't blocked."""
    users, gone = [], []
    for user_id in sorted(formers.keys() | now.keys() | blocked.keys()):
        former = formers.get(user_id, Former())
        if findings := blocked.get(user_id):
            users.append(UserPlan(user_id, former.username or user_id, blocked=tuple(findings)))
            continue
        its, removed = judge.user(user_id, former, now.get(user_id))
        users.append(its)
        gone.append(removed)
    return users, gone


def counted(found: Sequence[Removals], others: Iterator[int]) -> int:
    """Return how many videos the network lists, counted only so far that the removals' share of them is decided."""
    edited = sum(len(each.by(Cause.EDIT)) for each in found)
    before = sum(each.before for each in found)
    while edited > SHARE * before and (more := next(others, None)) is not None:
        before += more
    return before


def warned_of_removals(found: Iterable[Removals], *, listed_before: int, allowed: int) -> tuple[Warned, int] | None:
    """Return what the removal guard says to a push, and the number that it must allow; None where it lets it pass."""
    found = list(found)
    words = refusal(found, listed_before=listed_before, allowed=allowed)
    if words is None:
        return None
    number = by_edit(found)
    what, _, do = (refusal_of_push(words, number) if number else words).partition("\n")
    return Warned(Danger.REMOVALS, None, None, what.removesuffix("."), do), number
