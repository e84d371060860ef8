"""Object storage as it is: types and lifetimes, tags that tell no content, pages of listings, and what it refuses."""

import hashlib
import os
import shutil
import socket
import subprocess
import sys

import pytest

from feeds.core.errors import UsageError
from feeds.publishing import s3
from feeds.publishing.target import NotPublished
from tests.bucket import KEY, SECRET
from tests.clones import ROOT
from tests.publishing.conftest import USERS, in_bucket
from tests.publishing.test_publishing import NEW, numbers
from tests.sites import adopted, line


@pytest.fixture
def publisher(site, bucket):
    return in_bucket(site, bucket)


def test_folders_that_a_console_has_made_are_no_files_of_others(publisher, bucket):
    for key in ("site/", "site/feeds/", "site/logo/"):
        bucket.put(key, b"")
    bucket.put("site/kept/", b"something")
    assert publisher.said().endswith("left alone: kept/.\n")
    assert {"site/", "site/feeds/", "site/logo/", "site/kept/"} <= set(bucket.objects())


def test_only_what_publishes_to_object_storage_loads_its_package():
    script = "import feeds.commands.publish, feeds.publishing.publishing, sys; sys.exit('botocore' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


@pytest.mark.parametrize(("access", "lifetime"), [([], "public, max-age=60"), (["basic auth"], "private, max-age=60")])
def test_types_and_lifetimes_are_as_readers_need_them(publisher, bucket, access, lifetime):
    publisher.site.network(access=access)
    publisher.site.build()
    publisher()
    feed, listing = bucket.head("site/feeds/anna.xml"), bucket.head("site/users.json")
    assert (feed["ContentType"], feed["CacheControl"]) == ("application/rss+xml; charset=utf-8", lifetime)
    assert (listing["ContentType"], listing["CacheControl"]) == ("application/json", lifetime)
    assert "ContentEncoding" not in feed


def test_a_site_that_is_closed_later_is_written_again_with_another_lifetime(publisher, bucket):
    publisher()
    publisher.site.network(access=["basic auth"])
    publisher.site.build()
    assert numbers(publisher()) == (3, 0, 0, 1)
    assert bucket.head("site/feeds/anna.xml")["CacheControl"] == "private, max-age=60"
    assert numbers(publisher()) == (0, 3, 0, 0)


def test_a_type_that_somebody_else_has_changed_is_mended_by_full_alone(publisher, bucket):
    publisher()
    bucket.client.put_object(
        Bucket=bucket.name,
        Key="site/feeds/bo.xml",
        Body=publisher.site.tree()["feeds/bo.xml"],
        ContentType="text/plain",
    )
    assert numbers(publisher()) == (0, 3, 0, 0)
    assert numbers(publisher(full=True)) == (3, 0, 0, 1)
    assert bucket.head("site/feeds/bo.xml")["ContentType"] == "application/rss+xml; charset=utf-8"


def test_tags_that_are_no_md5_are_known_by_the_last_write_and_forgotten_ones_cost_a_write(publisher, bucket):
    bucket.odd_tags = True
    assert numbers(publisher()) == (3, 0, 0, 1)
    assert numbers(publisher()) == (0, 3, 0, 0)
    publisher.site.user("anna", "anna-9")
    publisher.site.user("bo", "bo-0", enabled=False)
    publisher.site.build()
    assert numbers(publisher()) == (1, 1, 1, 1)
    shutil.rmtree(publisher.state / "publishing")
    assert numbers(publisher()) == (2, 0, 0, 1)
    assert publisher.there() == publisher.site.tree()


def test_a_list_of_ours_is_known_by_its_bytes_where_its_tag_is_no_md5(publisher, bucket):
    bucket.odd_tags = True
    many = [f"user{number}" for number in range(20)]
    publisher.site.happened(adopted(*many))
    publisher.site.build()
    publisher()
    left = "".join(line("left", "2026-11-22T10:00:00.000Z", user=user, parent="x1nord") for user in many)
    publisher.site.happened(left)
    publisher.site.build()
    bucket.calls = []
    assert numbers(publisher()) == (0, 3, 20, 1)
    assert bucket.calls.count("GET /nord/site/users.json") == 1


def test_somebody_elses_bytes_under_a_tag_that_is_no_md5_are_noticed(publisher, bucket):
    bucket.odd_tags = True
    publisher()
    publisher.put("feeds/bo.xml")
    assert numbers(publisher()) == (1, 2, 0, 0)
    assert publisher.there() == publisher.site.tree()


def test_a_listing_of_many_pages_is_read_to_its_end(publisher, bucket):
    publisher()
    bucket.page, bucket.calls = 2, []
    assert numbers(publisher()) == (0, 3, 0, 0)
    assert [call.partition(" ")[0] for call in bucket.calls] == ["GET"] * 2


def test_a_bucket_of_its_own_needs_no_prefix(site, bucket):
    publisher = in_bucket(site, bucket, prefix="")
    publisher()
    assert bucket.objects() == site.tree()


