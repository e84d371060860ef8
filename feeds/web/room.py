"""Room for callbacks: only so many requests may wait for Dailymotion's API at a time.

The app has a fixed number of threads (gunicorn.conf.py). Were all of them waiting for an API that hangs, Dailymotion's
callbacks would get no answer.
"""

from collections.abc import Callable
from functools import wraps
from threading import BoundedSemaphore
from typing import ParamSpec, TypeVar

from feeds.core.errors import FeedsError

# Half of gunicorn's threads.
PLACES = 8

Given = ParamSpec("Given")
Answer = TypeVar("Answer")


class Busy(FeedsError):
    """As many requests as may are waiting for Dailymotion: try again."""


class Room:
    """The places; one serves all threads."""

    def __init__(self, places: int = PLACES) -> None:
        self._places = BoundedSemaphore(places)

    def kept(self, view: Callable[Given, Answer]) -> Callable[Given, Answer]:
        """Return the view as one that takes a place while it works, and raises Busy when there is none."""

        @wraps(view)
        def in_a_place(*args: Given.args, **kwargs: Given.kwargs) -> Answer:
            if not self._places.acquire(blocking=False):
                raise Busy("All places for requests that wait for Dailymotion are taken. Is its API slow?")
            try:
                return view(*args, **kwargs)
            finally:
                self._places.release()

        return in_a_place
