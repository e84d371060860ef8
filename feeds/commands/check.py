"""`feeds check`: every fault of the catalog."""

import click

from feeds.commands.options import catalog_option, folders_of


@click.command("check", epilog="Example: feeds check --strict --format github")
@catalog_option
@click.option("--strict", is_flag=True, help="Count warnings as errors.")
@click.option("--format", "form", type=click.Choice(["text", "json", "github"]), default="text", help="How to report.")
def command(catalog: str | None, strict: bool, form: str) -> int:
    """List every fault of every file in one go, with its line, what is wrong and what to do.

    Nothing is built and nothing is written.
    """
    import gc

    from feeds.building.checking import check
    from feeds.formats import findings

    gc.disable()
    checked = check(folders_of(catalog))
    click.echo(findings.render(checked.findings, form), nl=False)  # type: ignore[arg-type]
    errors = sum(each.severity == "error" for each in checked.findings)
    warnings = len(checked.findings) - errors
    if form == "text":
        read = f"{_count(checked.users, 'user')} with {_count(checked.videos, 'video')}"
        verdict = f"{_count(errors, 'error')}, {_count(warnings, 'warning')}" if checked.findings else "no faults"
        click.echo(f"{read}: {verdict}.", err=bool(checked.findings))
    return 1 if errors or (strict and warnings) else 0


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}" + ("" if number == 1 else "s")
