"""What an editor left out is filled in from the user's defaults, and every address is made whole."""

from datetime import UTC, datetime
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.core.catalog import UserEntry
from feeds.core.defaults import MEDIA_TYPES, absolute, item_of, media_type, merged_rights
from feeds.core.item import Item

BASE = "https://cdn.nord.example/anna/"


def item(video=None, defaults=None):
    """Return the item of a video that has only what is required, and what is given."""
    video = {"guid": "a", "title": "A", "category": "tv", "media": "https://h.example/a.mp4"} | (video or {})
    user = UserEntry.model_validate({"id": "x2anna", "username": "anna", "defaults": defaults or {}, "videos": [video]})
    return item_of(user.videos[0], user)


def moment(*parts):
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("location", "address"),
    [
        ("0142.mp4", f"{BASE}0142.mp4"),
        ("2026/0142.mp4?v=2", f"{BASE}2026/0142.mp4?v=2"),
        ("tarte aux pommes.mp4", f"{BASE}tarte%20aux%20pommes.mp4"),
        ("été.mp4", f"{BASE}%C3%A9t%C3%A9.mp4"),
        ("e\u0301.mp4", f"{BASE}e%CC%81.mp4"),
        ("\U0001f600.mp4", f"{BASE}%F0%9F%98%80.mp4"),
        ("%C3%A9t%C3%A9.mp4", f"{BASE}%C3%A9t%C3%A9.mp4"),
        ("%c3%a9 été.mp4", f"{BASE}%c3%a9%20%C3%A9t%C3%A9.mp4"),
        ("100%.mp4", f"{BASE}100%25.mp4"),
        ("100% pur.mp4", f"{BASE}100%25%20pur.mp4"),
        ("50%zz.mp4", f"{BASE}50%25zz.mp4"),
        ("a&b'c\"d<e>.mp4", f"{BASE}a&b'c%22d%3Ce%3E.mp4"),
        ("https://other.example/é b.mp4", "https://other.example/%C3%A9%20b.mp4"),
        ("ftp://other.example/a.mp4", "ftp://other.example/a.mp4"),
        ("https://other.example/a.mp4?u=é&x=%20#t=1", "https://other.example/a.mp4?u=%C3%A9&x=%20#t=1"),
        ("https://other.example:8443/~a/(1)[2].mp4", "https://other.example:8443/~a/(1)%5B2%5D.mp4"),
    ],
)
def test_an_address_is_whole_and_percent_encoded_once(location, address):
    assert absolute(location, BASE) == address
    assert absolute(address, BASE) == address


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="?#/\\%"), min_size=1))
def test_any_file_name_survives_the_way_through_an_address(name):
    address = absolute(name + ".mp4", BASE)
    assert address.isascii()
    assert " " not in address
    assert unquote(urlsplit(address).path) == f"/anna/{name}.mp4"


@pytest.mark.parametrize("base", ["https://cdn.nord.example/anna", "https://cdn.nord.example/anna/"])
def test_media_thumbnail_and_captions_are_below_the_base_and_a_page_is_not(base):
    video = {
        "media": "0142.mp4",
        "thumbnail": "0142.jpg",
        "captions": {"fr": "0142.fr.srt", "en": "https://h.example/en.srt"},
        "page": "https://nord.example/é",
    }
    got = item(video, {"media_base": base})
    assert got.media_url == f"{BASE}0142.mp4"
    assert got.thumbnail_url == f"{BASE}0142.jpg"
    assert got.captions == (("en", "https://h.example/en.srt"), ("fr", f"{BASE}0142.fr.srt"))
    assert got.page_url == "https://nord.example/%C3%A9"


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("https://h.example/a.mp4", "video/mp4"),
        ("https://h.example/a.MP4", "video/mp4"),
        ("https://h.example/a.mov?x=a.webm", "video/quicktime"),
        ("https://h.example/a.webm#t=1.mp4", "video/webm"),
        ("https://h.example/a.mxf", "application/mxf"),
        ("https://h.example/watch", None),
        ("https://h.example/a.mp4/", None),
        ("https://h.example/a.jpg", None),
        ("https://h.example/", None),
    ],
)
def test_the_type_is_told_by_the_file_s_ending_alone(url, kind):
    assert media_type(url) == kind


