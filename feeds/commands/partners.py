"""`feeds partners`: who is in the network, who asks to be, and what its people decide."""

import json
from typing import TYPE_CHECKING

import click

from feeds.commands._parent import me, now
from feeds.commands._verify import adopt, verify
from feeds.commands.options import catalog_option, folders_of
from feeds.core.errors import UsageError

if TYPE_CHECKING:
    from feeds.core.partners import Partner
    from feeds.onboarding.deciding import Deciding
    from feeds.onboarding.register import Register

_why = click.option("--why", required=True, help="The reason; it stands in the event.")
_dry_run = click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")


@click.group("partners", epilog='Example: feeds partners approve x2anna --why "contract 881"')
def command() -> None:
    """See who is in the network and who asks to be, and decide about them."""


command.add_command(verify)
command.add_command(adopt)


@command.command("list", epilog="Example: feeds partners list --state asked")
@click.option("--state", metavar="WORD", help="Only those in this state: asked, approved, adopted, refused, ...")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to show it.")
@catalog_option
def list_(state: str | None, form: str, catalog: str | None) -> None:
    """List every account that the catalog or an event names, by state."""
    from feeds.core.partners import Partner, PartnerState
    from feeds.formats.results_yaml import render_time
    from feeds.formats.terminal import visible

    states = [each for each in PartnerState if each.value.startswith(state or "")]
    if not states:
        raise UsageError(f'"{state}" is no state. States are: {", ".join(PartnerState)}.')
    partners, usernames = _known(catalog)
    rows = [
        (user, partners.get(user, Partner()))
        for wanted in states
        for user in sorted({**usernames, **partners})
        if partners.get(user, Partner()).state is wanted
    ]
    if form == "json":
        records = [
            {
                "id": user,
                "username": partner.username or usernames.get(user),
                "state": partner.state.value,
                "since": render_time(partner.since) if partner.since else None,
                "by": partner.by,
                "why": partner.why,
                "in_catalog": user in usernames,
            }
            for user, partner in rows
        ]
        click.echo(json.dumps(records, ensure_ascii=False, indent=1))
        return
    width = max((len(_name(user, partner, usernames)) for user, partner in rows), default=0)
    for user, partner in rows:
        line = f"{_name(user, partner, usernames):<{width}}  {partner.state}{_since(partner)}"
        click.echo(visible(line + ("" if user in usernames else "  (not in the catalog)")))
    counts = {each: sum(partner.state is each for _, partner in rows) for each in states}
    click.echo("; ".join(f"{count} {each}" for each, count in counts.items() if count) or "Nobody.", err=True)


@command.command("invite", epilog='Example: feeds partners invite --label "Anna (contract 881)" --days 14')
@click.option("--label", required=True, help="Whom it is for, without an e-mail address: it stands in Git.")
@click.option("--days", type=click.IntRange(1, 365), default=14, show_default=True, help="How long it holds.")
@catalog_option
@_dry_run
def invite(label: str, days: int, catalog: str | None, dry_run: bool) -> None:
    """Make a link that approves whoever bears it, once, and print it.

    Send it to one person alone. Needs the app's FEEDS_PUBLIC_URL and FEEDS_SECRET_KEY.
    """
    import os

    from feeds.formats import results_yaml
    from feeds.onboarding import invitations
    from feeds.storage.journal import Journal
    from feeds.web.settings import link_settings

    its, settings = folders_of(catalog), link_settings(os.environ)
    made, event = invitations.invite(label, days=days, by=me(), now=now())
    if not dry_run:
        Journal(its.state / "journal").append(results_yaml.render(event))
    link = f"{settings.public_url}/?invitation={invitations.Links(settings.keys).render(made)}"
    if not dry_run:
        click.echo(link)
    click.echo(
        f"{'Would make an' if dry_run else 'An'} invitation for {made.label}, good for one account until "
        f"{made.until:%Y-%m-%d %H:%M} UTC.",
        err=True,
    )


