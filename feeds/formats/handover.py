"""The letter to the content manager: what the guide asks a network to hand over, and what it leaves open.

https://developers.dailymotion.com/mcn ("User list URL (only one)", "Video MRSS URLs", "Callback URL (only one)"). The
letter's own shape stands in templates/handover.txt.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from feeds.core.catalog import Network, UserEntry
from feeds.core.user_list import feed_url
from feeds.formats.own_templates import template

CATEGORIES_SHOWN = 8

_SHAPE = (
    "Is the user list right as it is? It is {shape}. The guide's sample could not be read in any copy that we found."
)
_ALWAYS = (
    "Does our API key have the roles to adopt users (can-adopt-users) and to reject them? What is the latter's name?",
    "Which optional tags does the importer read: media:thumbnail, media:keywords, dcterms:valid, media:restriction, "
    "media:rating, media:subTitle? Is there one for videos made for children?",
    "How often are user list and feeds read, and how many videos may one feed hold?",
    "Callbacks: from which addresses do they come, are they sent again when we don't answer 200, and which types are "
    "there beside injector.item.ready?",
)


@dataclass(frozen=True, slots=True)
class Size:
    """How large a catalog is; `timed` counts the videos whose duration is known, `hours` sums these."""

    users: int
    adopted: int
    videos: int
    timed: int
    hours: float
    categories: Sequence[str]


def size_of(users: Iterable[UserEntry], adopted: int) -> Size:
    """Measure a catalog; its categories with their numbers, the most frequent first."""
    count, videos, timed, seconds = 0, 0, 0, 0
    categories: Counter[str] = Counter()
    for user in users:
        count += 1
        for video in user.videos:
            videos += 1
            timed += video.duration is not None
            seconds += video.duration or 0
            categories[video.category or user.defaults.category or "none"] += 1
    named = sorted(categories.items(), key=lambda each: (-each[1], each[0]))
    shown = [f"{name} {number:,}" for name, number in named[:CATEGORIES_SHOWN]]
    if len(named) > CATEGORIES_SHOWN:
        shown.append(f"{len(named) - CATEGORIES_SHOWN} more")
    return Size(count, adopted, videos, timed, seconds / 3600, shown)


def render(network: Network, size: Size, *, app_url: str, secret: str) -> str:
    """Render the letter. `app_url` is the app's origin, `secret` the callback's, or what stands for it."""
    base_url = str(network.base_url)
    base_url += "" if base_url.endswith("/") else "/"
    fields, wrap = network.user_list.fields, network.user_list.wrap
    entry = f'{{"{fields.id}", "{fields.username}", "{fields.feed}"}}'
    shape = f'an array of {entry}, below the key "{wrap}"' if wrap else f"a bare array of {entry}"
    questions = _ALWAYS if network.user_list.confirmed else (_SHAPE.format(shape=shape), *_ALWAYS)
    return template("handover.txt", escaped=False).render(
        network=network,
        size=size,
        questions=questions,
        user_list_url=f"{base_url}users.json",
        feed_example=feed_url(base_url, "<Dailymotion user id>"),
        callback_url=f"{app_url}/callback/{secret}",
        redirect_url=f"{app_url}/connect/return",
    )
