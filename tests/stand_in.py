"""Dailymotion on loopback: the sandbox, and a server that answers with exact bytes."""

import json
import socket
import threading
from contextlib import ExitStack, suppress

import requests

from feeds.dailymotion.values import Settings
from sandbox import population
from sandbox.faults import fault
from sandbox.server import create_app, listening

CALLBACK_URL = "https://nord.example/connect/return"
PARENT, CHILD = "x1nord", "x2cafec0"
PASSWORDS = {"nordclips": "sandbox-nordclips", "cafecourts": "sandbox-cafecourts"}


class Sandbox:
    """What `python -m sandbox serve` serves, on a free port, in a thread of this process."""

    def __init__(self, *, children=0, not_a_child="empty", callback_url=CALLBACK_URL):
        self.world = population.sample(callback_url=callback_url)
        population.add_children(self.world, children, videos=0)
        self._app = create_app(self.world, not_a_child=not_a_child)
        self._running = ExitStack()
        self.url = self._running.enter_context(listening(self._app))

    def settings(self, **changes):
        url = self.url
        known = {"api": url, "authorize": f"{url}/oauth/authorize", "token": f"{url}/oauth/token"}
        return Settings(**{**known, "key": "sandbox-key", "secret": "sandbox-secret", **changes})

    def environ(self):
        """Return the settings as a command reads them."""
        return {
            "FEEDS_DAILYMOTION_API": self.url,
            "FEEDS_DAILYMOTION_KEY": "sandbox-key",
            "FEEDS_DAILYMOTION_SECRET": "sandbox-secret",
        }

    def fault(self, kind, **wanted):
        """Have a call to come fail."""
        self._faults.to_come.append(fault({"kind": kind, **wanted}))

    def heal(self):
        """Forget the faults to come."""
        self._faults.clear()

    def forget_calls(self):
        """Count calls anew."""
        self._faults.calls.clear()

    def calls(self, method):
        """Return the paths of the calls with this method, in order."""
        return [call["path"] for call in self._faults.calls if call["method"] == method]

    def parents(self, user_id):
        """Return whose child an account is."""
        return self.world.accounts[user_id].parents

    def mails(self):
        """Return whom the sandbox wrote to, and about what."""
        return [(mail.account, mail.about) for mail in self.world.mails]

    def allow(self, url, account, scopes):
        """Play the person on the page of consent, and return where their browser is sent."""
        form = {"account": account, "scope": sorted(scopes), "decision": "allow" if scopes else "deny"}
        answer = requests.post(url, data=form, allow_redirects=False, timeout=30)
        return answer.headers["Location"]

    def close(self):
        self._running.close()

    @property
    def _faults(self):
        return self._app.extensions["faults"]


class Canned:
    """Answers one request a connection with the bytes to come, the last of them for ever; keeps what was asked.

    An answer may be a function instead, which is given the connection.
    """

    def __init__(self, *answers):
        self.answers, self.asked = list(answers), []
        self._ends = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=16)
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def settings(self, **changes):
        url = self.url
        known = {"api": url, "authorize": f"{url}/oauth/authorize", "token": f"{url}/oauth/token"}
        return Settings(**{**known, "key": "the-key", "secret": "CANARY-secret", **changes})

    def wait(self):
        """Wait until the server ends, or for a tenth of a second: what a slow answer does between two bytes."""
        return self._ends.wait(0.1)

    def close(self):
        self._ends.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()

    def _serve(self):
        threads = []
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threads.append(threading.Thread(target=self._answer, args=(connection,)))
                threads[-1].start()
        for thread in threads:
            thread.join()

    def _answer(self, connection):
        with connection, suppress(OSError):
            connection.settimeout(30)
            request = b""
            while b"\r\n\r\n" not in request:
                if not (some := connection.recv(65536)):
                    return
                request += some
            head, _, body = request.partition(b"\r\n\r\n")
            lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
            while lengths and len(body) < int(lengths[0].partition(b":")[2]):
                body += connection.recv(65536)
            self.asked.append((head.decode(), body.decode()))
            answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            if callable(answer):
                answer(connection)
            else:
                connection.sendall(answer)


def answer(status, body, **headers):
    """Return the bytes of an answer; a body that isn't bytes is sent as JSON."""
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} Whatever", "Connection: close", f"Content-Length: {len(text)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + text


def error(status, message="no", kind="whatever", headers=(), **data):
    """Return the bytes of an API error."""
    nested = {"code": status, "message": message, "type": kind, "error_data": data}
    return answer(status, {"error": nested}, **dict(headers))
