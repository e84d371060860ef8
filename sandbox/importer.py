"""The importer: a user list and feeds in, imports out. Nothing here knows of networks, clocks or files.

The required tags and the update of a known guid: https://www.dailymotion.com/dmrss and
https://faq.dailymotion.com/hc/en-us/articles/360038028074-Upload-with-Media-RSS-MRSS; the user list and one
feed for each user: https://developer.dailymotion.com/guides/mcn. Left out on purpose: fetching media,
optional tags.
"""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

from lxml import etree

MEDIA = "{http://search.yahoo.com/mrss/}"

# The channels of https://developers.dailymotion.com/api/platform-api/reference/#video, 15 current ones and
# two that older copies of it still have. ASSUMED: an item with any other category is refused.
CATEGORIES = frozenset(
    {"animals", "auto", "creation", "fun", "kids", "lifestyle", "music", "news", "people", "school"}
    | {"shortfilms", "sport", "tech", "travel", "tv", "videogames", "webcam"}
)

# The transports of https://developers.dailymotion.com/docs/mass-upload-mrss.
MEDIA_SCHEMES = frozenset({"http", "https", "ftp", "ftps", "sftp"})


class UnreadableError(Exception):
    """A user list or a feed that the importer can't read at all."""


@dataclass(frozen=True, slots=True)
class Keys:
    """What the user list calls its three facts, and the key that holds the array where it isn't bare.

    The guide's sample of the list is lost, so every name is an option.
    """

    id: str = "id"
    username: str = "username"
    feed: str = "feed_url"
    wrap: str | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """One entry of the user list."""

    id: str
    username: str
    feed_url: str


@dataclass(frozen=True, slots=True)
class Item:
    """One item that has all that an import needs."""

    guid: str
    title: str
    category: str
    media_url: str


@dataclass(frozen=True, slots=True)
class Refused:
    """One item that can't be imported: its place in the feed (from 1), its guid where it has one, and why."""

    position: int
    guid: str | None
    why: str


@dataclass(frozen=True, slots=True)
class Import:
    """What became of one item; a failed one has no remote id."""

    account_id: str
    feed_url: str
    guid: str
    outcome: Literal["imported", "updated", "failed"]
    remote_id: str | None


def parse_user_list(text: bytes, keys: Keys) -> tuple[Account, ...]:
    """Return the list's accounts in its order.

    Raises UnreadableError at the first entry that lacks a fact or repeats an id: a list that is half right
    must be seen.
    """
    try:
        entries = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnreadableError(f"the user list is not JSON: {error}") from error
    if keys.wrap is not None:
        if not isinstance(entries, dict) or keys.wrap not in entries:
            raise UnreadableError(f'the user list is not an object with the key "{keys.wrap}"')
        entries = entries[keys.wrap]
    if not isinstance(entries, list):
        raise UnreadableError(f"the user list is not an array but {_kind(entries)}")
    accounts: dict[str, Account] = {}
    for number, entry in enumerate(entries):
        account = _account(entry, number, keys)
        if account.id in accounts:
            raise UnreadableError(f'the user list names the id "{account.id}" twice')
        accounts[account.id] = account
    return tuple(accounts.values())


def parse_feed(text: bytes) -> tuple[Item | Refused, ...]:
    """Return the feed's items in its order, each as it can be imported or with the reason why it can't.

    Raises UnreadableError where the whole document can't be used. Nothing in it is expanded, loaded or
    followed.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(text, parser)
    except etree.XMLSyntaxError as error:
        raise UnreadableError(f"the feed is not well-formed XML: {error}") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise UnreadableError("the feed has a document type, which RSS 2.0 has not")
    channel = root.find("channel")
    if root.tag != "rss" or channel is None:
        raise UnreadableError("the feed is not RSS 2.0: there is no <rss> with a <channel>")
    seen: set[str] = set()
    return tuple(_item(element, number, seen) for number, element in enumerate(channel.iterfind("item"), start=1))


def import_items(
    account: Account,
    items: Sequence[Item],
    *,
    imported: Mapping[str, str],
    failing: Collection[str],
    seed: str,
) -> tuple[Import, ...]:
    """Return what becomes of each item, in order.

    `imported` maps the guids that this account already holds to their remote ids: those are updates. The
    guids in `failing` fail. A new remote id depends on seed, account and guid alone.
    """
    imports = []
    for item in items:
        known = imported.get(item.guid)
        outcome: Literal["imported", "updated", "failed"] = "imported" if known is None else "updated"
        remote_id: str | None = known or new_remote_id(seed, account.id, item.guid)
        if item.guid in failing:
            outcome, remote_id = "failed", None
        imports.append(Import(account.id, account.feed_url, item.guid, outcome, remote_id))
    return tuple(imports)


def new_remote_id(seed: str, account_id: str, guid: str) -> str:
    """Return a video id that looks like Dailymotion's, such as x8k3f9a2b1."""
    number = int(digest(seed, "video", account_id, guid)[:16], 16)
    digits = ""
    for _ in range(8):
        number, rest = divmod(number, 36)
        digits += "0123456789abcdefghijklmnopqrstuvwxyz"[rest]
    return f"x8{digits}"


def digest(*parts: str) -> str:
    """Return 64 hexadecimal digits that depend on the parts alone: all that looks random comes from it."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _account(entry: Any, number: int, keys: Keys) -> Account:
    if not isinstance(entry, dict):
        raise UnreadableError(f"entry {number + 1} of the user list is not an object but {_kind(entry)}")
    facts = []
    for key in (keys.id, keys.username, keys.feed):
        value = entry.get(key)
        if not isinstance(value, str) or not value:
            raise UnreadableError(f'entry {number + 1} of the user list has no text under "{key}"')
        facts.append(value)
    return Account(*facts)


def _item(element: "etree._Element", position: int, seen: set[str]) -> Item | Refused:
    guid = _text(element, "guid")
    title = _text(element, "title")
    # Which of the two forms the importer reads is not documented: either will do here, both must agree.
    categories = {_text(element, "category"), _text(element, f"{MEDIA}category")} - {""}
    content = element.find(f"{MEDIA}content")
    if content is None:
        content = element.find(f"{MEDIA}group/{MEDIA}content")
    media_url = "" if content is None else content.get("url", "")
    required = {"guid": guid, "title": title, "category": categories, "media:content url": media_url}
    if missing := [name for name, value in required.items() if not value]:
        return Refused(position, guid or None, f"it has no {', no '.join(missing)}")
    if guid in seen:
        return Refused(position, guid, "an item before it has the same guid")
    seen.add(guid)
    category = min(categories)
    if len(categories) > 1 or category not in CATEGORIES:
        return Refused(position, guid, f"its category is {' and '.join(sorted(categories))}, not one of Dailymotion's")
    if urlsplit(media_url).scheme not in MEDIA_SCHEMES:
        return Refused(position, guid, f"its media URL is none that can be fetched: {media_url}")
    return Item(guid, title, category, media_url)


def _text(element: "etree._Element", tag: str) -> str:
    return (element.findtext(tag) or "").strip()


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "an array", str: "text", bool: "a truth value", type(None): "null"}
    return names.get(type(value), "a number")
