"""Whom a report is about: everybody whom catalog or events name, or some of them."""

from collections.abc import Iterable, Mapping

from feeds.core.errors import UsageError
from feeds.core.partners import PartnerState
from feeds.core.report_accounts import Wanted
from feeds.core.user_ids import is_user_id
from feeds.core.values import did_you_mean
from feeds.onboarding.register import Register


def read_wanted(register: Register, names: Iterable[str] = ()) -> Wanted:
    """Return whom to ask for; `names` are ids or usernames, none of them is everybody.

    Raises UsageError for a name that nobody has, and what the register raises where the catalog can't be read.
    """
    partners = {user: its for user, its in register.partners().items() if is_user_id(user)}
    listed = {user: name for user, name in register.usernames().items() if is_user_id(user)}
    usernames = {user: its.username or user for user, its in partners.items()} | listed
    adopted = frozenset(user for user, its in partners.items() if its.state is PartnerState.ADOPTED)
    named = tuple(dict.fromkeys(_id_of(usernames, name) for name in names))
    return Wanted(usernames, adopted, named or None)


def _id_of(usernames: Mapping[str, str], name: str) -> str:
    if name in usernames:
        return name
    found = [user for user, username in usernames.items() if username == name]
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(f"{name!a} is the username of {', '.join(sorted(found))}: give the id.")
    hint = did_you_mean(name, [*usernames, *usernames.values()]) or "."
    raise UsageError(f"{name!a} is nobody that catalog or events name{hint} `feeds partners list` shows all.")
