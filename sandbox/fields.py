"""The fields of user and video objects, who may read them, and lists of them.

https://developers.dailymotion.com/api/platform-api/reference/ has the fields; the scopes of private ones are those of
https://developer.dailymotion.com/guides/mcn (read_insights for revenues, email, userinfo); lists are as in
https://developers.dailymotion.com/api/platform-api/understand-api-responses/; that a query reaches no more than 1,000
results: https://developers.dailymotion.com/me/docs/browse-large-video-catalog.

ASSUMED: which few fields come without `fields`; without the right to it, a revenue is null and any other private
field is a 403; a parent's token needs the same scope as the account's own; beyond 1,000 results a list is empty and
`has_more` is false, while `total` counts all.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from flask import g, request

from sandbox import errors
from sandbox.context import Caller, the_world
from sandbox.world import Account, Totals, Video

MAX_PAGE = MAX_LIMIT = 100
MAX_RESULTS = 1000

_One = TypeVar("_One")

USER_DEFAULTS = ("id", "screenname")
VIDEO_DEFAULTS = ("id", "title", "channel", "owner")

REVENUES = frozenset(
    f"revenues_{of}_{span}"
    for of in ("claim", "paidcontent", "video", "website")
    for span in ("last_day", "last_week", "last_month", "total")
)
# Private fields beside the revenues, each with its scope.
PRIVATE = {
    "email": "email",
    **dict.fromkeys(("first_name", "last_name", "fullname", "address", "city", "birthday"), "userinfo"),
    **dict.fromkeys(("webhook_url", "webhook_events"), "manage_videos"),
}
PROFILE = frozenset({"country", "language", "description", "partner", "verified"})

_DERIVED: Mapping[str, Callable[[Account], Any]] = {
    "id": lambda one: one.id,
    "username": lambda one: one.username,
    "screenname": lambda one: one.screenname,
    "url": lambda one: f"https://www.dailymotion.com/{one.username}",
    "created_time": lambda one: one.created_time,
    "status": lambda one: one.status,
    "parent": lambda one: one.parents[-1] if one.parents else None,
    "children_total": lambda one: _totals().children[one.id],
    "videos_total": lambda one: _totals().videos[one.id],
}
_FLAGS = {"partner", "verified"}
# Nobody watches in a sandbox.
_ZERO = {"views_total", "followers_total"}

_VIDEO_FIELDS = frozenset(
    """id title channel owner tags description url status published private created_time explicit language
    is_created_for_kids encoding_progress publishing_progress geoblocking publish_date expiry_date
    expiry_date_deletion thumbnail_url duration""".split()
)


def asked(defaults: Sequence[str]) -> tuple[str, ...]:
    """Return the fields that the call asks for: `fields=a,b`, or repeated, as one of their packages sends a list."""
    names = [name.strip() for text in request.values.getlist("fields") for name in text.split(",")]
    return tuple(dict.fromkeys(name for name in names if name)) or tuple(defaults)


def user(account: Account, names: Sequence[str], who: Caller | None) -> dict[str, Any]:
    """Return so many fields of a user."""
    return {name: _user_field(account, name, who) for name in names}


def video(one: Video, names: Sequence[str], who: Caller | None) -> dict[str, Any]:
    """Return so many fields of a video; `owner.<field>` is a field of its owner."""
    return {name: _video_field(one, name, who) for name in names}


def status(one: Video) -> tuple[str, int]:
    """Return a video's status, and how far its encoding has come in percent: a matter of the clock.

    Whoever plays what else becomes of videos there (rejected, deleted, encoding_error) writes it into the world.
    """
    world = the_world()
    if "status" in one.values:
        return str(one.values["status"]), 100
    passed_s = world.now() - one.created_time
    if passed_s < world.encoding_s:
        return ("processing" if passed_s > 0 else "waiting"), int(100 * passed_s / world.encoding_s)
    return ("published" if one.values.get("published") else "ready"), 100


def listed(found: Sequence[_One], show: Callable[[_One], dict[str, Any]]) -> dict[str, Any]:
    """Return the page of a list that the call asks for."""
    page, limit = _number("page", 1, MAX_PAGE), _number("limit", 10, MAX_LIMIT)
    reach = min(len(found), MAX_RESULTS)
    shown = found[(page - 1) * limit : min(page * limit, reach)]
    return {
        "page": page,
        "limit": limit,
        "explicit": False,
        "total": len(found),
        "has_more": page * limit < reach,
        "list": [show(one) for one in shown],
    }


def _totals() -> Totals:
    # Counted once for all the users of a list.
    if "totals" not in g:
        g.totals = the_world().totals()
    totals: Totals = g.totals
    return totals


def _number(param: str, default: int, most: int) -> int:
    text = request.args.get(param, str(default))
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= most):
        raise errors.invalid(param, f"{param} must be a number from 1 to {most}.")
    return int(text)


def _user_field(account: Account, name: str, who: Caller | None) -> Any:
    if name in _DERIVED:
        return _DERIVED[name](account)
    if name in _ZERO:
        return 0
    if name in PROFILE:
        value = account.profile.get(name)
        return value == "true" if name in _FLAGS else value
    if name in REVENUES:
        readable = who is not None and who.acts_for(account) and who.may("read_insights")
        return account.revenues.get(name.removeprefix("revenues_")) if readable else None
    if name not in PRIVATE:
        raise errors.invalid("fields", f"A user has no field {name}.")
    if who is None or not who.acts_for(account):
        raise errors.ApiError(403, "access_forbidden", f"You may not read {name} of {account.id}.", param="fields")
    if not who.may(PRIVATE[name]):
        raise errors.scope_missing(PRIVATE[name])
    return account.email if name == "email" else account.profile.get(name)


def _video_field(one: Video, name: str, who: Caller | None) -> Any:
    if name.startswith("owner."):
        return _user_field(the_world().accounts[one.owner], name.removeprefix("owner."), who)
    if name not in _VIDEO_FIELDS:
        raise errors.invalid("fields", f"A video has no field {name}.")
    if name in {"encoding_progress", "publishing_progress"}:
        return status(one)[1]
    if name == "url":
        return f"https://www.dailymotion.com/video/{one.id}"
    known = {"id": one.id, "owner": one.owner, "created_time": one.created_time, "status": status(one)[0]}
    return known[name] if name in known else one.values.get(name)
