"""A built site, and two places to bring it to: a folder, and a bucket of a local stand-in for object storage."""

import os

import pytest

from feeds.commands._publishing import publish_to, words
from feeds.settings import Folders
from tests.bucket import Bucket
from tests.sites import Site, adopted, tree

USERS = ("anna", "bo", "cleo")


@pytest.fixture(scope="session")
def store():
    bucket = Bucket()
    yield bucket
    bucket.close()


@pytest.fixture
def bucket(store, monkeypatch):
    """Return the stand-in, empty, as botocore's settings name it."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in store.environ.items():
        monkeypatch.setenv(name, value)
    store.reset()
    return store


@pytest.fixture
def site(tmp_path):
    """Return a built site of three users."""
    site = Site(tmp_path / "site")
    for user in USERS:
        site.user(user, *(f"{user}-{number}" for number in range(3)))
    site.happened(adopted(*USERS))
    site.build()
    return site


class Publisher:
    """Publishes a site to one place; `there` is what lies there, and `state` what it remembers."""

    def __init__(self, site, target, there, put):
        self.site, self.target, self.there, self.put = site, str(target), there, put
        self.state = site.state

    def __call__(self, environ=None, **wishes):
        return publish_to(self.target, Folders(self.site.catalog, self.state), self.site.out, environ or {}, **wishes)

    def said(self, **wishes):
        return words(self(**wishes), self.target, dry_run=wishes.get("dry_run", False))


def in_folder(site, folder):
    folder.mkdir()

    def put(key, text=b"somebody's"):
        (folder / key).parent.mkdir(parents=True, exist_ok=True)
        (folder / key).write_bytes(text)

    return Publisher(site, folder, lambda: tree(folder), put)


def in_bucket(site, bucket, prefix="site"):
    lead = f"{prefix}/" if prefix else ""

    def there():
        return {key.removeprefix(lead): text for key, text in bucket.objects().items() if key.startswith(lead)}

    return Publisher(
        site,
        f"s3://{bucket.name}/{prefix}".rstrip("/"),
        there,
        lambda key, text=b"somebody's": bucket.put(lead + key, text),
    )


@pytest.fixture(params=["folder", "bucket"])
def publisher(request, site, tmp_path):
    if request.param == "folder":
        return in_folder(site, tmp_path / "target")
    return in_bucket(site, request.getfixturevalue("bucket"))


@pytest.fixture
def local(site, tmp_path):
    """Return what publishes to a folder, where the kind of target makes no difference."""
    return in_folder(site, tmp_path / "target")
