"""Asking for the children's fields, at a stand-in with 2,500: both ways alike, within bounds, nobody in silence."""

from contextlib import ExitStack

import pytest

from feeds.core.account_report import USERS, account_report, revenues
from feeds.core.report_accounts import GONE, NO_CHILD, NOT_ASKED, UNRECORDED, Wanted, unread
from feeds.core.revenue import PERIODS
from feeds.dailymotion import oauth
from feeds.dailymotion.client import Client
from feeds.dailymotion.errors import DailymotionError
from feeds.dailymotion.transport import Bounded
from feeds.dailymotion.values import PARENT_SCOPES
from feeds.reporting.asking import FEW, Asking
from sandbox.faults import KINDS
from tests.sites import AT
from tests.stand_in import CHILD, PARENT, Sandbox

CHILDREN = [f"x3c{number:05}" for number in range(1, 2501)]
STRANGER = "x9stray"
# So long one answer may take here, where Dailymotion gets ten seconds and more.
READ_S = 0.15


@pytest.fixture(scope="module")
def world():
    sandbox = Sandbox(children=len(CHILDREN))
    yield sandbox
    sandbox.close()


@pytest.fixture
def sandbox(world):
    yield world
    world.heal()


@pytest.fixture
def asking(sandbox):
    """Return a function that prepares to ask a question with the parent's login; `waits` has the seconds waited."""
    with ExitStack() as clients:

        def asking(question=None, scopes=PARENT_SCOPES, wait=None):
            settings = sandbox.settings()
            token = oauth.by_password(settings, "nordclips", "sandbox-nordclips", scopes=scopes)
            client = clients.enter_context(Client(settings, token, adapter=Bounded(read_s=READ_S, answer_s=READ_S)))
            waits = []
            made = Asking(client, PARENT, (question or revenues("total")).fields, wait or waits.append)
            made.waits = waits
            sandbox.forget_calls()
            return made

        yield asking


def wanted(adopted, listed=(), named=None):
    return Wanted({user: f"{user}-name" for user in (*adopted, *listed)}, frozenset(adopted), named)


def report(made, whom, question=None):
    return account_report(question or revenues("total"), whom, made.answers, network="Nord Clips", at=AT)


def lines(made, whom, question=None):
    """Return what the report says of each user: whether its main number is known, and the remark."""
    table = report(made, whom, question).tables[0]
    return {row.key: (row.cells[0] is not None, row.remark) for row in table.rows}


@pytest.fixture
def few(sandbox):
    """Leave the parent four children: three whose revenues are known, and one."""
    accounts = sandbox.world.accounts
    known = [user for user in CHILDREN if accounts[user].revenues["video_total"] is not None][:3]
    unknown = next(user for user in CHILDREN if accounts[user].revenues["video_total"] is None)
    left = {user: accounts[user].parents for user in CHILDREN if user not in {*known, unknown}}
    for user in left:
        accounts[user].parents = []
    yield [*known, unknown]
    for user, parents in left.items():
        accounts[user].parents = parents


@pytest.mark.parametrize("question", [*map(revenues, PERIODS), USERS], ids=lambda each: each.name)
def test_both_ways_of_the_guide_give_the_same_report(asking, few, question):
    """Children, one of unknown revenues, one that no event knows; one that is none any more, one that is nobody."""
    whom = wanted([*few[1:], CHILD, "x2nowhere"], listed=["x2waits"])
    by_name, at_parent, in_hundreds = asking(question), asking(question), asking(question)
    by_name.by_name([*few, CHILD, "x2nowhere"])
    at_parent.at_parent(whom)
    in_hundreds.among([*few, CHILD, "x2nowhere"])
    expected = report(by_name, whom, question)
    assert {row.key: row.remark for row in expected.tables[0].rows} == {
        few[0]: UNRECORDED, **dict.fromkeys(few[1:], ""), CHILD: GONE, "x2nowhere": GONE,
    }  # fmt: skip
    assert {row.cells[-1] for row in expected.tables[0].rows} > {None}
    assert report(at_parent, whom, question) == expected
    assert report(in_hundreds, whom, question) == expected


