"""Videos: uploaded by the account's own token or a parent's, listed, edited and deleted.

https://developers.dailymotion.com/api/platform-api/reference/ (fields and limits), https://developers.dailymotion.com/upload
(`is_created_for_kids` is mandatory) and https://developer.dailymotion.com/guides/mcn (uploads on behalf of children).
Lists, their filters and orders: https://developers.dailymotion.com/v0/reference/api-list-my-videos.
ASSUMED: writing needs the scope manage_videos; a field that isn't known is refused; 255 characters of a title, 150
tags of 150 characters; others don't see what is private or unpublished; created_after and created_before leave out the
second that they name; `recent`, the order without `sort` too, goes by created_time; whoever acts for the account sees
in the list what isn't public, and with `private` that alone.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, request

from sandbox import errors, fields, uploads
from sandbox.context import Caller, caller, need_caller, need_user, the_world
from sandbox.importer import CATEGORIES
from sandbox.world import Account, Video

blueprint = Blueprint("videos", __name__)

MANAGE = "manage_videos"
REQUIRED = ("url", "title", "channel", "is_created_for_kids")
_TITLE, _TAGS, _TAG = 255, 150, 150
# For all, and for partners.
_DESCRIPTION, _PARTNERS_DESCRIPTION = 3000, 5000
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}
_VERIFIED_ONLY = ("publish_date", "expiry_date", "expiry_date_deletion")

Answer = dict[str, Any]


@blueprint.get("/channels")
def channels() -> Answer:
    """List the categories; ASSUMED: their labels, which differ from page to page of the documents."""
    return fields.listed(sorted(CATEGORIES), lambda one: {"id": one, "name": one.capitalize()})


@blueprint.get("/me/videos")
@blueprint.get("/user/<user_id>/videos")
def videos(user_id: str = "me") -> Answer:
    """List an account's videos, the newest first, by the filters created_after, created_before, ids and private."""
    who, owner = caller(), _owner(user_id)
    names = fields.asked(fields.VIDEO_DEFAULTS)
    if request.args.get("sort", "recent") != "recent":
        raise errors.invalid("sort", "sort can only be recent here.")
    after, before = (_filter(name, _seconds) for name in ("created_after", "created_before"))
    wanted = request.args.get("ids")
    private = _filter("private", _boolean)
    shown = [
        one
        for one in the_world().videos_of(owner.id)
        if (after is None or one.created_time > after)
        and (before is None or one.created_time < before)
        and (wanted is None or one.id in wanted.split(","))
        and (private is None or bool(one.values.get("private")) is private)
        and _sees(who, owner, one)
    ]
    return fields.listed(shown, lambda one: fields.video(one, names, who))


@blueprint.post("/me/videos")
@blueprint.post("/user/<user_id>/videos")
def create(user_id: str = "me") -> Answer:
    """Make a video of a file that was uploaded, or of any public URL."""
    who, owner = need_caller(), _owner(user_id)
    _need_rights(who, owner)
    for param in REQUIRED:
        if not request.form.get(param):
            raise errors.missing(param)
    made = Video(the_world().new_id(), owner.id, int(the_world().now()), _written(owner, {}))
    the_world().videos[made.id] = made
    return fields.video(made, fields.asked(fields.VIDEO_DEFAULTS), who)


@blueprint.get("/video/<video_id>")
def video(video_id: str) -> Answer:
    """Answer one video."""
    who, (one, owner) = caller(), _video(video_id)
    if not _sees(who, owner, one):
        raise errors.ApiError(403, "access_forbidden", f"You may not see the video {one.id}.")
    return fields.video(one, fields.asked(fields.VIDEO_DEFAULTS), who)


@blueprint.post("/video/<video_id>")
def edit(video_id: str) -> Answer:
    """Write fields of a video."""
    who, (one, owner) = need_caller(), _video(video_id)
    _need_rights(who, owner)
    one.values.update(_written(owner, one.values))
    return fields.video(one, fields.asked(fields.VIDEO_DEFAULTS), who)


@blueprint.delete("/video/<video_id>")
def delete(video_id: str) -> Answer:
    """Delete a video."""
    who, (one, owner) = need_caller(), _video(video_id)
    _need_rights(who, owner)
    del the_world().videos[one.id]
    return {}


