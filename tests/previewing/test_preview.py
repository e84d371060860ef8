"""The preview shows each feed as it would be built, every video that isn't in it with its reason, and every fault."""

import itertools
import os
import re
from datetime import UTC, datetime

import pytest
from lxml import html

from feeds.core.listing import Reason
from tests.previewing.conftest import Preview
from tests.sites import adopted, imported, tree

EVIL = "<script>alert(1)</script>\"'&{{ 7*7 }}"


def texts(page, path):
    return [" ".join(each.text_content().split()) for each in html.fromstring(page).xpath(path)]


def titles(page):
    return texts(page, "//li[contains(@class, 'video')]//h2")


def test_the_cards_are_the_published_feed_in_its_order_and_then_each_other_video_with_its_reason(site, preview):
    site.network(feed_limit=3)
    site.user(
        "anna",
        {"guid": "late", "date": "2026-11-20"},
        {"guid": "early", "date": "2026-11-01"},
        {"guid": "first", "priority": "5"},
        {"guid": "too-many", "date": "2026-11-21"},
        {"guid": "held", "hold": "until Anna calls"},
        {"guid": "withdrawn", "withdraw": "sold to another"},
        {"guid": "to-come", "rights": {"from": "2026-12-01"}},
        {"guid": "over", "rights": {"until": "2026-11-01"}},
        {"guid": "imported"},
    )
    site.happened(adopted("anna") + imported("imported"))
    site.build()
    cards = preview.cards()
    assert [card.guid for card in cards if card.place] == site.listed("anna") == ["first", "early", "late"]
    assert [card.place for card in cards[:4]] == [1, 2, 3, None]
    assert {card.guid: card.reason for card in cards if not card.place} == {
        "too-many": Reason.OVER_LIMIT,
        "held": Reason.HELD,
        "withdrawn": Reason.WITHDRAWN,
        "to-come": Reason.BEFORE_WINDOW,
        "over": Reason.AFTER_WINDOW,
        "imported": Reason.IMPORTED,
    }
    page = preview.page("/user/anna")
    assert "“until Anna calls”" in page
    assert "“sold to another”" in page
    assert "https://www.dailymotion.com/video/x-imported" in page
    assert texts(preview.page(), "//ul[@class='feeds']/li/p")[1] == "3 of 9 listed"


def test_what_dailymotion_will_read_of_a_video_stands_on_its_card(site, preview):
    site.user(
        "anna",
        {
            "guid": "a1", "title": "Tarte", "duration": "1:02:03", "tags": ["sweet"], "thumbnail": "a1.jpg",
            "description": "With apples.", "captions": {"fr": "a.srt", "de": "b.srt"}, "explicit": "true",
            "rights": {"from": "2026-11-01", "until": "2030-12-31", "allow": ["fr", "be"]},
        },
        {"guid": "a2", "rights": {"until": "2026-12-01T18:30:00Z", "deny": ["us"]}},
    )  # fmt: skip
    site.happened(adopted("anna"))
    first, second = texts(preview.page("/user/anna"), "//li[contains(@class, 'video')]")
    for words in (
        "1:02:03", "Tarte", "With apples.", "tv · sweet", "from 2026-11-01 until 2030-12-31, only in fr, be",
        "Captions de, fr", "not suitable for minors", "a1",
    ):  # fmt: skip
        assert words in first
    for words in ("No thumbnail", "length not given", "until 2026-12-01 18:30 UTC, everywhere but in us"):
        assert words in second
    (image,) = html.fromstring(preview.page("/user/anna")).xpath("//img")
    assert dict(image.attrib) | {"alt": ""} == {
        "src": "https://cdn.nord.example/a1.jpg", "alt": "", "width": "320", "height": "180", "loading": "lazy",
        "decoding": "async", "referrerpolicy": "no-referrer",
    }  # fmt: skip


