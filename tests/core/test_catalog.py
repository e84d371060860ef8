"""Values as editors type them, and that each rule which refuses one has words for it."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from feeds.core import catalog
from feeds.core.catalog import UserEntry
from feeds.core.rules import faults_of_values
from feeds.core.values import CATEGORIES, FORMER_CATEGORIES, explain, is_relative

TYPES = {
    name: TypeAdapter(getattr(catalog, name))
    for name in (
        "Text ShortText LongText Guid UserId Category Url FolderUrl Location Language Tag MediaType Country "
        "Bytes Count NeedName Priority YesOrNo Seconds Span Start End MaybeText"
    ).split()
}


def accepted(name, value):
    """Return the value as the type has it, or the words of its refusal."""
    try:
        return TYPES[name].validate_python(value), None
    except ValidationError as error:
        [fault] = faults_of_values(error, UserEntry)
        return None, fault


texts = st.text(max_size=8) | st.sampled_from(
    ["null", "~", "CON", "../a", "a.mp4", "https://h.example", "https://u:p@h", "file:///", "12:34", "2026-11-20", "fr",
     "true", "x" * 256, "x" * 5001, "tv", "kids", "a,b", " a", "\u202e", "\x0b", "video/mp4"]
)  # fmt: skip
values = st.none() | texts | st.lists(texts, max_size=2) | st.dictionaries(texts, texts, max_size=2)


@settings(deadline=None, max_examples=400)
@given(st.sampled_from(sorted(TYPES)), values)
def test_whatever_a_type_refuses_it_has_words_for(name, value):
    _, fault = accepted(name, value)
    if fault is None:
        assert isinstance(value, str)
        return
    assert fault.rule in {
        "text", "title", "description", "guid", "user-id", "category", "url", "media", "language", "tag", "media-type",
        "country", "notify", "access", "number", "yes-or-no", "duration", "span", "date",
    }  # fmt: skip
    assert fault.what
    assert fault.remedy
    for internal in ("str_", "string_type", "NoneType", "Input", "{what}", "pattern"):
        assert internal not in fault.what + fault.remedy


@pytest.mark.parametrize("name", sorted(TYPES))
@pytest.mark.parametrize("value", [None, [], {}, ["a"], {"a": "b"}, 1, True])
def test_only_text_is_a_value(name, value):
    _, fault = accepted(name, value)
    assert fault is not None


def test_a_rule_without_words_is_none_of_ours():
    assert explain("string_type", "a") is None


@pytest.mark.parametrize("category", CATEGORIES)
def test_each_of_the_fifteen_categories_passes_and_none_with_other_letters(category):
    assert len(CATEGORIES) == 15
    assert accepted("Category", category) == (category, None)
    assert accepted("Category", category.title())[1]
    assert accepted("Category", f"{category} ")[1]


@pytest.mark.parametrize("category", FORMER_CATEGORIES)
def test_a_former_category_is_refused_with_what_to_do_now(category):
    assert accepted("Category", category)[1].remedy == FORMER_CATEGORIES[category]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1", 1), ("754", 754), ("12:34", 754), ("0:01", 1), ("99:59", 5999), ("1:02:03", 3723), ("100:00:00", 360000),
     ("05:06", 306), ("00:00:01", 1)],
)  # fmt: skip
def test_a_duration_is_seconds_or_a_clock(text, seconds):
    assert accepted("Seconds", text) == (seconds, None)


@pytest.mark.parametrize(
    "text", ["0", "0:00", "0:00:00", "1:2", "1:60", "1:60:00", "1:2:3:4", "-1", "1.5", "1 s", "", "1:023", ":30", "1:"]
)
def test_all_else_is_no_duration(text):
    assert accepted("Seconds", text)[1].rule == "duration"


@pytest.mark.parametrize(
    ("text", "span"),
    [("3d", timedelta(days=3)), ("3", timedelta(days=3)), ("36h", timedelta(hours=36)), ("1h", timedelta(hours=1))],
)
def test_a_span_is_days_or_hours(text, span):
    assert accepted("Span", text) == (span, None)


@pytest.mark.parametrize("text", ["0", "0h", "3 d", "3D", "-1d", "1.5d", "d", "3m", "12:00", "10000d", ""])
def test_all_else_is_no_span(text):
    assert accepted("Span", text)[1].rule == "span"


def moment(*parts):
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2026-11-20", moment(2026, 11, 20), moment(2026, 11, 21)),
        ("2026-12-31", moment(2026, 12, 31), moment(2027, 1, 1)),
        ("2024-02-29", moment(2024, 2, 29), moment(2024, 3, 1)),
        ("9999-12-31", moment(9999, 12, 31), moment(9999, 12, 31)),
        ("2026-11-20T18:30:00Z", moment(2026, 11, 20, 18, 30), moment(2026, 11, 20, 18, 30)),
        ("2026-11-20T18:30+01:00", moment(2026, 11, 20, 17, 30), moment(2026, 11, 20, 17, 30)),
        ("2026-11-20 18:30:00.9-05:00", moment(2026, 11, 20, 23, 30), moment(2026, 11, 20, 23, 30)),
    ],
)
def test_a_day_begins_at_midnight_utc_and_counts_whole_as_an_end(text, start, end):
    assert accepted("Start", text) == (start, None)
    assert accepted("End", text) == (end, None)


@pytest.mark.parametrize("name", ["Start", "End"])
@pytest.mark.parametrize(
    "text", ["2026-11-20T18:30", "2026-11-20T18:30:00", "20261120", "2026-W47-5", "2025-02-29", "18:30"]
)
def test_a_time_without_a_zone_or_day_is_refused(name, text):
    assert accepted(name, text)[1].rule == "date"


@pytest.mark.parametrize("name", ["Url", "Location", "FolderUrl"])
@pytest.mark.parametrize(
    "scheme", ["javascript:", "file://", "data:", "vbscript:", "blob:https://", "s3://", "rtmp://", "//"]
)
def test_nothing_is_an_address_that_dailymotion_can_not_fetch(name, scheme):
    assert accepted(name, f"{scheme}h.example/a.mp4")[1]


@pytest.mark.parametrize("name", ["Url", "Location", "FolderUrl"])
@pytest.mark.parametrize(
    "address",
    ["https://anna:geheim@h.example/a", "ftp://geheim@h.example/a", "https://anna:ge/heim@h.example/", "https://a:geheim@",
     "s3://anna:geheim@bucket/a", "https://h.example:geheim@evil.example/", "https://geheim%40@h.example/"],
)  # fmt: skip
def test_a_login_in_an_address_is_refused_and_never_shown(name, address):
    _, fault = accepted(name, address)
    assert "login" in fault.what
    assert "geheim" not in fault.what + fault.remedy
    assert "heim@" not in fault.what + fault.remedy


@pytest.mark.parametrize("scheme", ["http", "https", "ftp", "ftps", "sftp"])
@pytest.mark.parametrize(
    "rest", ["h.example", "h.example/", "h.example:8021/a b/é?x=@#y", "192.0.2.1/a", "h/@anna/a.mp4"]
)
def test_an_address_of_each_transport_passes(scheme, rest):
    assert accepted("Url", f"{scheme}://{rest}") == (f"{scheme}://{rest}", None)
    assert accepted("Location", f"{scheme}://{rest}") == (f"{scheme}://{rest}", None)


STEPS = ["..", ".", ".git", "a", "b c", "", "~", "é"]


@pytest.mark.parametrize("steps", list(itertools.product(STEPS, STEPS)))
def test_no_path_leaves_its_folder_or_names_what_is_hidden(steps):
    path = "/".join([*steps, "x.mp4"])
    well = all(step and not step.startswith(".") for step in steps)
    assert is_relative(path) == well
    assert (accepted("Location", path)[1] is None) == well


@pytest.mark.parametrize("device", ["con", "PRN", "Aux", "nul", "com1", "LPT9"])
def test_a_user_s_id_is_no_device_of_windows(device):
    assert accepted("UserId", device)[1].rule == "user-id"
    assert accepted("UserId", f"{device}x") == (f"{device}x", None)


@pytest.mark.parametrize(("text", "value"), [("null", None), ("~", None), ("", ""), ("users", "users"), ("no", "no")])
def test_null_is_nothing_only_where_the_catalog_says_so(text, value):
    assert accepted("MaybeText", text) == (value, None)
    assert accepted("Text", "null") == ("null", None)


@pytest.mark.parametrize("text", ["yes", "no", "True", "TRUE", "1", "on", "", "null"])
def test_yes_is_true_and_nothing_else_is(text):
    assert accepted("YesOrNo", text)[1].rule == "yes-or-no"
    assert accepted("YesOrNo", "true") == (True, None)
    assert accepted("YesOrNo", "false") == (False, None)


def test_countries_are_those_of_iso_in_small_letters():
    assert accepted("Country", "FR") == ("fr", None)
    for no_country in ("uk", "eu", "xx", "fra", "f", "", "de "):
        assert accepted("Country", no_country)[1].rule == "country"
