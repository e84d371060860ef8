"""The site, and the app where there is one, behind nginx: https://nginx.org/en/docs/ . Proven with nginx 1.22."""

import hashlib
import re
from dataclasses import dataclass

from feeds.core.errors import UsageError
from feeds.formats import htpasswd
from feeds.formats.edge import MARK, Address, App, Site, render

# Where the workers read the logins unless a file is named; the configuration is shown with it.
USERS_FILE = "/etc/nginx/sites-available/feeds.users"

_ID_CHARACTERS = 32


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate with its chain and its key, both as PEM files."""

    chain: str
    key: str


@dataclass(frozen=True, slots=True)
class _Server:
    """One `server` block: what is served there, and whether port 80 leads to it."""

    host: str
    port: int
    redirect: bool
    site: bool
    app: bool


def render_nginx(
    site: Site, app: App | None = None, *, certificate: Certificate | None = None, users_file: str = USERS_FILE
) -> str:
    """Return a file for nginx's `http` block. Without a certificate it listens at port 80. Raises UsageError.

    nginx can't take our own PBKDF2 hashes: https://nginx.org/en/docs/http/ngx_http_auth_basic_module.html
    """
    unfit = [user.name for user in site.users if user.kind == "pbkdf2-sha256"]
    if unfit:
        raise UsageError(
            f"nginx can't read the hash of {', '.join(unfit)}, which is for Netlify and Cloudflare.\n"
            f"Make another: feeds edge hash {unfit[0]}"
        )
    return render(
        "nginx.conf",
        id=_id(site.address),
        site=site,
        app=app,
        servers=_servers(site, app, certificate),
        certificate=certificate.chain if certificate else None,
        certificate_key=certificate.key if certificate else None,
        users_file=users_file,
    )


def _id(address: Address) -> str:
    """Return what tells this site's variables and formats from another one's. nginx has room for 64 bytes by default.

    https://nginx.org/en/docs/http/ngx_http_core_module.html#variables_hash_bucket_size
    """
    whole = f"{address.host}{address.path}".lower()
    words = re.sub("[^a-z0-9]+", "_", whole).strip("_")
    if len(words) <= _ID_CHARACTERS:
        return words
    return f"{words[: _ID_CHARACTERS - 9]}_{hashlib.sha256(whole.encode()).hexdigest()[:8]}"


def _servers(site: Site, app: App | None, certificate: Certificate | None) -> list[_Server]:
    def server(address: Address, *, site: bool, app: bool) -> _Server:
        if certificate and address.scheme == "http":
            raise UsageError(f"{address} is not https: leave --certificate out, or correct the address.")
        port = address.port or (443 if certificate else 80)
        return _Server(address.host, port, certificate is not None and port == 443, site, app)

    if app is None:
        return [server(site.address, site=True, app=False)]
    ours, its = server(site.address, site=True, app=False), server(app.address, site=False, app=True)
    if (ours.host, ours.port) == (its.host, its.port):
        return [server(site.address, site=True, app=True)]
    return [ours, its]


def render_logins(site: Site) -> str:
    """Return the file of logins, of which nginx skips the first line."""
    return f"# {MARK} nginx`.\n{htpasswd.render(site.users)}"
