"""Logging in at Dailymotion: the grants of OAuth 2.0 that it documents, by Authlib.

https://developers.dailymotion.com/docs/authenticate-using-authorization-codes ,
https://developers.dailymotion.com/docs/authenticate-using-password-grant-type ,
https://developers.dailymotion.com/v0/reference/client-credentials and
https://developers.dailymotion.com/guides/refresh-token . Nothing is kept here: whoever sends a person to Dailymotion
keeps the Departure until they are back, in a place that only this person's browser can bring along.
"""

import hmac
import re
import secrets
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import requests
from authlib.integrations.requests_client import OAuth2Session

from feeds.core.errors import UsageError
from feeds.dailymotion.errors import Broken, Declined, StrayReturn, api_error, oauth_error, throttled
from feeds.dailymotion.transport import Bounded, prepare
from feeds.dailymotion.values import Settings, Token

# Dailymotion says 10 h; whatever is beyond this can't be meant.
LONGEST_LOGIN_S = 10 * 365 * 24 * 3600
# An access token stands in a header: it can hold no space, no line's end, nothing beyond ASCII.
_HEADER_WORD = re.compile(r"[\x21-\x7e]+")


@dataclass(frozen=True, slots=True)
class Departure:
    """Where to send a person's browser, and what to hold until it comes back."""

    url: str = field(repr=False)
    state: str = field(repr=False)
    verifier: str | None = field(default=None, repr=False)


def depart(
    settings: Settings, *, redirect_uri: str, scopes: Iterable[str], display: Literal["page", "popup"] = "page"
) -> Departure:
    """Return where to send the person's browser. Raises UsageError without an API key.

    `redirect_uri` must be the callback URL of the key, or begin with it.
    https://developers.dailymotion.com/v0/reference/build-your-authorization-code ; `display` is what
    https://github.com/dailymotion/dailymotion-sdk-php sends.
    """
    verifier = secrets.token_urlsafe(48) if settings.pkce else None
    with _session(settings, redirect_uri=redirect_uri, scope=" ".join(scopes)) as session:
        url, state = session.create_authorization_url(
            settings.authorize, state=secrets.token_urlsafe(32), code_verifier=verifier, display=display
        )
    return Departure(url, state, verifier)


def code_of(query: Mapping[str, str], *, state: str) -> str:
    """Return the code with which Dailymotion has sent the browser back.

    Raises StrayReturn if it didn't set out with this state, Declined if the person did not allow it, and Refused or
    Broken as Dailymotion says.
    """
    if not state or not hmac.compare_digest(query.get("state", "").encode(), state.encode()):
        raise StrayReturn("This return from Dailymotion belongs to no login that was started here. Start again.")
    if "error" in query:
        raise oauth_error(query["error"], query.get("error_description"), call="the login", secrets=(state,))
    if not (code := query.get("code", "")):
        raise Declined("Dailymotion came back without a code: nothing was allowed. Start again if it should be.")
    return code


def exchange(
    settings: Settings,
    code: str,
    *,
    redirect_uri: str,
    scopes: Iterable[str],
    verifier: str | None = None,
    adapter: Bounded | None = None,
) -> Token:
    """Return the login for a code, which is good for once; `scopes` are those of the departure.

    What was granted may be less than was asked: see Token.lacks. Raises Expired for a code that is used or too old.
    """
    asked = frozenset(scopes)
    with _session(settings, redirect_uri=redirect_uri, adapter=adapter, hidden=(code, verifier or "")) as session:
        told = session.fetch_token(settings.token, grant_type="authorization_code", code=code, code_verifier=verifier)
        return _token(told, asked)


def refresh(settings: Settings, token: Token, *, adapter: Bounded | None = None) -> Token:
    """Return the login that follows this one; keep it, since its refresh token may be another.

    Raises Expired when Dailymotion renews it no longer, or it never could be.
    """
    if token.refresh_token is None:
        raise oauth_error("invalid_grant", "it has no refresh token", call="the renewal of a login")
    with _session(settings, adapter=adapter, hidden=(token.refresh_token, token.access_token)) as session:
        told = session.refresh_token(settings.token, refresh_token=token.refresh_token)
        renewed = _token(told, token.scopes)
    return renewed if renewed.uid else replace(renewed, uid=token.uid)


