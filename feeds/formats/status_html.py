"""A network's status as one self-contained page, for people without a terminal.

The page's own shape stands in templates/status.html: no script, nothing from elsewhere, light and dark.
"""

from pathlib import Path

import jinja2

from feeds.core.status import Status, counted, matters, span_words
from feeds.formats import status_text

_TEMPLATES = Path(__file__).parents[2] / "templates"
NAMES_SHOWN = 10


def render(status: Status) -> str:
    """Render the page. What UTF-8 can't hold is spelled out."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    page = environment.get_template("status.html").render(
        status=status,
        matters=matters(status),
        counted=counted(status),
        words=status_text,
        span_words=span_words,
        names_shown=NAMES_SHOWN,
    )
    return page.encode("utf-8", "backslashreplace").decode()
