"""What is held against what: a video as Dailymotion shows it, what we know of it, and where the two differ.

What a video's `status` may be isn't in the reference; these words stand in public code that was written against it
(https://github.com/OzetAkademi/DailyMotionSDK): waiting, processing, ready, published, rejected, deleted,
encoding_error.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from feeds.core.events import VideoResult


class Rule(StrEnum):
    """In what catalog and events differ from Dailymotion."""

    GONE = "gone"
    NOT_PUBLIC = "not-public"
    ENCODING = "encoding-error"
    STILL_THERE = "still-there"
    OTHER_ACCOUNT = "other-account"
    UNSEEN = "unseen"
    DUPLICATE = "duplicate"
    NO_CALLBACK = "no-callback"
    AMBIGUOUS = "ambiguous"


@dataclass(frozen=True, slots=True)
class Remote:
    """One video as Dailymotion shows it; None where it doesn't say."""

    id: str
    owner: str
    created: datetime
    title: str = ""
    status: str | None = None
    duration_s: int | None = None
    published: bool | None = None
    private: bool | None = None


@dataclass(frozen=True, slots=True)
class Absent:
    """A video that Dailymotion doesn't show when asked by its id; `refusal` has its words, "" says that it is gone."""

    refusal: str = ""


@dataclass(frozen=True, slots=True)
class Expected:
    """What we know of one guid of a user.

    `title` is None where no file without a fault has the video. `ended` says in words why it should be online no more,
    "" where it may be. `overdue_since`: listed since then for longer than the network allows, and not imported.
    `event_ids` are those of its imports, by remote_id.
    """

    guid: str
    result: VideoResult
    title: str | None = None
    duration_s: int | None = None
    ended: str = ""
    overdue_since: datetime | None = None
    event_ids: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference: the rule, the user and guid, the videos there, what is found and expected, and what to do next.

    `sure`: a program may record the one video as imported, for no other fits and its length agrees.
    """

    rule: Rule
    user: str
    guid: str
    remote_ids: tuple[str, ...]
    what: str
    next: str
    sure: bool = False


@dataclass(frozen=True, slots=True)
class Compared:
    """A user's differences, in order of guid; how many videos are there, and how many of them nobody here knows."""

    differences: tuple[Difference, ...]
    videos: int
    unknown: int
