"""The HTML pages: every one of them is rendered here, with the network's name and the app's stylesheet."""

import hashlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import jinja2
from flask import Blueprint, Flask, Response, g, render_template

from feeds.core.catalog import Network
from feeds.core.errors import FeedsError
from feeds.onboarding.register import Register
from feeds.web.departures import is_popup
from feeds.web.outcomes import Outcome

TEMPLATES = Path(__file__).parents[2] / "templates"
# Their addresses change with their bytes, so what was fetched once is good for ever.
_ASSETS = {"style.css": "text/css", "popup.js": "text/javascript", "icon.svg": "image/svg+xml"}
_CACHED_S = 365 * 24 * 3600


@dataclass(frozen=True, slots=True)
class _Asset:
    content: bytes
    mimetype: str
    version: str


class Pages:
    """Renders pages; one serves all threads."""

    def __init__(self, register: Register) -> None:
        self._register = register

    def render(self, template: str, status: int = 200, **values: object) -> Response:
        """Render a page of templates/. Raises what `Register.network` raises."""
        return _rendered(template, status, network=self._register.network(), **values)

    def outcome(self, outcome: Outcome) -> Response:
        """Render how something went; a page that has opened this window is told, if it waits for that."""
        network, opener = None, None
        with suppress(FeedsError):  # that may be the very outcome, and it is told without the network's name
            network = self._register.network()
        if network is not None and outcome.popup and is_popup():
            g.has_script = True
            opener = _origin(network)
        return _rendered("outcome.html", outcome.status, network=network, outcome=outcome, opener=opener)


def install(app: Flask, register: Register) -> Pages:
    """Have the app find its templates and serve what they are dressed with; return what renders the pages."""
    app.jinja_loader = jinja2.FileSystemLoader(TEMPLATES)
    app.jinja_env.undefined = jinja2.StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    assets = {name: _asset(name, mimetype) for name, mimetype in _ASSETS.items()}
    app.jinja_env.globals["asset"] = lambda name: f"/assets/{assets[name].version}/{name}"
    routes = Blueprint("assets", __name__)
    for name, asset in assets.items():
        routes.add_url_rule(f"/assets/<version>/{name}", name.replace(".", "_"), _serving(asset))
    app.register_blueprint(routes)
    app.extensions["pages"] = pages = Pages(register)
    return pages


def _rendered(template: str, status: int, **values: object) -> Response:
    return Response(render_template(template, **values), status, mimetype="text/html")


def _asset(name: str, mimetype: str) -> _Asset:
    content = (TEMPLATES / name).read_bytes()
    return _Asset(content, mimetype, hashlib.blake2b(content, digest_size=6).hexdigest())


def _serving(asset: _Asset) -> Callable[[str], Response]:
    def serve(version: str) -> Response:
        response = Response(asset.content, mimetype=asset.mimetype)
        if version == asset.version:
            response.headers["Cache-Control"] = f"public, max-age={_CACHED_S}, immutable"
        return response

    return serve


def _origin(network: Network) -> str:
    """Return the origin of the network's site, as browsers write it."""
    parts = urlsplit(network.site.lower())
    return f"{parts.scheme}://{parts.netloc.removesuffix({'http': ':80', 'https': ':443'}.get(parts.scheme, ''))}"
