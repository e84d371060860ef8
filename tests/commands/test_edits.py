"""The editor's change in a rehearsal: safe and seen with any catalog, and all else stays byte for byte."""

from datetime import UTC, datetime

import pytest

from feeds.commands._edits import MARK, NEW_TITLE, choose
from feeds.formats import catalog_yaml, strict_yaml

AT = datetime(2026, 11, 24, 12, tzinfo=UTC)
NETWORK = "network: {name: N, site: https://n.example/, base_url: https://f.example/, parent_id: x1}\n"
HEAD = "id: x2anna\nusername: anna\ndefaults: {category: tv, media_base: https://cdn.example/}\n"
LONG = "ä" * 250


def edited(tmp_path, text, shown, *, feed_limit=10, name="users/anna.yaml", users=("x2anna",)):
    """Return the edit of a network with this text as one user's file, or as the users of catalog.yaml."""
    (tmp_path / "users").mkdir(exist_ok=True)
    inline = name == "catalog.yaml"
    (tmp_path / "catalog.yaml").write_bytes(
        (NETWORK + (text if inline else "include: [users/*.yaml]\n")).encode("utf-8", "surrogateescape")
    )
    if not inline:
        (tmp_path / name).write_bytes(text.encode("utf-8", "surrogateescape"))
    return choose(tmp_path, users, lambda _: shown, feed_limit=feed_limit, at=AT)


def put_in(old, new):
    """Return the one piece that was put into the old bytes; fail where anything else is different."""
    length = len(new) - len(old)
    start = next((at for at, (one, other) in enumerate(zip(old, new, strict=False)) if one != other), len(old))
    assert new[:start] + new[start + length :] == old
    return new[start : start + length].decode()


