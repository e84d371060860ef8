"""`feeds check`: every fault of the catalog, and with --media of what it points to."""

from datetime import timedelta

import click

from feeds.commands.options import Age, catalog_option, folders_of


@click.command("check", epilog="Example: feeds check --strict --format github; feeds check --media annacooks")
@catalog_option
@click.option("--strict", is_flag=True, help="Count warnings as errors.")
@click.option("--format", "form", type=click.Choice(["text", "json", "github"]), default="text", help="How to report.")
@click.option("--media", is_flag=True, help="Ask also what stands at the addresses of films, thumbnails and captions.")
@click.option("--jobs", type=click.IntRange(1, 128), default=16, show_default=True, help="Asked at once.")
@click.option("--per-host", type=click.IntRange(1, 32), default=4, show_default=True, help="Of them, at one host.")
@click.option(
    "--max-age", type=Age(), default="1d", show_default=True, metavar="AGE",
    help="How long what was found well isn't asked again: days, hours (36h), or 0.",
)  # fmt: skip
@click.argument("users", nargs=-1, metavar="[USER]...")
def command(
    catalog: str | None, strict: bool, form: str, media: bool, jobs: int, per_host: int, max_age: timedelta,
    users: tuple[str, ...],
) -> int:  # fmt: skip
    """List every fault of every file in one go, with its line, what is wrong and what to do.

    Nothing is built and nothing is written. With --media it asks, without a login, for what Dailymotion will fetch: of
    the users named (by id or username), or of all. What is well is remembered in the state folder.
    """
    import gc

    from feeds.building.checking import check
    from feeds.formats import findings

    if users and not media:
        raise click.UsageError("Users are named for --media only: the catalog is always checked as a whole.")
    here = folders_of(catalog)
    gc.disable()
    checked = check(here)
    found, interrupted = checked.findings, False
    if media:
        from feeds.commands import _media

        gc.enable()
        of_media = _media.ask(here, users, jobs=jobs, per_host=per_host, max_age=max_age)
        found, interrupted = [*found, *of_media.findings], of_media.interrupted
    click.echo(findings.render(found, form), nl=False)  # type: ignore[arg-type]
    errors = sum(each.severity == "error" for each in found)
    warnings = len(found) - errors
    if form == "text":
        read = f"{_count(checked.users, 'user')} with {_count(checked.videos, 'video')}"
        verdict = f"{_count(errors, 'error')}, {_count(warnings, 'warning')}" if found else "no faults"
        click.echo(f"{read}: {verdict}.", err=bool(found))
    if interrupted:
        return 130
    return 1 if errors or (strict and warnings) else 0


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}" + ("" if number == 1 else "s")
