"""How the published site is closed, where a network doesn't leave it open: which ways there are, and who must get in.

The guide wants the user list "preferably secured with some kind of authentication" (https://developers.dailymotion.com/mcn);
the importer knows logins for feeds (https://www.dailymotion.com/dmrss).
"""

from enum import StrEnum

# What a browser or an importer is shown with the question for a login.
REALM = "feeds"

# Whence Dailymotion's importer comes: https://developers.dailymotion.com/docs/mass-upload-mrss
CRAWLER_RANGES = ("188.65.120.0/21", "195.8.214.0/23", "198.54.200.0/23")

# A secret of 128 bits is 32 hexadecimal digits or 22 base64 characters: 22 is the least that can hold them. So a part
# of an address that is shorter holds none whole, and may stand in a log.
SECRET_CHARACTERS = 22

# How long a reader may take a document for current without asking.
MAX_AGE_S = 60


class Way(StrEnum):
    """One way of closing the site; several are all to be satisfied."""

    BASIC_AUTH = "basic auth"
    SECRET_PATH = "secret path"  # noqa: S105 - a word of the catalog
    ADDRESSES = "addresses"
