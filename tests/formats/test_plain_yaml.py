"""The fast reader takes only what it reads exactly as libyaml does; all else it leaves to the strict reader."""

import random
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from feeds.formats import plain_yaml, strict_yaml

ROOT = Path(__file__).parents[2]
SAMPLE = [path.read_bytes() for path in sorted((ROOT / "users").glob("*.yaml"))] + [
    (ROOT / "catalog.yaml").read_bytes()
]

INDENTS = st.sampled_from(["", "", " ", "  ", "  ", "    ", "   ", "      "])
HEADS = st.sampled_from(
    ["a: ", "b: ", "a:", "c:  ", "- ", "- a: ", "-   b: ", "- a:", "", "'a': ", "a :", "? ", "d-e: "]
)
VALUES = st.sampled_from(
    [
        "x", "0123", "no", "12:30", "1_000", "~", "null", "2026-11-24", "-5", "- x", "--- ", "...", "", " ",
        "#", "# x", "x # y", "x#y", "x: y", "x:", "x:y", "http://h/p?q=1#f", '"q"', '"q" # c', '"q"#c',
        '"a\\"b"', '"open', "'s'", "'it''s'", "'open", "[a, b]", "[a, b", "[]", "[a b, c]", "[a: b]",
        "[a,b]", "[a, [b, c]]", "[a, b] # c", "[a, b] c", "[-a, b]", "[a, ]", "[, a]", "[a#b]", "[a #b]",
        "{k: v}", "{k: v, w: [x, y]}", "{k: v} x", "{k}", "{a: 1, a: 2}", "|", ">", "|-", ">-", ">+", "|2",
        "| # c", "&a x", "*a", "!!str x", "<<", "@x", "`x", "%x", "é", "\u00a0x", "x\u00a0", "😀", "x\ty",
        "x  ", "(x)", "/p", ".5", "$x", "+1", "_x", "=", "x\x85y", "x\u2028y", "x\x07", "!", "-x", "-",
        "x - y", ",x", "x, y",
    ]
)  # fmt: skip
LINES = st.tuples(INDENTS, HEADS, VALUES).map("".join)
TEXTS = st.tuples(st.lists(LINES, min_size=1, max_size=9), st.sampled_from(["\n", "", "\n\n", "\r\n"])).map(
    lambda parts: "\n".join(parts[0]) + parts[1]
)


def read_both_ways(text: bytes) -> bool:
    """Compare the two readers where the fast one takes the text; return whether it does."""
    try:
        fast = plain_yaml.parse(text, strict_yaml._piece)
    except plain_yaml.NotPlain:
        return False
    assert fast == strict_yaml.parse_events(text)
    return True


@settings(max_examples=600, deadline=None)
@given(TEXTS)
@example("a:\nb: x\na: y\n")
@example("a:\n- x\n- y\nb: z\n")
@example("a:\n  - b: |\n     x\n\n      y\n    c: z\n")
@example("a: >\n\n  x\n   y\n\nb: c")
@example("a: x\n\n  y\n")
def test_what_the_fast_reader_takes_it_reads_as_libyaml_does(text):
    read_both_ways(text.encode("utf-8", "surrogatepass"))


@pytest.mark.parametrize("seed", range(40))
def test_a_catalog_with_a_slip_of_the_finger_is_never_read_differently(seed):
    chance = random.Random(seed)
    for _ in range(12):
        text = chance.choice(SAMPLE).decode()
        at = chance.randrange(len(text))
        start = text.rfind("\n", 0, max(0, at - 400)) + 1
        text = text[start : at + 400]
        for _ in range(chance.randint(1, 3)):
            at = chance.randrange(len(text))
            slip = chance.choice(
                [" ", "\n", ":", "#", "-", "'", '"', "[", "]", "{", ",", "|", ">", "\t", "x", "  ", ": "]
            )
            text = text[:at] + slip + text[at + chance.randint(0, 1) :]
        read_both_ways(text.encode())


@pytest.mark.parametrize("text", SAMPLE, ids=range(len(SAMPLE)))
def test_the_sample_is_read_the_fast_way(text):
    assert read_both_ways(text)


@pytest.mark.parametrize(
    "text",
    ["", "\n", "# c\n", "[a]\n", "- a\n", "x\n", "a: b: c\n", "a: x\na: y\n", "a:\na: y\n", "a: b\n c\n", "a: &b c\n"],
)
def test_what_is_no_plain_catalog_is_left_to_the_strict_reader(text):
    with pytest.raises(plain_yaml.NotPlain):
        plain_yaml.parse(text.encode(), strict_yaml._piece)
