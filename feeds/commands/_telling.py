"""`feeds notify` beside `feeds sync --watch`: a process of its own, so that no webhook and no status delays a pass."""

import os
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from types import TracebackType
from typing import Self

from feeds.commands._programs import Programs
from feeds.settings import Folders

# What is under way at ^C may end by itself for so long: an answer that comes spares a notice that is told twice.
GRACE_S = 3.0
# Passes come first.
_NICENESS = 10


class Telling:
    """Starts `feeds notify`, one at a time and at most every so many seconds; leaving the block ends it."""

    def __init__(
        self,
        folders: Folders,
        environ: Mapping[str, str],
        *,
        every_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        # It is started in another folder, and finds its own by the environment, as the secret does.
        own = {"FEEDS_CATALOG": str(folders.catalog.absolute()), "FEEDS_STATE": str(folders.state.absolute())}
        self._environ = {**environ, **own}
        self._every_s, self._clock = every_s, clock
        self._due = clock()
        self._ending = ExitStack()
        self.program: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._ending, suppress(subprocess.TimeoutExpired):
            if self.program:
                self.program.wait(GRACE_S)

    def go_on(self) -> None:
        """Start it if it is time and the last one has ended, and wait for nothing."""
        if self._clock() < self._due or (self.program and self.program.poll() is None):
            return
        self._due = self._clock() + self._every_s
        self._ending = ExitStack()  # what it would end has ended
        programs = self._ending.enter_context(Programs())
        # Its errors are ours; what it told, the people have read.
        self.program = programs.start(["-m", "feeds", "notify"], self._environ, output=subprocess.DEVNULL)
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, self.program.pid, _NICENESS)
