"""`feeds report`, against Dailymotion's stand-in: what a person types and reads, and what is kept."""

import csv
import io
import json
import os
import signal
import subprocess
import sys

import pytest

from feeds.__main__ import run
from tests.clones import ROOT, Clones
from tests.correcting.conftest import desk
from tests.onboarding.conftest import CAFE, PARENT, STRAY
from tests.sites import Site, adopted, failed, imported, line

__all__ = ["desk"]
OPEN, GONE = "x2openmo", "x2silent"
GONE_WORDS = "no child at Dailymotion any more"


@pytest.fixture
def office(desk):
    """Give the parent two children, one of whom no event knows; one that is adopted by the events is none."""
    desk.site.user(CAFE, "c1", username="cafecourts")
    desk.site.user("x2waits", "w1")
    desk.site.happened(adopted(GONE))
    desk.world.accounts[OPEN].parents.append(PARENT)
    for user, cents in ((CAFE, 1234.5), (OPEN, 0.25)):
        desk.world.accounts[user].revenues |= {f"{each}_total": None for each in ("video", "website", "claim")}
        desk.world.accounts[user].revenues |= {
            f"{each}_{span}": cents for each in ("video", "website", "claim", "paidcontent")
            for span in ("total", "last_month")
        }  # fmt: skip
    desk.world.accounts[OPEN].revenues["claim_last_month"] = None
    return desk


def revenues(office, words=""):
    code, out, err = office.call(f"report revenue --format json {words}")
    return code, {row["user"]: row for row in json.loads(out)["tables"][0]["rows"]}, err


def test_revenues_are_shown_with_what_is_unknown_and_who_is_no_child_any_more(office):
    code, out, err = office.call("report revenue")
    assert (code, err) == (0, "2 children read in 5 calls.\n")
    head, *rest = out.splitlines()
    assert head.startswith("Nord Clips: Revenues in total, USD, 20")
    assert rest[1:] == [
        "user                        in all    videos  websites    claims  paid content",
        "-" * 78,
        "cafecourts (x2cafec0)     4,938.00  1,234.50  1,234.50  1,234.50      1,234.50",
        "openmovies (x2openmo)         1.00      0.25      0.25      0.25          0.25  a child that no event knows",
        "x2silent-name (x2silent)   unknown   unknown   unknown   unknown       unknown  " + GONE_WORDS,
        "-" * 78,
        "total                     4,939.00  1,234.75  1,234.75  1,234.75      1,234.75",
        "each of 2 users; 1 unknown",
        "",
        "note: A child is known to no event: see `feeds partners verify`.",
        "note: Not in this report: a user of the catalog who has not joined.",
    ]


def test_a_period_and_users_are_chosen_and_one_unknown_source_leaves_the_sum_unknown(office):
    code, rows, _ = revenues(office, f"--period last_month cafecourts {GONE}")
    assert code == 0
    assert {user: (row["claim"], row["all"]) for user, row in rows.items()} == {
        CAFE: ("1234.50", "4938.00"), GONE: (None, None),
    }  # fmt: skip
    code, rows, _ = revenues(office, "--period last_month")
    assert (rows[OPEN]["video"], rows[OPEN]["claim"], rows[OPEN]["all"]) == ("0.25", None, None)


def test_the_numbers_of_the_accounts_are_a_report_too(office):
    office.world.accounts[OPEN].status = "disabled"
    code, out, _ = office.call("report users --format csv")
    assert code == 0
    rows = {row["user"]: row for row in csv.DictReader(io.StringIO(out))}
    assert (rows[CAFE]["status"], rows[CAFE]["views_total"], rows[OPEN]["status"]) == ("active", "0", "disabled")
    assert rows[GONE]["status"] == "unknown"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("report revenue nobody", "'nobody' is nobody that catalog or events name"),
        ("report revenue cafecourt", "did you mean cafecourts?"),
        ("report revenue cafecourts --save", "leave the users out"),
        ("report revenue --since yesterday", '"yesterday" is no month: write --since 2026-10'),
        ("report revenue --since 2026-13", '"2026-13" is no month'),
        ("report users --since 2026-10", "No such report was saved by then: there is none at all"),
    ],
)
def test_what_can_not_be_asked_is_refused_before_anybody_is_asked(office, words, says):
    code, out, err = office.call(words)
    assert (code, out) == (2, "")
    assert says in err
    assert office.calls("GET") == []


