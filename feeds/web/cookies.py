"""Cookies that only we can read; one holds a login between Dailymotion's page and a person's yes: nowhere else is it.

Encrypted and dated by Fernet, https://github.com/fernet/spec/blob/master/Spec.md , with keys that HKDF (RFC 5869)
derives from the app's; good for ten minutes. Without the refresh token, which nobody needs by then.
"""

import base64
import json
import secrets
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from werkzeug import Response

from feeds.dailymotion.errors import Broken
from feeds.dailymotion.values import Token
from feeds.onboarding.joining import Account

LOGIN_S = 600
# Only the pages below it are sent the cookie.
PATH = "/connect"
# Browsers drop larger ones without a word: https://www.rfc-editor.org/rfc/rfc6265#section-6.1
_COOKIE_BYTES = 4000


@dataclass(frozen=True, slots=True)
class Login:
    """A partner who has logged in and not said yes yet; `nonce` tells two logins of one account apart."""

    account: Account
    token: Token
    nonce: str = field(default_factory=lambda: secrets.token_hex(8), repr=False)


class SealedCookie:
    """Writes and reads what JSON can hold, for ten minutes; `keys` are the app's, newest first.

    What was sealed as one `what` can't be read as another.
    """

    def __init__(self, keys: Sequence[str], *, what: str, path: str, is_secure: bool) -> None:
        self._fernet = MultiFernet([Fernet(_derived(key, what)) for key in keys])
        self._path, self._is_secure = path, is_secure
        # __Host- would demand the path /, and then every page would be sent the cookie.
        self.name = f"__Secure-feeds-{what}" if is_secure else f"feeds-{what}"

    def keep(self, response: Response, plain: Mapping[str, Any]) -> None:
        """Have the browser keep it. Raises Broken for what no cookie can hold."""
        sealed = self._fernet.encrypt(json.dumps(plain, separators=(",", ":")).encode())
        if len(sealed) > _COOKIE_BYTES:
            raise Broken(f"Dailymotion gave a login of {len(sealed)} bytes, too long for a cookie. Try again later.")
        response.set_cookie(
            self.name, sealed.decode(), max_age=LOGIN_S, path=self._path, secure=self._is_secure, httponly=True,
            samesite="Lax",
        )  # fmt: skip

    def read(self, cookies: Mapping[str, str]) -> Any:
        """Return what a browser brought along; None without it, when it is over, or not of our making."""
        with suppress(InvalidToken, ValueError, KeyError):
            return json.loads(self._fernet.decrypt(cookies[self.name].encode(), ttl=LOGIN_S))
        return None

    def forget(self, response: Response) -> None:
        """Have the browser delete the cookie."""
        response.delete_cookie(self.name, path=self._path, secure=self._is_secure, httponly=True, samesite="Lax")


class LoginCookie:
    """Writes and reads a login; see SealedCookie."""

    def __init__(self, keys: Sequence[str], *, is_secure: bool, what: str = "login", path: str = PATH) -> None:
        self._cookie = SealedCookie(keys, what=what, path=path, is_secure=is_secure)

    def keep(self, response: Response, login: Login) -> None:
        """Have the browser keep a login. Raises Broken for one that no cookie can hold."""
        token = replace(login.token, refresh_token=None)
        plain = {"account": asdict(login.account), "token": token.to_plain(), "nonce": login.nonce}
        self._cookie.keep(response, plain)

    def read(self, cookies: Mapping[str, str]) -> Login | None:
        """Return the login that a browser brought along; None without one, when it is over, or not of our making."""
        with suppress(ValueError, TypeError, KeyError):
            plain = self._cookie.read(cookies)
            return Login(Account(**plain["account"]), Token.from_plain(plain["token"]), plain["nonce"])
        return None

    def forget(self, response: Response) -> None:
        """Have the browser delete the cookie."""
        self._cookie.forget(response)


def _derived(key: str, what: str) -> bytes:
    derived = HKDF(SHA256(), length=32, salt=None, info=f"feeds {what} cookie".encode()).derive(key.encode())
    return base64.urlsafe_b64encode(derived)
