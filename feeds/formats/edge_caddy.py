"""The site, and the app where there is one, behind Caddy: https://caddyserver.com/docs/ . Proven with Caddy 2.6."""

from dataclasses import dataclass

from feeds.core.errors import UsageError
from feeds.formats.edge import Address, App, Site, render


@dataclass(frozen=True, slots=True)
class _Server:
    """One site block: its address, and what is served there."""

    origin: str
    is_secure: bool
    site: bool
    app: bool


def render_caddy(site: Site, app: App | None = None) -> str:
    """Return a whole Caddyfile, which holds the hashes. For https addresses Caddy gets certificates by itself.

    Raises UsageError: Caddy reads bcrypt alone, https://caddyserver.com/docs/caddyfile/directives/basic_auth
    """
    unfit = [user.name for user in site.users if user.kind != "bcrypt"]
    if unfit:
        raise UsageError(
            f"Caddy can't read the hash of {', '.join(unfit)}, which is not bcrypt.\n"
            f"Make another: feeds edge hash {unfit[0]}"
        )
    if app is None or app.address.origin == site.address.origin:
        servers = [_server(site.address, site=True, app=app is not None)]
    else:
        servers = [_server(site.address, site=True, app=False), _server(app.address, site=False, app=True)]
    return render("Caddyfile", dollars=True, site=site, app=app, servers=servers)


def _server(address: Address, *, site: bool, app: bool) -> _Server:
    return _Server(address.origin, address.scheme == "https", site, app)
