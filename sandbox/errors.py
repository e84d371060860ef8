"""Dailymotion's errors: the nested object of its API, and the flat one of its token address.

https://developers.dailymotion.com/api/platform-api/errors/ has the object and what each status means: 400 also
for no authentication, 401 for a token that has expired or isn't valid, 403 for a missing right, role or scope and
for throttling. ASSUMED: the types beside invalid_parameter, missing_required_parameter and not_found, all
messages, the reasons, and which status a particular refusal has; the code that refuses says so.
"""

import json
from typing import Any

from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

MORE_INFO = "https://developers.dailymotion.com/api/platform-api/errors/"


class ApiError(Exception):
    """A refusal of the API, as it is answered."""

    def __init__(self, code: int, kind: str, message: str, **error_data: Any) -> None:
        super().__init__(message)
        self.code, self.kind, self.message, self.error_data = code, kind, message, error_data
        self.headers: dict[str, str] = {}


class OAuthError(Exception):
    """A refusal of the token address, with the error codes of RFC 6749 section 5.2."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error, self.description = error, description


def answer(error: ApiError) -> Response:
    """Return the API's error object with its status."""
    body: dict[str, Any] = {"code": error.code, "message": error.message, "type": error.kind, "more_info": MORE_INFO}
    if error.error_data:
        body["error_data"] = error.error_data
    return _json({"error": body}, error.code, error.headers)


def oauth_answer(error: OAuthError) -> Response:
    """Return the flat error, and the header without which Dailymotion's own Python package stumbles."""
    body = {"error": error.error, "error_description": error.description}
    headers = {"WWW-Authenticate": challenge(error.error, error.description), "Cache-Control": "no-store"}
    return _json(body, 400, headers)


def http_answer(error: HTTPException) -> Response:
    """Return what Flask itself refuses (no such path, wrong method, too large) in the API's form."""
    code = error.code or 500
    kind = {404: "not_found", 405: "invalid_method"}.get(code, "server_error" if code >= 500 else "invalid_request")
    return answer(ApiError(code, kind, error.description or error.name))


def challenge(error: str, description: str) -> str:
    """Return the value of WWW-Authenticate that Dailymotion's packages look for."""
    return f'OAuth error="{error}", error_description="{description}"'


def invalid_token(description: str) -> ApiError:
    """Return the 401 that makes Dailymotion's packages refresh their token."""
    error = ApiError(401, "invalid_token", description)
    error.headers["WWW-Authenticate"] = challenge("invalid_token", description)
    return error


def no_authentication() -> ApiError:
    """Return the refusal of a call that needs a token and brings none, or none in a form that is known: 400."""
    return ApiError(400, "invalid_request", "This call needs an access token: Authorization: Bearer <token>.")


def role_missing(role: str) -> ApiError:
    """Return the 403 for an API key without a role."""
    return ApiError(403, "access_forbidden", f"Your API key does not have the role {role}.", reason="missing_role")


def scope_missing(scope: str) -> ApiError:
    """Return the 403 for a token whose user has not granted a scope."""
    return ApiError(403, "access_forbidden", f"Your token does not have the scope {scope}.", reason="missing_scope")


def too_many(retry_after_s: int) -> ApiError:
    """Return a 429; ASSUMED: that there is one, as no numbers and no status are documented but for 403."""
    error = ApiError(429, "rate_limit_exceeded", "Too many calls: try again later.")
    error.headers["Retry-After"] = str(retry_after_s)
    return error


def not_found(object_type: str, object_id: str) -> ApiError:
    """Return the 404 for an object that isn't there."""
    message = f"There is no {object_type} {object_id}."
    data = {"reason": "object_not_found", "object_type": object_type, "object_id": object_id, "param": "id"}
    return ApiError(404, "not_found", message, **data)


def invalid(param: str, message: str) -> ApiError:
    """Return the 400 for a parameter that can't be used."""
    return ApiError(400, "invalid_parameter", message, reason="invalid_parameter", param=param)


def missing(param: str) -> ApiError:
    """Return the 400 for a parameter that isn't there."""
    message = f"The parameter {param} is missing."
    return ApiError(400, "missing_required_parameter", message, reason="missing_required_parameter", param=param)


def _json(body: Any, status: int, headers: dict[str, str]) -> Response:
    return Response(json.dumps(body), status, headers, content_type="application/json; charset=utf-8")
