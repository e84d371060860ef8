"""What was built is there byte for byte, what is there already is left alone, and nothing leaves without a reason."""

import json
import os
import shutil

import pytest

from feeds.commands._publishing import list_in
from feeds.core.errors import BuildRefused, UsageError
from feeds.publishing.target import NotPublished
from tests.publishing.conftest import USERS, in_bucket, in_folder
from tests.sites import Site, adopted, line, tree

NEW, OLD, OLDER = "Uf3nJkQ8sVx2ZpLm7RtYcW", "Old4nJkQ8sVx2ZpLm7RtYc", "Aged5nJkQ8sVx2ZpLm7RtY"


def numbers(done):
    return done.written, done.unchanged, done.deleted, done.lists


def test_what_was_built_is_there_byte_for_byte_and_the_second_time_nothing_is_written(publisher):
    assert numbers(publisher()) == (3, 0, 0, 1)
    assert publisher.there() == publisher.site.tree()
    assert numbers(publisher()) == (0, 3, 0, 0)


def test_one_edit_writes_one_feed_and_one_that_leaves_is_deleted(publisher):
    publisher()
    publisher.site.user("anna", "anna-0", "anna-1", "anna-2", "anna-3")
    publisher.site.happened(line("left", "2026-11-22T10:00:00.000Z", user="bo", parent="x1nord"))
    publisher.site.build()
    done = publisher()
    assert numbers(done) == (1, 1, 1, 1)
    assert done.steps == [("write", "feeds/anna.xml"), ("write", "users.json"), ("delete", "feeds/bo.xml")]
    assert publisher.there() == publisher.site.tree()


def test_the_content_decides_and_not_the_times(publisher):
    publisher()
    for path in publisher.site.out.rglob("*"):
        os.utime(path, (1, 1))
    assert numbers(publisher()) == (0, 3, 0, 0)
    publisher.put("feeds/bo.xml", publisher.site.tree()["feeds/bo.xml"][:-1] + b" ")
    assert numbers(publisher()) == (1, 2, 0, 0)
    assert publisher.there() == publisher.site.tree()


def test_what_is_missing_there_is_written_again(publisher, tmp_path, bucket):
    publisher()
    if "s3:" in publisher.target:
        bucket.client.delete_object(Bucket=bucket.name, Key="site/feeds/cleo.xml")
    else:
        (tmp_path / "target/feeds/cleo.xml").unlink()
    assert numbers(publisher()) == (1, 2, 0, 0)
    assert publisher.there() == publisher.site.tree()


def test_a_dry_run_tells_it_all_and_changes_nothing(publisher):
    assert publisher.said(dry_run=True).splitlines() == [
        *(f"would write feeds/{user}.xml" for user in USERS),
        "would write users.json",
        f"{publisher.target} (nothing was done): 3 feeds would be written, 0 unchanged, 0 would be deleted; "
        "users.json would be written.",
    ]
    assert publisher.there() == {}
    assert not (publisher.state / "publishing").exists()
    publisher()
    publisher.site.user("bo", "bo-0", enabled=False)
    publisher.site.build()
    before = publisher.there(), tree(publisher.state / "publishing")
    assert "would delete feeds/bo.xml\n" in publisher.said(dry_run=True)
    assert (publisher.there(), tree(publisher.state / "publishing")) == before


def test_what_is_not_ours_is_left_alone_and_named(publisher):
    foreign = ["index.html", "feeds/readme.txt", "feeds/deep/anna.xml", "logo/a.png", ".nojekyll", "feeds.xml"]
    for key in foreign:
        publisher.put(key)
    publisher()
    publisher.site.user("bo", "bo-0", enabled=False)
    publisher.site.build()
    said = publisher.said()
    assert "1 deleted" in said
    assert f"note: {publisher.target} has files that are not ours, and were left alone: .nojekyll" in said
    assert publisher.there() == {**publisher.site.tree(), **dict.fromkeys(foreign, b"somebody's")}


