"""Who may see a foreign video, and when: what Media RSS, Dublin Core and the podcasts' tags say of it.

https://www.rssboard.org/media-rss (media:restriction, media:rating) and
https://www.dublincore.org/specifications/dublin-core/dcmi-period/ (dcterms:valid).
What isn't understood here holds the video: it must not be shown to more people than its source allows.
"""

import re
from collections.abc import Callable
from datetime import datetime, timedelta

from feeds.formats.foreign import Foreign
from feeds.formats.foreign_node import Node

_PERIOD = re.compile(r"\b(start|end)\s*=\s*([^;]*)")
_ALL, _NONE = frozenset({"all", "world", ""}), frozenset({"none"})


def put_rights(find: Callable[..., list[Node]], foreign: Foreign) -> None:
    """Set the window, the countries and whether it is for adults."""
    for period in find("dcterms:valid")[:1]:
        _put_period(period.text, foreign)
    restrictions = find("media:restriction")
    if len(restrictions) > 1:
        foreign.hold("several restrictions, and the catalog has one: the video is held")
    for restriction in restrictions[:1]:
        _put_restriction(restriction, foreign)
    for rating in find("media:rating", "media:adult", "itunes:explicit"):
        if rating.name != "media:rating" or rating.get("scheme") in ("", "urn:simple"):
            foreign.put_flag("explicit", rating.text)
        else:
            foreign.note("explicit", f"a rating by {rating.get('scheme')} has no key here")
    for licence in [*find("media:license"), *find("media:copyright")]:
        words = " ".join(licence.text.split()) or licence.get("href") or licence.get("url")
        foreign.note("rights", f'"{words[:60]}" (licence) has no key here')


def _put_period(text: str, foreign: Foreign) -> None:
    found = {word: moment.strip() for word, moment in _PERIOD.findall(text)}
    if not any(found.values()):
        foreign.hold(f'"{" ".join(text.split())[:60]}" is no period: the video is held')
        return
    foreign.put_window(found.get("start"), _behind(found.get("end", "")))


def _behind(end: str) -> str:
    """Return the first second that is outside, for a period's last second that is the last of a minute."""
    try:
        last = datetime.fromisoformat(end)
        return (last + timedelta(seconds=1)).isoformat() if last.second == 59 and last.tzinfo else end
    except (ValueError, OverflowError):
        return end


def _put_restriction(restriction: Node, foreign: Foreign) -> None:
    relationship, kind = restriction.get("relationship").lower(), restriction.get("type").lower()
    countries = restriction.text.replace(",", " ").split()
    everybody = " ".join(countries).lower()
    if relationship == "allow" and everybody in _ALL:
        return
    if relationship == "deny" and everybody in _NONE:
        return
    if kind != "country" or relationship not in ("allow", "deny") or everybody in _ALL | _NONE:
        what = f'restriction {relationship} {kind} "{everybody[:60]}" has no key here: the video is held'
        foreign.hold(what)
        return
    foreign.put_countries(relationship, countries)
