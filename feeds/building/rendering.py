"""Render one user's feed from what is written and what happened, whatever is published: the part that others may do.

It reads no file, and where it runs makes no difference: in a process of the build, or in a shard on another machine.
"""

from collections.abc import Iterable

from feeds.building.work import Context, Events
from feeds.core.catalog import UserEntry
from feeds.core.defaults import absolute
from feeds.core.events import VideoResult, fold_video
from feeds.core.item import Channel, MrssTags, digest
from feeds.core.listing import Limits, Listing, listing
from feeds.core.partners import PartnerState, fold_partner
from feeds.core.shards import Rendered
from feeds.core.user_list import feed_url
from feeds.formats import mrss


def render_feed(user: UserEntry, context: Context, known: Events) -> Rendered:
    """Render a user's feed. Raises mrss.BadFeed."""
    network = context.network
    partner = fold_partner(known.events([f"u:{user.id}"]).get(f"u:{user.id}", ()), network.parent_id)
    now = listing(
        user,
        results_of(known, [video.guid for video in user.videos]),
        state=partner.state,
        limits=Limits(network.feed_limit, network.max_failures),
        at=context.at,
    )
    username = user.username or partner.username or user.id
    in_list = partner.state is PartnerState.ADOPTED and user.enabled
    return Rendered(
        user_id=user.id,
        username=username,
        enabled=user.enabled,
        state=partner.state,
        was_child=partner.was_child,
        text=_text(user, username, now, context) if in_list else b"",
        now=now,
        listed={item.guid: digest(item) for item in now.items} if context.record else None,
    )


def results_of(known: Events, guids: Iterable[str]) -> dict[str, VideoResult]:
    """Return what is known of these guids; one of which nothing is known is not among the keys."""
    found = known.events(f"g:{guid}" for guid in guids)
    return {subject[2:]: fold_video(events) for subject, events in found.items()}


def _text(user: UserEntry, username: str, now: Listing, context: Context) -> bytes:
    network = context.network
    title = user.title or username
    channel = Channel(
        title=title,
        link=absolute(user.site or network.site, None),
        description=user.description or f"Videos of {title}",
        self_url=feed_url(context.address, user.id),
    )
    text = mrss.render(channel, now.items, MrssTags(**network.mrss.model_dump()))
    mrss.verify(text, [item.guid for item in now.items])
    return text
