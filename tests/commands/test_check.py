"""`feeds check`: every fault of every file in one run, at its line, and what catalog and results say of each other."""

import gc
import json
import sys
import unicodedata
from pathlib import Path

import pytest

from feeds.__main__ import run
from feeds.core.defaults import absolute
from feeds.core.item import Item, digest

NETWORK = """\
network:
  name: Nord Clips
  site: https://nord.example/
  base_url: https://feeds.nord.example
  parent_id: x1nord
"""
INCLUDE = "include: [users/*.yaml]\n"


def user(name, *videos, base="https://cdn.nord.example/"):
    """Return a user file with one line for each video."""
    lines = [f"id: x2{name}", f"username: {name}", f"defaults: {{category: tv, media_base: {base}}}", "videos:"]
    return "\n".join([*lines, *(f"  - {{{video}}}" for video in videos)]) + "\n"


def video(guid, media="a.mp4"):
    return f'guid: "{guid}", title: A, media: {media}'


@pytest.fixture
def check(tmp_path, monkeypatch, capsys):
    """Write files into a folder, check it there, and return the exit code, the findings and the verdict."""
    monkeypatch.chdir(tmp_path)
    for name in ("FEEDS_CATALOG", "FEEDS_STATE"):
        monkeypatch.delenv(name, raising=False)

    def checked(files, *arguments):
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
        monkeypatch.setattr(sys, "argv", ["feeds", "check", *arguments])
        code = run()
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    yield checked
    gc.enable()  # the command goes without


def heads(output):
    """Return the first line of each finding."""
    return [line for line in output.splitlines() if not line.startswith("  ")]


TEN = {
    "catalog.yaml": """\
network:
  name: Nord Clips
  site: nord.example
  base_url: https://feeds.nord.example
  parent_id: x1nord
  feedlimit: 5
include: [users/*.yaml]
users:
  - id: x3bo
    username: bluenote
    defaults: {category: musik}
    videos:
      - {guid: bo-1, title: Live at Nine, media: https://cdn.nord.example/1.mp4}
""",
    "users/anna.yaml": """\
id: x2anna
username: annacooks
defaults: {category: lifestyle}
videos:
  - guid: anna-1
    title: Tarte
    title: Tarte aux pommes
    media: https://cdn.nord.example/1.mp4
  - guid: anna-2
    title: Crème
    media: https://cdn.nord.example/2.mp4
    date: yesterday
""",
    "users/bert.yaml": """\
id: x2bert
username: bert
defaults: {category: tv, rights: {until: 2026-12-31}}
videos:
  - {guid: bo-1, title: "Night\\x0b", media: https://cdn.nord.example/1.mp4}
  - {guid: bert-2, title: Day, media: 2.mp4, rights: {from: 2027-01-01}}
""",
    "users/carl.yaml": "id: x2carl\nusername: carl\n\tvideos: []\n",
}
TEN_FOUND = [
    "catalog.yaml:3:9: error[url] network > site",
    "catalog.yaml:6:3: error[unknown-key] network > feedlimit",
    "catalog.yaml:11:26: error[category] users > bluenote > defaults > category",
    'users/anna.yaml:7:5: error[key-duplicate] annacooks > videos > "Tarte" > title',
    'users/anna.yaml:12:11: error[date] annacooks > videos > "Crème" > date',
    'users/bert.yaml:5:12: error[guid-duplicate] bert > videos > "Night\\x0b" > guid',
    'users/bert.yaml:5:25: error[character] bert > videos > "Night\\x0b" > title',
    'users/bert.yaml:6:39: error[media-base] bert > videos > "Day" > media',
    'users/bert.yaml:6:54: error[window] bert > videos > "Day" > rights',
    "users/carl.yaml:3:1: error[yaml]",
]


def test_ten_faults_in_four_files_are_all_told_in_one_run_in_order(check):
    code, output, verdict = check(TEN)
    assert heads(output) == TEN_FOUND
    assert (code, verdict) == (1, "4 users with 5 videos: 10 errors, 0 warnings.\n")


def test_a_finding_for_programs_is_a_record(check):
    code, output, verdict = check(TEN, "--format", "json")
    records = json.loads(output)
    assert (code, verdict, len(records)) == (1, "", 10)
    assert records[0] == {
        "file": "catalog.yaml",
        "line": 3,
        "column": 9,
        "severity": "error",
        "rule": "url",
        "trail": ["network", "site"],
        "what": '"nord.example" is not a whole address',
        "remedy": "Write it as https://host/path.",
    }
    places = [(each["file"], each["line"], each["column"], each["rule"]) for each in records]
    assert [f"{file}:{line}:{column}: error[{rule}]" for file, line, column, rule in places] == [
        head.partition("]")[0] + "]" for head in TEN_FOUND
    ]


