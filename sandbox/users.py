"""Accounts and what ties them: /auth, /me, users, adoption and rejection.

Adoption, rejection and verification: https://developer.dailymotion.com/guides/mcn; objects and connections:
https://developers.dailymotion.com/api/platform-api/reference/ and
https://developers.dailymotion.com/v0/reference/user-connections; an "empty result set" is `{}` there.

ASSUMED: the path of a rejection, which the guide's copies have lost (both readings are taken); rejection needs the same
role as adoption, whose name alone is known; adoption needs the scope delegate_account_management, and is idempotent;
rejecting someone who is no child is a 404; asking for a parent or child that isn't one gives an empty list, or with
`--not-a-child 404` a 404; nobody adopts themselves; only the network ends an adoption.
"""

from typing import Any

from flask import Blueprint, current_app, request

from sandbox import errors, fields
from sandbox.context import Caller, caller, need_caller, need_user, the_world
from sandbox.oauth import end_session
from sandbox.world import Account

blueprint = Blueprint("users", __name__)

CAN_ADOPT = "can-adopt-users"
DELEGATE = "delegate_account_management"

Answer = dict[str, Any]


@blueprint.get("/auth")
@blueprint.get("/auth/")
def auth() -> Answer:
    """Answer who calls and what they may."""
    who = need_caller()
    account = who.account
    return {
        "id": account and account.id,
        "scope": list(who.scope),
        "roles": list(who.key.roles),
        "username": account and account.username,
        "screenname": account and account.screenname,
        "language": account and account.profile.get("language"),
    }


@blueprint.get("/logout")
def logout() -> Answer:
    """End the session: the access token and its refresh token."""
    end_session(the_world(), need_caller().session)
    return {}


@blueprint.get("/users")
def users() -> Answer:
    """List users by the filters parent, ids and usernames; ASSUMED: without one, all."""
    found = sorted(the_world().accounts.values(), key=lambda one: one.id)
    if "parent" in request.args:
        found = [one for one in found if request.args["parent"] in one.parents]
    for param, name in (("ids", "id"), ("usernames", "username")):
        if param in request.args:
            wanted = request.args[param].split(",")
            found = [one for one in found if getattr(one, name) in wanted]
    return _list(found, caller())


@blueprint.get("/me")
@blueprint.get("/user/<user_id>")
def user(user_id: str = "me") -> Answer:
    """Answer one user."""
    who = caller()
    return fields.user(_account(user_id), fields.asked(fields.USER_DEFAULTS), who)


@blueprint.post("/me")
@blueprint.post("/user/<user_id>")
def edit(user_id: str = "me") -> Answer:
    """Write fields of an account, by its own token or a parent's.

    ASSUMED: which public fields can be written and that they need no scope; private ones need theirs; the answer
    is the user.
    """
    who, account = need_caller(), _account(user_id)
    if not who.acts_for(account):
        raise errors.ApiError(403, "access_forbidden", f"You may not write to {account.id}.")
    given = {name: value for name, value in request.form.items() if name != "fields"}
    for name in given:
        if name not in {"screenname", "description", "country", "language", *fields.PRIVATE} or name == "email":
            raise errors.invalid(name, f"{name} can't be written.")
        if name in fields.PRIVATE and not who.may(fields.PRIVATE[name]):
            raise errors.scope_missing(fields.PRIVATE[name])
    account.screenname = given.pop("screenname", account.screenname)
    account.profile.update(given)
    return fields.user(account, fields.asked(fields.USER_DEFAULTS), who)


@blueprint.get("/me/children")
@blueprint.get("/user/<user_id>/children")
def children(user_id: str = "me") -> Answer:
    """List an account's children, which needs no token."""
    who = caller()
    return _list(the_world().children(_account(user_id).id), who)


@blueprint.get("/me/parents")
@blueprint.get("/user/<user_id>/parents")
def parents(user_id: str = "me") -> Answer:
    """List an account's parents."""
    who = caller()
    return _list([the_world().accounts[one] for one in _account(user_id).parents], who)


@blueprint.get("/me/parents/<other_id>")
@blueprint.get("/user/<user_id>/parents/<other_id>")
def is_child(other_id: str, user_id: str = "me") -> Answer:
    """Answer whether the account has this parent."""
    who, account, parent = caller(), _account(user_id), _account(other_id)
    return _one_or_none(parent, parent.id in account.parents, who)


@blueprint.get("/me/children/<other_id>")
@blueprint.get("/user/<user_id>/children/<other_id>")
def is_parent(other_id: str, user_id: str = "me") -> Answer:
    """Answer whether the account has this child."""
    who, account, child = caller(), _account(user_id), _account(other_id)
    return _one_or_none(child, account.id in child.parents, who)


@blueprint.post("/me/parents/<other_id>")
@blueprint.post("/user/<user_id>/parents/<other_id>")
def adopt(other_id: str, user_id: str = "me") -> Answer:
    """Have the caller adopted by a parent, and mail it to them."""
    who, child = need_user()
    _need_adoption(who)
    if not who.may(DELEGATE):
        raise errors.scope_missing(DELEGATE)
    if _account(user_id) is not child:
        raise errors.ApiError(403, "access_forbidden", "Adoption needs the child's own token.")
    parent = _account(other_id)
    if parent is child:
        raise errors.invalid("id", "An account can't be its own parent.")
    if parent.id not in child.parents:
        child.parents.append(parent.id)
        the_world().send(child, parent.id, "adopted")
    return {}


@blueprint.delete("/me/children/<other_id>")
@blueprint.delete("/user/<user_id>/children/<other_id>")
def reject(other_id: str, user_id: str = "me") -> Answer:
    """End the adoption of one of the caller's children, and mail it to them."""
    who, parent = need_user()
    _need_adoption(who)
    if _account(user_id) is not parent:
        raise errors.ApiError(403, "access_forbidden", "Rejection needs the parent's own token.")
    child = _account(other_id)
    if parent.id not in child.parents:
        raise errors.not_found("user", child.id)
    child.parents.remove(parent.id)
    the_world().send(child, parent.id, "rejected")
    return {}


@blueprint.delete("/me/parents/<other_id>")
@blueprint.delete("/user/<user_id>/parents/<other_id>")
def leave(other_id: str, user_id: str = "me") -> Answer:
    """Refuse: "User rejection from your network has to be done with your parent account's access_token"."""
    need_caller()
    raise errors.ApiError(403, "access_forbidden", f"Only {other_id} can end the adoption of {user_id}.")


def _need_adoption(who: Caller) -> None:
    if CAN_ADOPT not in who.key.roles:
        raise errors.role_missing(CAN_ADOPT)


def _account(user_id: str) -> Account:
    if user_id == "me":
        return need_user()[1]
    found = the_world().accounts.get(user_id)
    if found is None:
        raise errors.not_found("user", user_id)
    return found


def _list(found: list[Account], who: Caller | None) -> Answer:
    names = fields.asked(fields.USER_DEFAULTS)
    return fields.listed(found, lambda one: fields.user(one, names, who))


def _one_or_none(other: Account, is_tied: bool, who: Caller | None) -> Answer:
    if not is_tied and current_app.config["NOT_A_CHILD"] == "404":
        raise errors.not_found("user", other.id)
    return _list([other] if is_tied else [], who)
