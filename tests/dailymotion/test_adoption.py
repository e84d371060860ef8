"""Adoption, rejection and verification against the sandbox, through every way in which an answer can get lost."""

import pytest

from feeds.dailymotion import oauth
from feeds.dailymotion.client import Client
from feeds.dailymotion.errors import Broken, Expired, NotFound, Refused, Throttled
from feeds.dailymotion.transport import Bounded
from tests.stand_in import CHILD, PARENT, Sandbox

ADOPTION = {"method": "POST", "path": "/me/parents/*"}
REJECTION = {"method": "DELETE", "path": "/me/children/*"}
PATH = f"/me/parents/{PARENT}"


def test_an_account_is_adopted_with_its_own_login_and_rejected_with_its_parents(sandbox, client):
    child, parent = client("cafecourts"), client("nordclips")
    assert not child.is_adopted(PARENT)
    child.adopt(PARENT)
    assert child.is_adopted(PARENT)
    assert [row["id"] for row in child.parents().rows] == [PARENT]
    assert [row["username"] for row in parent.children(PARENT).rows] == ["cafecourts"]
    parent.reject(CHILD, parent_id=PARENT)
    assert not child.is_adopted(PARENT)
    assert sandbox.mails() == [(CHILD, "adopted"), (CHILD, "rejected")]


def test_a_login_tells_whose_it_is_and_what_it_may(client):
    identity = client("cafecourts").who_am_i()
    assert (identity.id, identity.username) == (CHILD, "cafecourts")
    assert identity.scopes == {"delegate_account_management", "userinfo"}
    assert identity.roles == {"can-adopt-users"}


def test_a_parent_that_says_404_for_not_a_child_is_understood():
    sandbox = Sandbox(not_a_child="404")
    try:
        token = oauth.by_password(sandbox.settings(), "cafecourts", "sandbox-cafecourts", scopes=())
        with Client(sandbox.settings(), token) as child:
            assert not child.is_adopted(PARENT)
    finally:
        sandbox.close()


@pytest.mark.parametrize("kind", ["drop-after", "empty", "not-json", "huge"])
def test_an_adoption_that_was_done_and_not_told_is_a_success_and_asked_once(sandbox, client, kind):
    child = client("cafecourts")
    sandbox.fault(kind, **ADOPTION)
    child.adopt(PARENT)
    assert sandbox.parents(CHILD) == [PARENT]
    assert sandbox.mails() == [(CHILD, "adopted")]
    assert sandbox.calls("POST").count(PATH) == 1


def test_an_adoption_that_took_too_long_and_was_done_is_a_success_and_asked_once(sandbox, client):
    token = client("cafecourts")._token
    sandbox.fault("hang", seconds=1, **ADOPTION)
    sandbox.fault("hang", seconds=1, method="GET", path="/me/parents/*")
    with Client(sandbox.settings(), token, adapter=Bounded(read_s=0.7)) as child:
        child.adopt(PARENT)
    assert sandbox.mails() == [(CHILD, "adopted")]
    assert sandbox.calls("POST").count(PATH) == 1


@pytest.mark.parametrize(("kind", "options"), [("drop-before", {}), ("server-error", {"status": 502})])
def test_an_adoption_that_was_not_done_is_said_so_and_asked_once(sandbox, client, kind, options):
    child = client("cafecourts")
    sandbox.fault(kind, **ADOPTION, **options)
    with pytest.raises(Broken, match=r"\nThe adoption was not done, as looked up since\.$"):
        child.adopt(PARENT)
    assert sandbox.parents(CHILD) == []
    assert sandbox.calls("POST").count(PATH) == 1


def test_an_adoption_that_nobody_can_look_up_is_neither_done_nor_not(sandbox, client):
    child = client("cafecourts")
    sandbox.fault("drop-after", **ADOPTION)
    sandbox.fault("server-error", method="GET", path="/me/parents/*", count=3)
    with pytest.raises(Broken, match="The adoption may have been done or not: looking it up failed too"):
        child.adopt(PARENT)
    assert sandbox.calls("POST").count(PATH) == 1


