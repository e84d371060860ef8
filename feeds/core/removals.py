"""The removal guard: no video leaves a feed without a recorded reason, and a mass removal needs a person's word.

A removal is explained by a result (the video was imported, failed, its user was rejected or has left), by time
(its rights window ended), or by its place (more important videos went ahead). An edit of the catalog explains
it, too, but an edit can be a mistake: above a bound it waits for a person. What nothing explains, such as
results that are missing, stops the build.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from feeds.core.listing import Listing, Places, Reason

# Above this share of a feed, or of the network, removals by edit need a person's word ...
SHARE = 0.30
# ... unless so few were listed that a share says nothing.
FEW = 10
# A person's word in a commit's message (git interpret-trailers), followed by the number that it lets pass.
TRAILER = "Allow-Removals"


class Cause(StrEnum):
    """What explains that a video left a feed."""

    RESULT = "result"
    TIME = "time"
    PLACE = "place"
    EDIT = "edit"
    NOTHING = "nothing"


_CAUSES = {
    Reason.IMPORTED: Cause.RESULT,
    Reason.FAILED: Cause.RESULT,
    Reason.USER_REJECTED: Cause.RESULT,
    Reason.USER_LEFT: Cause.RESULT,
    Reason.USER_NOT_ADOPTED: Cause.EDIT,  # adopted by another parent: network.parent_id was edited
    Reason.USER_UNKNOWN: Cause.NOTHING,  # it was adopted when it was listed, and no event says so any more
    Reason.USER_ASKED: Cause.RESULT,
    Reason.USER_APPROVED: Cause.RESULT,
    Reason.USER_REFUSED: Cause.RESULT,
    Reason.USER_DISABLED: Cause.EDIT,
    Reason.HELD: Cause.EDIT,
    Reason.WITHDRAWN: Cause.EDIT,
    Reason.BEFORE_WINDOW: Cause.EDIT,
    Reason.OVER_LIMIT: Cause.PLACE,
}
_USER_WORDS = frozenset({Reason.USER_ASKED, Reason.USER_APPROVED, Reason.USER_REFUSED})


@dataclass(frozen=True, slots=True)
class Removals:
    """What leaves one user's feed: how many were listed before, and each removed guid's cause."""

    user: str
    before: int
    causes: Mapping[str, Cause]

    def by(self, cause: Cause) -> list[str]:
        """Return the guids removed for this cause, in the order of the former feed."""
        return [guid for guid, its in self.causes.items() if its is cause]


def removals(
    user: str,
    before: Iterable[str],
    now: Listing | Places,
    *,
    explained: Iterable[str] = (),
    unknown: bool = False,
    since: datetime | None,
) -> Removals:
    """Compare a feed's former guids with its listing.

    `explained` are guids that are in the catalog no more but have a result; `unknown` says that no event tells of the
    user as a child of the network, now or before; `since` is when the former feed was written, None where unknown.
    """
    former = list(before)
    listed = set(now.guids)
    by_result = set(explained)
    causes = {}
    for guid in former:
        if guid in listed:
            continue
        reason = now.reasons.get(guid)
        if reason is Reason.AFTER_WINDOW:
            ended = (now.ended or {}).get(guid)
            cause = Cause.EDIT if since is not None and ended is not None and ended <= since else Cause.TIME
        elif reason is Reason.OVER_LIMIT and len(now.guids) < len(former):
            cause = Cause.EDIT  # nothing went ahead of it: the limit itself was lowered
        elif reason is not None:
            # Who only asked, or was approved or refused, was never listed: an adoption has been lost.
            cause = Cause.NOTHING if unknown and reason in _USER_WORDS else _CAUSES[reason]
        elif guid in by_result:
            cause = Cause.RESULT
        else:
            cause = Cause.NOTHING if unknown else Cause.EDIT
        causes[guid] = cause
    return Removals(user, len(former), causes)


def refusal(changes: Iterable[Removals], *, listed_before: int, allowed: int) -> str | None:
    """Return why these removals must not be published, with what to do next; None where they may be."""
    changed = [each for each in changes if each.causes]
    unexplained = [(each.user, guid) for each in changed for guid in each.by(Cause.NOTHING)]
    if unexplained:
        return (
            f"{_videos(len(unexplained))} would leave their feeds, and nothing says why: {_some(unexplained)}.\n"
            "Their users were adopted when these were listed, and no result says so any more. Bring back the files\n"
            "below results/ (git checkout -- results), or the state folder's journal, and build again."
        )
    edited = {each.user: each.by(Cause.EDIT) for each in changed}
    total = sum(len(guids) for guids in edited.values())
    large = [each for each in changed if each.before >= FEW and len(edited[each.user]) > SHARE * each.before]
    whole = listed_before >= FEW and total > SHARE * listed_before
    if total <= allowed or not (large or whole):
        return None
    where = [f"{len(edited[each.user])} of {each.before} of {each.user}" for each in large[:5]]
    if whole:
        where.insert(0, f"{total} of the network's {listed_before}")
    examples = _some([(each.user, guid) for each in changed for guid in edited[each.user]])
    return (
        f"edits would take {_videos(total)} out of their feeds ({', '.join(where)}): {examples}.\n"
        f"If that is meant, say so: feeds build --allow-removals {total}"
    )


def by_edit(changes: Iterable[Removals]) -> int:
    """Return how many removals a person's word lets pass: those by edit, or none where one is unexplained."""
    causes = [cause for each in changes for cause in each.causes.values()]
    return 0 if Cause.NOTHING in causes else causes.count(Cause.EDIT)


def allowed_by(values: Iterable[str]) -> int:
    """Return how many removals the trailers of several commits allow together."""
    return sum(int(value) for value in values if value.isascii() and value.isdigit())


def refusal_of_push(words: str, by_edit: int) -> str:
    """Return a refusal with what to do next for those who push, in the place of what to do for those who build."""
    what, _, _ = words.rpartition("\n")
    return (
        f"{what}\nIf that is meant, push a commit whose message ends with the line `{TRAILER}: {by_edit}`:\n"
        f'  git commit --allow-empty -m "Take videos out" -m "{TRAILER}: {by_edit}"\n'
        "If it isn't, git revert takes it back: a revert always passes."
    )


def _videos(number: int) -> str:
    return "1 listed video" if number == 1 else f"{number:,} listed videos"


def _some(guids: list[tuple[str, str]]) -> str:
    shown = ", ".join(f"{guid} of {user}" for user, guid in guids[:3])
    return shown + (f" and {len(guids) - 3} more" if len(guids) > 3 else "")