def test_what_is_named_shows_no_secret(site, bucket):
    publisher = in_bucket(site, bucket)
    publisher.put(f"site/{NEW}/users.json")
    assert publisher.said().endswith("were left alone: site/Uf3n.../users.json.\n")


def test_what_is_named_writes_no_line_of_its_own(local):
    local.put("x\nnote: \x1b[1mfine")
    assert local.said().endswith("were left alone: x?note: ?[1mfine.\n")


# -- what is not whole is not published


def broken(site, how):
    """Break what was built, and return what the refusal says."""
    if how == "never built":
        shutil.rmtree(site.out)
        return "holds no built site (no users.json)"
    if how == "no list":
        (site.out / "users.json").unlink()
        return "holds no built site (no users.json)"
    if how == "no folder":
        shutil.rmtree(site.out)
        site.out.write_text("")
        return "holds no built site"
    if how == "a feed is missing":
        (site.out / "feeds/bo.xml").unlink()
        return "users.json names 1 feeds that are not there (bo)"
    if how == "an empty list":
        (site.out / "users.json").write_bytes(b"")
        return "is not JSON"
    if how == "another address":
        site.network(base_url="https://other.nord.example")
        return "has other addresses than network.base_url"
    (site.out / "feeds/anna.xml").write_bytes(site.tree()["feeds/anna.xml"][:100])
    return "feeds/anna.xml is no feed, and was not published"


BROKEN = ["never built", "no list", "no folder", "a feed is missing", "an empty list", "another address", "half a feed"]


@pytest.mark.parametrize("how", BROKEN)
def test_what_is_not_whole_is_refused_with_what_to_do_and_the_list_there_stays(local, how):
    local()
    before = local.there()
    said = broken(local.site, how)
    with pytest.raises(BuildRefused) as refused:
        local()
    assert said in str(refused.value)
    assert "feeds build" in str(refused.value)
    assert local.there() == before


def test_a_catalog_with_faults_publishes_nothing(local):
    local.site.write("catalog.yaml", "network: {}\n")
    with pytest.raises(BuildRefused, match="has faults, so nothing was published"):
        local()
    assert local.there() == {}


# -- whose site lies there


def other_network(root, *users):
    other = Site(root)
    other.network(base_url="https://feeds.south.example")
    for user in users:
        other.user(user, f"{user}-1")
    other.happened(adopted(*users))
    other.build()
    return other


def test_the_site_of_another_network_is_not_replaced_without_a_persons_word(publisher, tmp_path):
    other = other_network(tmp_path / "other", "dan", "eve")
    for key, text in other.tree().items():
        publisher.put(key, text)
    with pytest.raises(BuildRefused) as refused:
        publisher()
    assert str(refused.value) == (
        f"{publisher.target} may hold another site: its users.json has other addresses than network.base_url. 2 of its "
        "2 feeds would be deleted (feeds/dan.xml, feeds/eve.xml), so nothing was published.\n"
        f"If that is meant, say so once: feeds publish {publisher.target} --take-over\n"
        "If it isn't, name a folder or a prefix that nobody else publishes to."
    )
    assert publisher.there() == other.tree()
    assert numbers(publisher(take_over=True)) == (3, 0, 2, 1)
    assert publisher.there() == publisher.site.tree()
    publisher.site.user("bo", "bo-0", enabled=False)
    publisher.site.build()
    assert numbers(publisher()) == (0, 2, 1, 1)  # once is enough


def test_a_site_in_a_folder_of_this_one_is_another(local, tmp_path):
    other = Site(tmp_path / "other")
    other.network(base_url="https://feeds.nord.example/sport")
    other.user("dan", "dan-0")
    other.happened(adopted("dan"))
    other.build()
    for name, text in other.tree().items():
        local.put(name, text)
    with pytest.raises(BuildRefused, match="has other addresses"):
        local()
    assert local.there() == other.tree()


