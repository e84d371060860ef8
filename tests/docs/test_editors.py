"""docs/editors.md, typed word for word: what it shows is what is printed."""

import pytest

from tests.docs import tutorial
from tests.docs.steps import Meanwhile, Typed, Written, agrees, steps
from tests.docs.tutorial import EDITORS, TRANSCRIPT


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """Return each step with what was printed, or None where a command has no terminal."""
    return list(tutorial.play(EDITORS.read_text(), tmp_path_factory.mktemp("tutorial")))


def test_each_message_of_the_tutorial_is_the_one_that_is_printed(played):
    typed = [(step, printed) for step, printed in played if isinstance(step, Typed)]
    assert len(typed) > 30
    for step, printed in typed:
        assert agrees(step.shown, printed), f"$ {step.command}\n{printed}"


def test_the_transcript_is_what_is_printed_today(played):
    assert tutorial.transcript(played) == TRANSCRIPT.read_text(), "python -m tests.docs.tutorial makes it anew"


def test_the_tutorial_leads_past_what_a_day_brings():
    taken = list(steps(EDITORS.read_text()))
    typed = " ".join(step.command for step in taken if isinstance(step, Typed))
    for verb in ("check", "plan", "preview", "explain", "push", "takedown", "import"):
        assert f"feeds {verb}" in typed
    written = "".join(step.text for step in taken if isinstance(step, Written))
    assert "relist: " in written
    assert "withdraw: " in written
    assert {step.what for step in taken if isinstance(step, Meanwhile)} == {
        "the server publishes", "the partner joins", "Dailymotion imports",
    }  # fmt: skip
    assert next(step for step in reversed(taken) if isinstance(step, Typed)).shown.endswith("nothing changes.")


def test_five_kinds_of_mistakes_are_shown_with_their_messages():
    shown = "".join(step.shown for step in steps(EDITORS.read_text()) if isinstance(step, Typed))
    for rule in ("yaml", "category", "date", "unknown-key", "guid-duplicate"):
        assert f"error[{rule}]" in shown


@pytest.mark.parametrize(
    ("shown", "printed", "does"),
    [
        ("a\n...\nd", "a\nb\nc\nd", True),
        ("a\n...\nd", "a\nd", True),
        ("...\nd", "a\nd", True),
        ("a\n...", "a\nb", True),
        ("", "", True),
        ("a", "a\nb", False),
        ("", "a", False),
        ("a\n...\nd", "a\nd\ne", False),
        ("a.c", "abc", False),
    ],
)
def test_only_three_dots_on_a_line_stand_for_other_lines(shown, printed, does):
    assert agrees(shown, printed) is does
