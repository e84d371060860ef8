"""The program's own templates for people and servers, by their names in templates/."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import jinja2

_TEMPLATES = Path(__file__).parents[2] / "templates"


def template(name: str, *, escaped: bool, finalize: Callable[[Any], Any] | None = None) -> jinja2.Template:
    """Return a template; `escaped` is for pages, and not for letters in plain text.

    `finalize` sees every value before it is written, and returns or refuses it.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=escaped,  # noqa: S701 - as the caller says
        undefined=jinja2.StrictUndefined,
        finalize=finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template(name)
