"""The digest that events note of what was published: it must mean the same in every year."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.core.item import Item, digest

BARE = Item("anna-0143", "Crème", "lifestyle", "https://cdn.nord.example/anna/0143.mp4")
FULL = Item(
    guid="anna-0142",
    title="Tarte aux pommes",
    category="lifestyle",
    media_url="https://cdn.nord.example/anna/0142.mp4",
    media_type="video/mp4",
    description="Sans sucre",
    tags=("tarte", "dessert"),
    language="fr",
    duration_s=754,
    size_bytes=1048576,
    thumbnail_url="https://cdn.nord.example/anna/0142.jpg",
    page_url="https://nord.example/v/0142",
    published=datetime(2026, 11, 20, tzinfo=UTC),
    valid_from=datetime(2026, 11, 20, tzinfo=UTC),
    valid_until=datetime(2028, 1, 1, tzinfo=UTC),
    allow=("be", "fr"),
    deny=("us",),
    captions=(("fr", "https://cdn.nord.example/anna/0142.fr.srt"),),
    explicit=False,
    relist=datetime(2026, 11, 24, tzinfo=UTC),
)
NAMES = Item._fields


def test_digests_written_into_results_years_ago_still_compare():
    assert digest(BARE) == "328f50bea7eb.3f5fc117"
    assert digest(FULL._replace(relist=None)) == "649576af6237.986006bf"
    assert digest(FULL) == "649576af6237.986006bf.20261124000000"


@pytest.mark.parametrize("name", NAMES)
def test_a_change_of_any_field_changes_the_digest(name):
    value = getattr(FULL, name)
    changed = {
        str: lambda: value + "x",
        int: lambda: value + 1,
        bool: lambda: not value,
        datetime: lambda: value.replace(second=1),
        tuple: lambda: (*value, value[0]),
    }[type(value)]()
    assert digest(FULL._replace(**{name: changed})) != digest(FULL)


@pytest.mark.parametrize("name", NAMES[4:])
def test_a_field_that_has_its_default_is_left_out(name):
    assert digest(BARE._replace(**{name: Item._field_defaults[name]})) == digest(BARE)
    assert digest(BARE._replace(**{name: getattr(FULL, name)})) != digest(BARE)


def test_the_second_part_is_of_the_media_alone():
    same_media = FULL._replace(media_url=BARE.media_url)
    assert digest(same_media).split(".")[1] == digest(BARE).split(".")[1]
    assert digest(FULL).split(".")[1] != digest(BARE).split(".")[1]


def test_what_one_field_holds_is_not_taken_for_another():
    tagged = BARE._replace(tags=("language", "fr"))
    assert digest(tagged) != digest(BARE._replace(language="fr"))
    assert digest(BARE._replace(allow=("us",))) != digest(BARE._replace(deny=("us",)))
    assert digest(BARE._replace(tags=("ab",))) != digest(BARE._replace(tags=("a", "b")))


texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=3)
optional = st.none() | texts
items = st.builds(
    Item,
    st.just("a"),
    texts,
    st.just("tv"),
    texts,
    optional,
    optional,
    st.lists(texts.filter(bool), max_size=2).map(tuple),
)


@settings(deadline=None)
@given(items, items)
def test_two_items_have_one_digest_only_if_they_are_equal(one, other):
    assert (digest(one) == digest(other)) == (one == other)
