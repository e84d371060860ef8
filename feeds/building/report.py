"""What a build came to: counts, and for each user how many videos are listed and held and why."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from feeds.core.errors import Finding, StorageError
from feeds.formats import findings as findings_format
from feeds.formats.results_yaml import render_time
from feeds.storage.index import Index
from feeds.storage.static_dir import publish, stage

# More lines than this are for a program to read: the whole report is in the state folder.
USERS_SHOWN = 25


class UserReport(NamedTuple):
    """One user: where they stand, what their feed lists, and what is held, by reason."""

    id: str
    username: str
    state: str
    enabled: bool
    in_list: bool
    frozen: bool
    listed: int
    held: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Report:
    """A whole build. `users` are in order of id; `notes` are sentences for the person who built."""

    at: datetime
    commit: str | None
    users: Sequence[UserReport]
    written: int = 0
    removed: int = 0
    findings: Sequence[Finding] = ()
    notes: Sequence[str] = field(default_factory=list)
    published: bool = True

    @property
    def listed(self) -> int:
        """Return how many videos all feeds list."""
        return sum(user.listed for user in self.users)

    @property
    def good(self) -> bool:
        """Return whether everything could be built from what is written now."""
        return self.published and not any(each.severity == "error" for each in self.findings)


def report_of(
    index: Index,
    at: datetime,
    catalog: Path,
    *,
    findings: Sequence[Finding],
    written: int = 0,
    removed: int = 0,
    notes: Sequence[str] = (),
    published: bool = True,
) -> Report:
    """Return the report of the state that the index has now."""
    users = [
        UserReport(user_id, username, state, bool(enabled), bool(in_list), bool(frozen), listed, json.loads(held))
        for user_id, username, state, enabled, in_list, frozen, listed, held in index.standings()
    ]
    return Report(at, _commit(catalog), users, written, removed, findings, notes, published)


def _commit(catalog: Path) -> str | None:
    """Return the commit that the catalog's folder has checked out, or None outside Git."""
    import subprocess

    try:
        command = ["git", "-C", str(catalog), "rev-parse", "--verify", "--quiet", "HEAD"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None


def keep_report(report: Report, state: Path) -> str:
    """Write the report into the state folder, and return what was written. Raises StorageError."""
    text, path = render_json(report), state / "report.json"
    try:
        publish(stage(path, text.encode()), path)
    except StorageError as error:
        site = (
            "The site is published, but its report is not kept:" if report.published else "Nothing was published, and"
        )
        raise StorageError(f"{site} {error}") from error
    return text


def render_json(report: Report) -> str:
    """Render the report for programs."""
    record = {
        "at": render_time(report.at),
        "commit": report.commit,
        "published": report.published,
        "listed": report.listed,
        "in_list": sum(user.in_list for user in report.users),
        "written": report.written,
        "removed": report.removed,
        "notes": list(report.notes),
        "findings": json.loads(findings_format.render(report.findings, "json")),
    }
    # One user a line: people can read it, and json's fast encoder serves, which knows no indentation.
    users = ",\n  ".join(json.dumps(user._asdict(), ensure_ascii=False) for user in report.users)
    head = json.dumps(record, ensure_ascii=False, indent=1).removesuffix("\n}")
    return f'{head},\n "users": [' + (f"\n  {users}\n ]" if users else "]") + "\n}\n"


def render_text(report: Report) -> str:
    """Render the report for people; it fits 80 columns, long names aside."""
    in_list = sum(user.in_list for user in report.users)
    changed = [f"{report.written} files written" if report.written != 1 else "1 file written"]
    if report.removed:
        changed.append(f"{report.removed} removed")
    if not report.published:
        changed = ["nothing published"]
    elif not report.written and not report.removed:
        changed = ["nothing changed"]
    videos = f"{report.listed:,} video{'s' if report.listed != 1 else ''}"
    lines = [f"{in_list:,} of {len(report.users):,} users in the list, {videos} in their feeds; {', '.join(changed)}."]
    width = max((len(_name(user)) for user in report.users[:USERS_SHOWN]), default=0)
    for user in report.users[:USERS_SHOWN]:
        lines.append(f"  {_name(user):<{width}}  {user.listed:>5,} listed{_rest(user)}")
    if len(report.users) > USERS_SHOWN:
        lines.append(f"  ... and {len(report.users) - USERS_SHOWN:,} more: see report.json in the state folder")
    lines += [f"note: {note}" for note in report.notes]
    return "\n".join(lines) + "\n"


def _name(user: UserReport) -> str:
    return user.username if user.username == user.id else f"{user.username} ({user.id})"


def _rest(user: UserReport) -> str:
    parts = [
        f"{count:,} waiting ({reason})" if reason.startswith("user ") else f"{count:,} {reason}"
        for reason, count in user.held.items()
    ]
    if not user.in_list:
        parts.insert(0, "not in the list" if user.enabled else "disabled")
    if user.frozen:
        parts.append("built from the last good version")
    return "; " + ", ".join(parts) if parts else ""
