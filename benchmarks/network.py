"""Networks of any size, written as editors write theirs; the same arguments give the same bytes, always.

Every video has the twelve keys that a careful editor fills in, with accents, `&`, quotes and folded text. A
build lists them all: their windows stand open until 2037, and the feed limit is as high as need be.
"""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Literal

from feeds.core.events import ADOPTED, IMPORTED, Event
from feeds.formats import results_yaml

PARENT = "x1nord"
RESULTS_PER_FILE = 10_000

_ADOPTED_AT = datetime(2026, 11, 1, tzinfo=UTC)
_FIRST_DAY = date(2019, 1, 1)
_CATEGORIES = ("lifestyle", "music", "travel", "news", "sport", "tech", "people", "creation")
_THINGS = (
    "Crème brûlée",
    "Forêt d'été",
    "Smørrebrød",
    "Jazz",
    "Voilà",
    "Fjäll",
    "Über uns",
    "Señor Ñandú",
    "Žižkov",
)
_PLACES = (
    "Nîmes",
    "Malmö",
    "Kraków",
    "Besançon",
    "Århus",
    "Genève",
    "Liège",
    "Reykjavík",
    "Łódź",
    "Málaga",
    "Gent",
)
_TAGS = ("été", "cuisine", "live", "nature", "à-la-une", "vlog", "fête")
_COUNTRIES = ("fr, be", "fr, be, ch, lu", "se, dk, fi", "de, at, ch", "ca")
_TITLES = (
    "{thing} & {thing2} à {place}, épisode {number}",
    "{thing} – le making-of n° {number}",
    '"{place}: {thing} (partie {number})"',
    "'{place} by night, \"{number} steps\" & more'",
)
_DESCRIPTIONS = (
    "{thing} à {place}, filmé en une journée ; images d'archives & musique originale, montage <définitif>.",
    '"Notes: {thing} at {place}, with \\"{thing2}\\" and a question from the audience at the end."',
    """>-
      {thing} et {thing2} : deux heures à {place}, racontées par celles et ceux qui y étaient.
      Réalisation & montage de l'équipe, sous-titres disponibles sur le site.""",
)


def user_id(number: int) -> str:
    """Return the id of the user of this number, from 1."""
    return f"x{number:05d}"


def guid(user: int, video: int) -> str:
    """Return the guid of a user's video, both by number from 1."""
    return f"{user_id(user)}-{video:05d}"


def write_network(
    folder: Path,
    users: int,
    videos_per_user: int,
    *,
    layout: Literal["file-per-user", "one-file"] = "file-per-user",
    adopted: bool = True,
) -> None:
    """Write catalog.yaml, users/ if the layout asks for it, and the events that adopted every user."""
    folder.mkdir(parents=True, exist_ok=True)
    head = _network(max(100, videos_per_user))
    if layout == "file-per-user":
        (folder / "catalog.yaml").write_text(f"{head}include: [users/*.yaml]\n", encoding="utf-8")
        (folder / "users").mkdir(exist_ok=True)
        for number in range(1, users + 1):
            write_user(folder, number, videos_per_user)
    else:
        with (folder / "catalog.yaml").open("w", encoding="utf-8") as catalog:
            catalog.write(f"{head}users:\n")
            for number in range(1, users + 1):
                lines = "".join(_user(number, videos_per_user)).splitlines(keepends=True)
                catalog.writelines(("  - " if at == 0 else "    ") + line for at, line in enumerate(lines))
    if adopted:
        events = folder / "results" / "main" / f"{_ADOPTED_AT:%Y-%m-%d}.yaml"
        events.parent.mkdir(parents=True, exist_ok=True)
        events.write_bytes(b"".join(map(_adoption, range(1, users + 1))))


def write_user(folder: Path, number: int, videos: int, *, edition: int = 0) -> None:
    """Write one user's file; another edition changes the title of the first video, and nothing else."""
    text = "".join(_user(number, videos, edition))
    (folder / "users" / f"{user_id(number)}.yaml").write_text(text, encoding="utf-8")


