"""What a partner is told: every way in which connecting can end, in words for people who know none of ours.

Nothing here repeats what came in a query, or what Dailymotion said: that is for the log.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from feeds.core.errors import FeedsError, StorageError
from feeds.dailymotion.errors import Declined, Expired, Refused, StrayReturn
from feeds.dailymotion.values import ADOPTION_SCOPE, PARTNER_SCOPES
from feeds.onboarding.joining import Account, CannotJoin
from feeds.onboarding.parent_check import NotChecked
from feeds.web.room import Busy

# What each right is for. https://developers.dailymotion.com/mcn (Dailymotion Connect) asks for these four.
RIGHTS = {
    "email": ("your e-mail address", "so that the network can write to you"),
    "userinfo": ("your profile", "so that the network knows which account you are"),
    ADOPTION_SCOPE: ("managing your account", "without which no account can become part of a network"),
    "read_insights": ("your statistics", "so that the network can report views and revenues to you"),
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """A page that says how something went.

    `popup` is the word for the page that opened this window, which is closed then; `again` is where to try again.
    `keeps_login`: the partner is still signed in with us, and can go on.
    """

    heading: str
    paragraphs: tuple[str, ...]
    points: tuple[str, ...] = ()
    status: int = 200
    tone: Literal["good", "wait", "bad"] = "bad"
    popup: str | None = None
    again: Literal["/connect", "/connect/confirm", "/partners"] | None = None
    keeps_login: bool = False


def adopted(network: str, account: Account, *, was_member: bool) -> Outcome:
    """Return the page for an account that is the parent's child now."""
    first = (
        f"{account.screenname} (@{account.username}) was part of {network} before, and still is: nothing has changed."
        if was_member
        else f"{account.screenname} (@{account.username}) is now part of {network}. Dailymotion confirms it by e-mail."
    )
    return Outcome(
        f"You are already in {network}" if was_member else f"Welcome to {network}",
        (
            first,
            f"Nothing more is to be done: {network} lists your videos, and Dailymotion imports them into your account.",
            "We have kept no login of yours.",
        ),
        tone="good",
        popup="adopted",
    )


def asked(network: str, account: Account) -> Outcome:
    """Return the page for an account whose holder has to wait for an answer."""
    contact = (
        f"They can write to {account.email}; we delete that address once they have decided, at the latest in 30 days."
        if account.email
        else "Dailymotion gave us no e-mail address of yours: please tell the network yourself how to reach you."
    )
    return Outcome(
        f"{network} has your request",
        (
            f"Nothing has changed in your account {account.screenname} (@{account.username}).",
            f"The people of {network} decide now. {contact}",
            "Once they have said yes, come back to this page and connect once more: that click, and you are in.",
            "We have kept no login of yours.",
        ),
        tone="wait",
        popup="asked",
    )


def refused(network: str, account: Account) -> Outcome:
    """Return the page for an account that the network's people don't want."""
    return Outcome(
        f"{network} can't take this account in",
        (
            f"The people of {network} have decided against {account.screenname} (@{account.username}).",
            "Nothing has changed in your account, and we have kept no login of yours.",
            "If you think that this is a mistake, please write to the network: they can decide anew.",
        ),
        status=403,
        popup="refused",
    )


def lacking(network: str, scopes: Collection[str]) -> Outcome:
    """Return the page for somebody who unticked rights that are needed."""
    missing = [RIGHTS[scope] for scope in PARTNER_SCOPES if scope in scopes]
    return Outcome(
        "Some of the rights are missing",
        (
            f"{network} can't work without the rights below, which were not ticked on Dailymotion's page.",
            "Dailymotion can't add rights to a login that exists. So we have ended yours: connect again, and leave "
            "everything ticked. If Dailymotion doesn't ask you, log out at dailymotion.com before you try again.",
            "Nothing has changed in your account.",
        ),
        points=tuple(f"{right[0].upper()}{right[1:]}, {reason}." for right, reason in missing),
        status=403,
        again="/connect",
    )


