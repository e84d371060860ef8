"""Videos that are made for an account: what it may send, the making, and what becomes of it.

https://developers.dailymotion.com/upload and https://developers.dailymotion.com/mcn ("upload videos on behalf of your
children"): POST /user/<CHILD>/videos with the parent's login.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from feeds.dailymotion.client import Client, segment
from feeds.dailymotion.errors import Broken, Invalid, NotFound, Refused

# Documented for all accounts: https://developers.dailymotion.com/v0/reference/rate-limiting
MOST_BYTES, MOST_A_DAY = 64 * 10**9, 96
# The same for an account that is neither "Premium Creators" nor "Pro Enterprise", which no field of it tells.
ORDINARY_BYTES, ORDINARY_S, ORDINARY_A_DAY = 4 * 10**9, 2 * 3600, 15
# https://developers.dailymotion.com/api/platform-api/reference/#video has the states; these end the encoding.
DONE, FAILED = frozenset({"ready", "published"}), frozenset({"encoding_error", "rejected", "deleted"})
_NEEDS = "the scope manage_videos, and an account that is this parent's child"


@dataclass(frozen=True, slots=True)
class Limits:
    """What one video of an account may have, None where that wasn't told; `told` are all names that were.

    The reference calls the field `limits` a dict, with the maximum duration and size of an upload, which "can only be
    obtained for the currently logged user": with a parent's login there may be none. The names in it are those of
    https://github.com/OzetAkademi/DailyMotionSDK ; that they are bytes and seconds is inferred.
    """

    size_bytes: int | None = None
    duration_s: int | None = None
    told: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class State:
    """Where a video stands: Dailymotion's word, and how far its encoding has come, in percent, where that is told."""

    status: str
    percent: int | None


def limits(client: Client, user_id: str) -> Limits | None:
    """Return an account's limits, None where Dailymotion doesn't tell them with this login."""
    try:
        told = client.user(user_id, ("limits",)).get("limits")
    except (Refused, Invalid, NotFound):
        return None
    if not isinstance(told, dict):
        return None
    return Limits(_number(told.get("video_size")), _number(told.get("video_duration")), tuple(sorted(map(str, told))))


def create(client: Client, user_id: str, form: Mapping[str, str]) -> str:
    """Make a video of an account, once, and return its id. After Broken it may have been made, now or in a while."""
    told = client.post(f"/user/{segment(user_id)}/videos", form, needs=_NEEDS)
    video_id = told.get("id")
    if not isinstance(video_id, str) or not video_id:
        raise Broken(f"Dailymotion answered POST /user/{user_id}/videos without the video's id.")
    return video_id


def state(client: Client, video_id: str) -> State:
    """Return where a video stands. Raises NotFound."""
    told = client.video(video_id, ("status", "encoding_progress"))
    status = told.get("status")
    if not isinstance(status, str):
        raise Broken(f"Dailymotion answered GET /video/{video_id} without a status. Try again later.")
    return State(status, _number(told.get("encoding_progress")))


def _number(value: Any) -> int | None:
    """Return a number that makes sense as a bound or a share; null, negatives and words say nothing."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