def write_results(folder: Path, count: int, *, instance: str = "main") -> None:
    """Write this many imports of guids that no generated catalog has, a file a day, back from October."""
    results = folder / "results" / instance
    results.mkdir(parents=True, exist_ok=True)
    for first in range(0, count, RESULTS_PER_FILE):
        day = _ADOPTED_AT - timedelta(days=1 + first // RESULTS_PER_FILE)
        lines = (_import(number, day) for number in range(first, min(first + RESULTS_PER_FILE, count)))
        (results / f"{day:%Y-%m-%d}.yaml").write_bytes(b"".join(lines))


def import_lines(first: int, count: int) -> bytes:
    """Return so many imports of such guids, from a number on, in the order in which they happened."""
    return b"".join(_import(number, _ADOPTED_AT) for number in range(first, first + count))


def _network(feed_limit: int) -> str:
    return f"""network:
  name: Nord Clips
  site: https://nord.example/
  base_url: https://feeds.nord.example
  parent_id: {PARENT}
  feed_limit: {feed_limit}
"""


def _user(number: int, videos: int, edition: int = 0) -> Iterator[str]:
    name = user_id(number)
    yield f"""id: {name}
username: user{number}
title: {_THINGS[number % len(_THINGS)]} & co, la chaîne
defaults:
  category: {_CATEGORIES[number % len(_CATEGORIES)]}
  language: fr
  media_base: https://cdn.nord.example/{name}/
videos:
"""
    for video in range(1, videos + 1):
        yield _video(number, video, edition if video == 1 else 0)


def _video(user: int, video: int, edition: int) -> str:
    # Strides prime to the lists' lengths: neighbours differ, and no clock or random state is needed.
    mix = user * 31 + video
    words = {
        "thing": _THINGS[mix % len(_THINGS)],
        "thing2": _THINGS[(mix * 4 + 1) % len(_THINGS)],
        "place": _PLACES[mix * 3 % len(_PLACES)],
        "number": f"{video}.{edition}" if edition else video,
    }
    # Strictly rising within a user: oldest first is then the file's own order.
    day = _FIRST_DAY + timedelta(days=video % 2400)
    return f"""  - guid: {guid(user, video)}
    title: {_TITLES[mix % len(_TITLES)].format_map(words)}
    description: {_DESCRIPTIONS[mix % len(_DESCRIPTIONS)].format_map(words)}
    category: {_CATEGORIES[mix % len(_CATEGORIES)]}
    tags: [{_TAGS[mix % len(_TAGS)]}, {_TAGS[(mix + 3) % len(_TAGS)]}, clip {video}]
    media: {video:05d}.mp4
    duration: {1 + mix % 59}:{mix * 7 % 60:02d}
    size: {1_000_000 + mix * 7919 % 900_000_000}
    thumbnail: thumbs/{video:05d}.jpg
    page: https://nord.example/watch/{user}/{video}
    date: {day}
    rights: {{from: {day}, until: 2037-12-31, allow: [{_COUNTRIES[mix % len(_COUNTRIES)]}]}}
"""


def _adoption(number: int) -> bytes:
    fields = {"user": user_id(number), "username": f"user{number}", "parent": PARENT}
    return results_yaml.render(Event(_ADOPTED_AT, ADOPTED, fields))


def _import(number: int, day: datetime) -> bytes:
    at = day + timedelta(seconds=number % RESULTS_PER_FILE * 8)
    timestamp_ms = int(at.timestamp() * 1000)
    uid, remote_id = f"past-{number:07d}", f"x{number:07x}"
    data = {
        "status": "ready",
        "user_id": f"{number % 997:024x}",
        "uid": uid,
        "remote_id": remote_id,
        "feed_id": f"{number % 991:024x}",
        "item_id": f"{number:024x}",
    }
    raw = json.dumps({"timestamp": timestamp_ms, "type": "injector.item.ready", "data": data}, separators=(",", ":"))
    fields = {"guid": uid, "remote_id": remote_id, "timestamp_ms": timestamp_ms, "raw": raw}
    return results_yaml.render(Event(at, IMPORTED, fields))
