"""`feeds build`: what is printed, kept and answered."""

import json
import subprocess
import sys

import pytest

from feeds.__main__ import run
from tests.clones import ROOT
from tests.sites import Site, adopted, imported, line, user_text

AT = ["--at", "2026-11-24"]
NOTE = "note: the shape of users.json is a proposal: ask your content manager, then set network.user_list.confirmed\n"


@pytest.fixture
def site(tmp_path):
    site = Site(tmp_path)
    site.out, site.state = site.catalog / "static_out", site.catalog / ".feeds"
    site.user("anna", "a1", "a2", {"guid": "a3", "hold": "rights"}, {"guid": "a4", "rights": {"from": "2027-01-01"}})
    site.user("bo", "b1", username="bo")
    site.user("cleo", "c1")
    site.user("dan", "d1", enabled=False)
    site.happened(adopted("anna", "bo", "dan") + imported("a1"))
    return site


@pytest.fixture
def feeds(site, capfd, monkeypatch):
    monkeypatch.chdir(site.catalog)
    for name in ("FEEDS_STATE", "FEEDS_CATALOG"):
        monkeypatch.delenv(name, raising=False)

    def command(*arguments):
        monkeypatch.setattr("sys.argv", ["feeds", "build", *arguments])
        code = run()
        return (code, *capfd.readouterr())

    return command


USERS = """\
  anna-name (anna)      1 listed; 1 imported, 1 held, 1 before its rights window
  bo                    1 listed
  cleo-name (cleo)      0 listed; not in the list, 1 waiting (user unknown)
  dan-name (dan)        0 listed; disabled, 1 waiting (user disabled)
"""


def test_the_report_tells_of_each_user_what_is_listed_and_why_the_rest_is_not(feeds, site):
    assert feeds(*AT) == (0, f"2 of 4 users in the list, 2 videos in their feeds; 3 files written.\n{USERS}{NOTE}", "")
    assert site.tree().keys() == {"users.json", "feeds/anna.xml", "feeds/bo.xml"}


def test_a_folder_that_was_mistyped_is_not_made(feeds, tmp_path):
    code, _, _ = feeds("--catalog", str(tmp_path / "nowhere"))
    assert code == 2
    assert not (tmp_path / "nowhere").exists()


def test_a_second_build_says_that_nothing_has_changed(feeds):
    feeds(*AT)
    same = (0, f"2 of 4 users in the list, 2 videos in their feeds; nothing changed.\n{USERS}{NOTE}", "")
    assert [feeds(*AT) for _ in range(4)] == [same] * 4


def test_the_report_as_json_is_the_one_that_is_kept(feeds, site):
    site.git("init", "--quiet")
    site.git("add", ".")
    site.git("commit", "--quiet", "-m", "first")
    code, output, errors = feeds(*AT, "--format", "json")
    assert (code, errors) == (0, "")
    assert (site.state / "report.json").read_text() == output
    report = json.loads(output)
    assert report.pop("users")[0] == {
        "id": "anna", "username": "anna-name", "state": "adopted", "enabled": True, "in_list": True, "frozen": False,
        "listed": 1, "held": {"imported": 1, "held": 1, "before its rights window": 1},
    }  # fmt: skip
    assert report == {
        "at": "2026-11-24T00:00:00.000Z", "commit": site.git("rev-parse", "HEAD"), "published": True, "listed": 2,
        "in_list": 2, "written": 3, "removed": 0, "notes": [NOTE.removeprefix("note: ").strip()], "findings": [],
    }  # fmt: skip


def test_a_fault_of_one_user_is_shown_with_its_line_and_the_others_are_built(feeds, site):
    feeds(*AT)
    site.write("users/bo.yaml", user_text("bo", "b1", colour="blue", username="bo"))
    site.user("anna", "a1", "a2", "a5")
    code, output, errors = feeds(*AT)
    assert code == 1
    assert errors == (
        "users/bo.yaml:3:1: error[unknown-key] bo > colour\n"
        '  "colour" is not a key here.\n'
        "  The keys here are id, username, title, site, description, enabled, defaults, videos.\n"
    )
    assert "  bo                    1 listed; built from the last good version\n" in output
    assert site.listed("anna") == ["a2", "a5"]


