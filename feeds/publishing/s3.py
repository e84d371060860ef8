"""Object storage as a target, by the API of Amazon S3 as Amazon's own botocore speaks it; nothing else loads that.

Credentials, region, endpoint and retries are botocore's settings (AWS_..., ~/.aws), and none is ours:
https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html . An object is replaced as a whole:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/Welcome.html#ConsistencyModel

Left out on purpose: ACLs (the bucket's own hold), multipart uploads (a feed is small, and they have no MD5 for a tag),
compression (a CDN's business), and deleting several at once, whose answer is half a failure.
"""

import base64
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from feeds.core.errors import UsageError
from feeds.publishing import s3_errors
from feeds.publishing.target import TYPES, tag_of

SCHEME = "s3://"
# Seconds to connect, and between two reads; each attempt has its own.
CONNECT_S, READ_S = 10, 30
AT_ONCE = 16


class Place(NamedTuple):
    """A bucket, and what the keys there begin with: empty, or ending in a slash."""

    bucket: str
    prefix: str

    def __str__(self) -> str:
        return f"{SCHEME}{self.bucket}/{self.prefix}".rstrip("/")


def place_of(address: str) -> Place:
    """Return the place that s3://bucket/prefix stands for. Raises UsageError, without repeating what may be a login."""
    bucket, _, prefix = address.removeprefix(SCHEME).partition("/")
    parts = [part for part in prefix.split("/") if part]
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{1,254}", bucket) or not all(
        re.fullmatch(r"[A-Za-z0-9!_.*'()=+,-]+", part) and part not in {".", ".."} for part in parts
    ):
        raise UsageError(
            "The target is no address of a bucket: write s3://bucket, or s3://bucket/prefix, with letters, digits and "
            "-._ alone. Credentials and endpoint are the settings of AWS: docs/publishing.md names them."
        )
    return Place(bucket, "".join(f"{part}/" for part in parts))


def refuse_without_package() -> None:
    """Raise UsageError where botocore isn't installed."""
    try:
        import botocore  # noqa: F401
    except ImportError as error:
        raise UsageError(
            "Publishing to object storage needs the package botocore, which is not installed here.\n"
            "Install it: make s3, or: python -m pip install --require-hashes -r requirements-s3.txt"
        ) from error


class Bucket:
    """What lies below a prefix in a bucket."""

    at_once = AT_ONCE
    may_be_unmounted = False

    def __init__(self, place: Place, client: Any, cache_control: str) -> None:
        self._place, self._client, self._cache_control = place, client, cache_control
        self.identity = urlsplit(client.meta.endpoint_url).hostname or ""
        self.name = str(place)

    def listing(self) -> Iterator[tuple[str, str]]:
        """Yield the key below the prefix and the ETag of each object. Raises NotPublished."""
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._place.bucket, Prefix=self._place.prefix
        )
        with self._refusing("ListObjectsV2"):
            for page in pages:
                for each in page.get("Contents", ()):
                    if not _is_folder(each):
                        yield each["Key"].removeprefix(self._place.prefix), _tag(each["ETag"])

    def read(self, key: str) -> bytes | None:
        """Return an object's bytes, None where there is none. Raises NotPublished."""
        with self._refusing("GetObject"):
            try:
                body: bytes = self._client.get_object(**self._at(key))["Body"].read()
            except self._client.exceptions.NoSuchKey:
                return None
            return body

    def write(self, key: str, text: bytes) -> str:
        """Put an object there, checked by its MD5 on arrival, and return its ETag. Raises NotPublished."""
        with self._refusing("PutObject"):
            answer = self._client.put_object(
                **self._at(key),
                Body=text,
                ContentType=TYPES[PurePosixPath(key).suffix],
                CacheControl=self._cache_control,
                ContentMD5=base64.b64encode(bytes.fromhex(tag_of(text))).decode(),
            )
        return _tag(answer["ETag"])

    def settle(self) -> None:
        """Do nothing: what was answered is stored, and seen by everybody."""

    def delete(self, key: str) -> None:
        """Delete an object; one that is gone already is fine. Raises NotPublished."""
        with self._refusing("DeleteObject"):
            self._client.delete_object(**self._at(key))

    def _at(self, key: str) -> dict[str, str]:
        return {"Bucket": self._place.bucket, "Key": self._place.prefix + key}

    @contextmanager
    def _refusing(self, operation: str) -> Iterator[None]:
        with s3_errors.told(f"{self.name} at {self.identity}", operation):
            yield


@contextmanager
def opened(place: Place, cache_control: str) -> Iterator[Bucket]:
    """Yield the bucket, by botocore's own settings. Raises UsageError, NotPublished."""
    refuse_without_package()
    import botocore.config
    import botocore.session

    with s3_errors.told(str(place), "the settings"):
        client = botocore.session.get_session().create_client(
            "s3",
            config=botocore.config.Config(
                connect_timeout=CONNECT_S,
                read_timeout=READ_S,
                max_pool_connections=AT_ONCE,
                user_agent_extra="feeds",
                # Our Content-MD5 does it, which every store knows; newer checksums some stores refuse.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        )
    try:
        yield Bucket(place, client, cache_control)
    finally:
        client.close()


def _is_folder(entry: dict[str, Any]) -> bool:
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-folders.html : a console makes them, empty
    return entry["Key"].endswith("/") and not entry["Size"]


def _tag(etag: str) -> str:
    return etag.strip('"').lower()
