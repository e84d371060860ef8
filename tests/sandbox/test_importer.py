"""The stand-in's core: what it takes from lists and feeds, what it refuses, and what it calls back."""

import re

import pytest

from sandbox import callbacks
from sandbox.callbacks import Faults
from sandbox.importer import (
    Account,
    Import,
    Item,
    Keys,
    Refused,
    UnreadableError,
    import_items,
    parse_feed,
    parse_user_list,
)

ANNA = Account("x2anna", "annacooks", "https://feeds.nord.example/feeds/x2anna.xml")

RSS = '<rss version="2.0" xmlns:media="http://search.yahoo.com/mrss/"><channel><title>Anna</title>{}</channel></rss>'
WHOLE = """
  <guid isPermaLink="false">anna-0142</guid><title>Tarte &amp; pommes</title><category>lifestyle</category>
  <media:category>lifestyle</media:category><media:content url="https://cdn.nord.example/anna/0142.mp4"/>"""


def feed(*items):
    return RSS.format("".join(f"<item>{item}</item>" for item in items)).encode()


def items(count):
    return [
        Item(f"anna-{number:04}", "T", "music", f"https://cdn.nord.example/{number}.mp4") for number in range(count)
    ]


def imports(count, failing=()):
    return import_items(ANNA, items(count), imported={}, failing=failing, seed="s")


def arrays(made, faults, batch=3):
    return callbacks.arrays(made, faults, seed="s", first_ms=1_407_770_138_078, batch=batch)


def uids(sent):
    return [event["data"]["uid"] for array in sent for event in array]


def test_the_user_list_is_read_under_whatever_names_and_wrapper_it_uses():
    bare = b'[{"id": "x2anna", "username": "annacooks", "feed_url": "https://feeds.nord.example/feeds/x2anna.xml"}]'
    renamed = (
        b'{"users": [{"uid": "x2anna", "name": "annacooks", "mrss": "https://feeds.nord.example/feeds/x2anna.xml"}]}'
    )
    assert parse_user_list(bare, Keys()) == (ANNA,)
    assert parse_user_list(renamed, Keys("uid", "name", "mrss", wrap="users")) == (ANNA,)


def test_an_empty_user_list_is_fine():
    assert parse_user_list(b"[]", Keys()) == ()


@pytest.mark.parametrize(
    ("text", "keys", "message"),
    [
        (b"", Keys(), "the user list is not JSON: Expecting value: line 1 column 1 (char 0)"),
        (b"{}", Keys(), "the user list is not an array but an object"),
        (b"[]", Keys(wrap="users"), 'the user list is not an object with the key "users"'),
        (b"[7]", Keys(), "entry 1 of the user list is not an object but a number"),
        (b'[{"id": 7}]', Keys(), 'entry 1 of the user list has no text under "id"'),
        (b'[{"id": "x2", "username": ""}]', Keys(), 'entry 1 of the user list has no text under "username"'),
        (
            b'[{"id": "x2", "username": "a", "feed_url": "u"}, {"id": "x2", "username": "b", "feed_url": "v"}]',
            Keys(),
            'the user list names the id "x2" twice',
        ),
    ],
)  # fmt: skip
def test_a_user_list_that_is_not_as_agreed_is_refused_with_the_reason(text, keys, message):
    with pytest.raises(UnreadableError, match=f"^{re.escape(message)}$"):
        parse_user_list(text, keys)


def test_an_item_with_the_required_tags_is_taken():
    assert parse_feed(feed(WHOLE)) == (
        Item("anna-0142", "Tarte & pommes", "lifestyle", "https://cdn.nord.example/anna/0142.mp4"),
    )


@pytest.mark.parametrize("removed", ["<category>lifestyle</category>", "<media:category>lifestyle</media:category>"])
def test_either_form_of_the_category_is_enough(removed):
    (item,) = parse_feed(feed(WHOLE.replace(removed, "")))
    assert item.category == "lifestyle"


def test_media_in_a_group_is_found():
    grouped = WHOLE.replace("<media:content", "<media:group><media:content") + "</media:group>"
    assert isinstance(parse_feed(feed(grouped))[0], Item)


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("anna-0142", " ", "it has no guid"),
        ("Tarte &amp; pommes", "", "it has no title"),
        ("lifestyle", "", "it has no category"),
        ("https://cdn.nord.example/anna/0142.mp4", "", "it has no media:content url"),
        ("media:content", "media:player", "it has no media:content url"),
        ("<category>lifestyle", "<category>music", "its category is lifestyle and music, not one of Dailymotion's"),
        ("lifestyle", "cuisine", "its category is cuisine, not one of Dailymotion's"),
        ("https://cdn", "file://cdn", "its media URL is none that can be fetched: file://cdn.nord.example/anna/0142.mp4"),
    ],
)  # fmt: skip
def test_an_item_without_what_is_required_is_refused_and_hides_no_other(old, new, why):
    neighbour = WHOLE.replace("anna-0142", "anna-0143")
    refused, taken = parse_feed(feed(WHOLE.replace(old, new), neighbour))
    assert refused == Refused(1, None if "no guid" in why else "anna-0142", why)
    assert taken.guid == "anna-0143"


def test_the_second_item_with_a_guid_is_refused():
    assert parse_feed(feed(WHOLE, WHOLE))[1] == Refused(2, "anna-0142", "an item before it has the same guid")


def test_an_empty_channel_is_fine():
    assert parse_feed(feed()) == ()