def test_neighbours_with_the_same_beginning_are_not_looked_at(site, bucket):
    neighbour = in_bucket(site, bucket, prefix="site-2")
    neighbour()
    publisher = in_bucket(site, bucket)
    assert publisher().notes == []
    site.user("bo", "bo-0", enabled=False)
    site.build()
    assert "feeds/bo.xml" in neighbour.there()
    publisher()
    assert "feeds/bo.xml" in neighbour.there()
    assert "feeds/bo.xml" not in publisher.there()


def test_unusual_keys_of_others_are_named_as_they_are(publisher, bucket):
    publisher.put("été & co/<a>.xml")
    [note] = publisher().notes
    assert note == "s3://nord/site has files that are not ours, and were left alone: été & co/<a>.xml."


def test_each_object_is_sent_with_its_md5_so_that_half_of_one_is_refused(publisher, bucket, monkeypatch):
    real = s3.tag_of
    monkeypatch.setattr(s3, "tag_of", lambda text: real(text[:-1]))
    with pytest.raises(NotPublished, match=r"what arrived there was not what was sent \(PutObject: BadDigest"):
        publisher()


def test_the_number_of_calls_is_what_the_docs_say(publisher, bucket):
    publisher()
    assert sorted(call.partition(" ")[0] for call in bucket.calls) == ["GET", "PUT", "PUT", "PUT", "PUT"]
    assert bucket.calls[-1] == "PUT /nord/site/users.json"
    bucket.calls = []
    publisher()
    assert bucket.calls == ["GET /nord"]
    publisher.site.user("bo", "bo-0", enabled=False)
    publisher.site.build()
    bucket.calls = []
    publisher()
    assert bucket.calls == ["GET /nord", "PUT /nord/site/users.json", "DELETE /nord/site/feeds/bo.xml"]


def test_a_call_that_is_refused_once_is_repeated_by_botocore(publisher, bucket, monkeypatch):
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "2")
    bucket.fail("503 SlowDown", nth=2)
    assert numbers(publisher()) == (3, 0, 0, 1)
    assert bucket.failed == 1


# -- killed: what is remembered by then


def killed(publisher, bucket, kind, *, nth=1, only=r"PUT .*users\.json"):
    """Publish in a process of its own that is killed at a call, before it is done or after."""
    command = [sys.executable, "-m", "feeds", "publish", publisher.target, "--catalog", publisher.site.catalog,
               "--out", publisher.site.out]  # fmt: skip
    environ = {"PATH": os.environ["PATH"], "FEEDS_STATE": str(publisher.state), **bucket.environ}
    with subprocess.Popen(command, cwd=ROOT, env=environ) as program:
        bucket.victim = program.pid
        bucket.fail(kind, nth=nth, only=only)
    assert program.returncode == -9
    bucket.fail()


def test_feeds_that_a_killed_first_run_has_put_there_are_known_as_ours(publisher, bucket):
    killed(publisher, bucket, "killed", nth=3, only="PUT .*feeds")
    before = set(publisher.there())
    assert before
    assert "users.json" not in before
    for user in USERS:
        publisher.site.user(user, f"{user}-0", enabled=False)
    publisher.site.build()
    publisher()
    assert publisher.there() == publisher.site.tree() == {"users.json": b"[]\n"}


def test_a_list_that_a_killed_run_has_put_there_is_known_as_ours(publisher, bucket):
    many = [f"user{number}" for number in range(20)]
    publisher()
    publisher.site.happened(adopted(*many))
    publisher.site.build()
    killed(publisher, bucket, "killed")
    left = "".join(line("left", "2026-11-22T10:00:00.000Z", user=user, parent="x1nord") for user in many)
    publisher.site.happened(left)
    publisher.site.build()
    assert numbers(publisher()) == (0, 3, 20, 1)


def test_a_list_that_a_killed_run_has_not_put_there_leaves_the_one_before_known_as_ours(publisher, bucket):
    many = [f"user{number}" for number in range(20)]
    publisher.site.happened(adopted(*many))
    publisher.site.build()
    publisher()
    left = "".join(line("left", "2026-11-22T10:00:00.000Z", user=user, parent="x1nord") for user in many)
    publisher.site.happened(left)
    publisher.site.build()
    killed(publisher, bucket, "kill")
    assert numbers(publisher()) == (0, 3, 20, 1)


# -- what is refused, and how

LATER = "Publish again later: what lies there is whole, and the rest follows."
REFUSED = {
    "404 NoSuchBucket": "there is no such bucket",
    "403 AccessDenied": "these credentials may not do it",
    "403 InvalidAccessKeyId": "the access key is not known there",
    "403 SignatureDoesNotMatch": "the secret key does not fit the access key",
    "400 ExpiredToken": "the credentials have expired",
    "403 RequestTimeTooSkewed": "this machine's clock is wrong",
    "301 PermanentRedirect": "the bucket lies in another region",
    "503 SlowDown": "the store is overloaded or down",
    "507 XMinioStorageFull": "the store is full",
    "418 ImATeapot": "the store refuses",
    f"403 {SECRET}": "these credentials may not do it",
    "501 NotImplemented": "no object storage answers there",
    "drop": "the connection broke",
    "html": "it is overloaded, down, or no object storage",
    "502 ": "it is overloaded, down, or no object storage",
}


