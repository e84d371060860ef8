"""Why a video is or isn't in the feed is said in words, with the line that decides and what stands behind it."""

import json
from datetime import datetime, timedelta

import pytest

from feeds.building.explaining import explain
from feeds.core.errors import UsageError
from feeds.formats import explain_json, explain_text
from feeds.settings import Folders
from tests.clones import git
from tests.sites import AT, Site, adopted, failed, imported, line, tree, videos

TODAY = "2026-11-24"


@pytest.fixture
def site(tmp_path):
    return Site(tmp_path)


@pytest.fixture
def told(site):
    """Return a function that explains a name, and what it knows by heading."""

    def explained(name, at=AT):
        found = explain(Folders(site.catalog, site.state), name, at)
        assert found is not None
        json.loads(explain_json.render(found))
        return found, {fact.about: fact for fact in found.facts}

    return explained


def spot(found):
    place = found.verdict.place
    return place and f"{place.file}:{place.line}"


@pytest.mark.parametrize(
    ("keys", "words", "place", "step"),
    [
        ({}, "listed: number 1 of 2 in the feed", "users/anna.yaml:5", "Nothing"),
        ({"hold": "a better cut"}, "not listed: held: a better cut", "users/anna.yaml:5", "take the line `hold` out"),
        (
            {"withdraw": "a claim"},
            "not listed: withdrawn: a claim",
            "users/anna.yaml:5",
            "take the line `withdraw` out",
        ),
        (
            {"rights": {"from": "2026-12-01"}},
            "not listed: its rights begin at 2026-12-01 00:00 UTC",
            "users/anna.yaml:5",
            "once its rights begin",
        ),
        (
            {"rights": {"until": "2026-11-22"}},
            "not listed: its rights ended at 2026-11-23 00:00 UTC",
            "users/anna.yaml:5",
            "write the new `until`",
        ),
        ({"priority": "-1"}, "listed: number 2 of 2 in the feed", "users/anna.yaml:5", "Nothing"),
    ],
)
def test_each_reason_of_a_video_is_a_sentence_with_its_line(site, told, keys, words, place, step):
    site.user("anna", {"guid": "a1", **keys}, "a2")
    site.happened(adopted("anna"))
    found, _ = told("a1")
    assert (found.verdict.words, spot(found), found.user) == (words, place, "anna")
    assert step in found.next[0]
    assert found.listed is words.startswith("listed")


def test_the_line_is_that_of_the_key_that_decides_also_in_the_defaults(site, told):
    site.write(
        "users/anna.yaml",
        "id: anna\nusername: anna\ndefaults:\n  category: tv\n  rights:\n    until: 2026-11-20\nvideos:\n"
        "  - guid: a1\n    title: T\n    media: https://x.example/1.mp4\n    hold: wait\n"
        "  - guid: a2\n    title: T\n    media: https://x.example/2.mp4\n",
    )
    site.happened(adopted("anna"))
    assert spot(told("a1")[0]) == "users/anna.yaml:11"
    assert spot(told("a2")[0]) == "users/anna.yaml:6"


@pytest.mark.parametrize(
    ("events", "words", "step"),
    [
        ("", "user unknown", "feeds partners invite"),
        (line("rejected", user="anna", parent="x1nord"), "user rejected", "feeds partners approve"),
        (line("left", user="anna", parent="x1nord"), "user left", "feeds partners invite"),
        (line("adopted", user="anna", parent="x1other"), "user not adopted", "feeds doctor"),
        (line("asked_to_join", user="anna", parent="x1nord"), "user asked to join", "Decide"),
        (line("approved", user="anna", parent="x1nord"), "user approved, not connected yet", "connect once more"),
        (line("refused", user="anna", parent="x1nord"), "user refused", "feeds partners approve"),
    ],
)
def test_what_keeps_all_videos_of_a_user_is_said_of_the_user_and_of_each_video(site, told, events, words, step):
    site.user("anna", "a1")
    site.happened(events)
    for name in ("a1", "anna"):
        found, _ = told(name)
        assert found.verdict.words.endswith(f": {words}")
        assert spot(found) == "users/anna.yaml:1"
        assert step in found.next[0]


def test_a_disabled_user_is_told_by_that_line(site, told):
    site.user("anna", "a1", enabled="false")
    site.happened(adopted("anna"))
    assert (told("a1")[0].verdict.words, spot(told("a1")[0])) == ("not listed: user disabled", "users/anna.yaml:3")


