"""Find the guids and users' ids that an edit brings in and that stand elsewhere already.

The other files are searched as they lie, not read: only one that may hold a new name is. What clashed before the edit
is `feeds check`'s matter.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence

from feeds.building.duplicates import Text, duplicate_guids, duplicate_users
from feeds.building.sources import Source, is_archive
from feeds.core.errors import Finding
from feeds.core.guids import canonical_guid
from feeds.formats import catalog_yaml
from feeds.formats.catalog_yaml import Located

# A guid, or a user's id, and its value on one line, in all the ways that are usual. The patterns begin with plain text,
# which is searched for at the speed of the memory.
_VALUE = rb"""["']?[ \t]*:[ \t]+(?:"([^"\\\n]+)"|'([^'\n]+)'|([^\s"'|>&*!#,{}\[\]%@`][^\n,}#]*))"""
# What a plain value may hold, and what may also end one.
_ENDS = frozenset(",#}")
_GUID, _ID = re.compile(b"guid" + _VALUE), re.compile(b"id" + _VALUE)


def clashes(
    changed: Mapping[str, Text],
    others: Iterable[Source],
    others_known: Iterable[Text],
    *,
    guids: Collection[str],
    ids: Collection[str],
) -> dict[str, list[Finding]]:
    """Return what to tell of each source whose guid or user's id is another's too, by the source's name.

    `changed` are the texts of the edit, `guids` and `ids` what it brings in; `others_known` are the texts that
    are read anyhow, and `others` the files that are not.
    """
    wanted = [(_GUID, {canonical_guid(each) for each in guids}), (_ID, {each.lower() for each in ids})]
    wanted = [(pattern, names) for pattern, names in wanted if names]
    beside = [*others_known, *(_read(each) for each in others if wanted and _may_hold(each, wanted))]
    texts = sorted([*beside, *changed.values()], key=lambda each: is_archive(each.source))
    found: dict[str, list[Finding]] = {}
    for source, first, finding in (*duplicate_users(texts), *duplicate_guids(texts)):
        if source in changed or first in changed:
            for each in dict.fromkeys((source, first)):
                found.setdefault(each, []).append(finding)
    return found


def _read(source: Source) -> Text:
    text = _bytes(source)
    parse = catalog_yaml.parse_archive if is_archive(source.name) else catalog_yaml.parse_user
    return Text(source.name, Located(source.name, text), (), parse(text).tree)


def _bytes(source: Source) -> bytes:
    try:
        return source.path.read_bytes() if source.path else b""
    except OSError:  # `feeds check` tells why
        return b""


def _may_hold(source: Source, wanted: Sequence[tuple[re.Pattern[bytes], set[str]]]) -> bool:
    text = _bytes(source)
    if catalog_yaml.spells_characters(text) or any(_ENDS.intersection(name) for _, names in wanted for name in names):
        return True
    # A guid that stands in no usual way is at least named: a file with more of them than values is read.
    found = _GUID.findall(text)
    if len(found) < text.count(b"guid") or not _ID.search(text):
        return True
    return any(
        not names.isdisjoint(_canonical(each) for each in (found if pattern is _GUID else pattern.findall(text)))
        for pattern, names in wanted
    )


def _canonical(given: tuple[bytes, bytes, bytes]) -> str:
    return canonical_guid(b"".join(given).strip().decode("utf-8", "replace"))
