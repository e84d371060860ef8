"""Text from elsewhere gives a terminal no orders, and is still read as it was written."""

import pytest

from feeds.formats.terminal import visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Tarte à la crème\u00a0: 日本", "Tarte à la crème\u00a0: 日本"),
        ("a\u3000b", "a\u3000b"),
        ("\x1b[2J\r\n", "\\x1b[2J\\r\\n"),
        ("\u202eevil\u2066", "\\u202eevil\\u2066"),
        ("\ud800\U000e0001", "\\ud800\\U000e0001"),
        ("\u2028\x85", "\\u2028\\x85"),
        ("C:\\new", "C:\\new"),
    ],
)
def test_what_a_terminal_would_obey_or_hide_is_spelled_out_and_nothing_else(text, shown):
    assert visible(text) == shown