def test_nothing_that_people_wrote_becomes_markup(site, preview):
    site.network(name=f"Nord {EVIL}")
    site.user(
        "anna",
        {"guid": "a1", "title": EVIL, "description": EVIL, "tags": [EVIL.replace(",", "")], "hold": EVIL,
         "thumbnail": "https://cdn.nord.example/\"'><script>alert(1)</script>.jpg"},
        {"guid": "a2", "title": EVIL, "category": EVIL},
        username=f"anna {EVIL}",
    )  # fmt: skip
    site.user("bo", username=EVIL, nonsense=EVIL)
    for path in ("/", "/user/anna", "/user/bo", f"/user/anna?q={EVIL}&show={EVIL}", f"/?q={EVIL}"):
        page = html.fromstring(preview.page(path))
        assert page.xpath("//script") == []
        assert "49" not in page.text_content()
        assert [each for each in page.iter() if any(name.startswith("on") for name in each.attrib)] == []
    assert titles(preview.page("/user/anna")) == [EVIL, EVIL]


def test_a_fault_stands_beside_its_video_with_its_line_and_the_others_go_on(site, preview):
    path = site.user("anna", {"guid": "a1"}, {"guid": "a2", "duration": "long"}, {"guid": "a3"})
    site.user("bo", "b1", "b2")
    site.happened(adopted("anna", "bo"))
    number = next(n for n, line in enumerate(path.read_text().splitlines(), 1) if "long" in line)
    page = preview.page("/user/anna")
    assert "the published feed stays as it is until they are mended" in page
    cards = preview.cards()
    assert [(card.guid, card.place, len(card.findings)) for card in cards] == [
        ("a1", 1, 0),
        ("a3", 2, 0),
        ("a2", None, 1),
    ]
    (place,) = texts(page, "//ul[@class='findings']//code")
    assert re.fullmatch(rf"users/anna\.yaml:{number}:[0-9]+", place)
    assert "Not listed: has faults" in page
    assert "Not listed" not in preview.page("/user/bo")
    assert "mended" not in preview.page("/user/bo")


def test_a_key_that_stands_twice_keeps_its_video_out_and_a_guid_that_does_is_shown_at_the_second(site, preview):
    head = site.user("anna").read_text().partition("videos:")[0]
    site.write(
        "users/anna.yaml",
        f"{head}videos:\n- {{guid: a1, title: A, title: B, media: a.mp4}}\n- {{guid: a2, title: C, media: b.mp4}}\n",
    )
    assert [(card.guid, card.place, len(card.findings)) for card in preview.cards()] == [("a2", 1, 0), ("a1", None, 1)]
    site.user("anna", {"guid": "a1", "title": "A"}, {"guid": "a1", "title": "B"})
    assert [(card.item.title, len(card.findings)) for card in preview.cards()] == [("A", 0), ("B", 1)]
    assert "the published feed stays as it is" in preview.page("/user/anna")


def test_a_fault_of_the_user_or_of_a_user_in_the_catalog_itself_is_found_too(site, preview):
    site.network(
        users="\n  - {id: one, username: one, defaults: {category: tv}, videos: []}"
        "\n  - id: two\n    username: two\n    defaults: {category: tv}\n    videos:"
        "\n      - {guid: t1, title: T, media: https://a.example/t1.mp4}"
        "\n      - {guid: t2, title: T, media: https://a.example/t2.mp4, size: x}"
    )
    site.user("anna", {"guid": "a1"}, nonsense="x")
    view = preview.reader.view()
    assert [len(each.findings) for each in view.users] == [1, 0, 0]
    assert [[len(card.findings) for card in each.cards] for each in view.users] == [[0], [], [0, 1]]
    assert "nonsense is not a key here" in preview.page("/user/anna").replace("&#34;", "")


@pytest.mark.parametrize("text", ["id: [\n", "", "- 1\n", "\0", "id: anna\nvideos: 7\n", "id: anna\nvideos: [7, {}]\n"])
def test_a_file_that_is_no_catalog_at_all_is_shown_with_what_is_wrong(site, preview, text):
    site.write("users/anna.yaml", text)
    site.user("bo", "b1")
    assert "finding" in preview.page()
    (key,) = (each.key for each in preview.reader.view().users if each.file == "users/anna.yaml")
    assert "the published feed stays as it is" in preview.page(f"/user/{key}")
    assert titles(preview.page("/user/bo")) == ["Title of b1"]


