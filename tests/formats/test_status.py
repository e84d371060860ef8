"""A status as people, monitors and browsers get it: whole, to the letter, whatever the names hold."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from lxml import etree

from feeds.core.events import Event
from feeds.core.status import Case, Need, Publication, Status, listed_since, matters, named, span_words
from feeds.formats import status_html, status_prometheus, status_text

AT = datetime(2026, 11, 28, 9, 5, 30, tzinfo=UTC)
WELL = Status(
    at=AT,
    name="Nord Clips",
    users={"adopted": 3, "rejected": 0, "unknown": 1},
    in_list=3,
    listed=1200,
    imported=34,
    held={"user unknown": 4, "held": 1},
    cases={},
    overdue_after=timedelta(days=3),
    backlog=0,
    publication=None,
    pushed=None,
)
NASTY = '<img src=x onerror=alert(1)>\n"\\&\x1b[2J\u202e'
ILL = replace(
    WELL,
    name=NASTY,
    cases={
        Need.FROZEN: named(["x2dan"]),
        Need.LIVE: named(["a8"]),
        Need.FAILED: named(["a1", "a2", "a3", "a4", "a5"]),
        Need.CONFLICTS: [Case(NASTY, "of x1 and x2")],
        Need.CORRECTED: named(["a9"]),
        Need.ASKED: named(["newbie (x2new)"]),
        Need.OVERDUE: named(["a2"]),
        Need.UNCLEAR: [Case("", "0123456789"), Case("", "1234567890")],
        Need.UNKNOWN: named(["\ud800"]),
        Need.DEAD_LETTERS: [Case("", "0123456789")],
    },
    backlog=2,
    publication=Publication(AT, "0123456789abcdef", True, 1200, 2),
    pushed=AT,
)

TEXT_WELL = """\
Nord Clips, 2026-11-28 09:05 UTC

  users           4  3 in the list, 3 adopted, 1 unknown
  videos      1,239  1,200 listed, 34 imported
                     4 waiting (user unknown)
                     1 held

  broken catalog                   0
  frozen users                     0
  still live on Dailymotion        0
  failed imports                   0
  conflicts                        0
  changed since import             0
  asked to join                    0
  overdue                          0
  unclear callbacks                0
  unknown guids                    0
  dead letters                     0

  last publication  none by this machine
  journal           empty

Nothing needs a person.
"""
TEXT_ILL = """\
  last publication  2026-11-28 09:05 UTC, 1,200 videos listed, commit 0123456789, 2 errors
  last push         2026-11-28 09:05 UTC
  journal           2 events

needs a person:
  frozen users (1): their files have faults: the last good versions are listed
    x2dan
    next: feeds check
  still live on Dailymotion (1): imported, and the network wants them there no more
    a8
    next: feeds takedown --dry-run
  failed imports (5): Dailymotion could not import them
    a1, a2, a3, and 2 more
    next: feeds results failures
  conflicts (1): imported again under a second id: one is to be deleted
    <img src=x onerror=alert(1)>\\n"\\&\\x1b[2J\\u202e
    next: feeds results list
  changed since import (1): Dailymotion shows them as they were before: relist has them read again
    a9
    next: feeds explain GUID
  asked to join (1): partners who want to join, and wait for an answer
    newbie (x2new)
    next: feeds partners list --state asked
  overdue (1): listed for too long without being imported
    a2
    next: feeds status --format json
  unclear callbacks (2): Dailymotion sent what nobody could understand
    next: feeds results failures
  unknown guids (1): results for guids that the catalog doesn't have
    \\ud800
    next: feeds status --format json
  dead letters (1): bodies that came to the callback and are none
    next: feeds results letters
