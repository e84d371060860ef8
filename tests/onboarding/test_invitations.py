"""An invitation's link is good for what it says, and for nothing that somebody else has written."""

from datetime import UTC, datetime, timedelta

import pytest

from feeds.core.errors import UsageError
from feeds.core.partners import fold_invitations
from feeds.formats import results_yaml
from feeds.onboarding.invitations import Links, invite

NOW = datetime(2026, 11, 24, 12, 0, 0, 5000, tzinfo=UTC)
OLD, NEW = "old-key-0123456789-abcdef", "new-key-0123456789-abcdef"


def test_a_link_and_the_event_tell_of_the_same_invitation():
    made, event = invite(" Anna (contract 881) ", days=14, by="x1nord", now=NOW)
    assert made.label == "Anna (contract 881)"
    assert made.until == datetime(2026, 12, 8, 12, tzinfo=UTC)
    assert Links([NEW]).parse(Links([NEW]).render(made)) == made
    assert fold_invitations([results_yaml.parse_line(results_yaml.render(event).strip())]) == [made]


def test_no_two_invitations_are_one():
    assert len({invite("Anna", days=1, by="x1nord", now=NOW)[0].id for _ in range(100)}) == 100


def test_a_key_that_is_being_replaced_is_still_good_for_reading():
    made, _ = invite("Anna", days=14, by="x1nord", now=NOW)
    assert Links([NEW, OLD]).parse(Links([OLD]).render(made)) == made
    assert Links([OLD]).parse(Links([NEW, OLD]).render(made)) is None


@pytest.mark.parametrize(
    "text", ["", "x", "WyJrNyIsMTgwMDAwMDAwMCwiQW5uYSJd.c2lnbmF0dXJl", "\x00", "a.b.c", "é" * 9000]
)
def test_what_nobody_here_has_signed_is_no_invitation(text):
    assert Links([NEW]).parse(text) is None


def test_a_text_that_was_signed_for_something_else_is_no_invitation():
    from itsdangerous import URLSafeSerializer

    for signed in (["k7", 1800000000, "Anna"], {"a": 1}, ["k7", "soon", "Anna"], ["k7"], ["k7", 1e300, "Anna"]):
        salt = "feeds invitation" if signed != ["k7", 1800000000, "Anna"] else "something else"
        assert Links([NEW]).parse(URLSafeSerializer([NEW], salt=salt).dumps(signed)) is None


@pytest.mark.parametrize(
    ("label", "says"),
    [("", "needs a label"), ("  ", "needs a label"), ("a\nb", "needs a label"), ("x" * 121, "needs a label"),
     ("anna@nord.example", "no e-mail address")],
)  # fmt: skip
def test_a_label_that_cannot_stand_in_git_is_refused(label, says):
    with pytest.raises(UsageError, match=says):
        invite(label, days=14, by="x1nord", now=NOW + timedelta())
