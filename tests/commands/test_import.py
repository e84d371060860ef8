"""`feeds import`: an editor's way to bring videos in, and to see beforehand what would come."""

import json
import sys
from pathlib import Path

import pytest

from feeds.__main__ import run

FEED = """\
<rss version="2.0" xmlns:media="http://search.yahoo.com/mrss/">
<channel>
<item>
 <title>Tarte</title><guid>n-1</guid>
 <media:content url="https://cdn.other.example/1-360.mp4" height="360"/>
 <media:content url="https://cdn.other.example/1-720.mp4" height="720"/>
</item>
<item>
 <title>Known</title><guid>ANNA-0001</guid><media:content url="https://cdn.other.example/2.mp4"/>
</item>
<item>
 <title>Radio \u202e</title><guid>n-3</guid><enclosure url="https://cdn.other.example/3.mp3" type="audio/mpeg"/>
</item>
</channel>
</rss>
"""


@pytest.fixture
def call(network, monkeypatch, capsys):
    """Import into the network, and return the exit code, the output and the errors."""

    def called(*arguments):
        monkeypatch.setattr(sys, "argv", ["feeds", "import", *map(str, arguments), "--catalog", str(network)])
        code = run()
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return called


@pytest.fixture
def feed(tmp_path):
    path = tmp_path / "feed.xml"
    path.write_text(FEED)
    return path


def test_the_report_says_what_came_what_did_not_and_why(call, feed, network):
    code, output, errors = call(feed, "--user", "x2anna")
    assert output == (
        f"{network}/users/x2anna.yaml: 1 video added, 1 there already, 1 of them changed at the source,"
        " 1 can't be taken.\n"
        "  + n-1  Tarte\n"
        "Not taken:\n"
        "  no media: https://cdn.other.example/3.mp3 is no video (audio/mpeg)\n"
        '    item 3 (line 11), "Radio \\u202e"\n'
        "Changed at the source, and left here as it is:\n"
        '  anna-0001 title: here "Tarte 1", there "Known"\n'
        '  anna-0001 media: here "0001.mp4", there "https://cdn.other.example/2.mp4"\n'
        "Left out, or chosen:\n"
        "  media: 2 files: chosen is 720 lines, mp4, https://cdn.other.example/1-720.mp4\n"
        '    item 1 (line 3), "Tarte"\n'
    )
    assert (code, errors) == (1, "")


def test_a_dry_run_shows_the_lines_and_writes_none(call, feed, network, tree):
    before = tree(network)
    code, output, _ = call(feed, "--user", "x2anna", "--dry-run")
    assert output.startswith(f"{network}/users/x2anna.yaml: 1 video would be added")
    assert "  +   - guid: n-1\n  +     title: Tarte\n" in output
    assert (code, tree(network)) == (1, before)


def test_a_report_for_programs_is_one_object(call, feed, network):
    code, output, _ = call(feed, "--user", "x2anna", "--format", "json")
    record = json.loads(output)
    assert code == 1
    assert record["file"] == f"{network}/users/x2anna.yaml"
    assert (record["written"], record["new_file"], record["already_there"]) == (True, False, 1)
    assert record["added"] == [
        {"guid": "n-1", "title": "Tarte", "media": "https://cdn.other.example/1-720.mp4"},
    ]
    assert [each["key"] for each in record["changed"]] == ["title", "media"]
    assert [each["item"] for each in record["refused"]] == ["item 3 (line 11)"]


def test_what_came_whole_is_fine_and_a_second_run_adds_nothing(call, tmp_path, network):
    table = tmp_path / "table.csv"
    table.write_text("id;name;url;genre\nn-1;Tarte;1.mp4;tv\nn-2;Torte;2.mp4;\n")
    assert call(table, "--user", "x2anna")[:2] == (
        0,
        f"{network}/users/x2anna.yaml: 2 videos added, 0 there already.\n  + n-1  Tarte\n  + n-2  Torte\n",
    )
    text = (network / "users" / "x2anna.yaml").read_bytes()
    assert call(table, "--user", "x2anna")[:2] == (
        0,
        f"{network}/users/x2anna.yaml: 0 videos added, 2 there already.\n",
    )
    assert (network / "users" / "x2anna.yaml").read_bytes() == text


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["none.xml", "--user", "x2anna"], 2, "error: none.xml can't be read: No such file or directory.\n"),
        (["{feed}", "--user", "../x"], 2, 'error: "../x" can\'t be a user id'),
        (["{feed}", "--user", "x2anna", "--category", "musik"], 2,
         'error: "musik" is not a category of Dailymotion: did'),
        (["http://127.0.0.1:9/", "--user", "x2anna"], 1, "error: 127.0.0.1 is at 127.0.0.1, which is no public"),
        (["ftp://h.example/a", "--user", "x2anna"], 1, "error: Only a whole address"),
        (["{feed}"], 2, "Usage: "),
    ],
)  # fmt: skip
def test_what_can_not_work_is_told_with_the_exit_code_of_its_kind(call, feed, tree, network, arguments, code, message):
    before = tree(network)
    got, output, errors = call(*(each.format(feed=feed) for each in arguments))
    assert (got, output) == (code, "")
    assert errors.startswith(message)
    assert tree(network) == before


def test_a_hostile_feed_ends_as_a_sentence(call, tmp_path):
    feed = tmp_path / "feed.xml"
    feed.write_text(
        '<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]><rss><item><title>&x;</title></item></rss>'
    )
    code, output, errors = call(feed, "--user", "x2anna")
    assert (code, output) == (1, "")
    assert errors == f"error: {feed}: It has a DOCTYPE, which could define anything: take that line out.\n"


def test_the_program_as_people_start_it(feeds, feed, network):
    code, output, errors = feeds.run("import", feed, "--user", "x2anna", "--catalog", network)
    assert (code, errors) == (1, "")
    assert "1 video added" in output
    assert "n-1" in Path(network, "users", "x2anna.yaml").read_text()