def test_all_of_2500_children_are_read_in_25_calls(asking, sandbox):
    made, whom = asking(), wanted(CHILDREN)
    made.ask(whom)
    assert made.answers.children.keys() == set(CHILDREN)
    assert made.calls == 25
    assert sandbox.calls("GET") == [f"/user/{PARENT}/children"] * 10 + ["/users"] * 15
    table = report(made, whom).tables[0]
    assert (len(table.rows), table.totals[0].known + table.totals[0].unknown) == (2500, 2500)
    assert 0 < table.totals[0].unknown < table.totals[0].known


def test_beyond_the_list_those_of_the_catalog_are_asked_for_and_others_said_to_be_unseen(asking):
    made, whom = asking(), wanted(CHILDREN[:20], listed=[CHILDREN[2000], STRANGER])
    made.ask(whom)
    assert lines(made, whom)[CHILDREN[2000]][1] == UNRECORDED
    assert CHILDREN[2001] not in made.answers.children
    assert any("has more" in note for note in report(made, whom).notes)
    assert "Not in this report: a user of the catalog who has not joined." in report(made, whom).notes


def test_few_are_asked_for_by_name_and_so_are_children_that_no_event_knows(asking, sandbox, few):
    made, whom = asking(), wanted([*few[:2], STRANGER])
    made.ask(whom)
    assert sandbox.calls("GET")[0] == f"/user/{PARENT}/children"
    assert sorted(sandbox.calls("GET")[1:-1]) == sorted(f"/user/{user}" for user in [*few, STRANGER])
    assert sandbox.calls("GET")[-1] == "/users"
    assert lines(made, whom) == {
        few[0]: (True, ""), few[1]: (True, ""), few[2]: (True, UNRECORDED), few[3]: (False, UNRECORDED),
        STRANGER: (False, GONE),
    }  # fmt: skip


def test_who_is_named_and_no_child_has_a_line_that_says_so(asking):
    made, whom = asking(), wanted(CHILDREN[:1], listed=[STRANGER], named=(CHILDREN[0], STRANGER))
    made.ask(whom)
    assert {user: remark for user, (_, remark) in lines(made, whom).items()} == {CHILDREN[0]: "", STRANGER: NO_CHILD}


@pytest.mark.parametrize("count", [FEW, FEW + 1])
def test_of_many_who_are_named_a_hundred_are_asked_for_at_once(asking, count):
    made, whom = asking(), wanted(CHILDREN, named=tuple(CHILDREN[:count]))
    made.ask(whom)
    assert (made.calls, len(made.answers.children)) == (count if count == FEW else 1, count)


def test_a_child_of_several_parents_is_one(asking, sandbox):
    account = sandbox.world.accounts[CHILDREN[0]]
    account.parents = [PARENT, STRANGER]
    made = asking()
    made.by_name([CHILDREN[0]])
    account.parents = [PARENT]
    assert made.answers.children.keys() == {CHILDREN[0]}


def test_without_the_scope_everything_is_unknown_and_the_report_says_why(asking):
    made, whom = asking(scopes=("userinfo",)), wanted(CHILDREN[:3], named=tuple(CHILDREN[:3]))
    made.ask(whom)
    table = report(made, whom).tables[0]
    assert [(total.value, total.known, total.unknown) for total in table.totals] == [(None, 0, 3)] * 5
    assert any("read_insights" in note for note in report(made, whom).notes)


# What of a report is left where every call has this fault; the others are told word for word by the client's tests.
HARMLESS = {"wrong-type"}


@pytest.mark.parametrize("kind", KINDS)
def test_every_fault_leaves_a_line_for_everybody_and_a_sentence(asking, sandbox, kind):
    made, whom = asking(), wanted(CHILDREN[:250])
    sandbox.fault(kind, path="/user*", count=1000, status=501, retry_after_s=600, seconds=30, bytes=5_000_000)
    made.ask(whom)
    its = report(made, whom)
    assert len(its.tables[0].rows) >= 250
    if kind in HARMLESS:
        assert (made.answers.stopped, unread(whom, made.answers)) == (None, 0)
        return
    assert unread(whom, made.answers) == 250
    assert {row.remark for row in its.tables[0].rows} <= {NOT_ASKED, *made.answers.troubles.values()}
    assert made.answers.stopped.startswith("Dailymotion")
    assert made.answers.stopped.endswith(".")
    assert made.calls <= 3 + len(made.waits), "a service that is down is asked for everybody"
    assert its.tables[0].totals[0].unknown == 250


