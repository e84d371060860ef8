"""A network in real folders, Dailymotion's stand-in on a real socket, and accounts that log in to it."""

from datetime import UTC, datetime, timedelta

import pytest

from feeds.dailymotion import oauth
from feeds.dailymotion.client import Client
from feeds.dailymotion.values import PARENT_SCOPES, PARTNER_SCOPES, Settings
from feeds.onboarding.deciding import Deciding
from feeds.onboarding.joining import Joining, account_of
from feeds.onboarding.parent_check import ParentCheck, note
from feeds.onboarding.register import Register
from feeds.settings import Folders
from feeds.storage.journal import Journal
from sandbox import population, server
from tests.sites import Site

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
CAFE, STRAY, PARENT = "x2cafec0", "x9stray", "x1nord"


class Network:
    """The network's side of onboarding, and what Dailymotion's side has seen of it."""

    def __init__(self, root, world, app, url):
        self.site, self.world, self.app = Site(root), world, app
        self.settings = Settings(
            api=url, token=f"{url}/oauth/token", key=population.CLIENT_ID, secret=population.CLIENT_SECRET
        )
        self.folders = Folders(self.site.catalog, self.site.state)
        self.register, self.journal = Register(self.folders), Journal(self.site.state / "journal")
        self.joining = Joining(self.folders, self.register, self.journal, api=url)
        self.deciding = Deciding(self.folders, self.register, self.journal)
        self.now = NOW
        note(self.site.state, ParentCheck(PARENT, "Nordclips", NOW, url))

    def later(self):
        self.now += timedelta(minutes=1)
        return self.now

    def login(self, user_id, scopes=PARTNER_SCOPES):
        """Return an account's login, its client and what it tells of itself."""
        holder = self.world.accounts[user_id]
        token = oauth.by_password(self.settings, holder.username, holder.password, scopes=scopes)
        client = Client(self.settings, token)
        return account_of(client, token), client, token

    def parent(self):
        return self.login(PARENT, PARENT_SCOPES)[1]

    def join(self, user_id, *, invitation=None, scopes=PARTNER_SCOPES):
        account, client, token = self.login(user_id, scopes)
        return self.joining.join(account, client, token, invitation=invitation, now=self.later())

    def decide(self, what, user_id, why="as agreed"):
        getattr(self.deciding, what)(user_id, by=PARENT, why=why, now=self.later())

    def reject(self, user_id):
        self.deciding.reject(user_id, self.parent(), by=PARENT, why="left the network", now=self.later())

    def events(self):
        """Return what was journalled, as (event, user) pairs."""
        return [(event["event"], event.get("user")) for event in self.site.journalled()]

    def state(self, user_id):
        return self.register.partner(user_id).state

    def is_child(self, user_id):
        return PARENT in self.world.accounts[user_id].parents

    def fault(self, words):
        from sandbox.faults import fault

        self.app.extensions["faults"].to_come.append(fault(words))

    def calls(self, method):
        return [call["path"] for call in self.app.extensions["faults"].calls if call["method"] == method]


@pytest.fixture
def network(tmp_path):
    world = population.sample()
    app = server.create_app(world)
    with server.listening(app) as url:
        yield Network(tmp_path, world, app, url)
