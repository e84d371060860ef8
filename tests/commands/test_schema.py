"""`feeds schema`: what editors complete and check with says the same as the strict reader."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft7Validator
from ruamel.yaml import YAML
from ruamel.yaml.constructor import SafeConstructor

from feeds.formats import catalog_yaml, schema

ROOT = Path(__file__).parents[2]


class AsEditorsRead(SafeConstructor):
    """YAML 1.2 as an editor's language server reads it: dates are text."""


AsEditorsRead.add_constructor("tag:yaml.org,2002:timestamp", SafeConstructor.construct_yaml_str)


def seen_by_an_editor(text):
    yaml = YAML(typ="safe", pure=True)
    yaml.Constructor = AsEditorsRead
    return yaml.load(text)


def faults(which, text):
    validator = Draft7Validator(json.loads(schema.render(which)))
    return [each.json_path for each in validator.iter_errors(seen_by_an_editor(text))]


@pytest.mark.parametrize("which", ["catalog", "user"])
def test_the_schema_in_the_repository_is_current(feeds, which):
    text = (ROOT / f"{which}.schema.json").read_text()
    assert text == schema.render(which)
    assert feeds.run("schema", which) == (0, text, "")


def test_without_a_word_it_is_the_catalog_s(feeds):
    assert feeds.run("schema") == (0, schema.render("catalog"), "")
    assert feeds.run("schema", "feed")[0] == 2


@pytest.mark.parametrize("which", ["catalog", "user"])
def test_the_schema_is_valid_draft_07(which):
    document = json.loads(schema.render(which))
    assert document["$schema"] == "http://json-schema.org/draft-07/schema#"
    Draft7Validator.check_schema(document)


@pytest.mark.parametrize(
    "path", [ROOT / "catalog.yaml", *sorted((ROOT / "users").glob("*.yaml"))], ids=lambda path: path.name
)
def test_the_sample_is_valid(path):
    assert faults("catalog" if path.name == "catalog.yaml" else "user", path.read_text()) == []


USER = """\
id: 0123
username: 12:30
title: no
site: https://nord.example/anna
description: 1e5
enabled: false
defaults:
  category: lifestyle
  language: no
  tags: [2026, 1_000, yes, 2026-11-24]
  media_base: https://cdn.nord.example/anna/
  rights: {from: 2026-11-20, until: 2027-12-31T12:00:00Z, deny: [no, us]}
videos:
  - guid: 142
    title: 2012
    description: |
      Two
      lines
    category: tv
    tags: [tarte]
    media: 0142.mp4
    media_type: video/mp4
    duration: 12:34
    size: 1048576
    thumbnail: 0142.jpg
    page: https://nord.example/v/0142
    date: 2026-11-20
    rights: {from: 2026-11-20, until: 2027-12-31, allow: [fr, be]}
    captions: {fr: 0142.fr.srt, pt-BR: https://h.example/pt.srt}
    explicit: false
    for_kids: true
    priority: -5
    hold: 2026
  - {guid: 1.10, title: true, media: https://h.example/a.mp4, duration: 754}
  - guid: a
    title: A
    media: a.mp4
    description:
    category:
    tags:
    media_type:
    duration:
    size:
    thumbnail:
    page:
    date:
    rights:
    captions:
    explicit:
    for_kids:
    priority:
    hold:
"""
CATALOG = """\
network:
  name: 2012
  site: https://nord.example/
  base_url: https://feeds.nord.example
  parent_id: 1234
  feed_limit: 100
  max_failures: 3
  overdue: 36h
  notify: [failed imports, overdue]
  user_list: {wrap: null, fields: {id: id, username: 1, feed: true}, confirmed: true}
  mrss: {self_link: true, thumbnail: true, keywords: true, valid: false, restriction: , rating: true, subtitle: true}
include: [users/*.yaml]
users:
"""
KITCHEN_SINK = CATALOG + "".join(
    f"  {'- ' if not number else '  '}{line}\n" for number, line in enumerate(USER.splitlines())
)
EMPTY = (
    CATALOG.replace("  mrss:", "  mrss:\n  # ")
    .replace("  user_list:", "  user_list:\n  # ")
    .replace("[users/*.yaml]", "")
)


@pytest.mark.parametrize(("which", "text"), [("user", USER), ("catalog", KITCHEN_SINK), ("catalog", EMPTY)])
def test_what_the_strict_reader_takes_an_editor_takes_too(which, text):
    assert faults(which, text) == []
    if which == "user":
        assert catalog_yaml.parse_user(text.encode()).faults == ()
    else:
        read = catalog_yaml.parse_network(text.encode())
        assert isinstance(read, catalog_yaml.ReadNetwork)
        assert [catalog_yaml.user_of(tree).faults for tree in read.users] == [()] * len(read.users)


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        ("username:", "user_name:", "$"),
        ("  category: lifestyle", "  categories: lifestyle", "$.defaults"),
        ("    media: 0142", "    medium: 0142", "$.videos[0]"),
        ("{from: 2026-11-20, until: 2027-12-31,", "{since: 2026-11-20,", "$.videos[0].rights"),
        ("category: tv", "category: kids", "$.videos[0].category"),
        ("page: https", "page: javascript", "$.videos[0].page"),
        ("tags: [tarte]", "tags: tarte", "$.videos[0].tags"),
        ("explicit: false", "explicit: maybe", "$.videos[0].explicit"),
        ("enabled: false", "enabled: no", "$.enabled"),
        ("    title: A\n", "    title:\n", "$.videos[2].title"),
        ("size: 1048576", "size: big", "$.videos[0].size"),
        ("media_base: https:", "media_base: ", "$.defaults.media_base"),
    ],
)
def test_an_editor_underlines_what_the_strict_reader_refuses(old, new, path):
    text = USER.replace(old, new, 1)
    assert path in faults("user", text)
    assert catalog_yaml.parse_user(text.encode()).faults


def test_every_key_tells_what_it_is_for_or_speaks_for_itself():
    document = json.loads(schema.render("catalog"))
    silent = {
        f"{name}.{key}"
        for name, entry in document["definitions"].items()
        for key, value in entry["properties"].items()
        if "description" not in value and "$ref" not in json.dumps(value)
    }
    assert silent == {
        "Network.name", "UserEntry.username", "VideoEntry.tags", "VideoEntry.title",
        "UserListFields.id", "UserListFields.username", "UserListFields.feed", "Defaults.category",
    }  # fmt: skip