def test_without_a_login_it_says_how_to_log_in(office):
    for name in ("USERNAME", "PASSWORD"):
        office.monkeypatch.delenv(f"FEEDS_DAILYMOTION_{name}")
    code, out, err = office.call("report revenue")
    assert (code, out) == (3, "")
    assert "`feeds login`" in err


def test_who_can_not_be_read_is_a_line_and_the_exit_code_is_3(office):
    office.fault(f"server-error status=500 path=/user/{OPEN} count=99")
    code, rows, err = revenues(office)
    assert code == 3
    assert rows[CAFE]["all"] == "4938.00"
    assert rows[OPEN]["remark"].startswith("not read: Dailymotion answered GET /user/x2openmo with status 500")
    assert err.startswith("1 child read in 5 calls; 1 not read.\nerror: Dailymotion answered")


def test_a_file_is_written_whole_and_a_folder_that_is_not_there_is_a_sentence(office, tmp_path):
    code, out, err = office.call("report revenue --format html --out", str(tmp_path / "page.html"))
    assert (code, out) == (0, "")
    assert f"Written: {tmp_path / 'page.html'}" in err
    assert (tmp_path / "page.html").read_text().endswith("</html>\n")
    code, _, err = office.call("report revenue --out", str(tmp_path / "missing" / "page.txt"))
    assert code == 1
    assert "can't be written: No such file or directory" in err


# -- kept, and compared


def kept(office, name="revenue-total"):
    return sorted((office.site.catalog / "reports" / name).glob("*.yaml"))


def test_saving_twice_a_day_keeps_the_later_and_since_tells_what_changed(office):
    assert office.call("report revenue --save")[0] == 0
    [path] = kept(office)
    path.rename(path.with_name("2020-10-30.yaml"))
    path.with_name("2020-09-01.yaml").write_text("not even looked at\n")
    office.world.accounts[CAFE].revenues |= {"video_total": 1300.0}
    office.world.accounts[OPEN].revenues |= {"claim_total": None}
    for cents in (0.5, 0.75):
        office.world.accounts[OPEN].revenues |= {"video_total": cents}
        code, rows, err = revenues(office, "--save --since 2020-10")
        assert code == 0
        assert f"Saved: {path}" in err
    assert len(kept(office)) == 3
    assert '"video": "0.75"' in path.read_text()
    keys = ("then", "now", "video", "claim", "all")
    assert [rows[CAFE][key] for key in keys] == ["4938.00", "5003.50", "65.50", "0.00", "65.50"]
    assert [rows[OPEN][key] for key in keys] == ["1.00", None, "0.50", None, None]
    assert [rows[GONE][key] for key in keys] == [None] * 5
    table = json.loads(office.call("report revenue --since 2020-11 --format json")[1])["tables"][0]
    assert table["totals"]["all"] == {"value": "65.50", "known": 1, "unknown": 2}
    assert table["totals"]["then"] == {"value": "4939.00", "known": 2, "unknown": 1}
    assert revenues(office, "cafecourts --since 2020-10")[1].keys() == {CAFE}
    code, _, err = office.call("report revenue --since 2020-08")
    assert code == 2
    assert "the earliest there is of 2020-09-01" in err
    code, _, err = office.call("report revenue --since 2020-09")
    assert code == 1
    assert "2020-09-01.yaml can't be understood: line 1" in err


def test_of_numbers_that_nobody_could_read_nothing_is_kept(office):
    office.call("report users --save")
    [path] = kept(office, "users")
    before = path.read_bytes()
    office.fault("server-error status=501 path=/user* count=99")
    code, _, err = office.call("report users --save")
    assert (code, path.read_bytes()) == (3, before)
    assert "Nothing was saved" in err


def test_reports_in_the_catalogs_folder_are_nothing_to_check_and_build(office):
    def seen():
        code, out, err = office.call("check")
        built = office.call("build --at 2026-11-24 --out", str(office.site.out))
        return code, out, err, built[0], office.site.tree()

    before = seen()
    assert office.call("report revenue --save")[0] == 0
    assert office.call("report users --save")[0] == 0
    assert kept(office)
    assert kept(office, "users")
    assert seen() == before


