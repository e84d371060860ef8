"""The file that a partner who joined by invitation begins with: for editors to fill, made once.

It comes with the commit that brings the adoption into Git, so it is made exactly when that event is new there; an
editor who removes or renames it is not contradicted.
"""

import json
from collections.abc import Collection, Iterable
from fnmatch import fnmatchcase

from feeds.core.events import ADOPTED, Event
from feeds.core.user_ids import is_user_id
from feeds.formats.results_yaml import parse_line

_TEXT = """\
# yaml-language-server: $schema=../user.schema.json
# {name} joined by invitation on {day}. Fill in the videos; `feeds check` says what isn't right yet.
id: {id}
username: {username}
#defaults:                              # what holds for every video that doesn't say otherwise
#  category: music
#  language: en
#  media_base: https://cdn.example/{id}/
videos: []
#  - guid: {id}-0001                    # your own id: unique over the network, and never changed
#    title: The first video
#    media: 0001.mp4                    # below media_base, or a whole address
#    category: music
"""


def invited(lines: Iterable[bytes]) -> list[Event]:
    """Return the adoptions by invitation among lines of the journal."""
    events = (parse_line(line.strip()) for line in lines if b'"invitation"' in line)
    return [
        event
        for event in events
        if isinstance(event, Event)
        and event.event == ADOPTED
        and event.text("invitation")
        and is_user_id(event.text("user") or "")
    ]


def starters(
    adoptions: Iterable[Event], *, include: Iterable[str], known: Collection[str], paths: Collection[str]
) -> dict[str, bytes]:
    """Return the files to begin with, by path.

    None for `known` users, none where the catalog's patterns wouldn't read it, and none over one of the `paths`.
    """
    patterns = list(include)
    files = {}
    for event in adoptions:
        user_id = event.text("user") or ""
        path = f"users/{user_id}.yaml"
        if user_id not in known and path not in paths and any(fnmatchcase(path, pattern) for pattern in patterns):
            files[path] = _text(event, user_id)
    return files


def _text(event: Event, user_id: str) -> bytes:
    username = event.text("username") or user_id
    # A comment ends with its line, and a quoted scalar can hold what a plain one can't.
    name = username if username.isprintable() else user_id
    quoted = json.dumps(username, ensure_ascii=not username.isprintable())
    return _TEXT.format(name=name, day=f"{event.at:%Y-%m-%d}", id=json.dumps(user_id)[1:-1], username=quoted).encode()
