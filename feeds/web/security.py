"""What every answer of the app has in common for browsers' sake: headers, cookies, the host's name, forged forms.

https://owasp.org/www-project-secure-headers/ ; https://www.w3.org/TR/CSP3/ . Pages have no script and no style of
their own: both are files of the app. Links, not forms, lead to Dailymotion, since form-action would be held against
every redirect that Dailymotion makes from there.
"""

from urllib.parse import urlsplit

from flask import Flask, Response, g, request
from flask_wtf.csrf import CSRFProtect
from werkzeug.exceptions import SecurityError
from werkzeug.middleware.proxy_fix import ProxyFix

from feeds.web.settings import WebSettings

_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
HSTS_S = 365 * 24 * 3600
# A form of ours is a few hundred bytes. The callback has its own limit.
FORM_BYTES = 64 * 1024


def install_headers(app: Flask, web: WebSettings | None) -> None:
    """Put the headers on every answer."""

    @app.after_request
    def protect(response: Response) -> Response:
        is_page = response.mimetype == "text/html"
        policy = _PAGE_POLICY if is_page else _POLICY
        if g.get("has_script"):
            policy += "; script-src 'self'"
        response.headers.setdefault("Content-Security-Policy", policy)
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Referrer-Policy", "no-referrer")
        if is_page:
            response.headers["Cache-Control"] = "no-store"
        if web is not None and web.is_secure:
            response.headers.setdefault("Strict-Transport-Security", f"max-age={HSTS_S}")
        return response


def install_session(app: Flask, web: WebSettings) -> CSRFProtect:
    """Give the app its session, the protection of its forms, and as many proxies to believe as were stated."""
    keys = web.links.keys
    app.config.update(
        SECRET_KEY=keys[0],
        SECRET_KEY_FALLBACKS=list(keys[1:]),
        SESSION_COOKIE_NAME="__Host-feeds" if web.is_secure else "feeds",
        SESSION_COOKIE_SECURE=web.is_secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        MAX_CONTENT_LENGTH=FORM_BYTES,
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session
        WTF_CSRF_SSL_STRICT=False,  # it wants a Referer, and our pages send none
    )
    if web.proxies:
        hops = web.proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    return CSRFProtect(app)


def need_host(web: WebSettings) -> None:
    """Raise SecurityError (400) unless the request came to the pages by their own name.

    The app's setting TRUSTED_HOSTS would shut out callbacks and health checks too, which may come by any name.
    """
    try:
        name = urlsplit(f"//{request.host}").hostname
    except ValueError:
        name = None
    if name != web.host:
        raise SecurityError
