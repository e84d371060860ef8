"""One call of the API: the login sent along, a GET repeated where that is of use, the answer a JSON object or an error.

https://developers.dailymotion.com/api/platform-api/perform-api-calls
"""

import json
import time
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Self, cast

import requests

from feeds.dailymotion.errors import Broken, Expired, api_error, quoted, retry_after_s
from feeds.dailymotion.transport import Bounded, prepare
from feeds.dailymotion.values import Settings, Token

# A GET is tried this often in all, where Dailymotion is at fault, waiting no longer than this between two tries.
TRIES, LONGEST_WAIT_S = 3, 5.0
_PASSING = {429, 500, 502, 503, 504}


class Calls:
    """Calls the API with one login, or with none; close it, or use it in a `with`.

    `renew` is given the login that Dailymotion takes no longer, once a call, and returns another. Every method
    raises a DailymotionError. One client is for one thread.
    """

    def __init__(
        self,
        settings: Settings,
        token: Token | None = None,
        *,
        renew: Callable[[Token], Token] | None = None,
        adapter: Bounded | None = None,
    ) -> None:
        self._settings, self._token, self._renew = settings, token, renew
        self._session = requests.Session()
        prepare(self._session, adapter=adapter)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Client({self._settings.api!r}, {self._token!r})"

    @property
    def api(self) -> str:
        """Return the API's address."""
        return self._settings.api

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def get(self, path: str, query: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Return the JSON object at a path; numbers with a fraction are Decimal."""
        return self._call("GET", path, query=query)

    def post(self, path: str, form: Mapping[str, str], *, needs: str = "") -> dict[str, Any]:
        """Send a form, once, and return the JSON object that answers it. After Broken it may have been done."""
        return self._call("POST", path, form=form, needs=needs)

    def _call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
        needs: str = "",
    ) -> dict[str, Any]:
        try:
            return self._exchange(method, path, query, form, needs)
        except Expired:
            if self._renew is None or self._token is None:
                raise
        # Refused for its login, the call was not carried out: it is safe to repeat it, whatever it asks.
        self._token = self._renew(self._token)
        return self._exchange(method, path, query, form, needs)

    def _exchange(
        self, method: str, path: str, query: Mapping[str, str] | None, form: Mapping[str, str] | None, needs: str
    ) -> dict[str, Any]:
        headers = {} if method == "GET" else {"Content-Type": "application/x-www-form-urlencoded"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token.access_token}"
        for left in reversed(range(TRIES)):
            answer = self._session.request(method, self._settings.api + path, params=query, data=form, headers=headers)
            wait_s = retry_after_s(answer.headers)
            wait_s = 0.2 * (TRIES - left) if wait_s is None else wait_s
            if method != "GET" or answer.status_code not in _PASSING or not left or wait_s > LONGEST_WAIT_S:
                break
            time.sleep(wait_s)
        secrets = self._secrets()
        return _object(answer, call=f"{method} {path}", needs=needs, secrets=secrets)

    def _secrets(self) -> tuple[str, ...]:
        known = (self._settings.secret, *((self._token.access_token, self._token.refresh_token) if self._token else ()))
        return tuple(secret for secret in known if secret)


def _object(answer: requests.Response, *, call: str, needs: str, secrets: tuple[str, ...]) -> dict[str, Any]:
    try:
        told = json.loads(answer.content, parse_float=Decimal, parse_constant=_no_number)
    except (ValueError, RecursionError):
        told = None
    error = told.get("error") if isinstance(told, dict) else None
    if answer.status_code != requests.codes.ok or error is not None:
        code = error.get("code") if isinstance(error, dict) and answer.status_code == requests.codes.ok else None
        status = code if isinstance(code, int) else answer.status_code
        raise api_error(status, error, call=call, headers=answer.headers, needs=needs, secrets=secrets)
    if not isinstance(told, dict):
        start = quoted(answer.content[:60].decode("utf-8", "replace"), secrets)
        raise Broken(f"Dailymotion answered {call} with something that is no JSON object{start}. Try again later.")
    return cast("dict[str, Any]", told)


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON")