def test_a_sync_goes_on_beside_reports_that_nobody_has_committed_and_with_those_that_somebody_has(tmp_path):
    clones = Clones(tmp_path)
    clones.server.settle()
    before = clones.server.tree()
    for site, day in ((clones.server, "2026-11-23"), (clones.editor, "2026-11-24")):
        site.write(f"reports/revenue-total/{day}.yaml", '- {"at": "2026-11-24T10:00:00.000Z", "event": "x"}\n')
    clones.editor.git("add", "reports")
    clones.editor.push("Keep the revenues")
    done = clones.server.sync()
    assert done.troubles == []
    assert clones.server.tree() == before


def test_interrupted_it_shows_what_was_read_and_keeps_nothing(office):
    office.world.accounts[STRAY].parents.append(PARENT)
    office.site.happened(adopted(STRAY))
    office.fault(f"too-many retry_after_s=120 path=/user/{STRAY} count=99")
    started = subprocess.Popen(
        [sys.executable, "-m", "feeds", "report", "revenue", "--save"],
        cwd=ROOT, env=dict(os.environ), text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    said = started.stderr.readline()
    started.send_signal(signal.SIGINT)
    out, err = started.communicate(timeout=60)
    assert said.startswith("Dailymotion wants fewer requests: waiting 120 s.")
    assert started.returncode == 130
    lines = [each.split() for each in out.splitlines()]
    assert ["cafecourts", "(x2cafec0)", "4,938.00", *["1,234.50"] * 4] in lines
    assert ["x9stray-name", "(x9stray)", *["unknown"] * 5, "not", "asked"] in lines
    assert "Nothing was saved" in err
    assert kept(office) == []


# -- imports


@pytest.fixture
def imports(tmp_path, monkeypatch, capsys):
    """Return a function that reports imports of a network whose Dailymotion is out of reach."""
    site = Site(tmp_path)
    site.user("anna", "a1", "a2", "a3", username="annacooks")
    site.happened(adopted("anna", "bo"))
    items = dict.fromkeys(("a1", "a2", "a3"), "d.m")
    site.happened(line("listed", "2026-10-30T10:00:00.000Z", user="anna", items=items))
    site.happened(imported("a1", at="2026-10-30T16:00:00.000Z") + imported("a2", "x9", at="2026-11-02T10:00:00.000Z"))
    site.journal(failed("a3", 1))
    monkeypatch.setenv("FEEDS_DAILYMOTION_API", "http://127.0.0.1:9")
    monkeypatch.setenv("FEEDS_STATE", str(site.state))

    def report(*words):
        monkeypatch.setattr(sys, "argv", ["feeds", "report", "imports", "--catalog", str(site.catalog), *words])
        return run(), capsys.readouterr().out

    return report


def test_imports_are_told_from_the_events_alone(imports):
    code, out = imports()
    assert code == 0
    assert out.splitlines()[2:] == [
        "By user",
        "user               listed  imported  failed  median time",
        "--------------------------------------------------------",
        "annacooks (anna)        3         2       1     1 d 15 h",
        "bo-name (bo)            0         0       0      unknown",
        "(not known whose)       0         1       0      unknown  never noted as listed",
        "--------------------------------------------------------",
        "total                   3         3       1     1 d 15 h",
        "listed       of 3 users",
        "imported     of 3 users",
        "failed       of 3 users",
        "median time  of 2 videos; 1 unknown",
        "",
        "By month",
        "month    listed  imported  failed  median time",
        "----------------------------------------------",
        "2026-10       3         1       0          6 h",
        "2026-11       0         2       1          3 d",
        "----------------------------------------------",
        "total         3         3       1     1 d 15 h",
        "median time  of 2 videos; 1 unknown",
        "",
        "note: Of what was never noted as listed nobody can say whose it was: `feeds sync` and `feeds build --record` "
        "note it.",
    ]


def test_imports_of_some_users_and_of_one_table_are_chosen(imports):
    assert imports("--format", "csv", "annacooks") == (
        0, "user,username,listed,imported,failed,median_s,remark\nanna,annacooks,3,2,1,140400,\n",
    )  # fmt: skip
    assert imports("--format", "csv", "--by", "month")[1] == (
        "month,listed,imported,failed,median_s,remark\n2026-10,3,1,0,21600,\n2026-11,0,2,1,259200,\n"
    )
    tables = json.loads(imports("--format", "json")[1])["tables"]
    assert [(each["of"], len(each["rows"])) for each in tables] == [("user", 3), ("month", 2)]
