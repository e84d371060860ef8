"""A network's status for people at a terminal, on one screen, and the same for programs, as JSON."""

import json
from datetime import datetime

from feeds.core.status import Matter, Publication, Status, counted, matters, span_words
from feeds.formats.results_yaml import render_time
from feeds.formats.terminal import visible

NAMES_SHOWN = 3


def render(status: Status) -> str:
    """Render the status as text; it fits 80 columns, long names aside."""
    name = visible(status.name) if status.name is not None else "catalog.yaml is broken"
    lines = [f"{name}, {moment_words(status.at)}", ""]
    states = [f"{count:,} {state}" for state, count in status.users.items() if count]
    lines += _row("users", status.all_users, [f"{status.in_list:,} in the list", *states])
    lines += _row("videos", status.videos, [f"{status.listed:,} listed", f"{status.imported:,} imported"])
    lines += [f"{'':>19}  {count:,} {held_words(reason)}" for reason, count in status.held.items()]
    lines.append("")
    lines += [f"  {each.value:<27}{count:>7,}" for each, count in counted(status).items()]
    lines += ["", f"  last publication  {publication_words(status.publication)}"]
    if status.pushed is not None:
        lines.append(f"  last push         {moment_words(status.pushed)}")
    lines.append(f"  journal           {backlog_words(status.backlog)}")
    lines += ["", *_needs(status)]
    return "".join(f"{line}".rstrip() + "\n" for line in lines)


def _row(name: str, count: int, parts: list[str]) -> list[str]:
    return [f"  {name:<10}{count:>7,}  {', '.join(parts)}"]


def _needs(status: Status) -> list[str]:
    found = matters(status)
    if not found:
        return ["Nothing needs a person."]
    lines = ["needs a person:"]
    for each in found:
        lines.append(f"  {each.need.value} ({each.count:,}): {each.meaning}")
        if each.names:
            lines.append(f"    {names_words(each, NAMES_SHOWN)}")
        lines.append(f"    next: {visible(each.command)}")
    return lines


def names_words(matter: Matter, shown: int) -> str:
    """Return the first names of a matter, and how many more there are."""
    more = [f"and {matter.count - shown:,} more"] if matter.count > shown else []
    return ", ".join([*map(visible, matter.names[:shown]), *more])


def held_words(reason: str) -> str:
    """Return why videos wait, in a form that stands behind a number."""
    return f"waiting ({reason})" if reason.startswith("user ") else reason


def moment_words(moment: datetime) -> str:
    """Return a moment to the minute, in UTC."""
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def publication_words(publication: Publication | None) -> str:
    """Return what the last build came to."""
    if publication is None:
        return "none by this machine"
    words = [f"{publication.listed:,} videos listed" if publication.published else "refused: the site stayed as it was"]
    if publication.commit:
        words.append(f"commit {visible(publication.commit[:10])}")
    if publication.errors:
        words.append("1 error" if publication.errors == 1 else f"{publication.errors:,} errors")
    return f"{moment_words(publication.at)}, {', '.join(words)}"


def backlog_words(lines: int) -> str:
    """Return how much the journal holds."""
    return "empty" if not lines else "1 event" if lines == 1 else f"{lines:,} events"


def render_json(status: Status) -> str:
    """Render the status for programs, with every name."""
    publication = status.publication
    record = {
        "at": render_time(status.at),
        "network": status.name,
        "users": {"in_list": status.in_list, "by_state": dict(status.users)},
        "videos": {
            "all": status.videos,
            "listed": status.listed,
            "imported": status.imported,
            "held": dict(status.held),
        },
        "overdue_after": span_words(status.overdue_after),
        "last_publication": publication
        and {
            "at": render_time(publication.at),
            "commit": publication.commit,
            "published": publication.published,
            "listed": publication.listed,
            "errors": publication.errors,
        },
        "last_push": render_time(status.pushed) if status.pushed else None,
        "journal_lines": status.backlog,
        "needs_a_person": [
            {
                "what": each.need.value,
                "count": each.count,
                "names": list(each.names),
                "meaning": each.meaning,
                "next": each.command,
            }
            for each in matters(status)
        ],
    }
    # ASCII alone: a guid with a lone surrogate is a JSON string, and no UTF-8.
    return json.dumps(record, indent=1) + "\n"
