"""Serve the built site and the app on loopback until ^C, to look at both and to try the callback by hand."""

import os
import secrets
import time

import click

from feeds.commands._programs import Programs, ended_by_signals, environment, listen, url_of, wait_until_answering
from feeds.commands.options import catalog_option, folders_of
from feeds.core.errors import FeedsError


@click.command("serve", epilog="Example: feeds serve --catalog ~/nord --port 9000")
@catalog_option
@click.option(
    "--port", type=click.IntRange(0, 65534), default=8000, show_default=True, metavar="N",
    help="The site's port, with the app on the next one; 0: any two free ones.",
)  # fmt: skip
def command(catalog: str | None, port: int) -> int:
    """Build, then serve static_out and the app on loopback until ^C."""
    here = folders_of(catalog)
    given = os.environ.get("FEEDS_CALLBACK_SECRET")
    secret = given or secrets.token_urlsafe(24)
    settings = {"FEEDS_CATALOG": here.catalog, "FEEDS_STATE": here.state}
    environ = environment({name: str(folder.resolve()) for name, folder in settings.items()})
    environ["FEEDS_CALLBACK_SECRET"] = secret
    with ended_by_signals(), listen(port) as site, listen(port + 1 if port else 0) as app, Programs() as programs:
        site_url, app_url = url_of(site), url_of(app)
        built = programs.start(["-m", "feeds", "build", "--catalog", str(here.catalog.resolve())], environ)
        if built.wait():
            return built.returncode
        servers = [
            programs.start_site(here.catalog / "static_out", site, environ),
            programs.start_app(app, environ),
        ]
        wait_until_answering(servers[0], site_url, "/users.json")
        wait_until_answering(servers[1], app_url, "/readyz")
        click.echo(f"user list  {site_url}/users.json")
        click.echo(f"callback   {app_url}/callback/{'$FEEDS_CALLBACK_SECRET' if given else secret}")
        click.echo("^C ends both.")
        while all(server.poll() is None for server in servers):
            time.sleep(0.2)
    raise FeedsError("A server ended by itself; its own words stand above.")
