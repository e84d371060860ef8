"""Catalog and events against what really is on Dailymotion: each difference, by a rule with a name and a next step."""

import shlex
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from feeds.core.events import VideoResult
from feeds.core.online import Absent, Compared, Difference, Expected, Remote, Rule

# Encoding cuts a film at a frame, and a catalog's seconds are rounded by hand.
LENGTHS_DIFFER_S = 2


def compare(
    user: str, expected: Iterable[Expected], there: Mapping[str, Remote | Absent], known: Collection[str]
) -> Compared:
    """Compare what we know of a user's videos with what is there, by id.

    `there` has the user's videos, and what was found of others that events name. `known` are the ids that any event
    names, of any user: what was taken back once is never suggested again.
    """
    expected = sorted(expected, key=lambda each: each.guid)
    own = {name: each for name, each in there.items() if isinstance(each, Remote) and each.owner == user}
    strange = [each for name, each in own.items() if name not in known and each.status != "deleted"]
    alike = {each.guid: _alike(each, strange, own) for each in expected}
    claims = Counter(remote.id for each in alike.values() for remote in each)
    found: list[Difference] = []
    for each in expected:
        for remote_id in _imported(each.result):
            if remote_id in there and (difference := _of_import(user, each, remote_id, there[remote_id])):
                found.append(difference)
        if difference := _of_likeness(user, each, alike[each.guid], own, claims):
            found.append(difference)
    told = {name for each in found for name in each.remote_ids}
    return Compared(tuple(found), len(own), sum(each.id not in told for each in strange))


def same_title(title: str) -> str:
    """Return a title as it is compared: without case, width and blanks that somebody on the way may change."""
    return " ".join(unicodedata.normalize("NFKC", title).casefold().split())


def _imported(result: VideoResult) -> tuple[str, ...]:
    return () if result.remote_id is None else (result.remote_id, *result.conflicts)


def _of_import(user: str, its: Expected, remote_id: str, found: Remote | Absent) -> Difference | None:
    """Judge one video that events say was imported."""
    live = remote_id in its.result.live

    def differs(rule: Rule, what: str, then: str) -> Difference:
        return Difference(rule, user, its.guid, (remote_id,), what, then)

    guid, since = shlex.quote(its.guid), _day(its.result.imported_at)
    if isinstance(found, Absent) and found.refusal:
        then = "Look at it on Dailymotion: it may be private, and of another account."
        return differs(Rule.UNSEEN, f"imported{since}; {found.refusal}", then) if live else None
    if isinstance(found, Absent) or found.status == "deleted":
        how = "and deleted there" if isinstance(found, Remote) else "and not there any more"
        if its.ended:
            what = f"{its.ended}; {how.removeprefix('and ')}, which no event says"
            return differs(Rule.GONE, what, f"`feeds takedown {guid}` notes it.") if live else None
        then = f"{_undo(its, remote_id, 'deleted there')} has it imported again; `withdraw: <a reason>` leaves it."
        return differs(Rule.GONE, f"imported{since}, {how}", then) if live else None
    if found.owner != user:
        then = f"{_undo(its, remote_id, 'of another account')} takes the import back."
        return differs(Rule.OTHER_ACCOUNT, f"imported{since}; it is a video of {found.owner}", then) if live else None
    hidden = _hidden(found)
    if its.ended or not live:
        if not live and hidden:
            return None
        what = f"{its.ended or 'taken down, as the events say'}; it is there, {hidden or 'public'}"
        then = f"`feeds takedown {guid}`" if live else "Delete it on Dailymotion: its takedown is on record already."
        return differs(Rule.STILL_THERE, what, then)
    if found.status == "encoding_error":
        then = "`relist: <today>` in its entry has it read again, once the file is mended (`feeds check --media`)."
        return differs(Rule.ENCODING, f"imported{since}, and Dailymotion could not encode it", then)
    if hidden:
        return differs(Rule.NOT_PUBLIC, f"imported{since}, and {hidden}: nobody sees it", _unhide(hidden))
    return None


