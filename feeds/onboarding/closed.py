"""Whether the published site is closed as network.access says: what it answers to those who lack what opens it.

The guide wants the user list "preferably secured with some kind of authentication" (https://developers.dailymotion.com/mcn).
A challenge is https://www.rfc-editor.org/rfc/rfc7617 . What a web server does by addresses can be seen from this
machine alone: whether Dailymotion is let in, only Dailymotion can tell.
"""

import re
import secrets
from collections.abc import Iterator

from feeds.core.access import CRAWLER_RANGES, Way
from feeds.onboarding.answered import Seen, Unfit
from feeds.onboarding.examining import Answer
from feeds.onboarding.published import MASK, USER_LIST, PublishedSite

# Of what should not be seen at all, so much is enough to know it again.
EXCERPT_BYTES = 64 * 1024
UNAUTHORIZED, FORBIDDEN = 401, 403

# One of several challenges, perhaps.
_BASIC = re.compile(r"(?:^|,)\s*basic\b", re.I)

_CLOSE = "Have the web server closed as the catalog says (feeds edge), and see that it has read its configuration."


def about_closed(site: PublishedSite, feed: str | None) -> Iterator[Answer]:
    """Tell what the site shows to strangers; `feed` is the name of a feed that is there. Nothing where it is open."""
    if not site.ways:
        return
    names = [USER_LIST, *([feed] if feed else [])]
    try:
        whole = site.see(site.at(USER_LIST), most=EXCERPT_BYTES)
        if Way.BASIC_AUTH in site.ways:
            yield from _without_login(site, names, whole)
        if Way.SECRET_PATH in site.ways:
            yield from _without_secret(site, names, whole)
            yield from _old_secret(site, whole)
        yield from _listings(site, feed, whole)
        if Way.ADDRESSES in site.ways:
            yield _from_here(whole)
    except Unfit:
        yield Answer(
            "closed", "look", "it could not be seen whether strangers are kept out", "Run `feeds doctor` again."
        )


def _without_login(site: PublishedSite, names: list[str], whole: Seen) -> Iterator[Answer]:
    """Ask without a login and with a made-up one."""
    wrong, good = f"stranger:{secrets.token_urlsafe(16)}", True
    for name in names:
        for how, login in (("without a login", None), ("by a made-up login", wrong)):
            seen = site.see(site.at(name), logs_in=False, login=login, most=EXCERPT_BYTES)
            where = site.shown(site.at(name))
            if seen.gives_away:
                good = False
                yield Answer("closed", "fault", f"{where} answers {seen.status} {how}: anybody can read it", _CLOSE)
            elif not whole.shows:
                good = False  # nobody gets further with a login, so this tells nothing of it
            elif seen.status != UNAUTHORIZED or not _BASIC.search(seen.challenge):
                good = False
                what = f"{where} answers {seen.status} {how}, where 401 and Basic are expected"
                yield Answer("closed", "fault", what, f"Dailymotion may wait to be asked for its login. {_CLOSE}")
    if good:
        yield Answer("closed", "ok", "without the login it answers 401")


def _without_secret(site: PublishedSite, names: list[str], whole: Seen) -> Iterator[Answer]:
    """Ask at the address without the secret, and with a made-up one."""
    made_up, good = secrets.token_urlsafe(24), whole.shows
    places = (("without the secret", site.root), ("below any folder", f"{site.root}{made_up}/"))
    for name in names:
        for how, place in places:
            seen = site.see(f"{place}{name}", most=EXCERPT_BYTES)
            where = f"{place}{name}".replace(made_up, "<made up>")
            if seen.gives_away:
                good = False
                yield Answer("closed", "fault", f"{where} answers {seen.status}, {how}: anybody can read it", _CLOSE)
            elif any(path in seen.location for path in site.paths):
                good = False
                yield Answer("closed", "fault", f"{where} leads to the secret address, which tells it to all", _CLOSE)
    if good:
        yield Answer("closed", "ok", "without the secret there is nothing to read")


def _old_secret(site: PublishedSite, whole: Seen) -> Iterator[Answer]:
    """Ask at the address that the site had before, while its secret is being changed."""
    if not whole.shows:
        return
    for path in site.paths[1:]:
        status = site.see(f"{site.root}{path}/{USER_LIST}", most=EXCERPT_BYTES).status
        if status == 200:
            what = "the old secret of FEEDS_SITE_PATH still works, as does the new one"
            yield Answer("closed", "look", what, "Take it out once Dailymotion reads at the new address.")
        else:
            what = f"with the old secret of FEEDS_SITE_PATH it answers {status}, and Dailymotion may still read there"
            yield Answer("closed", "fault", what, f"Take it out of FEEDS_SITE_PATH, or mend that. {_CLOSE}")


def _listings(site: PublishedSite, feed: str | None, whole: Seen) -> Iterator[Answer]:
    """Ask for the folders themselves, which must not tell what is in them."""
    told = [USER_LIST, *site.paths, *([feed.rpartition("/")[2]] if feed else [])]
    good = whole.shows
    for place in dict.fromkeys((site.root, site.at(""), site.at("feeds/"))):
        seen = site.see(place, most=EXCERPT_BYTES)
        if seen.shows and any(name.encode() in seen.body for name in told):
            good = False
            what = f"{site.shown(place)} lists what is in the folder{_of_secret(site, seen)}"
            yield Answer("closed", "fault", what, "Switch the listing of folders off. " + _CLOSE)
    if good:
        yield Answer("closed", "ok", "no folder is listed")


def _of_secret(site: PublishedSite, seen: Seen) -> str:
    return f", {MASK} among it" if any(path.encode() in seen.body for path in site.paths) else ""


def _from_here(whole: Seen) -> Answer:
    """Tell what was seen from this machine, which is none of Dailymotion's."""
    ranges = ", ".join(CRAWLER_RANGES)
    if whole.status == FORBIDDEN:
        what = "this machine's address is refused (403), as all should be but Dailymotion's"
        remedy = f"Only Dailymotion can tell whether it is let in. Its ranges, when this was written: {ranges}."
    else:
        what = f"this machine's address gets {whole.status}, though it is none of Dailymotion's"
        remedy = f"Right if you let it in yourself; else the addresses aren't looked at. Dailymotion's: {ranges}."
    return Answer("closed", "look", what, remedy)
