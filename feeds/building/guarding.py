"""Ask the removal guard: what would leave the feeds by this build, and may it."""

from collections.abc import Iterable, Sequence

from feeds.building.feed import removed_with_user
from feeds.building.listed import last_noted
from feeds.building.publishing import published_feeds
from feeds.building.work import Context, Outcome
from feeds.core.errors import BuildRefused
from feeds.core.removals import by_edit, refusal
from feeds.storage.index import Index


def guard(
    outcomes: Sequence[Outcome], context: Context, index: Index, *, listed_before: int, allowed: int
) -> list[str]:
    """Return the users whose feeds go. Raises BuildRefused where videos would leave without a reason.

    `listed_before` is how many videos those list who were not built; `allowed` how many removals by edit may pass.
    """
    wanted = {user_id for user_id, _ in index.listed_users()}
    stale = sorted(published_feeds(context.out) - wanted)
    told = {each.feed.user_id: each.feed.removals for each in outcomes if each.feed}
    noted = {name.removeprefix("l:") for name in index.subjects("l:")} if context.by_events else set()
    for user_id in [*stale, *sorted(noted - wanted)]:
        if user_id not in told:
            told[user_id] = removed_with_user(user_id, context, index)
    before = listed_before + sum(each.before for each in told.values())
    if words := refusal(told.values(), listed_before=before, allowed=allowed):
        raise BuildRefused(f"Nothing was published: {words}", by_edit=by_edit(told.values()))
    return stale


def refuse_without_events(index: Index) -> None:
    """Raise BuildRefused where events are to tell what was listed before, and none does."""
    if not any(index.subjects("l:")):
        raise BuildRefused(
            "No `listed` event tells what was published before, and nothing was built.\n"
            "Bring back results/ and the journal, name the published site (--previous URL), or say that nothing was "
            "published before: --previous none"
        )


def refuse_unknown(outcomes: Iterable[Outcome], index: Index) -> None:
    """Raise BuildRefused where a broken text's feed was listed, by the events: it isn't here to be left alone."""
    lost = sorted(
        f"{each.source} ({each.feed.user_id})"
        for each in outcomes
        if each.frozen and each.feed and not each.feed.in_list and _was_listed(each.feed.user_id, index)
    )
    if lost:
        raise BuildRefused(
            f"Nothing was published: no feed could be built from {', '.join(lost[:3])}"
            f"{f' and {len(lost) - 3} more' if len(lost) > 3 else ''}, which has faults.\n"
            "Its feed would be left as it is online, but events don't tell that. Mend the file, or name the published "
            "site: --previous URL"
        )


def _was_listed(user_id: str, index: Index) -> bool:
    return bool(last_noted(index.events([subject := f"l:{user_id}"]).get(subject, ())))
