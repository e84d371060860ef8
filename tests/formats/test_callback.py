"""Any body becomes events, one for each element, or a CallbackRejected: nothing else, whatever it holds."""

import base64
import json
from datetime import UTC, datetime
from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.core.errors import CallbackRejected
from feeds.core.events import Event
from feeds.formats import callback, results_yaml

AT = datetime(2026, 11, 24, 21, 15, 38, 78_000, tzinfo=UTC)
READY = (
    '{"timestamp":1407770138078,"type":"injector.item.ready","data":{"status":"ready",'
    '"user_id":"53e8e58c1234567890abcdef","uid":"3725074091001","remote_id":"x23bz3t",'
    '"feed_id":"53e8e58c1234567890abcde0","item_id":"53e8e58c1234567890abcde1"}}'
)
IMPORTED = {"guid": "3725074091001", "remote_id": "x23bz3t", "timestamp_ms": 1407770138078, "raw": READY}


def parsed(body):
    return [(event.event, dict(event.fields)) for event in callback.parse(body, AT)]


def one(**data):
    """Return a callback of one event with these data."""
    return json.dumps([{"timestamp": 1407770138078, "type": "injector.item.ready", "data": data}]).encode()


def test_a_ready_event_is_an_import_with_its_own_text_kept():
    assert callback.parse(f"[{READY}]".encode(), AT) == [Event(AT, "imported", IMPORTED)]


def test_an_imported_event_lists_its_fields_in_the_lines_order():
    [event] = callback.parse(f"[{READY}]".encode(), AT)
    assert list(event.fields) == ["guid", "remote_id", "timestamp_ms", "raw"]


def test_another_status_is_a_failed_import():
    raw = '{"type": "injector.item.error", "timestamp": 5, "data": {"status": "error", "uid": "a", "remote_id": "x1"}}'
    [event] = callback.parse(f"[{raw}]".encode(), AT)
    assert event == Event(AT, "import_failed", {"guid": "a", "status": "error", "timestamp_ms": 5, "raw": raw})
    assert list(event.fields) == ["guid", "status", "timestamp_ms", "raw"]


def test_one_object_is_taken_as_an_array_of_one():
    assert parsed(f" {READY}\n".encode()) == [("imported", IMPORTED)]


def test_an_empty_array_holds_no_event():
    assert parsed(b" [ ] ") == []


@pytest.mark.parametrize(
    ("element", "why"),
    [
        ("17", "it is not an object"),
        ("null", "it is not an object"),
        ("[" * 2000 + "]" * 2000, "it is nested too deeply"),
        ('{"a": ' * 2000 + r'"]\"}"' + "}" * 2000, "it is nested too deeply"),
        ("{}", "its type is not injector.*"),
        ('{"type": 5, "data": {}}', "its type is not injector.*"),
        ('{"type": "video.created", "data": {}}', "its type is not injector.*"),
        ('{"type": "injector.item.ready"}', "its data is not an object"),
        ('{"type": "injector.item.ready", "data": []}', "its data is not an object"),
        ('{"type": "injector.item.ready", "data": {}}', "status is missing"),
        ('{"type": "injector.x", "data": {"status": "error"}}', "uid is missing"),
        ('{"type": "injector.x", "data": {"status": null, "uid": "a"}}', "status is not text"),
        ('{"type": "injector.x", "data": {"status": "ready", "uid": 3725074091001}}', "uid is not text"),
        ('{"type": "injector.x", "data": {"status": "ready", "uid": NaN}}', "uid is not text"),
        ('{"type": "injector.x", "data": {"status": "ready", "uid": " "}}', "uid is empty"),
        ('{"type": "injector.x", "data": {"status": "ready", "uid": "a", "uid": "b"}}', "uid is given twice"),
        (r'{"type": "injector.x", "data": {"status": "ready", "uid": "\ud800"}}', "uid is not valid Unicode"),
        ('{"type": "injector.x", "data": {"status": "ready", "uid": "a"}}', "remote_id is missing"),
        ('{"type": "injector.x", "data": {"status": "ready", "uid": "a", "remote_id": ""}}', "remote_id is empty"),
        ('{"type": "injector.x", "data": {"status": "ready", "uid": "a", "remote_id": 5}}', "remote_id is not text"),
    ],
)
def test_a_rotten_element_is_unclear_and_its_neighbours_are_not_lost(element, why):
    assert parsed(f"[{READY}, {element} ,{READY}]".encode()) == [
        ("imported", IMPORTED),
        ("unclear", {"why": why, "raw": element}),
        ("imported", IMPORTED),
    ]


@pytest.mark.parametrize(
    "timestamp",
    ["null", '"1407770138078"', "1407770138078.0", "true", "-5", "0", "NaN", "9" * 5000, "1e999", "253402300800000"],
)
def test_an_import_without_a_usable_timestamp_carries_none(timestamp):
    raw = READY.replace("1407770138078", timestamp, 1)
    [event] = callback.parse(f"[{raw}]".encode(), AT)
    assert event == Event(AT, "imported", {"guid": "3725074091001", "remote_id": "x23bz3t", "raw": raw})


def test_a_timestamp_that_is_given_twice_is_not_usable():
    raw = READY.replace('"timestamp"', '"timestamp":1,"timestamp"')
    [(_, fields)] = parsed(f"[{raw}]".encode())
    assert "timestamp_ms" not in fields


