"""The dangerous lines of a plan, put into words."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from feeds.building.planning_edit import Entry
from feeds.core.errors import Finding
from feeds.core.events import VideoResult
from feeds.core.plan import Danger, Former, UserPlan, Warned, renamed_and_moved


def broken(finding: Finding, catalog: Path) -> Warned:
    """Return a fault of catalog.yaml, with which nobody is built."""
    [its] = relative([finding], catalog)
    return Warned(Danger.CATALOG, None, None, f"{its.place}: {its.what}", its.remedy)


def broken_archives(entries: Iterable[Entry]) -> Iterator[Warned]:
    """Yield the first fault of each archive that has any."""
    for entry in entries:
        if entry.read.user is None:
            first = entry.findings()[0]
            yield Warned(Danger.ARCHIVE, entry.user_id, None, f"{first.place}: {first.what}", first.remedy)


def frozen(its: UserPlan) -> Warned:
    """Return that a user is blocked, and by what."""
    first, more = its.blocked[0], len(its.blocked) - 1
    what = f"the feed goes on from the last good version: {first.place}: {first.what}"
    what += f" (and {more:,} more: feeds check)" if more else ""
    return Warned(Danger.FROZEN, its.id, None, what, first.remedy)


def removed_users(
    users: Iterable[UserPlan], formers: Mapping[str, Former], now: Mapping[str, Entry]
) -> Iterator[Warned]:
    """Yield each user whom the catalog has no more."""
    kept = {each.id for each in users if each.blocked} | now.keys()
    for user_id, former in formers.items():
        if user_id not in kept:
            count = len(former.listed)
            videos = "1 listed video" if count == 1 else f"{count:,} listed videos"
            what = f"{former.username or user_id} is in the catalog no more, which takes out {videos}"
            do = "If that is meant, see whether the adoption ends too: feeds partners reject. Else bring the user back."
            yield Warned(Danger.USER_REMOVED, user_id, None, what, do)


def changed_guids(
    users: Iterable[UserPlan],
    formers: Mapping[str, Former],
    now: Mapping[str, Entry],
    results: Mapping[str, VideoResult],
) -> Iterator[Warned]:
    """Yield each guid that was renamed or moved, but of users whose edit doesn't come to anything yet."""
    blocked = {each.id for each in users if each.blocked}
    entries = {user_id: entry.read.user for user_id, entry in now.items() if entry.read.user and user_id not in blocked}
    return renamed_and_moved(
        {user_id: former for user_id, former in formers.items() if user_id not in blocked}, entries, results
    )


def relative(findings: Sequence[Finding], catalog: Path) -> list[Finding]:
    """Return findings with their files as seen from the catalog's folder."""
    files = [each.place.file.removeprefix(f"{catalog}/") for each in findings]
    return [replace(each, place=replace(each.place, file=file)) for each, file in zip(findings, files, strict=True)]
