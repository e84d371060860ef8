"""The settings of the environment, and the one list of all that is wrong with them."""

from pathlib import Path

import pytest

from feeds.core.errors import UsageError
from feeds.dailymotion.values import Credentials, Settings
from feeds.settings import (
    AppSettings,
    Folders,
    app_settings,
    dailymotion_settings,
    folders,
    login_file,
    notify_url,
)

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


def test_the_callbacks_secrets_and_the_webhook_may_stand_in_files(tmp_path):
    (tmp_path / "secret").write_text(f"{GOOD},{OTHER}\n")
    (tmp_path / "webhook").write_text("https://hooks.example/T0/x\n")
    assert app_settings({"FEEDS_CALLBACK_SECRET_FILE": str(tmp_path / "secret")}).callback_secrets == (GOOD, OTHER)
    assert notify_url({"FEEDS_NOTIFY_URL_FILE": str(tmp_path / "webhook")}) == "https://hooks.example/T0/x"


def test_a_secrets_file_that_is_missing_is_said_once_and_by_its_name(tmp_path):
    missing = str(tmp_path / "none")
    for read, name in ((app_settings, "FEEDS_CALLBACK_SECRET_FILE"), (notify_url, "FEEDS_NOTIFY_URL_FILE")):
        with pytest.raises(UsageError) as refused:
            read({name: missing})
        assert str(refused.value).splitlines()[-1].removeprefix("  - ") == (
            f"{name}: {missing} can't be read: No such file or directory."
        )


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


def dailymotion(**given):
    return dailymotion_settings({f"FEEDS_DAILYMOTION_{name}": value for name, value in given.items()})


def test_dailymotion_is_where_its_documents_say_unless_a_setting_says_otherwise():
    assert dailymotion() == (Settings(), Credentials())
    settings, credentials = dailymotion(
        API="https://partner.api.dailymotion.com/rest/",
        TOKEN="https://partner.api.dailymotion.com/oauth/v1/token",
        REJECTION="/user/{parent}/children/{child}",
        KEY="k", SECRET="s", PKCE="1", USERNAME="nord", PASSWORD=" p ", AS_APPLICATION="0",
    )  # fmt: skip
    assert settings == Settings(
        api="https://partner.api.dailymotion.com/rest",
        authorize="https://partner.api.dailymotion.com/rest/oauth/authorize",
        token="https://partner.api.dailymotion.com/oauth/v1/token",
        rejection="/user/{parent}/children/{child}",
        key="k",
        secret="s",
        pkce=True,
    )
    assert credentials == Credentials("nord", " p ")


def test_who_names_another_api_sends_no_secret_to_dailymotion():
    settings, _ = dailymotion(API="http://127.0.0.1:8002")
    assert settings.authorize == "http://127.0.0.1:8002/oauth/authorize"
    assert settings.token == "http://127.0.0.1:8002/oauth/token"


def test_a_secret_may_stand_in_a_file(tmp_path):
    (tmp_path / "secret").write_text("from a file\r\n")
    settings, credentials = dailymotion(
        KEY="k", SECRET_FILE=str(tmp_path / "secret"), USERNAME="u", PASSWORD_FILE=str(tmp_path / "secret")
    )
    assert (settings.secret, credentials.password) == ("from a file", "from a file")


def test_every_fault_of_dailymotions_settings_is_said_at_once_and_no_secret_is(tmp_path):
    (tmp_path / "empty").write_text("\n")
    with pytest.raises(UsageError) as refused:
        dailymotion(
            API="http://api.dailymotion.com", AUTHORIZE="https://me:CANARY@host/", TOKEN="ftp://host/?x",
            REJECTION="me/children", KEY="k", SECRET_FILE=str(tmp_path / "none"), PASSWORD="CANARY",
            PASSWORD_FILE=str(tmp_path / "empty"), PKCE="yes",
        )  # fmt: skip
    assert str(refused.value) == (
        "The settings of Dailymotion don't hold:\n"
        f"  - FEEDS_DAILYMOTION_SECRET_FILE: {tmp_path}/none can't be read: No such file or directory.\n"
        "  - FEEDS_DAILYMOTION_PASSWORD and FEEDS_DAILYMOTION_PASSWORD_FILE are both set. Keep one.\n"
        f"  - FEEDS_DAILYMOTION_PASSWORD_FILE: {tmp_path}/empty is empty.\n"
        '  - FEEDS_DAILYMOTION_API is "http://api.dailymotion.com": a login would go there unencrypted. '
        "Use https; http is for this machine alone.\n"
        "  - FEEDS_DAILYMOTION_AUTHORIZE holds a user or a password: an address has none.\n"
        '  - FEEDS_DAILYMOTION_TOKEN is "ftp://host/?x": write an address such as https://api.dailymotion.com, '
        "without ? and #.\n"
        "  - FEEDS_DAILYMOTION_KEY is set without FEEDS_DAILYMOTION_SECRET. Set both, or neither.\n"
        "  - FEEDS_DAILYMOTION_REJECTION is no path such as /me/children/{child}.\n"
        '  - FEEDS_DAILYMOTION_PKCE is "yes". Set it to 1, or leave it out.'
    )


@pytest.mark.parametrize(
    ("address", "is_fine"),
    [
        ("http://127.0.0.1:8002", True),
        ("http://[::1]:8002/api", True),
        ("http://localhost", True),
        ("https://dm.example", True),
        ("http://127.0.0.1.example", False),
        ("http://localhost.example", False),
        ("http://192.168.1.5", False),
        ("https://", False),
        ("https://host:port", False),
        ("https://host/#x", False),
        ("//host", False),
        ("https://ho\x1bst", False),
    ],
)
def test_a_login_travels_encrypted_or_stays_on_this_machine(address, is_fine):
    if is_fine:
        assert dailymotion(API=address)[0].api == address
    else:
        with pytest.raises(UsageError, match="FEEDS_DAILYMOTION_API is"):
            dailymotion(API=address)


def test_a_login_is_kept_in_the_state_folder_of_the_person(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert login_file({"XDG_STATE_HOME": "/var/state"}) == Path("/var/state/feeds/login.json")
    for relative in ({}, {"XDG_STATE_HOME": ""}, {"XDG_STATE_HOME": "state"}):
        assert login_file(relative) == tmp_path / ".local/state/feeds/login.json"
