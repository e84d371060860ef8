"""An explanation for programs."""

import json
from typing import Any

from feeds.core.explanation import Explanation, Fact
from feeds.formats.results_yaml import render_time


def render(its: Explanation) -> str:
    """Render the explanation as JSON; `listed` is null for a user, `videos` for a video."""
    record = {
        "at": render_time(its.at),
        "name": its.name,
        "title": its.title,
        "user": its.user,
        "listed": its.listed,
        "verdict": _fact(its.verdict),
        "facts": [_fact(each) for each in its.facts],
        "videos": None
        if its.counts is None
        else {
            reason: {"count": n, "first": list((its.first or {}).get(reason, ()))} for reason, n in its.counts.items()
        },
        "next": list(its.next),
    }
    # ASCII alone: a guid with a lone surrogate is a JSON string, and no UTF-8.
    return json.dumps(record, indent=1) + "\n"


def _fact(fact: Fact) -> dict[str, Any]:
    place, commit = fact.place, fact.commit
    return {
        "about": fact.about,
        "words": fact.words,
        "place": place and {"file": place.file, "line": place.line, "column": place.column},
        "event": fact.event,
        "commit": commit and dict(zip(("hash", "author", "subject"), commit, strict=True)),
    }
