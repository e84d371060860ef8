"""The settings of the environment, and the one list of all that is wrong with them."""

from pathlib import Path

import pytest

from feeds.core.errors import UsageError
from feeds.settings import AppSettings, Folders, app_settings, folders

GOOD = "M3tRp5f0cTqVwXyZ7aB9dE1g"
OTHER = "aZ09-_.~bY18cX27dW36eV45"


@pytest.mark.parametrize(
    ("environ", "catalog", "expected"),
    [
        ({}, None, Folders(Path(), Path(".feeds"))),
        ({"FEEDS_CATALOG": "net"}, None, Folders(Path("net"), Path("net/.feeds"))),
        ({"FEEDS_CATALOG": "net"}, "other", Folders(Path("other"), Path("other/.feeds"))),
        ({"FEEDS_CATALOG": "net", "FEEDS_STATE": "/var/lib/feeds"}, None, Folders(Path("net"), Path("/var/lib/feeds"))),
        ({"FEEDS_CATALOG": "", "FEEDS_STATE": ""}, None, Folders(Path(), Path(".feeds"))),
    ],
)
def test_the_state_lies_in_the_catalog_unless_it_has_a_folder_of_its_own(environ, catalog, expected):
    assert folders(environ, catalog=catalog) == expected


def test_one_secret_or_two_are_taken_newest_first():
    assert app_settings({"FEEDS_CALLBACK_SECRET": GOOD}) == AppSettings(folders({}), (GOOD,))
    assert app_settings({"FEEDS_CALLBACK_SECRET": f" {GOOD} , {OTHER},"}).callback_secrets == (GOOD, OTHER)


def refusal(secret):
    with pytest.raises(UsageError) as refused:
        app_settings({"FEEDS_CALLBACK_SECRET": secret})
    return str(refused.value)


def test_without_a_secret_the_app_says_how_to_make_one():
    assert refusal(" , ") == (
        "The app can't start:\n"
        "  - FEEDS_CALLBACK_SECRET is missing. Make one: "
        "python -c 'import secrets; print(secrets.token_urlsafe(24))'"
    )


def test_everything_that_is_weak_is_said_at_once_and_no_secret_is_repeated():
    message = refusal(f"short,{'ab' * 20},with/slash{GOOD}")
    assert message == (
        "The app can't start:\n"
        "  - FEEDS_CALLBACK_SECRET holds 3 secrets. Keep the new one and, while rotating, one old.\n"
        "  - FEEDS_CALLBACK_SECRET: secret 1 has 5 characters, fewer than 22. Use 128 random bits or more.\n"
        "  - FEEDS_CALLBACK_SECRET: secret 2 repeats the same few characters. Use 128 random bits or more.\n"
        "  - FEEDS_CALLBACK_SECRET: secret 3 has characters that don't stand in a URL path as they are. "
        "Use 128 random bits or more."
    )
