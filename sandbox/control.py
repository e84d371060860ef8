"""The sandbox's own address, which the real Dailymotion has not: faults to come, and a look at everything.

It is there only when the server was started with a control token, which each call brings along as `Sandbox-Token`.
"""

import hmac
from dataclasses import asdict
from typing import Any

from flask import Blueprint, abort, current_app, request

from sandbox import world
from sandbox.context import the_world
from sandbox.faults import Faults, fault

blueprint = Blueprint("control", __name__, url_prefix="/_sandbox")

Answer = dict[str, Any]


@blueprint.before_request
def check() -> None:
    """Let nobody in without the control token: to them there is nothing here."""
    given = request.headers.get("Sandbox-Token", "")
    if not hmac.compare_digest(given.encode(), current_app.config["CONTROL_TOKEN"].encode()):
        abort(404)


@blueprint.get("/state")
def state() -> Answer:
    """Answer the accounts, keys, sessions, videos, uploads, e-mails, faults and latest calls, without any secret."""
    faults = _faults()
    return {**world.facts(the_world()), "faults": [asdict(one) for one in faults.to_come], "calls": list(faults.calls)}


@blueprint.get("/issued")
def issued() -> Answer:
    """Answer every code and token that was given out, so that it can be looked for where none may be kept."""
    return {"issued": list(the_world().issued)}


@blueprint.post("/faults")
def add() -> Answer | tuple[Answer, int]:
    """Take one fault, or an array of them, all or none."""
    wanted = request.get_json(force=True)
    try:
        made = [fault(one) for one in (wanted if isinstance(wanted, list) else [wanted])]
    except ValueError as error:
        return {"error": str(error)}, 400
    _faults().to_come.extend(made)
    return {"faults": [asdict(one) for one in _faults().to_come]}


@blueprint.post("/videos")
def show() -> Answer | tuple[Answer, int]:
    """Take what an importer has imported: an array of objects with account, id, guid, title, channel and url."""
    imported = request.get_json(force=True)
    known = the_world()
    if strange := sorted({one["account"] for one in imported} - known.accounts.keys()):
        return {"error": f"the sandbox has no account {', '.join(strange)}"}, 400
    for one in imported:
        before = known.videos.get(one["id"])
        created_time = int(known.now()) if before is None else before.created_time
        values = {"tags": [], "published": True, **{name: one[name] for name in ("guid", "title", "channel", "url")}}
        known.videos[one["id"]] = world.Video(one["id"], one["account"], created_time, values)
    return {"videos": len(imported)}


@blueprint.delete("/faults")
def clear() -> Answer:
    """Forget all faults, and wake who hangs."""
    _faults().clear()
    return {}


def _faults() -> Faults:
    faults: Faults = current_app.extensions["faults"]
    return faults
