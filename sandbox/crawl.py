"""One crawl: read the user list and each feed in it, import the items, call back, and say what happened."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from sandbox import callbacks, http
from sandbox.callbacks import Event, Faults
from sandbox.importer import (
    Account,
    Import,
    Item,
    Keys,
    Refused,
    UnreadableError,
    import_items,
    parse_feed,
    parse_user_list,
)

# What each account holds: account id -> guid -> remote id.
Memory = dict[str, dict[str, str]]


@dataclass
class Visit:
    """One account's feed as it was found, and what became of its items."""

    account: Account
    items: list[Item] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    imports: Sequence[Import] = ()
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Post:
    """One callback that was sent, and its answer."""

    events: list[Event]
    answer: http.Answer


def read(url: str, keys: Keys, mappings: Sequence[http.Mapping], login: str | None = None) -> list[Visit]:
    """Fetch the user list and then each feed, in the list's order; `login` is the `user:password` of the list's site.

    Raises FetchError or UnreadableError for the list; a feed's fault stands in its visit and hides no other
    feed.
    """
    located = http.locate(url, mappings)
    credentials = http.Login.of(located, login) if login is not None else None
    accounts = parse_user_list(http.fetch(located, credentials), keys)
    return [_visit(account, mappings, credentials) for account in accounts]


def import_all(visits: Sequence[Visit], memory: Memory, *, failures: int, seed: str) -> None:
    """Import all items but so many failing ones: into the visits, and into what the accounts hold."""
    guids = [item.guid for visit in visits for item in visit.items]
    failing = callbacks.choose(guids, failures, seed=seed, purpose="fail")
    for visit in visits:
        held = memory.setdefault(visit.account.id, {})
        visit.imports = import_items(visit.account, visit.items, imported=held, failing=failing, seed=seed)
        held.update({one.guid: one.remote_id for one in visit.imports if one.remote_id is not None})


def publish(api_url: str, visits: Sequence[Visit], *, control_token: str) -> http.Answer:
    """Show what was imported as videos of the accounts that `sandbox serve` has at `api_url`."""
    videos = [
        {"account": one.account_id, "id": one.remote_id, "guid": item.guid, "title": item.title}
        | {"channel": item.category, "url": item.media_url}
        for visit in visits
        for item, one in zip(visit.items, visit.imports, strict=True)
        if one.remote_id is not None
    ]
    return http.post(f"{api_url}/_sandbox/videos", videos, headers={"Sandbox-Token": control_token})


def call_back(
    url: str,
    visits: Sequence[Visit],
    faults: Faults,
    *,
    seed: str,
    first_ms: int,
    batch: int,
) -> Iterator[Post]:
    """POST what became of each item, one array after the other."""
    imports = [one for visit in visits for one in visit.imports]
    for events in callbacks.arrays(imports, faults, seed=seed, first_ms=first_ms, batch=batch):
        yield Post(events, http.post(url, events))


def is_clean(visits: Sequence[Visit], posts: Sequence[Post]) -> bool:
    """Tell whether every feed was read, every item taken, and every callback answered with a 2xx."""
    read_all = all(visit.error is None and not visit.refused for visit in visits)
    return read_all and all(post.answer.status is not None and post.answer.status // 100 == 2 for post in posts)


def report(visits: Sequence[Visit], posts: Sequence[Post]) -> dict[str, Any]:
    """Return the crawl as JSON shows it."""
    users = []
    for visit in visits:
        outcomes = {one.guid: {"outcome": one.outcome, "remote_id": one.remote_id} for one in visit.imports}
        items = [{"guid": item.guid, **outcomes.get(item.guid, {})} for item in visit.items]
        refused = [asdict(one) for one in visit.refused]
        account = {**asdict(visit.account), "feed_url": http.shown(visit.account.feed_url)}
        users.append({**account, "error": visit.error, "items": items, "refused": refused})
    calls = [
        {
            "guids": [event["data"]["uid"] for event in post.events],
            "outcomes": [callbacks.outcome(event) for event in post.events],
            "events": post.events,
            "status": post.answer.status,
            "answer": post.answer.text,
        }
        for post in posts
    ]
    return {"users": users, "posts": calls}


def summary(visits: Sequence[Visit], posts: Sequence[Post]) -> str:
    """Return the crawl for people: a line for each account, each refused item and each callback."""
    lines = []
    for visit in visits:
        lines.append(f"{visit.account.username} ({visit.account.id}): {visit.error or _outcomes(visit)}")
        lines += [f"  item {one.position}, guid {one.guid}: refused, {one.why}" for one in visit.refused]
    for post in posts:
        uids = ", ".join(f"{one['data']['uid']} {one['data']['status']}" for one in post.events)
        lines.append(f"called back: {uids}: {post.answer.status or 'no answer'} {post.answer.text.strip()}")
    return "\n".join(lines) or "The user list is empty."


def _visit(account: Account, mappings: Sequence[http.Mapping], login: http.Login | None) -> Visit:
    visit = Visit(account)
    try:
        entries = parse_feed(http.fetch(http.locate(account.feed_url, mappings), login))
    except (http.FetchError, UnreadableError) as error:
        visit.error = str(error)
        return visit
    visit.items = [entry for entry in entries if isinstance(entry, Item)]
    visit.refused = [entry for entry in entries if isinstance(entry, Refused)]
    return visit


def _outcomes(visit: Visit) -> str:
    counts = [f"{len(visit.items)} items"]
    for outcome in ("imported", "updated", "failed"):
        if count := sum(one.outcome == outcome for one in visit.imports):
            counts.append(f"{count} {outcome}")
    return ", ".join(counts)