def test_a_video_over_the_limit_knows_its_turn_and_the_line_of_the_limit(site, told):
    site.user("anna", "a1", "a2", "a3")
    site.happened(adopted("anna"))
    site.network(feed_limit=2)
    found, _ = told("a3")
    assert found.verdict.words == "not listed: number 3 of 3 that wait, and the feed takes 2"
    assert spot(found) == "catalog.yaml:6"


def test_an_import_has_its_link_and_its_event(site, told):
    site.user("anna", "a1")
    site.happened(adopted("anna") + imported("a1") + imported("a1", at="2026-11-22T10:00:00.000Z"))
    site.happened(line("imported", "2026-11-23T10:00:00.000Z", guid="a1", remote_id="second"))
    found, _ = told("a1")
    imports = [fact for fact in found.facts if fact.about == "imported"]
    assert [fact.words for fact in imports] == [
        "2026-11-21 10:00 UTC: https://www.dailymotion.com/video/x-a1",
        "2026-11-23 10:00 UTC: https://www.dailymotion.com/video/second",
    ]
    site.journal(line("undone", "2026-11-24T10:00:00.000Z", guid="a1", undoes=imports[1].event, why="false"))
    assert told("a1")[0].facts[-1].words.endswith("second, taken back")


def test_failures_have_dailymotions_word(site, told):
    site.user("anna", "a1")
    site.happened(adopted("anna") + failed("a1", 1) + failed("a1", 2) + failed("a1", 3))
    found, facts = told("a1")
    assert found.verdict.words == "not listed: failed 3 times as it is now, and 3 are the limit"
    assert facts["import failed"].words == "2026-11-21 10:00 UTC: Dailymotion says broken"
    assert found.next[1] == "Mend the item, or list it once more as it is: feeds results retry a1 --why ..."


def test_adoption_tells_since_when_by_whom_and_why(site, told):
    site.user("anna", "a1")
    site.happened(line("adopted", user="anna", parent="x1nord", by="karl", why="contract 881"))
    assert told("a1")[1]["user"].words == "anna is adopted since 2026-11-20 10:00 UTC, by karl: contract 881"


def test_a_change_since_the_import_is_told_with_what_has_it_read_again_until_it_is(site, told):
    site.user("anna", "a1")
    site.happened(adopted("anna"))
    site.build(record=True)
    noted = datetime.fromisoformat(site.journalled()[0]["at"])
    site.journal(imported("a1", at=(noted + timedelta(hours=1)).isoformat()))
    at = (noted + timedelta(days=2)).replace(hour=12, minute=0, second=0, microsecond=0)
    assert told("a1", at)[0].next == ["Nothing: it is where it should be."]
    site.user("anna", {"guid": "a1", "title": "Another"})
    found, facts = told("a1", at)
    assert facts["changed since import"].words == "yes: Dailymotion shows it as it was before"
    assert found.next == [
        f"To have Dailymotion read it again as it is now, write `relist: {at:%Y-%m-%d}` below it.",
        "Title, description, tags and category alone can be sent at once: feeds push a1",
    ]
    site.user("anna", {"guid": "a1", "title": "Another", "relist": f"{at:%Y-%m-%d}"})
    found, facts = told("a1", at)
    until = at.replace(hour=0) + timedelta(days=14)
    assert found.listed
    assert (
        facts["relist"].words
        == f"open: listed once more until it is imported anew, or until {until:%Y-%m-%d} 00:00 UTC"
    )
    assert told("a1", until)[1]["relist"].words.startswith("over since")
    assert told("a1", at - timedelta(days=1))[1]["relist"].words.startswith("begins at")
    assert not told("a1", until)[0].listed


def test_what_is_still_live_comes_first_in_what_to_do(site, told):
    site.user("anna", {"guid": "a1", "withdraw": "a claim"})
    site.happened(adopted("anna") + line("listed", user="anna", items={"gone": "d.m"}) + imported("a1", "gone"))
    found, facts = told("a1")
    assert facts["still live"].words == "withdrawn: a claim: https://www.dailymotion.com/video/x-a1"
    assert found.next[0].startswith("Take it down")
    gone, _ = told("gone")
    assert gone.verdict.words == "not listed: the catalog has no such guid; it was listed for anna"
    assert gone.next == [
        "Take it down (deleted from the catalog), as leaving a feed deletes nothing: feeds takedown gone"
    ]
    site.happened(line("taken_down", "2026-11-22T10:00:00.000Z", guid="a1", remote_id="x-a1", how="deleted", by="karl"))
    assert "still live" not in told("a1")[1]


