"""`feeds schema`: the JSON Schema of the catalog."""

import click


@click.command("schema", epilog="Example: feeds schema user > user.schema.json")
@click.argument("which", type=click.Choice(["catalog", "user"]), default="catalog")
def command(which: str) -> None:
    """Print the JSON Schema of catalog.yaml, or of a file with one user.

    An editor with a YAML language server completes and checks with it, when the file's first line names it.
    """
    from feeds.formats.schema import render

    click.echo(render(which), nl=False)
