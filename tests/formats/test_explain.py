"""An explanation as people and programs get it, to the letter, whatever the names hold."""

import json
from datetime import UTC, datetime

from feeds.core.errors import Place
from feeds.core.explanation import Explanation, Fact
from feeds.formats import explain_json, explain_text

AT = datetime(2026, 11, 28, 9, 5, 30, tzinfo=UTC)
VIDEO = Explanation(
    AT,
    "anna-0142",
    "Tarte aux pommes",
    Fact(
        "verdict", "not listed: held: wait", Place("users/x2anna.yaml", 7, 11), None, ("0123456789ab", "Anna", "Wait")
    ),
    [Fact("user", "x2anna is adopted"), Fact("imported", "2026-11-21 10:00 UTC: https://x/1", None, "b75b03c59b")],
    ["When it may go, take the line `hold` out."],
    listed=False,
    user="x2anna",
)
USER = Explanation(
    AT, "x2anna", "annacooks", Fact("verdict", "in the user list"), [], ["Nothing."],
    counts={"listed": 7, "held": 1}, first={"listed": ["a1", "a2"], "held": ["h1"]},
)  # fmt: skip

TEXT = """\
anna-0142, of x2anna: Tarte aux pommes
  not listed: held: wait  (users/x2anna.yaml:7:11)  [0123456789 Anna: Wait]
  user      x2anna is adopted
  imported  2026-11-21 10:00 UTC: https://x/1  [b75b03c59b]
next: When it may go, take the line `hold` out.
"""
TEXT_OF_USER = """\
x2anna: annacooks
  in the user list
      7 listed: a1, a2, and 5 more
      1 held: h1
next: Nothing.
"""


def test_text_says_the_verdict_first_and_what_to_do_last():
    assert explain_text.render(VIDEO) == TEXT
    assert explain_text.render(USER) == TEXT_OF_USER


def test_json_has_all_of_it():
    assert json.loads(explain_json.render(VIDEO)) == {
        "at": "2026-11-28T09:05:30.000Z",
        "name": "anna-0142",
        "title": "Tarte aux pommes",
        "user": "x2anna",
        "listed": False,
        "verdict": {
            "about": "verdict",
            "words": "not listed: held: wait",
            "place": {"file": "users/x2anna.yaml", "line": 7, "column": 11},
            "event": None,
            "commit": {"hash": "0123456789ab", "author": "Anna", "subject": "Wait"},
        },
        "facts": [
            {"about": "user", "words": "x2anna is adopted", "place": None, "event": None, "commit": None},
            {
                "about": "imported",
                "words": "2026-11-21 10:00 UTC: https://x/1",
                "place": None,
                "event": "b75b03c59b",
                "commit": None,
            },
        ],
        "videos": None,
        "next": ["When it may go, take the line `hold` out."],
    }
    assert json.loads(explain_json.render(USER))["videos"] == {
        "listed": {"count": 7, "first": ["a1", "a2"]},
        "held": {"count": 1, "first": ["h1"]},
    }


def test_no_name_is_obeyed_by_a_terminal():
    nasty = "\x1b[2J\n\u202e"
    text = explain_text.render(Explanation(AT, nasty, nasty * 2, Fact("x", nasty), [Fact(nasty, nasty)], [nasty]))
    assert all(each.isprintable() for each in text.splitlines())
