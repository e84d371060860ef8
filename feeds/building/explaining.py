"""Explain why a video is or isn't in the feed, or where a user stands, from files and commits alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from feeds.building.explaining_facts import entry_facts, happened_facts, window_keys
from feeds.building.explaining_places import Places, Where, holders, with_own_defaults
from feeds.building.live import is_whole, last_owner, standings_of
from feeds.building.planning_edit import Entry
from feeds.building.planning_users import Judge
from feeds.building.results import built_from
from feeds.building.sources import CatalogText, is_archive
from feeds.building.subject_events import Known, known_of, texts_of
from feeds.core.catalog import Network, UserEntry
from feeds.core.corrections import is_changed_since_import
from feeds.core.errors import Finding, Place, UsageError
from feeds.core.events import NOTHING_YET
from feeds.core.explanation import (
    Explanation,
    Fact,
    next_for_user,
    next_for_video,
    partner_fact,
    reason_words,
)
from feeds.core.listing import Limits, Listing, Reason, counts, listing, user_reason
from feeds.core.live import StillLive, still_live
from feeds.core.partners import PartnerState
from feeds.core.plan import entries
from feeds.formats.catalog_yaml import ReadNetwork
from feeds.settings import Folders
from feeds.storage.repository import Repository

_SHOWN = 5


def explain(folders: Folders, name: str, at: datetime) -> Explanation | None:
    """Return what is known of a guid or a user, None where nothing is.

    Raises UsageError where catalog.yaml is missing or broken, StorageError where a file can't be read.
    """
    catalog = built_from(folders)
    text = CatalogText(catalog)
    if not isinstance(text.read, ReadNetwork):
        raise UsageError(f"{text.path} has faults, so nobody is built. See `feeds check`.")
    found = list(holders(text, catalog, name))
    names = {name, *(guid for each in found for _, guid in each.text.guids())}
    names |= {each.user_id for each in found if each.user_id}
    known = known_of(texts_of(folders), names)
    its = _Explained(text, folders.catalog, known, at)
    if holder := next((each for each in found if each.user_id != name), None):
        if is_archive(holder.text.source):
            holder = with_own_defaults(holder, text, catalog)
        return its.video(name, holder)
    if found:
        return its.user(name, found[0])
    return its.stranger(name)


@dataclass(frozen=True, slots=True)
class _Explained:
    """What all parts of an explanation share."""

    text: CatalogText
    catalog: Path
    known: Known
    at: datetime

    @property
    def _network(self) -> Network:
        return self.text.network.network

    def video(self, guid: str, entry: Entry) -> Explanation:
        """Explain a video of the catalog."""
        user, places = entry.read.user, self._places(entry)
        if user is None:
            return self._frozen(guid, entry, places)
        video, *others = [each for each in user.videos if each.guid == guid]
        if others:
            return self._used_again(guid, entry, places)
        item, result = entries(user)[guid], self.known.result(guid) or NOTHING_YET
        now, partner = self._listing(user), self.known.partner(user.id, self._network.parent_id)
        reason = now.reasons.get(guid)
        live = self._live(guid, entry)
        words = reason_words(
            reason,
            video,
            item,
            result,
            turn=self._turn(user, guid),
            max_failures=self._network.max_failures,
        )
        is_archived = is_archive(entry.text.source) and reason is not Reason.WITHDRAWN
        if is_archived:
            reason = Reason.IMPORTED
            words = "not listed: archived; " + ("Dailymotion has it" if result.remote_id else "it was never imported")
        at_key = places.of_network(self.text, "feed_limit") if reason is Reason.OVER_LIMIT else (None, None)
        place, commit = at_key if at_key[0] else places.of(*_deciding(reason, guid, entry))
        verdict = Fact("verdict", words, place, None, commit)
        facts = [partner_fact(partner, user.id), *entry_facts(video, item, result, live, places, self.at)]
        facts += happened_facts(guid, self.known)
        changed = is_changed_since_import(item, result)
        steps = next_for_video(reason, guid, live=live, changed=changed, at=self.at)
        if is_archived:
            steps = [*steps, "To have it listed again, move its entry back into the user's own file."]
        return Explanation(self.at, guid, video.title, verdict, facts, steps, listed=reason is None, user=user.id)

    def user(self, user_id: str, entry: Entry) -> Explanation:
        """Explain a user of the catalog."""
        places, partner = self._places(entry), self.known.partner(user_id, self._network.parent_id)
        user = entry.read.user
        if user is None:
            return self._frozen(user_id, entry, places)
        now = self._listing(user)
        reason = user_reason(user, partner.state)
        in_list = partner.state is PartnerState.ADOPTED and user.enabled
        place, commit = places.of(None, ("enabled" if reason is Reason.USER_DISABLED else "id",))
        words = "in the user list" if in_list else f"not in the user list: {reason.value if reason else 'no partner'}"
        first: dict[str, Sequence[str]] = {"listed": [item.guid for item in now.items[:_SHOWN]]} if now.items else {}
        for each in counts(now.reasons.values()):
            first[each] = [guid for guid, why in now.reasons.items() if why.value == each][:_SHOWN]
        numbers = {"listed": len(now.items), **counts(now.reasons.values())}
        steps = next_for_user(reason) or ["Nothing. feeds explain GUID tells of one video."]
        verdict, facts = Fact("verdict", words, place, None, commit), [partner_fact(partner, user_id)]
        return Explanation(self.at, user_id, user.username, verdict, facts, steps, counts=numbers, first=first)

    def stranger(self, name: str) -> Explanation | None:
        """Explain what the catalog doesn't have: a guid with results, or an account known by events alone."""
        if result := self.known.result(name):
            owner = last_owner(self.known.of(f"g:{name}"))
            owners = {name: owner} if owner else {}
            live = next(iter(still_live({name: result}, {}, {}, owners, complete=True, at=self.at)), None)
            words = "not listed: the catalog has no such guid" + (f"; it was listed for {owner}" if owner else "")
            steps = [f"feeds history {name} tells what became of it."]
            if live:
                steps = next_for_video(None, name, live=live, changed=False, at=self.at)
            verdict, facts = Fact("verdict", words), happened_facts(name, self.known)
            return Explanation(self.at, name, "", verdict, facts, steps, listed=False, user=owner)
        partner = self.known.partner(name, self._network.parent_id)
        if partner.state is PartnerState.UNKNOWN:
            return None
        user = UserEntry.model_construct(id=name, username="", videos=())
        words = (
            "in the user list with an empty feed" if partner.state is PartnerState.ADOPTED else "not in the user list"
        )
        verdict = Fact("verdict", f"{words}: the catalog has no such user")
        steps = next_for_user(user_reason(user, partner.state)) or [
            f"Begin users/{name}.yaml, for example with feeds new."
        ]
        return Explanation(
            self.at, name, partner.username or "", verdict, [partner_fact(partner, name)], steps, counts={}
        )

    def _frozen(self, name: str, entry: Entry, places: Places) -> Explanation:
        findings: list[Finding] = entry.findings()
        return self._frozen_by(findings[0], name, entry, places)

    def _used_again(self, guid: str, entry: Entry, places: Places) -> Explanation:
        # Which other users have it, `feeds check` tells: here one text is looked at.
        place, _ = places.of(guid, ("guid",))
        trail = (entry.user_id or "", "videos", "guid")
        what = f'guid "{guid}" is used more than once in it'
        remedy = "Give each of these videos a guid of its own: Dailymotion's callback names a video by guid alone."
        fault = Finding(place or Place(entry.text.source, 1, 1), "error", "guid-duplicate", trail, what, remedy)
        return self._frozen_by(fault, guid, entry, places)

    def _frozen_by(self, first: Finding, name: str, entry: Entry, places: Places) -> Explanation:
        words = f"its user's file has faults, so the last good version is listed: {first.what}"
        file = places.of(None, ())[0] or first.place
        verdict = Fact("verdict", words, Place(file.file, first.place.line, first.place.column))
        user_id = entry.user_id or name
        facts = [partner_fact(self.known.partner(user_id, self._network.parent_id), user_id)]
        if entry.user_id != name:
            facts += happened_facts(name, self.known)
        steps = [first.remedy, "feeds check names all faults."]
        return Explanation(self.at, name, "", verdict, facts, steps, user=None if user_id == name else user_id)

    def _places(self, entry: Entry) -> Places:
        return Places(entry, self.catalog, Repository.at(self.catalog))

    def _listing(self, user: UserEntry) -> Listing:
        return Judge(self._network, self.at, self.known).listing(user)

    def _turn(self, user: UserEntry, guid: str) -> tuple[int, int, int]:
        """Return the video's place among all that could be listed, of how many, and how many the feed takes."""
        limit = self._network.feed_limit
        everyone = Limits(len(user.videos) + 1, self._network.max_failures)
        state = self.known.partner(user.id, self._network.parent_id).state
        results = self.known.results(video.guid for video in user.videos)
        order = [item.guid for item in listing(user, results, state=state, limits=everyone, at=self.at).items]
        return (order.index(guid) + 1 if guid in order else 0, len(order), limit)

    def _live(self, guid: str, entry: Entry) -> StillLive | None:
        result = self.known.result(guid)
        standings = {each: its for each, its in standings_of([entry.read]).items() if each == guid}
        states = {user: self.known.partner(user, self._network.parent_id).state for user in [entry.user_id] if user}
        results = {guid: result} if result else {}
        found = still_live(results, standings, states, {}, complete=is_whole([entry.read]), at=self.at)
        return found[0] if found else None


def _deciding(reason: Reason | None, guid: str, entry: Entry) -> Where:
    """Return the key whose line decides: the guid, or None for the user's own, and the way to it."""
    match reason:
        case Reason.HELD:
            return guid, ("hold",)
        case Reason.WITHDRAWN:
            return guid, ("withdraw",)
        case Reason.BEFORE_WINDOW:
            return window_keys(guid, "from", entry)
        case Reason.AFTER_WINDOW:
            return window_keys(guid, "until", entry)
        case Reason.USER_DISABLED:
            return None, ("enabled",)
        case each if each is not None and each.value.startswith("user "):
            return None, ("id",)
        case _:
            return guid, ("guid",)
