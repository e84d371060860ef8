"""A shard's lines are read as what they are, or refused: nothing else of them gets further, however it was sealed."""

import json
from datetime import UTC, datetime

import pytest

from feeds.core.listing import Places, Reason
from feeds.core.partners import PartnerState
from feeds.core.shards import Inputs, Piece, Rendered, ShardHead
from feeds.formats.shard import BadShard, parse_end, parse_head, parse_line, parse_piece, render

AT = datetime(2026, 11, 24, 12, tzinfo=UTC)
HEAD = ShardHead(1, 2, AT, Inputs("c0", "ca", "ad", {"results/main/2026-11-20.yaml": "12 ff"}))
PLACES = Places(("a1",), {"a2": Reason.HELD}, AT, AT, {"a3": AT})
FEED = Rendered("anna", "annacooks", True, PartnerState.ADOPTED, False, b"<rss/>", PLACES, {"a1": "d1"})
PIECE = Piece("users/anna.yaml", b"\1\2", b"keys", FEED)
RUBBISH = [None, True, -1, 0, 1.5, 10**9, 10**30, float("inf"), "\ud800", [], [["a", "b"]], {"a": 1}]


def lines():
    first, piece, text, last = render(HEAD, [PIECE])
    return json.loads(first), json.loads(piece), text, json.loads(last)


def line(said):
    return json.dumps(said).encode() + b"\n"


def altered(said):
    """Yield each altering of a value in a line, but for what it may be as well."""
    for key in said:
        for each in RUBBISH:
            if not isinstance(each, type(said[key])):
                yield {**said, key: each}
        yield {name: value for name, value in said.items() if name != key}


def test_what_was_rendered_is_read_back():
    first, piece, text, last = lines()
    assert parse_head(line(first)) == HEAD
    assert parse_line(line(piece)) == (piece, "users/anna.yaml", 6)
    assert parse_piece(line(piece), text) == PIECE
    assert parse_end(last)[0] == 1


def test_a_first_line_is_whole():
    for each in altered(lines()[0]):
        with pytest.raises(BadShard):
            parse_head(line(each))


@pytest.mark.parametrize("events", [{"a": 1}, {"a": None}, [["a", "b"]], "", None])
def test_a_first_line_names_the_events_by_texts(events):
    with pytest.raises(BadShard):
        parse_head(line({**lines()[0], "events": events}))


@pytest.mark.parametrize(("number", "count"), [(0, 2), (3, 2), (1, 257), (1, 10**9), (True, 2), (1.0, 2)])
def test_a_shard_is_one_of_so_many_as_can_be_joined(number, count):
    with pytest.raises(BadShard):
        parse_head(line({**lines()[0], "shard": number, "of": count}))


@pytest.mark.parametrize("size", [-1, 1.0, 10**15, 10**30, "6", None])
def test_a_feed_is_of_a_size_that_can_be_read(size):
    with pytest.raises(BadShard):
        parse_line(line({**lines()[1], "bytes": size}))


def test_a_source_is_the_name_of_a_file():
    assert parse_line(line({"source": "users/\udcff.yaml"}))[1] == "users/\udcff.yaml"  # a byte that is no UTF-8
    for name in ("users/\ud800.yaml", 7, None):
        with pytest.raises(BadShard):
            parse_line(line({"source": name}))


def test_a_piece_is_whole():
    _, piece, text, _ = lines()
    feed = piece["feed"]
    wrong = [
        *({**piece, key: each} for key in ("text", "keys") for each in (None, 7, "x", [])),
        *({**piece, "feed": {**feed, key: each}} for key in ("id", "username") for each in (None, 7, "\ud800", [])),
        *(
            {**piece, "feed": {**feed, key: each}}
            for key in ("enabled", "was child")
            for each in (None, 1, "x", 10**30)
        ),
        *({**piece, "feed": {**feed, key: each}} for key in ("state", "from", "until") for each in (None, 7, "x", [])),
        *({**piece, "feed": {**feed, "guids": each}} for each in (None, 7, [7], [["a"]])),
        *({**piece, "feed": {**feed, key: each}} for key in ("reasons", "ended") for each in (None, [], {"a": "x"})),
        {**piece, "feed": {**feed, "id": "../users"}},
    ]
    for each in wrong:
        with pytest.raises(BadShard):
            parse_piece(line(each), text)