def _of_likeness(
    user: str, its: Expected, alike: Sequence[Remote], own: Mapping[str, Remote], claims: Mapping[str, int]
) -> Difference | None:
    """Judge the videos that no event knows and that look like this one."""
    guid = shlex.quote(its.guid)
    if not its.overdue_since:
        imported = [own[name] for name in its.result.live if name in own and own[name].status != "deleted"]
        # What looks like several guids' may be any of theirs: a title may be used twice.
        twice = [*imported, *(each for each in alike if claims[each.id] == 1)]
        if its.ended or not imported or len(twice) < 2:
            return None
        return _duplicate(user, its, twice, "Delete all but one of them there.")
    if len(alike) > 1:
        then = f"Delete all but one of them there; `feeds results record imported {guid} ID` tells which is left."
        return _duplicate(user, its, alike, then)
    for one in alike:
        what = f'listed{_day(its.overdue_since)} without a callback; "{one.title}" is there{_since(one)}'
        what += f", {_length(its, one)}"
        if claims[one.id] > 1:
            then = f"`feeds results record imported {guid} {one.id}` says that it is this one."
            return Difference(Rule.AMBIGUOUS, user, its.guid, (one.id,), f"{what}, and fits other guids too", then)
        sure = its.duration_s is not None and one.duration_s is not None
        return Difference(Rule.NO_CALLBACK, user, its.guid, (one.id,), what, f"`feeds reconcile {user} --record`", sure)
    return None


def _duplicate(user: str, its: Expected, alike: Sequence[Remote], then: str) -> Difference:
    what = f"{len(alike)} videos there fit it: {', '.join(f'{each.id}{_since(each)}' for each in alike)}"
    return Difference(Rule.DUPLICATE, user, its.guid, tuple(each.id for each in alike), what, then)


def _alike(its: Expected, strange: Iterable[Remote], own: Mapping[str, Remote]) -> list[Remote]:
    """Return the unknown videos of the same title and length that came after the guid was listed first.

    Where a length isn't known the title is enough for one that is overdue: a person judges.
    """
    if its.title is None or not its.result.listings or not (its.overdue_since or its.result.live):
        return []
    title, after = same_title(its.title), its.result.listings[0][0].replace(microsecond=0)
    lengths = {its.duration_s, *(own[name].duration_s for name in its.result.live if name in own)}
    found = [
        each
        for each in strange
        if same_title(each.title) == title
        and each.created >= after
        and _is_long(each, lengths, otherwise=its.overdue_since is not None)
    ]
    return sorted(found, key=lambda each: (each.created, each.id))


def _is_long(remote: Remote, lengths: Collection[int | None], *, otherwise: bool) -> bool:
    known = [each for each in lengths if each is not None]
    if remote.duration_s is None or not known:
        return otherwise
    return any(abs(remote.duration_s - each) <= LENGTHS_DIFFER_S for each in known)


def _hidden(remote: Remote) -> str:
    """Return in a word why nobody sees a video; "" where they do, or will once it is ready."""
    if remote.status == "rejected":
        return "rejected by Dailymotion"
    if remote.status == "encoding_error":
        return "not encoded"
    if remote.private:
        return "private"
    if remote.published is False or (remote.published is None and remote.status == "ready"):
        return "unpublished"
    return ""


def _unhide(hidden: str) -> str:
    if hidden.startswith("rejected"):
        return "Ask your content manager why; `withdraw: <a reason>` in its entry ends the matter."
    return "Make it public on Dailymotion, or say `withdraw: <a reason>` in its entry."


def _undo(its: Expected, remote_id: str, why: str) -> str:
    return f'`feeds results undo {" ".join(its.event_ids.get(remote_id, ("EVENT",)))} --why "{why}"`'


def _length(its: Expected, one: Remote) -> str:
    there = "of no known length" if one.duration_s is None else f"{one.duration_s} s long"
    return there + (" (the catalog says none)" if its.duration_s is None else f" ({its.duration_s} s in the catalog)")


def _day(moment: datetime | None) -> str:
    return f" on {moment:%Y-%m-%d}" if moment else ""


def _since(remote: Remote) -> str:
    return f" since {remote.created:%Y-%m-%d %H:%M} UTC"
