"""published.txt: which commits a published site was built from, newest publication first.

A line is one publication: the commit that had the catalog, then others that had results which it lacked. Git names a
commit by 40 hexadecimal digits, or by 64: https://git-scm.com/docs/hash-function-transition
"""

import re
from collections.abc import Iterable

from feeds.core.errors import FeedsError

NAME = "published.txt"
# How far back a site remembers; then also how far back a revert is known as one.
MOST = 300
# How many commits a publication has: two, and more only while a force-push keeps taking results away.
_MOST_COMMITS = 100
_LINE = re.compile(r"(?:[0-9a-f]{40}(?:[0-9a-f]{24})?)(?: [0-9a-f]{40}(?:[0-9a-f]{24})?)*")

# The commits of one publication.
Origin = tuple[str, ...]


class BadOrigins(FeedsError):
    """These bytes don't say what a site was built from."""


def parse(text: bytes) -> tuple[Origin, ...]:
    """Return the publications that a text tells of, newest first. Raises BadOrigins."""
    lines = text.decode("utf-8", "replace").splitlines()[:MOST]
    if not lines or not all(map(_LINE.fullmatch, lines)):
        raise BadOrigins(f"{NAME} doesn't name commits, one publication a line.")
    # Git is asked for each: a text that somebody else has written is not to keep it busy for hours.
    return tuple(tuple(dict.fromkeys(line.split()))[:_MOST_COMMITS] for line in lines)


def render(origins: Iterable[Origin]) -> bytes:
    """Render publications, newest first; what is older than the site remembers is left out."""
    return "".join(f"{' '.join(each)}\n" for each in list(origins)[:MOST]).encode()
