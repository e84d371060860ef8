"""What can go wrong, one class per decision that a caller can take.

Each message says where, what and what to do next; none ever holds a secret or a token. They are raised where
the fault is known and translated once: by the command line to an exit code, by the web to a status.
"""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]


class FeedsError(Exception):
    """Anything that this project refuses to do, with a sentence for the person who asked."""

    exit_code = 1


class UsageError(FeedsError):
    """The command or its settings can't work as given: mend them and call again."""

    exit_code = 2


class StorageError(FeedsError):
    """The disk did not take what it was given: nothing was stored, and it is safe to try again."""


class CallbackRejected(FeedsError):
    """A callback's body is not what Dailymotion's guide describes: it is kept aside, and answered 400."""


class BuildRefused(FeedsError):
    """Publishing would break a promise (a video would leave without a reason): nothing was changed.

    `by_edit` is how many removals a person's word would let pass: 0 where no word does.
    """

    def __init__(self, message: str, *, by_edit: int = 0) -> None:
        super().__init__(message)
        self.by_edit = by_edit


@dataclass(frozen=True, slots=True)
class Place:
    """A spot in a file that people edit; line and column count from 1."""

    file: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault in what people wrote: where it is, what is wrong, and what to do next."""

    place: Place
    severity: Severity
    rule: str
    trail: tuple[str, ...]
    what: str
    remedy: str