def signed_out() -> Outcome:
    """Return the page for somebody who was another, or would rather not."""
    return Outcome(
        "You are signed out here",
        (
            "Nothing has changed in any account, and we have kept no login.",
            "Dailymotion may still know your browser. To connect another account, log out at dailymotion.com first "
            "(or use a private window), then start again.",
        ),
        tone="wait",
        again="/connect",
    )


def over() -> Outcome:
    """Return the page for a confirmation without a login to confirm."""
    return Outcome(
        "There is no sign-in to confirm",
        (
            "It was confirmed already, or more than ten minutes have gone by.",
            "Connect again to see where you stand: if you are part of the network already, nothing changes.",
        ),
        status=400,
        again="/connect",
    )


def stale_form(again: Literal["/connect", "/partners"]) -> Outcome:
    """Return the page for a form that isn't of this session."""
    return Outcome(
        "This page was open for too long",
        ("Your browser and this page no longer belong together. Nothing has been done.", "Please start again."),
        status=400,
        again=again,
    )


def nothing_here(status: int) -> Outcome:
    """Return the page for an address that isn't there, or is asked in a way that it doesn't take."""
    words = "Check the link that you were given." if status in (404, 405) else "The request could not be understood."
    return Outcome("There is nothing here", (words,), status=status, keeps_login=True)


def broken() -> Outcome:
    """Return the page for a fault of this program."""
    return Outcome("Something broke on our side", ("The network can read in its log what it was.", _LATER), status=500)


_NOTHING_CHANGED = "Nothing has changed in your account."
_LATER = (
    "Please try again in a few minutes: that does no harm. You can also close this page, and start anew another day."
)

_FAILURES: dict[type[FeedsError], Outcome] = {
    StrayReturn: Outcome(
        "This sign-in can't go on",
        (
            "It wasn't started in this browser, or was finished already, or ten minutes have gone by; or your browser "
            "accepts no cookies from this site.",
            _NOTHING_CHANGED,
        ),
        status=400,
        again="/connect",
        keeps_login=True,
    ),
    Declined: Outcome(
        "You did not allow it",
        ("That is fine: " + _NOTHING_CHANGED[0].lower() + _NOTHING_CHANGED[1:], "We have kept nothing about you."),
        tone="wait",
        popup="declined",
        again="/connect",
    ),
    Expired: Outcome(
        "Dailymotion no longer takes this sign-in",
        ("It was used before, or took too long.", _NOTHING_CHANGED, "Please start again."),
        status=400,
        again="/connect",
    ),
    Refused: Outcome(
        "Dailymotion did not let us do this",
        ("This is not your fault: the network has to mend it. Please tell them.", _NOTHING_CHANGED),
        status=502,
    ),
    NotChecked: Outcome(
        "The network has not finished its set-up",
        ("Nobody can join yet. Please tell the network, and come back later.", _NOTHING_CHANGED),
        status=503,
        again="/connect/confirm",
        keeps_login=True,
    ),
    Busy: Outcome(
        "Many people are connecting right now",
        ("Please try again in a minute.", _NOTHING_CHANGED),
        status=503,
        again="/connect/confirm",
        keeps_login=True,
    ),
    StorageError: Outcome(
        "We can't write anything down now",
        ("What you have confirmed could not be recorded, so it doesn't count yet.", _LATER),
        status=503,
        again="/connect/confirm",
        keeps_login=True,
    ),
}
_TROUBLE = Outcome(
    "Dailymotion gave no usable answer",
    ("If Dailymotion was about to add your account to the network, trying again finds out whether it did.", _LATER),
    status=502,
    again="/connect/confirm",
    keeps_login=True,
)
_OURS = Outcome(
    "The network's pages don't work at the moment",
    ("This is not your fault: the network has to mend it. Please try again later.",),
    status=503,
    keeps_login=True,
)
# What happens to partners every day is no news for the log.
EVERYDAY = (StrayReturn, Declined, CannotJoin)


def failure(error: FeedsError) -> Outcome:
    """Return the page for what went wrong."""
    if isinstance(error, CannotJoin):  # its words are meant for the account's holder
        return Outcome("This account can't join now", (str(error), _NOTHING_CHANGED), status=403, again="/connect")
    for kind, outcome in _FAILURES.items():
        if isinstance(error, kind):
            return outcome
    return _TROUBLE if error.exit_code == 3 else _OURS
