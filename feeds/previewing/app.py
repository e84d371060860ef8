"""The preview's pages, for a browser on this machine alone: nothing is published, written or sent to anybody.

Thumbnails come from where the catalog says, without a referrer (https://www.w3.org/TR/referrer-policy/); nothing else
may be loaded from elsewhere. Other pages can't read this one: their names for this machine (DNS rebinding) are refused.
"""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import jinja2
from flask import Flask, Response, abort, render_template, request

from feeds.core.errors import FeedsError
from feeds.previewing import views
from feeds.previewing.reading import Reader
from feeds.previewing.views import chosen, kinds, paged

TEMPLATES = Path(__file__).parents[2] / "templates"
_ASSETS = {
    "style.css": "text/css",
    "preview.css": "text/css",
    "preview.js": "text/javascript",
    "icon.svg": "image/svg+xml",
}
_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src https: http: data:; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_LOOK_S, _SIGN_OF_LIFE_S = 0.3, 5.0


def create_app(reader: Reader, hosts: frozenset[str], *, watch: bool) -> Flask:
    """Return the application; `hosts` are the names, with port, by which it may be asked."""
    app = Flask("feeds.previewing", template_folder=str(TEMPLATES), static_folder=None)
    app.jinja_env.undefined = jinja2.StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(words=views, watch=watch)

    @app.before_request
    def refuse_strangers() -> None:
        if request.host.lower() not in hosts:
            abort(421)

    @app.after_request
    def protect(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = _POLICY
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        response.headers["Cache-Control"] = "no-store"
        return response

    @app.errorhandler(FeedsError)
    def unreadable(error: FeedsError) -> Response:
        return _rendered("preview_unreadable.html", 503, error=str(error), version=reader.version())

    app.add_url_rule("/", "users", lambda: _users(reader))
    app.add_url_rule("/user/<path:key>", "user", lambda key: _user(reader, key))
    app.add_url_rule("/changes", "changes", lambda: _changes(reader))
    for name, mimetype in _ASSETS.items():
        app.add_url_rule(f"/assets/{name}", name.replace(".", "_"), _asset(name, mimetype))
    return app


def _rendered(template: str, status: int = 200, **values: object) -> Response:
    """Render a page. What UTF-8 can't hold, in a file's name say, is spelled out."""
    text = render_template(template, **values).encode("utf-8", "backslashreplace")
    return Response(text, status, mimetype="text/html")


def _users(reader: Reader) -> Response:
    view = reader.view()
    words = request.args.get("q", "")
    wanted = words.casefold().split()
    found = [user for user in view.users if all(word in f"{user.username}\n{user.key}".casefold() for word in wanted)]
    return _rendered("preview.html", view=view, page=paged(found, _number()), q=words)


def _user(reader: Reader, key: str) -> Response:
    view = reader.view()
    user = view.user(key)
    if user is None:
        abort(404)
    words, show = request.args.get("q", ""), request.args.get("show", "")
    page = paged(chosen(user.cards, words, show), _number())
    return _rendered("preview_user.html", view=view, user=user, page=page, q=words, show=show, kinds=kinds(user.cards))


def _number() -> int:
    text = request.args.get("page", "1")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 1


def _changes(reader: Reader) -> Response:
    """Tell once when the files are no longer those of the version that the page shows.

    https://html.spec.whatwg.org/multipage/server-sent-events.html
    """
    shown = request.args.get("after", "")

    def stream() -> Iterator[str]:
        yield "retry: 1000\n\n"
        told = time.monotonic()
        while (version := reader.version()) == shown:
            time.sleep(_LOOK_S)
            if time.monotonic() - told > _SIGN_OF_LIFE_S:  # so that a page that has gone is noticed
                told = time.monotonic()
                yield ":\n\n"
        yield f"data: {version}\n\n"

    return Response(stream(), mimetype="text/event-stream")


def _asset(name: str, mimetype: str) -> Callable[[], Response]:
    return lambda: Response((TEMPLATES / name).read_bytes(), mimetype=mimetype)
