"""The program's own templates for people, by their names in templates/."""

from pathlib import Path

import jinja2

_TEMPLATES = Path(__file__).parents[2] / "templates"


def template(name: str, *, escaped: bool) -> jinja2.Template:
    """Return a template; `escaped` is for pages, and not for letters in plain text."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=escaped,  # noqa: S701 - as the caller says
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template(name)