@command.command("approve", epilog='Example: feeds partners approve x2anna --why "contract 881"')
@click.argument("user")
@_why
@catalog_option
@_dry_run
def approve(user: str, why: str, catalog: str | None, dry_run: bool) -> None:
    """Let USER join: they connect once more and are adopted at once."""
    from feeds.onboarding.deciding import CAN_BE_APPROVED

    deciding = _deciding(catalog)
    name = deciding.asked_about(user, CAN_BE_APPROVED)
    if not dry_run:
        deciding.approve(user, by=me(), why=why, now=now())
    click.echo(f"{_would('Approved', dry_run)}: {name}. They join by connecting once more; write to them.")


@command.command("refuse", epilog='Example: feeds partners refuse x2anna --why "not our field"')
@click.argument("user")
@_why
@catalog_option
@_dry_run
def refuse(user: str, why: str, catalog: str | None, dry_run: bool) -> None:
    """Say no to USER, who asked to join or was approved; nobody is written to."""
    from feeds.onboarding.deciding import CAN_BE_REFUSED

    deciding = _deciding(catalog)
    name = deciding.asked_about(user, CAN_BE_REFUSED)
    if not dry_run:
        deciding.refuse(user, by=me(), why=why, now=now())
    click.echo(f"{_would('Refused', dry_run)}: {name}. They are told so when they connect again.")


@command.command("reject", epilog='Example: feeds partners reject x2anna --why "contract ended"')
@click.argument("user")
@_why
@click.option("--yes", is_flag=True, help="Don't ask.")
@catalog_option
@_dry_run
def reject(user: str, why: str, yes: bool, catalog: str | None, dry_run: bool) -> None:
    """End the adoption of USER at Dailymotion, which writes an e-mail to them, and take them out of the list.

    Needs the parent account's login: `feeds login`, or the settings of a server.
    """
    from feeds.commands._parent import parent_of
    from feeds.onboarding.deciding import CAN_BE_REJECTED

    deciding = _deciding(catalog)
    name = deciding.asked_about(user, CAN_BE_REJECTED)
    if dry_run:
        click.echo(f"Would reject: {name}. Dailymotion would write an e-mail to them.")
        return
    if not yes:
        click.confirm(f"Reject {name}? Dailymotion will write an e-mail to them.", abort=True)
    with parent_of(deciding.parent_id) as client:
        deciding.reject(user, client, by=me(), why=why, now=now())
    click.echo(f"Rejected: {name}. The next build takes them out of the list.")


@command.command("record", epilog='Example: feeds partners record left x2anna --why "told by our content manager"')
@click.argument("what", type=click.Choice(["adopted", "rejected", "left"]))
@click.argument("user")
@click.option("--username", help="The account's username, where neither catalog nor events have it.")
@_why
@catalog_option
@_dry_run
def record(what: str, user: str, username: str | None, why: str, catalog: str | None, dry_run: bool) -> None:
    """Record what happened to USER elsewhere, at Dailymotion or with another tool; nothing is done there."""
    from feeds.core.user_ids import is_user_id

    if not is_user_id(user):
        raise UsageError(f"{user!a} can be no account's id. Copy it from Dailymotion: x2anna, say.")
    deciding = _deciding(catalog)
    if not dry_run:
        deciding.record(what, user, username=username, by=me(), why=why, now=now())
    click.echo(f"{_would('Recorded', dry_run)}: {user} {'has ' if what == 'left' else 'was '}{what}.")


def _register(catalog: str | None) -> "Register":
    from feeds.onboarding.register import Register

    return Register(folders_of(catalog))


def _known(catalog: str | None) -> "tuple[dict[str, Partner], dict[str, str]]":
    register = _register(catalog)
    return register.partners(), register.usernames()


def _deciding(catalog: str | None) -> "Deciding":
    from feeds.onboarding.deciding import Deciding
    from feeds.storage.journal import Journal

    its = folders_of(catalog)
    return Deciding(its, _register(catalog), Journal(its.state / "journal"))


def _name(user: str, partner: "Partner", usernames: dict[str, str]) -> str:
    username = partner.username or usernames.get(user)
    return f"{username} ({user})" if username and username != user else user


def _since(partner: "Partner") -> str:
    words = f", since {partner.since:%Y-%m-%d}" if partner.since else ""
    words += f" by {partner.by}" if partner.by else ""
    return words + (f": {partner.why}" if partner.why else "")


def _would(done: str, dry_run: bool) -> str:
    return f"Would be {done.lower()}" if dry_run else done