def by_password(
    settings: Settings, username: str, password: str, *, scopes: Iterable[str], adapter: Bounded | None = None
) -> Token:
    """Return the login of an account whose password we hold. Raises Expired if it is wrong."""
    asked = tuple(scopes)
    with _session(settings, scope=" ".join(asked), adapter=adapter, hidden=(password,)) as session:
        told = session.fetch_token(settings.token, grant_type="password", username=username, password=password)
        return _token(told, frozenset(asked))


def as_application(settings: Settings, *, scopes: Iterable[str], adapter: Bounded | None = None) -> Token:
    """Return the login of the application itself, for which `/me` is nobody; only for private API keys."""
    asked = tuple(scopes)
    with _session(settings, scope=" ".join(asked), adapter=adapter) as session:
        told = session.fetch_token(settings.token, grant_type="client_credentials")
        return _token(told, frozenset(asked))


def _session(
    settings: Settings, *, adapter: Bounded | None = None, hidden: Collection[str] = (), **options: Any
) -> OAuth2Session:
    if not settings.key or not settings.secret:
        raise UsageError(
            "There is no API key of Dailymotion: set FEEDS_DAILYMOTION_KEY and FEEDS_DAILYMOTION_SECRET (or "
            "FEEDS_DAILYMOTION_SECRET_FILE). Dailymotion's page for developers makes one, for the parent account."
        )
    session = OAuth2Session(
        settings.key, settings.secret, token_endpoint_auth_method="client_secret_post",  # noqa: S106 - the name of a method
        code_challenge_method="S256", **options,
    )  # fmt: skip
    prepare(session, adapter=adapter)
    known = tuple(secret for secret in (*hidden, settings.secret) if secret)

    def judge(answer: requests.Response) -> requests.Response:
        _judge(answer, known)
        return answer

    session.register_compliance_hook("access_token_response", judge)
    session.register_compliance_hook("refresh_token_response", judge)
    return session


def _judge(answer: requests.Response, known: Collection[str]) -> None:
    """Let nothing but a login's JSON pass: Authlib's own errors don't tell what to do, and quote what they got."""
    call = "POST " + answer.request.path_url.partition("?")[0]
    try:
        told = answer.json()
    except (ValueError, RecursionError):
        told = None
    error = told.get("error") if isinstance(told, dict) else None
    if answer.status_code == 429:
        raise throttled(call, "", answer.headers)
    if isinstance(error, str) and answer.status_code < 500:
        raise oauth_error(error, told.get("error_description"), call=call, secrets=known)
    if error is not None or answer.status_code != requests.codes.ok:
        raise api_error(answer.status_code, error, call=call, headers=answer.headers, secrets=known)
    if not isinstance(told, dict) or not _is_login(told):
        raise Broken(f"Dailymotion answered {call} with something that is no login. Try again later.")


def _is_login(told: Mapping[str, Any]) -> bool:
    optional = (told.get(name) for name in ("refresh_token", "scope", "uid"))
    return (
        isinstance(token := told.get("access_token"), str)
        and _HEADER_WORD.fullmatch(token) is not None
        and str(told.get("token_type", "Bearer")).lower() == "bearer"
        and all(value is None or isinstance(value, str) for value in optional)
        and (told.get("expires_in") is None or _seconds(told["expires_in"]) is not None)
    )


def _seconds(value: object) -> int | None:
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else None


def _token(told: Mapping[str, Any], asked: frozenset[str]) -> Token:
    now, seconds = datetime.now(UTC), _seconds(told.get("expires_in"))
    # Without the field all that was asked is granted: https://www.rfc-editor.org/rfc/rfc6749#section-5.1
    scope = told.get("scope")
    return Token(
        access_token=told["access_token"],
        refresh_token=told.get("refresh_token") or None,
        expires_at=now + timedelta(seconds=seconds) if seconds is not None and seconds < LONGEST_LOGIN_S else None,
        scopes=frozenset(scope.split()) if isinstance(scope, str) else asked,
        uid=told.get("uid") or None,
    )
