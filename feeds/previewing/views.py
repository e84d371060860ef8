"""What the preview shows: the network, its users, and each video as a card. Plain values; the templates render them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from feeds.core.errors import Finding
from feeds.core.item import Item
from feeds.core.listing import Reason


@dataclass(frozen=True, slots=True)
class Card:
    """One video. `place` is its place in the feed, from 1; without one, `reason` or `findings` says why.

    `item` is None where the video has faults; `why` is what people wrote (`hold`, `withdraw`), `remote_ids` what
    Dailymotion made of it.
    """

    guid: str
    title: str
    item: Item | None
    place: int | None = None
    reason: Reason | None = None
    why: str | None = None
    remote_ids: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class UserView:
    """One user's feed. Its cards are in the feed's order, then those that aren't listed, as the catalog has them.

    `reason` is why nothing of the user is listed at all: the cards show what would be. `frozen` says that the text has
    faults, so that the published feed stays as it is. `key` names the user in an address.
    """

    key: str
    username: str
    file: str
    cards: tuple[Card, ...]
    findings: tuple[Finding, ...]
    reason: Reason | None
    frozen: bool

    @property
    def listed(self) -> int:
        """Return how many videos the feed has."""
        return sum(card.place is not None for card in self.cards)

    @property
    def count_of_findings(self) -> int:
        """Return how many findings there are, of the user and of the videos."""
        return len(self.findings) + sum(len(card.findings) for card in self.cards)


@dataclass(frozen=True, slots=True)
class View:
    """The network as its files stand. `stale` says that the users are of before catalog.yaml was broken."""

    version: str
    at: datetime
    name: str | None
    users: tuple[UserView, ...]
    findings: tuple[Finding, ...]
    stale: bool = False
    valid_until: datetime | None = None

    def user(self, key: str) -> UserView | None:
        """Return a user by its key."""
        return next((each for each in self.users if each.key == key), None)


Entry = TypeVar("Entry")
PAGE = 100
LISTED, NOT_LISTED, FAULTY = "listed", "waiting", "findings"


@dataclass(frozen=True, slots=True)
class Page(Generic[Entry]):
    """Some of many, `number` from 1 of `pages`; `found` is how many there are."""

    entries: Sequence[Entry]
    number: int
    pages: int
    found: int


def paged(entries: Sequence[Entry], number: int) -> Page[Entry]:
    """Return a page; one that doesn't exist is the nearest that does."""
    pages = max(1, -(-len(entries) // PAGE))
    number = min(max(number, 1), pages)
    return Page(entries[(number - 1) * PAGE : number * PAGE], number, pages, len(entries))


def chosen(cards: Iterable[Card], words: str, show: str) -> list[Card]:
    """Return the cards that have all the words, in any case, and are of the kind: LISTED and so on, or a reason."""
    wanted = words.casefold().split()
    return [card for card in cards if _is_shown(card, show) and (not wanted or _has(card, wanted))]


def _is_shown(card: Card, show: str) -> bool:
    match show:
        case "":
            return True
        case "listed":
            return card.place is not None
        case "waiting":
            return card.place is None
        case "findings":
            return bool(card.findings)
        case _:
            return card.reason is not None and card.reason.value == show


def _has(card: Card, wanted: Sequence[str]) -> bool:
    parts = [card.guid, card.title]
    if card.item is not None:
        parts += [card.item.description or "", card.item.category, *card.item.tags]
    text = "\n".join(parts).casefold()
    return all(word in text for word in wanted)


def kinds(cards: Sequence[Card]) -> list[tuple[str, str, int]]:
    """Return (value, words, number) of each choice that would show something, "" for all."""
    reasons = [reason for reason in Reason if any(card.reason is reason for card in cards)]
    choices = [
        ("", "all videos", len(cards)),
        (LISTED, "in the feed", sum(card.place is not None for card in cards)),
        (NOT_LISTED, "not in the feed", sum(card.place is None for card in cards)),
        (FAULTY, "with findings", sum(bool(card.findings) for card in cards)),
        *((each.value, each.value, sum(card.reason is each for card in cards)) for each in reasons),
    ]
    return [choice for choice in choices if choice[2] or choice[0] == ""]


def duration_words(seconds: int | None) -> str:
    """Return a length as 4:05 or 1:02:03."""
    if seconds is None:
        return "length not given"
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def window_words(item: Item) -> str:
    """Return when the video may be seen; the last day is named where the window ends at midnight."""
    if item.valid_from is None and item.valid_until is None:
        return "at any time"
    words = []
    if item.valid_from is not None:
        words.append(f"from {_moment_words(item.valid_from)}")
    if item.valid_until is not None:
        whole = (item.valid_until.hour, item.valid_until.minute, item.valid_until.second) == (0, 0, 0)
        words.append(f"until {_moment_words(item.valid_until - timedelta(days=1) if whole else item.valid_until)}")
    return " ".join(words)


def _moment_words(moment: datetime) -> str:
    day = f"{moment:%Y-%m-%d}"
    return day if (moment.hour, moment.minute, moment.second) == (0, 0, 0) else f"{day} {moment:%H:%M} UTC"


def territory_words(item: Item) -> str:
    """Return where the video may be seen."""
    if item.allow:
        return f"only in {', '.join(item.allow)}"
    return f"everywhere but in {', '.join(item.deny)}" if item.deny else "everywhere"
