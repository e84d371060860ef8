"""A plan as people, programs and merge requests get it: to the letter, bounded, and whatever the names hold."""

import json
from datetime import UTC, datetime

from feeds.core.errors import Finding, Place
from feeds.core.plan import Danger, Noted, Plan, UserPlan, Warned
from feeds.formats import plan_json, plan_markdown, plan_text

AT = datetime(2026, 11, 28, 9, 5, 30, tzinfo=UTC)
NASTY = '</details><img src=x>\n# @all `"\\|\x1b[2J\u202e'
FINDING = Finding(
    Place("users/bo.yaml", 4, 7), "error", "unknown-key", ("bo",), '"titel" is not a key here', "Mend it."
)
ANNA = UserPlan(
    "x2anna",
    "annacooks",
    listed=("a7", "a8"),
    gone=(Noted("a1", "held"),),
    changed=(Noted("a2", "title, media"),),
    waiting=(Noted("a3", "held"),),
    corrected=("a4",),
)
BO = UserPlan("x3bo", "x3bo", blocked=(FINDING,))
PLAN = Plan(
    AT,
    "HEAD (0123456789)",
    [ANNA, BO],
    [
        Warned(Danger.REMOVALS, None, None, "edits would take 12 listed videos out", "Say so:\n  git commit -m x"),
        Warned(Danger.RENAMED, "x2anna", "a9", 'it would be called "a7"', "A guid never changes."),
    ],
    removals=12,
    notes=["network.mrss changes: every feed is written anew."],
)

TEXT = """\
Compared with HEAD (0123456789), as of 2026-11-28 09:05 UTC:
  +2 listed, -1 no longer listed, 1 changed, 1 not listed, 1 changed since import, 1 user blocked.
  note: network.mrss changes: every feed is written anew.

! refused removals: edits would take 12 listed videos out.
  Say so:
    git commit -m x

! guid renamed: "a9" of x2anna: it would be called "a7".
  A guid never changes.

annacooks (x2anna): +2 listed, -1 no longer listed, 1 changed, 1 not listed, 1 changed since import
  + a7
  + a8
  - a1: held
  ~ a2: title, media
    a3: not listed, held
  = a4: imported already: Dailymotion keeps the old version, unless `relist` has it read again

x3bo: blocked: the last good version stays
  users/bo.yaml:4:7: "titel" is not a key here
"""
MARKDOWN = """\
### feeds plan: &#43;2 listed, &#45;1 no longer listed, 1 changed, 1 not listed, 1 changed since import, \
1 user blocked

Compared with HEAD &#40;0123456789&#41;, as of 2026-11-28 09:05 UTC.

network.mrss changes&#58; every feed is written anew.

**This blocks: the push would not be published as it is.**

- **refused removals**: edits would take 12 listed videos out.<br>
  Say so&#58;<br>
  <code>git commit &#45;m x</code>

- **guid renamed** <code>a9</code> of <code>x2anna</code>: it would be called &#34;a7&#34;.<br>
  A guid never changes.

<details><summary>annacooks &#40;x2anna&#41;: &#43;2 listed, &#45;1 no longer listed, 1 changed, 1 not listed, \
1 changed since import</summary>

    + a7
    + a8
    - a1: held
    ~ a2: title, media
      a3: not listed, held
    = a4: imported already: Dailymotion keeps the old version, unless `relist` has it read again

</details>

<details><summary>x3bo: blocked&#58; the last good version stays</summary>

    users/bo.yaml:4:7: "titel" is not a key here

</details>
"""


def test_text_is_short_and_says_the_dangerous_first():
    assert plan_text.render(PLAN) == TEXT


def test_markdown_folds_the_users():
    assert plan_markdown.render(PLAN) == MARKDOWN


def test_json_has_all_of_it():
    record = json.loads(plan_json.render(PLAN))
    assert {key: record[key] for key in ("at", "against", "blocks", "allow_removals")} == {
        "at": "2026-11-28T09:05:30.000Z", "against": "HEAD (0123456789)", "blocks": True, "allow_removals": 12,
    }  # fmt: skip
    assert record["dangerous"][1] == {
        "danger": "guid renamed",
        "user": "x2anna",
        "guid": "a9",
        "what": 'it would be called "a7"',
        "next": "A guid never changes.",
    }
    assert record["users"][0] == {
        "id": "x2anna",
        "username": "annacooks",
        "listed": ["a7", "a8"],
        "no_longer_listed": [{"guid": "a1", "why": "held"}],
        "changed": [{"guid": "a2", "why": "title, media"}],
        "not_listed": [{"guid": "a3", "why": "held"}],
        "changed_since_import": ["a4"],
        "blocked": [],
    }
    assert record["users"][1]["blocked"][0]["line"] == 4


def test_a_comment_has_room_for_a_thousand_changed_users_and_as_many_dangers():
    users = [
        UserPlan(f"x{number:04}", f"user{number}", tuple(f"ü{n}" * 60 for n in range(90))) for number in range(1000)
    ]
    warned = [Warned(Danger.RENAMED, each.id, NASTY * 9, NASTY * 99, NASTY) for each in users]
    text = plan_markdown.render(Plan(AT, "HEAD", users, warned))
    assert len(text.encode()) <= plan_markdown.BOUND
    assert "... and " in text
    assert text.count("<details>") == text.count("</details>") > 2
    assert "more users: `feeds plan` shows them." in text
    assert "more dangerous lines: `feeds plan` shows them." in text
    assert len(plan_text.render(Plan(AT, "HEAD", users, warned)).splitlines()) < 500


def test_no_name_is_taken_for_markup_or_obeyed_by_a_terminal():
    user = UserPlan("x1", NASTY, listed=(NASTY,), gone=(Noted(NASTY, NASTY),))
    plan = Plan(AT, NASTY, [user], [Warned(Danger.LIVE, NASTY, NASTY, NASTY, NASTY)], notes=[NASTY])
    text = plan_markdown.render(plan)
    assert (text.count("<details>"), text.count("</details>"), text.count("<img")) == (1, 4, 3)
    assert [line for line in text.splitlines() if "</details>" in line and line != "</details>"] == [
        line for line in text.splitlines() if line.startswith("    ")
    ]
    assert "@" not in "".join(line for line in text.splitlines() if not line.startswith("    "))
    assert all(line.isprintable() for line in (text + plan_text.render(plan)).splitlines())
