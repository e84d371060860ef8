"""A network whose people type commands, with videos on Dailymotion's stand-in."""

import io
import sys

import pytest

from feeds.__main__ import run
from sandbox import population, server
from sandbox.world import Video
from tests.onboarding.conftest import CAFE, PARENT, Network
from tests.sites import adopted, line


class Desk(Network):
    """A network with one partner, adopted and with videos online, and a person who types commands."""

    def __init__(self, root, world, app, url, monkeypatch, capsys):
        super().__init__(root, world, app, url)
        self.monkeypatch, self._capsys = monkeypatch, capsys
        settings = {
            "FEEDS_CATALOG": str(self.site.catalog), "FEEDS_STATE": str(self.site.state),
            "XDG_STATE_HOME": str(root / "xdg"), "FEEDS_DAILYMOTION_API": url,
            "FEEDS_DAILYMOTION_TOKEN": f"{url}/oauth/token", "FEEDS_DAILYMOTION_KEY": population.CLIENT_ID,
            "FEEDS_DAILYMOTION_SECRET": population.CLIENT_SECRET, "FEEDS_DAILYMOTION_USERNAME": "nordclips",
            "FEEDS_DAILYMOTION_PASSWORD": "sandbox-nordclips", "LOGNAME": "olga",
        }  # fmt: skip
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        self.site.happened(adopted(CAFE))
        world.accounts[CAFE].parents.append(PARENT)

    def call(self, words, *more, typed="", stdin=None):
        self.monkeypatch.setattr(sys, "argv", ["feeds", *words.split(), *more])
        self.monkeypatch.setattr(sys, "stdin", stdin or io.StringIO(typed))
        code = run()
        printed = self._capsys.readouterr()
        return code, printed.out, printed.err

    def online(self, *guids, owner=CAFE, **values):
        """Put videos on the stand-in, each as x- and its guid, and tell of the imports."""
        for guid in guids:
            known = {"title": f"Title of {guid}", "channel": "tv", "tags": [], "description": "", "published": True}
            self.world.videos[f"x-{guid}"] = Video(f"x-{guid}", owner, 1, {**known, **values})
            self.told(guid, f"x-{guid}")

    def told(self, guid, remote_id, at="2026-11-21T10:00:00.000Z", **fields):
        self.site.happened(line("imported", at, guid=guid, remote_id=remote_id, raw=f"{guid} {remote_id}", **fields))

    def journalled(self, event):
        return [each for each in self.site.journalled() if each["event"] == event]

    def is_online(self, *guids):
        return [f"x-{guid}" in self.world.videos for guid in guids]


@pytest.fixture
def desk(tmp_path, monkeypatch, capsys):
    world = population.sample()
    app = server.create_app(world)
    with server.listening(app) as url:
        yield Desk(tmp_path, world, app, url, monkeypatch, capsys)
