"""The stand-in's API on a loopback socket, and a client as plain as can be."""

import time
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from sandbox import population, server
from sandbox.faults import fault

CALLBACK = population.CALLBACK_URL
SCOPES = "email userinfo delegate_account_management read_insights manage_videos"
KEY = {"client_id": population.CLIENT_ID, "client_secret": population.CLIENT_SECRET}
CONTROL = "control-of-the-tests"


class Api:
    """The API by one call each; `clock.s` is its time."""

    def __init__(self, url, app, clock):
        self.url, self.app, self.clock = url, app, clock
        self.world = app.extensions["sandbox"]

    def call(self, method, path, token=None, **options):
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        options.setdefault("timeout", 30)  # a call that should end and doesn't is a failure, not a wait
        return requests.request(method, self.url + path, headers=headers | options.pop("headers", {}), **options)

    def get(self, path, token=None, **options):
        return self.call("GET", path, token, **options)

    def post(self, path, token=None, **options):
        return self.call("POST", path, token, **options)

    def delete(self, path, token=None, **options):
        return self.call("DELETE", path, token, **options)

    def grant(self, grant_type, **form):
        return self.post("/oauth/token", data={**KEY, "grant_type": grant_type, **form})

    def token(self, username, scope=SCOPES, **form):
        """Return an access token of an account, by its password."""
        answer = self.grant("password", username=username, password=f"sandbox-{username}", scope=scope, **form)
        assert answer.status_code == 200, answer.text
        return answer.json()["access_token"]

    def ask(self, *, decision="allow", granted=None, account="x2cafec0", **query):
        """Consent as a browser's form does it; return the answer."""
        query = {"response_type": "code", "client_id": "sandbox-key", "redirect_uri": CALLBACK, "scope": SCOPES} | query
        form = {"account": account, "scope": (granted or query["scope"]).split(), "decision": decision}
        return self.post("/oauth/authorize", params=query, data=form, allow_redirects=False)

    def code(self, **options):
        return parameters(self.ask(**options))["code"]

    def fail(self, words):
        """Have the next fitting call fail."""
        self.app.extensions["faults"].to_come.append(fault(words))


def until(check, *, within_s=30):
    """Ask until the answer is true, and return it; a test that would wait for ever fails instead."""
    end = time.monotonic() + within_s
    while not (answer := check()):
        assert time.monotonic() < end, "this never came"
    return answer


def parameters(answer):
    """Return what a redirect brings along."""
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["Location"]).query).items()}


@pytest.fixture
def serve():
    """Start a stand-in with options of its own; all end with the test."""
    open_ones = []

    def serve(children=0, **options):
        clock = SimpleNamespace(s=1_800_000_000.0)
        world = population.sample()
        world.now = lambda: clock.s
        population.add_children(world, children)
        app = server.create_app(world, control_token=CONTROL, **options)
        running = server.listening(app)
        open_ones.append(running)
        return Api(running.__enter__(), app, clock)

    yield serve
    for running in open_ones:
        running.__exit__(None, None, None)


@pytest.fixture
def api(serve):
    """One stand-in as it is by default."""
    return serve()