def test_what_no_text_can_hold_is_spelled_out(site, preview):
    (site.catalog / "users").mkdir(exist_ok=True)
    path = site.catalog / "users" / os.fsdecode(b"\xff.yaml")
    path.write_bytes(b'id: "\\ud800"\nusername: "a\\ud800b"\nvideos: [{guid: g, title: "\\udfff"}]\n')
    for user in preview.reader.view().users:
        assert preview.get(f"/user/{user.key}").status_code == 200
    assert "users/\\udcff.yaml" in preview.page()


def test_a_broken_catalog_leaves_what_was_shown_and_says_so(site, preview):
    good = site.network().read_text()
    site.user("anna", "a1")
    preview.page()
    site.network(feed_limit="many")
    assert "catalog.yaml has faults, so nothing would be built." in preview.page()
    assert "catalog.yaml:6:" in preview.page()
    assert titles(preview.page("/user/anna")) == ["Title of a1"]
    assert "nothing would be built" in Preview(site).page()
    site.write("catalog.yaml", good)
    assert "nothing would be built" not in preview.page()
    (site.catalog / "catalog.yaml").unlink()
    assert "can&#39;t be read" in preview.page(status=503)


def test_both_users_who_claim_one_guid_are_shown_as_frozen_as_the_build_freezes_them(site, preview):
    site.user("anna", "same")
    site.user("bo", "same")
    site.user("cleo", "c1")
    site.happened(adopted("cleo"))
    assert [(each.key, each.count_of_findings, each.frozen) for each in preview.reader.view().users] == [
        ("anna", 0, True),
        ("bo", 1, True),
        ("cleo", 0, False),
    ]
    assert "Another file claims a guid" in preview.page("/user/anna")


def test_a_renamed_guid_is_told_though_the_feed_goes_on(site, preview):
    site.user("anna", "a1")
    site.happened(adopted("anna"))
    site.build(record=True)
    site.user("anna", {"guid": "a9", "title": "Title of a1", "media": "a1.mp4"})
    (user,) = preview.reader.view().users
    assert ([each.rule for each in user.cards[0].findings], user.frozen) == (["guid-renamed"], False)
    assert "mended" not in preview.page("/user/anna")


def test_a_user_who_is_not_in_yet_is_shown_with_what_the_feed_would_list(site, preview):
    site.user("anna", "a1", "a2")
    site.user("bo", "b1", enabled="false")
    site.happened(adopted("bo"))
    assert "The feed is empty: user unknown." in preview.page("/user/anna")
    assert "The feed is empty: user disabled." in preview.page("/user/bo")
    assert [card.place for card in preview.cards()] == [1, 2]


def test_many_videos_are_shown_a_hundred_at_a_time(site, preview):
    site.network(feed_limit=300)
    site.user("anna", *(f"a{number:03}" for number in range(250)))
    assert titles(preview.page("/user/anna"))[::99] == ["Title of a000", "Title of a099"]
    assert titles(preview.page("/user/anna?page=3")) == [f"Title of a{number}" for number in range(200, 250)]
    for number in ("99", "0", "-1", "x", "9" * 50, "²"):
        assert len(titles(preview.page(f"/user/anna?page={number}"))) in (50, 100)
    (address,) = html.fromstring(preview.page("/user/anna?q=Title&page=2")).xpath("(//a[@rel='next'])[1]/@href")
    assert titles(preview.page(address))[0] == "Title of a200"


