"""`feeds results ingest` and `letters`: callbacks that did not get in by the app's door."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, BinaryIO

import click

from feeds.commands.options import catalog_option, folders_of
from feeds.core.errors import CallbackRejected
from feeds.core.events import UNCLEAR, Event
from feeds.formats.terminal import visible

if TYPE_CHECKING:
    from feeds.settings import Folders
    from feeds.storage.dead_letters import DeadLetters

_EXCERPT_CHARACTERS = 72


@click.command("ingest", epilog="Example: feeds results ingest callbacks.json")
@click.argument("file", type=click.File("rb"))
@catalog_option
def ingest(file: BinaryIO, catalog: str | None) -> None:
    """Take in callbacks that your content manager sends as JSON: one array, one object, or one on each line.

    FILE may be - for the standard input. What arrived by HTTP as well counts once, and so does a FILE taken in twice.
    """
    from feeds.formats import callback

    try:
        events = callback.parse_file(file.read(), datetime.now(UTC))
    except CallbackRejected as error:
        raise CallbackRejected(f"{file.name}: {error} Nothing of it was recorded.") from error
    _record(events, folders_of(catalog))
    unclear = sum(event.event == UNCLEAR for event in events)
    click.echo(json.dumps({"received": len(events), "recorded": len(events), "unclear": unclear}))
    if unclear:
        click.echo("`feeds results failures` shows what is unclear.", err=True)


@click.command("letters", epilog="Example: feeds results letters --judge")
@click.option("--judge", is_flag=True, help="Read them again: what is understood today becomes results.")
@catalog_option
def letters(judge: bool, catalog: str | None) -> None:
    """List the dead letters: bodies that came to the callback's address and were no callback."""
    from feeds.storage.dead_letters import DeadLetters

    folders = folders_of(catalog)
    dead_letters = DeadLetters(folders.state / "dead-letters")
    if judge:
        _judge(dead_letters, folders)
    kept = dead_letters.letters()
    waiting = [letter for letter in kept if not letter.judged]
    for letter in waiting:
        content_type = letter.content_type or "no content type"
        click.echo(visible(f"{letter.at:%Y-%m-%d %H:%M:%S}  {content_type}  {letter.why}"))
        excerpt = letter.body[: 4 * _EXCERPT_CHARACTERS].decode("utf-8", "backslashreplace")[:_EXCERPT_CHARACTERS]
        click.echo(f"    {visible(excerpt)}")
    click.echo(f"{len(waiting)} not understood, {len(kept) - len(waiting)} understood since.", err=True)


def _judge(dead_letters: "DeadLetters", folders: "Folders") -> None:
    """Record what is understood now, then mark its letter: whoever dies in between does both again, to no harm."""
    from feeds.formats import callback

    done: set[str] = set()
    for letter in dead_letters.letters():
        if letter.judged or letter.id in done:
            continue
        try:
            events = callback.parse(letter.body, letter.at)
        except CallbackRejected:
            continue
        _record(events, folders)
        dead_letters.mark_judged(letter, at=datetime.now(UTC))
        done.add(letter.id)
        click.echo(f"Understood: the letter of {letter.at:%Y-%m-%d %H:%M:%S}, with events: {len(events)}.")


def _record(events: Sequence[Event], folders: "Folders") -> None:
    from feeds.formats import results_yaml
    from feeds.storage.journal import Journal

    if events:
        Journal(folders.state / "journal").append(b"".join(map(results_yaml.render, events)))
