"""What people wrote stays byte for byte: new videos are put into the text, and nothing is taken from it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.core.xml_characters import forbidden_character
from feeds.formats import strict_yaml
from feeds.importing.appending import NotAppendable, append

NEW = [{"guid": "n-1", "title": "New", "media": "1.mp4"}, {"guid": "n-2", "title": "Newer: yes", "tags": ["a", "b"]}]
LINES = '- guid: n-1\n  title: New\n  media: 1.mp4\n- guid: n-2\n  title: "Newer: yes"\n  tags: [a, b]\n'
FLOW = '{guid: n-1, title: New, media: 1.mp4}, {guid: n-2, title: "Newer: yes", tags: [a, b]}'


def lines(indent, newline="\n"):
    """Return the new videos as they are written so many blanks in."""
    return "".join(f"{' ' * indent}{line}{newline}" for line in LINES.splitlines())


# The text before, and the same with NEW put in at the mark.
PLACES = {
    "behind the last video and its comments": "videos:\n  - guid: a  # one\n    # two\n§2  # three\n\n# four\n",
    "before an empty line and what follows": "videos:\n  - guid: a\n§2\n  # of the title\n\ntitle: x\n",
    "without indentation": "videos:\n- guid: a\n  # mine\n§0# of the title\ntitle: x\n",
    "behind a block of text": "videos:\n  - title: |\n      one\n      two\n§2# no text\ntitle: x\n",
    "behind quotes over two lines": "videos:\n  - title: 'one\n      two'  # c\n§2title: x\n",
    "behind braces over two lines": "videos:\n  - {guid: a,\n    title: b} # c\n§2",
    "where nothing stands": "id: x\nvideos:  # none yet\n  # but soon\n§2title: x\n",
    "where there is no such key": "id: x\nusername: y  # c\n  # mine\nvideos:\n§2",
    "into brackets": "videos: [{guid: a}, {guid: b}§]  # c\n",
    "into brackets with a comma at the end": "videos: [{guid: a}§,]\n",
    "into empty brackets in braces": "{id: x, videos: [§]}\n",
    "behind a byte order mark": "\ufeffvideos:\n  - guid: é\n§2",
    "with the line breaks of Windows": "id: x\r\nvideos:\r\n  - guid: a\r\n§2\r\ntitle: x\r\n",
    "before the end of the document": "---\nvideos:\n  - guid: a\n§2...\n",
}


@pytest.mark.parametrize("text", PLACES.values(), ids=PLACES)
def test_new_videos_are_put_in_at_the_end_of_the_list_and_nowhere_else(text):
    newline = "\r\n" if "\r\n" in text else "\n"
    begin, _, end = text.partition("§")
    wanted = lines(int(end[0]), newline) if end[:1].isdigit() else (", " if "{guid" in begin else "") + FLOW
    end = end[1:] if end[:1].isdigit() else end
    before = (
        begin.removesuffix("videos:\n") if begin == "id: x\nusername: y  # c\n  # mine\nvideos:\n" else begin
    ) + end
    assert append(before.encode(), NEW).decode() == begin + wanted + end


def test_empty_brackets_become_a_list_of_lines_and_the_comment_stays():
    assert append(b"id: x\nvideos: []  # none\n# end\n", NEW[:1]) == (
        b"id: x\nvideos:  # none\n  - guid: n-1\n    title: New\n    media: 1.mp4\n# end\n"
    )
    assert append(b"id: x\nvideos:   [ ]", NEW[:1]) == (
        b"id: x\nvideos:\n  - guid: n-1\n    title: New\n    media: 1.mp4"
    )


def test_a_list_with_a_dash_far_from_its_keys_and_empty_lines_goes_on_like_that():
    text = "videos:\n   -   guid: a\n\n   -   guid: b\n"
    added = "\n   -   guid: n-1\n       title: New\n       media: 1.mp4\n"
    assert append(text.encode(), NEW[:1]).decode() == text + added


def test_a_block_that_keeps_its_line_breaks_gets_none_that_were_not_its_own():
    text = "videos:\n- guid: a\n\n- title: |+\n    b\n\n      # of the block\n"
    assert append(text.encode(), NEW).decode() == text + lines(0)


def test_lines_of_brackets_go_on_as_lines():
    text = b"videos: [\n  {guid: a}, # one\n  {guid: b} # two\n]\n"
    assert append(text, NEW[:1]) == (
        b"videos: [\n  {guid: a}, # one\n  {guid: b},\n  {guid: n-1, title: New, media: 1.mp4} # two\n]\n"
    )


def test_a_user_in_the_catalog_gets_videos_and_the_next_user_none():
    text = b"network: {}\nusers:\n  - id: x\n    videos:\n      - guid: a\n  # of y\n  - id: y\n    videos: []\n"
    assert append(text, NEW[:1], path=("users", 0)) == text.replace(
        b"  # of y", b"      - guid: n-1\n        title: New\n        media: 1.mp4\n  # of y"
    )
    assert append(text, NEW[:1], path=("users", 1)) == text.replace(
        b"videos: []", b"videos:\n      - guid: n-1\n        title: New\n        media: 1.mp4"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"{id: x}\n", "written in braces"),
        (b"id: x\nvideos: none\n", "`videos` is no list"),
        (b"id: x\nvideos: {a: b}\n", "`videos` is no list"),
        (b"{id: x, videos: }\n", "`videos` is no list"),
        (b"- a\n", "no list of keys"),
        (b"videos:\n  - title: |+\n      a", "end the file with a line break"),
    ],
)
def test_what_can_not_be_appended_to_is_refused_with_a_sentence(text, message):
    with pytest.raises(NotAppendable, match=message):
        append(text, NEW)


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30).filter(
    lambda text: not forbidden_character(text) and text.strip() == text
)
HARD = st.sampled_from(
    ["yes", "0123", "12:30", "- a", "a: b", "a #b", "#a", "'a'", '"a"', "a\nb", "a\n\n  b", "  ", "[a", "{a", "*a",
     "&a", "!a", "|", ">", "%a", "@a", "`a", "a:", "?", "-", "~", "null", "a\u2028b", "a\x85b", "a\tb", "\ufeffa",
     "a\\b", "a, b"]
).filter(lambda text: text.strip() == text)  # fmt: skip
VIDEOS = st.lists(
    st.fixed_dictionaries(
        {"guid": TEXTS | HARD, "title": TEXTS | HARD},
        optional={
            "description": TEXTS | HARD,
            "tags": st.lists(TEXTS | HARD, min_size=1, max_size=3),
            "rights": st.fixed_dictionaries({"until": TEXTS}, optional={"allow": st.lists(TEXTS | HARD, min_size=1)}),
            "captions": st.dictionaries(TEXTS | HARD, TEXTS | HARD, min_size=1, max_size=2),
        },
    ),
    min_size=1,
    max_size=3,
)
COMMENT = st.sampled_from(["", "  # a - b: [c", " #", "   "])
BETWEEN = st.sampled_from(["", "", "\n", "# left\n", "      # right\n", "\n\n# far\n"])
ELEMENT = st.sampled_from(
    ["guid: a", "{guid: a, title: 'b # c'}", "guid: a\n{i}title: |\n{i}  b\n{i}  # c\n", "title: >-\n{i}  b\n\n{i}  c",
     'title: "a\n{i} b"', "guid: a\n{i}tags:\n{i}- a\n{i}- b", "# c - d\n{i}guid: a", "title: |+\n{i}  b\n\n", "[]",
     "- a"]
)  # fmt: skip


@st.composite
def written(draw):
    """Draw a text with a list of videos as people may write one, and the way down to the user in it."""
    indent, offset = draw(st.integers(0, 5)), draw(st.integers(2, 5))
    parts = [f"id: x{draw(COMMENT)}\n", draw(BETWEEN), f"videos:{draw(COMMENT)}\n", draw(BETWEEN)]
    for _ in range(draw(st.integers(1, 3))):
        element = draw(ELEMENT).replace("{i}", " " * (indent + offset))
        dash = " " * indent + "-" + " " * (offset - 1)
        comment = draw(COMMENT) if not element.endswith("\n") else ""
        parts += [dash + element + comment + "\n" * (not element.endswith("\n")), draw(BETWEEN)]
    parts += draw(st.sampled_from([[], ["title: x\n"], ["title: |\n  y\n"], ["# end"], ["defaults: {a: b}"]]))
    text = "".join(parts)
    text += "\n" * (not text.endswith("\n"))
    path = ()
    if draw(st.booleans()):
        inner = "".join(f"    {line}\n" if line.strip() else line + "\n" for line in text.split("\n")[:-1])
        text = f"users:\n  - id: first\n  -\n{inner}" + draw(
            st.sampled_from(["", "  # y\n  - id: y\n", "include: []\n"])
        )
        path = ("users", 1)
    if draw(st.booleans()):
        text = text.removesuffix("\n")
    text = text.replace("\n", draw(st.sampled_from(["\n", "\n", "\r\n", "\r"])))
    return draw(st.sampled_from(["", "", "\ufeff"])) + text, path


@settings(max_examples=400, deadline=None)
@given(written(), VIDEOS)
def test_what_people_wrote_stays_byte_for_byte(drawn, videos):
    text, path = drawn
    before = text.encode()
    try:
        old = strict_yaml.parse(before)
    except strict_yaml.Refused:
        return
    try:
        after = append(before, videos, path=path)
    except NotAppendable:
        # Only a block of text at the very end is changed by any line that follows it.
        assert not text.endswith(("\n", "\r"))
        return
    added = len(after) - len(before)
    assert any(after[:at] == before[:at] and after[at + added :] == before[at:] for at in range(len(before), -1, -1))
    new = strict_yaml.parse(after)
    user = old["users"][1] if path else old
    user["videos"] = user["videos"] + videos
    assert new == old


@settings(max_examples=200, deadline=None)
@given(VIDEOS, st.sampled_from(["id: x\nvideos: []\n", "{id: x, videos: []}", "videos: [{guid: a}]", "id: x\n"]))
def test_whatever_a_video_holds_is_read_back_as_it_was(videos, text):
    old = strict_yaml.parse(text.encode())
    assert strict_yaml.parse(append(text.encode(), videos)) == {**old, "videos": [*old.get("videos", []), *videos]}
