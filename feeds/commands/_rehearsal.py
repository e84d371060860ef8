"""What a rehearsal has shown: the importer's two crawls and our own records, side by side, and whether they agree."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from feeds.core.events import IMPORT_FAILED, IMPORTED, UNCLEAR, Event

USERS_SHOWN = 20
NAME_CHARACTERS = 24
COLUMNS = ("before", "imported", "failed", "unclear", "unknown", "after")

# What an event must be recorded as, by the sandbox's word for what it tells.
KINDS = {"imported": IMPORTED, "failed": IMPORT_FAILED, "bare": UNCLEAR}


@dataclass(frozen=True, slots=True)
class Crawl:
    """What the sandbox says of one crawl: guids by user id, in the list's order, and what it posted."""

    usernames: Mapping[str, str]
    guids: Mapping[str, frozenset[str]]
    complaints: tuple[str, ...]
    posts: tuple[Mapping[str, Any], ...]

    @property
    def listed(self) -> int:
        """Return how many videos it found in all feeds."""
        return sum(len(guids) for guids in self.guids.values())


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: a user's name and the numbers of COLUMNS."""

    name: str
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """Two crawls around a second build, and what our app recorded for each event that the first one posted.

    `recorded` are (guid that the importer meant, outcome that it told, event); `unrecorded` the guids without a
    record.
    """

    first: Crawl
    second: Crawl
    recorded: tuple[tuple[str, str, Event], ...]
    unrecorded: frozenset[str]

    def guids_of(self, kind: str) -> frozenset[str]:
        """Return the guids of the recorded events of one kind."""
        return frozenset(guid for guid, _, event in self.recorded if event.event == kind)


def parse_crawl(text: str) -> Crawl:
    """Read the report of `python -m sandbox crawl --format json`."""
    report = json.loads(text)
    complaints = []
    for user in report["users"]:
        if user["error"]:
            complaints.append(f"The importer could not read the feed of {user['username']}: {user['error']}.")
        for item in user["refused"]:
            where = f"item {item['position']} of {user['username']} (guid {item['guid']})"
            complaints.append(f"The importer refused {where}: {item['why']}.")
    return Crawl(
        {user["id"]: user["username"] for user in report["users"]},
        {user["id"]: frozenset(item["guid"] for item in user["items"]) for user in report["users"]},
        tuple(complaints),
        tuple(report["posts"]),
    )


def compare(first: Crawl, second: Crawl, records: Iterable[Event]) -> Rehearsal:
    """Find the record of each event that the first crawl posted, by its raw text."""
    by_raw = {key: event for event in records if (key := _key(event.text("raw") or "")) is not None}
    recorded, unrecorded = [], set()
    for post in first.posts:
        for guid, outcome, sent in zip(post["guids"], post["outcomes"], post["events"], strict=True):
            event = by_raw.get(_canonical(sent))
            if event is None or event.text("guid") not in (guid, None):
                unrecorded.add(guid)
            else:
                recorded.append((guid, outcome, event))
    return Rehearsal(first, second, tuple(recorded), frozenset(unrecorded))


def faults(rehearsal: Rehearsal) -> list[str]:
    """Return a sentence for each thing that doesn't add up."""
    first, second = rehearsal.first, rehearsal.second
    found = [*first.complaints, *second.complaints]
    for post in first.posts:
        if post["status"] != 200:
            found.append(
                f"A callback was answered {post['status'] or 'nothing'} instead of 200: {post['answer'].strip()}"
            )
    if rehearsal.unrecorded:
        found.append(f"{_are(rehearsal.unrecorded)} not in the results, though called back.")
    misread = {
        (guid, outcome, event.event) for guid, outcome, event in rehearsal.recorded if event.event != KINDS[outcome]
    }
    found += [
        f"{guid} was called back as {outcome}, but recorded as {kind}." for guid, outcome, kind in sorted(misread)
    ]
    imported, failed = rehearsal.guids_of(IMPORTED), rehearsal.guids_of(IMPORT_FAILED)
    for user, before in first.guids.items():
        name, after = first.usernames[user], second.guids.get(user)
        if after is None:
            found.append(f"{name} left the user list.")
            continue
        if still := before & after & imported:
            found.append(f"{_are(still)} still in the feed of {name}, though imported.")
        # A failed video may leave: too many failures are a reason, and the build says so.
        if lost := before - after - imported - failed:
            found.append(f"{_names(lost)} left the feed of {name}, though not imported.")
    return found


