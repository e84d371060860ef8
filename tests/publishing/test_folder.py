"""A folder as a target: what a killed run has left there, who else writes there, and what it can't take."""

import os
import re
import shutil
import subprocess
import threading
import time
from pathlib import Path

import pytest

from feeds.core.errors import UsageError
from feeds.publishing import folder
from feeds.publishing.target import NotPublished
from feeds.storage.static_dir import only_one
from tests.publishing.conftest import USERS, in_folder
from tests.publishing.test_publishing import NEW, numbers
from tests.sites import tree


@pytest.fixture
def publisher(site, tmp_path):
    return in_folder(site, tmp_path / "target")


@pytest.fixture
def target(tmp_path):
    return tmp_path / "target"


def test_what_a_killed_run_left_half_written_is_removed_and_no_other_file(publisher, target):
    publisher()
    for name in (".users.json.1234abcd.tmp", "feeds/.bo.xml.1234abcd.tmp"):
        publisher.put(name, b"half")
    publisher.put(".htaccess")
    publisher.put("feeds/.keep")
    publisher()
    assert tree(target) == {**publisher.site.tree(), ".htaccess": b"somebody's", "feeds/.keep": b"somebody's"}


def test_what_others_call_temporary_is_theirs(publisher, target):
    names = [".draft.tmp", "feeds/.notes.txt.1234abcd.tmp", "shop/.draft.tmp", "shop/feeds/.bo.xml.1234abcd.tmp",
             ".users.json.tmp", f"{NEW}/.draft.tmp"]  # fmt: skip
    for name in names:
        publisher.put(name)
    publisher()
    assert tree(target) == {**publisher.site.tree(), **dict.fromkeys(names, b"somebody's")}


def test_what_a_killed_run_left_below_a_secret_is_removed(publisher, target):
    publisher.site.network(access=["secret path"])
    publisher.site.build(secret_path=NEW)
    for name in (f"{NEW}/.users.json.1234abcd.tmp", f"{NEW}/feeds/.bo.xml.1234abcd.tmp"):
        publisher.put(name, b"half")
    publisher({"FEEDS_SITE_PATH": NEW})
    assert tree(target) == {f"{NEW}/{name}": text for name, text in publisher.site.tree().items()}


def test_a_link_that_leads_to_itself_is_no_folder(publisher, target):
    target.rmdir()
    target.symlink_to(target)
    with pytest.raises(NotPublished, match="can't be opened: Too many levels of symbolic links"):
        publisher()


def _in_the_way(target, how):
    if how == "a file for the segment":
        (target / NEW).write_text("")
    elif how == "a file for feeds":
        (target / NEW).mkdir()
        (target / NEW / "feeds").write_text("")
    elif how == "a link to itself":
        (target / NEW).symlink_to(NEW)
    else:
        (target / NEW / how).mkdir(parents=True)


@pytest.mark.parametrize(
    "how", ["a file for the segment", "a file for feeds", "a link to itself", "users.json", "feeds/anna.xml"]
)
def test_what_can_not_be_written_is_named_without_the_secret(publisher, target, how):
    publisher.site.network(access=["secret path"])
    publisher.site.build(secret_path=NEW)
    _in_the_way(target, how)
    with pytest.raises(NotPublished, match=f"^{re.escape(str(target))}/<secret path>") as refused:
        publisher({"FEEDS_SITE_PATH": NEW})
    assert NEW not in str(refused.value)


@pytest.mark.parametrize("name", ["users.json", "feeds/anna.xml"])
def test_what_can_not_be_written_of_an_open_site_is_named_whole(publisher, target, name):
    (target / name).mkdir(parents=True)
    folder, _, file = f"{target}/{name}".rpartition("/")
    with pytest.raises(NotPublished, match=rf"^{re.escape(folder)}/[.]{file}[.][0-9a-f]+[.]tmp can't be written: "):
        publisher()


def test_two_publishers_with_states_of_their_own_wait_for_each_other(publisher, target, tmp_path):
    ended = []
    with only_one(target):
        publisher.state = tmp_path / "another state"
        thread = threading.Thread(target=lambda: ended.append(publisher()))
        thread.start()
        thread.join(0.3)
        assert not ended
    thread.join(60)
    assert [numbers(done) for done in ended] == [(3, 0, 0, 1)]


def test_two_publishers_with_one_state_wait_for_each_other(publisher):
    (publisher.state / "publishing").mkdir()
    ended = []
    with only_one(publisher.state / "publishing"):
        thread = threading.Thread(target=lambda: ended.append(publisher()))
        thread.start()
        thread.join(0.3)
        assert not ended
    thread.join(60)
    assert len(ended) == 1


def test_the_list_is_read_while_no_build_runs(publisher):
    ended = []
    with only_one(publisher.site.out):
        thread = threading.Thread(target=lambda: ended.append(publisher()))
        thread.start()
        thread.join(0.3)
        assert not ended
        entry = publisher.site.out / "feeds/bo.xml"
        held = entry.read_bytes()
        entry.unlink()
        time.sleep(0.1)
        entry.write_bytes(held)
    thread.join(60)
    assert [numbers(done) for done in ended] == [(3, 0, 0, 1)]