def test_the_commit_behind_a_line_is_the_one_that_wrote_it(site, told):
    git(site.catalog, "init", "--quiet", "--initial-branch=main")
    site.network('[{id: eve, username: e, videos: [{guid: e1, title: T, category: tv, media: "https://x.example/e"}]}]')
    site.user("anna", "a1", {"guid": "a2", "hold": "wait"})
    site.happened(adopted("anna"))
    for subject in ("Begin", "Let another wait"):
        git(site.catalog, "add", "--all")
        git(site.catalog, "commit", "--quiet", "-m", subject)
        site.user("anna", {"guid": "a1", "hold": "wait"}, {"guid": "a2", "hold": "wait"})
    [first, second] = git(site.catalog, "log", "--reverse", "--format=%H").splitlines()
    assert told("a1")[0].verdict.commit == (second, "anna@nord.example", "Let another wait")
    assert told("a2")[0].verdict.commit[0] == first
    assert told("e1")[0].verdict.commit[0] == first
    site.user("anna", "new", {"guid": "a1", "hold": "for another reason"}, {"guid": "a2", "hold": "wait"})
    assert told("a1")[0].verdict.commit is None  # not committed
    assert told("a2")[0].verdict.commit[0] == first


def test_a_user_has_counts_by_reason_and_the_first_of_each(site, told):
    site.user("anna", *(f"a{number}" for number in range(8)), {"guid": "h1", "hold": "x"})
    site.happened(adopted("anna") + imported("a0"))
    found, _ = told("anna")
    assert found.counts == {"listed": 7, "imported": 1, "held": 1}
    assert found.first == {"listed": ["a1", "a2", "a3", "a4", "a5"], "imported": ["a0"], "held": ["h1"]}
    assert "      7 listed: a1, a2, a3, a4, a5, and 2 more\n" in explain_text.render(found)


def test_a_frozen_user_is_told_by_the_fault(site, told):
    site.user("anna", {"guid": "a1", "titel": "oops"})
    site.happened(adopted("anna") + imported("a1"))
    found, facts = told("a1")
    assert found.verdict.words.startswith("its user's file has faults, so the last good version is listed: ")
    assert spot(found) == "users/anna.yaml:5"
    assert "x-a1" in facts["imported"].words
    assert found.next[-1] == "feeds check names all faults."
    assert told("anna")[0].verdict.words == found.verdict.words


def test_who_is_known_by_events_alone_is_explained_and_who_is_not_known_is_nobody(site, told):
    site.happened(adopted("ivy"))
    assert told("ivy")[0].verdict.words == "in the user list with an empty feed: the catalog has no such user"
    before = tree(site.catalog)
    assert explain(Folders(site.catalog, site.state), "nobody", AT) is None
    assert (tree(site.catalog), site.state.exists()) == (before, False)


def test_of_a_broken_catalog_nothing_is_explained(site):
    site.write("catalog.yaml", "network: [\n")
    with pytest.raises(UsageError, match="feeds check"):
        explain(Folders(site.catalog, site.state), "a1", AT)


def test_a_guid_that_stands_twice_in_a_file_is_told_by_that_fault(site, told):
    site.user("anna", "a1", "a2", "a1")
    site.happened(adopted("anna"))
    found, facts = told("a1")
    assert found.verdict.words == (
        'its user\'s file has faults, so the last good version is listed: guid "a1" is used more than once in it'
    )
    assert found.verdict.place.file.endswith("users/anna.yaml")
    assert not found.listed
    assert found.next[-1] == "feeds check names all faults."
    assert "user" in facts


def test_what_is_archived_is_explained_from_the_archive_with_the_users_defaults(site, told):
    site.user("anna", "a1", "a2")
    site.happened(adopted("anna"))
    site.build(record=True)
    [event] = [each for each in site.journalled() if each["event"] == "listed"]
    site.happened(line("listed", user="anna", items=event["items"]) + imported("a1"))
    site.user("anna", "a2")
    site.write("users/anna.archive.yaml", f"id: anna\nvideos:\n{videos('a1')}")
    found, facts = told("a1")
    assert (found.verdict.words, found.listed) == ("not listed: archived; Dailymotion has it", False)
    assert spot(found) == "users/anna.archive.yaml:3"
    assert "changed since import" not in facts
    assert found.next[-1] == "To have it listed again, move its entry back into the user's own file."
    assert told("anna")[0].verdict.words == "in the user list"
