"""How the published site is closed, where a network doesn't leave it open: which ways there are.

The guide wants the user list "preferably secured with some kind of authentication" (https://developers.dailymotion.com/mcn);
the importer knows logins for feeds (https://www.dailymotion.com/dmrss).
"""

from enum import StrEnum


class Way(StrEnum):
    """One way of closing the site; several are all to be satisfied."""

    BASIC_AUTH = "basic auth"
    SECRET_PATH = "secret path"  # noqa: S105 - a word of the catalog
    ADDRESSES = "addresses"
