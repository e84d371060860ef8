"""A plan for programs, whole."""

import json
from typing import Any

from feeds.core.plan import Noted, Plan, UserPlan
from feeds.formats import findings
from feeds.formats.results_yaml import render_time


def render(plan: Plan) -> str:
    """Render the plan as JSON. `allow_removals` is what the push's trailer has to say, 0 where it needs none."""
    record = {
        "at": render_time(plan.at),
        "against": plan.against,
        "blocks": plan.blocks,
        "allow_removals": plan.removals,
        "notes": list(plan.notes),
        "dangerous": [
            {
                "danger": each.danger.value,
                "user": each.user,
                "guid": each.guid,
                "what": each.what,
                "next": each.do,
            }
            for each in plan.warned
        ],
        "users": [_user(each) for each in plan.users],
    }
    # ASCII alone: a file's name need not be UTF-8.
    return json.dumps(record, indent=1) + "\n"


def _user(user: UserPlan) -> dict[str, Any]:
    return {
        "id": user.id,
        "username": user.username,
        "listed": list(user.listed),
        "no_longer_listed": list(map(_noted, user.gone)),
        "changed": list(map(_noted, user.changed)),
        "not_listed": list(map(_noted, user.waiting)),
        "changed_since_import": list(user.corrected),
        "blocked": json.loads(findings.render(user.blocked, "json")),
    }


def _noted(each: Noted) -> dict[str, str]:
    return {"guid": each.guid, "why": str(each.why)}