def test_a_finding_for_github_is_an_annotation(check):
    code, output, verdict = check(
        {"catalog.yaml": NETWORK + INCLUDE, "users/a,b:c.yaml": 'id: x2a\nusername: "100%\\na"\nenabled: on\n'},
        "--format", "github",
    )  # fmt: skip
    assert output == (
        "::error file=users/a%2Cb%3Ac.yaml,line=3,col=10,title=yes-or-no::"
        '100%25%0Aa > enabled: expected true or false, found "on". Write true or false.\n'
    )
    assert (code, verdict) == (1, "")


def test_a_catalog_without_a_fault_says_what_was_read(check):
    files = {"catalog.yaml": NETWORK + INCLUDE, "users/anna.yaml": user("anna", video("a"), video("b"))}
    assert check(files) == (0, "1 user with 2 videos: no faults.\n", "")
    assert check(files, "--format", "json") == (0, "[]\n", "")
    assert check(files, "--format", "github") == (0, "", "")


def test_warnings_fail_only_a_strict_check(check):
    files = {"catalog.yaml": NETWORK, "users.yaml": ""}
    files["catalog.yaml"] += (
        "users:\n  - id: x\n    username: x\n    videos:\n      - {guid: a, title: A, category: tv, "
    )
    files["catalog.yaml"] += "media: https://h.example/watch}\n"
    code, output, verdict = check(files)
    assert heads(output) == ['catalog.yaml:10:50: warning[media-type] users > x > videos > "A" > media']
    assert (code, verdict) == (0, "1 user with 1 video: 0 errors, 1 warning.\n")
    assert check(files, "--strict")[0] == 1


def test_a_pattern_that_matches_nothing_is_a_warning(check):
    code, output, _ = check(
        {"catalog.yaml": NETWORK + "include: [user/*.yaml, users/*.yaml]\n", "users/a.yaml": user("a")}
    )
    assert heads(output) == ["catalog.yaml:6:11: warning[include] include > number 1"]
    assert code == 0


def test_a_folder_without_a_catalog_is_a_matter_of_usage(check, tmp_path):
    code, output, message = check({}, "--catalog", "nowhere")
    assert (code, output) == (2, "")
    assert message == (
        "error: nowhere/catalog.yaml can't be read: No such file or directory.\n"
        "Name the catalog's folder with --catalog DIR or FEEDS_CATALOG; `feeds new DIR` starts one.\n"
    )
    assert check({}, "--format", "xml")[0] == 2


def test_files_that_can_not_be_read_are_told_beside_all_other_faults(check, tmp_path):
    (tmp_path / "users" / "b.yaml").mkdir(parents=True)
    (tmp_path / "users" / "c.yaml").symlink_to("gone.yaml")
    code, output, _ = check({"catalog.yaml": NETWORK + INCLUDE, "users/a.yaml": "id: x2a\n"})
    assert output == (
        "users/a.yaml:1:1: error[required] x2a > username\n"
        "  username is missing.\n  Write `username: ...` in this entry.\n"
        "users/b.yaml:1:1: error[unreadable]\n"
        "  the file can't be read: Is a directory.\n"
        "  Let the account that runs this read it; a folder or a broken link can't be a user's file.\n"
        "users/c.yaml:1:1: error[unreadable]\n"
        "  the file can't be read: No such file or directory.\n"
        "  Let the account that runs this read it; a folder or a broken link can't be a user's file.\n"
    )
    assert code == 1


@pytest.mark.parametrize(
    ("broken", "found"),
    [
        (NETWORK + "name: x\n" + INCLUDE, "catalog.yaml:6:1: error[unknown-key] name"),
        (NETWORK + "  name: x\n" + INCLUDE, "catalog.yaml:6:3: error[key-duplicate] network > name"),
        (INCLUDE, "catalog.yaml:1:1: error[required] network"),
        (NETWORK + "include: [users/*.yaml, ../x.yaml]\n", "catalog.yaml:6:25: error[include] include > number 2"),
    ],
)
def test_a_broken_catalog_yaml_still_has_its_user_files_checked(check, broken, found):
    code, output, _ = check({"catalog.yaml": broken, "users/a.yaml": "id: x2a\nusername: a\nenabled: on\n"})
    assert heads(output) == [found, "users/a.yaml:3:10: error[yes-or-no] a > enabled"]
    assert code == 1


