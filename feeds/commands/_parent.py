"""Who gives a command, when, and the login of the parent account that it may need."""

import getpass
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from feeds.dailymotion.client import Client


def me() -> str:
    """Return who gives the command, as the machine knows them."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container may know no name for its user
        return "the command line"


def now() -> datetime:
    """Return the present moment."""
    return datetime.now(UTC)


def parent_of(parent_id: str | None) -> "Client":
    """Return a client with the parent account's login, checked to be that account's; close it.

    Raises Expired with what to do if there is none, and WrongAccount.
    """
    from feeds.dailymotion.parent import parent_client
    from feeds.settings import dailymotion_settings, login_file
    from feeds.storage.tokens import TokenFile

    settings, credentials = dailymotion_settings(os.environ)
    kept = TokenFile(login_file(os.environ))
    return parent_client(settings, credentials, kept, now=now(), parent_id=parent_id)
