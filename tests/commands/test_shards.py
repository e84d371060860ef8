"""`feeds build --shard` and `--join`: what is printed and answered, as a CI runs them."""

import os
import subprocess
import sys

import pytest

from feeds.__main__ import run
from tests.sites import Site, adopted, tree, user_text

AT = ["--at", "2026-11-24"]


@pytest.fixture
def site(tmp_path):
    site = Site(tmp_path)
    site.user("anna", "a1", "a2", {"guid": "a3", "rights": {"from": "2026-12-01"}})
    site.user("bo", "b1")
    site.user("dan", "d1")
    site.happened(adopted("anna", "bo"))
    return site


@pytest.fixture
def feeds(site, capfd, monkeypatch):
    monkeypatch.chdir(site.catalog)
    monkeypatch.setenv("FEEDS_STATE", str(site.state))
    for name in ("FEEDS_CATALOG", "FEEDS_PREVIOUS", "FEEDS_SITE_PATH"):
        monkeypatch.delenv(name, raising=False)

    def command(*arguments):
        monkeypatch.setattr("sys.argv", ["feeds", "build", *map(str, arguments)])
        code = run()
        return (code, *capfd.readouterr())

    return command


def test_shards_say_where_they_are_and_that_nothing_is_published_and_their_join_is_the_whole(feeds, site, tmp_path):
    shards = tmp_path / "shards"
    for number, users in ((1, "2 users"), (2, "1 user")):
        assert feeds("--shard", f"{number}/2", *AT, "--out", shards) == (
            0,
            f"Shard {number} of 2: {users}; {shards}/{number}-of-2.shard.\n"
            "Nothing is published. Bring all shards into one folder, and join them: feeds build --join DIR\n",
            "",
        )
    whole = feeds(*AT, "--out", tmp_path / "whole")
    assert feeds("--join", shards, "--out", site.out) == whole
    assert whole[0] == 0
    assert site.tree() == tree(tmp_path / "whole")


def test_a_user_with_faults_fails_no_shard_but_the_join_as_the_whole(feeds, site, tmp_path):
    site.write("users/bo.yaml", user_text("bo", {"guid": "b1", "duration": "soon"}))
    code, output, errors = feeds("--shard", "1/1", *AT, "--out", tmp_path / "shards")
    assert (code, errors) == (0, "")
    assert output.startswith(f"Shard 1 of 1: 3 users, 1 with faults, which the join judges; {tmp_path}/shards/")
    whole = feeds(*AT, "--out", tmp_path / "whole")
    assert feeds("--join", tmp_path / "shards", "--out", site.out) == whole
    assert whole[0] == 1
    assert "users/bo.yaml:5:" in whole[2]


def test_a_broken_catalog_fails_every_shard_with_its_faults(feeds, site, tmp_path):
    site.network(feed_limit="many")
    code, output, errors = feeds("--shard", "1/2", *AT, "--out", tmp_path / "shards")
    assert (code, output) == (1, "")
    assert "catalog.yaml:6:15: error[number] network > feed_limit" in errors
    assert not (tmp_path / "shards").exists()


@pytest.mark.parametrize("part", ["0/3", "4/3", "3", "1/0", "-1/3", "1/257", "1/3/3", "a/b", "1 /3"])
def test_a_part_that_is_none_is_refused(feeds, tmp_path, part):
    code, _, errors = feeds("--shard", part, *AT, "--out", tmp_path / "shards")
    assert code == 2
    assert f'"{part}" is no part: write 3/16 for the third of sixteen, of 256 at most.' in errors


def test_a_shard_wants_the_time_and_the_folder_said(feeds, tmp_path):
    assert feeds("--shard", "1/2", "--out", tmp_path / "shards") == (
        2,
        "",
        "error: --shard wants --at TIME, the same for all shards, or their rights windows would differ.\n"
        'Take it once, before the first: at="$(date -u +%Y-%m-%dT%H:%M:%SZ)"\n',
    )
    code, _, errors = feeds("--shard", "1/2", *AT)
    assert code == 2
    assert errors.startswith("error: --shard wants --out DIR,")


@pytest.mark.parametrize(
    "option",
    [
        ["--record"],
        ["--full"],
        ["--allow-removals", "3"],
        ["--previous", "none"],
        ["--join", "x"],
        ["--format", "json"],
    ],
    ids=" ".join,
)
def test_what_is_judged_over_the_whole_is_refused_with_a_shard(feeds, tmp_path, option):
    code, output, errors = feeds("--shard", "1/2", *AT, "--out", tmp_path / "shards", *option)
    assert (code, output) == (2, "")
    assert errors == f"error: {option[0]} goes with the whole site, not with --shard: give it to feeds build --join.\n"
    assert not (tmp_path / "shards").exists()


def test_what_is_online_said_once_for_all_jobs_is_no_matter_of_a_shard(feeds, site, tmp_path, monkeypatch):
    feeds(*AT, "--out", tmp_path / "online")
    monkeypatch.setenv("FEEDS_PREVIOUS", str(tmp_path / "online"))
    assert feeds("--shard", "1/1", *AT, "--out", tmp_path / "shards")[0] == 0
    (site.catalog / "users/anna.yaml").write_text("videos: [")
    code, output, _ = feeds("--join", tmp_path / "shards", "--out", site.out)
    assert (code, output) == (1, "")  # of another text
    assert feeds("--shard", "1/1", *AT, "--out", tmp_path / "shards")[0] == 0
    assert feeds("--join", tmp_path / "shards", "--out", site.out)[0] == 1
    assert site.tree() == tree(tmp_path / "online")


def test_a_join_has_its_time_from_the_shards(feeds, tmp_path):
    feeds("--shard", "1/1", *AT, "--out", tmp_path / "shards")
    code, _, errors = feeds("--join", tmp_path / "shards", *AT)
    assert code == 2
    assert (
        errors == "error: --at goes with --shard: shards are joined as of the time that all of them were built for.\n"
    )


def test_shards_built_at_once_on_one_machine_do_not_mix(site, tmp_path):
    environ = {**os.environ, "FEEDS_STATE": str(site.state)}
    command = [sys.executable, "-m", "feeds", "build", "--catalog", site.catalog, *AT, "--out", tmp_path / "shards"]
    parts = [f"{number}/2" for number in (1, 2, 1, 2)]
    running = [subprocess.Popen([*command, "--shard", part], env=environ, stdout=subprocess.DEVNULL) for part in parts]
    assert [each.wait() for each in running] == [0, 0, 0, 0]
    assert sorted(path.name for path in (tmp_path / "shards").iterdir()) == ["1-of-2.shard", "2-of-2.shard"]
    joins = [sys.executable, "-m", "feeds", "build", "--catalog", site.catalog, "--join", tmp_path / "shards"]
    running = [subprocess.Popen([*joins, "--out", site.out], env=environ, stdout=subprocess.DEVNULL) for _ in range(2)]
    assert [each.wait() for each in running] == [0, 0]
    assert sorted(site.tree()) == ["feeds/anna.xml", "feeds/bo.xml", "users.json"]