def faults_of_clones(
    pushed: Mapping[str, bytes],
    pulled: Mapping[str, bytes],
    fresh: Mapping[str, bytes],
    *,
    begun: Set[str] = frozenset(),
) -> list[str]:
    """Return a sentence for each thing of the editor's that is lost, and for each that the pull didn't bring.

    Each is the files of a work tree by path: the editor's when the change was pushed, the editor's after the last
    pull, and those of a fresh clone, which has what the remote has. `begun` are files that the server may begin.
    """
    found = []
    theirs = {path for path in pushed.keys() | fresh.keys() if not path.startswith("results/")}
    theirs -= begun - pushed.keys()
    if lost := {path for path in theirs if pushed.get(path) != fresh.get(path)}:
        found.append(f"{_are(lost)} not on the remote as the editor pushed it.")
    if missed := {path for path in pulled.keys() | fresh.keys() if pulled.get(path) != fresh.get(path)}:
        found.append(f"{_are(missed)} not after the editor's pull what the remote has.")
    return found


def faults_of_sites(site: Mapping[str, bytes], fresh: Mapping[str, bytes]) -> list[str]:
    """Return a sentence where a site that was built from a fresh clone is another one; files by path."""
    if differ := {path for path in site.keys() | fresh.keys() if site.get(path) != fresh.get(path)}:
        return [f"A fresh clone builds another site: {_names(differ)} {'is' if len(differ) == 1 else 'are'} different."]
    return []


def troubles(listed: int) -> list[str]:
    """Return the sandbox's options: ready for most, and as many kinds of trouble as so many videos have room for."""
    options = ["--unknown", "1", "--shuffle", "--twice", "1", "--late", "1", "--batch", str(max(3, listed // 100))]
    if listed >= 3:
        options += ["--fail", "1"]
    if listed >= 5:
        options += ["--bare", "1"]
    return options


def moved_up(rehearsal: Rehearsal) -> int:
    """Count the videos that were not listed before: they had waited until there was room in the feed."""
    before = rehearsal.first.guids
    return sum(len(after - before.get(user, frozenset())) for user, after in rehearsal.second.guids.items())


def rows(rehearsal: Rehearsal) -> list[Row]:
    """Return a row for each user of the first crawl, one for callbacks of no user's video, and the total."""
    first, second = rehearsal.first, rehearsal.second
    kinds = [rehearsal.guids_of(kind) for kind in (IMPORTED, IMPORT_FAILED, UNCLEAR)]
    made = [
        Row(name, (len(first.guids[user]), *(len(first.guids[user] & kind) for kind in kinds), 0, _after(second, user)))
        for user, name in first.usernames.items()
    ]
    strangers = frozenset[str]().union(*kinds).difference(*first.guids.values())
    made.append(Row("(no user's video)", (0, 0, 0, 0, len(strangers), 0)))
    return [*_shortened(made), _sum("total", made)]


def table(lines: Sequence[Row]) -> str:
    """Render rows in aligned columns; a zero is a dash, so that what happened is seen at once."""
    names = [_short(line.name) for line in lines]
    width = max(map(len, ["user", *names]))
    head = f"{'user':{width}}" + "".join(f"{column:>9}" for column in COLUMNS)
    body = [
        f"{name:{width}}" + "".join(f"{number or '-':>9}" for number in line.numbers)
        for name, line in zip(names, lines, strict=True)
    ]
    rule = "-" * len(head)
    return "\n".join([head, rule, *body[:-1], rule, body[-1]])


def _shortened(made: Sequence[Row]) -> Iterator[Row]:
    if len(made) <= USERS_SHOWN + 2:
        yield from made
        return
    yield from made[:USERS_SHOWN]
    rest = made[USERS_SHOWN:-1]
    yield _sum(f"({len(rest):,} more users)", rest)
    yield made[-1]


def _sum(name: str, lines: Sequence[Row]) -> Row:
    return Row(name, tuple(map(sum, zip(*(line.numbers for line in lines), strict=True))))


def _after(crawl: Crawl, user: str) -> int:
    return len(crawl.guids.get(user, ()))


def _short(name: str) -> str:
    return name if len(name) <= NAME_CHARACTERS else name[: NAME_CHARACTERS - 1] + "…"


def _names(guids: Set[str]) -> str:
    some = ", ".join(sorted(guids)[:3])
    return f"{some} and {len(guids) - 3:,} more" if len(guids) > 3 else some


def _are(guids: Set[str]) -> str:
    return f"{_names(guids)} {'is' if len(guids) == 1 else 'are'}"


def _key(raw: str) -> str | None:
    try:
        return _canonical(json.loads(raw))
    except (ValueError, RecursionError):  # an older record, of something that was no event
        return None


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True)