def test_a_refused_adoption_names_the_scope_that_lacks(client):
    with pytest.raises(Refused) as refused:
        client("cafecourts", scopes=("userinfo",)).adopt(PARENT)
    assert str(refused.value) == (
        'Dailymotion refused POST /me/parents/x1nord: "Your token does not have the scope '
        'delegate_account_management.". It needs the role can-adopt-users on the API key, and the scope '
        "delegate_account_management. This login lacks the scope delegate_account_management."
    )


def test_a_refused_adoption_names_the_role_that_lacks(client):
    with pytest.raises(Refused, match=r"This login lacks the role can-adopt-users\.$"):
        client("cafecourts", key="sandbox-no-role").adopt(PARENT)


@pytest.mark.parametrize("kind", ["throttled", "too-many"])
def test_an_adoption_too_many_is_left_to_its_caller(sandbox, client, kind):
    child = client("cafecourts")
    sandbox.fault(kind, **ADOPTION)
    with pytest.raises(Throttled):
        child.adopt(PARENT)
    assert sandbox.calls("POST").count(PATH) == 1


def test_a_login_that_ends_before_an_adoption_is_expired(sandbox, client):
    child = client("cafecourts")
    sandbox.fault("expired-token", **ADOPTION)
    with pytest.raises(Expired):
        child.adopt(PARENT)
    assert sandbox.parents(CHILD) == []


@pytest.mark.parametrize("kind", ["drop-after", "empty"])
def test_a_rejection_that_was_done_and_not_told_is_a_success(sandbox, client, kind):
    client("cafecourts").adopt(PARENT)
    sandbox.fault(kind, **REJECTION)
    client("nordclips").reject(CHILD, parent_id=PARENT)
    assert sandbox.mails() == [(CHILD, "adopted"), (CHILD, "rejected")]
    assert len(sandbox.calls("DELETE")) == 1


def test_a_rejection_that_was_not_done_is_said_so(sandbox, client):
    client("cafecourts").adopt(PARENT)
    sandbox.fault("server-error", **REJECTION)
    with pytest.raises(Broken, match="The rejection was not done"):
        client("nordclips").reject(CHILD, parent_id=PARENT)
    assert sandbox.parents(CHILD) == [PARENT]


def test_a_rejection_takes_the_other_path_where_the_first_is_unknown(sandbox, client):
    client("cafecourts").adopt(PARENT)
    client("nordclips", rejection="/me/nowhere/{child}").reject(CHILD, parent_id=PARENT)
    assert sandbox.parents(CHILD) == []
    assert sandbox.calls("DELETE") == [f"/me/nowhere/{CHILD}", f"/user/{PARENT}/children/{CHILD}"]


def test_a_rejection_whose_paths_are_both_unknown_is_no_success(sandbox, client):
    client("cafecourts").adopt(PARENT)
    parent = client("nordclips", rejection="/me/nowhere/{child}", rejection_fallback="/nowhere/{parent}/{child}")
    with pytest.raises(NotFound, match="The rejection was not done"):
        parent.reject(CHILD, parent_id=PARENT)


def test_who_is_no_child_any_more_needs_no_rejection(client):
    client("nordclips").reject(CHILD, parent_id=PARENT)


def test_only_the_parent_rejects(client):
    client("cafecourts").adopt(PARENT)
    with pytest.raises(Refused, match="needs the login of the parent account"):
        client("cafecourts").reject(CHILD, parent_id=PARENT)


def test_a_rejected_account_is_looked_up_alone_where_the_list_is_capped():
    sandbox = Sandbox(children=1001)
    try:
        token = oauth.by_password(sandbox.settings(), "nordclips", "sandbox-nordclips", scopes=())
        with Client(sandbox.settings(), token) as parent:
            assert parent.children(PARENT).capped
            sandbox.fault("drop-before", **REJECTION)
            with pytest.raises(Broken, match="The rejection was not done"):
                parent.reject("x3c01001", parent_id=PARENT)
            parent.reject("x3c01001", parent_id=PARENT)
            parent.reject("x3c01001", parent_id=PARENT)
        assert sandbox.parents("x3c01001") == []
    finally:
        sandbox.close()
