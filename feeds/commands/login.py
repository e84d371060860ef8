"""`feeds login`: log in at Dailymotion with the parent account, in a browser."""

from typing import TYPE_CHECKING

import click

from feeds.commands.options import catalog_option

if TYPE_CHECKING:
    from feeds.dailymotion.client import Client
    from feeds.dailymotion.values import Settings, Token

# The callback URL of an API key is fixed, so the port is: https://developers.dailymotion.com/v0/reference/build-your-authorization-code
PORT = 8765


@click.command("login", epilog="Example: feeds login --catalog ~/nord")
@catalog_option
@click.option(
    "--port",
    type=click.IntRange(1024, 65535),
    default=PORT,
    show_default=True,
    help="Where the browser comes back to; the API key's callback URL must be http://127.0.0.1:<port>/.",
)
@click.option("--wait", type=click.FloatRange(0, 3600), default=300, show_default=True, help="Seconds to wait for it.")
@click.option("--no-browser", is_flag=True, help="Open no browser: show the address only.")
def command(catalog: str | None, port: int, wait: float, no_browser: bool) -> None:
    """Log in at Dailymotion with the parent account, for the commands that ask Dailymotion.

    The login is kept in your state folder, for you alone, until `feeds logout`. Where there is a catalog, only the
    account of its network.parent_id is taken.
    """
    import os
    from datetime import UTC

    from feeds.dailymotion import parent
    from feeds.dailymotion.client import Client
    from feeds.dailymotion.errors import DailymotionError
    from feeds.dailymotion.values import PARENT_SCOPES
    from feeds.formats.terminal import visible
    from feeds.settings import dailymotion_settings, login_file
    from feeds.storage.tokens import TokenFile

    settings, _ = dailymotion_settings(os.environ)
    kept = TokenFile(login_file(os.environ))
    kept.prepare()
    parent_id = _parent_id(catalog)
    token = _token(settings, port, wait, no_browser=no_browser)
    with Client(settings, token) as client:
        try:
            identity = client.who_am_i()
            if parent_id is not None:
                parent.check_account(client, parent_id)
        except (DailymotionError, parent.WrongAccount):
            _give_up(client)
            raise
    with kept.held():
        parent.keep(settings, token, kept)
    until = f"until {token.expires_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if token.expires_at else "for now"
    renewable = " and is renewed by itself" if token.refresh_token and token.expires_at else ""
    name = visible(identity.username or identity.screenname or "an account")
    click.echo(f"Logged in as {name} ({visible(identity.id)}). It holds {until}{renewable}.")
    if lacking := token.lacks(PARENT_SCOPES):
        click.echo(f"note: not granted: {', '.join(sorted(lacking))}. What needs them will be refused.", err=True)


def _parent_id(catalog: str | None) -> str | None:
    """Return the parent account that the catalog names, where there is a catalog."""
    import os

    from feeds.onboarding.register import Register
    from feeds.settings import folders

    its = folders(os.environ, catalog=catalog)
    if catalog is None and not (its.catalog / "catalog.yaml").exists():
        return None
    return Register(its).network().parent_id


def _token(settings: "Settings", port: int, wait_s: float, *, no_browser: bool) -> "Token":
    """Send the person to Dailymotion and return the login with which they come back."""
    import webbrowser

    from feeds.commands._loopback import returning
    from feeds.dailymotion import oauth
    from feeds.dailymotion.errors import Declined
    from feeds.dailymotion.values import PARENT_SCOPES

    with returning(port) as back:
        departure = oauth.depart(settings, redirect_uri=back.uri, scopes=PARENT_SCOPES)
        back.state = departure.state
        click.echo(f"Log in with the parent account here:\n\n  {departure.url}\n")
        if not no_browser:
            webbrowser.open(departure.url)
        query = back.wait(wait_s)
    if query is None:
        raise Declined(f"Nobody came back from Dailymotion within {wait_s:g} s. Start `feeds login` again.")
    code = oauth.code_of(query, state=departure.state)
    return oauth.exchange(settings, code, redirect_uri=back.uri, scopes=PARENT_SCOPES, verifier=departure.verifier)


def _give_up(client: "Client") -> None:
    """End a login that is not kept, if Dailymotion can be reached."""
    from contextlib import suppress

    from feeds.dailymotion.errors import DailymotionError

    with suppress(DailymotionError):
        client.log_out()
