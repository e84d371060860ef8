"""A whole network to click through, without an account at Dailymotion: what `feeds serve --sandbox` shows.

It is the deployment of a rehearsal, on a scratch copy, with a person in the place of the steps.
"""

import os
import shlex
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import click

from feeds.commands._programs import ROOT, Programs, ended_by_signals, listen, status
from feeds.commands._scratch import copy_catalog, scratch_folder
from feeds.commands._stage import Stage
from feeds.core.errors import FeedsError
from feeds.settings import Folders

EVERY = "2s"
LOOK_EVERY_S = 0.2


def serve(source: Folders, port: int) -> NoReturn:
    """Serve the copy until ^C. Raises UsageError for a taken port, and FeedsError where a program ends by itself."""
    with ended_by_signals(), scratch_folder("feeds-sandbox-") as scratch, Programs() as programs:
        stage = Stage(programs, scratch, source, every=EVERY)
        _start(stage, [port, port + 1, port + 2] if port else [0, 0, 0])
        settings = scratch / "settings"
        settings.touch(0o600)
        settings.write_text("".join(f"export {name}={shlex.quote(value)}\n" for name, value in _settings(stage)))
        click.echo("\n".join(_lines(stage, settings)))
        while (ended := stage.ended()) is None:
            time.sleep(LOOK_EVERY_S)
    raise FeedsError(f"{ended}\nThe others have been ended, and the scratch copy is gone.")


def _start(stage: Stage, ports: list[int]) -> None:
    for port in filter(None, ports):
        listen(port).close()  # before anything is copied
    if shutil.which("git") is None:
        stage.take(copy_catalog(stage.source, stage.folders))
        stage.server.watch(stage.environ)
    else:
        stage.take(copy_catalog(stage.source, Folders(stage.editor.folder, stage.folders.state)))
        stage.editor.begin(stage.remote)
        stage.server.start(stage.remote, stage.environ)
    stage.start_servers(ports)
    stage.wait_for_servers()
    stage.confirm_parent()


def _settings(stage: Stage) -> Iterator[tuple[str, str]]:
    """Yield what a terminal needs to work on the copy."""
    yield from ((name, value) for name, value in sorted(stage.environ.items()) if name.startswith("FEEDS_"))
    yield from stage.crawler_settings().items()
    yield "SANDBOX_CALLBACK", stage.callback_url
    yield "SANDBOX_CONTROL_TOKEN", stage.stand_in.control_token


def _lines(stage: Stage, settings: Path) -> Iterator[str]:
    decide = f"{stage.app_url}/partners"
    has_pages = status(stage.app_url.removeprefix("http://"), "/partners") not in (None, 404)
    addresses = {
        "to join": f"{stage.app_url}/",
        **({"to decide": decide} if has_pages else {}),
        "user list": f"{stage.site_url}/{stage.keys.folder}users.json",
        **({"its login": stage.keys.login} if stage.keys.login else {}),
        "callback": stage.callback_url,
        "stand-in": stage.stand_in.url,
    }
    yield f"{stage.network.name} on a scratch copy, with a stand-in for Dailymotion. ^C ends it, and nothing is kept."
    yield ""
    yield from (f"  {name:<11}{address}" for name, address in addresses.items())
    yield "\nAt the stand-in each of these has the password sandbox-USERNAME:\n"
    people = dict(_people(stage, "decides about partners" if has_pages else "has the partners"))
    width = max(map(len, people)) + 2
    yield from (f"  {name:<{width}}{what}" for name, what in people.items())
    python = os.path.relpath(sys.executable, ROOT) if Path(sys.executable).is_relative_to(ROOT) else sys.executable
    yield f"\nIn another terminal, on the copy alone, after\n  cd {shlex.quote(str(ROOT))} && . {settings}\n"
    crawling = shlex.join([*stage.crawling(), "--api", stage.stand_in.url])
    for words in (
        f"feeds partners approve {stage.cast.stranger.id} --why friends",
        "feeds partners invite --label Guest",
        crawling,
    ):
        yield f"  {python} -m {words}"


def _people(stage: Stage, parent: str) -> Iterator[tuple[str, str]]:
    cast = stage.cast
    yield cast.parent.username, f"the parent account: {parent}"
    yield from ((each.username, f"an admin: {parent}") for each in cast.admins)
    for each in cast.awaited[:1]:
        yield each.username, f"is in the catalog: joins at once{_others(len(cast.awaited))}"
    yield cast.stranger.username, "a stranger: asks, and joins once you have approved"
    yield cast.guest.username, "another stranger: joins at once by an invitation"
    for each in cast.adopted[:1]:
        yield each.username, f"has joined already{_others(len(cast.adopted))}"


def _others(count: int) -> str:
    return f"; so {'does' if count == 2 else 'do'} {count - 1:,} more" if count > 1 else ""
