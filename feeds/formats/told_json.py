"""The memory of what the network was told, as `feeds notify` keeps it in the state folder: JSON, one case a line."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from feeds.core.notices import Memory, Told
from feeds.core.status import Need
from feeds.formats.results_yaml import render_time


def render(memory: Memory) -> bytes:
    """Render the memory; equal memories have equal bytes."""
    told = [
        [need.value, key, told.name, told.gone and render_time(told.gone)]
        for need in Need
        for key, told in sorted(memory.told.get(need, {}).items())
    ]
    head = json.dumps({"network": memory.network, "notify": [need.value for need in Need if need in memory.notify]})
    lines = ",\n".join(json.dumps(each) for each in told)
    return f'{head[:-1]}, "told": [\n{lines}\n]}}\n'.encode()


def parse(text: bytes) -> Memory:
    """Read a memory; needs that this version doesn't know are passed over. Raises ValueError where it is none."""
    try:
        record = json.loads(text)
        told: dict[Need, dict[str, Told]] = {}
        for need, key, name, gone in record["told"]:
            if need in _KNOWN:
                told.setdefault(Need(need), {})[_text(key)] = Told(_text(name), _moment(gone))
        return Memory(_name(record), frozenset(Need(each) for each in record["notify"] if each in _KNOWN), told)
    except (TypeError, KeyError, RecursionError) as error:
        raise ValueError("it is no memory of notices") from error


_KNOWN = frozenset(need.value for need in Need)


def _name(record: Mapping[str, Any]) -> str | None:
    return None if record["network"] is None else _text(record["network"])


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _moment(value: Any) -> datetime | None:
    moment = None if value is None else datetime.fromisoformat(_text(value))
    if moment is not None and moment.tzinfo is None:
        raise ValueError("a time lacks its zone")
    return moment
