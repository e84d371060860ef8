"""`feeds history`: from events and real commits, who changed what and when."""

import json

import pytest

from feeds.__main__ import run
from tests.clones import git
from tests.sites import Site, adopted, imported, line

ANNA = """\
id: anna
username: anna-name
defaults: {category: tv, media_base: "https://cdn.nord.example/"}
videos:
  - guid: a1
    title: One
    media: a1.mp4
  - guid: a10
    title: Ten
    media: a10.mp4
  - {guid: "a.2", title: Two, media: a2.mp4}
"""
BO = '[{id: bo, username: bo, videos: [\n  {guid: b1, title: B, media: "https://x.example/b"}]}]'


@pytest.fixture
def site(tmp_path):
    site = Site(tmp_path)
    git(site.catalog, "init", "--quiet", "--initial-branch", "main")
    site.hour = 0
    site.commit = lambda subject: commit(site, subject)
    site.network(BO)
    site.write("users/anna.yaml", ANNA)
    site.commit("Start")
    return site


def commit(site, subject):
    site.hour += 1
    git(site.catalog, "add", "--all")
    git(site.catalog, "-c", "user.name=x", "commit", "--quiet", "--allow-empty", "-m", subject,
        f"--date=2026-11-2{site.hour}T10:00:00+02:00", "--author=Zoé <zoe@nord.example>")  # fmt: skip


