"""README and docs name all there is: every verb, every setting, every key of the catalog."""

import re

import click
import pytest
from pydantic import BaseModel

from feeds.__main__ import main
from feeds.core.catalog import CatalogFile, Network, UserEntry, VideoEntry
from tests.clones import ROOT

README = (ROOT / "README.md").read_text()
DOCS = README + "".join(path.read_text() for path in sorted((ROOT / "docs").glob("*.md")))
ENV_EXAMPLE = (ROOT / ".env.example").read_text()
SETTINGS = (ROOT / "feeds/settings.py").read_text()
SOURCES = "".join(path.read_text() for path in (ROOT / "app.py", *sorted((ROOT / "feeds").rglob("*.py"))))


def verbs(group=main, path=()):
    """Yield the words of every verb and subcommand."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        yield (*path, name)
        if isinstance(command, click.Group):
            yield from verbs(command, (*path, name))


def settings():
    """Return the name of every setting that the sources read, those that are put together from two parts as well."""
    whole = set(re.findall(r'"(FEEDS_[A-Z_]*[A-Z])"', SOURCES))
    tuples = re.findall(r"^_(?:ADDRESSES|DAILYMOTION) = [({](.*?)[)}]$", SETTINGS, re.M | re.S)
    parts = re.findall(r'"([A-Z_]+)"', " ".join(tuples))
    secrets = {"FEEDS_CALLBACK_SECRET", "FEEDS_SECRET_KEY", "FEEDS_NOTIFY_URL", "FEEDS_SITE_PATH"}
    secrets |= {"FEEDS_SITE_USERS", "FEEDS_SITE_LOGIN", "FEEDS_DAILYMOTION_SECRET", "FEEDS_DAILYMOTION_PASSWORD"}
    return whole | {f"FEEDS_DAILYMOTION_{part}" for part in parts} | secrets | {f"{each}_FILE" for each in secrets}


def keys(model, path=()):
    """Yield the path of every key below a model of the catalog."""
    for name, field in model.model_fields.items():
        here = (*path, field.alias or name)
        yield here
        for inner in models_in(field.annotation):
            yield from keys(inner, here)


def models_in(annotation):
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in getattr(annotation, "__args__", ()):
        yield from models_in(inner)


def documented_settings():
    """Return the settings that README's table names, `_SECRET` after `FEEDS_DAILYMOTION_KEY` spelled out."""
    table = README[README.index("## Settings") :].split("\n## ")[0]
    found = set()
    for row in re.findall(r"^\| (`FEEDS_.*?) \|", table, re.M):
        first, *others = re.findall(r"`([A-Z_]+)`", row)
        found.add(first)
        for other in others:
            # `FEEDS_A_KEY`, `_SECRET`: the group's other member; `FEEDS_B` or `_FILE`: the same, from a file.
            stems = {"FEEDS_DAILYMOTION"} if first.startswith("FEEDS_DAILYMOTION") else {first}
            found |= {other} if other.startswith("FEEDS_") else {f"{stem}{other}" for stem in stems}
    return found


def table(head):
    """Return the rows of README's table with this head."""
    return re.search(rf"^\| {re.escape(head)} \|.*\n((?:\|.*\n)+)", README, re.M)[1]


VERBS = sorted(verbs())


@pytest.mark.parametrize("verb", VERBS, ids=" ".join)
def test_every_verb_is_named(verb):
    words = " ".join(verb)
    assert re.search(rf"\bfeeds {words}\b", DOCS), f"neither README nor docs/ name feeds {words}"


def test_the_table_has_every_setting_that_is_read_and_no_other():
    only_tests = {"FEEDS_TEST_ALL"}
    assert len(settings()) > 20
    assert sorted(settings() ^ (documented_settings() - only_tests)) == []


def test_the_example_has_one_line_for_every_setting_that_is_read_and_no_other():
    assert sorted(re.findall(r"^#?(FEEDS_[A-Z_]+)=", ENV_EXAMPLE, re.M)) == sorted(settings())


@pytest.mark.parametrize(
    ("head", "model"), [("key of a video", VideoEntry), ("key of a user", UserEntry), ("key of `network`", Network)]
)
def test_every_key_of_the_catalog_has_its_place_in_a_table(head, model):
    named = set(re.findall(r"[a-z_]+", "".join(re.findall(r"`[^`]+`", table(head)))))
    assert sorted({key for path in keys(model) for key in path} - named - inherited(model)) == []


def inherited(model):
    """Return the keys that another table explains: those of a user's videos."""
    return {key for path in keys(VideoEntry) for key in path} if model is UserEntry else set()


def test_the_keys_of_the_whole_catalog_are_shown():
    part = README[README.index("## The catalog") :].split("\n## ")[0]
    assert [key for key in CatalogFile.model_fields if f"{key}:" not in part] == []
