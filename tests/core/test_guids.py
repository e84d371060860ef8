"""Two guids are the same when only case or Unicode form tells them apart: some system on the way will not see that."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.core.guids import canonical_guid, guid_key

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
FORMS = ["NFC", "NFD", "NFKC", "NFKD"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("anna-0142", "ANNA-0142"),
        ("crème", "cre\u0300me"),
        ("CRÈME", "cre\u0300me"),
        ("straße", "STRASSE"),
        ("ﬁlm", "film"),
        ("ａｂｃ", "abc"),
        ("\u212a1", "k1"),  # the sign of the kelvin
        ("Σίσυφος", "ΣΊΣΥΦΟΣ"),
        ("\u1f80\u0301", "\u1f88\u0301"),  # Greek letters with an iota below
    ],
)
def test_guids_that_differ_by_case_or_form_alone_are_the_same(one, other):
    assert canonical_guid(one) == canonical_guid(other)
    assert guid_key(one) == guid_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("a-1", "a_1"), ("a1", "a01"), ("a", "á"), ("a b", "ab"), ("a", "а"), ("", "a"), ("0", "O"), ("i", "ı")],
)
def test_all_other_guids_differ(one, other):
    assert canonical_guid(one) != canonical_guid(other)
    assert guid_key(one) != guid_key(other)


def test_the_key_of_a_guid_is_the_same_in_every_year_and_fits_a_database():
    assert guid_key("anna-0142") == 1457003086598011288
    assert -(2**63) <= guid_key("crème") < 2**63


@settings(deadline=None)
@given(texts, st.sampled_from(FORMS))
def test_no_unicode_form_makes_another_guid(guid, form):
    canonical = canonical_guid(guid)
    assert canonical_guid(unicodedata.normalize(form, guid)) == canonical
    assert canonical_guid(canonical) == canonical
