"""A notice as the webhook gets it: `text` for people, as chat programs show it, and the same as values for programs.

Slack and Mattermost take a JSON object with `text`:
https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks/
https://developers.mattermost.com/integrate/webhooks/incoming/
Names come from elsewhere: they stand in code spans with `&`, `<` and `>` escaped, so that none calls for `@channel` or
becomes a link (https://docs.slack.dev/messaging/formatting-message-text/). Sizes are bounded: a message that a receiver
refuses for its size would be tried for ever.
"""

import json
from collections.abc import Sequence

from feeds.core.notices import Notice
from feeds.core.status import MEANINGS, Need
from feeds.core.values import shortened
from feeds.formats.results_yaml import render_time
from feeds.formats.terminal import visible

# The first names say what it is about; the command beside them tells the rest.
NAMES_IN_TEXT = 5
NAMES_IN_VALUES = 20
_NAME_CHARACTERS = 255


def render(notice: Notice) -> bytes:
    """Render the message's JSON."""
    record = {
        "text": render_text(notice),
        "at": render_time(notice.at),
        "network": notice.network and _name(notice.network),
        "new": [
            {
                "what": need.value,
                "count": len(names),
                "in_all": notice.counts[need],
                "names": _names(names),
                "meaning": MEANINGS[need][0],
                "next": MEANINGS[need][1],
            }
            for need, names in notice.new.items()
        ],
        "over": [
            {"what": need.value, "count": len(names), "names": _names(names)} for need, names in notice.over.items()
        ],
    }
    return json.dumps(record, ensure_ascii=False, indent=1).encode() + b"\n"


def render_text(notice: Notice) -> str:
    """Render the message for people: a line that says how much there is, and one for each need."""
    network = _harmless(notice.network) if notice.network else "The network"
    new = sum(map(len, notice.new.values()))
    lines = [f"{network}: {_head(new)}"]
    for need, names in notice.new.items():
        in_all = notice.counts[need]
        count = f"{len(names):,}" if len(names) == in_all else f"{len(names):,} new, {in_all:,} in all"
        meaning, command = MEANINGS[need]
        lines.append(f"• {need.value} ({count}): {meaning}")
        if listed := _listed(names):
            lines.append(f"   {listed}")
        lines.append(f"   next: `{command}`")
    lines += [f"• over: {_over(need, names)}" for need, names in notice.over.items()]
    return "\n".join(lines)


def _head(new: int) -> str:
    if not new:
        return "what needed a person is over."
    return "1 new matter needs a person." if new == 1 else f"{new:,} new matters need a person."


def _over(need: Need, names: Sequence[str]) -> str:
    count = f" ({len(names):,})" if need is not Need.CATALOG else ""
    return f"{need.value}{count}" + (f": {listed}" if (listed := _listed(names)) else "")


def _listed(names: Sequence[str]) -> str:
    real = [name for name in names if name]
    shown = [f"`{_harmless(name).replace('`', chr(39))}`" for name in real[:NAMES_IN_TEXT]]
    more = len(real) - len(shown)
    return ", ".join([*shown, *([f"and {more:,} more"] if more else [])])


def _harmless(text: str) -> str:
    shown = shortened(visible(text))
    return shown.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _names(names: Sequence[str]) -> list[str]:
    return [_name(name) for name in names if name][:NAMES_IN_VALUES]


def _name(name: str) -> str:
    # A lone surrogate or a NUL is refused by many a receiver, again and again.
    return visible(name)[:_NAME_CHARACTERS]
