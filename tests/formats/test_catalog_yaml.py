"""Whatever an editor may write wrong: file, line and column, what is wrong, and what to do, to the letter."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.core.rules import warnings
from feeds.formats import catalog_yaml, findings, strict_yaml
from feeds.formats.catalog_yaml import Located, ReadNetwork

DATA = Path(__file__).parents[1] / "data"
HEAD = """\
id: x2anna
username: annacooks
defaults: {media_base: https://cdn.nord.example/anna/, category: music}
videos:
"""


def tags(stem, count):
    return ", ".join(f"{stem}{number}" for number in range(count))


def spelled_out(text):
    """Put in what the tables only name: very long texts, and a character that would turn the line around."""
    text = re.sub("⟨([0-9]+) times (.)⟩", lambda found: found[2] * int(found[1]), text)
    text = re.sub("⟨([0-9]+) ([a-z])⟩", lambda found: tags(found[2], int(found[1])), text)
    return text.replace("⟨U+202E⟩", "\u202e")


def table(name):
    """Return the (YAML, message) pairs of a table: lines that begin with | are YAML, the others the message."""
    _, *cases = (DATA / f"{name}.txt").read_text().split("\n\n")
    pairs = []
    for case in cases:
        lines = case.removesuffix("\n").split("\n")
        yaml = [line[2:] for line in lines if line.startswith("|")]
        pairs.append((spelled_out("\n".join(yaml)), "\n".join(lines[len(yaml) :]) + "\n"))
    return pairs


VIDEOS, USERS, NETWORKS = table("faults-of-videos"), table("faults-of-users"), table("faults-of-networks")


def video_with(line):
    """Return a user file with one video that has what is required, and the line at its end."""
    required = {"guid": "a-1", "title": "A", "media": "a.mp4"}
    required.pop(line.partition(":")[0], None)
    lines = [*(f"{key}: {value}" for key, value in required.items()), line]
    return HEAD + "  -\n" + "".join(f"    {each}\n" for each in lines)


def messages_of_user(text):
    """Return what `feeds check` would print of one user file."""
    encoded = text.encode()
    read, located = catalog_yaml.parse_user(encoded), Located("anna.yaml", encoded)
    assert (read.user is None) == bool(read.faults or read.refused)
    return findings.render(located.own_findings() if read.refused else located.findings(read.faults))


def messages_of_network(text):
    """Return what `feeds check` would print of one catalog.yaml, but for its users."""
    encoded = text.encode()
    read, located = catalog_yaml.parse_network(encoded), Located("catalog.yaml", encoded)
    if isinstance(read, ReadNetwork):
        return ""
    return findings.render(located.own_findings() if read is None else located.findings(read))


@pytest.mark.parametrize(("line", "message"), VIDEOS)
def test_a_fault_in_a_video_is_told_with_its_place_and_its_remedy(line, message):
    assert messages_of_user(video_with(line)) == message


@pytest.mark.parametrize(("text", "message"), USERS)
def test_a_fault_in_a_user_is_told_with_its_place_and_its_remedy(text, message):
    assert messages_of_user(text + "\n") == message


@pytest.mark.parametrize(("text", "message"), NETWORKS)
def test_a_fault_in_the_network_is_told_with_its_place_and_its_remedy(text, message):
    assert messages_of_network(text + "\n") == message


def test_the_tables_have_a_case_of_every_rule():
    told = {word for _, message in VIDEOS + USERS + NETWORKS for word in findings_rules(message)}
    assert told == {
        "access", "category", "character", "country", "date", "description", "duration", "empty-file", "guid",
        "include", "language", "media", "media-base", "media-type", "notify", "number", "required", "rights", "shape",
        "span", "tag", "text", "title", "too-long", "unknown-key", "url", "user-id", "user-list", "window", "yaml",
        "yes-or-no",
    }  # fmt: skip


def findings_rules(message):
    return [line.partition("[")[2].partition("]")[0] for line in message.splitlines() if not line.startswith(" ")]


@pytest.mark.parametrize(("line", "message"), VIDEOS)
def test_no_message_shows_a_login_or_what_only_programmers_know(line, message):
    for word in ("geheim", "heim@", "pydantic", "_type", "validation", "Input should", "NoneType", "dict", "str_"):
        assert word not in message.replace("media_type", "")


READABLE = [line for line, message in VIDEOS if "[yaml]" not in message]  # else what follows can't be read


@pytest.mark.parametrize("line", READABLE)
def test_a_fault_in_one_video_hides_none_in_another(line):
    rotten = video_with(line).partition("videos:\n")[2]
    others = (
        "  - {guid: b-1, title: B, media: b.mp4, rights: {from: 2026-11-20, until: 2026-11-19}}\n"
        "  - {guid: b-2, title: B, media: b.mp4, rights: {allow: []}}\n"
        "  - {guid: b-3, title: B, media: b.mp4, category: musik}\n"
    )
    alone, first = messages_of_user(HEAD + others), messages_of_user(HEAD + rotten)
    below = rotten.count("\n")
    moved = re.sub("(?<=^anna.yaml:)[0-9]+", lambda found: str(int(found[0]) + below), alone, flags=re.MULTILINE)
    assert messages_of_user(HEAD + rotten + others) == first + moved


GOOD = [
    "title: " + "x" * 255, "title: null", "description: " + "x" * 5000, "description: '#1'", "guid: " + "x" * 255,
    "guid: '0123'", "guid: 0123", "guid: a b", "guid: é/ñ?&<>", "guid: no", "category: tv", "tags: []",
    "tags: [" + tags("t", 150) + "]", "tags: [12:30, no]", "media: films/a b.mp4", "media: été.mp4",
    "media: a.mp4?sig=x", "media: a..b.mp4", "media: 100%.mp4", "media: https://h.example:8443/a b?c=@#d",
    "media: ftp://h.example/a.mp4", "media: sftp://h_1.example/a.mp4", "media: https://h.example/@anna/a.mp4",
    "media: https://192.0.2.1/a.mp4", "page: https://h.example", "media_type: application/mxf", "duration: 754",
    "duration: 12:34", "duration: 90:00", "duration: 1:02:03", "duration: 0:01", "size: 1", "size: 10000000000000",
    "date: 2024-02-29", "date: 2026-11-20T18:30Z", "date: 2026-11-20 18:30:00.5+01:00", "rights: {until: 9999-12-31}",
    "rights: {from: 2026-11-20, until: 2026-11-20}", "rights: {allow: [FR, be]}", "rights: {deny: []}", "rights: {}",
    "rights:", "captions: {fr: a.srt, pt-BR: https://h.example/b.srt, no: c.srt}", "captions: {}", "explicit: true",
    "for_kids: false", "priority: -1000", "hold: no rights for the music yet", "thumbnail: https://h.example/img/1",
    'title: "tab\\t and line\\n"', 'title: "\\u00e9\\U0001f600"',
]  # fmt: skip


@pytest.mark.parametrize("line", GOOD)
def test_what_is_unusual_and_right_passes(line):
    assert messages_of_user(video_with(line)) == ""


WARNINGS = [
    ("description: " + "x" * 3001, "9:18", "long-description"),
    ("description: ~", "9:18", "null-text"),
    ("hold: false", "9:11", "hold"),
    ("hold: null", "9:11", "hold"),
    ("media: https://h.example/watch", "8:12", "media-type"),
    ("media: a.xyz", "8:12", "media-type"),
    ("for_kids: true", "9:15", "for-kids"),
    ("rights: {deny: [us]}", "6:5", "restriction-off"),
]
OFF = "network: {name: N, site: https://n.example/, base_url: https://f.n.example, parent_id: x1, mrss: {%s}}\n"


@pytest.mark.parametrize("beside", ["", "  - {guid: b, titel: B}\n"])
@pytest.mark.parametrize(("line", "place", "rule"), WARNINGS)
def test_what_may_surprise_is_a_warning_whatever_else_is_wrong(line, place, rule, beside):
    network = catalog_yaml.parse_network((OFF % "restriction: false").encode()).network
    text = (video_with(line) + beside).encode()
    [warning] = Located("anna.yaml", text).findings(warnings(strict_yaml.parse(text), network))
    assert (str(warning.place), warning.severity, warning.rule) == (f"anna.yaml:{place}", "warning", rule)


@pytest.mark.parametrize(
    "line",
    ["description: " + "x" * 3000, "rights: {deny: []}", "media: a.MP4", "hold: music", "for_kids: false", "media: x"],
)
def test_what_surprises_nobody_is_no_warning(line):
    network = catalog_yaml.parse_network((OFF % "restriction: false").encode()).network
    assert list(warnings(strict_yaml.parse(video_with(line).encode()), network)) == []


def test_a_message_stays_three_lines_whatever_the_catalog_says():
    message = messages_of_user(video_with('category: "mu\\nsic\\e[2J\\u202E"'))
    what = '"mu\\nsic\\x1b[2J\\u202e" is not a category of Dailymotion: did you mean music?'
    assert message.splitlines()[1] == f"  {what}"
    assert len(message.splitlines()) == 6  # the character is a fault of its own


def test_findings_stand_in_order_of_file_line_and_column():
    text = b"id: x\nusername: a\nenabled: on\ndefaults: {category: a, language: '1'}\nsize: 1\n"
    found = Located("b.yaml", text).findings(catalog_yaml.parse_user(text).faults)
    other = Located("a.yaml", text).findings(catalog_yaml.parse_user(text).faults)
    places = [line.split(" ")[0] for line in findings.render(found + other).splitlines() if line[0] != " "]
    assert places == [f"{file}.yaml:{place}:" for file in "ab" for place in ("3:10", "4:22", "4:35", "5:1")]


def test_a_file_s_name_need_not_be_utf_8():
    text = b"id: x\n"
    found = Located("us\udcff.yaml", text).findings(catalog_yaml.parse_user(text).faults)
    assert findings.render(found).startswith("us\\udcff.yaml:1:1: error[required]")
    assert json.loads(findings.render(found, "json"))[0]["file"] == "us\udcff.yaml"
    assert findings.render(found, "github").startswith("::error file=us\\udcff.yaml,line=1,col=1,title=required::")


def test_a_tree_s_text_is_read_back_as_the_tree():
    tree = {"id": "x", "a": ["no", "", None], "é": {"\U0001f600": "a\nb"}}
    assert json.loads(catalog_yaml.tree_text(tree)) == tree


scalars = st.sampled_from(["", "~", "x2anna", "tv", "../a", "a.mp4", "2026-11-20", "12:34", "fr", "true", "\x0b"])
keys = st.sampled_from(
    "id username videos defaults guid title media rights allow from until tags category captions fr description hold "
    "network include users user_list wrap fields".split()
) | st.text(max_size=3)
trees = st.recursive(
    st.none() | scalars | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=6),
    max_leaves=20,
)


@settings(deadline=None, max_examples=300)
@given(st.dictionaries(keys, trees, max_size=8) | trees)
def test_any_tree_at_all_is_judged_in_words(tree):
    read = catalog_yaml.user_of(tree)
    assert (read.user is None) == bool(read.faults)
    list(warnings(tree, None))
    for each in (*read.faults, *catalog_yaml.rules.network_faults(tree)):
        assert each.what
        assert each.remedy
        assert each.rule in RULES


RULES = {word for _, message in VIDEOS + USERS + NETWORKS for word in findings_rules(message)}