def test_keys_nobody_reads_may_hold_anything():
    spare = f'"a":NaN,"a":{"9" * 5000},"b":-Infinity,"c":{"[" * 50 + "]" * 50},"data"'
    raw = READY.replace('"data"', spare)
    assert parsed(f"[{raw}]".encode()) == [("imported", IMPORTED | {"raw": raw})]


def test_text_keeps_its_escapes_and_its_emoji_as_they_came():
    raw = READY.replace('"timestamp"', r'"note":"é\u00e9 😀 \ud83d\ude00 \ud800","timestamp"')
    assert parsed(f"[{raw}]".encode()) == [("imported", IMPORTED | {"raw": raw})]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be"])
def test_every_encoding_that_json_may_have_is_read(encoding):
    raw = READY.replace("3725074091001", "Größe 😀")
    assert parsed(f"[{raw}]".encode(encoding)) == [("imported", IMPORTED | {"guid": "Größe 😀", "raw": raw})]


def test_a_byte_that_is_not_utf_8_spoils_its_own_element_only():
    rotten = READY.encode().replace(b"3725074091001", b"caf\xe9")
    assert parsed(b"[%s,%s]" % (rotten, READY.encode())) == [
        ("unclear", {"why": "uid is not valid Unicode", "raw_base64": base64.b64encode(rotten).decode()}),
        ("imported", IMPORTED),
    ]


def test_a_byte_that_is_not_utf_8_in_a_key_nobody_reads_spoils_nothing():
    rotten = READY.encode().replace(b'"timestamp"', b'"note":"\xff","timestamp"')
    [(event, fields)] = parsed(b"[%s]" % rotten)
    assert (event, fields["guid"]) == ("imported", "3725074091001")
    assert base64.b64decode(fields["raw_base64"]) == rotten


def test_a_form_of_one_field_may_hold_the_json():
    assert parsed(f"payload={quote_plus(f'[{READY}]')}".encode()) == [("imported", IMPORTED)]


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "The body is neither a JSON array of events nor one event."),
        (b"hello", "The body is neither a JSON array of events nor one event."),
        (b'"text"', "The body is neither a JSON array of events nor one event."),
        (b"NaN", "The body is neither a JSON array of events nor one event."),
        (b"a=b", "The body is neither a JSON array of events nor one event."),
        (b"a=[]&b=[]", "The body is neither a JSON array of events nor one event."),
        (b"[{}", "The body is not JSON: a comma or ] is missing at character 4."),
        (b"[{} {}]", "The body is not JSON: a comma or ] is missing at character 5."),
        (b"[{},]", "The body is not JSON: Expecting value at character 5."),
        (b"[,]", "The body is not JSON: Expecting value at character 2."),
        (b"{'a': 1}", "The body is not JSON: Expecting property name enclosed in double quotes at character 2."),
        (b"[{}] []", "Something follows the JSON, at character 6."),
        (b"[" * 60_000, "The body is not JSON: it ends within an event."),
        (b"[" * 60_000 + b'"' + b'\\"' * 1_000_000, "The body is not JSON: it ends within an event."),
        (b"\xff\xfe[\x00{", "The body looks like UTF-16 and isn't."),
        (b"a" + b" " * 1_000_000 + b"&", "The body is neither a JSON array of events nor one event."),
        (b"[" + b"1," * 60_000 + b"1]", "The body holds more than 50,000 events."),
    ],
)
def test_a_body_that_is_no_array_of_events_is_rejected_with_a_sentence(body, why):
    with pytest.raises(CallbackRejected) as rejected:
        callback.parse(body, AT)
    assert str(rejected.value) == why


def test_ten_thousand_events_are_read_in_one_body():
    body = b"[%s]" % b",".join(READY.encode() for _ in range(10_000))
    assert parsed(body) == [("imported", IMPORTED)] * 10_000


def test_a_number_with_a_million_digits_costs_no_time_to_speak_of():
    raw = READY.replace('"timestamp"', f'"a":{"9" * 1_000_000},"b":0.{"9" * 1_000_000},"timestamp"')
    assert parsed(f"[{raw}]".encode()) == [("imported", IMPORTED | {"raw": raw})]


@given(st.binary() | st.text().map(str.encode) | st.binary().map(lambda body: b"[" + body + b"]"))
def test_no_body_raises_anything_but_a_rejection(body):
    try:
        events = callback.parse(body, AT)
    except CallbackRejected:
        return
    for event in events:
        results_yaml.render(event)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)
NEAR_EVENTS = st.fixed_dictionaries(
    {},
    optional={
        "timestamp": JSON,
        "type": st.sampled_from(["injector.item.ready", "injector.", "other"]) | JSON,
        "data": st.fixed_dictionaries(
            {}, optional={"status": st.just("ready") | JSON, "uid": st.text() | JSON, "remote_id": st.text() | JSON}
        )
        | JSON,
    },
)


@given(st.lists(JSON | NEAR_EVENTS), st.booleans())
def test_each_element_becomes_one_event_that_holds_its_exact_text(elements, ascii_only):
    texts = [json.dumps(element, ensure_ascii=ascii_only) for element in elements]
    body = f"[{' , '.join(texts)}]".encode("utf-8", "surrogatepass")
    events = callback.parse(body, AT)
    assert [raw_of(event) for event in events] == [text.encode("utf-8", "surrogatepass") for text in texts]
    for event in events:
        assert results_yaml.parse_line(results_yaml.render(event)) == event


def raw_of(event):
    raw = event.text("raw")
    return base64.b64decode(event.fields["raw_base64"]) if raw is None else raw.encode()
