"""Rehearse the whole loop on a scratch copy of a catalog: build, be crawled, be called back, build, be crawled.

The importer is the sandbox, started as the foreign program that it is; the app runs under gunicorn; all of it talks
HTTP on loopback. Nothing outside the scratch folder is changed.
"""

import json
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from textwrap import fill
from typing import Any

import click

from feeds.commands._programs import Programs, ended_by_signals, environment, listen, url_of, wait_until_answering
from feeds.commands._rehearsal import Crawl, Rehearsal, compare, faults, moved_up, parse_crawl, rows, table
from feeds.commands._scratch import copy_catalog, scratch_folder
from feeds.commands.options import catalog_option, folders_of
from feeds.core.catalog import Network
from feeds.core.errors import FeedsError
from feeds.core.events import IMPORTED, Event
from feeds.formats import results_yaml
from feeds.settings import Folders

WIDTH = 80


@click.command("rehearse", epilog="Example: feeds rehearse --catalog ~/nord")
@catalog_option
def command(catalog: str | None) -> None:
    """Prove the whole loop with your catalog, without touching it.

    On a scratch copy: build, let a stand-in for Dailymotion crawl every feed and call back, build again, crawl again,
    and show in a table what came of it.
    """
    source = folders_of(catalog)
    with ended_by_signals(), scratch_folder() as scratch, Programs() as programs:
        rehearsal = _Stage(programs, scratch).rehearse(source)
    click.echo()
    click.echo(table(rows(rehearsal)))
    click.echo()
    if found := faults(rehearsal):
        raise FeedsError("\n".join(["The rehearsal does not add up:", *(f"  - {fault}" for fault in found)]))
    click.echo(_conclusion(rehearsal))


class _Stage:
    """The scratch folder, and the steps that are played in it."""

    def __init__(self, programs: Programs, scratch: Path) -> None:
        self._programs = programs
        self._folders = Folders(scratch / "catalog", scratch / "state")
        self._site = scratch / "site"
        self._app_log = scratch / "app.log"
        self._secret = secrets.token_urlsafe(24)
        self._environ = environment(
            {
                "FEEDS_CATALOG": str(self._folders.catalog),
                "FEEDS_STATE": str(self._folders.state),
                "FEEDS_CALLBACK_SECRET": self._secret,
                "TMPDIR": str(scratch),
            }
        )
        # Both builds are of one moment, so that no rights window opens or ends between them.
        self._at = datetime.now(UTC).isoformat(timespec="seconds")

    def rehearse(self, source: Folders) -> Rehearsal:
        """Play all steps, and say so. Raises FeedsError if one can't be played."""
        click.echo(f"Rehearsing {source.catalog.resolve()} on a scratch copy.")
        network = copy_catalog(source, self._folders)
        built = self._build()
        listed = built["listed"]
        if not listed:
            raise FeedsError(
                "Nothing is listed, so there is nothing to rehearse: no user who is adopted and enabled has a video "
                "that waits for import. `python -m feeds build` says why each user's videos aren't listed."
            )
        click.echo(f"Built the site: {_many(listed, 'video')} listed.")
        site, app = self._start()
        first = self._crawl(network, site, _faults(listed), callback=f"{app}/callback/{self._secret}")
        posted = f"{_many(_events(first), 'event')} in {_many(len(first.posts), 'callback')}"
        click.echo(f"Crawled {_many(len(first.usernames), 'feed')} as Dailymotion would, and posted {posted}.")
        again = self._build()
        second = self._crawl(network, site)
        click.echo(f"Built and crawled again: {_many(second.listed, 'video')} listed.")
        for what, crawl in ((built, first), (again, second)):
            # What the importer refused or couldn't read is told item by item, under the table.
            if what["listed"] != crawl.listed and not crawl.complaints:
                raise FeedsError(f"The build listed {what['listed']} videos, but the importer found {crawl.listed}.")
        return compare(first, second, self._records())

    def _build(self) -> dict[str, Any]:
        arguments = ["-m", "feeds", "build", "--catalog", str(self._folders.catalog), "--out", str(self._site)]
        code, output, errors = self._programs.run(
            [*arguments, "--at", self._at, "--record", "--format", "json"], self._environ
        )
        if code:
            raise FeedsError(f"The scratch copy could not be built:\n{errors.strip()}")
        report: dict[str, Any] = json.loads(output)
        return report

    def _start(self) -> tuple[str, str]:
        """Start the two servers, and return their URLs when they answer."""
        with listen(0) as site, listen(0) as app:
            site_url, app_url = url_of(site), url_of(app)
            files = self._programs.start_site(self._site, site, self._environ)
            wait_until_answering(files, site_url, "/users.json")
            with self._app_log.open("w") as log:
                server = self._programs.start_app(app, self._environ, log=log)
        try:
            wait_until_answering(server, app_url, "/readyz")
        except FeedsError as error:
            raise FeedsError(f"{error}\n{self._app_log.read_text().strip()}") from error
        return site_url, app_url

    def _crawl(self, network: Network, site: str, options: Sequence[str] = (), *, callback: str | None = None) -> Crawl:
        base_url, shape = network.base_url, network.user_list
        arguments = ["-m", "sandbox", "crawl", f"{base_url}users.json", "--map", f"{base_url}={site}"]
        arguments += ["--id-key", shape.fields.id, "--username-key", shape.fields.username]
        arguments += ["--feed-key", shape.fields.feed, *(["--wrap", shape.wrap] if shape.wrap else [])]
        # The callback's secret stands in its address, and the arguments of a program are there for all to see.
        environ = {**self._environ, "SANDBOX_CALLBACK": callback} if callback else self._environ
        code, output, errors = self._programs.run([*arguments, *options, "--format", "json"], environ)
        if not output:
            raise FeedsError(f"The sandbox could not crawl the site (exit code {code}):\n{errors.strip()}")
        return parse_crawl(output)

    def _records(self) -> list[Event]:
        """Return all events that the app has recorded."""
        texts = (path.read_bytes() for path in sorted((self._folders.state / "journal").glob("*.yaml")))
        return [event for text in texts for event in results_yaml.parse(text) if isinstance(event, Event)]


def _faults(listed: int) -> list[str]:
    """Return the sandbox's options: ready for most, and as many kinds of trouble as so many videos have room for."""
    options = ["--unknown", "1", "--shuffle", "--twice", "1", "--late", "1", "--batch", str(max(3, listed // 100))]
    if listed >= 3:
        options += ["--fail", "1"]
    if listed >= 5:
        options += ["--bare", "1"]
    return options


def _events(crawl: Crawl) -> int:
    return sum(len(post["events"]) for post in crawl.posts)


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _conclusion(rehearsal: Rehearsal) -> str:
    first = rehearsal.first
    left = sum(len(guids & rehearsal.guids_of(IMPORTED)) for guids in first.guids.values())
    sentences = [
        f"It adds up: all {_many(_events(first), 'event')} were answered 200 and are in the results; "
        f"{_many(left, 'imported video')} left the feeds, and nothing else did."
    ]
    if waiting := moved_up(rehearsal):
        sentences.append(f"{_many(waiting, 'video')} moved up, as there was room in a feed now.")
    sentences.append("The scratch copy is gone, and the catalog was not touched.")
    return fill(" ".join(sentences), WIDTH)