def test_what_only_follows_from_a_refused_alias_is_not_told_twice(check):
    inline = "users:\n  - id: x\n    username: *b\n    videos:\n      - {<<: *c, hold: a}\n      - {titel: B}\n"
    _, output, _ = check({"catalog.yaml": NETWORK + inline, "users/a.yaml": "id: x2a\nusername: a\nenabled: on\n"})
    assert heads(output) == [
        "catalog.yaml:8:15: error[yaml-alias] users > x > username",
        "catalog.yaml:10:10: error[yaml-merge] users > x > videos > number 1",
        "catalog.yaml:10:14: error[yaml-alias] users > x > videos > number 1 > <<",
        "catalog.yaml:11:9: error[required] users > x > videos > number 2 > category",
        "catalog.yaml:11:9: error[required] users > x > videos > number 2 > guid",
        "catalog.yaml:11:9: error[required] users > x > videos > number 2 > title",
        "catalog.yaml:11:9: error[required] users > x > videos > number 2 > media",
        "catalog.yaml:11:10: error[unknown-key] users > x > videos > number 2 > titel",
    ]


CREME = {form: unicodedata.normalize(form, "crème") for form in ("NFC", "NFD")}


@pytest.mark.parametrize(
    ("guid", "other", "what"),
    [
        ("a-1", "a-1", '"a-1" is already used at {}'),
        ("a-1", "A-1", '"A-1" is the same as "a-1" at {}: case and Unicode form make no difference'),
        (CREME["NFC"], CREME["NFD"], f'"{CREME["NFD"]}" is the same as "{CREME["NFC"]}" at {{}}: case and Unicode form '
         "make no difference"),
        ("ﬁlm", "FILM", '"FILM" is the same as "ﬁlm" at {}: case and Unicode form make no difference'),
    ],
)  # fmt: skip
def test_a_guid_is_unique_within_a_file_and_over_all_files(check, guid, other, what):
    remedy = "Give this video a guid of its own: Dailymotion's callback names a video by guid alone.\n"
    two = {"catalog.yaml": NETWORK + INCLUDE, "users/a.yaml": user("a", video(guid), video("b"), video(other))}
    head = '{}: error[guid-duplicate] {} > videos > "A" > guid\n  guid {}.\n  {}'
    assert check(two)[:2] == (1, head.format("users/a.yaml:7:12", "a", what.format("line 5"), remedy))
    two["users/a.yaml"] = user("a", video("b"), video(guid))
    two["users/b.yaml"] = user("b", video(other))
    assert check(two)[:2] == (1, head.format("users/b.yaml:5:12", "b", what.format("users/a.yaml:6"), remedy))


def test_guids_that_are_not_the_same_pass(check):
    files = {"catalog.yaml": NETWORK + INCLUDE, "users/a.yaml": user("a", video("a-1"), video("a_1"), video("á-1"))}
    assert check(files)[0] == 0


def test_a_guid_is_compared_also_in_a_file_that_has_other_faults(check):
    files = {"catalog.yaml": NETWORK + INCLUDE, "users/a.yaml": user("a", video("one")), "users/b.yaml": ""}
    files["users/b.yaml"] = user("b", video("ONE")) + "videos: []\nenabled: on\n"
    assert heads(check(files)[1]) == [
        'users/b.yaml:5:12: error[guid-duplicate] b > videos > "A" > guid',
        "users/b.yaml:6:1: error[key-duplicate] b > videos",
        "users/b.yaml:7:10: error[yes-or-no] b > enabled",
    ]


def test_a_user_s_id_is_unique_also_as_the_name_of_a_file(check):
    inline = "users:\n  - {id: x2a, username: one}\n  - {id: x2a, username: two}\n"
    code, output, _ = check({"catalog.yaml": NETWORK + INCLUDE + inline, "users/a.yaml": "id: X2A\nusername: three\n"})
    assert output == (
        "catalog.yaml:9:10: error[user-duplicate] users > two > id\n"
        '  user id "x2a" is already used at line 8.\n'
        "  Keep one of the two: a user has one feed, named by the id.\n"
        "users/a.yaml:1:5: error[user-duplicate] three > id\n"
        '  user id "X2A" is the same file name as "x2a" at catalog.yaml:8.\n'
        "  Keep one of the two: a user has one feed, named by the id.\n"
    )
    assert code == 1


def events(*records):
    return "".join(f"- {json.dumps({'at': '2026-11-20T10:00:00.000Z', **each})}\n" for each in records)


def listed(user_id, guid, media):
    shown = digest(Item(guid, "An older title", "tv", absolute(media, "https://cdn.nord.example/")))
    return {"event": "listed", "user": user_id, "items": {guid: shown}}


RESULTS = "results/main/2026-11-20.yaml"