BOMB = (
    '<!DOCTYPE rss [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in zip("abcdefgh", "bcdefghi", strict=True))
    + ']><rss version="2.0"><channel><item><title>&i;</title></item></channel></rss>'
)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"<rss><channel>", "the feed is not well-formed XML: "),
        (b"", "the feed is not well-formed XML: "),
        (b"<rss><channel><title>\x0b</title></channel></rss>", "the feed is not well-formed XML: "),
        (b"<html/>", "the feed is not RSS 2.0: there is no <rss> with a <channel>"),
        (b"<rss/>", "the feed is not RSS 2.0: there is no <rss> with a <channel>"),
        (
            b"<!DOCTYPE rss [<!ENTITY a 'a'>]><rss><channel/></rss>",
            "the feed has a document type, which RSS 2.0 has not",
        ),
        (BOMB.encode(), "the feed is not well-formed XML: "),
        (b"<" + b"a><" * 100_000, "the feed is not well-formed XML: "),
    ],
)
def test_a_feed_that_is_none_is_refused_with_the_reason(text, message):
    with pytest.raises(UnreadableError, match=f"^{re.escape(message)}"):
        parse_feed(text)


def test_no_file_is_read_for_an_entity(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("must not be read")
    text = f'<!DOCTYPE rss [<!ENTITY x SYSTEM "{secret.as_uri()}">]><rss><channel><title>&x;</title></channel></rss>'
    with pytest.raises(UnreadableError, match="document type"):
        parse_feed(text.encode())


def test_a_guid_that_the_account_holds_is_updated_not_imported_again():
    first = import_items(ANNA, items(2), imported={}, failing=(), seed="s")
    held = {one.guid: one.remote_id for one in first}
    second = import_items(ANNA, items(3), imported=held, failing=(), seed="another")
    assert [one.outcome for one in first] == ["imported", "imported"]
    assert [one.outcome for one in second] == ["updated", "updated", "imported"]
    assert [one.remote_id for one in second[:2]] == [one.remote_id for one in first]


def test_remote_ids_depend_on_seed_account_and_guid_alone():
    other = Account("x3bo", "bo", "https://feeds.nord.example/feeds/x3bo.xml")
    again = import_items(ANNA, list(reversed(items(50))), imported={}, failing=(), seed="s")
    elsewhere = import_items(other, items(50), imported={}, failing=(), seed="s")
    assert {one.guid: one.remote_id for one in again} == {one.guid: one.remote_id for one in imports(50)}
    ids = {one.remote_id for one in [*again, *elsewhere]}
    assert len(ids) == 100
    assert all(re.fullmatch("x8[0-9a-z]{8}", one) for one in ids)


def test_a_callback_has_the_shape_of_the_guide():
    (sent,) = arrays(imports(1), Faults())
    (event,) = sent
    hexadecimal = {event["data"].pop(name) for name in ("user_id", "feed_id", "item_id")}
    assert event == {
        "timestamp": 1_407_770_138_078,
        "type": "injector.item.ready",
        "data": {"status": "ready", "uid": "anna-0000", "remote_id": imports(1)[0].remote_id},
    }
    assert len(hexadecimal) == 3
    assert all(re.fullmatch("[0-9a-f]{24}", one) for one in hexadecimal)


def test_a_failed_item_is_called_back_with_another_status_and_no_remote_id():
    ((event,),) = arrays(imports(1, failing={"anna-0000"}), Faults())
    assert (event["type"], event["data"]["status"]) == ("injector.item.error", "error")
    assert "remote_id" not in event["data"]


def test_without_faults_every_item_is_called_back_once_in_order_and_several_in_an_array():
    sent = arrays(imports(7), Faults())
    assert [len(array) for array in sent] == [3, 3, 1]
    assert uids(sent) == [f"anna-{number:04}" for number in range(7)]


def test_a_callback_sent_twice_is_the_same_event_in_another_array():
    sent = arrays(imports(7), Faults(twice=1))
    (again,) = sent[-1]
    assert sum(event == again for array in sent[:-1] for event in array) == 1


def test_a_late_callback_keeps_its_timestamp_and_comes_after_all_others():
    prompt, late = arrays(imports(7), Faults(late=1), batch=100)
    assert len(prompt) == 6
    assert late[0]["timestamp"] == 1_407_770_138_078 + int(late[0]["data"]["uid"].removeprefix("anna-"))


def test_shuffled_callbacks_keep_their_timestamps():
    plain, shuffled = (arrays(imports(9), Faults(shuffle=one), batch=100)[0] for one in (False, True))
    assert shuffled != plain
    assert sorted(shuffled, key=lambda event: event["timestamp"]) == plain


def test_an_unknown_uid_is_sent_besides_all_others():
    sent = arrays(imports(2), Faults(unknown=1))
    assert uids(sent)[:2] == ["anna-0000", "anna-0001"]
    assert uids(sent)[2].startswith("stranger-")


def test_a_bare_callback_is_ready_without_a_remote_id():
    sent = arrays(imports(5), Faults(bare=1, twice=4, late=4), batch=100)
    bare = [event for array in sent for event in array if "remote_id" not in event["data"]]
    assert [event["data"]["status"] for event in bare] == ["ready"]


def test_more_faults_than_items_touch_every_item_once():
    guids = [item.guid for item in items(3)]
    assert callbacks.choose(guids, 9, seed="s", purpose="fail") == set(guids)


def test_an_import_of_nothing_calls_nobody_back():
    made: list[Import] = []
    assert arrays(made, Faults(fail=1, twice=1, late=1, shuffle=True)) == []
