"""The parent account's own login, from wherever it comes: kept by a person who logged in, a password, or the API key.

Rejections, reports and uploads for children are done with it. https://developers.dailymotion.com/mcn (user rejection,
managing data of your children accounts).
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any, Protocol

from feeds.core.errors import FeedsError
from feeds.dailymotion import oauth
from feeds.dailymotion.client import Client
from feeds.dailymotion.errors import Expired
from feeds.dailymotion.values import PARENT_SCOPES, Credentials, Settings, Token

# Renewed so long before its end, a login doesn't end in the middle of what is done with it.
LEEWAY = timedelta(minutes=1)


class WrongAccount(FeedsError):
    """The login is not that of the network's parent account."""


class Keeping(Protocol):
    """Where a login is kept between two commands; `held` lets one renew it at a time."""

    def read(self) -> Mapping[str, Any] | None:
        """Return what was written last, if anything."""

    def write(self, login: Mapping[str, Any], /) -> None:
        """Keep it instead of what was kept."""

    def held(self) -> AbstractContextManager[None]:
        """Keep others from renewing it meanwhile."""


def keep(settings: Settings, token: Token, kept: Keeping) -> None:
    """Keep a login, with whose it is: one of a stand-in must never be sent to Dailymotion, nor the reverse."""
    kept.write({"token_url": settings.token, "key": settings.key, "login": token.to_plain()})


def kept_login(settings: Settings, kept: Keeping) -> Token | None:
    """Return the login that is kept for these settings, if there is one."""
    plain = kept.read()
    if plain is None or (plain.get("token_url"), plain.get("key")) != (settings.token, settings.key):
        return None
    try:
        return Token.from_plain(plain["login"])
    except (KeyError, ValueError):
        return None


def renewed(settings: Settings, seen: Token, kept: Keeping) -> Token:
    """Return the login that follows the one seen, and keep it; if another command has renewed it since, that one's."""
    with kept.held():
        latest = kept_login(settings, kept)
        if latest is None:
            raise Expired("The login was given up meanwhile. Log in again with `feeds login`.")
        if latest.access_token != seen.access_token:
            return latest
        try:
            token = oauth.refresh(settings, latest)
        except Expired as error:
            raise Expired(f"{error} Do it with `feeds login`.") from error
        keep(settings, token, kept)
        return token


def parent_client(
    settings: Settings, credentials: Credentials, kept: Keeping | None, *, now: datetime, parent_id: str | None = None
) -> Client:
    """Return a client with the parent's login; close it.

    Raises Expired, with what to do, if there is no login; WrongAccount if it is not that of `parent_id`; and what the
    OAuth grants raise.
    """
    client = _client(settings, credentials, kept, now)
    try:
        if parent_id is not None and not credentials.as_application:
            check_account(client, parent_id)
    except BaseException:
        client.close()
        raise
    return client


def check_account(client: Client, parent_id: str) -> None:
    """Raise WrongAccount if the client's login is not that of this account."""
    identity = client.who_am_i()
    if identity.id != parent_id:
        raise WrongAccount(
            f"This login is of {identity.username or 'an account'} ({identity.id}), and network.parent_id in the "
            f"catalog is {parent_id}. Log in with the parent account, or mend the catalog."
        )


def _client(settings: Settings, credentials: Credentials, kept: Keeping | None, now: datetime) -> Client:
    if kept is not None and (token := kept_login(settings, kept)):
        if token.is_over(now + LEEWAY) and token.refresh_token:
            token = renewed(settings, token, kept)
        return Client(settings, token, renew=lambda seen: renewed(settings, seen, kept))
    if credentials.username and credentials.password:
        return Client(
            settings, oauth.by_password(settings, credentials.username, credentials.password, scopes=PARENT_SCOPES)
        )
    if credentials.as_application:
        return Client(settings, oauth.as_application(settings, scopes=PARENT_SCOPES))
    raise Expired(
        "Nobody is logged in with the parent account. Log in with `feeds login`; on a server set "
        "FEEDS_DAILYMOTION_USERNAME and FEEDS_DAILYMOTION_PASSWORD_FILE."
    )
