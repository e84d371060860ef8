"""The judgement over a rehearsal: what must add up, and the table that an editor reads."""

import json
from datetime import UTC, datetime

import pytest

from feeds.commands._rehearsal import (
    Crawl,
    Row,
    compare,
    faults,
    faults_of_clones,
    faults_of_sites,
    moved_up,
    parse_crawl,
    rows,
    table,
)
from feeds.core.events import IMPORT_FAILED, IMPORTED, UNCLEAR, Event

AT = datetime(2026, 11, 24, 21, 15, tzinfo=UTC)


def sent(guid, status="ready"):
    return {"timestamp": 1, "type": f"injector.item.{status}", "data": {"status": status, "uid": guid}}


def record(kind, uid, status="ready", guid=None):
    named = {} if kind == UNCLEAR else {"guid": guid or uid}
    return Event(AT, kind, {**named, "raw": json.dumps(sent(uid, status), indent=1)})


def crawl(*, posts=(), complaints=(), **users):
    guids = {user: frozenset(listed.split()) for user, listed in users.items()}
    return Crawl({user: user.title() for user in users}, guids, tuple(complaints), tuple(posts))


def post(*events, status=200, answer="{}", outcomes=None):
    guids = [event["data"]["uid"] for event in events]
    told = outcomes or ["imported" if event["data"]["status"] == "ready" else "failed" for event in events]
    return {"guids": guids, "outcomes": told, "events": list(events), "status": status, "answer": answer}


FIRST = crawl(
    anna="a1 a2 a3",
    bo="b1 b2",
    posts=[
        post(sent("a1"), sent("a2", "error")),
        post(sent("b1"), sent("zz")),
        post(sent("b2"), outcomes=["bare"]),
        post(sent("a1")),
    ],
)
RECORDS = [
    record(IMPORTED, "a1"),
    record(IMPORT_FAILED, "a2", "error"),
    record(IMPORTED, "b1"),
    record(IMPORTED, "zz"),
    record(UNCLEAR, "b2"),
]


def test_what_adds_up_has_no_faults():
    assert faults(compare(FIRST, crawl(anna="a2 a3", bo="b2"), RECORDS)) == []


@pytest.mark.parametrize("raw", ["", "[" * 100_000, "1" * 5_000])
def test_older_records_that_are_no_json_do_no_harm(raw):
    older = Event(AT, UNCLEAR, {"raw": raw, "why": "it is nested too deeply"})
    assert faults(compare(FIRST, crawl(anna="a2 a3", bo="b2"), [older, *RECORDS])) == []


def test_a_failed_video_may_leave_since_the_build_has_a_reason_for_it():
    assert faults(compare(FIRST, crawl(anna="a3", bo="b2"), RECORDS)) == []


@pytest.mark.parametrize(
    ("second", "records", "message"),
    [
        (crawl(anna="a1 a2 a3", bo="b2"), RECORDS, "a1 is still in the feed of Anna, though imported."),
        (crawl(anna="a2", bo="b2"), RECORDS, "a3 left the feed of Anna, though not imported."),
        (crawl(anna="a2 a3", bo=""), RECORDS, "b2 left the feed of Bo, though not imported."),
        (crawl(anna="a2 a3"), RECORDS, "Bo left the user list."),
        (crawl(anna="a2 a3", bo="b2"), RECORDS[:4], "b2 is not in the results, though called back."),
        (
            crawl(anna="a2 a3", bo="b2"),
            [record(IMPORTED, "b1", guid="b9") if event.text("guid") == "b1" else event for event in RECORDS],
            "b1 is not in the results, though called back.",
        ),
    ],
)
def test_what_does_not_add_up_is_said(second, records, message):
    assert message in faults(compare(FIRST, second, records))


@pytest.mark.parametrize(
    ("guid", "record", "message"),
    [
        ("a1", record(UNCLEAR, "a1"), "a1 was called back as imported, but recorded as unclear."),
        ("a2", record(IMPORTED, "a2", "error"), "a2 was called back as failed, but recorded as imported."),
        ("b2", record(IMPORTED, "b2"), "b2 was called back as bare, but recorded as imported."),
    ],
)
def test_a_callback_that_was_misread_is_said(guid, record, message):
    others = [event for event in RECORDS if f'"{guid}"' not in event.text("raw")]
    assert message in faults(compare(FIRST, crawl(anna="a2 a3", bo="b2"), [*others, record]))


