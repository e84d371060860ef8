"""nginx and Caddy as Debian has them, started on a loopback port from what `feeds edge` writes.

Changed in what was written are only the port, and where logs go: nothing else of it is touched.
"""

import base64
import http.client
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from click.testing import CliRunner

from feeds.__main__ import main

DEADLINE_S = 30
HOST = "feeds.nord.example"


@dataclass(frozen=True)
class Answer:
    """A server's answer."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def __getitem__(self, name):
        return self.headers[name]


def feeds_edge(*arguments, **environ):
    """Call `feeds edge` in this process, and return what it prints to stdout and to stderr."""
    foreign = {name: None for name in os.environ if name.startswith("FEEDS_")}
    done = CliRunner().invoke(
        main, ["edge", *map(str, arguments)], env={**foreign, **environ}, catch_exceptions=False
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    return done.stdout, done.stderr


def free_port():
    """Return a port that nobody has: below those that the kernel hands out, for another test may get one of them."""
    while True:
        port = random.randrange(12_000, 32_000)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


class Server:
    """What the two servers share: a folder that their accounts can enter, a port, requests, and logs."""

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="feeds-edge-"))
        self.folder.chmod(0o755)
        self.root, self.logs = self.folder / "site", self.folder / "logs"
        self.logs.mkdir()
        self.port = free_port()
        self._process = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.folder)

    def start(self):
        """Start it, and wait until it answers."""
        with (self.logs / "console").open("ab") as console:
            self._process = subprocess.Popen(self._command(), stdout=console, stderr=console, env=self._environ())
        deadline = time.monotonic() + DEADLINE_S
        while True:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return
            assert self._process.poll() is None, self.log()
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.02)

    def stop(self):
        if self._process and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(DEADLINE_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def ask(self, path, *, login=None, method="GET", host=HOST, body=None, **headers):
        """Return the answer to one request; `login` is user:password."""
        if login:
            headers["Authorization"] = f"Basic {base64.b64encode(login.encode()).decode()}"
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=DEADLINE_S)
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            connection.putheader("Host", host)
            for name, value in headers.items():
                connection.putheader(name.replace("_", "-"), value)
            if body is not None:
                connection.putheader("Content-Length", str(len(body)))
            with suppress(BrokenPipeError, ConnectionResetError):  # it may answer before it has read all
                connection.endheaders(body)
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    def logged(self):
        """Stop it, for a line is written after its answer, and return all that it has logged."""
        self.stop()
        return self.log()

    def log(self):
        """Return all that it has written so far."""
        return "".join(path.read_text(errors="replace") for path in sorted(self.logs.iterdir()))

    def _environ(self):
        return {"PATH": os.environ["PATH"]}


class Nginx(Server):
    """nginx, whose workers are of another account where the tests run as root."""

    tool = "nginx"

    def configure(self, catalog, *options, **environ):
        """Have `feeds edge nginx` write into the folder."""
        self.file = self.folder / "feeds"
        feeds_edge("nginx", "--catalog", catalog, "--root", self.root, "--out", self.file, *options, **environ)
        text = self.file.read_text()
        text = re.sub(r"listen \[::\]:.*\n", "", text)
        text = text.replace("listen 80;", f"listen 127.0.0.1:{self.port};").replace("/var/log/nginx", str(self.logs))
        self.file.write_text(text)
        user = "user www-data;\n" if os.geteuid() == 0 else ""
        temporary = "".join(
            f"{name}_temp_path {self.folder}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        (self.folder / "nginx.conf").write_text(
            f"daemon off;\n{user}worker_processes 1;\npid {self.folder}/pid;\nerror_log {self.logs}/error.log;\n"
            f"events {{}}\nhttp {{\naccess_log {self.logs}/access.log;\n{temporary}include {self.file};\n}}\n"
        )

    def valid(self):
        """Return what nginx says of the configuration, if it finds fault with it."""
        done = subprocess.run([*self._command(), "-t", "-q"], capture_output=True, text=True, check=False)
        return done.stderr

    def reload(self):
        """Have it read its configuration anew, and wait until the old workers take nothing more."""
        before = self._workers()
        self._process.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + DEADLINE_S
        while before & self._workers():
            assert time.monotonic() < deadline
            time.sleep(0.02)

    def _workers(self):
        return set(Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split())

    def _command(self):
        return ["nginx", "-e", f"{self.logs}/start.log", "-c", f"{self.folder}/nginx.conf"]


class Caddy(Server):
    """Caddy, with no certificate to get: its addresses are written as http on the loopback port."""

    tool = "caddy"

    def configure(self, catalog, *options, **environ):
        """Have `feeds edge caddy` write into the folder."""
        self.file = self.folder / "Caddyfile"
        feeds_edge("caddy", "--catalog", catalog, "--root", self.root, "--out", self.file, *options, **environ)
        text = self.file.read_text().replace("\tadmin off\n", "\tadmin off\n\tdefault_bind 127.0.0.1\n")
        self.file.write_text(re.sub(r"(?m)^https://([a-z.]+) \{", rf"http://\1:{self.port} {{", text))

    def valid(self):
        """Return what Caddy says of the configuration, if it finds fault with it."""
        done = subprocess.run(
            ["caddy", "validate", "--adapter", "caddyfile", "--config", self.file],
            env=self._environ(), capture_output=True, text=True, check=False,
        )  # fmt: skip
        return "" if done.returncode == 0 else done.stdout + done.stderr

    def reload(self):
        """Restart it, as nobody can reload what has no admin's port."""
        self.stop()
        self.start()

    def _command(self):
        return ["caddy", "run", "--adapter", "caddyfile", "--config", self.file]

    def _environ(self):
        return {"PATH": os.environ["PATH"], "HOME": str(self.folder)}
