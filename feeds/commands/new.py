"""`feeds new`: start a catalog folder."""

import os
from pathlib import Path

import click

_CATALOG = """\
# yaml-language-server: $schema=catalog.schema.json
# The network. Change what stands here to your own; `feeds check` says what isn't right yet.
network:
  name: My network
  site: https://network.example/
  base_url: https://feeds.network.example   # where static_out is served
  parent_id: x1parent                       # Dailymotion's id of your parent account

# One file for each user; copy users/x2example.yaml to start another.
include: [users/*.yaml]
"""
_USER = """\
# yaml-language-server: $schema=../user.schema.json
id: x2example                 # Dailymotion's id of the account (not its username)
username: example
defaults:
  category: music
  language: en
  media_base: https://cdn.network.example/example/
videos:
  - guid: example-0001        # your own id: unique over the network, and never changed
    title: My first video
    description: What it is about.
    media: 0001.mp4           # below media_base, or a whole address
    thumbnail: 0001.jpg
    duration: 3:25
    date: 2026-11-20
"""
_IGNORE = "# the state folder, and what the build makes\n.feeds/\nstatic_out/\n"


@click.command("new", epilog="Example: feeds new ~/nord && cd ~/nord && feeds check")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def command(folder: Path) -> int:
    """Start a catalog in FOLDER: a network and a user to change into your own, and the schemas for your editor.

    Files that are there already stay as they are, and the command refuses.
    """
    from feeds.core.errors import UsageError
    from feeds.formats.schema import render

    files = {
        "catalog.yaml": _CATALOG,
        "users/x2example.yaml": _USER,
        "catalog.schema.json": render("catalog"),
        "user.schema.json": render("user"),
        ".gitignore": _IGNORE,
    }
    there = [name for name in files if os.path.lexists(folder / name)]
    if there:
        raise UsageError(f"{folder} has {', '.join(there)} already: name a new folder.")
    try:
        for name, text in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8") as file:
                file.write(text)
    except OSError as error:
        raise UsageError(f"{error.filename} can't be written: {error.strerror}. Name another folder.") from error
    click.echo(f"Started {folder} with {', '.join(files)}.")
    click.echo(f"Next: edit catalog.yaml, then feeds check --catalog {folder} and feeds build --catalog {folder}")
    return 0
