"""The accounts that a rehearsal has made up at the stand-in: the catalog's by their own ids, and strangers."""

import pytest

from feeds.commands._programs import Programs, environment
from feeds.commands._scratch import copy_catalog
from feeds.commands._stand_in import StandIn, cast_of
from feeds.core.errors import FeedsError
from feeds.onboarding.register import Register
from feeds.settings import Folders


@pytest.fixture
def cast(network, tmp_path):
    """Return a function that returns the accounts for the network as it is."""

    def cast():
        folders = Folders(network, network / ".feeds")
        return cast_of(copy_catalog(folders, Folders(tmp_path / "copy", tmp_path / "state")), Register(folders))

    return cast


def names(accounts):
    return [(each.id, each.username, each.role) for each in accounts]


def test_all_of_the_catalog_are_there_and_three_who_are_not(cast, network):
    (network / "users" / "x4new.yaml").write_text("id: x4new\nusername: newcooks\nvideos: []\n")
    assert names(cast().all()) == [
        ("x1nord", "nordclips", "parent"),
        ("x9stray", "strayfilms", None),
        ("x9guest", "guestfilms", None),
        ("x4new", "newcooks", None),
        ("x2anna", "annacooks", "child"),
        ("x3bo", "bluenote", "child"),
    ]
    assert cast().awaited[0].password == "sandbox-newcooks"


def test_who_is_known_by_events_alone_and_who_decides_are_there_too(cast, network):
    catalog = network / "catalog.yaml"
    catalog.write_text(catalog.read_text().replace("  feed_limit", "  admins: [x5admin, x3bo, x1nord]\n  feed_limit"))
    (network / "users" / "x2anna.yaml").unlink()
    assert names(cast().admins) == [("x5admin", "x5admin", None)]
    assert names(cast().adopted) == [("x2anna", "annacooks", "child"), ("x3bo", "bluenote", "child")]


def test_whoever_has_the_strangers_names_already_keeps_them(cast, network):
    (network / "users" / "x9stray.yaml").write_text("id: x9stray\nusername: nordclips\nvideos: []\n")
    (network / "users" / "x4new.yaml").write_text("id: x4new\nusername: guestfilms\nvideos: []\n")
    made = cast()
    assert names([made.parent, made.stranger, made.guest]) == [
        ("x1nord", "nordclips2", "parent"),
        ("x9stray2", "strayfilms", None),
        ("x9guest", "guestfilms2", None),
    ]


def test_a_user_whose_name_is_missing_goes_by_the_id(cast, network):
    (network / "users" / "x4new.yaml").write_text('id: x4new\nusername: ""\nvideos: []\n')
    assert names(cast().awaited) == [("x4new", "x4new", None)]


def test_a_stand_in_that_does_not_start_says_why(cast, tmp_path):
    with Programs() as programs, pytest.raises(FeedsError, match=r"did not start:\n(.*\n)*.*is not in the range"):
        StandIn(programs, tmp_path).start(cast(), "http://127.0.0.1:9/connect/return", environment({}), port=99_999)
