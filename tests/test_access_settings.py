"""The settings that close the site: every secret and login that counts, and one list of all that is wrong with them."""

import pytest

from feeds.access_settings import AccessSettings, access_settings, secret_path, site_login
from feeds.core.access import Way
from feeds.core.errors import UsageError
from feeds.formats.htpasswd import SiteUser

GOOD = "M3tRp5f0cTqVwXyZ7aB9dE1g"
OTHER = "aZ09-_.~bY18cX27dW36eV45"
BCRYPT = "$2b$10$" + "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ./0"[:53]
MAKE = "python -c 'import secrets; print(secrets.token_urlsafe(24))'"


def refusal(environ, ways=tuple(Way)):
    with pytest.raises(UsageError) as refused:
        access_settings(environ, ways)
    first, *faults = str(refused.value).split("\n  - ")
    assert first == "The site can't be closed as it should be:"
    return faults


def test_the_newest_secret_stands_in_the_sites_addresses_and_a_weak_one_is_refused_unrepeated(tmp_path):
    (tmp_path / "path").write_text(f"{OTHER}\n")
    assert secret_path({}) is None
    assert secret_path({"FEEDS_SITE_PATH": f"{GOOD}, {OTHER}"}) == GOOD
    assert secret_path({"FEEDS_SITE_PATH_FILE": str(tmp_path / "path")}) == OTHER
    with pytest.raises(UsageError) as refused:
        secret_path({"FEEDS_SITE_PATH": f"{GOOD},{OTHER},CANARY-short"})
    assert str(refused.value) == (
        "The site can't be closed as it should be:\n"
        "  - FEEDS_SITE_PATH holds 3 secrets. Keep the new one and, while rotating, one old.\n"
        "  - FEEDS_SITE_PATH: secret 3 has 12 characters, fewer than 22. Use 128 random bits or more."
    )


def test_both_secrets_and_all_logins_count_while_they_rotate(tmp_path):
    (tmp_path / "users").write_text(f"# the crawler\nnord-2:{BCRYPT}\n\nnord-1:{BCRYPT}\n")
    its = access_settings(
        {"FEEDS_SITE_PATH": f"{GOOD},{OTHER}", "FEEDS_SITE_USERS_FILE": str(tmp_path / "users")}, tuple(Way)
    )
    assert its == AccessSettings(
        (GOOD, OTHER), (SiteUser("nord-2", BCRYPT, "bcrypt"), SiteUser("nord-1", BCRYPT, "bcrypt"))
    )


def test_only_what_the_ways_need_is_asked_for_and_read():
    assert access_settings({}, ()) == access_settings({}, (Way.ADDRESSES,)) == AccessSettings()
    assert access_settings({"FEEDS_SITE_USERS": "no login"}, (Way.ADDRESSES,)) == AccessSettings()
    assert access_settings({"FEEDS_SITE_PATH": GOOD}, (Way.SECRET_PATH,)) == AccessSettings((GOOD,))


def test_all_that_is_missing_is_said_at_once_with_the_way_to_make_it(tmp_path):
    assert refusal({}) == [
        f"FEEDS_SITE_PATH is missing, the secret in the site's addresses. Make one: {MAKE}",
        "FEEDS_SITE_USERS is missing, a line `name:hash` for each login. Make one: feeds edge hash dailymotion-1",
    ]
    both = {"FEEDS_SITE_USERS": f"a:{BCRYPT}", "FEEDS_SITE_USERS_FILE": str(tmp_path / "none")}
    assert refusal(both, (Way.BASIC_AUTH,)) == [
        "FEEDS_SITE_USERS and FEEDS_SITE_USERS_FILE are both set. Keep one.",
        f"FEEDS_SITE_USERS_FILE: {tmp_path}/none can't be read: No such file or directory.",
    ]


def test_what_is_wrong_is_said_and_neither_secret_nor_hash_is_repeated():
    faults = refusal({"FEEDS_SITE_PATH": "CANARY", "FEEDS_SITE_USERS": "nord:CANARY,:CANARY"})
    assert len(faults) == 3
    assert "CANARY" not in "".join(faults)
    its = access_settings({"FEEDS_SITE_PATH": GOOD, "FEEDS_SITE_USERS": f"nord:{BCRYPT}"}, tuple(Way))
    assert GOOD not in repr(its)
    assert BCRYPT not in repr(its)


def test_our_own_login_comes_from_a_variable_or_a_file_and_one_that_is_none_is_refused_unrepeated(tmp_path):
    (tmp_path / "login").write_text("nord:pass:wörd\n")
    assert site_login({}) is None
    assert site_login({"FEEDS_SITE_LOGIN": "nord:pass"}) == "nord:pass"
    assert site_login({"FEEDS_SITE_LOGIN_FILE": str(tmp_path / "login")}) == "nord:pass:wörd"
    for wrong in ("CANARY", "nord:CANARY\nX-Header: 1"):
        with pytest.raises(UsageError) as refused:
            site_login({"FEEDS_SITE_LOGIN": wrong})
        assert str(refused.value) == (
            "The site can't be read:\n  - FEEDS_SITE_LOGIN is no login: write user:password, in one line."
        )
