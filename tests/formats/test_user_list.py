"""users.json in every shape a content manager might ask for."""

import dataclasses
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.core.user_list import ListedUser, UserListShape
from feeds.formats import user_list
from feeds.formats.user_list import BadUserList

DATA = Path(__file__).parents[1] / "data"

ANNA = ListedUser("x2anna", "annacooks", "https://feeds.nord.example/feeds/x2anna.xml")
BJØRN = ListedUser("x2bjorn", 'bjørn "B"', "https://feeds.nord.example/feeds/x2bjorn.xml")
WRAPPED = UserListShape(wrap="users", id="user_id", username="name", feed="mrss_url", confirmed=True)


def test_the_list_is_these_bytes_sorted_by_id():
    assert user_list.render([BJØRN, ANNA]) == (DATA / "users.json").read_bytes()


def test_the_words_on_the_wire_are_the_network_s_to_set():
    assert user_list.render([BJØRN, ANNA], WRAPPED) == (DATA / "users-wrapped.json").read_bytes()


@pytest.mark.parametrize(("shape", "text"), [(UserListShape(), b"[]\n"), (WRAPPED, b'{"users": []}\n')])
def test_nobody_is_a_valid_list(shape, text):
    assert user_list.render([], shape) == text
    assert user_list.parse(text, shape) == []


def test_whether_the_shape_is_confirmed_changes_no_byte():
    confirmed = dataclasses.replace(UserListShape(), confirmed=True)
    assert user_list.render([ANNA], confirmed) == user_list.render([ANNA])


def test_any_reader_of_json_sees_one_object_for_each_user():
    assert json.loads(user_list.render([ANNA])) == [
        {"id": "x2anna", "username": "annacooks", "feed_url": "https://feeds.nord.example/feeds/x2anna.xml"}
    ]


@pytest.mark.parametrize(
    ("text", "shape", "message"),
    [
        (b"[", UserListShape(), "not JSON"),
        (b"[" * 100_000, UserListShape(), "not JSON"),
        (b"\xff", UserListShape(), "not JSON"),
        (b"{}", WRAPPED, "not of the shape"),
        (b"[]", WRAPPED, "not of the shape"),
        (b"null", UserListShape(), "not of the shape"),
        (b'[{"id": "a"}]', UserListShape(), "not of the shape"),
        (b'["a"]', UserListShape(), "not of the shape"),
        (b'[{"id": 1, "username": "a", "feed_url": "b"}]', UserListShape(), "not text"),
    ],
)
def test_a_list_of_another_shape_is_refused(text, shape, message):
    with pytest.raises(BadUserList, match=message):
        user_list.parse(text, shape)


texts = st.text(st.characters(exclude_categories=["Cs"]))


@settings(deadline=None)
@given(
    st.lists(st.builds(ListedUser, texts, texts, texts), unique_by=lambda user: user.id),
    st.sampled_from([UserListShape(), WRAPPED]),
)
def test_any_users_survive_the_way_to_the_list_and_back(users, shape):
    text = user_list.render(users, shape)
    assert user_list.parse(text, shape) == sorted(users, key=lambda user: user.id)
    assert text == user_list.render(reversed(users), shape)