@pytest.mark.parametrize("text", [b"", b"[1, 2]", b'{"users": 3}', b'[{"feed_url": 7}]', b"[" * 100_000])
def test_a_list_there_that_nobody_understands_is_nobodys_to_replace(local, text):
    local.put("users.json", text)
    local.put("feeds/dan.xml")
    with pytest.raises(BuildRefused, match="other addresses"):
        local()
    assert set(local.there()) == {"users.json", "feeds/dan.xml"}


def test_feeds_without_a_list_are_somebody_elses_until_a_person_says_otherwise(publisher):
    publisher.put("feeds/dan.xml")
    with pytest.raises(BuildRefused, match=r"it has no users\.json"):
        publisher()
    assert set(publisher.there()) == {"feeds/dan.xml"}


def test_a_machine_that_forgot_goes_on_but_not_where_many_feeds_would_leave(local):
    many = [f"user{number}" for number in range(20)]
    local.site.happened(adopted(*many))
    for user in many:
        local.site.user(user, f"{user}-1")
    local.site.build()
    local()
    shutil.rmtree(local.state / "publishing")
    local.site.user("user0", "user0-1", enabled=False)
    local.site.build()
    assert numbers(local()) == (0, 22, 1, 1)
    for user in many[1:9]:
        local.site.user(user, f"{user}-1", enabled=False)
    local.site.build(allow_removals=8)
    shutil.rmtree(local.state / "publishing")
    with pytest.raises(BuildRefused, match="8 of its 22 feeds would be deleted"):
        local()
    assert numbers(local(take_over=True)) == (0, 14, 8, 1)


def test_of_few_feeds_a_share_says_nothing(local):
    local()
    shutil.rmtree(local.state / "publishing")
    for user in ("bo", "cleo"):
        local.site.user(user, f"{user}-0", enabled=False)
    local.site.build()
    assert numbers(local()) == (0, 1, 2, 1)


def test_a_machine_that_remembers_lets_many_leave_as_the_builds_guard_did(local):
    many = [f"user{number}" for number in range(20)]
    local.site.happened(adopted(*many))
    for user in many:
        local.site.user(user, f"{user}-1")
    local.site.build()
    local()
    for user in many[:9]:
        local.site.user(user, f"{user}-1", enabled=False)
    local.site.build(allow_removals=9)
    assert numbers(local()) == (0, 14, 9, 1)


def test_what_left_since_the_site_online_is_explained_where_the_build_was_compared_with_that(local):
    many = [f"user{number}" for number in range(20)]
    local.site.happened(adopted(*many))
    local.site.build()
    local()
    online = list_in(local.site.out)
    shutil.rmtree(local.state / "publishing")
    local.site.happened("".join(line("left", "2026-11-22T10:00:00.000Z", user=each, parent="x1nord") for each in many))
    local.site.build()
    with pytest.raises(BuildRefused, match="20 of its 23 feeds"):
        local(compared=list_in(local.site.out))  # what is online is another
    assert numbers(local(compared=online)) == (0, 3, 20, 1)


def test_a_list_that_somebody_else_put_there_is_noticed(publisher):
    publisher()
    entry = {"id": "dan", "username": "dan", "feed_url": "https://feeds.south.example/feeds/dan.xml"}
    publisher.put("users.json", json.dumps([entry]).encode())
    publisher.put("feeds/dan.xml")
    with pytest.raises(BuildRefused, match="other addresses"):
        publisher()


def test_what_is_remembered_may_be_rubbish(local):
    local()
    [memory] = (local.state / "publishing").glob("*.json")
    for rubbish in (
        b"",
        b"[]",
        b'{"headers": 1}',
        b'{"headers": "", "lists": [], "tags": {}}',
        b"\xff",
        b"[" * 100_000,
    ):
        memory.write_bytes(rubbish)
        assert numbers(local()) == (0, 3, 0, 0)


