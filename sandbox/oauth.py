"""OAuth 2.0 as Dailymotion documents it: the page where a user consents, and the tokens that follow.

The request and its answer: https://developers.dailymotion.com/v0/reference/build-your-authorization-code; the
grants: https://developers.dailymotion.com/docs/authenticate-using-authorization-codes,
https://developers.dailymotion.com/docs/authenticate-using-password-grant-type,
https://developers.dailymotion.com/v0/reference/client-credentials and
https://developers.dailymotion.com/guides/refresh-token; the token's fields:
https://github.com/dailymotion/dailymotion-sdk-php; scopes that a user unticks:
http://www.dailymotion.com/doc/api/authentication.html. Requested scopes are held against no list, since the MCN
guide's own are not in the public one.

ASSUMED, by RFC 6749 or for want of anything: a code lives ten minutes and works once, and using it again ends what
it opened; refresh tokens rotate and don't expire; a refresh never widens the scope; a token without a user has no
`uid` and no refresh token; errors have status 400; PKCE (RFC 7636) is verified when it is sent.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from sandbox.context import the_world
from sandbox.errors import OAuthError
from sandbox.world import Account, Code, Key, Session, Token, World

blueprint = Blueprint("oauth", __name__)

EXPIRES_S = 36_000
CODE_S = 600
# How many accounts the page offers by name; every other one logs in with username and password.
OFFERED = 12


@blueprint.route("/oauth/authorize", methods=["GET", "POST"])
def authorize() -> Response:
    """Show the page of consent, or send the user back with what they decided on it.

    A form of one's own may POST the same fields: `account` (an id) or `username` and `password`, `scope` for each
    granted one, and `decision`, allow or deny.
    """
    world, query = the_world(), request.args
    key = world.keys.get(query.get("client_id", ""))
    if key is None:
        return _refuse_page("No API key has this client_id, so nobody knows where to send you back to.")
    if not fits(query.get("redirect_uri", ""), key.callback_url):
        return _refuse_page("redirect_uri is neither the API key's callback URL nor an address below it.")
    if query.get("response_type") != "code":
        return _back({"error": "unsupported_response_type", "error_description": "response_type must be code."})
    if query.get("code_challenge") and query.get("code_challenge_method") != "S256":
        return _back({"error": "invalid_request", "error_description": "code_challenge_method must be S256."})
    if request.method == "GET":
        return _page(key)
    return _decide(world, key)


@blueprint.post("/oauth/token")
def token() -> Response:
    """Answer one of the four grants."""
    world, form = the_world(), request.form
    key = world.keys.get(form.get("client_id", ""))
    if key is None or not _equal(form.get("client_secret", ""), key.secret):
        raise OAuthError("invalid_client", "The client_id or the client_secret is wrong.")
    grant = form.get("grant_type", "")
    if grant not in _GRANTS:
        raise OAuthError("unsupported_grant_type", "The grant_type is none that is known.")
    if grant not in key.grants:
        raise OAuthError("unauthorized_client", "This API key may not use this grant type.")
    response = make_response(issue(world, _GRANTS[grant](world, key)))
    response.headers["Cache-Control"] = "no-store"
    return response


def fits(redirect_uri: str, callback_url: str) -> bool:
    """Tell whether a redirect URI equals or extends the key's callback URL."""
    if "#" in redirect_uri or "\\" in redirect_uri or ".." in urlsplit(redirect_uri).path.split("/"):
        return False
    rest = redirect_uri.removeprefix(callback_url.rstrip("/"))
    return redirect_uri == callback_url or (rest != redirect_uri and rest[:1] in {"", "/", "?"})


def issue(world: World, session_id: str) -> dict[str, str | int]:
    """Give a session a new access token, and return it as the token address answers it."""
    session = world.sessions[session_id]
    access_token = world.new_secret()
    world.tokens[access_token] = Token(session_id, world.now() + EXPIRES_S)
    answer: dict[str, str | int] = {"access_token": access_token, "token_type": "Bearer", "expires_in": EXPIRES_S}
    if session.refresh_token is not None:
        answer["refresh_token"] = session.refresh_token
    answer["scope"] = " ".join(session.scope)
    if session.account is not None:
        answer["uid"] = session.account
    return answer