TEXTS = {
    "a list": HEAD + "videos:\n  # the first\n  - guid: a1\n    title: One  # said so\n    media: 1.mp4\n",
    "a list without indent": HEAD + "videos:\n- guid: a1\n  title: One\n  media: 1.mp4\n",
    "entries in braces": HEAD + "videos:  # all\n  - {guid: a1, title: One, media: 1.mp4}\n",
    "brackets": HEAD + "videos: [{guid: a1, title: One, media: 1.mp4}]\n",
    "double quotes": HEAD + 'videos:\n  - {guid: a1, title: "One", media: 1.mp4}\n',
    "single quotes": HEAD + "videos:\n  - {guid: a1, title: 'One', media: 1.mp4}\n",
    "JSON": '{"id": "x2anna", "username": "anna", "defaults": {"category": "tv"},\n "videos": [\n'
    '  {"guid": "a1", "title": "One", "media": "https://cdn.example/1.mp4"}]}\n',
    "no newline at the end": HEAD + "videos:\n  - {guid: a1, media: 1.mp4, title: One}",
    "lines of Windows": (HEAD + "videos:\n  - guid: a1\n    title: One\n    media: 1.mp4\n").replace("\n", "\r\n"),
    "a byte order mark": "\ufeff" + HEAD + "videos:\n  - {guid: a1, title: One, media: 1.mp4}\n",
    "wide characters": HEAD + "videos:\n  - {description: 🎬 é, guid: a1, title: One, media: 1.mp4}\n",
    "a line separator": HEAD + 'description: "a\u2028b"\nvideos:\n  - {guid: a1, title: One, media: 1.mp4}\n',
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
@pytest.mark.parametrize("inline", [False, True])
def test_a_title_is_corrected_and_a_video_added_and_nothing_else_changes(tmp_path, text, inline):
    if inline and (text.startswith(("{", "\ufeff"))):
        text = TEXTS["a list"]
    if inline:
        ending = "\r\n" if "\r\n" in text else "\n"
        body = f"{ending}    ".join(text.split(ending)).rstrip(" ")
        text = f"users:{ending}  - {body}"
    name = "catalog.yaml" if inline else "users/anna.yaml"
    edit = edited(tmp_path, text, {"a1": "One"}, name=name)
    old, new = (tmp_path / name).read_bytes(), edit.files[name]
    assert (edit.corrected.guid, edit.corrected.title) == ("a1", f"{MARK}One")
    assert (edit.added.guid, edit.added.title) == ("rehearsal-0001", NEW_TITLE)
    assert "rehearsal-0001" in put_in(old, new.replace(MARK.encode(), b"", 1))
    tree = strict_yaml.parse(new)
    user = catalog_yaml.user_of(tree["users"][0] if inline else tree).user
    assert {video.guid: video.title for video in user.videos} == {"a1": f"{MARK}One", "rehearsal-0001": NEW_TITLE}


@pytest.mark.parametrize("videos", ["videos:\n", "videos: []\n", "videos: # none yet\n", ""])
def test_a_user_without_videos_gets_the_first_one(tmp_path, videos):
    edit = edited(tmp_path, HEAD + videos, {})
    assert (edit.corrected, edit.added.guid) == (None, "rehearsal-0001")
    assert "rehearsal-0001" in put_in((HEAD + videos).encode(), edit.files["users/anna.yaml"])


def test_a_comment_above_the_first_video_stays_with_it(tmp_path):
    edit = edited(tmp_path, TEXTS["a list"], {"a1": "One"})
    assert b"  # the first\n  - guid: a1\n" in edit.files["users/anna.yaml"]


@pytest.mark.parametrize(
    "title", ["|\n      One\n", ">-\n      One\n", "! One\n", f"{LONG}\n"], ids=["literal", "folded", "tagged", "long"]
)
def test_a_title_that_cannot_be_edited_safely_is_left_to_the_next(tmp_path, title):
    text = f"videos:\n  - guid: a1\n    media: 1.mp4\n    title: {title}  - {{guid: a2, title: Two, media: 2.mp4}}\n"
    text = HEAD + text if "!" not in title else HEAD + text.replace("! One", "'One\n      more'")
    edit = edited(tmp_path, text, {"a1": "One", "a2": "Two"})
    assert edit.corrected.guid in ({"a1", "a2"} if "more" in text else {"a2"})


def test_a_video_that_is_not_in_the_feed_is_not_corrected(tmp_path):
    edit = edited(tmp_path, TEXTS["a list"], {})
    assert edit.corrected is None


def test_a_full_feed_gets_no_video_since_it_would_wait(tmp_path):
    edit = edited(tmp_path, TEXTS["a list"], {"a1": "One"}, feed_limit=1)
    assert (edit.corrected.guid, edit.added) == ("a1", None)


@pytest.mark.parametrize("window", ["from: 2026-12-01", "until: 2026-11-01", "until: 2026-11-24T12:30:00Z"])
def test_a_user_whose_window_is_closed_or_about_to_gets_no_video(tmp_path, window):
    head = HEAD.replace("category: tv", f"category: tv, rights: {{{window}}}")
    assert edited(tmp_path, head + "videos:\n  - {guid: a1, title: One, media: 1.mp4}\n", {}).added is None


def test_a_guid_that_is_there_already_is_not_given_again(tmp_path):
    text = HEAD + "videos:\n  - {guid: Rehearsal-0001, title: One, media: 1.mp4}\n"
    assert edited(tmp_path, text, {}).added.guid == "rehearsal-0002"


@pytest.mark.parametrize(
    ("text", "users"),
    [(TEXTS["a list"], ()), (HEAD + "videos: [\n", ("x2anna",)), (HEAD + "shoe: 1\n", ("x2anna",)), ("", ("x2anna",))],
    ids=["nobody in the list", "no YAML", "a fault", "empty"],
)
def test_where_nothing_would_be_seen_nothing_is_edited(tmp_path, text, users):
    edit = edited(tmp_path, text, {"a1": "One"}, users=users)
    assert (edit.files, edit.corrected, edit.added) == ({}, None, None)
