"""What is no callback is kept whole for a person, until there is too much of it."""

import base64
from datetime import UTC, datetime

import pytest

from feeds.core.errors import StorageError
from feeds.core.events import Event
from feeds.formats import results_yaml
from feeds.storage.dead_letters import DeadLetters

AT = datetime(2026, 11, 24, 21, 15, 38, 78_000, tzinfo=UTC)


def letters_in(folder):
    return [event for path in sorted(folder.glob("*.yaml")) for event in results_yaml.parse(path.read_bytes())]


def test_a_letter_is_one_line_in_the_results_format(tmp_path):
    assert DeadLetters(tmp_path).keep(b"hello\n\xc3\xa9", why="no JSON", content_type="text/plain", at=AT)
    assert (tmp_path / "00000001.yaml").read_text() == (
        '- {"at": "2026-11-24T21:15:38.078Z", "event": "dead_letter", "why": "no JSON", '
        '"content_type": "text/plain", "raw": "hello\\né"}\n'
    )


def test_a_body_that_is_not_text_is_kept_as_base64(tmp_path):
    body = bytes(range(256))
    DeadLetters(tmp_path).keep(body, why="no JSON", content_type="", at=AT)
    [letter] = letters_in(tmp_path)
    assert isinstance(letter, Event)
    assert base64.b64decode(letter.fields["raw_base64"]) == body


@pytest.mark.parametrize("body", [b"hello", b"", bytes(range(256)), "\u2028é".encode()])
def test_a_letter_is_read_back_as_it_came(tmp_path, body):
    DeadLetters(tmp_path).keep(body, why="no JSON", content_type="text/plain", at=AT)
    [letter] = DeadLetters(tmp_path).letters()
    assert (letter.body, letter.at, letter.why, letter.content_type, letter.judged) == (
        body, AT, "no JSON", "text/plain", False,
    )  # fmt: skip


def test_a_mark_is_a_line_of_its_own_and_concerns_equal_bodies_alone(tmp_path):
    letters = DeadLetters(tmp_path, cap_bytes=400)
    for body in (b"same", b"other", b"same"):
        letters.keep(body, why="w", content_type="", at=AT)
    before = (tmp_path / "00000001.yaml").read_bytes()
    assert not letters.keep(b"x" * 400, why="w", content_type="", at=AT)
    letters.mark_judged(letters.letters()[0], at=AT)
    assert (tmp_path / "00000001.yaml").read_bytes().startswith(before)
    assert [(letter.body, letter.judged) for letter in letters.letters()] == [
        (b"same", True), (b"other", False), (b"same", True),
    ]  # fmt: skip


def test_no_letters_are_none_and_make_no_folder(tmp_path):
    assert DeadLetters(tmp_path / "none").letters() == []
    assert not (tmp_path / "none").exists()


def test_a_letter_that_a_person_has_broken_is_an_empty_one(tmp_path):
    (tmp_path / "00000001.yaml").write_text(
        '- {"at": "2026-11-24T21:15:38.078Z", "event": "dead_letter", "raw_base64": "a"}\nno line\n'
    )
    assert [letter.body for letter in DeadLetters(tmp_path).letters()] == [b""]


def test_above_the_cap_a_letter_is_not_kept_and_a_smaller_one_still_is(tmp_path):
    letters = DeadLetters(tmp_path, cap_bytes=400)
    assert letters.keep(b"first", why="w", content_type="", at=AT)
    assert not letters.keep(b"x" * 400, why="w", content_type="", at=AT)
    assert letters.keep(b"third", why="w", content_type="", at=AT)
    assert [letter.fields["raw"] for letter in letters_in(tmp_path)] == ["first", "third"]


def test_the_cap_counts_what_an_earlier_process_kept(tmp_path):
    assert DeadLetters(tmp_path, cap_bytes=150).keep(b"first", why="w", content_type="", at=AT)
    assert not DeadLetters(tmp_path, cap_bytes=150).keep(b"second", why="w", content_type="", at=AT)


def test_a_letter_that_cannot_be_stored_is_an_error_not_a_letter_above_the_cap(tmp_path):
    folder = tmp_path / "file"
    folder.write_text("in the way")
    with pytest.raises(StorageError):
        DeadLetters(folder).keep(b"x", why="w", content_type="", at=AT)
