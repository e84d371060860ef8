"""Text stays text, nothing stands for something else, and what is refused is told with its place."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.formats import strict_yaml
from feeds.formats.strict_yaml import Refused

ROOT = Path(__file__).parents[2]


def faults(text):
    """Return (rule, line, column, what) of each fault; `parse` must refuse a text that has one."""
    found = [(each.rule, each.line, each.column, each.what) for each in strict_yaml.examine(text).faults]
    with pytest.raises(Refused):
        strict_yaml.parse(text)
    return found


@pytest.mark.parametrize("text", "0123 1e5 no 12:30 1_000 ~ 2026-11-24 null true 0x1F .inf 1.10 on +1 0o17".split())
@pytest.mark.parametrize("style", ["a: {}\n", "a: '{}'", 'a: "{}"', "{{a: {}}}", "a: |-\n  {}\n", "a: >-\n  {}"])
def test_text_stays_text_in_every_style(text, style):
    written = style.format(text).encode()
    assert strict_yaml.parse(written) == {"a": text}
    assert strict_yaml.examine(written).tree == {"a": text}


def test_keys_stay_text_too():
    assert strict_yaml.parse(b"no: a\n0123: b\n1e5: c\n~: d\n") == {"no": "a", "0123": "b", "1e5": "c", "~": "d"}


def test_a_key_with_nothing_behind_it_is_absent_and_an_empty_text_is_not():
    text = b"a:\nb: ''\nc: # later\nd: \"\"\ne:\n  - \n  - x\n"
    assert strict_yaml.parse(text) == {"b": "", "d": "", "e": [None, "x"]} == strict_yaml.examine(text).tree


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (b"", [("empty-file", 1, 1, "the file is empty")]),
        (b"# nothing\n\n", [("empty-file", 1, 1, "the file is empty")]),
        (b"a: 1\nb: 2\na: 3\n", [("key-duplicate", 3, 1, '"a" is written twice: first in line 1')]),
        (b"a:\nb: 2\na:\n", [("key-duplicate", 3, 1, '"a" is written twice: first in line 1')]),
        (b"a: {b: 1, 'b': 2}\n", [("key-duplicate", 1, 11, '"b" is written twice: first in line 1')]),
        (b"a: *b\n", [("yaml-alias", 1, 4, "*b stands for something that is written elsewhere")]),
        (b"- *b\n", [("yaml-alias", 1, 3, "*b stands for something that is written elsewhere")]),
        (b"*b : c\n", [("yaml-alias", 1, 1, "*b stands for something that is written elsewhere")]),
        (b"a: &b c\n", [("yaml-anchor", 1, 4, "&b names this for later use")]),
        (b"a: &b\n  c: d\n", [("yaml-anchor", 1, 4, "&b names this for later use")]),
        (b"&b a: c\n", [("yaml-anchor", 1, 1, "&b names this for later use")]),
        (b"a: !!int 1\n", [("yaml-tag", 1, 4, "!!int would change how this is read, and text stays text")]),
        (b"a: ! 1\n", [("yaml-tag", 1, 4, "! would change how this is read, and text stays text")]),
        (b"a: !!set {b}\n", [("yaml-tag", 1, 4, "!!set would change how this is read, and text stays text")]),
        (
            b"a: !!python/object/apply:os.system [id]\n",
            [("yaml-tag", 1, 4, "!!python/object/apply:os.system would change how this is read, and text stays text")],
        ),
        (b"a:\n  <<: {b: c}\n", [("yaml-merge", 2, 3, "<< merges another mapping into this one")]),
        (b"[a, b]: c\n", [("yaml-key", 1, 1, "a key must be a word, and this one is [...]")]),
        (b"? {a: b}\n: c\n", [("yaml-key", 1, 3, "a key must be a word, and this one is {...}")]),
        (b"a: b\n---\nc: d\n", [("yaml", 2, 1, "a second document begins here")]),
        (b"a: b\n...\nc: d\n", [("yaml", 3, 1, "a second document begins here")]),
        (b"a:\n\tb: c\n", [("yaml", 2, 1, "a tab stands where only blanks may indent")]),
        (b"a: b\n\tc: d\n", [("yaml", 2, 1, "a tab stands where only blanks may indent")]),
        (b"a: @b\n", [("yaml", 1, 4, "text must not begin with @")]),
        (b"a: b\nc: `d`\n", [("yaml", 2, 4, "text must not begin with `")]),
        (b"a: %b\n", [("yaml", 1, 4, "text must not begin with %")]),
        (b"a: * b\n", [("yaml", 1, 5, "text that begins with * or & must be in quotes")]),
        (b"a: b: c\n", [("yaml", 1, 5, "a second colon stands in this line, or the line is indented too far")]),
        (b"a: 'b': c\n", [("yaml", 1, 7, "a second colon stands in this line, or the line is indented too far")]),
        (b"a: b\n  c: d\n", [("yaml", 2, 4, "a second colon stands in this line, or the line is indented too far")]),
        (b"a: b\nc\nd: e\n", [("yaml", 2, 1, "this line is no `key: value`")]),
        (b"a:\n  b: c\n d: e\n", [("yaml", 3, 2, "this doesn't belong to what stands above it")]),
        (b"a: 'it's'\n", [("yaml", 1, 8, "this doesn't belong to what stands above it")]),
        (b"- a\nb: c\n", [("yaml", 2, 1, "the list above ends here without need")]),
        (b"a: [b, c\nd: e\n", [("yaml", 1, 4, "the [ that opens here is not closed")]),
        (b"a: {b: c\nd: e\n", [("yaml", 1, 4, "the { that opens here is not closed")]),
        (b"a: 'b\nc: d\n", [("yaml", 1, 4, "the quote that opens here is never closed")]),
        (b'a: "b\nc: d\n', [("yaml", 1, 4, "the quote that opens here is never closed")]),
        (
            b'a: "C:\\Qs"\n',
            [("yaml", 1, 7, "a backslash in double quotes stands for a special character, and this is none")],
        ),
        (b'a: "\\xzz"\n', [("yaml", 1, 7, "behind \\x, \\u or \\U come 2, 4 or 8 hexadecimal digits")]),
        (
            b'a: "\\ud800"\n',
            [("yaml", 1, 7, "a backslash in double quotes stands for a special character, and this is none")],
        ),
        (b"a: - b\n", [("yaml", 1, 4, "a list begins with its first `- ` on a line of its own")]),
        (b"a: ]\n", [("yaml", 1, 4, "a value is missing here")]),
        (b"a: | b\n  c\n", [("yaml", 1, 6, "text stands behind | or >")]),
        (b"%YAML 3.0\n---\na: b\n", [("yaml", 1, 1, "this is not YAML: found incompatible YAML document")]),
        ("a: b\nc: dé".encode() + b"\xff\n", [("encoding", 2, 6, "this is not UTF-8")]),
        ("a: été".encode("latin-1"), [("encoding", 1, 4, "this is not UTF-8")]),
        (b"a: \xed\xa0\x80\n", [("encoding", 1, 4, "this is not UTF-8")]),
        (b"a: b\n\xff", [("encoding", 2, 1, "this is not UTF-8")]),
        ("a: é\x00b\n".encode(), [("character", 1, 5, "U+0000 is a character that no feed may hold")]),
        ("a: é\nb: \x0b\n".encode(), [("character", 2, 4, "U+000B is a character that no feed may hold")]),
        ("a: \ufffe\n".encode(), [("character", 1, 4, "U+FFFE is a character that no feed may hold")]),
        ("a: b\n".encode("utf-16"), [("encoding", 1, 1, "this is UTF-16")]),
        ("a: b\n".encode("utf-16-be"), [("character", 1, 1, "U+0000 is a character that no feed may hold")]),
        ("\ufeffa: b\n".encode("utf-16-be"), [("encoding", 1, 1, "this is UTF-16")]),
    ],
)
def test_each_thing_that_a_catalog_must_not_hold_is_told_with_its_place(text, found):
    assert faults(text) == found


def test_all_faults_of_a_text_are_told_at_once_and_what_can_be_read_is_read():
    text = b"a: &x 1\nb: *x\na: 2\nc: !!int 3\n[d]: e\nf: {<<: *x, g: h}\n"
    examined = strict_yaml.examine(text)
    assert [(each.rule, each.line, each.column) for each in examined.faults] == [
        ("yaml-anchor", 1, 4),
        ("yaml-alias", 2, 4),
        ("key-duplicate", 3, 1),
        ("yaml-tag", 4, 4),
        ("yaml-key", 5, 1),
        ("yaml-merge", 6, 5),
        ("yaml-alias", 6, 9),
    ]
    assert examined.tree == {"a": "1", "c": "3", "f": {"g": "h"}}


def test_a_byte_order_mark_of_utf_8_changes_nothing():
    text = "\ufeffa: b\nc: @\n".encode()
    assert strict_yaml.parse("\ufeffa: b\n".encode()) == {"a": "b"}
    assert faults(text) == [("yaml", 2, 4, "text must not begin with @")]


@pytest.mark.parametrize("opening", [b"[", b"{", b"- ", b"? ", b"{a: ", b"[{"])
def test_deep_nesting_is_refused_and_exhausts_nothing(opening):
    text = opening * (60_000 // len(opening))
    found = faults(text)
    assert found[0][0] == "yaml"
    assert len(strict_yaml.examine(text).values) < 100


def test_what_is_nested_too_deep_hides_nothing_behind_it():
    examined = strict_yaml.examine(b"a: " + b"[" * 30 + b"]" * 30 + b"\nb: *x\nc: d\n")
    assert [(each.rule, each.line, each.column) for each in examined.faults] == [("yaml", 1, 23), ("yaml-alias", 2, 4)]
    assert examined.tree["c"] == "d"


BOMB = b"a: &a [x, x, x, x, x, x, x, x, x]\n" + b"".join(
    b"%c: &%c [%b]\n" % (letter, letter, b", ".join([b"*%c" % (letter - 1)] * 9))
    for letter in range(ord("b"), ord("j"))
)
MERGE_BOMB = b"a: &a {k: v}\n" + b"".join(
    b"%c: &%c {<<: [%b]}\n" % (letter, letter, b", ".join([b"*%c" % (letter - 1)] * 9))
    for letter in range(ord("b"), ord("j"))
)


@pytest.mark.parametrize("bomb", [BOMB, MERGE_BOMB])
def test_a_bomb_of_aliases_is_looked_at_once(bomb):
    """Followed, it would be nine to the power of eight parts."""
    rules = [rule for rule, _, _, _ in faults(bomb)]
    assert rules.count("yaml-alias") == 8 * 9
    assert len(strict_yaml.examine(bomb).values) < len(bomb)


# Texts that some reader of YAML takes for something else, or that need quotes.
TRAPS = '0123|1e5|no|12:30|1_000|~|2026-11-24|null|- a|a: b|#x|x #y||  |it\'s|say "x"|*a|&a|!a|%a|@a|`a|[a|{a}|a\nb|'
TRAPS += "a\\b|? a|: a|a:|<<x|---|...|\u00a0|\u2028|\x85|\ufeff|\x07|\U0001f600|a, b|-|=|é"
texts = st.sampled_from(TRAPS.split("|")) | st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
keys = texts.filter(lambda text: text != "<<")
trees = st.recursive(
    texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, st.none() | inner, max_size=3),
    max_leaves=8,
)
_PLAIN = re.compile(r"[A-Za-z0-9é~](?:[A-Za-z0-9é_~./-]|(?<=[a-z0-9]):(?=[a-z0-9])| (?=[a-z]))*")
_LITERAL = re.compile(r"[a-z0-9#'\"*&:é-][ -~é]*(?:\n[ -~é]+)*")


class Writer:
    """Writes a tree as YAML in styles that it draws anew for each part."""

    def __init__(self, draw):
        self.choose = lambda *ways: draw(st.sampled_from(ways))

    def document(self, tree):
        """Write a whole text."""
        return self.choose("", "---\n", "# a comment\n", "\n") + self.block(tree, 0).lstrip("\n")

    def block(self, tree, indent):
        """Write what stands behind a `key:` or a dash, or a whole document."""
        blanks = " " * indent
        if isinstance(tree, dict) and tree and self.choose(True, True, False):
            return "\n" + "".join(f"{blanks}{self.key(key)}:{self.value(tree[key], indent)}" for key in tree)
        if isinstance(tree, list) and tree and self.choose(True, True, False):
            return "\n" + "".join(f"{blanks}-{self.value(each, indent)}" for each in tree)
        if isinstance(tree, str) and indent and _LITERAL.fullmatch(tree) and self.choose(True, False):
            lines = tree.replace("\n", "\n" + " " * (indent + 1))
            return f" |-\n{' ' * (indent + 1)}{lines}\n"
        return f" {self.flow(tree)}{self.choose('', ' ', ' # why')}\n"

    def value(self, tree, indent):
        """Write a value with its place behind the key."""
        if tree is None:
            return self.choose("\n", " \n", " # nothing\n", "\n\n")
        return self.block(tree, indent + self.choose(1, 2, 4))

    def flow(self, tree):
        """Write something within one line."""
        if isinstance(tree, dict):
            pairs = (f"{self.key(key)}: {'' if tree[key] is None else self.flow(tree[key])}" for key in tree)
            return "{" + ", ".join(pairs) + "}"
        if isinstance(tree, list):
            return "[" + ", ".join(map(self.flow, tree)) + "]"
        return self.text(tree)

    def text(self, text):
        """Write a text: bare where it may be, else in quotes."""
        if _PLAIN.fullmatch(text) and self.choose(True, True, False):
            return text
        if all(each.isprintable() for each in text) and self.choose(True, False):
            return "'" + text.replace("'", "''") + "'"
        return '"' + "".join(map(self.spelled, text)) + '"'

    key = text

    @staticmethod
    def spelled(character):
        """Write a character in double quotes."""
        if character in '"\\':
            return "\\" + character
        return character if character.isprintable() else f"\\U{ord(character):08x}"


def read(tree):
    """Return the tree as it is read: a key with nothing behind it is absent."""
    if isinstance(tree, dict):
        return {key: read(value) for key, value in tree.items() if value is not None}
    return [read(each) for each in tree] if isinstance(tree, list) else tree


@settings(deadline=None, max_examples=250)
@given(trees, st.data())
def test_any_tree_in_any_style_is_read_back_as_it_was(tree, data):
    text = Writer(data.draw).document(tree).encode()
    examined = strict_yaml.examine(text)
    assert examined.faults == []
    assert strict_yaml.parse(text) == examined.tree == read(tree)


SAMPLE = (ROOT / "users" / "openmovies.yaml").read_bytes()[:3000]
COMPACT = b"""\
a: {b: c, d: [e, "f"]}
g:
  - h: 'i'
    j: |
      k
      l
  - m: n # o
    p: >-
      q
      r