def test_a_type_that_is_given_wins():
    assert item({"media_type": "video/x-own"}).media_type == "video/x-own"
    assert item({"media": "https://h.example/watch"}).media_type is None


@pytest.mark.parametrize("ending", MEDIA_TYPES)
def test_every_ending_that_is_known_has_a_type_that_the_catalog_takes(ending):
    assert item({"media_type": MEDIA_TYPES[ending]}).media_type == media_type(f"https://h.example/a.{ending}")


def test_the_tags_of_both_are_joined_the_video_s_first_each_once():
    assert item({"tags": ["b", "a"]}, {"tags": ["c", "a"]}).tags == ("b", "a", "c")
    assert item({}, {"tags": ["c"]}).tags == ("c",)
    assert item({"tags": ["b", "a"]}).tags == ("b", "a")


def test_the_category_is_the_video_s_own_or_the_default():
    assert item({"category": "music"}, {"category": "tv"}).category == "music"
    user = {"id": "x", "username": "x", "defaults": {"category": "fun"}}
    user = UserEntry.model_validate(
        user | {"videos": [{"guid": "a", "title": "A", "media": "https://h.example/a.mp4"}]}
    )
    assert item_of(user.videos[0], user).category == "fun"


@pytest.mark.parametrize(
    ("own", "default", "merged"),
    [
        (None, None, (None, None, (), ())),
        ({"from": "2026-11-20"}, None, (moment(2026, 11, 20), None, (), ())),
        (None, {"until": "2027-12-31"}, (None, moment(2028, 1, 1), (), ())),
        ({"from": "2026-11-20"}, {"until": "2027-12-31"}, (moment(2026, 11, 20), moment(2028, 1, 1), (), ())),
        ({"until": "2026-12-31"}, {"until": "2027-12-31"}, (None, moment(2027, 1, 1), (), ())),
        ({"allow": ["FR", "be"]}, {"deny": ["us"]}, (None, None, ("fr", "be"), ())),
        ({"deny": ["us"]}, {"allow": ["fr"]}, (None, None, (), ("us",))),
        ({"deny": []}, {"allow": ["fr"]}, (None, None, (), ())),
        ({"from": "2026-11-20"}, {"allow": ["fr"]}, (moment(2026, 11, 20), None, ("fr",), ())),
    ],
)
def test_the_video_s_window_wins_key_by_key_and_its_territory_as_a_whole(own, default, merged):
    got = item({"rights": own} if own else {}, {"rights": default} if default else {})
    assert (got.valid_from, got.valid_until, got.allow, got.deny) == merged


def test_merged_rights_are_those_given_where_only_one_is():
    user = UserEntry.model_validate({"id": "x", "username": "x", "defaults": {"rights": {"allow": ["fr"]}}})
    assert merged_rights(None, user.defaults.rights) is user.defaults.rights
    assert merged_rights(user.defaults.rights, None) is user.defaults.rights


def test_everything_that_a_video_may_say_reaches_the_item():
    video = {
        "guid": "anna-0142",
        "title": "Tarte aux pommes",
        "description": "Sans sucre",
        "category": "lifestyle",
        "tags": ["tarte"],
        "media": "0142.mp4",
        "duration": "1:02:03",
        "size": "1048576",
        "thumbnail": "0142.jpg",
        "page": "https://nord.example/v/0142",
        "date": "2026-11-20T18:30:00.5+01:00",
        "rights": {"from": "2026-11-20", "until": "2026-11-20", "allow": ["fr"]},
        "captions": {"fr": "0142.fr.srt"},
        "explicit": "false",
    }
    assert item(video, {"language": "fr", "media_base": BASE}) == Item(
        guid="anna-0142",
        title="Tarte aux pommes",
        category="lifestyle",
        media_url=f"{BASE}0142.mp4",
        media_type="video/mp4",
        description="Sans sucre",
        tags=("tarte",),
        language="fr",
        duration_s=3723,
        size_bytes=1048576,
        thumbnail_url=f"{BASE}0142.jpg",
        page_url="https://nord.example/v/0142",
        published=moment(2026, 11, 20, 17, 30),
        valid_from=moment(2026, 11, 20),
        valid_until=moment(2026, 11, 21),
        allow=("fr",),
        captions=(("fr", f"{BASE}0142.fr.srt"),),
        explicit=False,
    )