def test_readers_of_a_file_that_is_replaced_keep_the_one_that_they_have_opened(publisher, target):
    publisher()
    with (target / "feeds/anna.xml").open("rb") as file:
        publisher.site.user("anna", "anna-9")
        before = publisher.site.tree()["feeds/anna.xml"]
        publisher.site.build()
        publisher()
        assert file.read() == before
    assert (target / "feeds/anna.xml").stat().st_mode & 0o777 == 0o644


def test_a_folder_of_a_former_secret_goes_with_its_last_file(publisher, target):
    publisher.site.network(access=["secret path"])
    publisher.site.build(secret_path="Old4nJkQ8sVx2ZpLm7RtYc")
    publisher({"FEEDS_SITE_PATH": "Old4nJkQ8sVx2ZpLm7RtYc"})
    publisher.site.build(secret_path=NEW)
    publisher({"FEEDS_SITE_PATH": NEW})
    assert [each.name for each in target.iterdir()] == [NEW]


def test_a_work_tree_of_its_own_takes_the_site_but_no_secret(publisher, target):
    subprocess.run(["git", "init", "--quiet", target], check=True)
    publisher()
    assert (target / ".git/HEAD").is_file()
    publisher.site.network(access=["secret path"])
    publisher.site.build(secret_path=NEW)
    with pytest.raises(UsageError, match="where the secret path would be committed") as refused:
        publisher({"FEEDS_SITE_PATH": NEW})
    assert NEW not in str(refused.value)
    assert not (target / NEW).exists()


def test_a_file_in_the_place_of_the_target_or_of_feeds_is_said(publisher, target):
    (target / "feeds").write_text("a file")
    with pytest.raises(NotPublished, match=r"feeds can't be cleared: Not a directory|can't be written: "):
        publisher()
    (target / "feeds").unlink()
    target.rmdir()
    target.write_text("")
    with pytest.raises(NotPublished, match="can't be opened: Not a directory"):
        publisher()


def test_a_link_in_the_place_of_a_file_is_replaced_and_what_it_leads_to_stays(publisher, target, tmp_path):
    (tmp_path / "elsewhere").write_text("somebody's")
    (target / "users.json").symlink_to(tmp_path / "elsewhere")
    publisher()
    assert not (target / "users.json").is_symlink()
    assert (tmp_path / "elsewhere").read_text() == "somebody's"


def test_a_folder_that_holds_or_is_what_it_is_made_from_is_refused(publisher, tmp_path):
    site = publisher.site
    (site.out / "below").mkdir()
    for target in (site.out, site.out / "below", site.catalog, site.catalog / "pages", site.state, tmp_path):
        publisher.target = str(target)
        with pytest.raises(UsageError, match="can't be published to: "):
            publisher()
    assert not (site.catalog / "feeds").exists()


def test_a_target_by_a_link_into_the_catalog_is_refused_as_the_catalog_is(publisher, tmp_path):
    (tmp_path / "link").symlink_to(publisher.site.catalog)
    publisher.target = str(tmp_path / "link")
    with pytest.raises(UsageError, match="can't be published to: the catalog"):
        publisher()


def test_a_mount_that_can_not_flush_or_lock_folders_is_written_all_the_same(publisher, target, monkeypatch):
    """As file systems say it that have no such call: https://man7.org/linux/man-pages/man2/fsync.2.html (EINVAL)."""
    real_sync, real_lock = os.fsync, folder.fcntl.flock

    def fsync(fd):
        its = Path(f"/proc/self/fd/{fd}")
        if its.is_dir() and str(target) in str(its.readlink()):
            raise OSError(22, "Invalid argument")
        real_sync(fd)

    def flock(fd, operation):
        if Path(f"/proc/self/fd/{fd}").readlink() == target:
            raise OSError(37, "No locks available")
        real_lock(fd, operation)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(folder.fcntl, "flock", flock)
    assert numbers(publisher()) == (3, 0, 0, 1)
    assert tree(target) == publisher.site.tree()


def test_an_empty_folder_in_the_place_of_a_mount_is_not_filled(publisher, target):
    publisher()
    shutil.rmtree(target)
    target.mkdir()
    with pytest.raises(NotPublished, match="is empty, and the site was published there before") as refused:
        publisher()
    assert str(refused.value).endswith(
        f"Mount what belongs there. If it was emptied on purpose: feeds publish {target} --full"
    )
    assert tree(target) == {}
    assert numbers(publisher(full=True)) == (3, 0, 0, 1)


def test_feeds_and_their_names_are_on_the_disk_before_a_list_names_them(publisher, target, monkeypatch):
    done, fsync, rename = [], os.fsync, folder.publish

    def flush(fd):
        done.append(("flush", re.sub(r"^\.|\.[0-9a-f]{8}\.tmp$", "", Path(f"/proc/self/fd/{fd}").readlink().name)))
        fsync(fd)

    def put(staged, path):
        done.append(("rename", path.name))
        rename(staged, path)

    monkeypatch.setattr(os, "fsync", flush)
    monkeypatch.setattr(folder, "publish", put)
    publisher()
    feeds = [f"{user}.xml" for user in USERS]
    for feed in feeds:
        assert done.index(("flush", feed)) < done.index(("rename", feed)) < done.index(("flush", "feeds"))
    assert done.index(("flush", "feeds")) < done.index(("rename", "users.json")) < len(done) - 1
    assert ("flush", "target") in done[done.index(("rename", "users.json")) :]
    # The folder of feeds has been made: its own name has to last, too.
    assert ("flush", "target") in done[: done.index(("rename", "users.json"))]
