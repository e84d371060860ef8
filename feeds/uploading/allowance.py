"""What an account may send: looked at before gigabytes are on their way to be refused."""

from datetime import datetime, timedelta

from feeds.dailymotion.client import Client
from feeds.dailymotion.new_videos import MOST_A_DAY, MOST_BYTES, ORDINARY_A_DAY, ORDINARY_BYTES, ORDINARY_S, limits
from feeds.dailymotion.videos import videos_of
from feeds.uploading.films import Film
from feeds.uploading.wanted import UploadRefused, Wanted


def check_allowance(wanted: Wanted, film: Film, client: Client, *, now: datetime) -> list[str]:
    """Return what should be known before the film is sent, by Dailymotion's documented limits.

    Which plan an account has no field tells, so only what no plan may is refused. Raises UploadRefused.
    """
    user, size_bytes = wanted.user.id, film.size_bytes or 0
    told = client.user(user, ("partner", "verified"))
    refusals = [
        f"{user} may not have {field}: {what}, and Dailymotion takes that from {who} alone."
        for field, what, who, flag in (
            ("geoblocking", "the entry names countries", "partners", "partner"),
            ("expiry_date", "its rights end", "verified partners", "verified"),
        )
        if field in wanted.form and told.get(flag) is False
    ]
    its = limits(client, user)
    duration_s = wanted.item.duration_s or 0
    most_bytes = its.size_bytes if its and its.size_bytes else MOST_BYTES
    if size_bytes > most_bytes:
        refusals.append(f"The film has {size_bytes:,} bytes, and {user} may send {most_bytes:,}.")
    if its and its.duration_s and duration_s > its.duration_s:
        refusals.append(f"The film lasts {duration_s:,} s, and for {user} it may last {its.duration_s:,}.")
    today = len(videos_of(client, user, (), after=int((now - timedelta(days=1)).timestamp())))
    if today >= MOST_A_DAY:
        refusals.append(f"{user} has {today} videos of the last 24 hours, and no account may upload more. Wait.")
    if refusals:
        raise UploadRefused("\n".join([*refusals, "Nothing was sent."]))
    ordinary = (
        (size_bytes > ORDINARY_BYTES and not (its and its.size_bytes), "4 GB"),
        (duration_s > ORDINARY_S and not (its and its.duration_s), "2 hours"),
        (today >= ORDINARY_A_DAY, f"{ORDINARY_A_DAY} videos a day"),
    )
    return [f"More than {what}: an account without a paid plan is refused that." for is_so, what in ordinary if is_so]
