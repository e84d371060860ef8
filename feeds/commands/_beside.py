"""A program of ours beside the passes of `feeds sync --watch`: a process of its own, so that it delays no pass."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from types import TracebackType
from typing import IO, Self

from feeds.commands._programs import Programs
from feeds.settings import Folders

# What is under way at ^C may end by itself for so long: an answer that comes spares that it is done twice.
GRACE_S = 3.0
# Passes come first.
_NICENESS = 10


class Beside:
    """Starts `feeds ARGUMENTS`, one at a time; leaving the block ends it."""

    def __init__(self, arguments: Sequence[str], folders: Folders, environ: Mapping[str, str]) -> None:
        self._arguments = ["-m", "feeds", *arguments]
        # It is started in another folder, and finds its own by the environment, as the secrets do.
        own = {"FEEDS_CATALOG": str(folders.catalog.absolute()), "FEEDS_STATE": str(folders.state.absolute())}
        self._environ = {**environ, **own}
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

    @property
    def is_running(self) -> bool:
        """Whether the one that was started last has not ended."""
        return self.program is not None and self.program.poll() is None

    def start(self, *, output: int | IO[str], errors: int | None = None) -> None:
        """Start the next one, after the last has ended, and wait for nothing."""
        self._ending.close()
        programs = self._ending.enter_context(Programs())
        self.program = programs.start(self._arguments, self._environ, output=output, errors=errors)
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, self.program.pid, _NICENESS)
