"""The lines of logins: what a server would take for something else is refused."""

import pytest

from feeds.formats.htpasswd import SiteUser, is_name, parse, render

BODY = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ./0123456789" * 2
BCRYPT = f"$2y$12${BODY[:53]}"
SHA_CRYPT = f"$6$rounds=5000$salt${BODY[:86]}"
PBKDF2 = f"$pbkdf2-sha256$5000${BODY[:22]}${BODY[:43]}"


def test_lines_are_read_in_order_and_rendered_as_they_were():
    text = f"nord-2:{BCRYPT}\nnord-1:{SHA_CRYPT}\nnetlify:{PBKDF2}\n"
    users, faults = parse(text)
    assert [user.kind for user in users] == ["bcrypt", "sha-crypt", "pbkdf2-sha256"]
    assert faults == []
    assert render(users) == text


def test_a_variable_may_part_them_by_commas():
    assert parse(f" a:{BCRYPT} , b:{BCRYPT},\r\n# c:{BCRYPT}\n") == (
        (SiteUser("a", BCRYPT, "bcrypt"), SiteUser("b", BCRYPT, "bcrypt")),
        [],
    )


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("nord", "login 1 has no name"),
        ("nord:", 'the hash of "nord" is none that can be used'),
        ("nord:password", 'the hash of "nord" is none that can be used'),
        ("nord:{PLAIN}password", 'the hash of "nord" is none that can be used'),
        (f"nord:$apr1$salt${BODY[:22]}", 'the hash of "nord" is none that can be used'),
        ("nord:y2$12$", 'the hash of "nord" is none that can be used'),
        (f"nord:{BCRYPT} ;x", 'the hash of "nord" is none that can be used'),
        (f":{BCRYPT}", "login 1 has no name"),
        (f"no rd:{BCRYPT}", "login 1 has no name"),
        (f'n"}}:{BCRYPT}', "login 1 has no name"),
    ],
)
def test_what_is_no_login_is_told(line, fault):
    users, faults = parse(line)
    assert users == ()
    assert len(faults) == 1
    assert faults[0].startswith(fault)


def test_what_may_be_a_password_is_not_repeated():
    for text in ("CANARY", "nord:pass,CANARY", ":CANARY"):
        users, faults = parse(text)
        assert (users, "CANARY" in "".join(faults)) == ((), False)


def test_a_name_stands_once_for_nginx_reads_its_first_line_alone():
    users, faults = parse(f"nord:{BCRYPT}\nnord:{SHA_CRYPT}\n")
    assert users == (SiteUser("nord", BCRYPT, "bcrypt"),)
    assert faults == ['"nord" is there twice. While a password changes, give the new one a name of its own.']


def test_a_name_has_only_letters_that_every_file_and_header_takes():
    assert all(is_name(name) for name in ("dailymotion-1", "a", "Nord.x_y@z+1", "a" * 64))
    assert not any(is_name(name) for name in ("", "-a", "a:b", "a b", "a,b", "a\n", "é", "#a", "$a", "{a", "a" * 65))
