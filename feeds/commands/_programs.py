"""The programs that `rehearse` and `serve` start beside themselves, and that end with them, however that comes.

Each runs in a session of its own, so that ^C reaches this process alone, which then ends them in turn.
Should it be killed, Linux ends them in its place
(https://man7.org/linux/man-pages/man2/PR_SET_PDEATHSIG.2const.html); elsewhere they stay.
"""

import ctypes
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType, TracebackType
from typing import IO, Self

from feeds.core.errors import FeedsError, UsageError

HOST = "127.0.0.1"
START_S = 30.0
END_S = 5.0

# The folder that holds the packages, app.py and gunicorn's configuration: where each program is started.
ROOT = Path(__file__).resolve().parents[2]

_ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_PR_SET_PDEATHSIG = 1


class Programs:
    """What this process has started. Leaving the block, by whatever way, ends all that still runs."""

    def __init__(self) -> None:
        self._running: dict[subprocess.Popen[str], Sequence[signal.Signals]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with undisturbed():
            for program, endings in reversed(self._running.items()):
                _end(program, endings)

    def start(
        self,
        arguments: Sequence[str],
        environ: Mapping[str, str],
        *,
        output: int | IO[str] | None = None,
        errors: int | IO[str] | None = None,
        listener: socket.socket | None = None,
        endings: Sequence[signal.Signals] = (signal.SIGTERM, signal.SIGKILL),
    ) -> subprocess.Popen[str]:
        """Start `python ARGUMENTS`, with the listener's descriptor open in it; `endings` are sent until it ends."""
        with undisturbed():
            program = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=ROOT,
                env={**environ, "PYTHONDONTWRITEBYTECODE": "1"},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=errors,
                text=True,
                pass_fds=() if listener is None else (listener.fileno(),),
                start_new_session=True,
                preexec_fn=_end_with_parent,
            )
            self._running[program] = endings
        return program

    def run(self, arguments: Sequence[str], environ: Mapping[str, str]) -> tuple[int, str, str]:
        """Run `python ARGUMENTS` to its end, and return its exit code, output and errors."""
        program = self.start(arguments, environ, output=subprocess.PIPE, errors=subprocess.PIPE)
        output, errors = program.communicate()
        del self._running[program]
        return program.returncode, output, errors

    def start_site(
        self, folder: Path, listener: socket.socket, environ: Mapping[str, str], *, ways: Sequence[str] = ()
    ) -> subprocess.Popen[str]:
        """Serve the folder's files on the listener, closed in these ways by the settings in `environ`."""
        arguments = ["-m", "feeds.commands._site", str(folder.resolve()), str(listener.fileno()), *ways]
        return self._start_server(arguments, environ, listener)

    def start_app(
        self, listener: socket.socket, environ: Mapping[str, str], *, log: IO[str] | None = None
    ) -> subprocess.Popen[str]:
        """Serve the app on the listener, with the settings in `environ`, as a deployment does: under gunicorn."""
        arguments = ["-m", "gunicorn", "--bind", f"fd://{listener.fileno()}", "app:app"]
        return self._start_server(arguments, environ, listener, log)

    def _start_server(
        self, arguments: Sequence[str], environ: Mapping[str, str], listener: socket.socket, log: IO[str] | None = None
    ) -> subprocess.Popen[str]:
        program = self.start(arguments, environ, output=log, errors=log, listener=listener)
        # Were it open here, too, connections would be taken after the server has gone.
        listener.close()
        return program


def listen(port: int) -> socket.socket:
    """Return a socket bound to the loopback port, or to any free one for 0; who is given it listens.

    Raises UsageError if the port is taken.
    """
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError as error:
        listener.close()
        raise UsageError(
            f"Port {port} of {HOST} can't be used ({error.strerror}). Give another with --port."
        ) from error
    return listener


def url_of(listener: socket.socket) -> str:
    """Return the URL of what will be served on the socket."""
    return f"http://{HOST}:{listener.getsockname()[1]}"


def wait_until_answering(
    program: subprocess.Popen[str], url: str, path: str, headers: Mapping[str, str] | None = None
) -> None:
    """Wait until the server answers the path with 200. Raises FeedsError if it ends, or takes too long."""
    deadline = time.monotonic() + START_S
    while status(url.removeprefix("http://"), path, headers) != http.client.OK:
        if program.poll() is not None:
            raise FeedsError(f"A server ended while it started, with exit code {program.returncode}.")
        if time.monotonic() > deadline:
            raise FeedsError(f"A server did not answer {path.rpartition('/')[2]} within {START_S:.0f} seconds.")
        time.sleep(0.05)


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Have SIGINT, SIGTERM and SIGHUP raise SystemExit within the block, with the shell's 128 + number."""
    handlers = {number: signal.signal(number, _leave) for number in _ENDINGS}
    try:
        yield
    finally:
        # After one of them all are ignored: the process is ending, and its exit code says why.
        for number, handler in handlers.items():
            signal.signal(number, handler if signal.getsignal(number) is _leave else signal.SIG_IGN)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Keep those signals waiting until the block is done."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDINGS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """Return this process's environment with these settings of ours, and no other."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("FEEDS_", "GUNICORN_", "SANDBOX_", "FLASK_"))
    }
    return {**inherited, **settings}


def status(host: str, path: str, headers: Mapping[str, str] | None = None) -> int | None:
    """Return what a GET is answered with, or None where nothing answers."""
    connection = http.client.HTTPConnection(host, timeout=START_S)
    try:
        connection.request("GET", path, headers=dict(headers or {}))
        response = connection.getresponse()
        response.read()
    except (OSError, http.client.HTTPException):
        return None
    else:
        return response.status
    finally:
        connection.close()


def _end(program: subprocess.Popen[str], endings: Sequence[signal.Signals]) -> None:
    # What has ended before is left alone: its number may be another program's by now.
    if program.poll() is None:
        for number in endings:
            with suppress(ProcessLookupError):
                os.killpg(program.pid, number)
            with suppress(subprocess.TimeoutExpired):
                program.wait(END_S)
    for stream in (program.stdout, program.stderr):
        if stream is not None:
            stream.close()


_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def _end_with_parent() -> None:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDINGS)
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _leave(number: int, _frame: FrameType | None) -> None:
    # Once is enough: what is being ended must not be left half ended by a second ^C.
    for ending in _ENDINGS:
        signal.signal(ending, _ignore)
    raise SystemExit(128 + number)


def _ignore(_number: int, _frame: FrameType | None) -> None:
    # Not SIG_IGN yet: of a signal that came together with the first one, Python would complain aloud.
    pass
