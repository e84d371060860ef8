"""The published site as Dailymotion meets it: whether the user list answers, and the feeds that it names."""

import json
from collections.abc import Iterator
from typing import Any

import requests

from feeds.core.catalog import UserList
from feeds.formats import mrss
from feeds.onboarding.examining import Answer

TIMEOUT_S = 10.0
MAX_BYTES = 64 * 1024 * 1024
FEEDS_TRIED = 3


class _Unfit(Exception):
    """An answer that Dailymotion could not use; the message says why."""


def about_site(base_url: str, shape: UserList, *, served_at: str | None = None) -> Iterator[Answer]:
    """Tell how users.json and its first feeds answer; `served_at` is where, if not at their own addresses yet."""
    root = f"{(served_at or base_url).rstrip('/')}/"
    url = f"{root}users.json"
    with requests.Session() as session:
        session.trust_env = False
        try:
            entries = _entries(_fetch(session, url, "application/json"), shape)
        except _Unfit as error:
            yield Answer("site", "fault", f"{url} {error}", "Publish static_out there, and see that it can be read.")
            return
        yield Answer("site", "ok", f"{url}: {len(entries)} users")
        for entry in entries[:FEEDS_TRIED]:
            address = str(entry.get(shape.fields.feed))
            if address.startswith(base_url):
                address = root + address.removeprefix(base_url).lstrip("/")
            try:
                count = len(mrss.guids(_fetch(session, address, "application/rss+xml")))
                yield Answer("feed", "ok", f"{address}: {count} videos")
            except (_Unfit, mrss.BadFeed) as error:
                yield Answer("feed", "fault", f"{address} {error}", "Publish feeds/ beside users.json.")


def _entries(text: bytes, shape: UserList) -> list[dict[str, Any]]:
    try:
        told = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _Unfit("is no JSON") from error
    if shape.wrap is not None:
        told = told.get(shape.wrap) if isinstance(told, dict) else None
    if not isinstance(told, list) or not all(isinstance(entry, dict) for entry in told):
        raise _Unfit("is no list of users in the shape that the catalog says")
    return told


def _fetch(session: requests.Session, url: str, kind: str) -> bytes:
    try:
        with session.get(url, timeout=TIMEOUT_S, allow_redirects=False, stream=True) as answer:
            if answer.status_code != requests.codes.ok:
                raise _Unfit(f"answers {answer.status_code}, where 200 is expected")
            its = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
            if its not in (kind, kind.replace("rss+", ""), "text/xml" if "xml" in kind else kind):
                raise _Unfit(f"is served as {its or 'nothing'}, where {kind} is expected")
            body = answer.raw.read(MAX_BYTES + 1, decode_content=True)
    except (requests.RequestException, ValueError, OSError) as error:
        raise _Unfit("can't be reached") from error
    if len(body) > MAX_BYTES:
        raise _Unfit(f"is larger than {MAX_BYTES:,} bytes")
    return bytes(body)