@pytest.mark.parametrize("call", ["GET", "PUT"])
@pytest.mark.parametrize(("kind", "words"), REFUSED.items(), ids=lambda value: value.replace(SECRET, "SECRET"))
def test_each_refusal_says_where_what_and_what_to_do_and_shows_no_key(publisher, bucket, kind, words, call):
    if (kind, call) == ("html", "PUT"):
        return  # no answer to a PUT has a body that is read
    bucket.fail(kind, count=99, only=call)
    with pytest.raises(NotPublished) as refused:
        publisher()
    said = str(refused.value)
    operation = "ListObjectsV2" if call == "GET" else "PutObject"
    assert said.startswith(f"s3://nord/site at 127.0.0.1: {words} ({operation}: ")
    assert said.endswith(".")
    assert len(said.split(". ")) > 1  # what to do
    assert KEY not in said
    assert SECRET not in said
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__  # and no trace shows what botocore has quoted
    assert refused.value.exit_code == 3


def closed_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


SETTINGS = {
    "nobody listens": ({"AWS_ENDPOINT_URL_S3": f"http://127.0.0.1:{closed_port()}"}, "nobody answers there"),
    "no address": ({"AWS_ENDPOINT_URL_S3": "nonsense"}, "no object storage answers there (the settings: ValueError)"),
    "no credentials": ({"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, "no credentials were found"),
    "half of them": ({"AWS_SECRET_ACCESS_KEY": ""}, "the credentials are not whole"),
    "no such profile": ({"AWS_PROFILE": "nord"}, "the settings of AWS can't be used"),
    "no such mode": ({"AWS_RETRY_MODE": "often"}, "the settings of AWS can't be used"),
    "no region": ({"AWS_DEFAULT_REGION": "not a region"}, "the region is missing, or is none"),
    "no TLS": ({"AWS_ENDPOINT_URL_S3": "https"}, "its certificate could not be verified"),
}


@pytest.mark.parametrize("how", SETTINGS)
def test_settings_that_can_not_work_are_said_with_what_to_set(publisher, bucket, monkeypatch, how):
    environ, words = SETTINGS[how]
    for name, value in environ.items():
        value = bucket.url.replace("http:", "https:") if value == "https" else value
        monkeypatch.setenv(name, value) if value else monkeypatch.delenv(name)
    with pytest.raises(NotPublished) as refused:
        publisher()
    assert words in str(refused.value)
    assert KEY not in str(refused.value)


def test_a_store_that_gives_no_answer_is_waited_for_so_long_and_no_longer(publisher, bucket, monkeypatch):
    monkeypatch.setattr(s3, "READ_S", 0.2)
    bucket.fail("hang")
    with pytest.raises(NotPublished, match=r"no answer came in time \(ListObjectsV2: ReadTimeoutError\)"):
        publisher()


def test_after_a_failure_what_waits_is_not_begun(publisher, bucket, monkeypatch):
    monkeypatch.setattr(s3.Bucket, "at_once", 1)
    many = [f"user{number}" for number in range(9)]
    publisher.site.happened(adopted(*many))
    publisher.site.build()
    bucket.fail("403 AccessDenied", count=99, only="PUT")
    with pytest.raises(NotPublished):
        publisher()
    assert len(bucket.calls) < 6


@pytest.mark.parametrize(
    "address",
    ["s3://", "s3:///site", f"s3://{KEY}:{SECRET}@nord/site", "s3://nord/../other", "s3://nord/a b", "s3://nord/a?b"],
)
def test_what_is_no_address_of_a_bucket_is_refused_without_being_repeated(address):
    with pytest.raises(UsageError, match=r"write s3://bucket, or s3://bucket/prefix") as refused:
        s3.place_of(address)
    assert KEY not in str(refused.value)


def test_an_address_may_end_in_slashes():
    assert s3.place_of("s3://nord//a/b//") == ("nord", "a/b/")
    assert str(s3.place_of("s3://nord/")) == "s3://nord"


def test_the_secret_path_is_in_no_refusal(publisher, bucket):
    publisher.site.network(access=["secret path"])
    publisher.site.build(secret_path=NEW)
    bucket.fail("403 AccessDenied", count=99, only="PUT")
    with pytest.raises(NotPublished) as refused:
        publisher({"FEEDS_SITE_PATH": NEW})
    assert NEW not in str(refused.value)


def test_the_tag_is_the_md5_of_the_bytes():
    """The ETag of a plain PUT: https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html ."""
    assert s3.tag_of(b"text") == hashlib.md5(b"text").hexdigest()
