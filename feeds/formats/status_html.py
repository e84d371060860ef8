"""A network's status as one self-contained page, for people without a terminal.

The page's own shape stands in templates/status.html: no script, nothing from elsewhere, light and dark.
"""

from feeds.core.status import Status, counted, matters, span_words
from feeds.formats import status_text
from feeds.formats.own_templates import template

NAMES_SHOWN = 10


def render(status: Status) -> str:
    """Render the page. What UTF-8 can't hold is spelled out."""
    page = template("status.html", escaped=True).render(
        status=status,
        matters=matters(status),
        counted=counted(status),
        words=status_text,
        span_words=span_words,
        names_shown=NAMES_SHOWN,
    )
    return page.encode("utf-8", "backslashreplace").decode()