s: [t, {u: v}]
"""
FRAGMENTS = [b"\t", b":", b": ", b"- ", b"-", b"'", b'"', b"&a ", b"*a", b"!", b"!!str ", b"{", b"]", b"}", b"[", b","]
FRAGMENTS += [
    b"\n",
    b"  ",
    b" ",
    b"\xff",
    b"\x00",
    b"#",
    b" #",
    b"<<: ",
    b"? ",
    b"|",
    b">",
    b"---\n",
    b"%",
    b"@",
    b"a: ",
]
FRAGMENTS += [b"\\", b"\r", b"\xc2\x85", b"\xe2\x80\xa8", b"\xef\xbb\xbf", b"'x': ", b'"x": ', b"", b"", b"..."]
changes = st.lists(
    st.tuples(st.integers(0, 2**16), st.integers(0, 6), st.sampled_from(FRAGMENTS)), min_size=1, max_size=3
)


@settings(deadline=None, max_examples=600)
@given(st.sampled_from([SAMPLE, COMPACT]), changes)
def test_a_text_is_refused_exactly_where_a_fault_is_told_and_both_readings_agree(text, cuts):
    for place, length, fragment in cuts:
        place %= len(text) + 1
        text = text[:place] + fragment + text[place + length :]
    examined = strict_yaml.examine(text)
    try:
        tree = strict_yaml.parse(text)
    except Refused:
        assert examined.faults
    else:
        assert examined.faults == []
        assert tree == examined.tree


def test_the_place_of_every_value_and_key_counts_characters():
    examined = strict_yaml.examine("é: ü\nb:\n  - {c: d, 'é': f}\n".encode())
    assert examined.values[("é",)] == (1, 4)
    assert examined.values[("b", 0, "é")] == (3, 17)
    assert examined.keys[("b", 0, "é")] == (3, 12)