@pytest.mark.parametrize("kind", ["server-error", "drop-before", "not-json", "empty"])
def test_where_the_list_breaks_off_those_who_are_known_are_asked_for_by_name(asking, sandbox, kind):
    made, whom = asking(), wanted(CHILDREN[:250])
    sandbox.fault(kind, path="/user/*/children", nth=2, count=1000)
    made.ask(whom)
    assert set(lines(made, whom).values()) <= {(True, ""), (False, "")}
    assert unread(whom, made.answers) == 0
    assert made.calls == 2 + 2, "what came before the trouble is asked for again"
    assert any("broke off" in note for note in report(made, whom).notes)


def test_who_can_not_be_read_has_a_line_with_the_reason_and_the_others_their_numbers(asking, sandbox):
    made = asking()
    whom = wanted(CHILDREN[:FEW], named=tuple(CHILDREN[:FEW]))
    sandbox.fault("server-error", path=f"/user/{CHILDREN[3]}", count=1000, status=500)
    made.ask(whom)
    assert unread(whom, made.answers) == 1
    its = {user: remark for user, (_, remark) in lines(made, whom).items() if remark}
    assert its.keys() == {CHILDREN[3]}
    assert its[CHILDREN[3]].startswith("not read: Dailymotion answered GET /user/x3c00004 with status 500")


def test_a_trouble_of_one_hundred_is_none_of_the_next(asking, sandbox):
    made, whom = asking(), wanted(CHILDREN)
    sandbox.fault("not-json", path="/users", nth=2)
    made.ask(whom)
    assert unread(whom, made.answers) == 100
    assert made.answers.stopped is None


def test_dailymotion_is_waited_for_as_long_as_it_says(asking, sandbox):
    made, whom = asking(), wanted(CHILDREN[:FEW], named=tuple(CHILDREN[:FEW]))
    sandbox.fault("too-many", path=f"/user/{CHILDREN[4]}", count=1, retry_after_s=40)
    made.ask(whom)
    assert made.waits == [40]
    assert unread(whom, made.answers) == 0


def test_waiting_has_an_end_and_what_was_read_by_then_stays(asking, sandbox):
    made, whom = asking(), wanted(CHILDREN[:FEW], named=tuple(CHILDREN[:FEW]))
    sandbox.fault("too-many", path="/user/*", nth=3, count=1000, retry_after_s=120)
    made.ask(whom)
    assert made.waits == [120, 120]
    assert unread(whom, made.answers) == FEW - 2
    assert "wants fewer requests" in made.answers.stopped
    assert list(lines(made, whom).values()).count((False, NOT_ASKED)) == FEW - 3


def test_the_older_way_of_throttling_is_waited_for_too(asking, sandbox):
    made, whom = asking(), wanted(CHILDREN[:1], named=tuple(CHILDREN[:1]))
    sandbox.fault("throttled", path="/user/*", count=2)
    made.ask(whom)
    assert made.waits == [30, 30]
    assert unread(whom, made.answers) == 0


def test_what_was_told_before_an_interruption_is_kept(asking, sandbox):
    def interrupt(_seconds):
        raise KeyboardInterrupt

    made, whom = asking(wait=interrupt), wanted(CHILDREN)
    sandbox.fault("throttled", path="/users", nth=3, count=1)
    with pytest.raises(KeyboardInterrupt):
        made.ask(whom)
    assert len(made.answers.children) == 1200
    assert list(lines(made, whom).values()).count((False, NOT_ASKED)) == 1300


def test_where_nobody_is_known_a_trouble_is_an_error(asking, sandbox):
    made = asking()
    sandbox.fault("server-error", path="/user/*", count=1000)
    with pytest.raises(DailymotionError, match="status 503"):
        made.ask(wanted([]))
