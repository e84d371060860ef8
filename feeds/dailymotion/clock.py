"""Dailymotion's clock, as every HTTP answer tells it: https://www.rfc-editor.org/rfc/rfc9110#name-date ."""

from datetime import datetime
from email.utils import parsedate_to_datetime

import requests

from feeds.dailymotion.transport import prepare
from feeds.dailymotion.values import Settings


def time_there(settings: Settings) -> datetime | None:
    """Return Dailymotion's time, in whole seconds; None where it tells none. Raises Broken."""
    with requests.Session() as session:
        prepare(session)
        answer = session.get(f"{settings.api}/auth")
    try:
        moment = parsedate_to_datetime(answer.headers.get("Date", ""))
    except ValueError:
        return None
    return moment if moment.tzinfo else None
