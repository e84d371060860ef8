"""`feeds doctor`: is everything set up for partners to join? Confirms the parent account, without which none can."""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from feeds.commands._parent import now
from feeds.commands.options import catalog_option, folders_of
from feeds.core.errors import FeedsError, UsageError

if TYPE_CHECKING:
    from feeds.core.catalog import Network
    from feeds.dailymotion.values import Settings
    from feeds.onboarding.examining import Answer, ParentAccount
    from feeds.settings import Folders

_MARKS = {"ok": "ok   ", "look": "look ", "fault": "FAULT"}


@click.command("doctor", epilog="Example: feeds doctor --parent-is nordclips")
@click.option("--parent-is", metavar="USERNAME", help="Confirm the parent account by its username, without asking.")
@click.option("--site", metavar="URL", help="Where the site is served before it is at network.base_url.")
@click.option("--offline", is_flag=True, help="Ask neither Dailymotion nor the published site.")
@catalog_option
def command(parent_is: str | None, site: str | None, offline: bool, catalog: str | None) -> int:
    """Look at settings, clock, parent account, roles, callback URL, state folder and the published site.

    Nobody is adopted until the parent account has been confirmed here, once: by its login (`feeds login`), by its
    username, or by a yes to its name. Exits with 1 if there is a fault.
    """
    from feeds.onboarding import examining
    from feeds.onboarding.register import Register
    from feeds.settings import dailymotion_settings

    its = folders_of(catalog)
    network = Register(its).network()
    answers = [
        *_of_settings(),
        *_of_access(network),
        examining.about_state(its.catalog, its.state),
        examining.about_shape(network),
    ]
    for answer in answers:
        _show(answer)
    if not offline:
        settings = dailymotion_settings(os.environ)[0]
        for answer in _of_dailymotion(settings, its, network, parent_is):
            answers.append(answer)
            _show(answer)
        for answer in _of_site(network, site):
            answers.append(answer)
            _show(answer)
    faults = sum(answer.verdict == "fault" for answer in answers)
    looks = sum(answer.verdict == "look" for answer in answers)
    click.echo(f"{faults} fault{'s' if faults != 1 else ''}, {looks} to look at.", err=True)
    return 1 if faults else 0


def _show(answer: "Answer") -> None:
    from feeds.formats.terminal import visible

    click.echo(visible(f"{_MARKS[answer.verdict]}  {answer.about:<10} {answer.what}"))
    if answer.remedy:
        click.echo(visible(f"{'':19}{answer.remedy}"))


def _of_settings() -> Iterator["Answer"]:
    from feeds.onboarding.examining import Answer, about_redirect
    from feeds.settings import app_settings
    from feeds.web.settings import link_settings, web_settings

    for read in (app_settings, web_settings):
        try:
            read(os.environ)
        except UsageError as error:
            yield from (Answer("settings", "fault", fault) for fault in _faults(error))
    if not os.environ.get("FEEDS_PUBLIC_URL", "").strip():
        what = "FEEDS_PUBLIC_URL is not set: the app takes callbacks, and has no pages for partners"
        yield Answer("settings", "look", what, "Set it, FEEDS_SECRET_KEY and the API key, to let partners connect.")
        return
    try:
        yield about_redirect(link_settings(os.environ).public_url)
    except UsageError:
        return  # told above


def _of_dailymotion(
    settings: "Settings", its: "Folders", network: "Network", parent_is: str | None
) -> Iterator["Answer"]:
    from feeds.commands._parent import parent_of
    from feeds.dailymotion.client import Client
    from feeds.dailymotion.clock import time_there
    from feeds.dailymotion.errors import DailymotionError, Expired
    from feeds.onboarding import examining

    with Client(settings) as client:
        parent, answer = examining.about_parent(client, network.parent_id)
    yield answer
    if parent is None:
        return
    try:
        yield examining.about_clock(now(), time_there(settings))
    except DailymotionError as error:
        yield examining.Answer("clock", "look", str(error))
    proven = False
    try:
        with parent_of(None) as client:
            for answer in examining.about_login(client.who_am_i(), network.parent_id):
                proven |= answer.about == "login" and answer.verdict == "ok"
                yield answer
    except Expired as error:
        yield examining.Answer("login", "look", "without the parent's login its roles can't be seen", str(error))
    except FeedsError as error:
        yield examining.Answer("login", "fault", str(error))
    yield _confirmed(its, settings.api, parent, proven, parent_is)


