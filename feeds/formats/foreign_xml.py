"""RSS 2.0, RSS 1.0 and Atom with Media RSS, as platforms and people publish them, to the catalog's keys.

https://www.rssboard.org/rss-specification, https://www.rfc-editor.org/rfc/rfc4287, https://www.rssboard.org/media-rss,
and the podcasts' tags: https://help.apple.com/itc/podcasts_connect/#/itcb54353390 . It is hostile until proven
otherwise: no document type at all (and so no entity but XML's five), no network, and libxml2's own limits on.

The words of an item are in foreign_item.py. Left out on purpose: credits, hashes, statistics, chapters, transcripts.
"""

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any
from urllib.parse import urljoin

from lxml import etree

from feeds.formats.foreign import ITEMS, Foreign, ForeignFault
from feeds.formats.foreign_item import read_item
from feeds.formats.foreign_node import Node
from feeds.formats.foreign_text import decode, without_declaration

# Prefixes by which the rest of this program knows namespaces, whatever a feed writes: the addresses without scheme,
# closing slash and capitals, for in the wild they come with and without.
_PREFIXES = {
    "search.yahoo.com/mrss": "media:",
    "video.search.yahoo.com/mrss": "media:",
    "www.rssboard.org/media-rss": "media:",
    "www.w3.org/2005/atom": "atom:",
    "purl.org/atom/ns#": "atom:",
    "purl.org/dc/terms": "dcterms:",
    "purl.org/dc/elements/1.1": "dc:",
    "www.itunes.com/dtds/podcast-1.0.dtd": "itunes:",
    "purl.org/rss/1.0/modules/content": "content:",
    "rss.jwpcdn.com": "jwplayer:",
    "developer.longtailvideo.com": "jwplayer:",
    "purl.org/rss/1.0": "",
    "backend.userland.com/rss2": "",
    "www.w3.org/xml/1998/namespace": "xml:",
}
# An item holds a group, which holds a content, which holds what is said of it.
_DEPTH = 3
# Bounds of what libxml2 and we hold in memory at once: an element of four characters takes hundreds of bytes.
_TAGS, _ELEMENTS = 1_000_000, 5_000
_PROLOG = re.compile(r"(?:\s+|<!--.*?-->|<\?.*?\?>)*", re.DOTALL)


def parse(content: bytes, *, url: str | None = None, charset: str | None = None) -> list[Foreign]:
    """Return the videos of a feed, in its order; `url` is where it came from, which relative addresses start at.

    Raises ForeignFault where it is no feed, or not to be trusted.
    """
    root = _root(without_declaration(decode(content, charset=charset)))
    name = name_of(root)
    if name not in ("rss", "atom:feed", "atom:entry") and not name.endswith("RDF"):
        raise ForeignFault(f"This is neither RSS nor Atom: it begins with <{name}>.")
    found = []
    for number, element in enumerate(_items(root), 1):
        if number > ITEMS:
            raise ForeignFault(f"More than {ITEMS:,} items: split the file.")
        if sum(1 for _ in islice(element.iter(), _ELEMENTS + 1)) > _ELEMENTS:
            raise ForeignFault(f"Line {element.sourceline}: an item of more than {_ELEMENTS:,} elements is none.")
        found.append(read_item(_node(element, _base(element)), f"item {number} (line {element.sourceline})", url))
    return found


def _root(text: str) -> Any:
    prolog = _PROLOG.match(text)
    if prolog and text[prolog.end() : prolog.end() + 9].upper() == "<!DOCTYPE":
        raise ForeignFault("It has a DOCTYPE, which could define anything: take that line out.")
    if "\0" in text:
        raise ForeignFault(f"Line {text[: text.index(chr(0))].count(chr(10)) + 1} holds a NUL: this is no XML.")
    if text.count("<") > _TAGS:
        raise ForeignFault(f"More than {_TAGS:,} tags: split the file.")
    parser = etree.XMLParser(
        encoding="utf-8", resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False,
        huge_tree=False, remove_comments=True, remove_pis=True,
    )  # fmt: skip
    try:
        return etree.fromstring(text.encode("utf-8", "surrogatepass"), parser)
    except etree.XMLSyntaxError as error:
        message = str(error.msg).partition(", line ")[0]
        raise ForeignFault(f"Line {error.lineno or 1} is no well-formed XML: {message}.") from error


def _items(root: Any) -> Iterator[Any]:
    if name_of(root) == "atom:entry":
        yield root
    for element in root.iter():
        if element is not root and name_of(element) in ("item", "atom:entry"):
            yield element


def name_of(element: Any) -> str:
    """Return an element's name with the prefix that this program knows its namespace by."""
    return _known(str(element.tag))


def _known(name: str) -> str:
    if not name.startswith("{"):
        return name
    namespace, _, local = name[1:].rpartition("}")
    bare = namespace.strip().lower().partition("://")[2].rstrip("/")
    prefix = _PREFIXES.get(bare)
    return f"{prefix}{local}" if prefix is not None else f"{namespace} {local}"


def _base(element: Any) -> str | None:
    """Return the xml:base that holds around the element: https://www.w3.org/TR/xmlbase/ ."""
    base = None
    for around in reversed(list(element.iterancestors())):
        base = _joined(base, around.get("{http://www.w3.org/XML/1998/namespace}base"))
    return base


def _joined(base: str | None, own: str | None) -> str | None:
    try:
        return urljoin(base, own) if base and own else own or base
    except ValueError:  # no address at all, and so nothing that others are relative to
        return base


def _node(element: Any, base: str | None = None, depth: int = 0) -> Node:
    """Return the element with its names made known; what is deeper than a content in a group has only its text."""
    attributes = {_known(str(name)): str(value) for name, value in element.attrib.items()}
    base = _joined(base, attributes.get("xml:base"))
    return Node(
        name=name_of(element),
        attributes=attributes,
        text="".join(element.itertext()),
        children=tuple(
            _node(child, base, depth + 1) for child in element if isinstance(child.tag, str) and depth < _DEPTH
        ),
        base=base,
    )