def test_videos_are_searched_and_chosen_without_a_script(site, preview):
    site.user(
        "anna",
        {"guid": "a1", "title": "Äpfel", "tags": ["sweet"]},
        {"guid": "a2", "title": "Birnen", "description": "Auch ÄPFEL"},
        {"guid": "a3", "title": "Held", "hold": "wait"},
        {"guid": "a4", "title": "Wrong", "size": "x"},
    )
    assert titles(preview.page("/user/anna?q=äpfel")) == ["Äpfel", "Birnen"]
    assert titles(preview.page("/user/anna?q=ÄPFEL+a1")) == ["Äpfel"]
    shown = {
        show: titles(preview.page(f"/user/anna?show={show}")) for show in ("listed", "waiting", "findings", "held")
    }
    assert shown == {
        "listed": ["Äpfel", "Birnen"],
        "waiting": ["Held", "Wrong"],
        "findings": ["Wrong"],
        "held": ["Held"],
    }
    assert "No video is like that." in preview.page("/user/anna?q=nothing")
    site.user("bo", "b1")
    assert texts(preview.page("/?q=BO"), "//ul[@class='feeds']//h2") == ["bo-name"]


def test_the_page_follows_edits_results_the_journal_and_the_clock(site, preview):
    site.user("anna", "a1", {"guid": "a2", "rights": {"until": "2026-11-24"}})
    site.happened(adopted("anna"))
    assert [card.place for card in preview.cards()] == [1, 2]
    site.user("anna", {"guid": "a1", "title": "New"}, {"guid": "a2", "rights": {"until": "2026-11-24"}})
    assert preview.cards()[0].title == "New"
    preview.at = datetime(2026, 11, 25, tzinfo=UTC)
    assert preview.cards()[1].reason is Reason.AFTER_WINDOW
    site.journal(imported("a1"))
    assert {card.guid: card.reason for card in preview.cards()}["a1"] is Reason.IMPORTED
    site.user("bo", "b1")
    assert len(preview.reader.view().users) == 2


def test_nothing_is_read_again_while_nothing_has_changed(site, preview):
    site.user("anna", "a1")
    assert preview.reader.view() is preview.reader.view()


def test_nothing_is_written_anywhere(site, preview, tmp_path):
    site.user("anna", "a1", {"guid": "a2", "size": "x"})
    before = tree(tmp_path)
    for path in ("/", "/user/anna", "/user/none"):
        preview.get(path)
    assert tree(tmp_path) == before


def test_only_a_browser_that_asks_this_machine_by_its_own_name_is_answered(preview):
    assert preview.get().status_code == 200
    for host in ("evil.example", "127.0.0.1", "127.0.0.1:8081", "localhost.evil.example:8080", "0.0.0.0:8080"):
        for path in ("/", "/changes?after=x", "/assets/style.css"):
            answer = preview.get(path, host=host)
            assert (answer.status_code, "Nord" in answer.text) == (421, False)
    assert preview.client.post("/", base_url="http://127.0.0.1:8080").status_code == 405


def test_pages_may_load_pictures_from_anywhere_and_nothing_else_from_elsewhere(site, preview):
    for path in ("/", "/user/none", "/assets/preview.js"):
        headers = preview.get(path).headers
        policy = dict(each.strip().split(" ", 1) for each in headers["Content-Security-Policy"].split(";"))
        assert policy == {
            "default-src": "'none'", "style-src": "'self'", "script-src": "'self'", "connect-src": "'self'",
            "img-src": "https: http: data:", "base-uri": "'none'", "form-action": "'self'", "frame-ancestors": "'none'",
        }  # fmt: skip
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["X-Content-Type-Options"] == "nosniff"


def test_only_with_watch_is_there_a_script_and_it_is_told_of_an_edit(site):
    watching = Preview(site, watch=True)
    page = watching.page()
    assert "<script" not in Preview(site).page()
    (version,) = html.fromstring(page).xpath("//script/@data-version")
    answer = watching.get(f"/changes?after={version}", buffered=False)
    lines = iter(answer.response)
    assert next(lines) == b"retry: 1000\n\n"
    site.user("anna", "a1")
    told = next(each for each in itertools.islice(lines, 1000) if each != b":\n\n")
    assert told == f"data: {watching.reader.version()}\n\n".encode()
    assert watching.reader.version() != version
