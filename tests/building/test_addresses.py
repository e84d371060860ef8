"""Where the built site says it is: below a segment that only Dailymotion is told, where the network wants that."""

import json
import re

import pytest

from feeds.core.errors import UsageError
from tests.sites import Site, adopted

OLD, NEW = "M3tRp5f0cTqVwXyZ7aB9dE1g", "n7Kq2LxW9vRzT4bY6cH8jD0s"
CLOSED = ["secret path"]


@pytest.fixture
def site(tmp_path):
    """Make a network with two adopted users, whose addresses are secret."""
    site = Site(tmp_path)
    site.network(access=CLOSED)
    site.user("anna", "a1", "a2")
    site.user("bo", "b1")
    site.happened(adopted("anna", "bo"))
    return site


def addresses(site):
    return [entry["feed_url"] for entry in json.loads((site.out / "users.json").read_bytes())]


def self_links(site):
    return [re.search(r'<atom:link rel="self" [^>]*href="([^"]+)"', path.read_text())[1] for path in feeds_of(site)]


def feeds_of(site):
    return sorted((site.out / "feeds").glob("*.xml"))


def below(segment):
    return [f"https://feeds.nord.example/{segment}feeds/{user}.xml" for user in ("anna", "bo")]


def test_the_secret_stands_in_every_address_and_in_no_files_name(site):
    site.build(secret_path=NEW)
    assert addresses(site) == self_links(site) == below(f"{NEW}/")
    assert sorted(site.tree()) == ["feeds/anna.xml", "feeds/bo.xml", "users.json"]


def test_a_new_secret_rewrites_users_json_and_each_feed_and_the_old_one_brings_the_old_bytes_back(site):
    site.build(secret_path=OLD)
    before = site.tree()
    assert site.build(secret_path=NEW).written == 3
    assert addresses(site) == self_links(site) == below(f"{NEW}/")
    assert site.build(secret_path=NEW).written == 0
    assert site.build(secret_path=OLD).written == 3
    assert site.tree() == before


def test_what_is_published_changes_with_the_word_in_the_catalog(site):
    site.build(secret_path=NEW)
    site.network(access=["basic auth", "addresses"])
    assert site.build(secret_path=NEW).written == 3
    assert addresses(site) == self_links(site) == below("")
    site.network(access=["addresses", "secret path"])
    site.build(secret_path=NEW)
    assert addresses(site) == below(f"{NEW}/")


def test_another_way_of_closing_the_site_renders_no_feed_anew(site):
    site.network()
    site.build()
    before = {path: path.stat().st_mtime_ns for path in feeds_of(site)}
    site.network(access=["basic auth"])
    assert site.build(secret_path=NEW).written == 0
    assert {path: path.stat().st_mtime_ns for path in feeds_of(site)} == before


def test_the_publisher_is_refused_without_the_secret_also_where_nothing_has_changed(site):
    with pytest.raises(UsageError, match=r"(?s)FEEDS_SITE_PATH is not set here.*token_urlsafe"):
        site.build(record=True)
    assert not (site.out / "users.json").exists()
    site.build(record=True, secret_path=NEW)
    before = site.tree()
    with pytest.raises(UsageError, match="Nothing was published"):
        site.build(record=True)
    assert site.tree() == before
    assert site.build(record=True, secret_path=NEW).written == 0


def test_a_build_at_home_goes_on_without_the_secret_and_says_so(site):
    report = site.build()
    assert addresses(site) == below("")
    assert [note.partition(":")[0] for note in report.notes] == [
        "network.access wants a secret path, and FEEDS_SITE_PATH is not set", "the shape of users.json is a proposal",
    ]  # fmt: skip
    assert site.build(secret_path=NEW).notes == report.notes[1:]


def test_the_secret_is_in_no_file_but_the_published_ones(site):
    site.build(secret_path=OLD, record=True)
    site.build(secret_path=NEW, record=True)
    assert all(NEW.encode() in text for text in site.tree().values())
    kept = [path for folder in (site.state, site.catalog) for path in folder.rglob("*") if path.is_file()]
    assert kept
    assert [path for path in kept if OLD.encode() in path.read_bytes() or NEW.encode() in path.read_bytes()] == []
