"""A remote, an editor and a server, new for each test: copies of some that are made once."""

import pytest

from tests.clones import Clones


@pytest.fixture(scope="session")
def begun_once(tmp_path_factory):
    root = tmp_path_factory.mktemp("begun")
    Clones(root)
    return root


@pytest.fixture(scope="session")
def synced_once(begun_once, tmp_path_factory):
    root = tmp_path_factory.mktemp("synced")
    copied(begun_once, root).server.settle()
    return root


def copied(template, root):
    clones = Clones.copied(template, root)
    clones.server = clones.server_at("server")
    return clones


@pytest.fixture
def clones(begun_once, tmp_path):
    return copied(begun_once, tmp_path)


@pytest.fixture
def synced(synced_once, tmp_path):
    """Return the clones after the server's first passes: everything is published, noted and pushed."""
    return copied(synced_once, tmp_path)
