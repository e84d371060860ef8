"""The partners' accounts: named by id or username, and their fields, read and written with the parent's login.

https://developers.dailymotion.com/mcn (managing data of your children accounts).
"""

from collections.abc import Mapping

from feeds.building.live import state_of
from feeds.core.account_fields import FIELDS, same
from feeds.core.errors import UsageError
from feeds.core.partners import PartnerState, fold_partner
from feeds.core.values import did_you_mean
from feeds.correcting.known import Known
from feeds.dailymotion.client import Client, segment
from feeds.dailymotion.errors import Broken

_NEEDS = "the scope userinfo, and an account that is this parent's child"


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


def shown(client: Client, user: str) -> dict[str, str]:
    """Return what an account's fields show, "" where that is nothing. Raises a DailymotionError."""
    told = client.user(user, FIELDS)
    return {name: value if isinstance(value := told.get(name), str) else "" for name in FIELDS}


def differing(before: Mapping[str, str], wanted: Mapping[str, str]) -> dict[str, str]:
    """Return what of the wanted values isn't shown yet."""
    return {name: value for name, value in wanted.items() if not same(name, before[name], value)}


def write(client: Client, user: str, values: Mapping[str, str]) -> dict[str, str]:
    """Write these fields, once, and return what of it isn't shown afterwards.

    After an answer that tells nothing we look whether it was done. Raises a DailymotionError.
    """
    try:
        client.post(f"/user/{segment(user)}", values, needs=_NEEDS)
    except Broken as trouble:
        client.settle(trouble, "The edit", lambda: not differing(shown(client, user), values))
        return {}
    return differing(shown(client, user), values)
