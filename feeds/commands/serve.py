"""Serve the built site and the app on loopback until ^C, to look at both and to try the callback by hand."""

import os
import secrets
import time

import click

from feeds.commands._programs import Programs, ended_by_signals, environment, listen, url_of, wait_until_answering
from feeds.commands.options import catalog_option, folders_of
from feeds.core.errors import FeedsError


@click.command("serve", epilog="Example: feeds serve --catalog ~/nord --sandbox")
@catalog_option
@click.option(
    "--port", type=click.IntRange(0, 65533), default=8000, show_default=True, metavar="N",
    help="The site's port; the next one is the app's, and then the stand-in's. 0: any free ones.",
)  # fmt: skip
@click.option("--sandbox", is_flag=True, help="Serve a scratch copy instead, with a stand-in for Dailymotion.")
def command(catalog: str | None, port: int, sandbox: bool) -> int:
    """Build, then serve static_out and the app on loopback until ^C, with the settings of your environment.

    With --sandbox partners can join and decide without an account at Dailymotion, and nothing of yours is changed: on
    a scratch copy with a Git remote of its own, beside `feeds sync --watch`.
    """
    here = folders_of(catalog)
    if sandbox:
        from feeds.commands import _playground

        _playground.serve(here, port)
    given = os.environ.get("FEEDS_CALLBACK_SECRET")
    secret = given or secrets.token_urlsafe(24)
    settings = {"FEEDS_CATALOG": here.catalog, "FEEDS_STATE": here.state}
    environ = environment(
        {name: value for name, value in os.environ.items() if name.startswith("FEEDS_")}
        | {name: str(folder.resolve()) for name, folder in settings.items()}
    )
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
        if public_url := environ.get("FEEDS_PUBLIC_URL", "").strip():
            click.echo(f"to join    {public_url.rstrip('/')}/")
        click.echo(f"user list  {site_url}/users.json")
        click.echo(f"callback   {app_url}/callback/{'$FEEDS_CALLBACK_SECRET' if given else secret}")
        click.echo("^C ends both.")
        while all(server.poll() is None for server in servers):
            time.sleep(0.2)
    raise FeedsError("A server ended by itself; its own words stand above.")
