"""An upgrade costs nothing: what an earlier version has left, this one takes over; what a later one writes, it keeps.

tests/data/upgrades/ holds what two earlier versions left when they were run on the sample network: of the first day on
which there was a build and an app (commit 35ac8b2), and of the first weeks' sync, onboarding and notices (53023d0).
"""

import gzip
import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from feeds.building import site as building
from feeds.building.site import Wish, build
from feeds.commands import results
from feeds.commands.notify import tell
from feeds.core.events import Event
from feeds.formats import results_yaml
from feeds.onboarding.parent_check import NotChecked, passed
from feeds.onboarding.waiting import Waiting
from feeds.settings import Folders
from feeds.storage.dead_letters import DeadLetters
from feeds.syncing.sync import Plan, sync
from tests.clones import Editor, git
from tests.sites import tree

DATA = Path(__file__).parent / "data/upgrades"
FIRST, SECOND = DATA / "2026-11-24", DATA / "2026-11-25"
AT = datetime(2026, 11, 25, 7, 30, tzinfo=UTC)

# As a later version may write them: an event nobody knows, and a field; neither set as this version would set them.
UNKNOWN_EVENT = (
    b'- {"at": "2026-11-25T08:00:00.000Z", "event": "geoblocked", "guid": "openmo-0003", "share": 1.50, "by": {}}'
)
UNKNOWN_FIELD = (
    b'- {"event":"imported","guid":"openmo-0003","at":"2026-11-25T08:00:01.0Z","remote_id":"x9","quality":{"p":1}}'
)
LATER = UNKNOWN_EVENT + b"\n" + UNKNOWN_FIELD + b"\n"


def with_its_index(snapshot, wish):
    """Put the index that the earlier version has built into the place where this one looks for it."""
    path = building._index_path(wish)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.decompress((snapshot / "index.sqlite.gz").read_bytes()))
    return wish


@pytest.fixture
def first(tmp_path):
    """Return the folder of a network as the first version has left it: catalog, state, and the site in out."""
    shutil.copytree(FIRST, tmp_path / "first")
    return tmp_path / "first"


def wish_of(folder, **more):
    return Wish(Folders(folder / "catalog", folder / "state"), folder / "out", AT, jobs=1, record=True, **more)


def test_the_first_versions_network_is_built_to_the_same_bytes_and_no_video_is_noted_as_changed(first):
    """Were an item's digest reckoned anew, all that is imported would count as changed since its import."""
    site, journal = tree(first / "out"), tree(first / "state/journal")
    report = build(with_its_index(FIRST, wish_of(first)))
    assert (report.published, report.written, report.removed) == (True, 0, 0)
    assert tree(first / "out") == site
    assert tree(first / "state/journal").items() >= journal.items()
    assert sum(map(len, tree(first / "state/journal").values())) == sum(map(len, journal.values()))


@pytest.mark.parametrize("snapshot", [FIRST, SECOND], ids=lambda each: each.name)
def test_an_index_of_an_earlier_version_is_made_anew(first, snapshot):
    shutil.rmtree(first / "out")
    wish = with_its_index(snapshot, wish_of(first))
    assert build(wish).written == 4
    assert tree(first / "out") == tree(FIRST / "out")


def test_a_dead_letter_of_the_first_version_is_still_waiting_to_be_read(first):
    [letter] = DeadLetters(first / "state/dead-letters").letters()
    assert letter.body == b"no callback \xff"
    assert not letter.judged


def test_what_a_later_version_has_written_changes_nothing_but_what_is_known_of_it(first):
    build(wish_of(first))
    before = (first / "out/feeds/x2openmo.xml").read_bytes()
    path = first / "catalog/results/main/2026-11-25.yaml"
    path.write_bytes(UNKNOWN_EVENT + b"\n")
    report = build(wish_of(first))
    assert (report.findings, (first / "out/feeds/x2openmo.xml").read_bytes()) == ([], before)
    path.write_bytes(LATER)
    assert build(wish_of(first)).findings == []
    assert b"openmo-0003" not in (first / "out/feeds/x2openmo.xml").read_bytes()  # imported, in whatever quality


