"""Dailymotion as the tests meet it: the sandbox, or exact bytes."""

import pytest

from feeds.dailymotion import oauth
from feeds.dailymotion.client import Client
from tests.stand_in import PASSWORDS, Canned, Sandbox


@pytest.fixture
def canned():
    """Return a function that starts a server with the answers to come."""
    servers = []

    def start(*answers):
        servers.append(Canned(*answers))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def sandbox():
    sandbox = Sandbox()
    yield sandbox
    sandbox.close()


@pytest.fixture
def client(sandbox):
    """Return a function that makes a client with the login of an account of the sandbox."""
    clients = []

    def client(username, *, scopes=("delegate_account_management", "userinfo"), **options):
        settings = sandbox.settings(**options)
        token = oauth.by_password(settings, username, PASSWORDS[username], scopes=scopes)
        clients.append(Client(settings, token))
        return clients[-1]

    yield client
    for each in clients:
        each.close()
