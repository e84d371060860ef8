"""The app under gunicorn as the project serves it, on a loopback socket that outlives it."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
SECRET = "M3tRp5f0cTqVwXyZ7aB9dE1g"


class Gunicorn:
    """A gunicorn that can be killed and started again; meanwhile requests wait in the socket's queue.

    `under` is what runs it, a tracer say.
    """

    def __init__(self, state, *, options=(), under=()):
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self._listener.getsockname()[1]
        fd = self._listener.fileno()
        self._command = [*under, sys.executable, "-m", "gunicorn", "--bind", f"fd://{fd}", *options, "app:app"]
        self._environ = os.environ | {"FEEDS_STATE": str(state), "FEEDS_CALLBACK_SECRET": SECRET}
        self._process = None

    def start(self, **environ):
        self._process = subprocess.Popen(
            self._command,
            cwd=ROOT,
            env=self._environ | environ,
            pass_fds=[self._listener.fileno()],
            start_new_session=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def kill(self):
        """Kill it and its workers, without a chance to finish anything; return what it had logged."""
        os.killpg(self._process.pid, signal.SIGKILL)
        return self._process.communicate()[0].decode()

    def let_go(self):
        """Leave the socket to gunicorn alone, so that a stop refuses who comes afterwards."""
        self._listener.close()

    def signal(self, number):
        """Send its master a signal."""
        self._process.send_signal(number)

    def reload(self):
        """Tell it to have a new worker take over."""
        self.signal(signal.SIGHUP)

    def end(self, *numbers):
        """Send its master these signals one after the other; return the exit code, and how many seconds it took."""
        begun = time.monotonic()
        for number in numbers:
            self.signal(number)
            time.sleep(0.1)
        self._process.communicate(timeout=60)
        return self._process.returncode, time.monotonic() - begun

    def stop(self):
        """End it as a deployment does, and return what it had logged."""
        self._process.terminate()
        return self._process.communicate(timeout=60)[0].decode()

    def close(self):
        if self._process and self._process.poll() is None:
            self.kill()
        self._listener.close()
