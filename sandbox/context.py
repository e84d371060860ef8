"""Who calls: the world of the running application, and what the call's token allows."""

import re
from dataclasses import dataclass

from flask import current_app, request

from sandbox import errors
from sandbox.world import Account, Key, Token, World


@dataclass(frozen=True, slots=True)
class Caller:
    """What a valid token stands for; `account` is None for a token of a key alone."""

    token: str
    session: str
    key: Key
    account: Account | None
    scope: tuple[str, ...]

    def may(self, scope: str) -> bool:
        """Tell whether the scope was granted."""
        return scope in self.scope

    def acts_for(self, account: Account) -> bool:
        """Tell whether the token is the account's own, or one of a parent of it.

        ASSUMED: a token of a key alone acts for the key's owner, as Dailymotion's Python package says.
        """
        own = self.key.owner if self.account is None else self.account.id
        return own == account.id or own in account.parents


def the_world() -> World:
    """Return the world of the running application."""
    world: World = current_app.extensions["sandbox"]
    return world


def caller() -> Caller | None:
    """Return who calls, or None where no token was sent.

    Raises ApiError: 400 for one in an unknown form, 401 for one that is unknown or has expired. The forms
    `OAuth <token>` and `Bearer <token>` are both in https://developer.dailymotion.com/guides/mcn; a token in the
    query, which only older documents allow, is taken at /auth alone, where social-auth-core sends it.
    """
    world, value = the_world(), _sent()
    if value is None:
        return None
    token: Token | None = world.tokens.get(value)
    session = world.sessions.get(token.session) if token is not None else None
    if token is None or session is None:
        raise errors.invalid_token("The access token is not valid.")
    if token.expires_s <= world.now():
        raise errors.invalid_token("The access token has expired.")
    account = None if session.account is None else world.accounts[session.account]
    return Caller(value, token.session, world.keys[session.key], account, tuple(session.scope))


def need_caller() -> Caller:
    """Return who calls.

    Raises ApiError also where no token was sent.
    """
    found = caller()
    if found is None:
        raise errors.no_authentication()
    return found


def need_user() -> tuple[Caller, Account]:
    """Return who calls, and as which user.

    Raises ApiError also for a token of a key alone. That such a token has no `me` stands in
    https://github.com/dailymotion/dailymotion-sdk-php; ASSUMED: the answer is 403.
    """
    found = need_caller()
    if found.account is None:
        raise errors.ApiError(403, "access_forbidden", "This token has no user, so there is no me.")
    return found, found.account


def _sent() -> str | None:
    header = request.headers.get("Authorization")
    if header is None:
        return request.args.get("access_token") if request.path.rstrip("/") == "/auth" else None
    pattern = r"(?:OAuth|Bearer) +(\S+)"
    if current_app.config["DOUBLE_BEARER"]:
        pattern = r"(?:OAuth|Bearer) +(?:Bearer +)?(\S+)"
    form = re.fullmatch(pattern, header, re.IGNORECASE)
    if form is None:
        raise errors.no_authentication()
    return form[1]