def test_a_callback_that_was_not_taken_is_said():
    first = crawl(
        posts=[post(sent("a1"), status=503, answer="later\n"), post(sent("a1"), status=None, answer="Timeout")]
    )
    assert faults(compare(first, crawl(), [record(IMPORTED, "a1")])) == [
        "A callback was answered 503 instead of 200: later",
        "A callback was answered nothing instead of 200: Timeout",
    ]


def test_what_the_importer_complains_of_is_said():
    report = {
        "users": [
            {"id": "x2", "username": "anna", "error": "status 404 instead of 200", "items": [], "refused": []},
            {
                "id": "x3",
                "username": "bo",
                "error": None,
                "items": [{"guid": "b1"}],
                "refused": [{"position": 2, "guid": "b2", "why": "it has no title"}],
            },
        ],
        "posts": [],
    }
    found = parse_crawl(json.dumps(report))
    assert (found.guids, found.listed) == ({"x2": frozenset(), "x3": frozenset({"b1"})}, 1)
    assert (
        faults(compare(found, found, []))
        == [
            "The importer could not read the feed of anna: status 404 instead of 200.",
            "The importer refused item 2 of bo (guid b2): it has no title.",
        ]
        * 2
    )


PUSHED = {"catalog.yaml": b"new", "users/a.yaml": b"a"}
REMOTE = {**PUSHED, "results/main/2026-11-24.yaml": b"- {}"}


def test_clones_that_have_all_that_was_pushed_have_no_faults():
    assert faults_of_clones(PUSHED, REMOTE, REMOTE) == []


@pytest.mark.parametrize(
    ("pulled", "fresh", "message"),
    [
        ({**REMOTE, "catalog.yaml": b"old"}, {**REMOTE, "catalog.yaml": b"old"}, "catalog.yaml is not on the remote"),
        ({**PUSHED, "users/b.yaml": b""}, {**PUSHED, "users/b.yaml": b""}, "users/b.yaml is not on the remote"),
        ({"catalog.yaml": b"new"}, {"catalog.yaml": b"new"}, "users/a.yaml is not on the remote as the editor"),
        (PUSHED, REMOTE, "results/main/2026-11-24.yaml is not after the editor's pull what the remote has"),
    ],
)
def test_what_a_clone_lacks_is_said(pulled, fresh, message):
    (found,) = faults_of_clones(PUSHED, pulled, fresh)
    assert message in found


def test_another_site_is_said():
    site = {"users.json": b"[]", "feeds/x2.xml": b"<rss/>"}
    assert faults_of_sites(site, site) == []
    assert faults_of_sites(site, {**site, "feeds/x2.xml": b""}) == [
        "A fresh clone builds another site: feeds/x2.xml is different."
    ]
    assert faults_of_sites(site, {}) == ["A fresh clone builds another site: feeds/x2.xml, users.json are different."]


def test_videos_that_moved_up_are_counted():
    assert moved_up(compare(FIRST, crawl(anna="a2 a3 a4", bo="b2", cy="c1"), RECORDS)) == 2


def test_the_table_counts_each_video_once_and_each_stranger_apart():
    shown = table(rows(compare(FIRST, crawl(anna="a2 a3", bo="b2"), RECORDS)))
    assert shown.splitlines() == [
        "user                before imported   failed  unclear  unknown    after",
        "-----------------------------------------------------------------------",
        "Anna                     3        1        1        -        -        2",
        "Bo                       2        1        -        1        -        1",
        "(no user's video)        -        -        -        -        1        -",
        "-----------------------------------------------------------------------",
        "total                    5        2        1        1        1        3",
    ]


def test_a_long_table_is_shortened_and_keeps_its_total():
    users = {f"user{number:04}": "v{number}" for number in range(1000)}
    shown = table(rows(compare(crawl(**users), crawl(**users), []))).splitlines()
    assert len(shown) == 2 + 20 + 2 + 2
    assert shown[22].split() == ["(980", "more", "users)", "980", "-", "-", "-", "-", "980"]
    assert shown[-1].split() == ["total", "1000", "-", "-", "-", "-", "1000"]


def test_the_table_fits_80_columns():
    lines = table([Row("n" * 300, (10**6,) * 6), Row("total", (10**6,) * 6)]).splitlines()
    assert max(map(len, lines)) <= 80
    assert "n" * 23 + "…" in lines[2]
