"""Judge where a network stands from its files alone: catalog, results, journal, and what the last build reported.

Nothing is written and no build is needed. Only users whose files have faults now are told by the last report, which
knows what their last good versions came to; so is everybody where catalog.yaml itself is broken.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from feeds.building.results import built_from, by_subject, result_files
from feeds.building.sources import CatalogText, Source, included
from feeds.core.catalog import Network, UserEntry
from feeds.core.errors import StorageError
from feeds.core.events import NOTHING_YET, UNCLEAR, Event, VideoResult, event_id, fold_video
from feeds.core.guids import canonical_guid
from feeds.core.listing import Limits, Reason, counts, listing
from feeds.core.partners import PartnerState, fold_partner
from feeds.core.status import Publication, Status, listed_since
from feeds.core.user_ids import is_user_id
from feeds.formats import catalog_yaml, results_yaml
from feeds.formats.catalog_yaml import ReadNetwork, ReadUser
from feeds.settings import Folders
from feeds.storage.dead_letters import DEAD_LETTER
from feeds.storage.repository import Repository

# Where `feeds sync` notes what it has pushed.
_PUSHED = "refs/feeds/pushed"


@dataclass(slots=True)
class _Told:
    """All events: by guid, by user, what was listed by user, and what was unclear; and the lines in the journal."""

    guids: dict[str, list[Event]] = field(default_factory=dict)
    users: dict[str, list[Event]] = field(default_factory=dict)
    listed: dict[str, list[Event]] = field(default_factory=dict)
    unclear: set[str] = field(default_factory=set)
    backlog: int = 0


@dataclass(slots=True)
class _Sums:
    """What is counted and named while the users are gone through."""

    users: Counter[str] = field(default_factory=Counter)
    in_list: int = 0
    listed: int = 0
    held: Counter[str] = field(default_factory=Counter)
    frozen: list[str] = field(default_factory=list)
    overdue: list[tuple[datetime, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Text:
    """A user's text, read."""

    source: str
    read: ReadUser
    guids: list[str]


def read_status(folders: Folders, at: datetime) -> Status:
    """Return where the network stands. Raises UsageError without a catalog, StorageError where a file can't be read."""
    clone, report = folders.catalog, _report(folders.state)
    folders = replace(folders, catalog=built_from(folders))
    text = CatalogText(folders.catalog)
    told = _read_events(folders)
    before = {user["id"]: user for user in report["users"]} if report else {}
    results = {guid: fold_video(events) for guid, events in told.guids.items()}
    sums = _Sums()
    known: set[str] | None = None
    network: Network | None = None
    if isinstance(text.read, ReadNetwork):
        network = text.network.network
        known = _Judge(network, at, told, results, before, sums).all(text, folders.catalog)
    else:
        for user in before.values():
            _add_reported(sums, user)
    imported = sums.held.pop(Reason.IMPORTED.value, 0)
    states = [each.value for each in PartnerState]
    return Status(
        at=at,
        name=network.name if network else None,
        users={state: sums.users[state] for state in states},
        in_list=sums.in_list,
        listed=sums.listed,
        imported=imported,
        held={each.value: sums.held[each.value] for each in Reason if sums.held[each.value]},
        frozen=sorted(sums.frozen),
        failed=_named(results, lambda guid, its: _is_open(its) and (known is None or guid in known)),
        conflicts=_named(results, lambda _, its: bool(its.conflicts)),
        overdue=[guid for _, guid in sorted(sums.overdue)],
        # What was listed once and has left the catalog since is no riddle.
        unknown=_named(results, lambda guid, its: known is not None and guid not in known and _is_unasked(its)),
        unclear=len(told.unclear),
        dead_letters=_dead_letters(folders.state),
        overdue_after=network.overdue if network else timedelta(days=3),
        backlog=told.backlog,
        publication=_publication(report),
        pushed=_pushed(clone),
        state=str(folders.state),
    )


class _Judge:
    """Goes through the users of a catalog that can be read, and adds each to the sums."""

    def __init__(
        self,
        network: Network,
        at: datetime,
        told: _Told,
        results: Mapping[str, VideoResult],
        before: Mapping[str, Mapping[str, Any]],
        sums: _Sums,
    ) -> None:
        self.network, self.at, self.told, self.results, self.before = network, at, told, results, before
        self.sums = sums
        self.limits = Limits(network.feed_limit, network.max_failures)

    def all(self, text: CatalogText, catalog: Path) -> set[str] | None:
        """Return all guids of the catalog, or None where a file doesn't tell its own."""
        texts = [_Text(source.name, read, _guids(read)) for source, read in _users(text, catalog)]
        clashing = _clashing(texts)
        seen: set[str] = set()
        for each in texts:
            user = each.read.user if each.source not in clashing else None
            user_id = user.id if user else each.read.claimed_id
            if user is None:
                self.sums.frozen.append(user_id or each.source)
            if user_id is None or user_id in seen:
                continue
            seen.add(user_id)
            if user:
                self._judged(user)
            else:
                self._frozen(user_id)
        for user_id in self.told.users.keys() - seen:
            if is_user_id(user_id) and self._state(user_id) is PartnerState.ADOPTED:
                self._judged(UserEntry.model_construct(id=user_id, username="", videos=()))
        if any(each.read.refused and each.read.tree is None for each in texts):
            return None
        return {guid for each in texts for guid in each.guids}

    def _state(self, user_id: str) -> PartnerState:
        return fold_partner(self.told.users.get(user_id, ()), self.network.parent_id).state

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

    def _frozen(self, user_id: str) -> None:
        state = self._state(user_id)
        _add_reported(self.sums, {"listed": 0, "held": {}, "in_list": False, **self.before.get(user_id, {})}, state)
        self._overdue(user_id, None)

    def _overdue(self, user_id: str, listed: set[str] | None) -> None:
        for guid, since in listed_since(self.told.listed.get(user_id, ())).items():
            if self.at - since <= self.network.overdue or self.results.get(guid, NOTHING_YET).remote_id is not None:
                continue
            if listed is None or guid in listed:
                self.sums.overdue.append((since, guid))


