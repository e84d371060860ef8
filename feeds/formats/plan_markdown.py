"""A plan as Markdown, for a comment on a merge request: what is dangerous first, and users to unfold.

https://github.github.com/gfm/ ; a comment at GitHub holds 65,536 characters, and no host holds less.
"""

from collections.abc import Iterable, Iterator

from feeds.core.plan import Plan, UserPlan, Warned
from feeds.formats.plan_text import name_of, sum_words, user_words, video_lines
from feeds.formats.terminal import visible

# Bytes of UTF-8, so that it is never more characters than that.
BOUND = 60_000
_FOR_WARNED = 30_000
# Whatever Markdown or HTML could take for markup, or a host for a mention, an issue or a link.
_MARKUP = frozenset("\\`*_{}[]()<>#+!|~&@:\"'^$=-")
VIDEOS_SHOWN = 20


def render(plan: Plan) -> str:
    """Render the plan; however many users it touches, it stays within BOUND."""
    head = f"### feeds plan: {_plain(sum_words(plan))}\n\nCompared with {_plain(plan.against)}, "
    head += f"as of {plan.at:%Y-%m-%d %H:%M} UTC.\n"
    head += "".join(f"\n{_plain(each)}\n" for each in plan.notes)
    if plan.blocks:
        head += "\n**This blocks: the push would not be published as it is.**\n"
    warned = _within((f"\n{_warned(each)}" for each in plan.warned), len(plan.warned), _FOR_WARNED, "dangerous lines")
    room = BOUND - len((head + warned).encode())
    return head + warned + _within(map(_user, plan.users), len(plan.users), room, "users")


def _within(parts: Iterable[str], count: int, room: int, what: str) -> str:
    """Join as many parts as fit, and say how many don't."""
    taken: list[str] = []
    room -= 100  # for the last line
    for part in parts:
        room -= len(part.encode())
        if room < 0:
            break
        taken.append(part)
    left = count - len(taken)
    return "".join(taken) + (f"\n... and {left:,} more {what}: `feeds plan` shows them.\n" if left else "")


def _warned(each: Warned) -> str:
    name = f" {_code(each.guid)}" if each.guid else ""
    name += f" of {_code(each.user)}" if each.guid and each.user else f" {_code(each.user)}" if each.user else ""
    steps = [each_line.strip() for each_line in each.do.split("\n")]
    do = "<br>\n  ".join(_code(step) if step.startswith("git ") else _plain(step) for step in steps)
    return f"- **{each.danger.value}**{name}: {_plain(_short(each.what))}.<br>\n  {do}\n"


def _user(user: UserPlan) -> str:
    lines = "".join(f"{line}\n" for line in _lines(user))
    return (
        f"\n<details><summary>{_plain(_short(name_of(user)))}: {_plain(user_words(user))}</summary>\n\n"
        f"{lines}\n</details>\n"
    )


def _lines(user: UserPlan) -> Iterator[str]:
    # Four blanks make it code, whatever the names hold.
    for line in video_lines(user, VIDEOS_SHOWN):
        yield f"    {_short(visible(line))}"


def _plain(text: str) -> str:
    """Return text as text: what could be markup is spelled as a character reference."""
    return "".join(f"&#{ord(each)};" if each in _MARKUP else each for each in visible(text))


def _code(text: str) -> str:
    return f"<code>{_plain(text)}</code>"


def _short(text: str) -> str:
    return text if len(text) <= 300 else f"{text[:297]}..."
