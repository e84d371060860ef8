"""How a program that goes on is told to stop: what runs is finished first, a second word ends it at once."""

import os
import select
import signal
from collections.abc import Callable, Mapping
from types import FrameType
from typing import Any

_HANDLERS: Mapping[signal.Signals, Callable[[int, FrameType | None], Any] | signal.Handlers] = {
    signal.SIGINT: signal.default_int_handler,
    signal.SIGTERM: signal.SIG_DFL,
}


class Stop:
    """What ^C and SIGTERM (of systemd, of `docker stop`) set; `number` is the signal's, 0 until one came."""

    def __init__(self) -> None:
        self.number = 0
        self._process = os.getpid()
        # An Event would deadlock where the signal comes while its lock is held; a byte in a pipe can't.
        self._told, self._telling = os.pipe()
        for number in _HANDLERS:
            signal.signal(number, self._tell)
        # A handler of Python's own runs between two instructions: a process of the build that begins to wait for work
        # just as its pool ends it would wait for ever. Without one the kernel ends it.
        os.register_at_fork(after_in_child=self._let_go)

    def wait(self, seconds: float) -> bool:
        """Wait so long, or until told to stop; return whether that is so."""
        select.select([self._told], [], [], seconds)
        return bool(self.number)

    def _let_go(self) -> None:
        for each, handler in _HANDLERS.items():
            if signal.getsignal(each) == self._tell:
                signal.signal(each, handler)

    def _tell(self, number: int, _frame: FrameType | None) -> None:
        for each, handler in _HANDLERS.items():
            signal.signal(each, handler)
        if os.getpid() != self._process:  # the build's processes have this for a moment, and their pool may end them
            os.kill(os.getpid(), number)
            return
        self.number = number
        os.write(self._telling, b"\0")