def _add_reported(sums: _Sums, user: Mapping[str, Any], state: PartnerState | None = None) -> None:
    sums.users[state.value if state else user["state"]] += 1
    sums.in_list += user["in_list"]
    sums.listed += user["listed"]
    sums.held.update(user["held"])


def _users(text: CatalogText, catalog: Path) -> Iterator[tuple[Source, ReadUser]]:
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


def _guids(read: ReadUser) -> list[str]:
    if read.user is not None:
        return [video.guid for video in read.user.videos]
    videos = read.tree.get("videos") if isinstance(read.tree, dict) else None
    found = [video.get("guid") for video in (videos if isinstance(videos, list) else ()) if isinstance(video, dict)]
    return [guid for guid in found if isinstance(guid, str)]


def _clashing(texts: list[_Text]) -> set[str]:
    """Return the sources that share a guid, or claim the same user, with another or within themselves."""
    first: dict[str, str] = {}
    clashing: set[str] = set()
    for each in texts:
        claims = [f"g:{canonical_guid(guid)}" for guid in each.guids]
        if each.read.claimed_id is not None:
            claims.append(f"u:{each.read.claimed_id.lower()}")
        for claim in claims:
            if claim in first:
                clashing |= {each.source, first[claim]}
            first.setdefault(claim, each.source)
    return clashing


def _read_events(folders: Folders) -> _Told:
    told = _Told()
    kinds = {"g": told.guids, "u": told.users, "l": told.listed}
    for name, path in result_files(folders.catalog, folders.state):
        text = _read(path)
        told.backlog += text.count(b"\n") if name.startswith("journal/") else 0
        for each in results_yaml.parse(text):
            if not isinstance(each, Event):  # `feeds check` names these lines
                continue
            if each.event == UNCLEAR:  # one that arrived twice is one
                told.unclear.add(event_id(each))
                continue
            for subject, event in by_subject(each):
                kinds[subject[0]].setdefault(subject[2:], []).append(event)
    return told


def _dead_letters(state: Path) -> int:
    """Count the letters that nobody has judged again since."""
    events = [
        each
        for path in (state / "dead-letters").glob("*.yaml")
        for each in results_yaml.parse(_read(path))
        if isinstance(each, Event)
    ]
    judged = {each.text("letter") for each in events if each.event == "judged"}
    return sum(each.event == DEAD_LETTER and event_id(each) not in judged for each in events)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:  # moved since we looked: its lines are in a file that follows
        return b""
    except OSError as error:
        raise StorageError(f"{path} can't be read: {error.strerror}. Mend its permissions.") from error


def _named(results: Mapping[str, VideoResult], wanted: Callable[[str, VideoResult], bool]) -> list[str]:
    return sorted(guid for guid, result in results.items() if wanted(guid, result))


def _is_open(result: VideoResult) -> bool:
    return bool(result.failures) and result.remote_id is None


def _is_unasked(result: VideoResult) -> bool:
    return not result.listings and bool(result.failures or result.remote_id)


def _report(state: Path) -> dict[str, Any] | None:
    """Return what the last build reported, or None where there is none that can be read."""
    try:
        report: dict[str, Any] = json.loads(_read(state / "report.json") or b"null")
        for user in report["users"]:
            _add_reported(_Sums(), {"id": user["id"], **user})
        last = _publication(report)
        return report if last and last.at.tzinfo and isinstance(last.commit, str | None) else None
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def _publication(report: Mapping[str, Any] | None) -> Publication | None:
    if report is None:
        return None
    errors = sum(each["severity"] == "error" for each in report["findings"])
    at = datetime.fromisoformat(report["at"])
    return Publication(at, report["commit"], report["published"], report["listed"], errors)


def _pushed(catalog: Path) -> datetime | None:
    """Return when the last commit was made that `feeds sync` has pushed, or None where there is none."""
    repository = Repository.at(catalog)
    if repository is None or repository.commit_of(_PUSHED) is None:
        return None
    return datetime.fromisoformat(repository.run("log", "-1", "--format=%cI", _PUSHED, "--").decode().strip())