def test_a_broken_catalog_yaml_publishes_nothing(feeds, site):
    feeds(*AT)
    before = site.tree()
    site.write("catalog.yaml", "network: {name: Nord}\n")
    code, output, errors = feeds(*AT)
    assert code == 1
    assert errors.startswith("catalog.yaml:1:10: error[required] network > site\n  site is missing.\n")
    assert "nothing published." in output
    assert site.tree() == before
    assert json.loads((site.state / "report.json").read_text())["published"] is False


def test_a_refused_build_says_what_to_type(feeds, site):
    site.user("bo", *(f"b{number}" for number in range(20)), username="bo")
    feeds(*AT)
    site.user("bo", "b1", username="bo")
    code, output, errors = feeds(*AT)
    assert (code, output) == (1, "")
    assert errors.splitlines()[-1] == "If that is meant, say so: feeds build --allow-removals 19"
    assert feeds(*AT, *errors.split()[-2:])[0] == 0
    assert site.listed("bo") == ["b1"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--at", "tomorrow"], '"tomorrow" is no time: write 2026-11-24, or 2026-11-24T21:00:00+01:00.'),
        (["--at", "2026-11-24T21:00:00"], '"2026-11-24T21:00:00" lacks its zone: add Z, or +01:00.'),
        (["--jobs", "0"], "0 is not in the range 1<=x<=64"),
        (["--catalog", "nowhere"], "nowhere/catalog.yaml can't be read: No such file or directory."),
        (["--allow-removals", "-1"], "-1 is not in the range x>=0"),
    ],
)
def test_what_can_not_be_meant_is_refused_with_exit_code_2(feeds, arguments, message):
    code, output, errors = feeds(*arguments)
    assert (code, output) == (2, "")
    assert message in errors


def test_an_output_folder_that_can_not_be_made_is_told_in_a_sentence(feeds, site):
    (site.catalog / "file").write_text("")
    code, _, errors = feeds("--out", "file/out")
    assert (code, errors) == (1, "error: file/out/feeds: Not a directory. Mend that, and build again.\n")


def test_a_report_that_can_not_be_kept_is_told_in_a_sentence(feeds, site):
    (site.state / "report.json").mkdir(parents=True)
    code, _, errors = feeds(*AT)
    assert code == 1
    assert (
        "The site is published, but its report is not kept: .feeds/report.json can't be replaced: Is a directory."
        in errors
    )


def test_out_at_jobs_full_and_record_are_obeyed(feeds, site, tmp_path):
    code, _, _ = feeds(
        "--at", "2027-01-01T01:00:00+01:00", "--out", str(tmp_path / "x"), "--jobs", "2", "--full", "--record"
    )
    site.out = tmp_path / "x"
    assert (code, site.listed("anna")) == (0, ["a2", "a4"])
    assert [event["user"] for event in site.journalled()] == ["anna", "bo"]


def test_more_users_than_fit_are_left_to_the_kept_report(feeds, site):
    site.happened(line("adopted", user="x1", username="x1", parent="x1nord"))
    site.happened(adopted(*(f"u{number:02}" for number in range(30))))
    _, output, _ = feeds(*AT)
    assert len(output.splitlines()) == 1 + 25 + 1 + 1
    assert "  ... and 10 more: see report.json in the state folder\n" in output


def test_a_build_that_has_nothing_to_do_waits_for_no_large_library(site):
    """Proven by what a fresh interpreter has loaded at its end; the first one has all to do, and loads them."""
    loaded = "print(code, sorted({'pydantic', 'yaml', 'lxml', 'jinja2', 'flask', 'requests'} & set(sys.modules)))"
    program = f"import sys\nfrom feeds.__main__ import run\ncode = run()\n{loaded}\n"
    command = [sys.executable, "-c", program, "build", "--catalog", site.catalog, "--jobs", "1", *AT]
    first = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert "pydantic" in first.stdout
    for _ in range(9):  # files as young as the file system's clock are looked at once more
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        if "[]" in done.stdout:
            break
    assert done.stdout.splitlines()[-1] == "0 []"
