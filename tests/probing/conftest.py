"""A server for films, and a catalog that points to it."""

import pytest

from tests.probing.films import Films
from tests.sites import Site


@pytest.fixture
def films():
    films = Films()
    yield films
    films.close()


@pytest.fixture
def site(tmp_path):
    return Site(tmp_path)
