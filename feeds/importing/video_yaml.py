"""Videos as an editor would type them: block style, quotes only where YAML needs them."""

import json
import re
from collections.abc import Mapping
from typing import Any

from feeds.core.catalog import VideoEntry

# The catalog's own order of keys, but with what names the film before what describes it.
_FIRST = ("guid", "title", "description", "category", "tags", "media")
ORDER = (*_FIRST, *(name for name in VideoEntry.model_fields if name not in _FIRST))
_RIGHTS = ("from", "until", "allow", "deny")
# Text that every reader of YAML takes for itself: it begins with a letter or a digit, and holds nothing that could
# end it, open something or look like a comment.
_PLAIN = re.compile(r"[^\W_](?:[^\x00-\x1f:#\[\]{},&*!|>'\"%@`\\]|:(?=[^\s,\[\]{}])|(?<! )#|['\",&!%@*])*", re.ASCII)
_PLAIN_IN_FLOW = re.compile(r"[^\W_][\w .+/-]*")
# A block's text: no line break but \n, nothing that can't be seen, and no blank that begins the first line.
_BLOCK = re.compile(r"[^\s\x00-\x1f][^\n]*(?:\n[^\n]*)+")


def render(video: Mapping[str, Any], *, indent: int, offset: int = 2) -> list[str]:
    """Return the lines of one video, without line breaks: a dash `indent` blanks in, its keys `offset` further in."""
    lines: list[str] = []
    inner = " " * (indent + offset)
    for key in sorted(video, key=ORDER.index):
        value = video[key]
        if isinstance(value, list):
            lines.append(f"{inner}{key}: {_list(value)}")
        elif isinstance(value, dict):
            lines.append(f"{inner}{key}: {_mapping(value, _RIGHTS if key == 'rights' else tuple(sorted(value)))}")
        elif "\n" in value and _fits_block(value):
            lines.append(f"{inner}{key}: |-")
            lines += [f"{inner}  {line}" if line else "" for line in value.split("\n")]
        else:
            lines.append(f"{inner}{key}: {_scalar(value)}")
    lines[0] = f"{' ' * indent}-{' ' * (offset - 1)}{lines[0][indent + offset :]}"
    return lines


def render_flow(video: Mapping[str, Any]) -> str:
    """Return one video in braces, on one line."""
    parts = []
    for key in sorted(video, key=ORDER.index):
        value = video[key]
        if isinstance(value, dict):
            value = _mapping(value, _RIGHTS if key == "rights" else tuple(sorted(value)))
        else:
            value = _list(value) if isinstance(value, list) else _in_flow(value)
        parts.append(f"{key}: {value}")
    return "{" + ", ".join(parts) + "}"


def _mapping(value: Mapping[str, Any], order: tuple[str, ...]) -> str:
    inside = ((key, value[key]) for key in order if key in value)
    parts = (f"{_in_flow(key)}: {_list(each) if isinstance(each, list) else _in_flow(each)}" for key, each in inside)
    return "{" + ", ".join(parts) + "}"


def _list(value: list[str]) -> str:
    return "[" + ", ".join(map(_in_flow, value)) + "]"


def _scalar(text: str) -> str:
    plain = _PLAIN.fullmatch(text) and text.isprintable() and not text.endswith((" ", ":")) and "\n" not in text
    return text if plain and not _is_word_of_yaml(text) else quoted(text)


def _in_flow(text: str) -> str:
    plain = _PLAIN_IN_FLOW.fullmatch(text) and text.isprintable() and not text.endswith(" ")
    return text if plain and not _is_word_of_yaml(text) else quoted(text)


def _is_word_of_yaml(text: str) -> bool:
    """Return whether other readers, an editor's among them, would take the text for a truth value or for nothing."""
    return text.lower() in {"null", "yes", "no", "on", "off", "y", "n"}


def quoted(text: str) -> str:
    """Return a text in double quotes, where JSON's escapes are YAML's, too; what can't be seen is spelled out."""
    body = json.dumps(text, ensure_ascii=False)
    return "".join(character if character.isprintable() else _spelled(character) for character in body)


def _spelled(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _fits_block(text: str) -> bool:
    lines = text.split("\n")
    return (
        _BLOCK.fullmatch(text) is not None
        and all(line.isprintable() and line == line.rstrip() for line in lines)
        and bool(lines[-1])
    )
