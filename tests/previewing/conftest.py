"""A network, and its preview."""

from datetime import UTC, datetime

import pytest

from feeds.previewing.app import create_app
from feeds.previewing.reading import Reader
from feeds.settings import Folders
from tests.sites import Site

HOST = "127.0.0.1:8080"


class Preview:
    """The preview of a site, asked as a browser on this machine asks; `at` is what its clock shows."""

    def __init__(self, site, *, watch=False):
        self.site, self.at = site, datetime(2026, 11, 24, 12, tzinfo=UTC)
        self.reader = Reader(Folders(site.catalog, site.state), lambda: self.at)
        self.client = create_app(self.reader, frozenset({HOST}), watch=watch).test_client()

    def get(self, path="/", host=HOST, **options):
        return self.client.get(path, base_url=f"http://{host}", **options)

    def page(self, path="/", status=200):
        answer = self.get(path)
        assert answer.status_code == status
        return answer.text

    def cards(self, user="anna"):
        return self.reader.view().user(user).cards


@pytest.fixture
def site(tmp_path):
    return Site(tmp_path)


@pytest.fixture
def preview(site):
    return Preview(site)
