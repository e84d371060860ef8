"""The catalog as people write it: which keys there are, and what may stand behind each.

The input is a tree of text, lists and mappings in which every scalar is still as typed; None stands for a key with
nothing behind it. Pydantic finds *all* faults; what is said of each stands beside its rule, in values.py. Faults
between keys are in rules.py. The JSON Schema that editors use is made from these same models.
"""

from datetime import timedelta
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from feeds.core.status import Need
from feeds.core.values import (
    TAGS,
    Bytes,
    Category,
    Count,
    Country,
    End,
    FolderUrl,
    Guid,
    Language,
    Location,
    LongText,
    MaybeText,
    MediaType,
    NeedName,
    Priority,
    Seconds,
    ShortText,
    Span,
    Start,
    Tag,
    Text,
    Url,
    UserId,
    WayName,
    YesOrNo,
)


class _Entry(BaseModel):
    """What all parts of the catalog share: unknown keys are faults, values never change, empty keys are absent."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=False)


class Rights(_Entry):
    """When and where a video may be seen. A day given as `until` is the last day, whole, in UTC."""

    from_: Start | None = Field(None, alias="from", description="First day, or moment with a zone.")
    until: End | None = Field(None, description="Last day (included), or moment with a zone.")
    allow: tuple[Country, ...] | None = Field(None, description="Only in these countries (ISO 3166-1, two letters).")
    deny: tuple[Country, ...] | None = Field(None, description="Everywhere but in these countries.")


class VideoEntry(_Entry):
    """One video of a user."""

    guid: Guid = Field(description="Your own id of the video: unique over the network, and never changed.")
    title: ShortText
    description: LongText | None = Field(None, description="Plain text, 3,000 characters (5,000 for partners).")
    category: Category | None = Field(None, description="Required here or in the user's defaults.")
    tags: Annotated[tuple[Tag, ...], Field(max_length=TAGS)] = ()
    media: Location = Field(description="The film's address, or a path below defaults.media_base.")
    media_type: MediaType | None = Field(None, description="MIME type; default: from the file's ending.")
    duration: Seconds | None = Field(None, description="Seconds, or [h:]mm:ss.")
    size: Bytes | None = Field(None, description="Bytes.")
    thumbnail: Location | None = Field(None, description="A picture's address, or a path below media_base.")
    page: Url | None = Field(None, description="The video's page on your own site.")
    date: Start | None = Field(None, description="When it was published: a date, or a time with a zone.")
    rights: Rights | None = None
    captions: dict[Language, Location] = Field(
        default_factory=dict, description="Subtitle files by language: {fr: 0142.fr.srt}."
    )
    explicit: YesOrNo | None = Field(None, description="Not suitable for minors.")
    for_kids: YesOrNo | None = Field(None, description="Made for children.")
    priority: Priority = Field(0, description="Higher goes first; among equals the oldest.")
    hold: Text | None = Field(None, description="A reason: the video waits until this line is gone.")
    relist: Start | None = Field(None, description="A date: list the imported video again, for it was corrected.")
    withdraw: Text | None = Field(
        None, description="A reason: never list the video, and take it down where it is live."
    )


class Defaults(_Entry):
    """What holds for every video of a user that doesn't say otherwise."""

    category: Category | None = None
    language: Language | None = Field(None, description="The language spoken.")
    tags: Annotated[tuple[Tag, ...], Field(max_length=TAGS)] = Field((), description="Added to each video's own.")
    media_base: FolderUrl | None = Field(None, description="Folder that relative media, thumbnails, captions are in.")
    rights: Rights | None = None


class UserEntry(_Entry):
    """One user: a partner of the network, an account on Dailymotion, a feed."""

    id: UserId = Field(description="Dailymotion's id of the account (not its username).")
    username: ShortText
    title: ShortText | None = Field(None, description="The channel's title; default: the username.")
    site: Url | None = Field(None, description="The channel's link; default: the network's site.")
    description: LongText | None = Field(None, description="The channel's description.")
    enabled: YesOrNo = Field(True, description="false takes the user out of the user list for a while.")
    defaults: Defaults = Defaults()
    videos: tuple[VideoEntry, ...] = ()


class ArchiveEntry(_Entry):
    """What is done with of a user: imported videos, kept out of the editors' sight, and listed no more."""

    id: UserId
    videos: tuple[VideoEntry, ...] = ()


class UserListFields(_Entry):
    """The keys of one entry of users.json."""

    id: Text = "id"
    username: Text = "username"
    feed: Text = "feed_url"


class UserList(_Entry):
    """How users.json is written; ask your content manager, then say `confirmed: true`."""

    wrap: MaybeText = Field(None, description="A key that holds the list, or null for a bare list.")
    fields: UserListFields = UserListFields()
    confirmed: YesOrNo = Field(False, description="The content manager has confirmed this shape.")


class Mrss(_Entry):
    """Tags whose use by Dailymotion's importer is inferred: each can be switched off."""

    self_link: YesOrNo = Field(True, description="atom:link rel=self")
    thumbnail: YesOrNo = Field(True, description="media:thumbnail")
    keywords: YesOrNo = Field(True, description="media:keywords, from tags")
    valid: YesOrNo = Field(True, description="dcterms:valid, from rights.from and rights.until")
    restriction: YesOrNo = Field(True, description="media:restriction, from rights.allow and rights.deny")
    rating: YesOrNo = Field(True, description="media:rating, from explicit")
    subtitle: YesOrNo = Field(True, description="media:subTitle, from captions")


class Network(_Entry):
    """The network: what all its feeds share."""

    name: ShortText
    site: Url = Field(description="The network's site, the default link of every channel.")
    base_url: FolderUrl = Field(description="Where static_out is served.")
    parent_id: UserId = Field(description="Dailymotion's id of the parent account.")
    admins: tuple[UserId, ...] = Field(
        (), description="Ids of the Dailymotion accounts that decide about partners, beside the parent account."
    )
    feed_limit: Count = Field(100, description="Items in a feed; the rest waits.")
    max_failures: Count = Field(3, description="Failed imports after which a video is held.")
    overdue: Span = Field(
        timedelta(days=3),
        description="Days (3d) or hours (36h) after which a listed video should have been imported.",
        json_schema_extra={"default": "3d"},
    )
    notify: tuple[NeedName, ...] = Field(
        tuple(Need), description="What `feeds notify` tells by the webhook: all, unless some are chosen here."
    )
    access: tuple[WayName, ...] = Field((), description="How the site is closed; several hold together. Default: open.")
    user_list: UserList = UserList()
    mrss: Mrss = Mrss()


class CatalogFile(_Entry):
    """catalog.yaml, whole."""

    network: Network
    include: tuple[Text, ...] = Field((), description="Files with one user each, such as users/*.yaml.")
    users: tuple[UserEntry, ...] = ()
