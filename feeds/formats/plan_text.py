"""A plan for people at a terminal."""

from collections.abc import Iterable, Iterator

from feeds.core.plan import Noted, Plan, UserPlan, Warned
from feeds.formats.terminal import visible

# More than this is for a program to read, or for a narrower look.
USERS_SHOWN = 25
NAMES_SHOWN = 5
WARNED_SHOWN = 50


def render(plan: Plan) -> str:
    """Render the plan: its sum, what is dangerous, then user by user."""
    lines = [f"Compared with {visible(plan.against)}, as of {plan.at:%Y-%m-%d %H:%M} UTC:", f"  {sum_words(plan)}."]
    lines += [f"  note: {visible(each)}" for each in plan.notes]
    for each in plan.warned[:WARNED_SHOWN]:
        lines += ["", f"! {visible(warned_words(each))}.", *(f"  {visible(line)}" for line in each.do.split("\n"))]
    if len(plan.warned) > WARNED_SHOWN:
        lines += ["", f"! ... and {len(plan.warned) - WARNED_SHOWN:,} more: feeds plan --format json"]
    for user in plan.users[:USERS_SHOWN]:
        lines += ["", f"{visible(name_of(user))}: {user_words(user)}"]
        lines += [f"  {visible(line)}" for line in video_lines(user, NAMES_SHOWN)]
    if len(plan.users) > USERS_SHOWN:
        lines += ["", f"... and {len(plan.users) - USERS_SHOWN:,} more users: feeds plan --format json"]
    return "".join(f"{line}\n" for line in lines)


def sum_words(plan: Plan) -> str:
    """Return what all users' changes come to: +12 listed, -3 no longer listed, 2 changed, 1 user blocked."""
    if not plan.users and not plan.warned:
        return "nothing changes"
    listed, gone, changed, waiting, corrected = (
        sum(len(each) for each in column)
        for column in zip(*((u.listed, u.gone, u.changed, u.waiting, u.corrected) for u in plan.users), strict=True)
    ) if plan.users else (0, 0, 0, 0, 0)  # fmt: skip
    words = _counts(listed, gone, changed, waiting, corrected)
    if blocked := sum(bool(each.blocked) for each in plan.users):
        words.append(f"{blocked:,} user{'' if blocked == 1 else 's'} blocked")
    return ", ".join(words)


def user_words(user: UserPlan) -> str:
    """Return what becomes of one user's feed, in numbers."""
    if user.blocked:
        return "blocked: the last good version stays"
    sizes = map(len, (user.listed, user.gone, user.changed, user.waiting, user.corrected))
    return ", ".join(each for each in _counts(*sizes) if not each.lstrip("+-").startswith("0 "))


def _counts(listed: int, gone: int, changed: int, waiting: int, corrected: int) -> list[str]:
    words = [f"+{listed:,} listed", f"-{gone:,} no longer listed", f"{changed:,} changed"]
    words += [f"{waiting:,} not listed"] if waiting else []
    words += [f"{corrected:,} changed since import"] if corrected else []
    return words


def name_of(user: UserPlan) -> str:
    """Return how a user is called."""
    return f"{user.username} ({user.id})" if user.username and user.username != user.id else user.id


def warned_words(each: Warned) -> str:
    """Return a dangerous line's first sentence."""
    subject = f" of {each.user}" if each.guid and each.user else f" {each.user}" if each.user else ""
    guid = f' "{each.guid}"' if each.guid else ""
    return (
        f"{each.danger.value}:{guid}{subject}: {each.what}" if guid or subject else f"{each.danger.value}: {each.what}"
    )


def video_lines(user: UserPlan, shown: int) -> Iterator[str]:
    """Yield a line for each of the first videos that come, go, change, wait, or stay as Dailymotion has them."""
    yield from _first((f"+ {guid}" for guid in user.listed), len(user.listed), shown)
    yield from _first((f"- {noted_words(each)}" for each in user.gone), len(user.gone), shown)
    yield from _first((f"~ {noted_words(each)}" for each in user.changed), len(user.changed), shown)
    yield from _first((f"  {each.guid}: not listed, {each.why}" for each in user.waiting), len(user.waiting), shown)
    words = "imported already: Dailymotion keeps the old version, unless `relist` has it read again"
    yield from _first((f"= {guid}: {words}" for guid in user.corrected), len(user.corrected), shown)
    faults = (f"{each.place}: {each.what}" for each in user.blocked)
    yield from _first(faults, len(user.blocked), shown)


def noted_words(each: Noted) -> str:
    """Return a video with what is said of it."""
    return f"{each.guid}: {each.why}" if each.why else each.guid


def _first(lines: Iterable[str], count: int, shown: int) -> Iterator[str]:
    for _, line in zip(range(shown), lines, strict=False):
        yield line
    if count > shown:
        yield f"... and {count - shown:,} more"
