"""A remote, an editor and a server, new for each test."""

import pytest

from tests.clones import Clones


@pytest.fixture
def clones(tmp_path):
    return Clones(tmp_path)


@pytest.fixture
def synced(clones):
    """Return the clones after the server's first passes: everything is published, noted and pushed."""
    clones.server.settle()
    return clones
