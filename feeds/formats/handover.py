"""The letter to the content manager: what the guide asks a network to hand over, and what it leaves open.

https://developers.dailymotion.com/mcn ("User list URL (only one)", "Video MRSS URLs", "Callback URL (only one)"). The
letter's own shape stands in templates/handover.txt.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from feeds.core.access import CRAWLER_RANGES, Way
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
_RANGES = f"{', '.join(CRAWLER_RANGES[:-1])} and {CRAWLER_RANGES[-1]}"
# What more is asked where the site is closed so.
_OF_WAYS = {
    Way.BASIC_AUTH: "By which way may we give you the password? Does your importer log in at the user list, too, as it "
    "does at feeds?",
    Way.ADDRESSES: f"Does your importer still come from {_RANGES} alone, as "
    "developers.dailymotion.com/docs/mass-upload-mrss says? We let in nobody else.",
}


@dataclass(frozen=True, slots=True)
class Closing:
    """How the site is closed, in the ways of network.access: what Dailymotion has to know, and none of the passwords.

    `site_url` is where the site is reached, with the secret in it or what stands for it; `new_path` tells that an older
    secret still works beside it. `logins` are names, the newest first.
    """

    site_url: str
    ways: Sequence[str] = ()
    new_path: bool = False
    logins: Sequence[str] = ()


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


def render(network: Network, size: Size, closing: Closing, *, app_url: str, secret: str) -> str:
    """Render the letter. `app_url` is the app's origin, `secret` the callback's, or what stands for it."""
    return template("handover.txt", escaped=False).render(
        network=network,
        size=size,
        closing=closing,
        closed=[_closed(way, closing) for way in Way if way in closing.ways],
        changes=_changes(closing),
        questions=_questions(network, closing),
        user_list_url=f"{closing.site_url}users.json",
        feed_example=feed_url(closing.site_url, "<Dailymotion user id>"),
        callback_url=f"{app_url}/callback/{secret}",
        redirect_url=f"{app_url}/connect/return",
    )


def _closed(way: Way, closing: Closing) -> str:
    if way is Way.SECRET_PATH:
        return "The first two addresses hold a secret, too: please keep them to yourselves."
    if way is Way.BASIC_AUTH:
        return f"Each request needs the login {closing.logins[0]} (HTTP Basic). You get its password by another way."
    return f"Only requests from {_RANGES} are let in."


def _changes(closing: Closing) -> list[str]:
    """Return a sentence for each secret that is being changed: the old one still works, and for how long."""
    told = []
    if closing.new_path:
        told.append(
            "The first two addresses are new. The ones that you have read so far still answer, until we take them out, "
            "which we do once you have told us that you read the new ones."
        )
    if older := closing.logins[1:]:
        works, it = ("works", "it") if len(older) == 1 else ("work", "them")
        told.append(
            f"The login {closing.logins[0]} is new, with a password of its own. {' and '.join(older)} still {works}, "
            f"until we take {it} out, which we do once you have told us that you use the new one."
        )
    return told


def _questions(network: Network, closing: Closing) -> list[str]:
    fields, wrap = network.user_list.fields, network.user_list.wrap
    entry = f'{{"{fields.id}", "{fields.username}", "{fields.feed}"}}'
    shape = f'an array of {entry}, below the key "{wrap}"' if wrap else f"a bare array of {entry}"
    first = [] if network.user_list.confirmed else [_SHAPE.format(shape=shape)]
    return [*first, *_ALWAYS, *(question for way, question in _OF_WAYS.items() if way in closing.ways)]
