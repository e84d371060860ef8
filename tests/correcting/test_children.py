"""`feeds children`, against the stand-in: only what differs is written, once, and it is looked up afterwards."""

import pytest

from sandbox.faults import KINDS, fault
from tests.onboarding.conftest import CAFE, STRAY


@pytest.fixture
def account(desk):
    desk.site.user(CAFE)
    desk.world.accounts[CAFE].profile = {"country": "FR", "description": "Old words"}
    return desk


def screenname(desk):
    return desk.world.accounts[CAFE].screenname


def test_what_differs_is_shown_asked_about_written_and_looked_up(account):
    before = screenname(account)
    words = ("screenname=Café Courts", "country=fr", "city=Lyon")
    code, out, err = account.call(f"children set {CAFE}", *words, typed="y\n")
    assert code == 0
    assert out == (
        f"{CAFE}-name ({CAFE})\n"
        f'  screenname  was "{before}"\n              now "Café Courts"\n'
        '  city        was nothing\n              now "Lyon"\n'
    )
    assert err.endswith("2 of 2 written, as looked up since.\n")
    assert (screenname(account), account.calls("POST")[-1]) == ("Café Courts", f"/user/{CAFE}")
    code, out, _ = account.call(f"children set {CAFE}-name", *words)
    assert (code, out) == (0, f"{CAFE}-name ({CAFE}) shows all of this already.\n")
    assert 'screenname  "Café Courts"' in account.call(f"children show {CAFE}")[1]


@pytest.mark.parametrize(("more", "typed", "expected"), [("--dry-run", "", 0), ("", "n\n", 1), ("", "", 130)])
def test_nothing_is_written_without_a_yes(account, more, typed, expected):
    code, out, _ = account.call(f"children set {CAFE} city=Lyon {more}", typed=typed)
    assert (code, 'now "Lyon"' in out) == (expected, True)
    assert f"/user/{CAFE}" not in account.calls("POST")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("screename=x", "'screename' can't be written: did you mean screenname? These can: screenname, description"),
        ("password=x", "'password' can't be written"),
        ("email=a@b.example", "'email' can't be written"),
        ("country=xx", "country is 'xx', which is no country"),
        ("description=", "description has 0 characters: it takes 1 to 2,000."),
        (f"screenname={'x' * 51}", "screenname has 51 characters: it takes 1 to 50."),
        ("city=Lyon city=Paris", "city is given twice."),
        ("city", "'city' is no FIELD=VALUE."),
    ],
)
def test_what_cannot_be_written_is_refused_before_anything_is_asked(account, words, message):
    code, _, err = account.call(f"children set {CAFE} {words}")
    assert (code, account.calls("POST")) == (2, [])
    assert message in err


def test_only_an_adopted_account_is_touched(account):
    code, _, err = account.call(f"children set {STRAY} city=Lyon --yes")
    assert (code, account.calls("POST")) == (2, [])
    assert "is no adopted account" in err


@pytest.mark.parametrize("kind", KINDS)
def test_every_fault_ends_in_a_sentence_and_nothing_is_written_twice(account, kind):
    wanted = {"kind": kind, "method": "POST", "path": f"/user/{CAFE}", "seconds": 0.01, "bytes": 17 << 20}
    account.app.extensions["faults"].to_come.append(fault(wanted))
    code, _, err = account.call(f"children set {CAFE} city=Lyon --yes")
    posts = account.calls("POST").count(f"/user/{CAFE}")
    written = account.world.accounts[CAFE].profile.get("city") == "Lyon"
    assert posts <= (2 if kind == "expired-token" else 1)  # refused for its login, it wasn't done
    assert (code == 0) is written
    assert code in (0, 3)
    assert "Traceback" not in err
    assert err.startswith("error: ") or written