@pytest.mark.parametrize("base", ["https://cdn.nord.example", "https://cdn.nord.example/"])
@pytest.mark.parametrize("imported", [False, True])
def test_a_listed_guid_that_was_renamed_is_told_with_the_old_one(check, base, imported):
    past = [listed("x2a", "old", "a b.mp4")] + [{"event": "imported", "guid": "old", "remote_id": "x9"}] * imported
    files = {"catalog.yaml": NETWORK + INCLUDE, "users/a.yaml": user("a", video("new", "a b.mp4"), base=base)}
    assert check(files | {RESULTS: events(*past)})[:2] == (
        1,
        'users/a.yaml:5:12: error[guid-renamed] a > videos > "A" > guid\n'
        '  "new" has the media of "old", which was listed and is gone.\n'
        '  A guid never changes: write "old" again, or Dailymotion will import this video twice.\n',
    )


@pytest.mark.parametrize(
    "videos",
    [
        [video("old", "a.mp4"), video("new", "a.mp4")],
        [video("new", "b.mp4")],
        [video("OLD", "a.mp4")],
        [],
    ],
)
def test_a_guid_that_stands_or_whose_media_is_gone_too_was_not_renamed(check, videos):
    files = {"catalog.yaml": NETWORK + INCLUDE, "users/a.yaml": user("a", *videos)}
    assert check(files | {RESULTS: events(listed("x2a", "old", "a.mp4"))})[0] == 0


def test_a_renamed_guid_is_seen_whatever_else_is_wrong_in_its_file(check):
    files = {"catalog.yaml": NETWORK + INCLUDE, RESULTS: events(listed("x2a", "old", "a.mp4"))}
    files["users/a.yaml"] = user("a", video("new", "a.mp4"), "titel: B")
    assert 'users/a.yaml:5:12: error[guid-renamed] a > videos > "A" > guid' in heads(check(files)[1])


def test_a_faulty_file_s_guids_are_not_taken_for_gone(check):
    files = {"catalog.yaml": NETWORK + INCLUDE, RESULTS: events(listed("x2a", "old", "a.mp4"))}
    files |= {
        "users/a.yaml": user("a", video("old", "a.mp4"), "titel: B"),
        "users/b.yaml": user("b", video("c", "a.mp4")),
    }
    assert "guid-renamed" not in check(files)[1]


def test_a_guid_that_moved_to_another_user_is_told(check):
    files = {"catalog.yaml": NETWORK + INCLUDE, "users/a.yaml": user("a"), "users/b.yaml": user("b", video("one"))}
    assert check(files | {RESULTS: events(listed("x2a", "one", "a.mp4"))})[:2] == (
        1,
        'users/b.yaml:5:12: error[guid-moved] b > videos > "A" > guid\n'
        '  guid "one" was listed for x2a, and stands with x2b now.\n'
        "  Dailymotion has it there. Give it back, or give this video a guid of its own.\n",
    )
    assert check(files | {RESULTS: events(listed("x2b", "one", "a.mp4"))})[0] == 0


def test_the_journal_counts_like_the_results(check):
    files = {"catalog.yaml": NETWORK + INCLUDE, "users/b.yaml": user("b", video("one"))}
    files[".feeds/journal/1.yaml"] = events(listed("x2a", "one", "a.mp4")) + "oops\n"
    assert heads(check(files)[1]) == [
        ".feeds/journal/1.yaml:2:1: error[results-line]",
        'users/b.yaml:5:12: error[guid-moved] b > videos > "A" > guid',
    ]


def test_a_line_that_is_no_event_is_told_with_what_is_wrong(check):
    lines = b'# by hand\n\n- {"at": "2026-11-20", "event": "left"}\n- {"at"\nleft\n- {"event": "left"}\n- {"at": "half'
    assert (
        check({"catalog.yaml": NETWORK, RESULTS: lines})[1].splitlines()[:-1]
        == [
            line
            for number, what in [
                (3, '`at` is "2026-11-20", a time without a zone'),
                (4, "what follows the dash is not JSON (Expecting ':' delimiter: line 1 column 6 (char 5))"),
                (5, "it does not start with `- {`"),
                (6, "it lacks `at` or `event` as text"),
            ]
            for line in (
                f"{RESULTS}:{number}:1: error[results-line]",
                f"  this line is no event: {what}.",
                "  Programs write these files. Bring the line back as it was (git log -p shows it), or delete it.",
            )
        ][:-1]
    )


def test_nothing_is_written(check, tmp_path):
    check(TEN)
    assert {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()} == set(TEN)


def test_the_place_is_one_that_an_editor_can_open_from_where_the_command_ran(check, tmp_path):
    check({f"nord/{name}": text for name, text in TEN.items()})
    _, output, _ = check({}, "--catalog", "nord")
    assert heads(output) == [f"nord/{head}" for head in TEN_FOUND]
    assert all(Path(head.partition(":")[0]).is_file() for head in heads(output))
