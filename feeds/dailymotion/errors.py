"""What can go wrong with Dailymotion, one class per decision of the caller, and which answer means which.

API errors are nested objects, https://developers.dailymotion.com/api/platform-api/errors/ ; OAuth errors are flat,
https://www.rfc-editor.org/rfc/rfc6749#section-5.2 . What Dailymotion says in its own words is quoted, cut short, and
made harmless for a terminal, a log and a page.
"""

import re
from collections.abc import Collection, Mapping
from typing import Any

from feeds.core.errors import FeedsError

QUOTED_CHARACTERS = 200


class DailymotionError(FeedsError):
    """Dailymotion did not do, or may not have done, what it was asked."""

    exit_code = 3


class Expired(DailymotionError):
    """The login is missing, over or unknown to Dailymotion: log in again."""


class Refused(DailymotionError):
    """A role or scope is missing, or the API key is wrong: asking again changes nothing."""


class Declined(DailymotionError):
    """The person did not allow it on Dailymotion's page: offer to start again."""


class StrayReturn(DailymotionError):
    """Somebody came back from Dailymotion who didn't set out here, or twice: start again."""

    exit_code = 1


class NotFound(DailymotionError):
    """Dailymotion knows no such account, or no such path."""


class Invalid(DailymotionError):
    """Dailymotion does not take a parameter: the request has to change."""


class Throttled(DailymotionError):
    """Too many requests: try again after `retry_after_s` seconds, or later where Dailymotion named no time."""

    def __init__(self, message: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class Broken(DailymotionError):
    """No usable answer: a broken connection, a timeout, a 5xx, no JSON, too much. What was asked may yet be done."""


# A 403 refuses, and also throttles (the page of errors: "anti-spam"); only its words tell, and those aren't listed.
_THROTTLING = re.compile(
    r"rate.?limit|limits? (?:is |was |has been )?(?:reached|exceeded)|reached (?:the|your) .{0,40}limit|quota|throttl"
    r"|too (?:many|much|often|fast)|spam|flood|slow down",
    re.IGNORECASE,
)
# The documented types of a 400 about parameters. Any other 400 is the one that means "not authenticated".
_PARAMETER_TYPES = {"invalid_parameter", "missing_required_parameter"}
# Dailymotion's SDKs ask for a new token if, and only if, the answer has this header:
# https://github.com/dailymotion/dailymotion-sdk-php
_INVALID_TOKEN = re.compile(r'error\s*=\s*"?invalid_token\b', re.IGNORECASE)

_SERVER_FAULTS = {"server_error", "temporarily_unavailable"}


def api_error(
    status: int,
    error: object,
    *,
    call: str,
    headers: Mapping[str, str],
    needs: str = "",
    secrets: Collection[str] = (),
) -> DailymotionError:
    """Return the error that an API answer stands for; `call` is like "GET /auth", `needs` what such a call requires."""
    fields = error if isinstance(error, Mapping) else {}
    words = quoted(fields.get("message"), secrets)
    kind, reason = str(fields.get("type") or ""), _reason(fields)
    if status >= 500:
        return Broken(f"Dailymotion answered {call} with status {status}{words}. Try again later.")
    if status == 429 or (status == 403 and _THROTTLING.search(f"{fields.get('message')} {kind} {reason}")):
        return throttled(call, words, headers)
    is_unauthenticated = status == 401 or (status == 400 and kind not in _PARAMETER_TYPES)
    if is_unauthenticated or _INVALID_TOKEN.search(headers.get("WWW-Authenticate", "")):
        return Expired(f"Dailymotion takes no login, or this one no longer, for {call}{words}. Log in again.")
    if status == 403:
        return Refused(f"Dailymotion refused {call}{words}.{f' It needs {needs}.' if needs else ''}")
    if status == 404:
        return NotFound(f"Dailymotion found nothing for {call}{words}.")
    if 400 <= status < 500:
        return Invalid(f"Dailymotion does not take {call} as it was asked, status {status}{words}.")
    return Broken(f"Dailymotion answered {call} with the unexpected status {status}{words}.")


def throttled(call: str, words: str, headers: Mapping[str, str]) -> Throttled:
    """Return the error of one request too many."""
    after_s = retry_after_s(headers)
    when = "later" if after_s is None else f"in {after_s:g} s"
    return Throttled(f"Dailymotion wants fewer requests, at {call}{words}. Try again {when}.", retry_after_s=after_s)


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Return the seconds of Retry-After; a date in it counts as no time named."""
    text = headers.get("Retry-After", "").strip()
    return float(text) if re.fullmatch(r"[0-9]{1,9}", text) else None


def oauth_error(error: object, description: object, *, call: str, secrets: Collection[str] = ()) -> DailymotionError:
    """Return the error that a flat OAuth answer stands for."""
    code, words = quoted(error, secrets), quoted(description, secrets)
    if error == "access_denied":
        return Declined(f"Dailymotion says that the login was not allowed{words}. Start again if it should be.")
    if error in _SERVER_FAULTS:
        return Broken(f"Dailymotion could not answer {call}{code}{words}. Try again later.")
    if error in {"invalid_grant", "invalid_token"}:
        return Expired(f"Dailymotion takes this login no longer, or not at all, at {call}{code}{words}. Log in again.")
    return Refused(f"Dailymotion refused {call}{code}{words}. Check the API key, its secret and its callback URL.")


def quoted(text: object, secrets: Collection[str] = ()) -> str:
    """Return what somebody else said as `: "..."`, harmless wherever it is shown; nothing for nothing."""
    if not isinstance(text, str) or not text.strip():
        return ""
    for secret in secrets:
        text = text.replace(secret, "[...]") if secret else text
    shown = "".join(each if each.isprintable() else " " for each in text.translate(_HARMLESS))
    shown = " ".join(shown.split())
    return f': "{shown[:QUOTED_CHARACTERS]}{"..." if len(shown) > QUOTED_CHARACTERS else ""}"'


_HARMLESS = str.maketrans({"<": "‹", ">": "›", '"': "'", "&": "+"})


def _reason(fields: Mapping[str, Any]) -> str:
    data = fields.get("error_data")
    return str(data.get("reason") or "") if isinstance(data, Mapping) else ""
