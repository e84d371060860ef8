"""Sending a browser to Dailymotion and taking it back, at /connect/return, whatever for.

What must be held meanwhile (state, verifier, since when, and why) is in the session's cookie, which only this browser
brings along; it is good for one return within ten minutes. The session is signed, and readable to its own holder.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from flask import g, redirect, session
from werkzeug import Response

from feeds.dailymotion import oauth
from feeds.dailymotion.errors import DailymotionError, StrayReturn
from feeds.dailymotion.values import PARENT_SCOPES, PARTNER_SCOPES, Token
from feeds.web.settings import WebSettings

DEPARTURE_S = 600
_DEPARTURE, _DISPLAY = "departure", "display"


class Purpose(StrEnum):
    """What somebody logs in for."""

    CONNECT = "connect"
    PARTNERS = "partners"
    REJECT = "reject"


# Whoever decides about partners only has to show which account they are; a rejection is done with the parent's login.
SCOPES: Mapping[Purpose, tuple[str, ...]] = {
    Purpose.CONNECT: PARTNER_SCOPES,
    Purpose.PARTNERS: ("userinfo",),
    Purpose.REJECT: PARENT_SCOPES,
}


def note_display(wanted: str | None) -> None:
    """Note whether the pages are shown in a window that another page has opened."""
    if wanted == "popup":
        session[_DISPLAY] = wanted
    else:  # nobody needs a cookie for having read the first page
        session.pop(_DISPLAY, None)


def is_popup() -> bool:
    """Return whether another page has opened this window and waits for the outcome."""
    return session.get(_DISPLAY) == "popup"


def purpose() -> Purpose:
    """Return what somebody has set out for who is back with this request; to connect, where that can't be told."""
    known: Purpose = g.get("purpose", Purpose.CONNECT)
    return known


def recall() -> None:
    """Note what somebody had set out for who is back, before anything can turn them away."""
    g.purpose = Purpose((session.get(_DEPARTURE) or {}).get("purpose", Purpose.CONNECT))


def set_out(web: WebSettings, purpose: Purpose, *, now: datetime) -> Response:
    """Send the browser to Dailymotion's page of consent."""
    departure = oauth.depart(
        web.dailymotion,
        redirect_uri=web.return_url,
        scopes=SCOPES[purpose],
        display="popup" if is_popup() else "page",
    )
    session[_DEPARTURE] = {
        "state": departure.state,
        "verifier": departure.verifier,
        "at": int(now.timestamp()),
        "purpose": purpose.value,
    }
    return redirect(departure.url, 303)


def come_back(web: WebSettings, query: Mapping[str, str], *, now: datetime) -> tuple[Purpose, Token]:
    """Return what a browser that is back had set out for, and its login.

    Raises StrayReturn if it hasn't set out with this state in the last ten minutes, or is back already; and a
    DailymotionError as Dailymotion says.
    """
    held: Mapping[str, Any] = session.get(_DEPARTURE) or {}
    recall()
    is_over = now.timestamp() - held.get("at", 0) > DEPARTURE_S
    try:
        code = oauth.code_of(query, state="" if is_over else held["state"])
    except StrayReturn:  # not this departure's: one that is under way in this browser goes on
        raise
    except DailymotionError:
        session.pop(_DEPARTURE)
        raise
    session.pop(_DEPARTURE)
    purpose: Purpose = g.purpose
    token = oauth.exchange(
        web.dailymotion, code, redirect_uri=web.return_url, scopes=SCOPES[purpose], verifier=held["verifier"],
        adapter=web.bounded(),
    )  # fmt: skip
    return purpose, token
