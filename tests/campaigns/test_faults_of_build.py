"""Whichever system call of `feeds build` fails once: the site stays whole, it is said, and the next build makes it."""

import shutil

import pytest

from tests.campaigns.test_build_kill import check_what_is_seen, noted
from tests.faults import Forge, some_of
from tests.sites import AT, Site, adopted, imported, line

FAULTS = {"write": "ENOSPC", "pwrite64": "EIO", "fsync": "EIO", "rename": "EIO", "unlink": "EIO", "mkdir": "ENOSPC",
          "flock": "ENOLCK", "ftruncate": "EIO", "pread64": "EIO"}  # fmt: skip


@pytest.fixture(scope="module")
def forge(tmp_path_factory):
    forge = Forge(tmp_path_factory.mktemp("forge"))
    yield forge
    forge.close()


class Moved(Site):
    """A published site whose catalog and results have moved on, and which can be put back to that moment."""

    def __init__(self, root):
        self.root, self._saved = root / "site", root / "saved"
        super().__init__(self.root)
        for user in ("anna", "bo", "same"):
            self.user(user, *(f"{user}-{number}" for number in range(5)))
        self.happened(adopted("anna", "bo", "same"))
        self.build(record=True)
        self.before = self.tree()
        self.user("anna", *(f"anna-{number}" for number in range(6)))
        self.user("cleo", "cleo-1")
        self.happened(imported("anna-1") + adopted("cleo", "dan"))
        self.journal(line("left", "2026-11-22T10:00:00.000Z", user="bo", parent="x1nord"))
        shutil.copytree(self.root, self._saved)
        self.after = self.fresh()

    def put_back(self, *, empty):
        shutil.rmtree(self.root)
        shutil.copytree(self._saved, self.root)
        if empty:
            shutil.rmtree(self.out)
            shutil.rmtree(self.state / "cache")


@pytest.mark.parametrize("start", ["published", "empty"])
def test_whichever_call_of_a_build_fails_the_site_stays_whole_and_the_next_build_makes_it(
    tmp_path, forge, need, campaign_s, start, counted
):
    need("strace")
    site, empty, faults = Moved(tmp_path), start == "empty", 0
    command = ["build", "--catalog", site.catalog, "--out", site.out, "--record", "--jobs", "1", "--at", AT.isoformat()]
    site.put_back(empty=empty)
    calls = forge.calls(command, site.state, FAULTS)
    for call, which in some_of(calls, all_of_them=campaign_s > 60, seconds=campaign_s):
        site.put_back(empty=empty)
        ran = forge.run(command, site.state, f"{call}:error={FAULTS[call]}:when={which}")
        faults += ran.faults
        assert "Traceback" not in ran.said, (call, which, ran.said)
        assert ran.code in (0, 1, 120), (call, which, ran.said)
        assert ran.code == 0 or ran.said, (call, which)
        check_what_is_seen(site.out, *([site.after] if empty else [site.before, site.after]))
        if ran.code == 0:
            assert site.tree() == site.after
        for _ in range(2):
            site.build(record=True)
            assert site.tree() == site.after
        assert noted(site) == {"anna": set(site.listed("anna")), "bo": set(), "same": set(site.listed("same")),
                               "cleo": {"cleo-1"}}  # fmt: skip
    assert faults
    counted(f"{faults} faults")
