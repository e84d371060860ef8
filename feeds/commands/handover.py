"""`feeds handover`: the letter to the content manager at Dailymotion."""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from feeds.commands.options import catalog_option, folders_of
from feeds.core.errors import UsageError

if TYPE_CHECKING:
    from feeds.core.catalog import Network, UserEntry
    from feeds.formats.handover import Closing
    from feeds.settings import Folders

_MASK, _SITE_MASK = "<secret>", "<site secret>"


@click.command("handover", epilog="Example: feeds handover --show-secrets > letter.txt")
@click.option(
    "--show-secrets", is_flag=True, help="Write the secrets of the addresses out: a letter to be sent needs them."
)
@catalog_option
def command(show_secrets: bool, catalog: str | None) -> None:
    """Print the letter that hands the network over to Dailymotion: the guide's three references, and our questions.

    The secrets in the addresses are masked unless asked for, and a password is never in it: what is kept here is its
    hash. Send the letter by a way that you trust, and the password by another.
    """
    from feeds.core.partners import PartnerState
    from feeds.formats import handover
    from feeds.onboarding.register import Register
    from feeds.settings import app_settings
    from feeds.web.settings import link_settings

    its = folders_of(catalog)
    register = Register(its)
    network, app_url = register.network(), link_settings(os.environ).public_url
    secret = app_settings(os.environ).callback_secrets[0]
    adopted = sum(partner.state is PartnerState.ADOPTED for partner in register.partners().values())
    size = handover.size_of(_users(its), adopted)
    closing = _closing(network, show_secrets=show_secrets)
    letter = handover.render(network, size, closing, app_url=app_url, secret=secret if show_secrets else _MASK)
    click.echo(letter, nl=False)
    if not show_secrets:
        click.echo("What is secret in the addresses is masked: --show-secrets writes it out.", err=True)


def _closing(network: "Network", *, show_secrets: bool) -> "Closing":
    """Return how the site is closed. Raises UsageError where a secret for that is missing."""
    from feeds.access_settings import access_settings
    from feeds.building.addresses import address_of
    from feeds.formats.handover import Closing

    try:
        its = access_settings(os.environ, network.access)
    except UsageError as error:  # a secret that is made here would be another one than the web server's
        raise UsageError(f"{error}\nThe letter needs what the web server has: run this with its settings.") from error
    path = next(iter(its.paths), None)
    return Closing(
        address_of(network, path if show_secrets or path is None else _SITE_MASK),
        network.access,
        new_path=len(its.paths) > 1,
        logins=[user.name for user in its.users],
    )


def _users(its: "Folders") -> Iterator["UserEntry"]:
    """Yield the users of the catalog that can be read; `feeds check` names the others."""
    from feeds.building.catalog_users import read_users
    from feeds.building.results import built_from
    from feeds.building.sources import CatalogText

    catalog = built_from(its)
    for _, read in read_users(CatalogText(catalog), catalog):
        if read.user is not None:
            yield read.user