# -- which commits the site is of


def say_commits(publisher, *commits):
    (publisher.site.out / "published.txt").write_text("".join(f"{each * 40}\n" for each in commits))


def test_which_commits_the_site_is_of_is_told_after_its_list(publisher):
    say_commits(publisher, "a")
    publisher()
    assert publisher.there() == publisher.site.tree()
    say_commits(publisher, "b", "a")
    publisher.site.user("anna", "anna-0", "anna-1", "anna-2", "anna-3")
    publisher.site.happened(line("left", "2026-11-22T10:00:00.000Z", user="bo", parent="x1nord"))
    publisher.site.build()
    assert [name for what, name in publisher(dry_run=True).steps if what == "write"][-1] == "published.txt"
    done = publisher()
    assert numbers(done) == (1, 1, 1, 1)
    assert [name for _, name in done.steps] == ["feeds/anna.xml", "users.json", "published.txt", "feeds/bo.xml"]
    assert publisher.there() == publisher.site.tree()
    assert publisher().steps == []


def test_a_site_that_does_not_say_its_commits_any_more_leaves_no_word_of_others(publisher):
    say_commits(publisher, "a")
    publisher()
    (publisher.site.out / "published.txt").unlink()
    assert publisher().steps == [("delete", "published.txt")]
    assert publisher.there() == publisher.site.tree()


# -- the secret path


@pytest.fixture
def closed(publisher):
    """Return a function that publishes with these secrets in the site's addresses, built for the first of them."""
    publisher.site.network(access=["secret path"])

    def publish(*secrets, build=True, **wishes):
        if build:
            publisher.site.build(secret_path=secrets[0])
        return publisher({"FEEDS_SITE_PATH": ",".join(secrets)}, **wishes)

    return publish


def test_which_commits_it_is_of_is_told_below_each_secret_and_leaves_with_it(publisher, closed):
    say_commits(publisher, "a")
    closed(NEW, OLD)
    assert publisher.there() == below(publisher.site.tree(), NEW, OLD)
    closed(NEW)
    assert publisher.there() == below(publisher.site.tree(), NEW)


def below(built, *segments):
    return {f"{segment}/{key}": text for segment in segments for key, text in built.items()}


def test_all_lies_below_the_secret_and_while_it_rotates_below_both(publisher, closed):
    assert numbers(closed(OLD)) == (3, 0, 0, 1)
    assert publisher.there() == below(publisher.site.tree(), OLD)
    done = closed(NEW, OLD)
    assert numbers(done) == (6, 0, 0, 2)  # each feed names its own address
    assert publisher.there() == below(publisher.site.tree(), NEW, OLD)
    assert f"/{NEW}/feeds/" in publisher.there()[f"{OLD}/users.json"].decode()
    assert [key for _, key in done.steps] == [
        *(f"{which} path>/feeds/{user}.xml" for user in USERS for which in ("<secret", "<old secret")),
        "<secret path>/users.json", "<old secret path>/users.json",
    ]  # fmt: skip
    publisher.site.user("anna", "anna-0")
    assert numbers(closed(NEW, OLD)) == (2, 4, 0, 0)
    assert publisher.there() == below(publisher.site.tree(), NEW, OLD)


def test_a_secret_that_is_not_configured_any_more_leaves_its_list_first(publisher, closed):
    closed(OLD)
    closed(NEW, OLD)
    done = closed(NEW)
    assert numbers(done) == (0, 3, 4, 0)
    assert done.steps[0] == ("delete", "<former secret path>/users.json")
    assert publisher.there() == below(publisher.site.tree(), NEW)
    [memory] = (publisher.state / "publishing").glob("*.json")
    assert len(json.loads(memory.read_bytes())["lists"]) == 1  # what is gone is not remembered for ever


