"""A small network to build: two adopted users, four videos and two."""

import pytest

from tests.sites import Site, adopted


@pytest.fixture
def site(tmp_path):
    site = Site(tmp_path)
    site.user("anna", "a1", "a2", "a3", "a4")
    site.user("bo", "b1", "b2")
    site.happened(adopted("anna", "bo"))
    return site
