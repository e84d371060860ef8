"""Where a rehearsal is played: the scratch folder, who is on it, and the programs that they start there."""

import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from feeds.commands._deployment import Clone, Server
from feeds.commands._edits import Edit
from feeds.commands._programs import Programs, environment, listen, url_of, wait_until_answering
from feeds.commands._rehearsal import Crawl, parse_crawl
from feeds.core.catalog import Network
from feeds.core.errors import FeedsError
from feeds.core.events import Event
from feeds.formats import mrss, results_yaml
from feeds.settings import Folders

Step = Callable[["Stage"], None]

EDITOR, SERVER, STAND_IN, NEWCOMER = "editor", "server", "stand-in", "newcomer"


class Stage:
    """What the steps share. Each step leaves here what later ones and the judgement need."""

    network: Network
    edit: Edit | None = None
    pushed: Mapping[str, bytes]
    report: Mapping[str, Any]
    first: Crawl
    second: Crawl
    records: Sequence[Event]

    def __init__(self, programs: Programs, scratch: Path, source: Folders) -> None:
        self.programs, self.source, self.scratch = programs, source, scratch
        self.remote = scratch / "remote.git"
        self.editor = Clone(scratch / "editor", EDITOR)
        self.newcomer = Clone(scratch / "newcomer", NEWCOMER)
        self.site = scratch / "site"
        self.folders = Folders(scratch / "server", scratch / "state")
        self.server = Server(programs, self.folders, self.site, log=scratch / "sync.log")
        self.found: list[str] = []
        self._app_log = scratch / "app.log"
        self._secret = secrets.token_urlsafe(24)
        self.environ = environment(
            {
                "FEEDS_CATALOG": str(self.folders.catalog),
                "FEEDS_STATE": str(self.folders.state),
                "FEEDS_CALLBACK_SECRET": self._secret,
                "TMPDIR": str(scratch),
            }
        )
        # Without Git both builds are of one moment, so that no rights window opens or ends between them.
        self.at = datetime.now(UTC).isoformat(timespec="seconds")

    def play(self, steps: Sequence[Step]) -> None:
        """Play the steps. Raises FeedsError where one can't be played."""
        for step in steps:
            step(self)

    def say(self, who: str, what: str) -> None:
        """Print who does what."""
        click.echo(f"  {who:<10}{what}")

    def build(self, catalog: Path, out: Path, *options: str, state: Path) -> dict[str, Any]:
        """Build as a program of its own, and return its report; users with faults don't stop it."""
        arguments = ["-m", "feeds", "build", "--catalog", str(catalog), "--out", str(out), "--format", "json"]
        code, output, errors = self.programs.run([*arguments, *options], {**self.environ, "FEEDS_STATE": str(state)})
        report: dict[str, Any] = json.loads(output) if output else {}
        if not report.get("published"):
            raise FeedsError(f"{catalog.name} could not be built (exit code {code}):\n{errors.strip()}")
        return report

    def start_servers(self) -> None:
        """Start the site's server and the app."""
        with listen(0) as site, listen(0) as app:
            self.site_url, self.app_url = url_of(site), url_of(app)
            self._files = self.programs.start_site(self.site, site, self.environ)
            with self._app_log.open("w") as log:
                self._app = self.programs.start_app(app, self.environ, log=log)

    def wait_for_servers(self) -> None:
        """Wait until both answer. Raises FeedsError."""
        wait_until_answering(self._files, self.site_url, "/users.json")
        try:
            wait_until_answering(self._app, self.app_url, "/readyz")
        except FeedsError as error:
            raise FeedsError(f"{error}\n{self._app_log.read_text().strip()}") from error

    def crawl(self, options: Sequence[str] = (), *, calls_back: bool = False) -> Crawl:
        """Have the sandbox crawl the site, and call the app back."""
        base_url, shape = self.network.base_url, self.network.user_list
        arguments = ["-m", "sandbox", "crawl", f"{base_url}users.json", "--map", f"{base_url}={self.site_url}"]
        arguments += ["--id-key", shape.fields.id, "--username-key", shape.fields.username]
        arguments += ["--feed-key", shape.fields.feed, *(["--wrap", shape.wrap] if shape.wrap else [])]
        # The callback's secret stands in its address, and the arguments of a program are there for all to see.
        callback = {"SANDBOX_CALLBACK": f"{self.app_url}/callback/{self._secret}"} if calls_back else {}
        code, output, errors = self.programs.run(
            [*arguments, *options, "--format", "json"], {**self.environ, **callback}
        )
        if not output:
            raise FeedsError(f"The sandbox could not crawl the site (exit code {code}):\n{errors.strip()}")
        crawl = parse_crawl(output)
        # What the importer refused or couldn't read is told item by item, under the table.
        if self.report["listed"] != crawl.listed and not crawl.complaints:
            raise FeedsError(f"The build listed {self.report['listed']} videos, but the importer found {crawl.listed}.")
        return crawl

    def titles(self, user_id: str) -> dict[str, str]:
        """Return what the published feed of a user shows: titles by guid."""
        _, items = mrss.parse((self.site / "feeds" / f"{user_id}.xml").read_bytes())
        return {item.guid: item.title for item in items}

    def events_below(self, folder: Path) -> list[Event]:
        """Return all events in the files below a folder."""
        texts = (path.read_bytes() for path in sorted(folder.rglob("*.yaml")))
        return [event for text in texts for event in results_yaml.parse(text) if isinstance(event, Event)]