def test_two_secrets_that_leave_at_once_leave_both_their_lists_first(publisher, closed):
    closed(OLDER)
    closed(OLD, OLDER)
    done = closed(NEW)
    assert [key for what, key in done.steps if what == "delete"][:2] == ["<former secret path>/users.json"] * 2
    assert publisher.there() == below(publisher.site.tree(), NEW)


def test_what_lies_without_a_secret_leaves_when_one_is_wanted_and_the_other_way_round(publisher, closed):
    publisher.site.network()
    publisher()
    publisher.site.network(access=["secret path"])
    assert numbers(closed(NEW)) == (3, 0, 4, 1)
    assert publisher.there() == below(publisher.site.tree(), NEW)
    publisher.site.network()
    publisher.site.build()
    assert numbers(publisher({"FEEDS_SITE_PATH": NEW})) == (3, 0, 4, 1)
    assert publisher.there() == publisher.site.tree()


def test_a_former_secret_that_nobody_knows_of_is_left_and_told_with_its_beginning_alone(publisher, closed):
    closed(OLD)
    shutil.rmtree(publisher.state / "publishing")
    done = closed(NEW)
    assert numbers(done) == (3, 0, 0, 1)
    assert publisher.there().keys() == below(publisher.site.tree(), NEW, OLD).keys()
    [note] = done.notes
    assert "former secret paths (Old4...)" in note
    assert OLD not in note


def test_a_folder_of_somebody_else_that_looks_like_a_secret_stays(publisher, closed):
    backup = "backup-of-the-feeds-2026"
    for key, text in publisher.site.tree().items():
        publisher.put(f"{backup}/{key}", text)
    closed(OLD)
    closed(NEW)
    assert {key for key in publisher.there() if key.startswith(backup)} == set(below(publisher.site.tree(), backup))


def test_no_secret_is_remembered_or_said(publisher, closed):
    closed(OLD)
    said = [closed(NEW, OLD), closed(NEW, dry_run=True), closed(NEW)]
    kept = b"".join(tree(publisher.state / "publishing").values()).decode()
    for secret in (NEW, OLD):
        assert secret not in repr(said) + kept


def test_without_the_secret_that_is_wanted_nothing_is_published(publisher, closed):
    publisher.site.build()
    with pytest.raises(UsageError, match="FEEDS_SITE_PATH is missing"):
        publisher()
    closed(OLD)
    with pytest.raises(BuildRefused, match="has other addresses") as refused:
        closed(NEW, OLD, build=False)
    assert NEW not in str(refused.value)
    assert publisher.there() == below(publisher.site.tree(), OLD)


# -- builds that come in between


def test_a_feed_that_goes_while_it_is_published_has_all_read_anew(local, monkeypatch):
    from feeds.publishing import publishing

    read, tries = publishing.read_built, []

    def read_built(*arguments):
        built = read(*arguments)
        tries.append(built)
        if len(tries) == 1:  # the build that came in between
            local.site.user("bo", "bo-0", enabled=False)
            local.site.build()
        return built

    monkeypatch.setattr(publishing, "read_built", read_built)
    local()
    assert len(tries) == 2
    assert local.there() == local.site.tree()
    assert "feeds/bo.xml" not in local.there()


@pytest.mark.parametrize("way", ["basic auth", "addresses"])
def test_what_object_storage_does_not_ask_for_is_told(site, bucket, tmp_path, way):
    site.network(access=[way])
    site.build()
    [note] = in_bucket(site, bucket)().notes
    assert f"network.access wants {way}, which object storage doesn't ask for" in note
    assert in_folder(site, tmp_path / "target")().notes == []


def test_nothing_is_published_where_the_target_is_not_there(site, tmp_path):
    publisher = in_folder(site, tmp_path / "target")
    (tmp_path / "target").rmdir()
    with pytest.raises(NotPublished, match="Make the folder, or mount it"):
        publisher()
    assert not (tmp_path / "target").exists()
