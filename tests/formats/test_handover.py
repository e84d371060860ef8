"""The letter to the content manager, whole: of an open site, a closed one, and one whose secrets are being changed."""

from pathlib import Path

import pytest

from feeds.core.access import Way
from feeds.core.catalog import Network
from feeds.formats import handover
from feeds.formats.handover import Closing, Size

LETTERS = Path(__file__).parents[1] / "data"
SITE = "https://feeds.nord.example/"
CLOSED = f"{SITE}<site secret>/"
SIZE = Size(1200, 1180, 96000, 95000, 8000.4, ["music 60,000", "tv 36,000"])
CLOSINGS = {
    "open": Closing(SITE),
    "closed": Closing(CLOSED, tuple(Way), logins=["dailymotion-1"]),
    "rotating": Closing(CLOSED, tuple(Way), new_path=True, logins=["dailymotion-2", "dailymotion-1"]),
}


def network(**more):
    known = {"name": "Nord Clips", "site": "https://nord.example/", "base_url": SITE, "parent_id": "x1nord"}
    return Network.model_validate(known | more)


def letter(closing, **more):
    return handover.render(network(**more), SIZE, closing, app_url="https://app.nord.example", secret="<secret>")


@pytest.mark.parametrize("name", CLOSINGS)
def test_the_letter_is_this(name):
    assert letter(CLOSINGS[name]) == (LETTERS / f"handover-{name}.txt").read_text()


@pytest.mark.parametrize(
    ("closing", "said", "unsaid"),
    [
        (Closing(CLOSED, [Way.SECRET_PATH]), ["hold a secret, too"], ["(all of these", "HTTP Basic", "188.65", "new"]),
        (
            Closing(SITE, [Way.BASIC_AUTH], logins=["dm"]),
            ["the login dm (HTTP Basic)."],
            ["secret, too", "188.65", "is new"],
        ),
        (Closing(SITE, [Way.ADDRESSES]), ["from 188.65.120.0/21, 195.8.214.0/23 and"], ["secret, too", "Basic"]),
    ],
)
def test_a_letter_tells_of_the_ways_that_hold_and_of_no_other(closing, said, unsaid):
    text = letter(closing)
    assert [words for words in said if words not in text] == []
    assert [words for words in unsaid if words in text] == []


def test_several_older_logins_are_told_as_several():
    text = " ".join(letter(Closing(SITE, [Way.BASIC_AUTH], logins=["c", "b", "a"])).split())
    assert "b and a still work, until we take them out" in text


def test_a_confirmed_shape_is_asked_about_no_more():
    assert "user list right" in letter(CLOSINGS["open"])
    assert "user list right" not in letter(CLOSINGS["open"], user_list={"confirmed": "true"})