class Moved:
    """A machine on which the second version was at work, and its remote; an editor has a clone."""

    def __init__(self, root):
        self.remote, self.state, self.out = root / "remote.git", root / "state", root / "out"
        git(root, "init", "--quiet", "--bare", "--initial-branch=main", self.remote)
        git(root, "clone", "--quiet", self.remote, root / "editor")
        self.editor = Editor(root / "editor")
        shutil.copytree(FIRST / "catalog", root / "editor", dirs_exist_ok=True)
        shutil.copytree(SECOND / "results", root / "editor/results", dirs_exist_ok=True)
        git(root / "editor", "checkout", "--quiet", "-B", "main")
        self.editor.push("Begin")
        git(root, "clone", "--quiet", self.remote, root / "catalog")
        shutil.copytree(SECOND / "state", self.state)
        shutil.copytree(SECOND / "out", self.out)
        self.catalog = root / "catalog"
        with_its_index(SECOND, Wish(Folders(self.state / "checkout", self.state), self.out, AT, jobs=1))

    def sync(self):
        return sync(Plan(Folders(self.catalog, self.state), self.out, instance="north"))

    def on_record(self, name):
        return git(self.remote, "show", f"main:results/{name}").encode() + b"\n"


@pytest.fixture
def moved(tmp_path):
    return Moved(tmp_path)


def test_a_machine_goes_on_under_its_name_and_carries_what_the_earlier_version_had_journalled_as_it_stands(moved):
    journalled = (moved.state / "journal/00000002.yaml").read_bytes()
    done = moved.sync()
    assert (done.troubles, done.pushed is not None) == ([], True)
    assert moved.on_record("north/2026-11-25.yaml").startswith((SECOND / "results/north/2026-11-25.yaml").read_bytes())
    assert journalled in moved.on_record("north/2026-11-25.yaml")
    assert b"small-000002" not in (moved.out / "feeds/x2small1.xml").read_bytes()
    assert moved.on_record("main/2026-11-24.yaml") == (SECOND / "results/main/2026-11-24.yaml").read_bytes()


def test_lines_of_a_later_version_are_carried_and_put_back_byte_for_byte(moved):
    moved.sync()
    (moved.state / "journal").mkdir(exist_ok=True)
    (moved.state / "journal/00000099.yaml").write_bytes(LATER)
    moved.sync()
    assert LATER in moved.on_record("north/2026-11-25.yaml")
    moved.editor.pull()
    (moved.editor.catalog / "results/north/2026-11-25.yaml").unlink()
    moved.editor.push("Tidy up")
    assert "had gone from results/north/2026-11-25.yaml" in moved.sync().troubles[0]
    lines = moved.on_record("north/2026-11-25.yaml").splitlines()
    assert {UNKNOWN_EVENT, UNKNOWN_FIELD} <= set(lines)


def test_who_waits_and_what_was_told_is_known_and_a_parent_confirmed_without_its_api_is_asked_for_again(moved):
    now = datetime(2026, 11, 25, 9, tzinfo=UTC) + timedelta(hours=1)
    assert Waiting(moved.state).contacts({"x9stray"}, now)["x9stray"].email == "stray@films.example"
    sent = []
    tell(Folders(moved.catalog, moved.state), now, sent.append)
    told_then = {"openmo-0002", "strayfilms (x9stray)"}
    assert not any(name in body.decode() for body in sent for name in told_then)
    with pytest.raises(NotChecked, match=r"Run `feeds doctor` here\."):
        passed(moved.state, "x1nord", "https://api.dailymotion.com")


def test_a_callback_with_fields_that_nobody_knows_is_ingested_with_its_text_as_it_came(first):
    text = '{"timestamp": 1795554936902, "new": 1.50, "type": "injector.item.ready", "data": {"status": "ready", '
    text += '"uid": "openmo-0004", "remote_id": "x9new", "quality":  "4k"}}'
    (first / "late.json").write_text(f"[{text}]")
    environ = {"FEEDS_CATALOG": str(first / "catalog"), "FEEDS_STATE": str(first / "state")}
    done = CliRunner().invoke(results.command, ["ingest", str(first / "late.json")], env=environ)
    assert done.exception is None, done.output
    text_of_journal = b"".join(path.read_bytes() for path in sorted((first / "state/journal").glob("*.yaml")))
    last = list(results_yaml.parse(text_of_journal))[-1]
    assert isinstance(last, Event)
    assert (last.event, json.loads(json.dumps(last.text("raw")))) == ("imported", text)
