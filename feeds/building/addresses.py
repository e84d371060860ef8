"""Where the site that is built will be reached: base_url, and below it a secret segment where the network wants one."""

from collections.abc import Collection
from typing import TYPE_CHECKING

from feeds.core.access import Way
from feeds.core.errors import UsageError
from feeds.core.user_list import site_url

if TYPE_CHECKING:  # brings pydantic along, and a build that finds nothing to do must not wait for it
    from feeds.core.catalog import Network


def address_of(network: "Network", secret_path: str | None) -> str:
    """Return the address that users.json and feeds/ stand below, with a slash at its end."""
    from feeds.core.defaults import absolute

    return site_url(absolute(network.base_url, None), secret_path if Way.SECRET_PATH in network.access else None)


def notes_on_address(network: "Network", secret_path: str | None) -> list[str]:
    """Return a sentence for who builds at home, where the secret need not be."""
    if Way.SECRET_PATH not in network.access or secret_path:
        return []
    return [
        "network.access wants a secret path, and FEEDS_SITE_PATH is not set: the addresses are written without it, "
        "which is for looking at home"
    ]


def refuse_without_secret(access: Collection[str], secret_path: str | None, *, record: bool) -> None:
    """Raise UsageError where the publisher would give away the site's addresses without their secret."""
    if record and Way.SECRET_PATH in access and not secret_path:
        raise UsageError(
            "Nothing was published: network.access wants a secret path, and FEEDS_SITE_PATH is not set here.\n"
            "Give it to the publisher, the same as to the web server; make one: "
            "python -c 'import secrets; print(secrets.token_urlsafe(24))'"
        )
