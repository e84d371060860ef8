"""Ask a public host by HTTP: short, bounded, compressed by nobody, and led elsewhere three times at most.

Proxies, cookies and .netrc are no matter here: what a stranger's address leads to learns nothing of this machine. TLS
is always verified. A whole answer, redirects included, has a number of seconds, however slowly it trickles.
"""

import http.client
import socket
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urljoin

from feeds.fetching.authorities import verifying
from feeds.fetching.public import LookUp, NotAllowed, Rule, Target, Unreachable, is_public, resolve
from feeds.fetching.trouble import Trouble, Why, why

REDIRECTS = 3
_MOVED = frozenset({301, 302, 303, 307, 308})
_CHUNK = 64 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds to connect, between two reads and for all of it; the most bytes that a body may have."""

    connect_s: float = 5.0
    read_s: float = 10.0
    whole_s: float = 60.0
    body_bytes: int = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """What came: the address that gave it, behind redirects; header names are in small letters."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes


class Pinned(http.client.HTTPConnection):
    """A connection to an address that was checked, under the name that people wrote."""

    def __init__(self, target: Target, address: str, limits: Limits, authorities: str | None = None) -> None:
        super().__init__(target.host, target.port)
        self._to, self._address, self._limits, self._authorities = target, address, limits, authorities
        self.reached: socket.socket | None = None  # `sock` is forgotten while the body is still being read

    def connect(self) -> None:
        """Connect to that address, and speak TLS where the name wants it."""
        self.sock = socket.create_connection((self._address, self._to.port), self._limits.connect_s)
        self.sock.settimeout(self._limits.read_s)
        self.reached = self.sock
        if self._to.secure:
            self.reached = verifying(self._authorities).wrap_socket(
                self.sock, server_hostname=self._to.host, do_handshake_on_connect=False
            )
            self.sock = self.reached
            self.sock.do_handshake()

    def end(self) -> None:
        """Break the connection off, whatever it waits for."""
        if self.reached is not None:
            try:
                self.reached.shutdown(socket.SHUT_RDWR)
            except OSError:  # it has ended by itself
                return


def ask(
    url: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    limits: Limits | None = None,
    redirects: int = REDIRECTS,
    rule: Rule = is_public,
    look_up: LookUp = socket.getaddrinfo,
    authorities: str | None = None,
) -> Answer:
    """Send one request, follow its redirects, and return the answer, whatever its status.

    `authorities` are those to trust instead of the public ones, for a host of one's own. Each address on the way is
    resolved once and held against the rule. Raises NotAllowed, and Unreachable.
    """
    limits = limits or Limits()
    deadline = time.monotonic() + limits.whole_s
    for _ in range(redirects + 1):
        target = resolve(url, rule=rule, look_up=look_up)
        answer = _ask_once(url, target, method, headers or {}, limits, deadline, authorities)
        location = answer.headers.get("location")
        if answer.status not in _MOVED or not location:
            return answer
        try:
            following = urljoin(url, location.partition("#")[0])
        except ValueError as error:
            raise NotAllowed(f"{target.host} leads to what is no address: name the final address yourself.") from error
        if target.secure and not following.startswith("https:"):
            raise NotAllowed(f"{target.host} leads from https to another scheme: name the final address yourself.")
        url = following
    if not redirects:
        raise NotAllowed(f"{target.host} leads elsewhere, and is not followed: name the final address.")
    raise Unreachable(f"{target.host} leads on and on: more than {redirects} redirects. Name the final address.")


def fetch(url: str, *, limits: Limits | None = None, rule: Rule = is_public) -> Answer:
    """Return what stands at the address. Raises NotAllowed, and Unreachable for any status but 200."""
    answer = ask(url, limits=limits, rule=rule)
    if answer.status != 200:
        raise Unreachable(f"The address was answered with status {answer.status}, and 200 is expected.")
    return answer


def _ask_once(
    url: str, target: Target, method: str, headers: Mapping[str, str], limits: Limits, deadline: float,
    authorities: str | None,
) -> Answer:  # fmt: skip
    trouble: Exception | None = None
    for address in target.addresses:
        left = deadline - time.monotonic()
        if left <= 0:
            break
        connection = Pinned(target, address, limits, authorities)
        timer = threading.Timer(left, connection.end)
        timer.daemon = True
        timer.start()
        try:
            return _exchange(url, connection, target, method, headers, limits, deadline)
        except (OSError, http.client.HTTPException, ValueError) as error:
            trouble = error
            if connection.reached is not None:  # the next address would only be asked twice
                break
        finally:
            timer.cancel()
            connection.close()
    raise Unreachable(f"{target.host} gave no answer: {_reason(trouble, deadline)}. Try again later.") from trouble


def _exchange(
    url: str, connection: Pinned, target: Target, method: str, headers: Mapping[str, str], limits: Limits,
    deadline: float,
) -> Answer:  # fmt: skip
    ours = {"User-Agent": "feeds", "Accept-Encoding": "identity", "Connection": "close"}
    connection.request(method, target.path, headers={**ours, **headers})
    response = connection.getresponse()
    names = {name.lower(): value for name, value in response.getheaders()}
    if names.get("content-encoding", "identity").lower() != "identity":
        raise NotAllowed(f"{target.host} answered compressed, though nobody asked for that: fetch the file yourself.")
    body = bytearray()
    if response.status not in _MOVED:
        while chunk := response.read1(_CHUNK):
            body += chunk
            if len(body) > limits.body_bytes:
                raise NotAllowed(f"{target.host} answered with more than {limits.body_bytes:,} bytes.")
            if time.monotonic() >= deadline:
                raise TimeoutError
        if response.length:
            raise http.client.IncompleteRead(bytes(body), response.length)
    if time.monotonic() >= deadline:  # headers that are broken off look like headers that have ended
        raise TimeoutError
    return Answer(url, response.status, names, bytes(body))


def _reason(error: Exception | None, deadline: float) -> Why:
    return Why(Trouble.SLOW) if error is None or time.monotonic() >= deadline else why(error)