def _filter(name: str, read: Callable[[str], Any]) -> Any:
    value = read(request.args[name]) if name in request.args else None
    if value is _WRONG:
        raise errors.invalid(name, f"{name} can't be this.")
    return value


def _video(video_id: str) -> tuple[Video, Account]:
    one = the_world().videos.get(video_id)
    if one is None:
        raise errors.not_found("video", video_id)
    return one, the_world().accounts[one.owner]


def _owner(user_id: str) -> Account:
    owner = need_user()[1] if user_id == "me" else the_world().accounts.get(user_id)
    if owner is None:
        raise errors.not_found("user", user_id)
    return owner


def _need_rights(who: Caller, owner: Account) -> None:
    if not who.acts_for(owner):
        raise errors.ApiError(403, "access_forbidden", f"You may not write to videos of {owner.id}.")
    if not who.may(MANAGE):
        raise errors.scope_missing(MANAGE)


def _sees(who: Caller | None, owner: Account, one: Video) -> bool:
    return (who is not None and who.acts_for(owner)) or _is_public(one.values, the_world().now())


def _is_public(values: Mapping[str, Any], now_s: float) -> bool:
    from_s, until_s = values.get("publish_date"), values.get("expiry_date")
    is_open = (from_s or 0) <= now_s and (until_s is None or now_s < until_s)
    # A window of time makes a private video public while it lasts.
    has_window = from_s is not None or until_s is not None
    return bool(values.get("published")) and is_open and (has_window or not values.get("private"))


def _written(owner: Account, before: Mapping[str, Any]) -> dict[str, Any]:
    written: dict[str, Any] = {}
    for name in request.form:
        if name == "fields":
            continue
        if name not in _WRITTEN:
            raise errors.invalid(name, f"{name} can't be written.")
        if name in _VERIFIED_ONLY and owner.profile.get("verified") != "true":
            raise errors.ApiError(403, "access_forbidden", f"Only verified partners may set {name}.")
        text = ",".join(request.form.getlist(name))
        if (value := _WRITTEN[name](text)) is _WRONG:
            raise errors.invalid(name, f"{name} can't be this.")
        written[name] = value
    is_partner = owner.profile.get("partner") == "true"
    if len(written.get("description", "")) > (_PARTNERS_DESCRIPTION if is_partner else _DESCRIPTION):
        raise errors.invalid("description", "description is too long.")
    if "geoblocking" in written and not is_partner:
        raise errors.ApiError(403, "access_forbidden", "Only partners may set geoblocking.")
    if before.get("explicit") and written.get("explicit") is False:
        raise errors.invalid("explicit", "explicit can't be taken back.")
    return written


_WRONG = object()


def _tags(text: str) -> Any:
    tags = [tag.strip() for tag in text.split(",") if tag.strip()]
    return tags if len(tags) <= _TAGS and all(len(tag) <= _TAG for tag in tags) else _WRONG


def _url(text: str) -> Any:
    is_ours = uploads.taken(text)
    parts = urlsplit(text)
    is_other = is_ours is None and parts.scheme in {"http", "https"} and bool(parts.hostname)
    return text if is_ours or is_other else _WRONG


def _boolean(text: str) -> Any:
    return _BOOLEANS.get(text.lower(), _WRONG)


def _seconds(text: str) -> Any:
    if text == "":
        return None
    return int(text) if re.fullmatch(r"[0-9]{1,11}", text) else _WRONG


def _countries(text: str) -> Any:
    if text in {"", "allow"}:
        return ["allow"]
    return text.lower().split(",") if re.fullmatch(r"(allow|deny)(,[A-Za-z]{2})+", text) else _WRONG


_WRITTEN: dict[str, Callable[[str], Any]] = {
    "url": _url,
    "title": lambda text: text if 1 <= len(text) <= _TITLE else _WRONG,
    "channel": lambda text: text if text in CATEGORIES else _WRONG,
    "tags": _tags,
    "description": str,
    "language": str,
    "thumbnail_url": str,
    "geoblocking": _countries,
    "publish_date": _seconds,
    "expiry_date": _seconds,
    **dict.fromkeys(("published", "private", "explicit", "is_created_for_kids", "expiry_date_deletion"), _boolean),
}
