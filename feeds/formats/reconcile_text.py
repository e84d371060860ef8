"""What a reconciliation found, for people at a terminal, and the same for programs, as JSON."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from feeds.core.online import Difference
from feeds.formats.results_yaml import render_time
from feeds.formats.terminal import visible


@dataclass(frozen=True, slots=True)
class Found:
    """What was found of a network: the usernames of the accounts asked about, by id, and what became of each.

    `read` are those that were read; `troubles` says in words why others were not.
    """

    network: str
    at: datetime
    accounts: Mapping[str, str]
    read: frozenset[str]
    differences: Sequence[Difference]
    videos: int
    unknown: int
    calls: int
    troubles: Mapping[str, str]

    @property
    def unread(self) -> list[str]:
        """Return who was not read."""
        return [user for user in self.accounts if user not in self.read]


def render(found: Found) -> str:
    """Render it as text: three lines a difference, by user, and a summary."""
    lines: list[str] = []
    for user, username in found.accounts.items():
        its = [each for each in found.differences if each.user == user]
        if its:
            lines.append(f"{username} ({user})")
        for each in its:
            lines += [f"  {each.rule.value}  {each.guid}  {', '.join(each.remote_ids)}", f"    {each.what}"]
            lines.append(f"    next: {each.next}")
        if user in found.troubles:
            lines += [f"{username} ({user})", *(f"  not read: {part}" for part in found.troubles[user].splitlines())]
    return "".join(f"{visible(line)}\n" for line in [*lines, *_summary(found)])


def _summary(found: Found) -> list[str]:
    users = _counted(len(found.read), "user")
    there = f"{_counted(found.videos, 'video')} there"
    if found.differences:
        first = f"{_counted(len(found.differences), 'difference')} in {users}, {there}."
    else:
        first = f"Catalog, events and Dailymotion agree: {users}, {there}." if found.read else "Nobody was read."
    lines = [first]
    if found.unknown:
        verb = "is" if found.unknown == 1 else "are"
        unknown = f"{_counted(found.unknown, 'video')} there {verb} nobody's here"
        lines.append(f"{unknown}: partners upload by themselves, too.")
    if unread := found.unread:
        shown = ", ".join(unread[:10]) + (f" and {len(unread) - 10:,} more" if len(unread) > 10 else "")
        lines.append(f"Not read: {_counted(len(unread), 'user')}: {shown}. Call this again: it goes on from there.")
    return lines


def _counted(number: int, one: str) -> str:
    return f"{number:,} {one}{'' if number == 1 else 's'}"


def render_json(found: Found) -> str:
    """Render it for programs."""
    record = {
        "network": found.network,
        "at": render_time(found.at),
        "agree": not found.differences and not found.unread,
        "users_read": len(found.read),
        "videos": found.videos,
        "unknown": found.unknown,
        "calls": found.calls,
        "differences": [
            {
                "rule": each.rule.value,
                "user": each.user,
                "guid": each.guid,
                "remote_ids": list(each.remote_ids),
                "what": each.what,
                "next": each.next,
            }
            for each in found.differences
        ],
        "not_read": [{"user": user, "why": found.troubles.get(user)} for user in found.unread],
    }
    return json.dumps(record, indent=1) + "\n"