def open_session(world: World, key: Key, account: Account | None, scope: list[str]) -> str:
    """Begin a session and return its id."""
    session_id = secrets.token_hex(8)
    refresh_token = None if account is None else world.new_secret()
    world.sessions[session_id] = Session(key.id, None if account is None else account.id, scope, refresh_token)
    return session_id


def end_session(world: World, session_id: str) -> None:
    """End a session: its access tokens and its refresh token work no more."""
    world.sessions.pop(session_id, None)
    world.tokens = {value: one for value, one in world.tokens.items() if one.session != session_id}


def _page(key: Key, fault: str | None = None) -> Response:
    world, query = the_world(), request.args
    accounts = list(world.accounts.values())[:OFFERED]
    scopes = query.get("scope", "").split()
    display = query.get("display", "page")
    html = render_template(
        "authorize.html", key=key, accounts=accounts, scopes=scopes, display=display, fault=fault, form=request.form
    )
    return make_response(html, 200 if fault is None else 403)


def _refuse_page(fault: str) -> Response:
    return make_response(render_template("refused.html", fault=fault), 400)


def _decide(world: World, key: Key) -> Response:
    form, query = request.form, request.args
    if form.get("decision") != "allow":
        return _back({"error": "access_denied", "error_description": "The user has denied your application access."})
    account = world.accounts.get(form.get("account", "")) or _login(world, form)
    if account is None:
        return _page(key, "There is no account with this username and password.")
    granted = set(form.getlist("scope"))
    scope = [one for one in dict.fromkeys(query.get("scope", "").split()) if one in granted]
    code = world.new_secret()
    world.codes[code] = Code(
        key=key.id,
        account=account.id,
        scope=scope,
        redirect_uri=query["redirect_uri"],
        expires_s=world.now() + CODE_S,
        challenge=query.get("code_challenge"),
    )
    return _back({"code": code})


def _back(answer: dict[str, str]) -> Response:
    target = request.args["redirect_uri"]
    if "state" in request.args:
        answer["state"] = request.args["state"]
    return redirect(f"{target}{'&' if '?' in target else '?'}{urlencode(answer)}", 302)


def _login(world: World, form: Mapping[str, str]) -> Account | None:
    account = world.by_username(form.get("username", ""))
    return account if account is not None and _equal(form.get("password", ""), account.password) else None


def _of_code(world: World, key: Key) -> str:
    form = request.form
    code = world.codes.get(form.get("code", ""))
    if code is not None and code.session is not None:
        end_session(world, code.session)
        raise OAuthError("invalid_grant", "The code has been used before.")
    if code is None or code.key != key.id or code.expires_s <= world.now():
        raise OAuthError("invalid_grant", "The code is unknown, expired or another API key's.")
    if form.get("redirect_uri") != code.redirect_uri:
        raise OAuthError("invalid_grant", "The redirect_uri is not the one that the code was asked for with.")
    if code.challenge is not None and not _equal(code.challenge, challenge(form.get("code_verifier", ""))):
        raise OAuthError("invalid_grant", "The code_verifier does not fit the code_challenge.")
    code.session = open_session(world, key, world.accounts[code.account], code.scope)
    return code.session


def _of_password(world: World, key: Key) -> str:
    account = _login(world, request.form)
    if account is None:
        raise OAuthError("invalid_grant", "The username or the password is wrong.")
    return open_session(world, key, account, _asked())


def _of_key(world: World, key: Key) -> str:
    return open_session(world, key, None, _asked())


def _of_refresh_token(world: World, key: Key) -> str:
    given = request.form.get("refresh_token", "")
    for session_id, session in world.sessions.items():
        if session.key == key.id and session.refresh_token is not None and _equal(given, session.refresh_token):
            session.refresh_token = world.new_secret()
            return session_id
    raise OAuthError("invalid_grant", "The refresh_token is unknown, used before or another API key's.")


_GRANTS = {
    "authorization_code": _of_code,
    "password": _of_password,
    "client_credentials": _of_key,
    "refresh_token": _of_refresh_token,
}


def challenge(verifier: str) -> str:
    """Return the S256 code challenge of a verifier, RFC 7636 section 4.2."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _asked() -> list[str]:
    return list(dict.fromkeys(request.form.get("scope", "").split()))


def _equal(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())
