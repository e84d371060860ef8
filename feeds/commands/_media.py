"""Ask for the media of a catalog, and tell on stderr how far it is and what was left out."""

import sys
import time
from collections.abc import Collection
from datetime import UTC, datetime, timedelta

import click

from feeds.probing.asking import Way
from feeds.probing.checking import Manner, MediaChecked, check_media
from feeds.settings import Folders

_SHOWN_EVERY_S = 0.2


def ask(
    folders: Folders, users: Collection[str], *, jobs: int, per_host: int, max_age: timedelta, way: Way | None = None
) -> MediaChecked:
    """Ask for what stands at the addresses of these users' videos; say on stderr what was and what was not asked."""
    manner = Manner(jobs, per_host, max_age, way or Way())
    meter = _Meter(shown=sys.stderr.isatty())
    done = check_media(folders, users, manner, datetime.now(UTC).replace(microsecond=0), meter.tell)
    meter.clear()
    for line in _words(done):
        click.echo(line, err=True)
    return done


class _Meter:
    """One line of a terminal that counts."""

    def __init__(self, *, shown: bool) -> None:
        self._shown, self._next = shown, 0.0

    def tell(self, done: int, of: int) -> None:
        """Show how many are done."""
        if self._shown and (time.monotonic() >= self._next or done == of):
            self._next = time.monotonic() + _SHOWN_EVERY_S
            click.echo(f"\r\x1b[K{done:,} of {of:,} addresses asked", nl=False, err=True)

    def clear(self) -> None:
        """Leave an empty line to write on."""
        if self._shown:
            click.echo("\r\x1b[K", nl=False, err=True)


def _counted(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"


def _words(done: MediaChecked) -> list[str]:
    addresses = _counted(done.addresses, "address", "addresses")
    lines = [f"{addresses}: {done.asked:,} asked, {done.remembered:,} well within --max-age."]
    if done.asked and done.silent == done.asked:
        lines.append("Not one of them gave an answer: see whether this machine is connected.")
    if done.interrupted:
        left = done.addresses - done.asked - done.remembered - done.other_schemes.total()
        lines.append(f"Interrupted: {left:,} not asked.")
    lines += [f"{number:,} not checked: {scheme}." for scheme, number in sorted(done.other_schemes.items())]
    if done.past:
        videos = _counted(done.past, "video", "videos")
        lines.append(f"Not asked for: {videos} that Dailymotion reads no more (imported, withdrawn, past).")
    if done.faulty:
        lines.append(f"Not asked for: {_counted(done.faulty, 'user', 'users')} whose text has faults.")
    if done.forgotten:
        lines.append(f"Nothing is remembered, so all will be asked again: {done.forgotten}")
    return lines
