"""Find the guids and users' ids that an edit brings in and that stand elsewhere already.

The other files are searched as they lie, not read: only one that may hold a new name is. What clashed before the edit
is `feeds check`'s matter.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping

from feeds.building.duplicates import Text, duplicate_guids, duplicate_users
from feeds.building.sources import Source
from feeds.core.errors import Finding
from feeds.core.guids import canonical_guid
from feeds.formats import catalog_yaml
from feeds.formats.catalog_yaml import Located

# A key and its value on one line, in all the ways that are usual ...
_GIVEN = re.compile(
    r"""["']?\b(?:guid|id)["']?[ \t]*:[ \t]+(?:"([^"\\\n]+)"|'([^'\n]+)'|([^\s"'|>&*!#,{}\[\]][^\n,}#]*))"""
)
# ... and all places where one might be: a file in which these are more is read.
_KEY = re.compile(r"""\b(?:guid|id)["']?[ \t]*:(?=\s)""")


def clashes(
    changed: Mapping[str, Text], others: Iterable[Source], others_known: Iterable[Text], new: Collection[str]
) -> dict[str, list[Finding]]:
    """Return what to tell of each source whose guid or user's id is another's too, by the source's name.

    `changed` are the texts of the edit, `new` the guids and ids that it brings in; `others_known` are the texts that
    are read anyhow, and `others` the files that are not.
    """
    names = {canonical_guid(each) for each in new}
    beside = [*others_known, *(_read(each) for each in others if names and _may_hold(each, names))]
    texts = [*beside, *changed.values()]
    found: dict[str, list[Finding]] = {}
    for source, first, finding in (*duplicate_users(texts), *duplicate_guids(texts)):
        if source in changed or first in changed:
            for each in dict.fromkeys((source, first)):
                found.setdefault(each, []).append(finding)
    return found


def _read(source: Source) -> Text:
    text = _bytes(source)
    return Text(source.name, Located(source.name, text), (), catalog_yaml.parse_user(text).tree)


def _bytes(source: Source) -> bytes:
    try:
        return source.path.read_bytes() if source.path else b""
    except OSError:  # `feeds check` tells why
        return b""


def _may_hold(source: Source, names: set[str]) -> bool:
    raw = _bytes(source)
    text = raw.decode("utf-8", "replace")
    given = list(_given(text))
    if catalog_yaml.spells_characters(raw) or len(given) < len(_KEY.findall(text)):
        return True
    return not names.isdisjoint(map(canonical_guid, given))


def _given(text: str) -> Iterator[str]:
    for found in _GIVEN.finditer(text):
        yield (found[1] or found[2] or found[3]).strip()
