"""One item of a feed, whatever wrote it, to the keys of one video.

Media RSS lets most elements stand in the item, in a media:group or in a media:content, where the innermost counts:
https://www.rssboard.org/media-rss#optional-elements .
"""

import re
from dataclasses import dataclass
from urllib.parse import urljoin

from feeds.formats import foreign_html
from feeds.formats.foreign import Foreign
from feeds.formats.foreign_media import Content, best
from feeds.formats.foreign_node import Node
from feeds.formats.foreign_rights import put_rights

_HEIGHT = re.compile(r"(\d{3,4})p\b")


@dataclass(frozen=True, slots=True)
class _Item:
    """An item, and where to look for what belongs to its film: the film's content, its group, the item itself."""

    node: Node
    scopes: tuple[Node, ...]
    url: str | None

    def all(self, *names: str) -> list[Node]:
        """Return what stands under the first of the names that is found, in the innermost place that has it."""
        for name in names:
            for scope in self.scopes:
                if found := list(scope.all(name)):
                    return found
        return []

    def text(self, *names: str) -> str:
        """Return the first text under the names that has something to read."""
        for name in names:
            for scope in self.scopes:
                for found in scope.all(name):
                    if found.text.strip():
                        return found.text
        return ""

    def address(self, node: Node, text: str) -> str:
        """Return an address made whole, as far as the feed says what it is relative to."""
        text = "".join(text.split("\n")).strip()
        try:
            base = urljoin(self.url, node.base) if self.url and node.base else node.base or self.url
            if base:
                return urljoin(base, text)
        except ValueError:  # such as http://[ ; the catalog's rules tell what is wrong with it
            return text
        return f"https:{text}" if text.startswith("//") else text


def read_item(node: Node, where: str, url: str | None) -> Foreign:
    """Return what the item says of its video, in the catalog's keys."""
    foreign = Foreign(where)
    outer = _Item(node, (node,), url)
    chosen = _choose(outer, foreign)
    item = _Item(node, (*chosen, node), url)
    foreign.put_text("guid", item.text("guid", "atom:id"))
    _put_words(item, foreign)
    for page in node.all("link", "atom:link"):
        address = page.get("href") or page.text
        if page.get("rel") in ("", "alternate") and address.strip() and "page" not in foreign.video:
            _put_address(foreign, "page", item.address(page, address))
    foreign.put_date(
        item.text("pubDate", "atom:published", "dc:date", "dcterms:created", "atom:issued", "atom:updated")
    )
    _put_thumbnail(item, foreign)
    _put_captions(item, foreign)
    put_rights(item.all, foreign)
    for status in item.all("media:status"):
        if status.get("state") in ("blocked", "deleted"):
            foreign.refusal = f"the source says that it is {status.get('state')}"
    return foreign


def _put_words(item: _Item, foreign: Foreign) -> None:
    title = _plain(item, "title", "atom:title", "media:title", "itunes:title")
    foreign.put_text("title", foreign_html.line_of(title))
    description = _plain(
        item, "media:description", "description", "atom:summary", "itunes:summary", "content:encoded", "atom:content"
    )
    foreign.put_text("description", description)
    categories = [*item.all("media:category"), *item.all("category"), *item.all("atom:category")]
    foreign.put_category(word for each in categories for word in (each.text, each.get("label"), each.get("term")))
    foreign.put_tags(item.text("media:keywords", "itunes:keywords").split(","))


def _plain(item: _Item, *names: str) -> str:
    """Return the first of the texts as plain text.

    Entities are decoded a second time only where the feed says that this is HTML: by type="html", by the element
    (content:encoded, which holds nothing else), or by markup in an element of RSS or a podcast, which have no type and
    hold HTML without a word. Without a type, what Atom and Media RSS say is plain, and markup in it is told as it is.
    """
    for name in names:
        for scope in item.scopes:
            for found in scope.all(name):
                kind = found.get("type").lower()
                is_html = kind in ("html", "text/html") or name == "content:encoded"
                if is_html or (
                    not kind and ":" not in name.removeprefix("itunes:") and foreign_html.has_markup(found.text)
                ):
                    text = foreign_html.text_of(found.text)
                else:
                    text = foreign_html.lines_of(found.text)
                if text and not found.get("src"):
                    return text
    return ""


