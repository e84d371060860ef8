"""A network, Dailymotion's stand-in and partners' browsers: what the tests of the pages share."""

import re
from contextlib import contextmanager
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import requests

from app import create_app
from feeds.dailymotion.transport import Bounded
from feeds.dailymotion.values import Settings
from feeds.onboarding import parent_check
from feeds.onboarding.parent_check import ParentCheck
from feeds.settings import AppSettings, Folders
from feeds.web.settings import LinkSettings, WebSettings
from sandbox import population, server
from sandbox.faults import fault
from tests.serving import SECRET, Gunicorn
from tests.sites import Site

PUBLIC_URL = "https://partners.nord.example"
KEY = "qWc8-web-secret-key-Zr5T0aBn3X"
SCOPES = ("email", "userinfo", "delegate_account_management", "read_insights")
CAFE, OPEN, SMALL, PARENT = "x2cafec0", "x2openmo", "x2small1", "x1nord"


class Network:
    """A catalog, an app over it, and the Dailymotion that it knows."""

    def __init__(self, root, dailymotion_url, dailymotion, *, url=PUBLIC_URL, keys=(KEY,), key="sandbox-key", **more):
        self.site = Site(root)
        self.dailymotion, self.world = dailymotion, dailymotion.extensions["sandbox"]
        settings = Settings(
            api=dailymotion_url,
            authorize=f"{dailymotion_url}/oauth/authorize",
            token=f"{dailymotion_url}/oauth/token",
            key=key,
            secret="sandbox-secret",
            pkce=True,
        )
        self.url = url
        self.web = WebSettings(LinkSettings(url, keys), settings, **more)
        self.settings = AppSettings(Folders(self.site.catalog, self.site.state), (SECRET,))
        self.app = create_app(self.settings, self.web)

    def check_parent(self):
        """Note that a person has found the parent to be right, as `feeds doctor` does."""
        now = datetime.now(UTC)
        parent_check.note(self.site.state, ParentCheck(PARENT, "Nordclips", now, self.web.dailymotion.api))

    def fault(self, words):
        self.dailymotion.extensions["faults"].to_come.append(fault(words))

    def calls(self, method, path):
        """Return the answers that calls to Dailymotion got."""
        known = self.dailymotion.extensions["faults"].calls
        return [each["status"] for each in list(known) if (each["method"], each["path"]) == (method, path)]

    def events(self):
        """Return what the journal says of partners: the event, the account."""
        if not (self.site.state / "journal").exists():
            return []
        return [(each["event"], each["user"]) for each in self.site.journalled() if "user" in each]

    def browser(self):
        return Browser(self)


class Browser:
    """One person's browser: its cookies, and a walk to Dailymotion and back over a real socket."""

    def __init__(self, network):
        self.network, self.client = network, network.app.test_client()

    def get(self, path, **options):
        return self.client.get(path, base_url=self.network.url, **options)

    def post(self, path, **data):
        return self.client.post(path, base_url=self.network.url, data=data)

    def set_out(self):
        """Begin to connect, and return the address of Dailymotion's page."""
        response = self.get("/connect")
        assert response.status_code == 303
        return response.headers["Location"]

    def consent(self, authorize, account=CAFE, scopes=SCOPES, decision="allow"):
        """Decide on Dailymotion's page, and return the path that it sends the browser back to."""
        form = {"account": account, "scope": list(scopes), "decision": decision}
        response = requests.post(authorize, data=form, allow_redirects=False, timeout=30)
        assert response.status_code == 302
        location = response.headers["Location"]
        assert location.startswith(f"{self.network.url}/connect/return?")
        return location.removeprefix(self.network.url)

    def arrive(self, account=CAFE, **options):
        """Log in, and return the page that asks whether it is you, or says why not."""
        return self.get(self.consent(self.set_out(), account, **options))

    def say_yes(self, page):
        return self.post("/connect/confirm", **fields(page, "/connect/confirm"))

    def connect(self, account=CAFE, **options):
        """Go the whole way and return the last page."""
        return self.say_yes(self.arrive(account, **options))


def fields(page, action):
    """Return the hidden fields of a page's form."""
    form = re.search(rf'<form [^>]*method="post" action="{action}">(.*?)</form>', page.text, re.DOTALL)
    assert form, page.text
    return dict(re.findall(r'name="(\w+)" value="([^"]*)"', form[1]))


def heading(page):
    """Return a page's heading as text."""
    return re.sub(r"<[^>]+>", "", re.search(r"<h1>(.*?)</h1>", page.text, re.DOTALL)[1])


def query_of(address):
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


@contextmanager
def network(root, *, url=PUBLIC_URL, **options):
    """Serve a sandbox, and give a network that knows it."""
    sandbox = server.create_app(population.sample(callback_url=f"{url}/connect/return"))
    with server.listening(sandbox) as address:
        made = Network(root, address, sandbox, url=url, **options)
        made.check_parent()
        yield made


@contextmanager
def served(root, *, options=()):
    """Serve a sandbox and, under gunicorn, a network that knows it; give the network and the gunicorn."""
    gunicorn = Gunicorn(root / "state", options=options)
    url = f"http://127.0.0.1:{gunicorn.port}"
    with network(root, url=url) as made:
        gunicorn.start(
            FEEDS_CATALOG=str(made.site.catalog),
            FEEDS_PUBLIC_URL=url,
            FEEDS_SECRET_KEY=KEY,
            FEEDS_DAILYMOTION_API=made.web.dailymotion.api,
            FEEDS_DAILYMOTION_KEY="sandbox-key",
            FEEDS_DAILYMOTION_SECRET="sandbox-secret",
        )
        try:
            yield made, gunicorn
        finally:
            gunicorn.close()


def short():
    """Limit a call to Dailymotion to a time that a test can wait for."""
    return Bounded(read_s=0.3, answer_s=1.0)
