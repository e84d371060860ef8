"""From the catalog to the feed and back: whatever people write that is valid comes out of the feed as it is listed."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path

import feedparser
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feeds.building.site import Wish, build
from feeds.core.countries import COUNTRIES
from feeds.core.events import VideoResult
from feeds.core.guids import canonical_guid
from feeds.core.item import Item
from feeds.core.listing import Limits, listing
from feeds.core.partners import PartnerState
from feeds.core.xml_characters import forbidden_character
from feeds.formats import catalog_yaml, mrss, user_list
from feeds.settings import Folders
from tests.sites import AT, Site, adopted, imported

ROOT = Path(__file__).parents[2]
_NOT_YAML = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


def quoted(value):
    """Return JSON that YAML reads as the same value."""
    return _NOT_YAML.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(value, ensure_ascii=False))


texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30).filter(
    lambda text: text.strip() and not forbidden_character(text)
)
guids = st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=20)
names = st.text(st.sampled_from("aZ9-_ é€%&'ü+😀[]()$;=,~^|{}<>`\"@!*"), min_size=1, max_size=8).filter(
    lambda name: name[0] not in " ." and "  " not in name and name[-1] != " "
)
paths = st.builds("{}.{}".format, names, st.sampled_from(["mp4", "MOV", "mpg", "x"]))
urls = st.builds("{}://cdn.nord.example/{}".format, st.sampled_from(["https", "ftps", "http"]), paths)
tags = st.lists(texts.map(lambda text: text.replace(",", "")).filter(str.strip), max_size=3)
early = st.dates(date(1980, 1, 1), date(2024, 12, 31)).map(str)
late = st.dates(date(2025, 1, 1), date(2080, 12, 31)).map(str)
countries = st.lists(st.sampled_from(sorted(COUNTRIES)), min_size=1, max_size=3)
rights = st.one_of(
    st.fixed_dictionaries({}, optional={"from": early, "allow": countries}),
    st.fixed_dictionaries({}, optional={"until": late, "deny": countries}),
)
languages = st.sampled_from(["fr", "en", "pt-BR"])
switches = st.sampled_from(["true", "false"])
videos = st.fixed_dictionaries(
    {"guid": guids, "title": texts, "media": paths | urls, "category": st.sampled_from(["music", "tv"])},
    optional={
        "description": texts,
        "tags": tags,
        "duration": st.sampled_from(["12:34", "1:02:03", "7"]),
        "size": st.integers(1, 10**12).map(str),
        "thumbnail": paths | urls,
        "page": urls,
        "date": early | late,
        "rights": rights,
        "captions": st.dictionaries(languages, paths | urls, max_size=2),
        "explicit": switches,
        "priority": st.integers(-3, 3).map(str),
        "hold": texts,
    },
)
users = st.fixed_dictionaries(
    {"username": texts, "videos": st.lists(videos, max_size=5, unique_by=lambda video: canonical_guid(video["guid"]))},
    optional={
        "title": texts,
        "description": texts,
        "site": urls,
        "defaults": st.fixed_dictionaries(
            {"media_base": st.just("https://cdn.nord.example/ä b")},
            optional={"language": languages, "tags": tags, "rights": rights},
        ),
    },
)
tag_switches = st.dictionaries(
    st.sampled_from(["thumbnail", "keywords", "valid", "restriction", "rating", "subtitle"]), switches
)
UNSEEN = {
    "thumbnail": ["thumbnail_url"],
    "keywords": ["tags"],
    "valid": ["valid_from", "valid_until"],
    "restriction": ["allow", "deny"],
    "rating": ["explicit"],
    "subtitle": ["captions"],
}


def as_seen(item, tag_switches):
    """Return the item without what the feed doesn't show."""
    unseen = [name for tag, is_on in tag_switches.items() if is_on == "false" for name in UNSEEN[tag]]
    return item._replace(**{name: Item._field_defaults[name] for name in unseen})


@settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(users, tag_switches, st.integers(1, 4), st.data())
def test_what_is_listed_is_what_the_feed_says_and_any_reader_can_read_it(user, tag_switches, feed_limit, data):
    user = {"id": "anna", "defaults": {"media_base": "https://cdn.nord.example/"}, **user}
    gone = data.draw(st.sets(st.sampled_from([video["guid"] for video in user["videos"]]))) if user["videos"] else set()
    with tempfile.TemporaryDirectory() as folder:
        site = Site(Path(folder))
        site.network(feed_limit=feed_limit, mrss=tag_switches)
        site.write("users/anna.yaml", quoted(user))
        site.happened(adopted("anna") + imported(*gone))
        report = site.build()
        assert report.findings == []
        text = (site.out / "feeds" / "anna.xml").read_bytes()
        [entry] = user_list.parse((site.out / "users.json").read_bytes())
    read = catalog_yaml.parse_user(quoted(user).encode()).user
    assert [video.guid for video in read.videos] == [video["guid"] for video in user["videos"]]
    assert [video.title for video in read.videos] == [video["title"] for video in user["videos"]]
    results = {guid: VideoResult(remote_id="x") for guid in gone}
    expected = listing(read, results, state=PartnerState.ADOPTED, limits=Limits(feed_limit, 3), at=AT)
    channel, items = mrss.parse(text)
    assert items == [as_seen(item, tag_switches) for item in expected.items]
    assert channel.title == user.get("title", user["username"])
    assert entry.username == user["username"]
    seen = feedparser.parse(text)
    assert not seen.bozo
    assert len(seen.entries) == len(items)
    for entry, item in zip(seen.entries, items, strict=True):
        assert entry.media_content[0]["url"] == item.media_url
        if item.guid.isascii():  # feedparser takes "Â¡" for a mistake of encoding, and mends it
            assert entry.id == item.guid


def test_every_feed_of_the_sample_is_read_by_feedparser(tmp_path):
    report = build(Wish(Folders(ROOT, tmp_path / "state"), tmp_path / "out", AT, 1))
    listed = {user.id: user.listed for user in report.users if user.in_list}
    assert len(listed) >= 3
    for entry in user_list.parse((tmp_path / "out" / "users.json").read_bytes()):
        seen = feedparser.parse((tmp_path / "out" / "feeds" / f"{entry.id}.xml").read_bytes())
        assert not seen.bozo
        assert len(seen.entries) == listed[entry.id]
    assert report.listed > 5


@pytest.mark.parametrize(
    "title", ["a < b", "]]>", "&amp;", '"quoted"', "a\r\nb", "a\rb", "a\u0085\u2028b", "עברית", "😀"]
)
def test_titles_that_break_careless_writers_come_back_letter_by_letter(site, title):
    site.write("users/anna.yaml", quoted({"id": "anna", "username": title, "videos": [
        {"guid": "a<&>", "title": title, "category": "tv", "media": "https://a.example/1.mp4", "description": title},
    ]}))  # fmt: skip
    site.build()
    [item] = site.feed("anna")
    assert (item.guid, item.title, item.description) == ("a<&>", title, title)
    assert json.loads((site.out / "users.json").read_bytes())[0]["username"] == title


@pytest.fixture
def program(tmp_path):
    """Return a copy of the program, and a function that builds with it and returns its exit code and errors."""
    folder = tmp_path / "program"
    for name in ("feeds", "templates"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))

    def run(site):
        arguments = ["--catalog", site.catalog, "--out", site.out, "--at", AT.isoformat(), "--jobs", "1"]
        environ = {**os.environ, "FEEDS_STATE": str(site.state), "PYTHONDONTWRITEBYTECODE": "1"}
        command = [sys.executable, "-m", "feeds", "build", *arguments]
        done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=False)
        return done.returncode, done.stderr

    return folder, run


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('<guid isPermaLink="false">{{ guid }}</guid>', ""),
        ("{{ guid }}</guid>", "{{ title }}</guid>"),
        ("</channel>", ""),
        (" in items %}", " in items[1:] %}"),
    ],
)
def test_a_template_that_somebody_broke_publishes_nothing_and_harms_nobody(site, program, old, new):
    folder, run = program
    assert run(site) == (0, "")
    before = site.tree()
    template = folder / "templates" / "mrss.xml"
    assert old in template.read_text()
    template.write_text(template.read_text().replace(old, new))
    site.user("anna", "a1", "a2", "a3", "a4", "a5")
    code, errors = run(site)
    assert code == 1
    assert "anna.yaml:1:1: error[feed]" in errors
    assert "bo.yaml:1:1: error[feed]" in errors
    assert site.tree() == before
    shutil.copy(ROOT / "templates" / "mrss.xml", template)
    assert run(site) == (0, "")
    assert site.listed("anna") == ["a1", "a2", "a3", "a4", "a5"]