"""


def test_all_that_is_well_fits_one_screen():
    assert status_text.render(WELL) == TEXT_WELL


def test_what_needs_a_person_is_named_with_the_next_command_and_obeys_no_terminal():
    text = status_text.render(ILL)
    assert text.endswith(TEXT_ILL)
    assert all(line.isprintable() for line in text.splitlines())


def test_a_refused_build_is_not_taken_for_a_publication():
    refused = replace(WELL, publication=Publication(AT, None, False, 0, 1))
    assert (
        "last publication  2026-11-28 09:05 UTC, refused: the site stayed as it was, 1 error\n"
        in status_text.render(refused)
    )


def test_a_broken_catalog_comes_first():
    broken = replace(ILL, name=None, cases={**ILL.cases, Need.CATALOG: [Case("", "catalog.yaml")]})
    assert status_text.render(broken).startswith("catalog.yaml is broken, 2026-11-28 09:05 UTC\n")
    assert matters(broken)[0].command == "feeds check"


def test_json_has_every_name():
    record = json.loads(status_text.render_json(ILL))
    found = {each["what"]: each["names"] for each in record.pop("needs_a_person")}
    assert found == {
        "frozen users": ["x2dan"],
        "still live on Dailymotion": ["a8"],
        "failed imports": ["a1", "a2", "a3", "a4", "a5"],
        "conflicts": [NASTY],
        "changed since import": ["a9"],
        "asked to join": ["newbie (x2new)"],
        "overdue": ["a2"],
        "unclear callbacks": [],
        "unknown guids": ["\ud800"],
        "dead letters": [],
    }
    assert record == {
        "at": "2026-11-28T09:05:30.000Z",
        "network": NASTY,
        "users": {"in_list": 3, "by_state": {"adopted": 3, "rejected": 0, "unknown": 1}},
        "videos": {"all": 1239, "listed": 1200, "imported": 34, "held": {"user unknown": 4, "held": 1}},
        "overdue_after": "3 days",
        "last_publication": {
            "at": "2026-11-28T09:05:30.000Z",
            "commit": "0123456789abcdef",
            "published": True,
            "listed": 1200,
            "errors": 2,
        },
        "last_push": "2026-11-28T09:05:30.000Z",
        "journal_lines": 2,
    }


# One line of the text format: https://prometheus.io/docs/instrumenting/exposition_formats/
HELP = re.compile(r"# HELP ([a-z_]+) [^\n\\]+")
TYPE = re.compile(r"# TYPE ([a-z_]+) gauge")
SAMPLE = re.compile(r'([a-z_]+)(?:\{([a-z]+)="((?:[^"\\\n]|\\["\\n])*)"\})? ([0-9]+(?:\.[0-9]+)?)')


def parsed(text):
    """Return the samples of a text, {(name, label): number}, having judged each line."""
    assert text.endswith("\n")
    samples, helped, typed = {}, [], []
    for each in text[:-1].split("\n"):
        if found := HELP.fullmatch(each):
            helped.append(found[1])
        elif found := TYPE.fullmatch(each):
            typed.append(found[1])
            assert helped == typed
        else:
            name, _, label, number = SAMPLE.fullmatch(each).groups()
            assert name == typed[-1]
            assert (name, label) not in samples
            samples[name, label] = float(number)
    assert len(set(typed)) == len(typed)
    return samples


def test_metrics_are_what_a_monitor_reads():
    samples = parsed(status_prometheus.render(ILL))
    assert samples["feeds_network_info", r"<img src=x onerror=alert(1)>\n\"\\&" + "\x1b[2J\u202e"] == 1
    assert samples["feeds_users", "adopted"] == 3
    assert samples["feeds_videos", "listed"] == 1200
    assert samples["feeds_needs_a_person", "failed imports"] == 5
    assert samples["feeds_overdue_after_seconds", None] == 259200
    assert samples["feeds_last_publication_timestamp_seconds", None] == AT.timestamp()
    assert samples["feeds_last_publication_ok", None] == 0
    assert samples["feeds_last_push_timestamp_seconds", None] == AT.timestamp()
    videos = [number for (name, _), number in samples.items() if name == "feeds_videos"]
    assert sum(videos) == ILL.videos


def test_every_series_but_those_of_moments_is_there_from_the_beginning():
    well, ill = parsed(status_prometheus.render(WELL)), parsed(status_prometheus.render(ILL))
    labels = {key for key in ill if key[0] != "feeds_network_info"}
    assert {name for name, _ in labels - well.keys()} == {
        "feeds_last_publication_timestamp_seconds",
        "feeds_last_publication_ok",
        "feeds_last_push_timestamp_seconds",
    }


@pytest.mark.parametrize("status", [WELL, ILL, replace(ILL, name=None)])
def test_the_page_is_self_contained_and_everything_in_it_is_escaped(status):
    text = status_html.render(status)
    text.encode()
    page = etree.fromstring(text.replace("\x1b", ""), etree.HTMLParser())
    tags = {each.tag for each in page.iter()}
    assert tags.isdisjoint({"script", "link", "img", "iframe", "object", "form", "base"})
    assert not re.search(r"https?:|url\(|@import|\son\w+=\"", text)
    assert {name for each in page.iter() for name in each.attrib}.isdisjoint({"src", "href", "style", "onerror"})
    assert all(each.find("caption") is not None for each in page.iter("table"))
    assert all(each.get("scope") in ("row", "col") for each in page.iter("th"))
    assert [each.tag for each in page.iter("h1")] == ["h1"]
    for each in matters(status):
        assert f"<code>{each.command}</code>".replace("'", "&#39;") in text


def test_the_page_says_when_all_is_well():
    text = status_html.render(WELL)
    assert '<h2 id="needs">Nothing needs a person</h2>' in text
    assert '<tr><th scope="row">listed</th><td>1,200</td></tr>' in text


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(days=1), "1 day"),
        (timedelta(hours=48), "2 days"),
        (timedelta(hours=36), "36 hours"),
        (timedelta(hours=1), "1 hour"),
    ],
)
def test_a_span_is_told_in_days_where_it_has_whole_ones(span, words):
    assert span_words(span) == words


def listed(day, items=(), gone=()):
    fields = {"items": dict.fromkeys(items, "d.m"), "gone": list(gone)}
    return Event(datetime(2026, 11, day, tzinfo=UTC), "listed", fields)


def test_a_video_is_listed_since_it_last_came_whatever_the_order_of_the_events():
    events = [listed(1, ["a", "b", "c"]), listed(2, ["a"]), listed(3, gone=["b", "c"]), listed(4, ["b"])]
    expected = {"a": datetime(2026, 11, 1, tzinfo=UTC), "b": datetime(2026, 11, 4, tzinfo=UTC)}
    assert listed_since(events) == expected
    assert listed_since(reversed(events)) == expected
