"""`feeds edge`: the configuration of what serves the site, and the app beside it."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from feeds.commands import _edge_hash
from feeds.commands.options import catalog_option, folders_of

if TYPE_CHECKING:
    from feeds.formats.edge import App, Site

_UPSTREAM = "127.0.0.1:8001"


@click.group("edge", epilog="Example: feeds edge nginx --root /srv/feeds")
def command() -> None:
    """Write the configuration by which a web server serves the site, closed as network.access says.

    Without --out it is shown, with its secrets masked; docs/access.md leads through all of it.
    """


command.add_command(_edge_hash.command)


def _site_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        catalog_option,
        click.option(
            "--allow", multiple=True, metavar="NETWORK", help="May read the site too, where `addresses` close it."
        ),
        click.option(
            "--root",
            metavar="DIR",
            help="Folder that build or sync writes (default: static_out in the catalog's folder).",
        ),
    ):
        command = option(command)
    return command


def _app_option(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--app", metavar="HOST:PORT", help=f"Where the app listens, with FEEDS_PUBLIC_URL set (default: {_UPSTREAM})."
    )(command)


@command.command("nginx", epilog="Example: feeds edge nginx --root /srv/feeds --out /etc/nginx/sites-available/feeds")
@click.option("--out", metavar="FILE", help="Write it there, for sites-enabled to link to, and the logins beside it.")
@_app_option
@click.option("--certificate", metavar="FILE", help="The certificate with its chain, PEM: serve by https.")
@click.option("--certificate-key", metavar="FILE", help="Its key, PEM.")
@_site_options
def nginx(
    out: str | None,
    app: str | None,
    certificate: str | None,
    certificate_key: str | None,
    catalog: str | None,
    root: str | None,
    allow: tuple[str, ...],
) -> None:
    """For nginx: a file for its http block, and the logins."""
    from feeds.core.errors import UsageError
    from feeds.formats.edge import masked
    from feeds.formats.edge_nginx import Certificate, render_nginx

    if (certificate is None) is not (certificate_key is None):
        raise UsageError("--certificate and --certificate-key go together: give both, or neither.")
    tls = Certificate(_absolute(certificate), _absolute(certificate_key)) if certificate and certificate_key else None
    site, its_app = _site(catalog, root, allow), _app(app)
    if out is None:
        click.echo(render_nginx(masked(site), its_app, certificate=tls), nl=False)
        _say_masked(site)
        return
    _write_nginx(
        Path(_absolute(out)), site, lambda users: render_nginx(site, its_app, certificate=tls, users_file=users)
    )
    _say(*_not_there(*((tls.chain, tls.key) if tls else ())))
    if tls is None:
        _say("Without --certificate it listens at port 80, unencrypted.")
    _say("Next: nginx -t && systemctl reload nginx")


def _write_nginx(file: Path, site: "Site", render: Callable[[str], str]) -> None:
    """Write what `render` makes of the path of the logins, and before it the logins. Raises UsageError."""
    from feeds.commands import _edge_files
    from feeds.core.errors import UsageError
    from feeds.formats.edge_nginx import render_logins

    if file.parent.name == "sites-enabled":
        raise UsageError(
            f"nginx would read the logins beside {file} as configuration.\n"
            f"Write --out {file.parent.with_name('sites-available') / file.name}, and link to it from here."
        )
    users = file.with_name(f"{file.name}.users")
    text = render(str(users))
    _edge_files.refuse_others(file, users)
    if site.has_logins:
        _say(*_edge_files.write(users, render_logins(site), groups=_edge_files.NGINX_GROUPS))
    _edge_files.write(file, text, groups=() if site.has_secrets else None)
    if not site.has_logins:
        users.unlink(missing_ok=True)
    _say(f"Wrote {file}{f' and {users}' if site.has_logins else ''}.", *_not_there(site.folder))


@command.command("caddy", epilog="Example: feeds edge caddy --root /srv/feeds --out /etc/caddy/Caddyfile")
@click.option("--out", metavar="FILE", help="Write it there, for Caddy's account alone: it holds the hashes.")
@_app_option
@_site_options
def caddy(out: str | None, app: str | None, catalog: str | None, root: str | None, allow: tuple[str, ...]) -> None:
    """For Caddy: a whole Caddyfile. Caddy gets certificates by itself."""
    from feeds.commands import _edge_files
    from feeds.formats.edge import masked
    from feeds.formats.edge_caddy import render_caddy

    site, its_app = _site(catalog, root, allow), _app(app)
    if out is None:
        click.echo(render_caddy(masked(site), its_app), nl=False)
        _say_masked(site)
        return
    file, text = Path(_absolute(out)), render_caddy(site, its_app)
    _edge_files.refuse_others(file)
    is_secret = site.has_secrets or site.has_logins
    _say(*_edge_files.write(file, text, groups=_edge_files.CADDY_GROUPS if is_secret else None))
    _say(f"Wrote {file}.", *_not_there(site.folder))
    _say(f"Next: caddy validate --adapter caddyfile --config {file} && systemctl restart caddy")


@command.command("netlify", epilog="Example: feeds edge netlify --out deploy")
@click.option("--out", metavar="DIR", help="Write the files there: the folder from which netlify deploy is called.")
@_site_options
def netlify(out: str | None, catalog: str | None, root: str | None, allow: tuple[str, ...]) -> None:
    """For Netlify, the site alone: a function asks.

    Written are netlify.toml, and an edge function that asks before each file is served; not the app.
    Neither holds a secret: FEEDS_SITE_PATH and FEEDS_SITE_USERS are set at Netlify (docs/access.md).
    """
    from feeds.formats.edge_functions import render_netlify

    site = _site(catalog, root, allow, with_secrets=False)
    if _put(out, lambda publish: render_netlify(site, publish=publish), site):
        _say("Next: docs/access.md has how its variables are set; then netlify deploy --prod")


@command.command("cloudflare", epilog="Example: feeds edge cloudflare --out deploy")
@click.option("--out", metavar="DIR", help="Write the files there: the folder from which wrangler deploy is called.")
@_site_options
def cloudflare(out: str | None, catalog: str | None, root: str | None, allow: tuple[str, ...]) -> None:
    """For Cloudflare, the site alone: a Worker asks.

    Written are wrangler.jsonc, and a Worker that asks before each file is served; not the app.
    Neither holds a secret: FEEDS_SITE_PATH and FEEDS_SITE_USERS are secrets of the Worker (docs/access.md).
    """
    from feeds.formats.edge_functions import CLOUDFLARE_FILES, render_cloudflare

    site = _site(catalog, root, allow, with_secrets=False)
    if _put(out, lambda publish: render_cloudflare(site, publish=publish), site):
        if sum(1 for _ in Path(site.folder).glob("feeds/*.xml")) >= CLOUDFLARE_FILES:
            _say(f"{site.folder} has more files than the {CLOUDFLARE_FILES:,} that a free Worker may have.")
        _say("Next: docs/access.md has how its secrets are set; then wrangler deploy")


def _put(out: str | None, render: Callable[[str], dict[str, str]], site: "Site") -> bool:
    """Write the files below `out`, or show them; return whether they were written."""
    from feeds.commands import _edge_files

    folder = _absolute(out or ".")
    files = render(os.path.relpath(site.folder, folder))
    if out is None:
        for name, text in files.items():
            click.echo(f"--- {name}\n{text}", nl=False)
        return False
    _edge_files.write_all(Path(folder), files)
    _say(f"Wrote {' and '.join(str(Path(folder) / name) for name in files)}.", *_not_there(site.folder))
    return True


def _site(catalog: str | None, root: str | None, allow: tuple[str, ...], *, with_secrets: bool = True) -> "Site":
    """Return the site as catalog and environment want it. Raises UsageError with all that is missing.

    Without secrets they are left out, and needn't be known here.
    """
    from feeds.access_settings import AccessSettings, access_settings
    from feeds.core.defaults import absolute
    from feeds.formats.edge import site_of
    from feeds.onboarding.register import Register

    its = folders_of(catalog)
    network = Register(its).network()
    access = access_settings(os.environ, network.access) if with_secrets else AccessSettings()
    return site_of(
        absolute(network.base_url, None),
        _absolute(root or its.catalog / "static_out"),
        network.access,
        paths=access.paths,
        users=access.users,
        allowed=allow,
    )


def _app(upstream: str | None) -> "App | None":
    from feeds.core.errors import UsageError
    from feeds.formats.edge import app_of
    from feeds.web.settings import public_url

    url = public_url(os.environ)
    if url is None and upstream is not None:
        raise UsageError("--app needs to know where the app is reached: set FEEDS_PUBLIC_URL.")
    return app_of(url, upstream or _UPSTREAM) if url else None


def _absolute(path: str | Path) -> str:
    # Not resolved: a link that a deployment moves from release to release is to stay one.
    return str(Path(path).absolute())


def _not_there(*paths: str) -> list[str]:
    """Return a note for each path that isn't there yet: the first pass may come later, or on another machine."""
    return [f"note: {path} isn't there yet." for path in paths if not Path(path).exists()]


def _say_masked(site: "Site") -> None:
    if site.has_secrets or site.has_logins:
        _say("Secrets and hashes are masked: --out FILE writes them, for the server alone.")


def _say(*lines: str) -> None:
    for line in lines:
        click.echo(line, err=True)
