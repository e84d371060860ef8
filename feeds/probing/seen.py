"""What was seen at an address: plain facts, from which findings are judged, and which can be remembered."""

from dataclasses import dataclass

from feeds.probing.kinds import Kind


@dataclass(frozen=True, slots=True)
class Seen:
    """An address's last answer, behind its redirects.

    `trouble` is a sentence without its dot where there was no answer, and all else is empty then; `barred` says that
    nobody was asked, because no stranger may be sent there. `type` is the MIME
    type in small letters; `led_to` is host and path of where redirects led, without the query; `size_bytes` is None
    where nobody said how long it is; `mark` is the ETag, or the time of the last change.
    """

    trouble: str | None = None
    status: int = 0
    type: str | None = None
    size_bytes: int | None = None
    kind: Kind = Kind.UNKNOWN
    led_to: str | None = None
    mark: str | None = None
    barred: bool = False
