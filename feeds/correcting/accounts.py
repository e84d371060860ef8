"""The partners' accounts as commands name them: by id or username, and adopted."""

from feeds.building.live import state_of
from feeds.core.errors import UsageError
from feeds.core.partners import PartnerState, fold_partner
from feeds.core.values import did_you_mean
from feeds.correcting.known import Known


def adopted_accounts(known: Known) -> dict[str, str]:
    """Return the usernames of all adopted accounts, by id, in order of id."""
    parent_id = known.network.parent_id
    listed = {read.user.id: read.user.username for read in known.reads if read.user}
    return {
        user: listed.get(user) or fold_partner(events, parent_id).username or user
        for user, events in sorted(known.happened.users.items())
        if state_of(events, parent_id) is PartnerState.ADOPTED
    }


def account_named(adopted: dict[str, str], name: str) -> str:
    """Return the id of the adopted account with this id or username. Raises UsageError."""
    found = [user for user, username in adopted.items() if name in (user, username)]
    if name in adopted:
        return name
    if len(found) == 1:
        return found[0]
    hint = did_you_mean(name, [*adopted, *adopted.values()]) or "."
    raise UsageError(f"{name!a} is no adopted account{hint} `feeds partners list --state adopted` shows all.")
