"""What people use today for the same work, each a command of its own: `python -m benchmarks.peers NAME ...`.

csafe    PyYAML's CSafeLoader reading every file of a catalog (https://pyyaml.org/wiki/PyYAMLDocumentation).
feedgen  the same reading, and one feed a user through feedgen and its media extension (https://feedgen.kiesow.be).
append   one write and one fdatasync a line: what a disk gives at best to a request that must not be lost.

Where there was a choice, the peer got the cheaper one: nothing is checked, nothing is fsynced, each user is
dropped once written, and feedgen writes no keywords, windows, countries or media:category: it has no elements
for them. `hugo_site` prepares the data for Hugo, which then is run by itself.
"""

import json
import os
import sys
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import yaml

HUGO_TEMPLATE = Path(__file__).parent / "hugo" / "feed.xml"
# Hugo renders nothing but the feeds: no list pages, no taxonomies, no sitemap.
HUGO_CONFIG = {
    "baseURL": "https://feeds.nord.example/",
    "uglyURLs": True,
    "disableKinds": ["home", "section", "taxonomy", "term", "RSS", "sitemap", "robotsTXT", "404"],
    "mediaTypes": {"application/rss+xml": {"suffixes": ["xml"]}},
    # Plain text is Hugo's faster engine; the template escapes by itself.
    "outputFormats": {"feed": {"mediaType": "application/rss+xml", "isPlainText": True}},
    "outputs": {"page": ["feed"]},
}


def read_users(catalog: Path) -> Iterator[dict[str, Any]]:
    """Read the users of a generated catalog one by one, either layout, in order of id."""
    top = yaml.load((catalog / "catalog.yaml").read_bytes(), yaml.CSafeLoader)
    yield from top.get("users", ())
    for pattern in top.get("include", ()):
        for path in sorted(catalog.glob(pattern)):
            yield yaml.load(path.read_bytes(), yaml.CSafeLoader)


def csafe(catalog: Path) -> int:
    """Read the whole catalog and return its number of videos."""
    return sum(len(user["videos"]) for user in read_users(catalog))


def feedgen(catalog: Path, out: Path) -> int:
    """Write every user's feed below `out`/feeds and return the number of items."""
    from feedgen.feed import FeedGenerator  # type: ignore[import-untyped, import-not-found, unused-ignore]

    folder = out / "feeds"
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    for user in read_users(catalog):
        feed = FeedGenerator()
        feed.load_extension("media", atom=False, rss=True)
        feed.title(user["title"])
        feed.link(href="https://nord.example/", rel="alternate")
        feed.description(user["title"])
        defaults = user["defaults"]
        for video in user["videos"]:
            entry = feed.add_entry(order="append")
            entry.title(video["title"])
            entry.guid(video["guid"], permalink=False)
            entry.link(href=video["page"])
            entry.description(video["description"])
            entry.category(term=video.get("category", defaults["category"]))
            entry.pubDate(_midnight(video["date"]))
            entry.media.content(
                url=defaults["media_base"] + video["media"],
                type="video/mp4",
                medium="video",
                duration=str(video["duration"]),
                fileSize=str(video["size"]),
                lang=defaults["language"],
                group=None,
            )
            entry.media.thumbnail(url=defaults["media_base"] + video["thumbnail"], group=None)
            count += 1
        feed.rss_file(str(folder / f"{user['id']}.xml"))
    return count


def append(file: Path, lines: int, line: bytes) -> float:
    """Append the line this often, each time until it is on disk, and return the seconds it took."""
    descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        start = time.perf_counter()
        for _ in range(lines):
            os.write(descriptor, line)
            os.fdatasync(descriptor)
        return time.perf_counter() - start
    finally:
        os.close(descriptor)


def hugo_site(catalog: Path, site: Path) -> None:
    """Write a Hugo site that renders every user's feed to public/feeds, its data ready to print.

    Hugo gets JSON data files, which it reads fastest (measured: front matter takes a third longer), with
    absolute URLs and finished dates: it only fills in the template.
    """
    for folder in ("content/feeds", "data", "layouts/_default"):
        (site / folder).mkdir(parents=True, exist_ok=True)
    (site / "config.json").write_text(json.dumps(HUGO_CONFIG), encoding="utf-8")
    template = HUGO_TEMPLATE.read_text(encoding="utf-8")
    (site / "layouts/_default/single.feed.xml").write_text(template, encoding="utf-8")
    for user in read_users(catalog):
        record = {
            "title": user["title"],
            "items": [_finished(video, user["defaults"]) for video in user["videos"]],
        }
        (site / "data" / f"{user['id']}.json").write_text(json.dumps(record, ensure_ascii=False), encoding="utf-8")
        (site / "content/feeds" / f"{user['id']}.md").write_text("{}\n", encoding="utf-8")


def _finished(video: dict[str, Any], defaults: dict[str, Any]) -> dict[str, Any]:
    rights = video["rights"]
    return {
        "title": video["title"],
        "guid": video["guid"],
        "page": video["page"],
        "description": video["description"],
        "published": _midnight(video["date"]).strftime("%a, %d %b %Y %H:%M:%S +0000"),
        "category": video["category"],
        "media": defaults["media_base"] + video["media"],
        "size": str(video["size"]),
        "duration": str(video["duration"]),
        "language": defaults["language"],
        "thumbnail": defaults["media_base"] + video["thumbnail"],
        "keywords": ", ".join([*defaults.get("tags", ()), *video["tags"]]),
        "valid": f"start={rights['from']}T00:00:00Z;end={rights['until']}T00:00:00Z;scheme=W3C-DTF",
        "allow": " ".join(rights["allow"]),
    }


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _main(name: str, *arguments: str) -> None:
    if name == "csafe":
        print(csafe(Path(arguments[0])))
    elif name == "feedgen":
        print(feedgen(Path(arguments[0]), Path(arguments[1])))
    elif name == "append":
        print(append(Path(arguments[0]), int(arguments[1]), b"-" * 400 + b"\n"))
    else:
        raise SystemExit(f'There is no peer "{name}": csafe, feedgen or append.')


if __name__ == "__main__":
    _main(*sys.argv[1:])