@pytest.fixture
def feeds(site, capfd, monkeypatch):
    """Return a function that runs `feeds history` and returns exit code, output and errors."""
    for name in ("FEEDS_CATALOG", "GIT_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("FEEDS_STATE", str(site.state))

    def command(*arguments):
        monkeypatch.setattr("sys.argv", ["feeds", "history", "--catalog", str(site.catalog), *arguments])
        code = run()
        return (code, *capfd.readouterr())

    return command


@pytest.fixture
def subjects(feeds):
    """Return a function that returns the subjects of the commits in a history."""

    def subjects(name):
        rows = json.loads(feeds(name, "--format", "json")[1])
        return [row["what"].removeprefix("catalog: ") for row in rows if row["commit"]]

    return subjects


def test_events_and_commits_stand_in_order_of_time(site, feeds):
    site.happened(line("listed", "2026-11-21T09:00:00.000Z", user="anna", items={"a1": "d.1"}))
    site.journal(imported("a1", at="2026-11-23T10:00:00.000Z"))
    site.write("users/anna.yaml", ANNA.replace("One", "Eins"))
    site.commit("A German title")
    head, start = git(site.catalog, "log", "--format=%H").split()
    code, output, errors = feeds("a1")
    rows = output.splitlines()
    name = rows[-1][-11:-1]
    assert (code, rows, errors) == (0, [
        f"2026-11-21 08:00  Zoé          catalog: Start  [{start[:10]}]",
        "2026-11-21 09:00  feeds        listed in the feed of anna",
        f"2026-11-22 08:00  Zoé          catalog: A German title  [{head[:10]}]",
        f"2026-11-23 10:00  Dailymotion  imported as x-a1  [{name}]",
    ], "")  # fmt: skip
    records = json.loads(feeds("a1", "--format", "json")[1])
    assert records[2:] == [
        {"at": "2026-11-22T08:00:00.000Z", "who": "Zoé", "what": "catalog: A German title", "event": None,
         "commit": head},
        {"at": "2026-11-23T10:00:00.000Z", "who": "Dailymotion", "what": "imported as x-a1", "event": name,
         "commit": None},
    ]  # fmt: skip


def test_of_a_video_only_the_commits_that_changed_its_own_lines_count(site, subjects):
    site.write("users/anna.yaml", ANNA.replace("Ten", "Zehn"))
    site.commit("The tenth")
    site.write("users/anna.yaml", ANNA.replace("Ten", "Zehn").replace("Two", "Zwei"))
    site.commit("The second")
    site.happened(imported("a1"))
    site.commit("Results of a1")
    site.write("notes.txt", "guid: a1\n")
    site.commit("A note on a1")
    assert subjects("a1") == ["Start"]
    assert subjects("a10") == ["Start", "The tenth"]
    assert subjects("a.2") == ["Start", "The second"]
    assert subjects("ax2") == []


def test_a_video_that_is_gone_or_has_moved_still_has_its_history(site, subjects):
    site.write("users/anna.yaml", ANNA.replace("  - guid: a1\n    title: One\n    media: a1.mp4\n", ""))
    site.commit("Take a1 away")
    assert subjects("a1") == ["Start", "Take a1 away"]
    site.user("cleo", "a1")
    site.commit("Give a1 to Cleo")
    assert subjects("a1") == ["Start", "Take a1 away", "Give a1 to Cleo"]


def test_of_a_user_every_commit_that_touched_the_file_counts(site, subjects):
    site.write("users/anna.yaml", ANNA.replace("Ten", "Zehn"))
    site.commit("The tenth")
    site.user("cleo", "c1")
    site.commit("Cleo")
    assert subjects("anna") == ["Start", "The tenth"]
    (site.catalog / "users" / "anna.yaml").unlink()
    site.commit("Anna leaves")
    assert subjects("anna") == ["Start", "Anna leaves"]


def test_of_a_user_in_the_catalog_itself_the_commits_that_changed_the_own_lines_count(site, subjects):
    site.network(BO.replace("title: B", "title: Bee"))
    site.commit("Bee")
    site.network(BO.replace("title: B", "title: Bee"), name="Other")
    site.commit("Another name")
    assert subjects("bo") == ["Start", "Bee"]
    assert subjects("b1") == ["Start", "Bee"]


def test_a_user_s_history_holds_events_of_the_user_and_the_videos(site, feeds):
    site.happened(adopted("anna") + line("listed", user="anna", items={"a1": "d.1"}) + imported("a1", "zz"))
    words = [row["what"] for row in json.loads(feeds("anna", "--format", "json")[1]) if row["commit"] is None]
    assert words == ["adopted as anna-name (parent x1nord)", "listed a1", "a1: imported as x-a1"]


@pytest.mark.parametrize("name", ["a(1", "[", "\\", "*", "-x", "--output=y", "é", "\udcff", "a1|a10", ""])
def test_a_name_is_taken_as_it_stands(site, feeds, name):
    assert feeds("--", name) == (
        0, "", f'Nothing is known of "{name if name != chr(0xDCFF) else chr(92) + "udcff"}": '
        "it must be written as in the catalog.\n",
    )  # fmt: skip
    assert not (site.catalog / "y").exists()


def test_what_a_commit_or_a_callback_says_gives_the_terminal_no_orders(site, feeds):
    site.happened(line("import_failed", guid="a1", status="\x1b[2J", raw="{}"))
    site.write("users/anna.yaml", ANNA.replace("One", "Eins"))
    site.commit("A \x1b[31mred title")
    output = feeds("a1")[1]
    assert "\x1b" not in output
    assert "import failed: \\x1b[2J" in output
    assert "A \\x1b[31mred title" in output


def test_without_git_the_events_alone_are_told(feeds, site):
    (site.catalog / ".git").rename(site.catalog.parent / "away")
    site.happened(imported("a1"))
    assert [row["what"] for row in json.loads(feeds("a1", "--format", "json")[1])] == ["imported as x-a1"]


def test_before_the_first_commit_the_events_alone_are_told(feeds, site):
    git(site.catalog, "checkout", "--quiet", "--orphan", "new")
    site.happened(imported("a1"))
    assert [row["what"] for row in json.loads(feeds("a1", "--format", "json")[1])] == ["imported as x-a1"]


def test_results_that_only_the_checkout_has_are_told(feeds, site):
    """The clone may stay behind what `feeds sync` builds from, which is then what counts."""
    path = site.state / "checkout" / "results" / "main" / "2026-11-21.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(imported("a1"))
    assert "imported as x-a1" in feeds("a1")[1]
