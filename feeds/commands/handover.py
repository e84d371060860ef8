"""`feeds handover`: the letter to the content manager at Dailymotion."""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from feeds.commands.options import catalog_option, folders_of

if TYPE_CHECKING:
    from feeds.core.catalog import UserEntry
    from feeds.settings import Folders

_MASK = "<secret>"


@click.command("handover", epilog="Example: feeds handover --show-secrets > letter.txt")
@click.option("--show-secrets", is_flag=True, help="Write the callback's secret out: the letter needs it to be sent.")
@catalog_option
def command(show_secrets: bool, catalog: str | None) -> None:
    """Print the letter that hands the network over to Dailymotion: the guide's three references, and our questions.

    The callback's secret is masked unless asked for. Send the letter by a way that you trust.
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
    letter = handover.render(network, size, app_url=app_url, secret=secret if show_secrets else _MASK)
    click.echo(letter, nl=False)
    if not show_secrets:
        click.echo("The secret is masked: --show-secrets writes it out.", err=True)


def _users(its: "Folders") -> Iterator["UserEntry"]:
    """Yield the users of the catalog that can be read; `feeds check` names the others."""
    from feeds.building.catalog_users import read_users
    from feeds.building.results import built_from
    from feeds.building.sources import CatalogText

    catalog = built_from(its)
    for _, read in read_users(CatalogText(catalog), catalog):
        if read.user is not None:
            yield read.user