def _choose(item: _Item, foreign: Foreign) -> tuple[Node, ...]:
    """Set what is said of the best of the item's files; return its element and that of its group."""
    offered: list[tuple[Content, tuple[Node, ...]]] = []
    for group in item.node.all("media:group"):
        offered += [(_content(item, each), (each, group)) for each in group.all("media:content") if each.get("url")]
    offered += [(_content(item, each), (each,)) for each in item.node.all("media:content") if each.get("url")]
    if not any(content.unfit() is None for content, _ in offered):  # an enclosure repeats one of them, or is the film
        links = [each for each in item.node.all("atom:link") if each.get("rel") == "enclosure"]
        files = [*item.node.all("enclosure"), *links, *item.node.all("jwplayer:source")]
        offered += [(_content(item, each), ()) for each in files]
    offered = [each for each in offered if each[0].url]
    chosen = best([content for content, _ in offered])
    if chosen is None:
        groups = tuple(item.node.all("media:group"))[:1]
        contents = [content for content, _ in offered]
        foreign.refusal = _why_none(contents, has_player=_has_player(item.node))
        return groups
    fit = sum(content.unfit() is None for content, _ in offered)
    if fit > 1:
        foreign.note("media", f"{fit} files: chosen is {chosen.words()}")
    if "://" not in chosen.url:
        foreign.refusal = f'no media: "{chosen.shown()}" is relative, and nothing says to what'
    foreign.put_text("media", chosen.url)
    foreign.put_text("media_type", chosen.catalog_type())
    foreign.put_size(chosen.size)
    scopes = next(scopes for content, scopes in offered if content is chosen)
    foreign.put_duration(chosen.duration or item.text("itunes:duration"))
    return scopes


def _has_player(node: Node, depth: int = 0) -> bool:
    inner = node.all("media:group", "media:content") if depth < 2 else ()
    return any(node.all("media:player", "media:embed")) or any(_has_player(each, depth + 1) for each in inner)


def _why_none(offered: list[Content], *, has_player: bool) -> str:
    if not offered:
        return f"no media: the item names {'a player, and no file' if has_player else 'no file'}"
    reasons = dict.fromkeys(f"{content.shown()} is {content.unfit()}" for content in offered)
    return "no media: " + "; ".join(list(reasons)[:3])


def _content(item: _Item, node: Node) -> Content:
    url = node.get("url") or node.get("href") or node.get("file")
    height = node.get("height") or (_HEIGHT.findall(node.get("label")) or [""])[0]
    return Content(
        url=item.address(node, url) if url else "",
        type=_whole_type(node.get("type")),
        medium=node.get("medium").lower(),
        expression=node.get("expression"),
        is_default=node.get("isDefault").lower() == "true" or node.get("default").lower() == "true",
        height=_number(height),
        bitrate=_number(node.get("bitrate")),
        size=node.get("fileSize") or node.get("length") or None,
        duration=node.get("duration") or None,
    )


def _whole_type(kind: str) -> str:
    return kind if "/" in kind or kind.lower() != "mp4" else "video/mp4"


def _number(text: str) -> float | None:
    return float(text) if re.fullmatch(r"\d{1,9}(?:\.\d{1,9})?", text) and float(text) else None


def _put_thumbnail(item: _Item, foreign: Foreign) -> None:
    pictures = [(each, each.get("url")) for each in item.all("media:thumbnail")]
    pictures = pictures or [(each, each.get("href")) for each in item.all("itunes:image")]
    pictures = [(node, url) for node, url in pictures if url]
    if pictures:  # the largest, else the first: Media RSS has them in order of importance
        node, url = max(pictures, key=lambda each: _number(each[0].get("height")) or 0)
        _put_address(foreign, "thumbnail", item.address(node, url))


def _put_address(foreign: Foreign, key: str, address: str) -> None:
    if "://" in address:
        foreign.put_text(key, address)
    else:
        foreign.note(key, f'"{address[:60]}" is relative, and nothing says to what')


def _put_captions(item: _Item, foreign: Foreign) -> None:
    captions: dict[str, str] = {}
    for each in item.all("media:subTitle", "jwplayer:track"):
        url, language = each.get("href") or each.get("file"), each.get("lang") or each.get("srclang")
        if each.name == "jwplayer:track" and each.get("kind") not in ("captions", "subtitles"):
            continue
        primary, *rest = language.replace("_", "-").split("-")
        language = "-".join([primary.lower(), *rest])
        if not url or not language:
            foreign.note("captions", "one without a language or an address")
        elif "://" not in (address := item.address(each, url)):
            foreign.note("captions", f'"{address[:60]}" is relative, and nothing says to what')
        elif language in captions:
            foreign.note("captions", f"more than one for {language}: the first is taken")
        else:
            captions[language] = address
    if captions:
        foreign.video["captions"] = captions
