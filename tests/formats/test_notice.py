"""A notice as people and programs get it: to the letter, of a bounded size, and giving no orders to a chat program."""

import json
from datetime import UTC, datetime

from feeds.core.notices import Notice
from feeds.core.status import Need
from feeds.formats import notice

AT = datetime(2026, 11, 28, 9, 5, 30, tzinfo=UTC)
MANY = Notice(
    at=AT,
    network="Nord Clips",
    new={
        Need.FAILED: ["openmo-0001"],
        Need.ASKED: ["newbie (x2new)"],
        Need.OVERDUE: [f"cafe-{number}" for number in range(1, 1201)],
        Need.UNCLEAR: ["", ""],
    },
    over={Need.CATALOG: [""], Need.FROZEN: ["x2anna", "x3bo"], Need.DEAD_LETTERS: [""]},
    counts={Need.FAILED: 3, Need.ASKED: 1, Need.OVERDUE: 1200, Need.UNCLEAR: 2},
)
TEXT = """\
Nord Clips: 1,204 new matters need a person.
• failed imports (1 new, 3 in all): Dailymotion could not import them
   `openmo-0001`
   next: `feeds results failures`
• asked to join (1): partners who want to join, and wait for an answer
   `newbie (x2new)`
   next: `feeds partners list --state asked`
• overdue (1,200): listed for too long without being imported
   `cafe-1`, `cafe-2`, `cafe-3`, `cafe-4`, `cafe-5`, and 1,195 more
   next: `feeds status --format json`
• unclear callbacks (2): Dailymotion sent what nobody could understand
   next: `feeds results failures`
• over: broken catalog
• over: frozen users (2): `x2anna`, `x3bo`
• over: dead letters (1)"""


def test_people_read_what_is_new_with_names_and_the_next_command_and_what_is_over():
    assert notice.render_text(MANY) == TEXT


def test_programs_read_the_same_as_values():
    record = json.loads(notice.render(MANY))
    assert record.pop("text") == TEXT
    assert record["new"][0] == {
        "what": "failed imports",
        "count": 1,
        "in_all": 3,
        "names": ["openmo-0001"],
        "meaning": "Dailymotion could not import them",
        "next": "feeds results failures",
    }
    assert [(each["what"], each["count"], len(each["names"])) for each in record.pop("new")] == [
        ("failed imports", 1, 1), ("asked to join", 1, 1), ("overdue", 1200, 20), ("unclear callbacks", 2, 0),
    ]  # fmt: skip
    assert record == {
        "at": "2026-11-28T09:05:30.000Z",
        "network": "Nord Clips",
        "over": [
            {"what": "broken catalog", "count": 1, "names": []},
            {"what": "frozen users", "count": 2, "names": ["x2anna", "x3bo"]},
            {"what": "dead letters", "count": 1, "names": []},
        ],
    }


def of(*names, network="Nord Clips", over=()):
    new = {Need.UNKNOWN: list(names)} if names else {}
    return Notice(AT, network, new, {Need.UNKNOWN: list(over)} if over else {}, {Need.UNKNOWN: len(names)})


def test_one_is_said_to_be_one_and_nothing_new_to_be_over():
    assert notice.render_text(of("a1")).startswith("Nord Clips: 1 new matter needs a person.\n")
    assert (
        notice.render_text(of(over=["a1"]))
        == "Nord Clips: what needed a person is over.\n• over: unknown guids (1): `a1`"
    )


def test_a_network_whose_name_was_never_known_is_told_all_the_same():
    assert notice.render_text(of("a1", network=None)).startswith("The network: 1 new")
    assert json.loads(notice.render(of("a1", network=None)))["network"] is None


def test_no_name_calls_people_makes_links_or_leaves_its_line():
    text = notice.render_text(
        of("<!channel> @all", "`*a*` [x](https://evil.example)", "a\nb", "&amp;", network="<!here>\n")
    )
    assert text.splitlines() == [
        "&lt;!here&gt;\\n: 4 new matters need a person.",
        "• unknown guids (4): results for guids that the catalog doesn't have",
        "   `&lt;!channel&gt; @all`, `'*a*' [x](https://evil.example)`, `a\\nb`, `&amp;amp;`",
        "   next: `feeds status --format json`",
    ]


def test_whatever_the_names_the_message_is_small_and_takes_no_receiver_by_surprise():
    names = [f"{number}\ud800\x00\u202e" + "\U0001f600" * 1000 for number in range(1000)]
    message = notice.render(of(*names, network="\x00" * 255))
    assert len(message) < 40_000
    record = json.loads(message.decode())
    everything = json.dumps(record, ensure_ascii=False)
    everything.encode()
    assert "\\u0000" not in everything
    assert len(record["text"]) < 4000  # more would be cut, or shown as a file
