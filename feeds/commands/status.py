"""`feeds status`: where the network stands, and what needs a person."""

from datetime import UTC, datetime
from pathlib import Path

import click

from feeds.commands.options import Moment, catalog_option, folders_of


@click.command("status", epilog="Example: feeds status --catalog ~/nord --format html > status.html")
@catalog_option
@click.option("--at", type=Moment(), metavar="TIME", help="Judge as of this moment (default: now).")
@click.option("--strict", is_flag=True, help="Exit with 1 if anything needs a person.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "prometheus", "html"]),
    default="text",
    help="For people, programs, a monitor, or a browser.",
)
@click.option("--out", metavar="FILE", help="Write there instead: whoever reads it sees the old text or the new one.")
def command(catalog: str | None, at: datetime | None, strict: bool, form: str, out: str | None) -> int:
    """Show users and videos by state, what came back, and what needs a person, with the command to type next.

    Files are read and nothing is changed; no build is needed before.
    """
    import gc

    from feeds.building.status import read_status
    from feeds.core.status import matters
    from feeds.formats import status_prometheus, status_text

    gc.disable()
    status = read_status(folders_of(catalog), at or datetime.now(UTC).replace(microsecond=0))
    if form == "html":
        from feeds.formats import status_html

        text = status_html.render(status)
    elif form == "prometheus":
        text = status_prometheus.render(status)
    else:
        text = status_text.render_json(status) if form == "json" else status_text.render(status)
    if out is None:
        click.echo(text.encode(), nl=False)
    else:
        _write(Path(out), text.encode())
    return 1 if strict and matters(status) else 0


def _write(path: Path, text: bytes) -> None:
    """Put the text in the file's place whole, readable by all: a monitor or a web server reads it as another user."""
    from feeds.core.errors import UsageError
    from feeds.storage.static_dir import publish, stage

    if not path.parent.is_dir():
        raise UsageError(f"{path.parent} is no folder: make it, or name another with --out.")
    temporary = stage(path, text)
    temporary.chmod(0o644)  # whatever the umask of a service is
    publish(temporary, path)