def _confirmed(its: "Folders", api: str, parent: "ParentAccount", proven: bool, parent_is: str | None) -> "Answer":
    """Note who the parent is, once its login or a person has said so."""
    import sys

    from feeds.onboarding import parent_check
    from feeds.onboarding.examining import Answer

    name = f"{parent.screenname} (@{parent.username}, {parent.id})"
    if parent_is is not None and parent_is != parent.username:
        return Answer(
            "confirmed",
            "fault",
            f"the parent is {name}, and not @{parent_is}",
            "Mend network.parent_id in catalog.yaml.",
        )
    sure = proven or parent_is is not None
    try:
        known = parent_check.passed(its.state, parent.id, api)
    except parent_check.NotChecked:
        known = None
    if not sure and known is None and sys.stdin.isatty():
        sure = click.confirm(f"       Is {name} your network's parent account?", default=False)
    if sure:
        parent_check.note(its.state, parent_check.ParentCheck(parent.id, parent.screenname, now(), api))
        return Answer("confirmed", "ok", f"partners are adopted by {name}")
    if known is not None:
        return Answer("confirmed", "ok", f"partners are adopted by {name}, since {known.at:%Y-%m-%d}")
    remedy = f"Run `feeds login` as the parent, or `feeds doctor --parent-is {parent.username}` if it is the right one."
    return Answer(
        "confirmed", "fault", f"nobody has confirmed that {name} is the parent: no partner is adopted", remedy
    )


def _faults(error: UsageError) -> list[str]:
    return [fault.removeprefix("  - ") for fault in str(error).splitlines()[1:]] or [str(error)]


def _of_access(network: "Network") -> Iterator["Answer"]:
    """Look at the settings that close the site, as far as network.access wants them."""
    from feeds.access_settings import access_settings, site_login
    from feeds.core.access import Way
    from feeds.onboarding.examining import Answer

    names: list[str] = []
    for way in network.access:
        if way == Way.BASIC_AUTH and not any(os.environ.get(f"FEEDS_SITE_USERS{end}") for end in ("", "_FILE")):
            what = "FEEDS_SITE_USERS is not set here: who may log in to the site is not known"
            yield Answer("settings", "look", what, "Set it where `feeds edge` and `feeds handover` are run.")
            continue
        try:
            names += [user.name for user in access_settings(os.environ, (way,)).users]
        except UsageError as error:
            yield from (Answer("settings", "fault", fault) for fault in _faults(error))
    if Way.BASIC_AUTH not in network.access:
        return
    try:
        login = site_login(os.environ)
    except UsageError as error:
        yield from (Answer("settings", "fault", fault) for fault in _faults(error))
        return
    if login and names and login.partition(":")[0] not in names:
        what = "the name in FEEDS_SITE_LOGIN is none of FEEDS_SITE_USERS"
        yield Answer("settings", "fault", what, f"Use one of {', '.join(names)}.")


def _of_site(network: "Network", served_at: str | None) -> Iterator["Answer"]:
    from feeds.access_settings import access_settings, site_login
    from feeds.building.addresses import address_of
    from feeds.core.access import Way
    from feeds.fetching.authorities import own_authorities
    from feeds.onboarding.closed import about_closed
    from feeds.onboarding.examining import Answer
    from feeds.onboarding.published import PublishedSite, about_site

    ways = network.access
    try:
        paths = access_settings(os.environ, [way for way in ways if way == Way.SECRET_PATH]).paths
        login = site_login(os.environ) if Way.BASIC_AUTH in ways else None
    except UsageError:
        paths, login = (), None  # told above
    try:
        authorities = own_authorities(os.environ)
    except UsageError as error:
        what, _, remedy = str(error).partition("\n")
        yield Answer("settings", "fault", what, remedy)
        return
    with PublishedSite(
        address_of(network, None), served_at=served_at, ways=ways, paths=paths, login=login, authorities=authorities
    ) as site:
        if ways and site.is_plain:
            what = f"{site.root} is http: what opens the site would go there unencrypted"
            yield Answer("site", "fault", what, "Serve it by https, and write that in network.base_url.")
            return
        feed = yield from about_site(site, network.user_list)
        yield from about_closed(site, feed)
