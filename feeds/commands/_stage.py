"""Where a rehearsal is played: the scratch folder, who is on it, and the programs that they start there."""

import json
import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from feeds.commands._closing import Keys, make_keys
from feeds.commands._deployment import EVERY, LAST_LINES, Clone, Server
from feeds.commands._edits import Edit
from feeds.commands._programs import Programs, environment, listen, url_of, wait_until_answering
from feeds.commands._rehearsal import Crawl, parse_crawl
from feeds.commands._stand_in import Account, Cast, StandIn, cast_of
from feeds.core.catalog import Network, UserList
from feeds.core.errors import FeedsError
from feeds.core.events import Event
from feeds.formats import mrss, results_yaml
from feeds.onboarding.register import Register
from feeds.settings import Folders

Step = Callable[["Stage"], None]

EDITOR, SERVER, STAND_IN, NEWCOMER = "editor", "server", "stand-in", "newcomer"
PARTNER, STRANGER, GUEST, OUTSIDER = "partner", "stranger", "guest", "outsider"
FRESH_SITE = "fresh-site"


@dataclass(frozen=True, slots=True)
class Joined:
    """Who was told to be adopted in a rehearsal, and which events must say so."""

    account: Account
    events: tuple[str, ...]


class Stage:
    """What the steps share. Each step leaves here what later ones and the judgement need."""

    network: Network
    keys: Keys
    cast: Cast
    edit: Edit | None = None
    pushed: Mapping[str, bytes]
    report: Mapping[str, Any]
    first: Crawl
    second: Crawl
    records: Sequence[Event]
    children: Collection[str]
    issued: int
    tried: Mapping[str, int]

    def __init__(self, programs: Programs, scratch: Path, source: Folders, *, every: str = EVERY) -> None:
        self.programs, self.source, self.scratch = programs, source, scratch
        self.remote = scratch / "remote.git"
        self.editor = Clone(scratch / "editor", EDITOR)
        self.newcomer = Clone(scratch / "newcomer", NEWCOMER)
        self.site = scratch / "site"
        self.folders = Folders(scratch / "server", scratch / "state")
        self.server = Server(programs, self.folders, self.site, log=scratch / "sync.log", every=every)
        self.stand_in = StandIn(programs, scratch)
        self.joined: list[Joined] = []
        self.left_out: list[str] = []
        self.found: list[str] = []
        self._app_log = scratch / "app.log"
        self._secret = secrets.token_urlsafe(24)
        self.environ = environment(
            {
                "FEEDS_CATALOG": str(self.folders.catalog),
                "FEEDS_STATE": str(self.folders.state),
                "FEEDS_CALLBACK_SECRET": self._secret,
                # A login that this person keeps is for Dailymotion.
                "XDG_STATE_HOME": str(scratch / "home"),
                "TMPDIR": str(scratch),
            }
        )
        # Without Git both builds are of one moment, so that no rights window opens or ends between them.
        self.at = datetime.now(UTC).isoformat(timespec="seconds")

    def take(self, network: Network) -> None:
        """Go on with this network, whose site is closed as it says, by secrets that are made for it here."""
        self.network, self.keys = network, make_keys(network.access)
        self.environ |= self.keys.settings()

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

    def start_servers(self, ports: Sequence[int] = (0, 0, 0)) -> None:
        """Start the site's server, the app and its Dailymotion, on these ports or on free ones."""
        self.cast = cast_of(self.network, Register(self.folders))
        with listen(ports[0]) as site, listen(ports[1]) as app:
            self.site_url, self.app_url = url_of(site), url_of(app)
            self._files = self.programs.start_site(self.site, site, self.environ, ways=self.keys.ways)
            self.stand_in.start(self.cast, f"{self.app_url}/connect/return", self.environ, port=ports[2])
            pages = {"FEEDS_PUBLIC_URL": self.app_url, "FEEDS_SECRET_KEY": secrets.token_urlsafe(32)}
            self.environ |= pages | self.stand_in.settings()
            with self._app_log.open("w") as log:
                self._app = self.programs.start_app(app, self.environ, log=log)

    def wait_for_servers(self) -> None:
        """Wait until both answer. Raises FeedsError."""
        wait_until_answering(self._files, self.site_url, f"/{self.keys.folder}users.json", self.keys.headers)
        try:
            wait_until_answering(self._app, self.app_url, "/readyz")
        except FeedsError as error:
            raise FeedsError(f"{error}\n{self._app_log.read_text().strip()}") from error

    @property
    def callback_url(self) -> str:
        """Return where Dailymotion calls back, with the secret in it."""
        return f"{self.app_url}/callback/{self._secret}"

    def ended(self) -> str | None:
        """Return what a program that has ended by itself said last, or None while all run."""
        logs = {"sync.log": self.server.process, "app.log": self._app, "stand-in.log": self.stand_in.process}
        for log, program in logs.items():
            if program.poll() is not None:
                lines = (self.scratch / log).read_text(errors="replace").splitlines()[-LAST_LINES:]
                words = "".join(f"\n  {line}" for line in lines)
                return f"{log.removesuffix('.log')} ended by itself, with exit code {program.returncode}:{words}"
        return None if self._files.poll() is None else "The site's server ended by itself."

    def feeds(self, *arguments: str) -> str:
        """Run a verb on the server, as a person there does; return its output. Raises FeedsError with its words."""
        code, output, errors = self.programs.run(
            ["-m", "feeds", *arguments, "--catalog", str(self.folders.catalog)], self.environ
        )
        if code:
            words = "\n".join(filter(None, (output.strip(), errors.strip())))
            raise FeedsError(f"feeds {' '.join(arguments[:2])} ended with exit code {code}:\n{words}")
        return output.strip()

    def confirm_parent(self) -> None:
        """Say that the parent is who it is, as a person does before anybody is adopted. Raises FeedsError."""
        self.feeds("doctor", "--parent-is", self.cast.parent.username, "--site", self.site_url)

    def crawl(self, options: Sequence[str] = (), *, calls_back: bool = False) -> Crawl:
        """Have the sandbox crawl the site, and call the app back."""
        # The callback's secret stands in its address, and the arguments of a program are there for all to see.
        callback = {"SANDBOX_CALLBACK": self.callback_url} if calls_back else {}
        code, output, errors = self.programs.run(
            ["-m", *self.crawling(), *options, "--format", "json"],
            {**self.environ, **self.crawler_settings(), **callback},
        )
        if not output:
            raise FeedsError(f"The sandbox could not crawl the site (exit code {code}):\n{errors.strip()}")
        crawl = parse_crawl(output)
        # What the importer refused or couldn't read is told item by item, under the table.
        if self.report["listed"] != crawl.listed and not crawl.complaints:
            raise FeedsError(f"The build listed {self.report['listed']} videos, but the importer found {crawl.listed}.")
        return crawl

    def crawler_settings(self) -> dict[str, str]:
        """Return what the sandbox has to know of a closed site, which no program's arguments may show."""
        address = {"SANDBOX_USER_LIST": f"{self.network.base_url}{self.keys.folder}users.json"}
        login = {"SANDBOX_LOGIN": self.keys.login} if self.keys.login else {}
        return (address if self.keys.path else {}) | login

    def crawling(self) -> list[str]:
        """Return the words after `python -m` by which the sandbox crawls the site where it is served."""
        base_url, shape = self.network.base_url, self.network.user_list
        where = [] if self.keys.path else [f"{base_url}users.json"]
        words = ["sandbox", "crawl", *where, "--map", f"{base_url}={self.site_url}"]
        usual = UserList()  # which the sandbox begins with, too
        for key in ("id", "username", "feed"):
            if (name := getattr(shape.fields, key)) != getattr(usual.fields, key):
                words += [f"--{key}-key", name]
        return [*words, *(["--wrap", shape.wrap] if shape.wrap else [])]

    def titles(self, user_id: str) -> dict[str, str]:
        """Return what the published feed of a user shows: titles by guid."""
        _, items = mrss.parse((self.site / "feeds" / f"{user_id}.xml").read_bytes())
        return {item.guid: item.title for item in items}

    def events_below(self, folder: Path) -> list[Event]:
        """Return all events in the files below a folder."""
        texts = (path.read_bytes() for path in sorted(folder.rglob("*.yaml")))
        return [event for text in texts for event in results_yaml.parse(text) if isinstance(event, Event)]
