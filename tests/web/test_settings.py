"""The settings of the pages, and the one list of all that is wrong with them."""

import pytest

from feeds.core.errors import UsageError
from feeds.dailymotion.values import Settings
from feeds.web.settings import LinkSettings, WebSettings, link_settings, web_settings

KEY, OLD_KEY = "qWc8-web-secret-key-Zr5T0aBn3X", "another-web-secret-key-Yx7W6v5U"
GOOD = {
    "FEEDS_PUBLIC_URL": "https://Partners.Nord.example/",
    "FEEDS_SECRET_KEY": KEY,
    "FEEDS_DAILYMOTION_KEY": "k",
    "FEEDS_DAILYMOTION_SECRET": "s",
}


def refusal(read=web_settings, **environ):
    with pytest.raises(UsageError) as refused:
        read({**GOOD, **environ})
    return str(refused.value)


def test_without_a_public_url_there_are_no_pages_whatever_else_is_set():
    assert web_settings({}) is None
    assert web_settings({**GOOD, "FEEDS_PUBLIC_URL": " ", "FEEDS_SECRET_KEY": "short"}) is None


def test_the_settings_are_read():
    links = LinkSettings("https://partners.nord.example", (KEY,))
    assert web_settings(GOOD) == WebSettings(links, Settings(key="k", secret="s"), 0)
    web = web_settings({**GOOD, "FEEDS_PROXIES": "2", "FEEDS_SECRET_KEY": f" {KEY} ,{OLD_KEY}"})
    assert (web.proxies, web.links.keys) == (2, (KEY, OLD_KEY))
    assert (web.host, web.is_secure) == ("partners.nord.example", True)
    assert web.return_url == "https://partners.nord.example/connect/return"


@pytest.mark.parametrize("url", ["http://127.0.0.1:8001", "http://localhost:8001", "http://[::1]:8001"])
def test_on_this_machine_http_will_do(url):
    web = web_settings({**GOOD, "FEEDS_PUBLIC_URL": url})
    assert (web.links.public_url, web.is_secure) == (url, False)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://nord.example", "logins would travel unencrypted"),
        ("ftp://nord.example", "is no origin"),
        ("https://nord.example/app", "is no origin"),
        ("https://nord.example?x", "is no origin"),
        ("https://u:p@nord.example", "is no origin"),
        ("https://nørd.example", "is no origin in ASCII"),
        ("nord.example", "is no origin"),
        ("https://nord.example:port", "is no address"),
        ("https://", "is no origin"),
    ],
)
def test_what_is_no_origin_of_ours_is_refused_with_an_example(url, words):
    message = refusal(FEEDS_PUBLIC_URL=url)
    assert message.startswith("The pages for partners can't be served:\n  - FEEDS_PUBLIC_URL ")
    assert words in message
    assert "u:p" not in message


def test_everything_that_is_wrong_is_said_at_once_and_no_key_is_repeated():
    message = refusal(
        FEEDS_PUBLIC_URL="nord", FEEDS_SECRET_KEY=f"short,{'ab' * 20},{KEY}", FEEDS_PROXIES="-1",
        FEEDS_DAILYMOTION_SECRET="", FEEDS_DAILYMOTION_API="http://api.example",
    )  # fmt: skip
    assert message == (
        "The pages for partners can't be served:\n"
        "  - FEEDS_PUBLIC_URL is no origin in ASCII, without path and user: write the app's own origin, such as "
        "https://partners.nord.example.\n"
        "  - FEEDS_SECRET_KEY holds 3 keys. Keep the new one first and, while rotating, one old.\n"
        "  - FEEDS_SECRET_KEY: key 1 is too easy to guess. Use 128 random bits or more.\n"
        "  - FEEDS_SECRET_KEY: key 2 is too easy to guess. Use 128 random bits or more.\n"
        '  - FEEDS_PROXIES is "-1": write how many proxies stand before the app, 0 to 9.\n'
        '  - FEEDS_DAILYMOTION_API is "http://api.example": a login would go there unencrypted. Use https; http is for '
        "this machine alone.\n"
        "  - FEEDS_DAILYMOTION_KEY is set without FEEDS_DAILYMOTION_SECRET. Set both, or neither."
    )


def test_key_and_secret_of_dailymotion_are_needed():
    message = refusal(FEEDS_DAILYMOTION_KEY="", FEEDS_DAILYMOTION_SECRET="")
    assert "FEEDS_DAILYMOTION_KEY and FEEDS_DAILYMOTION_SECRET are missing" in message


def test_the_secret_key_may_stand_in_a_file(tmp_path):
    file = tmp_path / "key"
    file.write_text(f"{KEY}\n")
    assert link_settings({"FEEDS_PUBLIC_URL": "https://x.example", "FEEDS_SECRET_KEY_FILE": str(file)}).keys == (KEY,)
    missing = {"FEEDS_SECRET_KEY": "", "FEEDS_SECRET_KEY_FILE": str(tmp_path / "gone")}
    assert "can't be read" in refusal(**missing)
    assert "FEEDS_SECRET_KEY is missing" not in refusal(**missing)


def test_a_link_needs_neither_dailymotion_nor_a_callback():
    environ = {"FEEDS_PUBLIC_URL": "https://x.example", "FEEDS_SECRET_KEY": KEY}
    assert link_settings(environ) == LinkSettings("https://x.example", (KEY,))
    assert refusal(link_settings, FEEDS_PUBLIC_URL="", FEEDS_SECRET_KEY="") == (
        "A link can't be made:\n"
        "  - FEEDS_PUBLIC_URL is missing: write the app's own origin, such as https://partners.nord.example.\n"
        "  - FEEDS_SECRET_KEY is missing. Make one: python -c 'import secrets; print(secrets.token_urlsafe(32))'"
    )


def test_no_secret_shows_when_the_settings_are_printed():
    shown = repr(web_settings(GOOD))
    assert KEY not in shown
    assert "secret" not in shown
