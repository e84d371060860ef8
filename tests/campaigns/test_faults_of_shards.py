"""Whichever system call of a shard or a join fails or is the last: no half shard is joined, no half site is seen."""

import shutil

import pytest

from tests.building.test_shards import build_shards, join
from tests.campaigns.test_build_kill import check_what_is_seen, noted
from tests.campaigns.test_faults_of_build import Moved
from tests.faults import Forge, some_of
from tests.sites import AT, tree

FAULTS = {"write": "ENOSPC", "pwrite64": "EIO", "fsync": "EIO", "rename": "EIO", "unlink": "EIO", "mkdir": "ENOSPC",
          "flock": "ENOLCK", "pread64": "EIO", "read": "EIO"}  # fmt: skip


@pytest.fixture(scope="module")
def forge(tmp_path_factory):
    forge = Forge(tmp_path_factory.mktemp("forge"))
    yield forge
    forge.close()


def faults_of(calls):
    """Return each call with its failure, and with a kill in its place."""
    return [(call, which, fault) for call, which in calls for fault in (f"error={FAULTS[call]}", "signal=KILL")]


def test_whichever_call_of_a_shard_is_the_last_its_file_is_whole_or_not_there(
    tmp_path, forge, need, campaign_s, counted
):
    need("strace")
    site, shards, state = Moved(tmp_path), tmp_path / "shards", tmp_path / "state"
    whole = tree(build_shards(site, tmp_path / "whole", 1))
    command = ["build", "--catalog", site.catalog, "--out", shards, "--jobs", "1", "--at", AT.isoformat()]
    command += ["--shard", "1/1"]
    shutil.copytree(site.state / "journal", state / "journal")
    calls = forge.calls(command, state, FAULTS)
    assert tree(shards) == whole
    faults = 0
    for call, which, fault in some_of(faults_of(calls), all_of_them=campaign_s > 60, seconds=campaign_s):
        for former in (True, False):
            if not former:
                shutil.rmtree(shards, ignore_errors=True)
            ran = forge.run(command, state, f"{call}:{fault}:when={which}")
            faults += ran.faults
            assert "Traceback" not in ran.said, (call, which, ran.said)
            assert ran.code in (0, 1, 2, 120, -9), (call, which, ran.said)
            assert ran.code in (0, -9) or ran.said, (call, which)
            seen = {name: text for name, text in tree(shards).items() if not name.startswith(".")}
            if ran.code == 0 and "which the join judges" in ran.said:  # a text that couldn't be read there
                site.put_back(empty=True)
                join(site, shards, record=True)
                assert site.tree() == site.after, (call, which, fault)
                continue
            assert seen in ([whole] if former or ran.code == 0 else [whole, {}]), (call, which, fault)
        assert forge.run(command, state).code == 0
        assert tree(shards) == whole
    assert faults
    counted(f"{faults} faults")


@pytest.mark.parametrize("start", ["published", "empty"])
def test_whichever_call_of_a_join_is_the_last_the_site_stays_whole_and_the_next_join_makes_it(
    tmp_path, forge, need, campaign_s, start, counted
):
    need("strace")
    site, shards, empty, faults = Moved(tmp_path), tmp_path / "shards", start == "empty", 0
    build_shards(site, shards, 3)
    before = tree(shards)
    command = ["build", "--catalog", site.catalog, "--out", site.out, "--record", "--jobs", "1", "--join", shards]
    site.put_back(empty=empty)
    calls = forge.calls(command, site.state, FAULTS)
    assert site.tree() == site.after
    for call, which, fault in some_of(faults_of(calls), all_of_them=campaign_s > 60, seconds=campaign_s):
        site.put_back(empty=empty)
        ran = forge.run(command, site.state, f"{call}:{fault}:when={which}")
        faults += ran.faults
        assert "Traceback" not in ran.said, (call, which, ran.said)
        assert ran.code in (0, 1, 2, 120, -9), (call, which, ran.said)
        assert ran.code in (0, -9) or ran.said, (call, which)
        check_what_is_seen(site.out, *([site.after] if empty else [site.before, site.after]))
        if ran.code == 0:
            assert site.tree() == site.after
        join(site, shards, record=True)
        assert site.tree() == site.after
        site.build(record=True)
        assert site.tree() == site.after
        assert noted(site) == {"anna": set(site.listed("anna")), "bo": set(), "same": set(site.listed("same")),
                               "cleo": {"cleo-1"}}  # fmt: skip
    assert faults
    assert tree(shards) == before
    counted(f"{faults} faults")
