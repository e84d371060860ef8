"""`feeds notify` beside `feeds sync --watch`."""

import subprocess
import time
from collections.abc import Callable, Mapping

from feeds.commands._beside import Beside
from feeds.settings import Folders


class Telling(Beside):
    """Starts `feeds notify` at most every so many seconds."""

    def __init__(
        self,
        folders: Folders,
        environ: Mapping[str, str],
        *,
        every_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(["notify"], folders, environ)
        self._every_s, self._clock = every_s, clock
        self._due = clock()

    def go_on(self) -> None:
        """Start it if it is time and the last one has ended, and wait for nothing."""
        if self._clock() < self._due or self.is_running:
            return
        self._due = self._clock() + self._every_s
        self.start(output=subprocess.DEVNULL)  # its errors are ours; what it told, the people have read
